//! How a record stands, in a mood and one sentence of this program.

use std::collections::BTreeSet;

use super::plan::{agents_left_out, in_sync};
use super::words::{count, list, some, strange};
use crate::plan::Summary;
use crate::record::{
    CompareV1, DriftV1, FileActionV1, FindingV1, FindingsV1, OriginV1, PlanV1, PullV1, ReasonV1, ReportV1, ResultV1,
    SeverityV1, StatusV1,
};

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// All is well.
    Good,
    /// There is something to do.
    Change,
    /// Somebody should look.
    Warning,
    /// It failed, or would.
    Bad,
}

/// What forbids trusting a plan.
fn unsound(tree: &PlanV1) -> Option<String> {
    let errors = errors(&tree.findings);
    if errors > 0 {
        return Some(format!("Nothing can be applied: {} to correct first.", count(errors, "error")));
    }
    (!tree.complete).then(|| "This may not be all: not every listing could be proved complete.".to_owned())
}

/// How a plan stands.
pub(super) fn plan(tree: &PlanV1) -> (Mood, String) {
    if let Some(why) = unsound(tree) {
        return (Mood::Bad, why);
    }
    let summary = Summary::from(&tree.summary);
    if tree.steps.is_empty() && tree.held.is_empty() {
        return (Mood::Good, format!("No changes. {}", in_sync(summary)));
    }
    let held = (summary.held > 0).then(|| format!("{} held back until somebody acts", summary.held));
    if tree.steps.is_empty() {
        return (Mood::Warning, format!("Nothing can be done now: {}.", held.unwrap_or_default()));
    }
    let Summary { create, update, delete, install, publish, .. } = summary;
    let parts = list([
        some(delete, "to delete"),
        some(create, "to create"),
        some(update, "to update"),
        some(install, "to install"),
        some(publish, "to publish"),
    ]);
    let held = held.map(|held| format!("; {held}")).unwrap_or_default();
    let mood = if delete > 0 { Mood::Warning } else { Mood::Change };
    (mood, format!("Apply would make {}: {parts}{held}.", count(tree.steps.len(), "change")))
}

/// How live stands to the manifests.
pub(super) fn drift(tree: &PlanV1) -> (Mood, String) {
    let pending = tree.steps.iter().filter(|step| step.cause.is_pending()).count() as u64;
    let drifted = tree.steps.len() as u64 - pending;
    let summary = Summary::from(&tree.summary);
    if drifted > 0 {
        let more = some(summary.held, "held back").map(|held| format!("; {held}")).unwrap_or_default();
        return (Mood::Warning, format!("Live differs from git in {}{more}.", count(drifted, "place")));
    }
    if unsound(tree).is_some() {
        return (Mood::Bad, "Whether live drifted cannot be told.".to_owned());
    }
    let unknown = tree.drift.as_ref().map_or(0, DriftV1::strange);
    if unknown > 0 {
        return (Mood::Warning, format!("{}.", strange(unknown)));
    }
    if tree.steps.is_empty() && tree.held.is_empty() {
        return (Mood::Good, format!("In sync. {}", in_sync(summary)));
    }
    let rest = list([
        Some(format!("{} in sync", summary.unchanged)),
        some(pending, "pending"),
        some(summary.held, "held"),
        agents_left_out(summary.left_out),
    ]);
    if tree.held.iter().all(|held| held.cause.is_pending()) {
        (Mood::Good, format!("No drift: {rest}."))
    } else {
        (Mood::Warning, format!("No drift but what is held: {rest}."))
    }
}

/// How an apply ended.
pub(super) fn report(tree: &ReportV1) -> (Mood, String) {
    let (mood, word) = match tree.result {
        ResultV1::Applied if tree.steps.is_empty() => return (Mood::Good, "Nothing was to apply.".to_owned()),
        ResultV1::Applied => (Mood::Good, "Applied"),
        ResultV1::Guarded => (Mood::Warning, "Applied, but for what is held"),
        ResultV1::Conflict => (Mood::Bad, "Not applied where live moved"),
        ResultV1::Partial => (Mood::Bad, "Partly applied"),
        ResultV1::Failed => (Mood::Bad, "Failed"),
        ResultV1::Unknown => (Mood::Bad, "Outcome unknown"),
    };
    let done = tree.steps.iter().filter(|outcome| matches!(outcome.status, StatusV1::Done)).count();
    let rest = list([
        Some(format!("{done} of {} done", count(tree.steps.len(), "step"))),
        some(tree.held.len() as u64, "held"),
        match tree.converged {
            Some(true) => Some("and a fresh plan is empty".to_owned()),
            Some(false) => Some("and a fresh plan is not empty".to_owned()),
            None => None,
        },
    ]);
    (mood, format!("{word}: {rest}."))
}

