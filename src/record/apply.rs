//! `flowops.report/v1`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use super::cover::cover;
use super::finding::{AgentV1, FindingV1, SourceV1};
use super::hidden::{covered_path, is_hidden};
use super::plan::{ActionV1, HeldV1, RequestsV1};
use super::share::PartitionV1;
use crate::diff::Difference;
use crate::plan::Toward;
use crate::report::{Bounce, Cause, Outcome, Proof, Report, Status, Verdict};

/// What an apply did (`flowops apply --format json`).
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(title = "flowops report")]
pub(crate) struct ReportV1 {
    /// What this is, with its version.
    pub(crate) format: ReportFormat,
    /// The target's name.
    pub(crate) target: String,
    /// The share of the target's agents that it is of; absent if it is of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partition: Option<PartitionV1>,
    /// The digest of the plan that was applied.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub(crate) plan: String,
    /// What it came to.
    pub(crate) result: ResultV1,
    /// Whether a fresh plan of the changed agents is empty; `null` if nothing had to be proved, or nothing could be.
    pub(crate) converged: Option<bool>,
    /// How each step ended, in the plan's order.
    pub(crate) steps: Vec<OutcomeV1>,
    /// What the server accepted and does not show.
    pub(crate) bounced: Vec<BouncedV1>,
    /// Steps that a fresh plan still wants, by id.
    pub(crate) left: Vec<String>,
    /// What is wanted and was not done, what only a fresh plan holds back among it.
    pub(crate) held: Vec<HeldV1>,
    /// Requests that were sent, those of the plan included.
    pub(crate) requests: RequestsV1,
    /// What the plan found, then what the fresh plan found.
    pub(crate) findings: Vec<FindingV1>,
}

/// What this is, with its version.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) enum ReportFormat {
    #[serde(rename = "flowops.report/v1")]
    Report,
}

/// What it came to: `applied`; `guarded`, the same but for what a guard holds back; `conflict`, the same but for steps
/// whose live state moved since the plan; `partial`; `failed`, nothing landed; `unknown`, whether a write landed could
/// not be found out.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum ResultV1 {
    Applied,
    Guarded,
    Conflict,
    Partial,
    Failed,
    Unknown,
}

/// How a step ended: `unneeded` if it was so already, `conflict` if live moved since the plan, `unknown` if the answer
/// was lost and reading back did not settle it, `skipped` if it was not tried.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum StatusV1 {
    Done,
    Unneeded,
    Conflict,
    Failed,
    Unknown,
    Skipped,
}

impl ResultV1 {
    pub(super) const fn new(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Applied => Self::Applied,
            Verdict::Guarded => Self::Guarded,
            Verdict::Conflict => Self::Conflict,
            Verdict::Partial => Self::Partial,
            Verdict::Failed => Self::Failed,
            Verdict::Unknown => Self::Unknown,
        }
    }

    pub(super) const fn verdict(self) -> Verdict {
        match self {
            Self::Applied => Verdict::Applied,
            Self::Guarded => Verdict::Guarded,
            Self::Conflict => Verdict::Conflict,
            Self::Partial => Verdict::Partial,
            Self::Failed => Verdict::Failed,
            Self::Unknown => Verdict::Unknown,
        }
    }
}

impl StatusV1 {
    /// Whether what was to be done was not done, or may not have been.
    pub(crate) const fn is_trouble(self) -> bool {
        match self {
            Self::Conflict | Self::Failed | Self::Unknown | Self::Skipped => true,
            Self::Done | Self::Unneeded => false,
        }
    }
}

/// How a step ended.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Outcome")]
pub(crate) struct OutcomeV1 {
    /// The step.
    pub(crate) id: String,
    /// What was to be done.
    pub(crate) action: ActionV1,
    /// On which agent.
    pub(crate) agent: AgentV1,
    /// Where the manifests ask for it.
    pub(crate) source: SourceV1,
    /// How it ended.
    pub(crate) status: StatusV1,
    /// How often its write was sent.
    pub(crate) sent: u32,
    /// Why it failed, was not tried, or is not known; of one that is done, why the server's answer did not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    /// The step that was not done and that it needs, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) because: Option<String>,
    /// What somebody should know of it all the same, such as places without coordinates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
}

