//! The kinds of notices, with what is said about each.

use crate::diag::Code;

/// What kind of notice it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::render) enum Rule<'a> {
    /// A finding, by its code.
    Finding(&'a str),
    /// The run could not go on.
    RunFailed,
    /// What the whole came to.
    Sum,
    /// A write failed.
    StepFailed,
    /// Whether a write landed is not known.
    StepUnknown,
    /// Live moved since the plan.
    StepConflict,
    /// A step was not tried.
    StepSkipped,
    /// The server accepted something and does not show it.
    NotTaken,
    /// A fresh plan still wants something.
    StillWanted,
    /// Something becomes, or became, riskier.
    Risk,
    /// A step was done, and there is something to know of it.
    StepNoted,
    /// A plan deletes something.
    Delete,
    /// A guard holds something back.
    Held,
    /// A skill is another than git says.
    DriftChanged,
    /// Something is not there that git says.
    DriftMissing,
    /// Something is there that git says must not be.
    DriftExtra,
    /// A draft is another than what callers hear.
    DriftUnpublished,
    /// Skills are there that git does not know, where that counts.
    DriftUnmanaged,
    /// A pull leaves something different.
    Left,
}

impl Rule<'_> {
    /// What it is called; public, like a finding's code.
    pub(in crate::render) const fn id(&self) -> &str {
        match self {
            Self::Finding(code) => code,
            Self::RunFailed => "run-failed",
            Self::Sum => "sum",
            Self::StepFailed => "step-failed",
            Self::StepUnknown => "step-unknown",
            Self::StepConflict => "step-conflict",
            Self::StepSkipped => "step-skipped",
            Self::NotTaken => "not-taken",
            Self::StillWanted => "still-wanted",
            Self::Risk => "risk",
            Self::StepNoted => "step-noted",
            Self::Delete => "delete",
            Self::Held => "held",
            Self::DriftChanged => "drift-changed",
            Self::DriftMissing => "drift-missing",
            Self::DriftExtra => "drift-extra",
            Self::DriftUnpublished => "drift-unpublished",
            Self::DriftUnmanaged => "drift-unmanaged",
            Self::Left => "left",
        }
    }

    /// What it means, in a few words that hold no name.
    pub(in crate::render) fn summary(&self) -> &'static str {
        match self {
            Self::Finding(code) => Code::read(code).map_or("a finding of another version of flowops", Code::summary),
            Self::RunFailed => "the run failed",
            Self::Sum => "what it came to",
            Self::StepFailed => "a write failed",
            Self::StepUnknown => "the outcome of a write is unknown",
            Self::StepConflict => "live moved since the plan",
            Self::StepSkipped => "a step was not tried",
            Self::NotTaken => "the server accepted this and does not show it",
            Self::StillWanted => "a fresh plan still wants this",
            Self::Risk => "a skill becomes riskier",
            Self::StepNoted => "a step was done, but for something",
            Self::Delete => "a live skill will be deleted",
            Self::Held => "a guard holds this back",
            Self::DriftChanged => "live is not as declared",
            Self::DriftMissing => "live lacks what is declared",
            Self::DriftExtra => "live has what must be absent",
            Self::DriftUnpublished => "the draft is not what callers hear",
            Self::DriftUnmanaged => "no manifest declares this",
            Self::Left => "live and the manifests stay different",
        }
    }

    /// Why it matters and what to do.
    pub(in crate::render) fn about(&self) -> &'static str {
        match self {
            Self::Finding(code) => {
                Code::read(code).map_or("The version of flowops that found it explains it.", Code::about)
            }
            Self::RunFailed => "The message says what failed, and what was not done.",
            Self::Sum => "What there is to do about it, the other notices say.",
            Self::StepFailed => "The message says why. Apply again: it does only what is left.",
            Self::StepUnknown => {
                "The answer to the write was lost. Apply again: it waits for what may still come, then does what is left."
            }
            Self::StepConflict => {
                "Somebody edited live between the plan and the write, so it was not sent. Plan again, and look at what moved."
            }
            Self::StepSkipped => "Something that it needs was not done, or the run had stopped. Apply again.",
            Self::NotTaken => {
                "The write was answered as done, and live is not as declared. Apply again would send the same; correct the manifest, or take live over with `flowops pull`."
            }
            Self::StillWanted => "After the apply live is not as declared. Plan again, and look at what moved.",
            Self::Risk => {
                "It may do more to callers or their data than before. Look at it first; `policy.risk` in `flowops.yaml` makes such steps wait for somebody's yes."
            }
            Self::StepNoted => {
                "The write was done. The message says what else there is to know of it, such as an address without coordinates, or what the platform warns of."
            }
            Self::Delete => "The next apply deletes it on the server, where it cannot be brought back. Look twice.",
            Self::Held => "It is wanted and not done until somebody acts; the message names the way out.",
            Self::DriftChanged => {
                "Live says something else than git. Apply writes what git says; `flowops pull` takes over what live says."
            }
            Self::DriftMissing => {
                "Live lost it, or never got it. Apply makes it; `flowops pull` takes it out of the manifests."
            }
            Self::DriftExtra => "The manifests say that it must be absent. Apply deletes it.",
            Self::DriftUnpublished => {
                "Callers hear the published version, and the draft is another one. Apply publishes it if the manifest says so."
            }
            Self::DriftUnmanaged => {
                "`drift --strict` wants every live skill declared. Declare it, as `flowops pull` does, or remove it."
            }
            Self::Left => "It cannot stand in a manifest, or would change other agents too; the message says which.",
        }
    }

    /// The order among notices of one level: what matters most has the least weight.
    pub(super) fn weight(&self) -> u8 {
        match self {
            Self::RunFailed => 0,
            Self::Sum => 1,
            Self::Finding(code) if Code::read(code).is_some_and(Code::is_guard) => 2,
            Self::StepFailed => 3,
            Self::StepUnknown => 4,
            Self::StepConflict => 5,
            Self::NotTaken => 6,
            Self::StillWanted => 7,
            Self::Risk => 8,
            Self::Delete => 9,
            Self::Held => 10,
            Self::DriftMissing => 11,
            Self::DriftChanged => 12,
            Self::DriftExtra => 13,
            Self::DriftUnpublished => 14,
            Self::DriftUnmanaged => 15,
            Self::Left => 16,
            Self::StepSkipped => 17,
            Self::StepNoted => 18,
            Self::Finding(_) => 19,
        }
    }
}