/// How manifests stand.
pub(super) fn findings(tree: &FindingsV1) -> (Mood, String) {
    let FindingsV1 { format: _, valid, findings } = tree;
    match (valid, findings.is_empty()) {
        (true, true) => (Mood::Good, "The manifests are valid.".to_owned()),
        (true, false) => (Mood::Warning, format!("The manifests are valid, with {}.", weights(findings))),
        (false, _) => (Mood::Bad, format!("The manifests are not valid: {}.", weights(findings))),
    }
}

/// How a command that failed stands.
pub(super) fn error() -> (Mood, String) {
    (Mood::Bad, "The command failed.".to_owned())
}

/// How many errors there are.
fn errors(findings: &[FindingV1]) -> u64 {
    weight(findings, SeverityV1::Error)
}

fn weight(findings: &[FindingV1], wanted: SeverityV1) -> u64 {
    findings.iter().filter(|finding| finding.severity == wanted).count() as u64
}

fn weights(findings: &[FindingV1]) -> String {
    let said = |severity: SeverityV1| {
        let number = weight(findings, severity);
        (number > 0).then(|| count(number, severity.word()))
    };
    list([SeverityV1::Error, SeverityV1::Warning, SeverityV1::Note].map(said))
}

/// How a pull ended.
pub(super) fn pull(tree: &PullV1) -> (Mood, String) {
    let PullV1 { format: _, target: _, files, changes: _, left, secrets: _ } = tree;
    let new = files.iter().filter(|file| matches!(file.action, FileActionV1::Create)).count() as u64;
    let changed = files.len() as u64 - new;
    let some = |number: u64, noun: &str| (number > 0).then(|| count(number, noun));
    let files_said = list([some(changed, "changed file"), some(new, "new file")]);
    let rest = if left.is_empty() { "" } else { " Not everything could be taken over." };
    match (files.is_empty(), left.is_empty()) {
        (true, true) => (Mood::Good, "No file changes.".to_owned()),
        (true, false) => (Mood::Warning, format!("No file changes.{rest}")),
        (false, is_all) => {
            let mood = if is_all { Mood::Change } else { Mood::Warning };
            (mood, format!("The manifests take over what live says: {files_said}.{rest}"))
        }
    }
}

/// What was asked about the origin of values.
pub(super) fn origin(tree: &OriginV1) -> (Mood, String) {
    let made = super::origin::row(tree).map(|row| format!("; the agent is {row}")).unwrap_or_default();
    (Mood::Good, format!("{}, with where each is stated{made}.", count(tree.entries.len(), "value")))
}

/// How two targets differ.
pub(super) fn compare(tree: &CompareV1) -> (Mood, String) {
    let CompareV1 { format: _, a, b, equal, agents, unexplained, causes } = tree;
    let agents = count(*agents, "agent");
    if *equal {
        return (Mood::Good, format!("No difference: `{a}` and `{b}` ask for the same of {agents}."));
    }
    let variables = causes.iter().filter(|cause| matches!(cause.reason, ReasonV1::Variable { .. })).count();
    // What has several causes is one difference.
    let mut places: BTreeSet<(&[String], Option<&str>, &str)> = BTreeSet::new();
    for apart in causes.iter().flat_map(|cause| &cause.differences).chain(unexplained) {
        places.insert((&apart.agents, apart.skill.as_deref(), &apart.path));
    }
    let found = causes.len() > variables;
    let causes = list([
        (variables > 0).then(|| count(variables, "variable")),
        found.then(|| "how agents are found".to_owned()),
        some(unexplained.len() as u64, "unexplained"),
    ]);
    let mood = if unexplained.is_empty() { Mood::Change } else { Mood::Bad };
    (mood, format!("`{a}` and `{b}` differ in {} of {agents}: {causes}.", count(places.len(), "place")))
}
