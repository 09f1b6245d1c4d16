//! What an apply did, as people read it: step by step while it runs, then the whole, the proof and the sum.

use std::fmt;

use super::change::{change, hidden_change};
use super::label::{Label, Style};
use super::page::Page;
use super::plan::held;
use super::proof::{Bounce, Left, left};
use super::words::{count, list, some};
use crate::plan::Action;
use crate::report::{Event, Outcome, Proof, Report, Status, Verdict};

/// Indentation of what stands below a step.
const BELOW: &str = "      ";

/// Writes one line for an event; the error of a step that failed stands on it.
///
/// A terminal may want all of them, a log only the steps that ended.
pub fn event(event: &Event, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let page = &mut Page::new(style, out);
    match event {
        Event::Started { step, action } => page.line(Label::Muted, &format!("… {} {step}", now(action))),
        Event::Ended(outcome) => {
            head(page, outcome)?;
            if let Some(why) = why(&outcome.status) {
                page.put(Label::Plain, &format!(": {why}"))?;
            }
            page.end()
        }
        Event::Proving { agent } => page.line(Label::Muted, &format!("… reading {agent} again")),
    }
}

/// Writes a report.
pub fn report(report: &Report, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let page = &mut Page::new(style, out);
    for outcomes in report.outcomes.chunk_by(|one, next| one.agent == next.agent) {
        if let Some(first) = outcomes.first() {
            page.agent(&first.agent)?;
        }
        for outcome in outcomes {
            page.plain("  ")?;
            head(page, outcome)?;
            page.end()?;
            if let Some(why) = why(&outcome.status) {
                page.plain(BELOW)?;
                page.line(Label::Plain, &format!("# {why}"))?;
            }
        }
        page.end()?;
    }
    held(page, &report.plan)?;
    proof(page, report)?;
    closing(page, report)
}

/// A sign, a word and what it was done to.
fn head(page: &mut Page<'_>, outcome: &Outcome) -> fmt::Result {
    let Outcome { step, action, agent: _, status } = outcome;
    let (sign, label, words) = match status {
        Status::Done => ("✓", Label::Added, past(action).to_owned()),
        Status::Unneeded => ("=", Label::Muted, "unneeded".to_owned()),
        Status::Failed(_) => ("✗", Label::Error, format!("FAILED to {action}")),
        Status::Unknown(_) => ("?", Label::Error, format!("UNKNOWN if {}", past(action))),
        Status::Skipped { .. } => ("·", Label::Warning, "skipped".to_owned()),
    };
    page.put(label, &format!("{sign} {words:<9} "))?;
    page.put(Label::Emphasis, step)
}

fn why(status: &Status) -> Option<String> {
    match status {
        Status::Done => None,
        Status::Unneeded => Some("it was so already, nothing was sent".to_owned()),
        Status::Failed(error) | Status::Unknown(error) => Some(error.clone()),
        Status::Skipped { because } => Some(format!("it needs {because}, which was not done")),
    }
}

fn past(action: &str) -> &str {
    match action {
        "create" => "created",
        "update" => "updated",
        "delete" => "deleted",
        "install" => "installed",
        "publish" => "published",
        other => other,
    }
}

fn now(action: &str) -> &str {
    match action {
        "create" => "creating",
        "update" => "updating",
        "delete" => "deleting",
        "install" => "installing",
        "publish" => "publishing",
        other => other,
    }
}

