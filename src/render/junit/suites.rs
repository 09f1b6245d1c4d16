//! Suites and their cases.

use std::collections::BTreeMap;

use crate::record::SourceV1;
use crate::render::notice::{Level, Notice};
use crate::render::words::{count, list};

/// Cases by the names of their suites.
#[derive(Debug, Default)]
pub(super) struct Suites {
    pub(super) all: BTreeMap<String, Vec<Case>>,
}

/// Something that was looked at.
#[derive(Debug)]
pub(super) struct Case {
    /// What, within its suite.
    pub(super) name: String,
    /// The file that says it.
    pub(super) file: Option<String>,
    /// How it ended.
    pub(super) ended: Ended,
}

/// How a case ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// As it should be, and what is worth knowing.
    Passed { lines: Vec<String> },
    /// Not as it should be.
    Failed { kind: String, message: String, lines: Vec<String> },
    /// Not known.
    Errored { kind: String, message: String, lines: Vec<String> },
    /// Not looked at, and why.
    Skipped(String),
}

impl Suites {
    pub(super) fn add(&mut self, suite: &str, case: Case) {
        match self.all.get_mut(suite) {
            Some(cases) => cases.push(case),
            None => drop(self.all.insert(suite.to_owned(), vec![case])),
        }
    }
}

impl Case {
    pub(super) const fn new(name: String, ended: Ended) -> Self {
        Self { name, file: None, ended }
    }

    /// A case about what has an address, which begins with its agent.
    pub(super) fn of(id: &str, agent: &str, source: Option<&SourceV1>, ended: Ended) -> Self {
        let name = id.strip_prefix(agent).and_then(|rest| rest.strip_prefix('/')).unwrap_or(id);
        let file = source.map(|SourceV1 { file, line: _, column: _ }| file.clone());
        Self { name: name.to_owned(), file, ended }
    }
}

impl Ended {
    pub(super) fn passed(lines: impl IntoIterator<Item = String>) -> Self {
        Self::Passed { lines: lines.into_iter().collect() }
    }

    pub(super) fn failed(notice: &Notice<'_>) -> Self {
        let Said { kind, message, lines } = said(notice);
        Self::Failed { kind, message, lines }
    }

    pub(super) fn errored(notice: &Notice<'_>) -> Self {
        let Said { kind, message, lines } = said(notice);
        Self::Errored { kind, message, lines }
    }

    /// Failed by several findings of one file.
    pub(super) fn failed_by(notices: &[&Notice<'_>]) -> Self {
        let Said { kind, message, lines } = all_said(notices);
        Self::Failed { kind, message, lines }
    }

    /// Not known because of several findings of one file.
    pub(super) fn errored_by(notices: &[&Notice<'_>]) -> Self {
        let Said { kind, message, lines } = all_said(notices);
        Self::Errored { kind, message, lines }
    }
}

/// What is said of a case that did not pass.
struct Said {
    kind: String,
    message: String,
    lines: Vec<String>,
}

fn said(notice: &Notice<'_>) -> Said {
    let Notice { rule, level: _, source, message, help: _, about: _ } = notice;
    let at = source.map(|SourceV1 { file, line, column }| format!("{file}:{line}:{column}"));
    Said { kind: rule.id().to_owned(), message: message.clone(), lines: at.into_iter().collect() }
}

/// The one finding by what it says, several by how many they are.
fn all_said(notices: &[&Notice<'_>]) -> Said {
    let kinds: Vec<&str> = notices.iter().map(|notice| notice.rule.id()).collect();
    let of = |level: Level, noun: &str| {
        let number = notices.iter().filter(|notice| notice.level == level).count();
        (number > 0).then(|| count(number, noun))
    };
    let message = match notices {
        [one] => one.message.clone(),
        _ => list([of(Level::Error, "error"), of(Level::Warning, "warning"), of(Level::Note, "note")]),
    };
    let kind = kinds.first().copied().unwrap_or_default().to_owned();
    Said { kind, message, lines: notices.iter().map(|notice| line(notice)).collect() }
}

/// A finding on a line: where, which, what, and the way out.
pub(super) fn line(notice: &Notice<'_>) -> String {
    let Notice { rule, level, source, message, help, about: _ } = notice;
    let at = source.map_or_else(String::new, |SourceV1 { file, line, column }| format!("{file}:{line}:{column}: "));
    let word = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let help = help.map_or_else(String::new, |help| format!("; {help}"));
    format!("{at}{word}[{}]: {message}{help}", rule.id())
}
