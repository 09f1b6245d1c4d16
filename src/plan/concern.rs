//! What a reviewer looks at first: risks over all agents, the worst first, and how far what is shared reaches.

mod sentence;

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::meaning::{Meaning, Risky, What};
use super::step::{Action, Held, Step};
use crate::model::{Moved, SkillName, Slug};

pub use sentence::Told;

/// From which side differences are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// What an apply would make of live.
    Manifests,
    /// What live made of what the manifests say.
    Live,
}

/// One risk of one skill, on however many agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// What it is.
    pub risky: Risky,
    /// Of which skill.
    pub skill: SkillName,
    /// The SkillSet that it comes from, if it comes from one.
    pub shared: Option<Slug>,
    /// Whether the skill changes data elsewhere.
    pub writes: bool,
    /// Whether its stakes are high.
    pub is_high_stakes: bool,
    /// On which agents.
    pub agents: BTreeSet<Slug>,
    /// The steps, held ones among them, by id.
    pub steps: Vec<String>,
    /// The side from which it is one.
    pub toward: Toward,
}

/// How far something reaches that several agents share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The SkillSet.
    pub set: Slug,
    /// How much it changes.
    pub reached: Reached,
    /// The side from which it is seen.
    pub toward: Toward,
}

/// How much a SkillSet changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reached {
    /// The agents that it changes.
    pub agents: u64,
    /// The skills that it changes, those of each agent counted.
    pub skills: u64,
    /// How many of these change data elsewhere.
    pub writing: u64,
    /// How many of these have high stakes.
    pub high_stakes: u64,
}

impl Reached {
    /// Adds what it changes of other agents.
    pub fn add(&mut self, other: Self) {
        let Self { agents, skills, writing, high_stakes } = other;
        self.agents += agents;
        self.skills += skills;
        self.writing += writing;
        self.high_stakes += high_stakes;
    }
}

/// All risks of a plan, the worst first; of those alike the one on most agents.
pub fn concerns(plan: &Plan, toward: Toward) -> Vec<Concern> {
    let mut all: Vec<(usize, Concern)> = Vec::new();
    let mut known: BTreeMap<(&Risky, &SkillName, &Option<Slug>), usize> = BTreeMap::new();
    for (place, Touched { id, agent, skill, meaning, action }) in touched(plan, toward).enumerate() {
        let risks = match toward {
            Toward::Manifests => &meaning.risks,
            Toward::Live => &meaning.drifted,
        };
        for risky in risks.iter().filter(|risky| is_of(risky, action, toward)) {
            let Some(skill) = risky.of.as_ref().or(skill) else { continue };
            let at = *known.entry((risky, skill, &meaning.shared)).or_insert_with(|| {
                let concern = Concern {
                    risky: risky.clone(),
                    skill: skill.clone(),
                    shared: meaning.shared.clone(),
                    writes: false,
                    is_high_stakes: false,
                    agents: BTreeSet::new(),
                    steps: Vec::new(),
                    toward,
                };
                all.push((place, concern));
                all.len() - 1
            });
            if let Some((_, concern)) = all.get_mut(at) {
                concern.writes |= meaning.writes;
                concern.is_high_stakes |= meaning.is_high_stakes;
                concern.agents.insert(agent.clone());
                concern.steps.push(id.to_owned());
            }
        }
    }
    // What writes data or has high stakes comes before what does not, and of those alike what the plan says first.
    all.sort_by(|(at, one), (then, other)| {
        let key = |at: usize, one: &Concern| {
            (one.risky.risk, !one.writes, !one.is_high_stakes, std::cmp::Reverse(one.agents.len()), at)
        };
        key(*at, one).cmp(&key(*then, other)).then_with(|| lies_in(one).cmp(&lies_in(other)))
    });
    all.into_iter().map(|(_, concern)| concern).collect()
}

/// What tells the risks of one kind and of one step apart.
fn lies_in(concern: &Concern) -> (Option<&SkillName>, Option<What>, Option<&str>, Option<&str>) {
    let Risky { risk: _, field: _, of, what, from, to } = &concern.risky;
    (of.as_ref(), *what, from.as_deref(), to.as_deref())
}

/// How far each SkillSet reaches that changes more than one agent, the farthest first.
pub fn reaches(plan: &Plan, toward: Toward) -> Vec<Reach> {
    let mut sets: BTreeMap<&Slug, Reached> = BTreeMap::new();
    for (set, of_agent) in reached(plan, toward).into_values().flatten() {
        sets.entry(set).or_default().add(of_agent);
    }
    let several = sets.into_iter().filter(|(_, reached)| reached.agents > 1);
    let mut all: Vec<Reach> = several.map(|(set, reached)| Reach { set: set.clone(), reached, toward }).collect();
    all.sort_by_key(|reach| std::cmp::Reverse((reach.reached.agents, reach.reached.skills)));
    all
}

/// How much each SkillSet changes of each agent, by the agent and then by the SkillSet.
pub fn reached(plan: &Plan, toward: Toward) -> BTreeMap<&Slug, BTreeMap<&Slug, Reached>> {
    let mut all: BTreeMap<&Slug, BTreeMap<&Slug, Reached>> = BTreeMap::new();
    for Touched { agent, meaning, .. } in touched(plan, toward) {
        let Some(set) = &meaning.shared else { continue };
        let reached = all.entry(agent).or_default().entry(set).or_default();
        reached.agents = 1;
        reached.skills += 1;
        reached.writing += u64::from(meaning.writes);
        reached.high_stakes += u64::from(meaning.is_high_stakes);
    }
    all
}

/// Whether a risk lies in something that moved on that side: what only the manifests moved is nothing that live did.
fn is_of(risky: &Risky, action: Option<&Action>, toward: Toward) -> bool {
    let Some(action) = action.filter(|_| toward == Toward::Live) else { return true };
    let field = format!("/{}", risky.field);
    let is_in = |path: &str| path.strip_prefix(&field).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    action.differences().any(|one| is_in(&one.path) && one.moved != Moved::Manifest)
}

/// Something that is done to a skill, or held.
struct Touched<'p> {
    id: &'p str,
    agent: &'p Slug,
    skill: Option<&'p SkillName>,
    meaning: &'p Meaning,
    action: Option<&'p Action>,
}

/// What steps do to skills, and what a guard holds of that. Seen from live, what only the manifests moved is not there.
fn touched(plan: &Plan, toward: Toward) -> impl Iterator<Item = Touched<'_>> {
    let is_seen = move |is_pending: bool| match toward {
        Toward::Manifests => true,
        Toward::Live => !is_pending,
    };
    let steps = plan.steps.iter().filter(move |step| is_seen(step.is_pending())).map(|step| {
        let Step { id, agent, action, meaning, .. } = step;
        Touched { id, agent: &agent.name, skill: action.skill(), meaning, action: Some(action) }
    });
    let held = plan.held.iter().filter(move |held| is_seen(held.is_pending())).map(|held| {
        let Held { id, agent, subject, meaning, .. } = held;
        Touched { id, agent: &agent.name, skill: subject.skill(), meaning, action: None }
    });
    steps.chain(held)
}
