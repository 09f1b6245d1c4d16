//! The JSON that others script against: trees of their own, frozen by the version in `format`.
//!
//! Within a version fields may be added; none is renamed, retyped or removed. No secret stands in any of it, and every
//! character that is not plainly visible is escaped, so that it may be printed anywhere.

mod apply;
mod finding;
mod plan;
mod pull;

use std::fmt;

use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::safe::escape_json;
use crate::diag::Finding;
use crate::plan::Plan;
use crate::pull::Pull;
use crate::report::Report;

/// Writes a plan as `flowops.plan/v1`.
pub fn plan(plan: &Plan, out: &mut impl fmt::Write) -> fmt::Result {
    write(&plan::PlanV1::new(plan, plan::PlanFormat::Plan), out)
}

/// Writes the same plan as `flowops.drift/v1`, for those who ask what live says that git does not.
pub fn drift(plan: &Plan, out: &mut impl fmt::Write) -> fmt::Result {
    write(&plan::PlanV1::new(plan, plan::PlanFormat::Drift), out)
}

/// Writes what the manifests take over from live as `flowops.pull/v1`.
pub fn pull(pull: &Pull, out: &mut impl fmt::Write) -> fmt::Result {
    write(&pull::PullV1::new(pull), out)
}

/// Writes what an apply did as `flowops.report/v1`.
pub fn report(report: &Report, out: &mut impl fmt::Write) -> fmt::Result {
    write(&apply::ReportV1::new(report), out)
}

/// Writes what is wrong with manifests as `flowops.findings/v1`.
pub fn findings(findings: &[Finding], out: &mut impl fmt::Write) -> fmt::Result {
    write(&finding::FindingsV1::new(findings), out)
}

/// Writes why a command failed, and what it found until then, as `flowops.error/v1`.
pub fn error(error: &str, findings: &[Finding], out: &mut impl fmt::Write) -> fmt::Result {
    write(&finding::ErrorV1::new(error, findings), out)
}

fn write(value: &impl Serialize, out: &mut impl fmt::Write) -> fmt::Result {
    let text = serde_json::to_string_pretty(value).map_err(|_| fmt::Error)?;
    out.write_str(&escape_json(&text))?;
    out.write_char('\n')
}

/// A published description of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Of [`plan`] and [`drift`].
    Plan,
    /// Of [`report`].
    Report,
    /// Of [`pull`].
    Pull,
}

impl Schema {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Plan, Self::Report, Self::Pull];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Report => "report",
            Self::Pull => "pull",
        }
    }
}

/// The JSON Schema (draft 2020-12) of an output, as the text of its file.
pub fn schema(schema: Schema) -> String {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let shape = match schema {
        Schema::Plan => generator.into_root_schema_for::<plan::PlanV1>(),
        Schema::Report => generator.into_root_schema_for::<apply::ReportV1>(),
        Schema::Pull => generator.into_root_schema_for::<pull::PullV1>(),
    };
    let mut named = Map::new();
    named.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    named.insert("$id".to_owned(), format!("urn:flowops:v1:{}", schema.name()).into());
    named.extend(shape.to_value().as_object().cloned().unwrap_or_default());
    format!("{:#}\n", Json::Object(named))
}
