//! What others are told: trees that hold no secret, frozen by the version in `format`.
//!
//! A [`Record`] is what `--format json` prints and what every other view but that of the terminal is made of, at once
//! or later from the file. Whatever may be a secret is left out here, by position and by shape, before anybody formats
//! anything. Within a version fields may be added; none is renamed, retyped or removed.

mod apply;
mod compare;
mod concern;
mod cover;
mod drift;
mod ending;
mod finding;
pub(crate) mod hidden;
mod init;
mod merge;
mod origin;
mod plan;
mod pull;
mod share;
mod subject;

use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::compare::Comparison;
use crate::diag::Finding;
use crate::manifest::origin::Origin;
use crate::model::Partition;
use crate::plan::Plan;
use crate::pull::Pull;
use crate::report::Report;

pub(crate) use apply::{BouncedV1, OutcomeV1, ReportV1, ResultV1, StatusV1};
pub(crate) use compare::{ApartV1, CauseOfV1, CompareV1, DefinedV1, ReasonV1, SidesV1};
pub(crate) use concern::{ClassV1, ConcernV1, ParameterV1, ReachV1};
pub(crate) use cover::{COVER, cover};
pub use drift::Watch;
pub(crate) use drift::{CoverageV1, DriftV1};
pub(crate) use finding::{ErrorV1, FindingV1, FindingsV1, SeverityV1, SourceV1};
pub(crate) use origin::{DefinedByV1, EntryV1, HomeKindV1, HomeV1, InsertedV1, LayerV1, OriginV1, ValueV1};
pub(crate) use plan::{
    ActionV1, CauseV1, FieldV1, HeldV1, PackV1, PlanFormat, PlanV1, RequestsV1, ScopesV1, SinceV1, SkillV1, StepV1,
    SummaryV1, UnmanagedV1,
};
pub(crate) use pull::{ChangeActionV1, ChangeV1, FileActionV1, FileV1, LeftV1, PlaceV1, PullV1};
pub(crate) use share::{FailedShareV1, PartV1, PartitionV1};

pub use ending::Ending;
pub use init::init;
pub use merge::{Failed, Input, MergeError, Merged, merge};
pub use subject::{Drift, Subject};

/// What one run has to say.
#[derive(Debug)]
pub struct Record {
    pub(crate) tree: Tree,
}

/// What a record holds, by its format.
#[derive(Debug)]
pub(crate) enum Tree {
    /// `flowops.plan/v1`
    Plan(PlanV1),
    /// `flowops.drift/v1`, a plan seen from the other side.
    Drift(PlanV1),
    /// `flowops.report/v1`
    Report(ReportV1),
    /// `flowops.pull/v1`
    Pull(PullV1),
    /// `flowops.origin/v1`
    Origin(OriginV1),
    /// `flowops.compare/v1`
    Compare(CompareV1),
    /// `flowops.findings/v1`
    Findings(FindingsV1),
    /// `flowops.error/v1`
    Error(ErrorV1),
}

