//! What a record is about, for those who keep it somewhere under a name.

use serde_json::Value as Json;

use super::plan::{FieldV1, HeldV1, PlanV1, StepV1};
use super::{CauseV1, Record, Tree};
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
    Failure,
    /// What manifests take over from live.
    Pull,
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
    /// What it is about; `None` if it names a plan by something that is no digest.
    pub fn subject(&self) -> Option<Subject<'_>> {
        Some(match &self.tree {
            Tree::Plan(plan) => Subject::Plan { target: &plan.target, digest: Digest::parse(&plan.digest).ok()? },
            Tree::Drift(plan) => Subject::Drift { target: &plan.target, drift: drift(plan) },
            Tree::Report(report) => Subject::Report { target: &report.target },
            Tree::Error(_) | Tree::Findings(_) => Subject::Failure,
            Tree::Pull(_) => Subject::Pull,
        })
    }
}

/// What only the manifests moved is no drift, and no part of the fingerprint.
fn drift(plan: &PlanV1) -> Drift {
    let is_drift = |cause: CauseV1| match cause {
        CauseV1::Manifest => false,
        CauseV1::Live | CauseV1::Both | CauseV1::Unknown => true,
    };
    let steps = plan.steps.iter().filter(|step| is_drift(step.cause)).map(of_step);
    let held = plan.held.iter().filter(|held| is_drift(held.cause)).map(of_held);
    let all: Vec<String> = steps.chain(held).flatten().collect();
    match (all.is_empty(), plan.complete) {
        (false, _) => Drift::There(Digest::of_parts(all.iter().map(String::as_str))),
        (true, true) => Drift::None,
        (true, false) => Drift::Unknown,
    }
}

fn of_step(step: &StepV1) -> Vec<String> {
    let values = Json::Array(step.fields.iter().map(of_field).collect());
    vec!["step".to_owned(), step.id.clone(), step.action.word().to_owned(), values.to_string()]
}

fn of_field(field: &FieldV1) -> Json {
    match field {
        FieldV1::Shown { path, before, after, cause: _ } => serde_json::json!([path, before, after]),
        FieldV1::Hidden { path, cause: _, sensitive: _ } => serde_json::json!([path]),
    }
}

fn of_held(held: &HeldV1) -> Vec<String> {
    vec!["held".to_owned(), held.id.clone(), held.action.word().to_owned(), held.hold.clone()]
}
