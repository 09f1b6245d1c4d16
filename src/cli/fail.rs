use std::error::Error;

use super::exit::Exit;
use crate::diag::{Finding, Sources};

/// A run that cannot go on: what failed, what to do, and how it ends.
#[derive(Debug)]
pub(super) struct Failure {
    /// How it ends.
    pub(super) exit: Exit,
    /// What failed, with its causes, as a fragment.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
    /// What was found on the way.
    pub(super) findings: Vec<Finding>,
    /// What the findings speak of.
    pub(super) sources: Box<Sources>,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None, findings: Vec::new(), sources: Box::default() }
    }

    /// An error with its chain of causes.
    pub(super) fn from_error(exit: Exit, error: &dyn Error) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        Self::new(exit, message)
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Findings that stop the run.
    pub(super) fn found(findings: Vec<Finding>, sources: Sources, message: &str) -> Self {
        let exit = Exit::of(&findings);
        let first = findings.iter().find(|finding| finding.is_error());
        let help = first.map(|finding| format!("`flowops explain {}` says more", finding.code));
        Self { help, findings, sources: Box::new(sources), ..Self::new(exit, message) }
    }
}