/// Why a text is no record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is no JSON.
    #[error("it is not JSON")]
    Json(#[source] serde_json::Error),
    /// It says no format, or one that this version does not know.
    #[error("it is none of `flowops.plan/v1`, `drift`, `report`, `pull`, `origin`, `compare`, `findings` and `error`")]
    Format,
    /// It is not as its format says.
    #[error("it is not as its format says")]
    Shape(#[source] serde_json::Error),
}

impl Record {
    /// What apply would do: `flowops.plan/v1`.
    pub fn plan(plan: &Plan) -> Self {
        Self { tree: Tree::Plan(PlanV1::new(plan, PlanFormat::Plan)) }
    }

    /// The same plan with the scopes that a key needs to make it, and to apply it.
    #[must_use]
    pub fn with_scopes(mut self, plan: &[&str], apply: &[&str]) -> Self {
        let texts = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect();
        if let Tree::Plan(tree) = &mut self.tree {
            tree.scopes = Some(ScopesV1 { plan: texts(plan), apply: texts(apply) });
        }
        self
    }

    /// The same plan for those who ask what live says that git does not: `flowops.drift/v1`.
    pub fn drift(plan: &Plan) -> Self {
        Self { tree: Tree::Drift(PlanV1::new(plan, PlanFormat::Drift)) }
    }

    /// What an apply did: `flowops.report/v1`.
    pub fn report(report: &Report) -> Self {
        Self { tree: Tree::Report(ReportV1::new(report)) }
    }

    /// What the manifests take over from live: `flowops.pull/v1`.
    pub fn pull(pull: &Pull) -> Self {
        Self { tree: Tree::Pull(PullV1::new(pull)) }
    }

    /// Where values come from: `flowops.origin/v1`.
    pub fn origin(origin: &Origin) -> Self {
        Self { tree: Tree::Origin(OriginV1::new(origin)) }
    }

    /// How two targets differ: `flowops.compare/v1`.
    pub fn compare(comparison: &Comparison) -> Self {
        Self { tree: Tree::Compare(CompareV1::new(comparison)) }
    }

    /// What is wrong with manifests: `flowops.findings/v1`.
    pub fn findings(findings: &[Finding]) -> Self {
        Self { tree: Tree::Findings(FindingsV1::new(findings)) }
    }

    /// Why a command failed, and what it found until then: `flowops.error/v1`.
    pub fn error(error: &str, findings: &[Finding]) -> Self {
        Self { tree: Tree::Error(ErrorV1::new(error, findings)) }
    }

    /// The same failure of a command that knew its target.
    #[must_use]
    pub fn of_target(mut self, target: Option<&str>) -> Self {
        if let Tree::Error(tree) = &mut self.tree {
            tree.target = target.map(|target| cover(target).into_owned());
        }
        self
    }

    /// The same failure of a command that was about one share of the agents, and the exit code with which it ends.
    #[must_use]
    pub fn of_share(mut self, partition: Option<Partition>, exit_code: u8) -> Self {
        if let Tree::Error(tree) = &mut self.tree {
            tree.partition = partition.map(FailedShareV1::from);
            tree.exit_code = Some(exit_code);
        }
        self
    }

    /// Reads what was written as JSON, by this version or a later one of the same format.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn read(text: &str) -> Result<Self, RecordError> {
        let value: Json = serde_json::from_str(text).map_err(RecordError::Json)?;
        let format = value.get("format").and_then(Json::as_str).ok_or(RecordError::Format)?;
        let tree = match format {
            "flowops.plan/v1" => Tree::Plan(shaped(value)?),
            "flowops.drift/v1" => Tree::Drift(shaped(value)?),
            "flowops.report/v1" => Tree::Report(shaped(value)?),
            "flowops.pull/v1" => Tree::Pull(shaped(value)?),
            "flowops.origin/v1" => Tree::Origin(shaped(value)?),
            "flowops.compare/v1" => Tree::Compare(shaped(value)?),
            "flowops.findings/v1" => Tree::Findings(shaped(value)?),
            "flowops.error/v1" => Tree::Error(shaped(value)?),
            _ => return Err(RecordError::Format),
        };
        Ok(Self { tree })
    }
}

fn shaped<T: DeserializeOwned>(value: Json) -> Result<T, RecordError> {
    serde_json::from_value(value).map_err(RecordError::Shape)
}

/// A published description of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Of [`Record::plan`] and [`Record::drift`].
    Plan,
    /// Of [`Record::report`].
    Report,
    /// Of [`Record::pull`].
    Pull,
    /// Of [`Record::origin`].
    Origin,
    /// Of [`Record::compare`].
    Compare,
    /// Of [`init`].
    Init,
}

impl Schema {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Plan, Self::Report, Self::Pull, Self::Origin, Self::Compare, Self::Init];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Report => "report",
            Self::Pull => "pull",
            Self::Origin => "origin",
            Self::Compare => "compare",
            Self::Init => "init",
        }
    }
}

/// The JSON Schema (draft 2020-12) of a record, as the text of its file.
pub fn schema(schema: Schema) -> String {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let shape = match schema {
        Schema::Plan => generator.into_root_schema_for::<PlanV1>(),
        Schema::Report => generator.into_root_schema_for::<ReportV1>(),
        Schema::Pull => generator.into_root_schema_for::<PullV1>(),
        Schema::Origin => generator.into_root_schema_for::<OriginV1>(),
        Schema::Compare => generator.into_root_schema_for::<CompareV1>(),
        Schema::Init => generator.into_root_schema_for::<init::InitV1>(),
    };
    let mut named = Map::new();
    named.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    named.insert("$id".to_owned(), format!("urn:flowops:v1:{}", schema.name()).into());
    named.extend(shape.to_value().as_object().cloned().unwrap_or_default());
    format!("{:#}\n", Json::Object(named))
}
