//! A script under way: which of its faults strike the next request.

use std::time::Duration;

use super::{Action, Change, Edit, Fault, Faults, Rename, SetFields, Stage};
use crate::api::RawRequest;
use crate::model::{AgentId, SkillId};
use crate::sandbox::clock::spread;
use crate::sandbox::store::Store;
use crate::sandbox::version;

/// A fault script, and how many requests each of its faults meant so far.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Script {
    seed: u64,
    faults: Vec<(Fault, u64)>,
    /// What reads see for a while in place of the store.
    stale: Option<Stale>,
}

#[derive(Debug)]
struct Stale {
    store: Box<Store>,
    reads: u64,
}

/// What happens to one request.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Turn {
    /// How much later the answer comes.
    pub(in crate::sandbox) delay: Duration,
    /// What somebody changes before the request is answered.
    pub(in crate::sandbox) before: Vec<Edit>,
    /// What somebody changes afterwards.
    pub(in crate::sandbox) after: Vec<Edit>,
    /// How many reads do not see what the request changed.
    pub(in crate::sandbox) stale: Option<u64>,
    /// What ends the exchange otherwise than with its answer.
    pub(in crate::sandbox) end: Option<(Stage, Action)>,
}

impl Script {
    /// A script from its beginning.
    pub(in crate::sandbox) fn new(faults: Faults) -> Self {
        let Faults { seed, faults } = faults;
        Self { seed, faults: faults.into_iter().map(|fault| (fault, 0)).collect(), stale: None }
    }

    /// The seed.
    pub(in crate::sandbox) fn seed(&self) -> u64 {
        self.seed
    }

    /// Counts a request, and says what happens to it.
    pub(in crate::sandbox) fn turn(&mut self, request: &RawRequest) -> Turn {
        let mut turn = Turn::default();
        for (index, (fault, count)) in (0..).zip(&mut self.faults) {
            if !fault.means(request) {
                continue;
            }
            *count = count.saturating_add(1);
            if !fault.strikes(*count, self.seed, index) {
                continue;
            }
            match &fault.action {
                Action::Delay(time) => turn.delay = turn.delay.saturating_add(*time),
                Action::Stale(reads) => turn.stale = Some(*reads),
                Action::Edit(edit) => match fault.stage {
                    Stage::BeforeParse | Stage::BeforeCommit => turn.before.push(edit.clone()),
                    Stage::AfterCommit | Stage::MidResponse => turn.after.push(edit.clone()),
                },
                Action::Status(_)
                | Action::Close
                | Action::Reset
                | Action::Truncate(_)
                | Action::Trickle(_)
                | Action::Garbage(_)
                | Action::Redirect(_) => {
                    turn.end.get_or_insert_with(|| (fault.stage, fault.action.clone()));
                }
            }
        }
        turn
    }

    /// The older state that the next read sees, if it sees one; that counts as a read of it.
    pub(in crate::sandbox) fn older(&mut self) -> Option<&mut Store> {
        if self.stale.as_ref().is_some_and(|stale| stale.reads == 0) {
            self.stale = None;
        }
        let stale = self.stale.as_mut()?;
        stale.reads = stale.reads.saturating_sub(1);
        Some(&mut stale.store)
    }

    /// Lets the next so many reads see a state, whatever they would have seen.
    pub(in crate::sandbox) fn show(&mut self, store: Store, reads: u64) {
        self.stale = Some(Stale { store: Box::new(store), reads });
    }
}

impl Fault {
    fn means(&self, request: &RawRequest) -> bool {
        self.method.is_none_or(|method| method == request.method)
            && self.path.as_ref().is_none_or(|path| path.fits(&request.path))
    }

    /// Whether it strikes the request that it counts as this one.
    fn strikes(&self, count: u64, seed: u64, index: u64) -> bool {
        let first = self.nth.unwrap_or(1);
        let times = self.times.or(self.nth.map(|_| 1)).unwrap_or(u64::MAX);
        let is_in_turn = count.checked_sub(first).is_some_and(|since| since < times);
        let chosen = || spread(spread(spread(seed) ^ index) ^ count) % 100;
        is_in_turn && self.percent.is_none_or(|percent| chosen() < u64::from(percent))
    }
}

impl Edit {
    /// Makes the change.
    pub(in crate::sandbox) fn apply(&self, store: &mut Store) {
        let Self { agent, change } = self;
        let Some(agent) = store.agents().find(|(_, name)| name == agent).map(|(id, _)| id.clone()) else { return };
        match change {
            Change::Create(fields) => {
                store.seed_skill(&agent, fields.clone());
            }
            Change::Set(SetFields { skill, fields }) => {
                if let Some(skill) = skill_of(store, &agent, skill) {
                    store.edit_skill(&agent, &skill, |stored| lay(fields, stored));
                }
            }
            Change::Rename(Rename { skill, to }) => {
                if let Some(skill) = skill_of(store, &agent, skill) {
                    store.edit_skill(&agent, &skill, |stored| {
                        stored.insert("name".to_owned(), to.clone().into());
                    });
                }
            }
            Change::Delete(skill) => {
                if let Some(skill) = skill_of(store, &agent, skill) {
                    store.drop_skill(&agent, &skill);
                }
            }
            Change::Settings(settings) => {
                store.edit_agent(&agent, |stored| lay(settings, stored));
            }
            Change::Publish(note) => drop(version::released(store, &agent, Some(note.clone()))),
        }
    }
}

type Fields = serde_json::Map<String, serde_json::Value>;

fn lay(above: &Fields, below: &mut Fields) {
    for (key, value) in above {
        if value.is_null() {
            below.shift_remove(key);
        } else {
            below.insert(key.clone(), value.clone());
        }
    }
}

fn skill_of(store: &Store, agent: &AgentId, name: &str) -> Option<SkillId> {
    let is_it = |skill: &&crate::sandbox::record::StoredSkill| skill.name() == name;
    store.agent(agent).ok()?.skills.iter().find(is_it).map(|skill| skill.id.clone())
}
