//! What a report points out.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::held;
use super::{Level, Notice, Rule, finding, named, past, sum};
use crate::record::{BouncedV1, OutcomeV1, ReportV1, ResultV1, StatusV1};
use crate::render::words::{count, list, some};

/// What reading again showed, by the steps' ids.
#[derive(Debug)]
pub(in crate::render) struct Proof<'a> {
    /// Whether there is one.
    is_there: bool,
    left: BTreeSet<&'a str>,
    /// The paths that bounced of each step.
    bounced: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Proof<'a> {
    pub(in crate::render) fn of(report: &'a ReportV1) -> Self {
        let mut bounced: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for BouncedV1 { step, agent: _, skill: _, path, declared: _, live: _, sensitive: _ } in &report.bounced {
            bounced.entry(step).or_default().extend(path.as_deref());
        }
        let left = report.left.iter().map(String::as_str).collect();
        Self { is_there: report.converged.is_some(), left, bounced }
    }

    /// Whether it shows that what was sent is wanted no more.
    fn settles(&self, outcome: &OutcomeV1) -> bool {
        self.is_there && outcome.sent > 0 && !self.left.contains(outcome.id.as_str())
    }
}

/// What a report points out: each step that is not done or did not take, what is held, and the sum.
pub(super) fn report(tree: &ReportV1) -> Vec<Notice<'_>> {
    let proof = Proof::of(tree);
    let mut all: Vec<Notice<'_>> = tree.steps.iter().filter_map(|outcome| ended(outcome, &proof)).collect();
    all.extend(wanted_anew(tree));
    all.extend(tree.held.iter().map(|one| held(Level::Warning, one)));
    all.extend(tree.findings.iter().map(finding));
    if !(tree.steps.is_empty() && tree.held.is_empty()) {
        let (level, word) = match tree.result {
            ResultV1::Applied => (Level::Note, "Applied to"),
            ResultV1::Guarded => (Level::Note, "Applied, but for what is held, to"),
            ResultV1::Conflict => (Level::Error, "Not applied where live moved, to"),
            ResultV1::Partial => (Level::Error, "Partly applied to"),
            ResultV1::Failed => (Level::Error, "Nothing applied to"),
            ResultV1::Unknown => (Level::Error, "Outcome unknown for"),
        };
        let proof = match tree.converged {
            Some(true) => "; proved by a fresh plan",
            Some(false) => "; a fresh plan is not empty",
            None if was_sent(tree) => "; not proved, since live could not be read again",
            None => "",
        };
        all.push(sum(level, format!("{word} `{}`: {}{proof}.", tree.target, parts(tree)), &tree.target));
    }
    all
}

fn parts(tree: &ReportV1) -> String {
    let of = |test: fn(StatusV1) -> bool| tree.steps.iter().filter(|step| test(step.status)).count() as u64;
    let done = of(|status| matches!(status, StatusV1::Done));
    list([
        Some(format!("{done} of {} done", count(tree.steps.len(), "step"))),
        some(of(|status| matches!(status, StatusV1::Unneeded)), "unneeded"),
        some(of(|status| matches!(status, StatusV1::Conflict)), "in conflict"),
        some(of(|status| matches!(status, StatusV1::Failed)), "failed"),
        some(of(|status| matches!(status, StatusV1::Unknown)), "unknown"),
        some(of(|status| matches!(status, StatusV1::Skipped)), "skipped"),
        some(tree.held.len() as u64, "held"),
    ])
}

/// Whether something was written, or may have been.
pub(in crate::render) fn was_sent(report: &ReportV1) -> bool {
    report.steps.iter().any(|step| step.sent > 0)
}

/// What is wrong with how a step ended; `None` if nothing is.
pub(in crate::render) fn ended<'a>(outcome: &'a OutcomeV1, proof: &Proof<'a>) -> Option<Notice<'a>> {
    let OutcomeV1 { id, action, source, status, error, because, notes, .. } = outcome;
    let past = past(*action);
    let error = error.as_deref().unwrap_or("no reason was given");
    let settled = if proof.settles(outcome) { "; a fresh plan does not want it any more" } else { "" };
    let level = if settled.is_empty() { Level::Error } else { Level::Warning };
    let mut about: Vec<&str> = vec![id];
    let (rule, level, message) = match status {
        StatusV1::Done | StatusV1::Unneeded => {
            if let Some(paths) = proof.bounced.get(id.as_str()) {
                about.extend(paths);
                (Rule::NotTaken, Level::Error, not_taken(id, paths))
            } else if proof.left.contains(id.as_str()) {
                (Rule::StillWanted, Level::Error, format!("`{id}` was {past}, and a fresh plan still wants it"))
            } else if notes.is_empty() {
                return None;
            } else {
                (Rule::StepNoted, Level::Warning, format!("`{id}` was {past}: {}", notes.join("; ")))
            }
        }
        StatusV1::Failed => (Rule::StepFailed, level, format!("`{id}` was not {past}: {error}{settled}")),
        StatusV1::Unknown => (Rule::StepUnknown, level, format!("`{id}` was perhaps {past}: {error}{settled}")),
        StatusV1::Conflict => (Rule::StepConflict, Level::Error, format!("`{id}` was not {past}: {error}")),
        StatusV1::Skipped => {
            let why = because.as_ref().map_or_else(
                || format!("`{id}` was not tried: {error}"),
                |needed| format!("`{id}` was not tried: it needs `{needed}`, which was not done"),
            );
            (Rule::StepSkipped, Level::Warning, why)
        }
    };
    Some(Notice { rule, level, source: Some(source), message, help: None, about })
}

fn not_taken(id: &str, paths: &[&str]) -> String {
    if paths.is_empty() {
        return format!("`{id}` was accepted by the server, and live does not show it");
    }
    format!("`{id}` was accepted by the server, and live does not show {}", named(paths.iter().copied()))
}

/// What a fresh plan wants that the applied plan did not.
pub(in crate::render) fn wanted_anew(report: &ReportV1) -> impl Iterator<Item = Notice<'_>> {
    let known: BTreeSet<&str> = report.steps.iter().map(|step| step.id.as_str()).collect();
    report.left.iter().filter(move |id| !known.contains(id.as_str())).map(|id| Notice {
        rule: Rule::StillWanted,
        level: Level::Error,
        source: None,
        message: format!("`{id}` is wanted by a fresh plan, and was not by the one that was applied"),
        help: None,
        about: vec![id],
    })
}
