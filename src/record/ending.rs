//! How the run ended that a record is of, for those who end in the same way.

use super::{Record, Tree};
use crate::diag::Finding;
use crate::report::Verdict;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It planned.
    Planned {
        /// Whether there is something to do.
        has_steps: bool,
        /// Whether something is held.
        has_held: bool,
    },
    /// It looked for drift.
    Looked {
        /// Whether there is any.
        is_drifted: bool,
    },
    /// It applied.
    Applied(Verdict),
    /// It failed, or was about something else.
    Other,
}

impl Record {
    /// How the run ended that it is of.
    pub fn ending(&self) -> Ending {
        match &self.tree {
            Tree::Plan(tree) => Ending::Planned { has_steps: !tree.steps.is_empty(), has_held: !tree.held.is_empty() },
            Tree::Drift(_) => Ending::Looked { is_drifted: self.is_drifted() },
            Tree::Report(tree) => Ending::Applied(tree.result.verdict()),
            Tree::Pull(_) | Tree::Origin(_) | Tree::Compare(_) | Tree::Findings(_) | Tree::Error(_) => Ending::Other,
        }
    }

    /// What was found, as far as this version knows it. It stands in no file that could be shown.
    pub fn found(&self) -> Vec<Finding> {
        let findings = match &self.tree {
            Tree::Plan(tree) | Tree::Drift(tree) => &tree.findings,
            Tree::Report(tree) => &tree.findings,
            Tree::Pull(_) | Tree::Origin(_) | Tree::Compare(_) => return Vec::new(),
            Tree::Findings(tree) => &tree.findings,
            Tree::Error(tree) => &tree.findings,
        };
        findings.iter().filter_map(super::FindingV1::finding).collect()
    }
}
