//! What a record has to point out: each with its rule, how much it weighs, and the line of a manifest where there is one.
//!
//! The views for CI systems are made of these. They name what differs and never show a value: what they are shown on is
//! often read by more people than the log of a run.

mod plan;
mod report;
mod rule;

pub(super) use plan::{counts_unmanaged, drifted, held, planned};
pub(super) use report::{Proof, ended, wanted_anew, was_sent};
pub(super) use rule::Rule;

use super::value::dotted;
use super::verdict;
use super::words::{count, list, some};
use crate::record::{ActionV1, CompareV1, ErrorV1, FindingV1, LeftV1, PullV1, Record, SeverityV1, SourceV1, Tree};

/// Fields or skills that a message names before the rest is counted.
const MOST_NAMES: usize = 12;

/// How much a notice weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Something is wrong, or did not work.
    Error,
    /// Somebody should look.
    Warning,
    /// It is good to know.
    Note,
}

impl Level {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Note];
}

impl From<SeverityV1> for Level {
    fn from(severity: SeverityV1) -> Self {
        match severity {
            SeverityV1::Error => Self::Error,
            SeverityV1::Warning => Self::Warning,
            SeverityV1::Note => Self::Note,
        }
    }
}

/// Something to point out. Its texts are as the record has them: whoever shows them makes them safe.
#[derive(Debug)]
pub(super) struct Notice<'a> {
    /// Its kind.
    pub(super) rule: Rule<'a>,
    /// How much it weighs.
    pub(super) level: Level,
    /// Where the manifests say it; `None` where no file does.
    pub(super) source: Option<&'a SourceV1>,
    /// What is so.
    pub(super) message: String,
    /// What to do about it.
    pub(super) help: Option<&'a str>,
    /// What it is about, whatever line that stands on: the same in the next run if nothing changed.
    pub(super) about: Vec<&'a str>,
}

/// All that a record has to point out, the most important first.
pub(super) fn notices(record: &Record) -> Vec<Notice<'_>> {
    let mut all = match &record.tree {
        Tree::Plan(tree) => plan::plan(tree),
        Tree::Drift(tree) => plan::drift(tree),
        Tree::Report(tree) => report::report(tree),
        Tree::Pull(tree) => pull(tree),
        // An answer points nothing out.
        Tree::Origin(_) => Vec::new(),
        Tree::Compare(tree) => compare(tree),
        Tree::Findings(tree) => tree.findings.iter().map(finding).collect(),
        Tree::Error(tree) => error(tree),
    };
    all.sort_by_key(|notice| (notice.level, notice.rule.weight()));
    all
}

/// A finding.
pub(super) fn finding(finding: &FindingV1) -> Notice<'_> {
    let FindingV1 { code, severity, message, help, source } = finding;
    let file = source.as_ref().map_or("", |source| source.file.as_str());
    Notice {
        rule: Rule::Finding(code),
        level: (*severity).into(),
        source: source.as_ref(),
        message: message.clone(),
        help: help.as_deref(),
        about: vec![code, file, message],
    }
}

fn error(tree: &ErrorV1) -> Vec<Notice<'_>> {
    let ErrorV1 { format: _, error, target: _, partition: _, exit_code: _, findings } = tree;
    let failed = Notice {
        rule: Rule::RunFailed,
        level: Level::Error,
        source: None,
        message: error.clone(),
        help: None,
        about: vec![error],
    };
    std::iter::once(failed).chain(findings.iter().map(finding)).collect()
}

fn pull(tree: &PullV1) -> Vec<Notice<'_>> {
    let PullV1 { format: _, target, files, changes, left, secrets } = tree;
    let mut all: Vec<Notice<'_>> = left.iter().map(left_different).collect();
    if !(changes.is_empty() && left.is_empty()) {
        let taken = (!changes.is_empty())
            .then(|| format!("{} in {}", count(changes.len(), "change"), count(files.len(), "file")));
        let parts =
            [taken.or_else(|| Some("nothing to take over".to_owned())), some(left.len() as u64, "left different")];
        let mut said = format!("Pull from `{target}`: {}.", list(parts));
        if !secrets.is_empty() {
            said = format!("{said} To be set before the next apply: {}.", secrets.join(", "));
        }
        all.push(sum(Level::Note, said, target));
    }
    all
}

/// That targets differ is as it should be; what nothing explains is not.
fn compare(tree: &CompareV1) -> Vec<Notice<'_>> {
    let (_, verdict) = verdict::compare(tree);
    let level = if tree.unexplained.is_empty() { Level::Note } else { Level::Warning };
    vec![sum(level, verdict, &tree.b)]
}

/// Something that a pull leaves different.
pub(super) fn left_different(left: &LeftV1) -> Notice<'_> {
    let LeftV1 { agent, skill, reason } = left;
    let skill = skill.as_deref();
    let address = skill.map_or_else(|| agent.clone(), |skill| format!("{agent}/skill/{skill}"));
    Notice {
        rule: Rule::Left,
        level: Level::Warning,
        source: None,
        message: format!("`{address}` stays different: {reason}"),
        help: None,
        about: [Some(agent.as_str()), skill].into_iter().flatten().collect(),
    }
}

/// What the whole came to.
fn sum(level: Level, message: String, target: &str) -> Notice<'_> {
    Notice { rule: Rule::Sum, level, source: None, message, help: None, about: vec![target] }
}

/// Fields by their paths, the first of them.
pub(super) fn named<'a>(paths: impl ExactSizeIterator<Item = &'a str>) -> String {
    first(paths.map(field_name))
}

/// The first of some names, and how many more there are.
fn first(names: impl ExactSizeIterator<Item = String>) -> String {
    let rest = names.len().saturating_sub(MOST_NAMES);
    let mut names: Vec<String> = names.take(MOST_NAMES).collect();
    if rest > 0 {
        names.push(format!("and {rest} more"));
    }
    names.join(", ")
}

/// A field of a skill as people write it; one of a draft as the server names it.
fn field_name(path: &str) -> String {
    if path.starts_with('/') { dotted(path) } else { path.to_owned() }
}

/// What is done, in a word.
const fn word(action: ActionV1) -> &'static str {
    match action {
        ActionV1::Create => "create",
        ActionV1::Update => "update",
        ActionV1::Delete => "delete",
        ActionV1::Install => "install",
        ActionV1::Publish => "publish",
    }
}

/// What was done, in a word.
const fn past(action: ActionV1) -> &'static str {
    match action {
        ActionV1::Create => "created",
        ActionV1::Update => "updated",
        ActionV1::Delete => "deleted",
        ActionV1::Install => "installed",
        ActionV1::Publish => "published",
    }
}
