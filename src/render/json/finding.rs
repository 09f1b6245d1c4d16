//! `flowops.findings/v1`, `flowops.error/v1`, and the parts that every format shares.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diag::{Finding, Severity};
use crate::model::Place;
use crate::plan::AgentRef;
use crate::render::safe::cover;

/// Where in the manifests something is said.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Source", inline)]
pub(super) struct SourceV1 {
    /// The file, relative to where flowops ran, with `/` between its parts.
    file: String,
    /// The line, counted from 1.
    #[schemars(range(min = 1))]
    line: u32,
    /// The column in characters, counted from 1.
    #[schemars(range(min = 1))]
    column: u32,
}

impl SourceV1 {
    pub(super) fn new(place: &Place) -> Self {
        let Place { file, line, column, offset: _, len: _ } = place;
        Self { file: cover(file).into_owned(), line: *line, column: *column }
    }
}

/// An agent by both its names.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Agent")]
pub(super) struct AgentV1 {
    /// Its name in the manifests.
    name: String,
    /// Its id on the server.
    id: String,
}

impl AgentV1 {
    pub(super) fn new(agent: &AgentRef) -> Self {
        let AgentRef { name, id } = agent;
        Self { name: cover(name.as_str()).into_owned(), id: cover(id.as_str()).into_owned() }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Severity", inline)]
enum SeverityV1 {
    Error,
    Warning,
    Note,
}

/// Something that a person should know about. An error stops the run before its first write.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub(super) struct FindingV1 {
    /// Its stable code; `flowops explain CODE` tells more.
    code: String,
    /// How much it weighs.
    severity: SeverityV1,
    /// What is so.
    message: String,
    /// What to do about it.
    help: Option<String>,
    /// Where it is; `null` where no file says it.
    source: Option<SourceV1>,
}

impl FindingV1 {
    pub(super) fn all(findings: &[Finding]) -> Vec<Self> {
        findings.iter().map(Self::new).collect()
    }

    fn new(finding: &Finding) -> Self {
        let Finding { code, place, message, help } = finding;
        Self {
            code: code.id().to_owned(),
            severity: match code.severity() {
                Severity::Error => SeverityV1::Error,
                Severity::Warning => SeverityV1::Warning,
                Severity::Note => SeverityV1::Note,
            },
            message: cover(message).into_owned(),
            help: help.as_deref().map(|help| cover(help).into_owned()),
            source: place.as_ref().map(SourceV1::new),
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct FindingsV1 {
    format: &'static str,
    valid: bool,
    findings: Vec<FindingV1>,
}

impl FindingsV1 {
    pub(super) fn new(findings: &[Finding]) -> Self {
        let valid = !findings.iter().any(Finding::is_error);
        Self { format: "flowops.findings/v1", valid, findings: FindingV1::all(findings) }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct ErrorV1 {
    format: &'static str,
    error: String,
    findings: Vec<FindingV1>,
}

impl ErrorV1 {
    pub(super) fn new(error: &str, findings: &[Finding]) -> Self {
        Self { format: "flowops.error/v1", error: cover(error).into_owned(), findings: FindingV1::all(findings) }
    }
}