/// What the live state says after all.
fn proof(page: &mut Page<'_>, report: &Report) -> fmt::Result {
    let fresh = match &report.proof {
        Proof::NotNeeded => return Ok(()),
        Proof::Unread(why) => {
            page.put(Label::Error, "Not proved:")?;
            return page.line(Label::Plain, &format!(" the agents could not be read again: {why}"));
        }
        Proof::Fresh(fresh) => fresh,
    };
    let Left { bounced, steps } = left(report);
    if steps.is_empty() && !fresh.has_errors() {
        page.put(Label::Added, "Converged:")?;
        return page.line(Label::Plain, &format!(" a fresh plan of {} is empty.", count(written(report), "agent")));
    }
    page.put(Label::Error, "Not converged:")?;
    let errors = fresh.findings.iter().filter(|finding| finding.is_error()).count() as u64;
    let parts = [
        (!steps.is_empty()).then(|| format!("wants {}", count(steps.len(), "step"))),
        (errors > 0).then(|| format!("finds {}", count(errors, "error"))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    page.line(Label::Plain, &format!(" a fresh plan of {} {}.", count(written(report), "agent"), parts.join(" and ")))?;
    if !bounced.is_empty() {
        page.line(Label::Warning, "  The server accepted these and does not show them (declared → live):")?;
        bounced.iter().try_for_each(|bounce| bounce_lines(page, bounce))?;
    }
    let others = steps.iter().filter(|step| !bounced.iter().any(|bounce| bounce.step.id == step.id));
    for step in others {
        page.plain("  ")?;
        page.put(Label::Warning, &format!("! still to {} ", step.action.word()))?;
        page.line(Label::Emphasis, &step.id)?;
    }
    page.end()
}

/// Agents on which something was written, or may have been.
fn written(report: &Report) -> usize {
    let is_written = |outcome: &&Outcome| matches!(outcome.status, Status::Done | Status::Unknown(_));
    report
        .outcomes
        .iter()
        .filter(is_written)
        .map(|outcome| &outcome.agent)
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}

fn bounce_lines(page: &mut Page<'_>, bounce: &Bounce<'_>) -> fmt::Result {
    let Bounce { step, skill: _, path, values } = bounce;
    page.plain("  ")?;
    page.put(Label::Error, "✗ ")?;
    page.put(Label::Emphasis, &step.id)?;
    match (path, values) {
        (Some(path), Some((declared, live))) => {
            page.end()?;
            change(page, BELOW, path, *declared, *live)
        }
        (Some(path), None) => {
            page.end()?;
            hidden_change(page, BELOW, path)
        }
        (None, _) => page.line(Label::Plain, &format!(" {}", whole(&step.action))),
    }
}

/// What it means that a step is wanted again.
const fn whole(action: &Action) -> &'static str {
    match action {
        Action::Create { .. } => "is not there",
        Action::Update { .. } | Action::UpdatePreset { .. } => "is not as declared",
        Action::Delete { .. } => "is still there",
        Action::Install { .. } => "still lacks presets",
        Action::Publish { .. } => "still has unpublished changes",
    }
}

fn closing(page: &mut Page<'_>, report: &Report) -> fmt::Result {
    let of = |test: fn(&Status) -> bool| report.outcomes.iter().filter(|outcome| test(&outcome.status)).count() as u64;
    let done = of(|status| matches!(status, Status::Done));
    let (label, word) = match report.verdict() {
        Verdict::Applied if report.outcomes.is_empty() => (Label::Emphasis, "Nothing to apply"),
        Verdict::Applied => (Label::Added, "Applied"),
        Verdict::Guarded => (Label::Warning, "Applied, but for what is held"),
        Verdict::Partial => (Label::Error, "Partly applied"),
        Verdict::Failed => (Label::Error, "Failed"),
        Verdict::Unknown => (Label::Error, "Outcome unknown"),
    };
    page.put(label, word)?;
    if !report.outcomes.is_empty() {
        let parts = [
            Some(format!("{done} of {} done", count(report.outcomes.len(), "step"))),
            some(of(|status| matches!(status, Status::Unneeded)), "unneeded"),
            some(of(|status| matches!(status, Status::Failed(_))), "failed"),
            some(of(|status| matches!(status, Status::Unknown(_))), "unknown"),
            some(of(|status| matches!(status, Status::Skipped { .. })), "skipped"),
            some(report.plan.held.len() as u64, "held"),
        ];
        page.plain(&format!(": {}", list(parts)))?;
    }
    page.line(Label::Plain, &format!(". {} and {} sent.", count(report.reads, "read"), count(report.writes, "write")))
}