/// A value that the server accepted and does not show.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Bounced")]
pub(crate) struct BouncedV1 {
    /// The step that wrote it, by id.
    pub(crate) step: String,
    /// On which agent.
    pub(crate) agent: AgentV1,
    /// The skill, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skill: Option<String>,
    /// A JSON pointer (RFC 6901) within the skill; absent if the skill as a whole bounced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// What was declared and sent.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) declared: Option<Json>,
    /// What the server shows.
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) live: Option<Json>,
    /// Both values are hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sensitive: Option<bool>,
}

/// A value that is stated, `null` included.
fn stated<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(from).map(Some)
}

impl ReportV1 {
    pub(crate) fn new(report: &Report) -> Self {
        let Report { plan, outcomes, proof, reads, writes, lookups, installed: _, after: _ } = report;
        let mut findings = FindingV1::all(&plan.findings);
        if let Proof::Fresh(fresh) = proof {
            findings.append(&mut FindingV1::all(&fresh.findings));
        }
        Self {
            format: ReportFormat::Report,
            target: cover(&plan.target).into_owned(),
            partition: PartitionV1::of(plan, Toward::Manifests, &BTreeMap::new()),
            plan: plan.digest().to_string(),
            result: ResultV1::new(report.verdict()),
            converged: report.is_converged(),
            steps: outcomes.iter().map(OutcomeV1::new).collect(),
            bounced: report.bounced().iter().map(BouncedV1::new).collect(),
            left: report.left().iter().map(|step| cover(&step.id).into_owned()).collect(),
            held: plan.held.iter().chain(report.newly_held()).map(HeldV1::new).collect(),
            requests: RequestsV1 { reads: *reads, writes: *writes, lookups: *lookups },
            findings,
        }
    }
}

impl OutcomeV1 {
    fn new(outcome: &Outcome) -> Self {
        let Outcome { step, verb, agent, place, status, sent, notes } = outcome;
        let (word, error, because) = match status {
            Status::Done => (StatusV1::Done, None, None),
            Status::Settled(error) => (StatusV1::Done, Some(error), None),
            Status::Unneeded => (StatusV1::Unneeded, None, None),
            Status::Conflict(error) => (StatusV1::Conflict, Some(error), None),
            Status::Failed(error) => (StatusV1::Failed, Some(error), None),
            Status::Unknown(error) => (StatusV1::Unknown, Some(error), None),
            Status::Skipped(Cause::Step(needed)) => (StatusV1::Skipped, None, Some(needed)),
            Status::Skipped(Cause::Stopped(reason)) => (StatusV1::Skipped, Some(reason), None),
        };
        let text = |text: &String| cover(text).into_owned();
        Self {
            id: text(step),
            action: ActionV1::new(*verb),
            agent: AgentV1::new(agent),
            source: SourceV1::new(place),
            status: word,
            sent: *sent,
            error: error.map(text),
            because: because.map(text),
            notes: notes.iter().map(text).collect(),
        }
    }
}

impl BouncedV1 {
    fn new(bounce: &Bounce<'_>) -> Self {
        let Bounce { step, difference } = bounce;
        let skill = step.action.subject().skill().map(|name| cover(name.as_str()).into_owned());
        let value = |value: &Option<Json>| Some(value.clone().unwrap_or(Json::Null));
        let (declared, live, sensitive) = match difference {
            Some(difference) if is_hidden(difference) => (None, None, Some(true)),
            Some(Difference { path: _, before, after, is_sensitive: _, moved: _ }) => {
                (value(after), value(before), None)
            }
            None => (None, None, None),
        };
        Self {
            step: cover(&step.id).into_owned(),
            agent: AgentV1::new(&step.agent),
            skill,
            path: difference.map(|difference| covered_path(&difference.path)),
            declared,
            live,
            sensitive,
        }
    }
}
