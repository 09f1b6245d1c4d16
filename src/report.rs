//! What an apply did, as values: events while it runs, outcomes and the proof of convergence at its end.

use crate::diff::Difference;
use crate::model::Slug;
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
    /// How.
    pub status: Status,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// The server says that it is done.
    Done,
    /// It was so already when its turn came; nothing was sent.
    Unneeded,
    /// The server refused, or it could not be sent; it was not done.
    Failed(String),
    /// The answer was lost; the proof tells whether it was done.
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
}

/// What an apply came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The live state is what the manifests ask for.
    Applied,
    /// The same, but for what a guard holds back.
    Guarded,
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
    /// A lost answer is settled by the proof: if a fresh plan does not want the same done again, it was done.
    pub fn verdict(&self) -> Verdict {
        let has_lost = self.outcomes.iter().any(|outcome| matches!(outcome.status, Status::Unknown(_)));
        let has_landed = self.outcomes.iter().any(|outcome| self.was_done(outcome) == Some(true));
        let is_clean =
            !self.outcomes.iter().any(|outcome| matches!(outcome.status, Status::Failed(_) | Status::Skipped(_)));
        let is_proved = match &self.proof {
            Proof::NotNeeded => Some(true),
            Proof::Fresh(_) | Proof::Unread(_) => self.is_converged(),
        };
        match is_proved {
            None if has_lost => Verdict::Unknown,
            Some(true) if is_clean && self.plan.held.is_empty() => Verdict::Applied,
            Some(true) if is_clean => Verdict::Guarded,
            None | Some(_) if has_landed => Verdict::Partial,
            None | Some(_) => Verdict::Failed,
        }
    }

    /// Whether a step's write landed; `None` if that could not be found out.
    ///
    /// A create whose skill a fresh plan wants to update has landed: the skill is there.
    pub fn was_done(&self, outcome: &Outcome) -> Option<bool> {
        match (&outcome.status, &self.proof) {
            (Status::Done, _) => Some(true),
            (Status::Unneeded | Status::Failed(_) | Status::Skipped(_), _) => Some(false),
            (Status::Unknown(_), Proof::Fresh(_)) => {
                let is_same = |step: &Step| step.id == outcome.step && step.action.verb() == outcome.verb;
                Some(!self.left().iter().any(is_same))
            }
            (Status::Unknown(_), Proof::NotNeeded | Proof::Unread(_)) => None,
        }
    }

    /// What was written and does not show.
    pub fn bounced(&self) -> Vec<Bounce<'_>> {
        let was_written = |step: &&Step| {
            let mut outcomes = self.outcomes.iter().filter(|outcome| outcome.step == step.id);
            outcomes.any(|outcome| outcome.status == Status::Unneeded || self.was_done(outcome) == Some(true))
        };
        self.left().iter().filter(was_written).flat_map(bounces).collect()
    }
}

fn bounces(step: &Step) -> Vec<Bounce<'_>> {
    let changes = match &step.action {
        Action::Update { id: _, name: _, was: _, changes } => changes.as_slice(),
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
