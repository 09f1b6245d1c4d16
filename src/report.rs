//! What an apply did, as values: events while it runs, outcomes and the proof of convergence at its end, the journal; and
//! what was expected of it.

pub mod journal;
pub mod reviewed;

use std::collections::BTreeMap;

use crate::diff::Difference;
use crate::model::{Found, Installed, Place, SkillName, Slug};
use crate::plan::{Action, AgentRef, Held, Plan, Step, Verb};

/// Something that happened during an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step's write is about to be sent.
    Started {
        /// The step.
        step: String,
        /// What it does.
        verb: Verb,
    },
    /// A step ended.
    Ended(Outcome),
    /// The coordinates of an agent's addresses are asked for.
    Locating {
        /// The agent.
        agent: Slug,
    },
    /// An agent is read again to see whether the writes took.
    Proving {
        /// The agent.
        agent: Slug,
    },
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The step.
    pub step: String,
    /// What it was to do.
    pub verb: Verb,
    /// On which agent.
    pub agent: AgentRef,
    /// Where the manifests ask for it.
    pub place: Place,
    /// How.
    pub status: Status,
    /// How often its write was sent.
    pub sent: u32,
    /// What somebody should know of it all the same, in sentences without a period.
    pub notes: Vec<String>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The server says that it is done.
    Done,
    /// The server did not say so, and reading back shows that it is done.
    Settled(String),
    /// It was so already when its turn came; nothing was sent.
    Unneeded,
    /// Live is not what the plan saw; nobody's edit is written over.
    Conflict(String),
    /// The server refused, or it could not be sent.
    Failed(String),
    /// The answer was lost, and reading back did not settle it. The proof may.
    Unknown(String),
    /// It was not tried.
    Skipped(Cause),
}

/// Why a step was not tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A step that it needs was not done.
    Step(String),
    /// The run had stopped sending by then.
    Stopped(String),
}

/// Whether the live state is what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Proof {
    /// There was nothing to write.
    NotNeeded,
    /// A fresh plan of the changed agents.
    Fresh(Box<Plan>),
    /// They could not be read again.
    Unread(String),
}

/// Something that the server accepted and does not show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounce<'a> {
    /// The step that wants it again.
    pub step: &'a Step,
    /// Where the declared and the live value part; `None` if it bounced as a whole.
    pub difference: Option<&'a Difference>,
}

/// All that an apply did.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The plan that was applied.
    pub plan: Plan,
    /// How each of its steps ended, in the plan's order.
    pub outcomes: Vec<Outcome>,
    /// Whether it took.
    pub proof: Proof,
    /// Reads that were sent, those of the plan included.
    pub reads: u64,
    /// Writes that were sent.
    pub writes: u64,
    /// Requests for coordinates that were sent.
    pub lookups: u64,
    /// What installs showed of packs. It holds live values, and no view shows it.
    pub installed: Vec<Installed>,
    /// The agents that were read again, as they are now.
    pub after: BTreeMap<Slug, Found>,
}

/// What an apply came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The live state is what the manifests ask for.
    Applied,
    /// The same, but for what a guard holds back.
    Guarded,
    /// The same, but for steps whose live state moved since the plan.
    Conflict,
    /// Some of it landed, some did not, or a field did not converge.
    Partial,
    /// Nothing landed.
    Failed,
    /// Whether a write landed could not be found out.
    Unknown,
}

impl Report {
    /// Whether a fresh plan wants no more than what was held before; `None` if there is none, or none was needed.
    pub fn is_converged(&self) -> Option<bool> {
        match &self.proof {
            Proof::NotNeeded | Proof::Unread(_) => None,
            Proof::Fresh(fresh) => Some(fresh.steps.is_empty() && self.newly_held().is_empty() && !fresh.has_errors()),
        }
    }

    /// The steps that a fresh plan still wants.
    pub fn left(&self) -> &[Step] {
        match &self.proof {
            Proof::NotNeeded | Proof::Unread(_) => &[],
            Proof::Fresh(fresh) => &fresh.steps,
        }
    }

    /// What a fresh plan holds back that the applied plan did not: what was written, and is not what was meant.
    pub fn newly_held(&self) -> Vec<&Held> {
        let Proof::Fresh(fresh) = &self.proof else { return Vec::new() };
        fresh.held.iter().filter(|held| !self.plan.held.iter().any(|before| before.id == held.id)).collect()
    }

    /// What it came to.
    ///
    /// A lost answer is settled by the proof: what a fresh plan does not want any more was done.
    pub fn verdict(&self) -> Verdict {
        let is_lost = |outcome: &Outcome| self.was_done(outcome).is_none();
        let has_landed = self.outcomes.iter().any(|outcome| self.was_done(outcome) == Some(true));
        let is_clean = self.outcomes.iter().all(|outcome| !self.is_undone(outcome));
        let is_proved = match &self.proof {
            Proof::NotNeeded => true,
            Proof::Fresh(_) | Proof::Unread(_) => self.is_converged() == Some(true),
        };
        if self.outcomes.iter().any(is_lost) {
            Verdict::Unknown
        } else if is_clean && is_proved {
            if self.plan.held.is_empty() { Verdict::Applied } else { Verdict::Guarded }
        } else if self.is_only_contested() {
            Verdict::Conflict
        } else if has_landed {
            Verdict::Partial
        } else {
            Verdict::Failed
        }
    }

