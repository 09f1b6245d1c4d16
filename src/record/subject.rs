//! What a record is about, for those who keep it somewhere under a name.

use super::plan::PlanV1;
use super::{Record, SeverityV1, Tree};
use crate::model::Digest;

/// What a record is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject<'a> {
    /// What apply would do.
    Plan {
        /// Of this target.
        target: &'a str,
        /// The name of exactly this plan.
        digest: Digest,
    },
    /// What live says that git does not.
    Drift {
        /// Of this target.
        target: &'a str,
        /// Whether there is any.
        drift: Drift,
    },
    /// What an apply did.
    Report {
        /// To this target.
        target: &'a str,
    },
    /// Why a command failed, or what is wrong with the manifests.
    Failure {
        /// Of this target, if that is known.
        target: Option<&'a str>,
    },
    /// What manifests take over from live.
    Pull,
    /// What the manifests alone say.
    Manifests,
}

/// Whether live drifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// It did. The same drift always has the same fingerprint, and another has another.
    There(Digest),
    /// It did not.
    None,
    /// What was read does not tell.
    Unknown,
}

impl Record {
    /// What it is about; `None` if it names a plan or drift by something that is no digest.
    pub fn subject(&self) -> Option<Subject<'_>> {
        Some(match &self.tree {
            Tree::Plan(plan) => Subject::Plan { target: &plan.target, digest: Digest::parse(&plan.digest).ok()? },
            Tree::Drift(plan) => Subject::Drift { target: &plan.target, drift: drift(plan)? },
            Tree::Report(report) => Subject::Report { target: &report.target },
            Tree::Error(error) => Subject::Failure { target: error.target.as_deref() },
            Tree::Findings(_) => Subject::Failure { target: None },
            Tree::Pull(_) => Subject::Pull,
            Tree::Origin(_) | Tree::Compare(_) => Subject::Manifests,
        })
    }
}

fn drift(plan: &PlanV1) -> Option<Drift> {
    let Some(drift) = &plan.drift else { return Some(Drift::Unknown) };
    let is_sound = plan.complete && !plan.findings.iter().any(|finding| finding.severity == SeverityV1::Error);
    Some(match (drift.drifted, is_sound) {
        (true, _) => Drift::There(Digest::parse(&drift.fingerprint).ok()?),
        (false, true) => Drift::None,
        (false, false) => Drift::Unknown,
    })
}
