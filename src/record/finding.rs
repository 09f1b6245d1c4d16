//! `flowops.findings/v1`, `flowops.error/v1`, and the parts that every format shares.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cover::cover;
use super::share::FailedShareV1;
use crate::diag::{Code, Finding, Severity};
use crate::model::Place;
use crate::plan::AgentRef;

/// Where in the manifests something is said.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Source", inline)]
pub(crate) struct SourceV1 {
    /// The file, relative to where flowops ran, with `/` between its parts.
    pub(crate) file: String,
    /// The line, counted from 1.
    #[schemars(range(min = 1))]
    pub(crate) line: u32,
    /// The column in characters, counted from 1.
    #[schemars(range(min = 1))]
    pub(crate) column: u32,
}

impl SourceV1 {
    pub(crate) fn new(place: &Place) -> Self {
        let Place { file, line, column, offset: _, len: _ } = place;
        Self { file: cover(file).into_owned(), line: *line, column: *column }
    }
}

/// An agent by both its names.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Agent")]
pub(crate) struct AgentV1 {
    /// Its name in the manifests.
    pub(crate) name: String,
    /// Its id on the server.
    pub(crate) id: String,
}

impl AgentV1 {
    pub(crate) fn new(agent: &AgentRef) -> Self {
        let AgentRef { name, id } = agent;
        Self { name: cover(name.as_str()).into_owned(), id: cover(id.as_str()).into_owned() }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Severity", inline)]
pub(crate) enum SeverityV1 {
    Error,
    Warning,
    Note,
}

impl SeverityV1 {
    /// The word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Note => Severity::Note,
        }
        .as_str()
    }
}

/// Something that a person should know about. An error stops the run before its first write.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
pub(crate) struct FindingV1 {
    /// Its stable code; `flowops explain CODE` tells more.
    pub(crate) code: String,
    /// How much it weighs.
    pub(crate) severity: SeverityV1,
    /// What is so.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
    /// Where it is; `null` where no file says it.
    pub(crate) source: Option<SourceV1>,
}

impl FindingV1 {
    /// The finding, for those who show findings; `None` if this version does not know the code.
    pub(super) fn finding(&self) -> Option<Finding> {
        let Self { code, severity: _, message, help, source } = self;
        let code = Code::ALL.iter().copied().find(|known| known.id() == code)?;
        let place = source.as_ref().map(|SourceV1 { file, line, column }| Place {
            line: *line,
            column: *column,
            ..Place::start_of(file.as_str())
        });
        Some(Finding { code, place, message: message.clone(), help: help.clone() })
    }

    pub(crate) fn all(findings: &[Finding]) -> Vec<Self> {
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

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct FindingsV1 {
    pub(crate) format: FindingsFormat,
    pub(crate) valid: bool,
    pub(crate) findings: Vec<FindingV1>,
}

impl FindingsV1 {
    pub(crate) fn new(findings: &[Finding]) -> Self {
        let valid = !findings.iter().any(Finding::is_error);
        Self { format: FindingsFormat::Findings, valid, findings: FindingV1::all(findings) }
    }
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ErrorV1 {
    pub(crate) format: ErrorFormat,
    pub(crate) error: String,
    /// The target that the command was about, as far as it knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<String>,
    /// The share of the agents that the command was about, if it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partition: Option<FailedShareV1>,
    /// How the command ends; none where an earlier version wrote it.
    #[serde(default, rename = "exitCode", skip_serializing_if = "Option::is_none")]
    pub(crate) exit_code: Option<u8>,
    pub(crate) findings: Vec<FindingV1>,
}

impl ErrorV1 {
    pub(crate) fn new(error: &str, findings: &[Finding]) -> Self {
        let error = cover(error).into_owned();
        let findings = FindingV1::all(findings);
        Self { format: ErrorFormat::Error, error, target: None, partition: None, exit_code: None, findings }
    }
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub(crate) enum FindingsFormat {
    #[serde(rename = "flowops.findings/v1")]
    Findings,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
pub(crate) enum ErrorFormat {
    #[serde(rename = "flowops.error/v1")]
    Error,
}