    /// Whether a step's write landed; `None` if that could not be found out.
    ///
    /// A create whose skill a fresh plan wants to update has landed: the skill is there.
    pub fn was_done(&self, outcome: &Outcome) -> Option<bool> {
        match (&outcome.status, &self.proof) {
            (Status::Done | Status::Settled(_), _) => Some(true),
            // What was refused and done all the same is not wanted any more.
            (Status::Failed(_), Proof::Fresh(_)) => Some(outcome.sent > 0 && !self.is_wanted(outcome)),
            (Status::Unneeded | Status::Conflict(_) | Status::Skipped(_), _)
            | (Status::Failed(_), Proof::NotNeeded | Proof::Unread(_)) => Some(false),
            // What is not there yet may still come.
            (Status::Unknown(_), Proof::Fresh(_)) => (!self.is_wanted(outcome)).then_some(true),
            (Status::Unknown(_), Proof::NotNeeded | Proof::Unread(_)) => None,
        }
    }

    /// Whether a fresh plan wants a step again.
    fn is_wanted(&self, outcome: &Outcome) -> bool {
        let is_it = |step: &&Step| step.id == outcome.step && step.action.verb() == outcome.verb;
        // Of what somebody let through the rest has another digest, so a fresh plan holds it.
        let is_held = self.newly_held().iter().any(|held| held.id == outcome.step && held.verb == outcome.verb);
        is_held || self.left().iter().filter(is_it).any(|step| self.is_repeated(step))
    }

    /// Whether a step of a fresh plan asks for what the plan's step of that address asked for: a pack may be wanted once
    /// more for other presets.
    fn is_repeated(&self, fresh: &Step) -> bool {
        let is_for_others = |step: &Step| match missing(step).zip(missing(fresh)) {
            Some((before, now)) => !before.is_empty() && now.iter().all(|name| !before.contains(name)),
            None => false,
        };
        self.plan.steps.iter().any(|step| step.id == fresh.id && !is_for_others(step))
    }

    /// Whether a step did not end as it was meant to.
    fn is_undone(&self, outcome: &Outcome) -> bool {
        match &outcome.status {
            Status::Done | Status::Settled(_) | Status::Unneeded => false,
            Status::Unknown(_) => self.was_done(outcome) != Some(true),
            Status::Conflict(_) | Status::Failed(_) | Status::Skipped(_) => true,
        }
    }

    /// Whether nothing but edits of others kept steps from being done.
    ///
    /// A fresh plan may want steps that the plan did not have, since it sees those edits: a preset that somebody deleted
    /// asks for its pack again. What was done must not be among them.
    fn is_only_contested(&self) -> bool {
        let undone: Vec<&Outcome> = self.outcomes.iter().filter(|outcome| self.is_undone(outcome)).collect();
        let was_done = |step: &Step| {
            let done = |outcome: &Outcome| outcome.step == step.id && !self.is_undone(outcome);
            self.is_repeated(step) && self.outcomes.iter().any(done)
        };
        let is_proved = match &self.proof {
            Proof::NotNeeded => true,
            Proof::Fresh(fresh) => !fresh.steps.iter().any(was_done) && !fresh.has_errors(),
            Proof::Unread(_) => false,
        };
        is_proved && !undone.is_empty() && undone.iter().all(|outcome| self.is_contested(outcome))
    }

    fn is_contested(&self, outcome: &Outcome) -> bool {
        match &outcome.status {
            Status::Conflict(_) => true,
            Status::Skipped(Cause::Step(needed)) => {
                let mut needed = self.outcomes.iter().filter(|other| other.step == *needed);
                needed.any(|other| other.step != outcome.step && self.is_contested(other))
            }
            Status::Skipped(Cause::Stopped(_))
            | Status::Done
            | Status::Settled(_)
            | Status::Unneeded
            | Status::Failed(_)
            | Status::Unknown(_) => false,
        }
    }

    /// What was written and does not show.
    pub fn bounced(&self) -> Vec<Bounce<'_>> {
        let was_written = |step: &&Step| {
            let mut outcomes = self.outcomes.iter().filter(|outcome| outcome.step == step.id);
            outcomes.any(|outcome| outcome.status == Status::Unneeded || self.was_done(outcome) == Some(true))
        };
        self.left().iter().filter(was_written).filter(|step| self.is_repeated(step)).flat_map(bounces).collect()
    }
}

/// The presets for which a step installs a pack.
fn missing(step: &Step) -> Option<&[SkillName]> {
    match &step.action {
        Action::Install { kind: _, via: _, missing } => Some(missing),
        Action::Create { .. }
        | Action::Update { .. }
        | Action::UpdatePreset { .. }
        | Action::Delete { .. }
        | Action::Publish { .. } => None,
    }
}

fn bounces(step: &Step) -> Vec<Bounce<'_>> {
    let changes = match &step.action {
        Action::Update { id: _, name: _, was: _, changes, seen: _ } => changes.as_slice(),
        Action::Create { .. }
        | Action::UpdatePreset { .. }
        | Action::Delete { .. }
        | Action::Install { .. }
        | Action::Publish { .. } => &[],
    };
    let differences: Vec<&Difference> = changes.iter().flat_map(|change| &change.differences).collect();
    if differences.is_empty() {
        return vec![Bounce { step, difference: None }];
    }
    differences.into_iter().map(|difference| Bounce { step, difference: Some(difference) }).collect()
}
