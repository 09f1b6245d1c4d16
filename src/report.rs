//! What an apply did, as values: events while it runs, outcomes and the proof of convergence at its end.

use crate::model::Slug;
use crate::plan::{AgentRef, Plan};

/// Something that happened during an apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step's write is about to be sent.
    Started {
        /// The step.
        step: String,
        /// Its word.
        action: &'static str,
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
    /// Its word.
    pub action: &'static str,
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
    /// A step that it needs was not done, so it was not tried.
    Skipped {
        /// That step.
        because: String,
    },
}

impl Status {
    /// The word for it in every format.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unneeded => "unneeded",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::Skipped { .. } => "skipped",
        }
    }
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
    /// What it came to.
    ///
    /// A lost answer is settled by the proof: if a fresh plan does not want the step again, it was done.
    pub fn verdict(&self) -> Verdict {
        let (is_converged, is_proved) = match &self.proof {
            Proof::NotNeeded => (true, true),
            Proof::Fresh(fresh) => (fresh.steps.is_empty() && !fresh.has_errors(), true),
            Proof::Unread(_) => (false, false),
        };
        let unknown = self.outcomes.iter().any(|outcome| matches!(outcome.status, Status::Unknown(_)));
        let landed =
            self.outcomes.iter().any(|outcome| outcome.status == Status::Done) || unknown && self.unknown_landed();
        let clean = self.outcomes.iter().all(|outcome| match outcome.status {
            Status::Done | Status::Unneeded | Status::Unknown(_) => true,
            Status::Failed(_) | Status::Skipped { .. } => false,
        });
        match (is_proved, is_converged && clean, landed) {
            (false, _, _) if unknown => Verdict::Unknown,
            (false, _, true) => Verdict::Partial,
            (false, _, false) => Verdict::Failed,
            (true, true, _) if self.plan.held.is_empty() => Verdict::Applied,
            (true, true, _) => Verdict::Guarded,
            (true, false, true) => Verdict::Partial,
            (true, false, false) => Verdict::Failed,
        }
    }

    fn unknown_landed(&self) -> bool {
        let Proof::Fresh(fresh) = &self.proof else { return false };
        self.outcomes
            .iter()
            .filter(|outcome| matches!(outcome.status, Status::Unknown(_)))
            .any(|outcome| !fresh.steps.iter().any(|step| step.id == outcome.step))
    }
}
