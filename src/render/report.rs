//! What an apply did, as people read it: step by step while it runs, then the whole, the proof and the sum.

use std::collections::BTreeSet;
use std::fmt;

use super::change::{change, hidden_change};
use super::label::{Label, Style};
use super::page::Page;
use super::plan::held;
use super::value::Presence;
use super::words::{count, list, sent, some};
use crate::diff::Difference;
use crate::plan::{Action, Verb};
use crate::record::hidden::is_hidden;
use crate::report::{Bounce, Cause, Event, Outcome, Proof, Report, Status, Verdict};

/// Indentation of what stands below a step.
const BELOW: &str = "      ";

/// Writes one line for an event; the error of a step that failed stands on it.
///
/// A terminal may want all of them, a log only the steps that ended.
pub fn event(event: &Event, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let page = &mut Page::new(style, out);
    match event {
        Event::Started { step, verb } => page.line(Label::Muted, &format!("… {} {step}", now(*verb))),
        Event::Ended(outcome) => {
            head(page, outcome)?;
            match why(outcome) {
                Some(why) => page.line(Label::Plain, &format!(": {why}")),
                None => page.end(),
            }
        }
        Event::Locating { agent } => {
            page.line(Label::Muted, &format!("… asking for the coordinates of {agent}'s addresses"))
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
            if is_in_trouble(&outcome.status) {
                page.plain("  ")?;
                page.place(&outcome.place)?;
            }
            page.end()?;
            if let Some(why) = why(outcome) {
                page.plain(BELOW)?;
                page.line(Label::Plain, &format!("# {why}{}", settled(report, outcome)))?;
            }
            for note in &outcome.notes {
                page.plain(BELOW)?;
                page.line(Label::Warning, &format!("# {note}"))?;
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
    let Outcome { step, verb, agent: _, place: _, status, sent: _, notes: _ } = outcome;
    let (sign, label, word) = match status {
        Status::Done | Status::Settled(_) => ("✓", Label::Added, past(*verb)),
        Status::Unneeded => ("=", Label::Muted, "unneeded"),
        Status::Conflict(_) => ("!", Label::Error, "CONFLICT"),
        Status::Failed(_) => ("✗", Label::Error, "FAILED"),
        Status::Unknown(_) => ("?", Label::Error, "UNKNOWN"),
        Status::Skipped(_) => ("·", Label::Warning, "skipped"),
    };
    page.put(label, &format!("{sign} {word:<11}"))?;
    page.put(Label::Emphasis, step)
}

/// Whether somebody will want to see what the manifests say there.
fn is_in_trouble(status: &Status) -> bool {
    match status {
        Status::Conflict(_) | Status::Failed(_) | Status::Unknown(_) => true,
        Status::Done | Status::Settled(_) | Status::Unneeded | Status::Skipped(_) => false,
    }
}

fn why(outcome: &Outcome) -> Option<String> {
    let past = past(outcome.verb);
    match &outcome.status {
        Status::Done => None,
        Status::Settled(error) => Some(format!("{error}; read back, it was done")),
        Status::Unneeded if outcome.sent > 0 => Some("the server says that it was so already".to_owned()),
        Status::Unneeded => Some("it was so already, nothing was sent".to_owned()),
        Status::Conflict(what) => Some(format!("not {past}: {what}")),
        Status::Failed(error) => Some(format!("not {past}: {error}")),
        Status::Unknown(error) => Some(format!("perhaps {past}: {error}")),
        Status::Skipped(Cause::Step(needed)) => Some(format!("it needs {needed}, which was not done")),
        Status::Skipped(Cause::Stopped(reason)) => Some(format!("not tried, since {reason}")),
    }
}

/// What the proof says about a step whose answer was lost.
fn settled(report: &Report, outcome: &Outcome) -> &'static str {
    match (&outcome.status, report.was_done(outcome)) {
        (Status::Unknown(_), Some(true)) => "; a fresh plan does not want it done again, so it was done",
        (Status::Failed(_), Some(true)) => "; a fresh plan does not want it done any more",
        (Status::Unknown(_) | Status::Failed(_), None | Some(false))
        | (Status::Done | Status::Settled(_) | Status::Unneeded | Status::Conflict(_) | Status::Skipped(_), _) => "",
    }
}

const fn past(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "created",
        Verb::Update => "updated",
        Verb::Delete => "deleted",
        Verb::Install => "installed",
        Verb::Publish => "published",
    }
}

const fn now(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "creating",
        Verb::Update => "updating",
        Verb::Delete => "deleting",
        Verb::Install => "installing",
        Verb::Publish => "publishing",
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
    let (bounced, steps, newly_held) = (report.bounced(), report.left(), report.newly_held());
    if report.is_converged() == Some(true) {
        page.put(Label::Added, "Converged:")?;
        return page.line(Label::Plain, &format!(" {} is empty.", fresh_plan(report)));
    }
    page.put(Label::Error, "Not converged:")?;
    let errors = fresh.findings.iter().filter(|finding| finding.is_error()).count() as u64;
    let parts = [
        (!steps.is_empty()).then(|| format!("wants {}", count(steps.len(), "step"))),
        (errors > 0).then(|| format!("finds {}", count(errors, "error"))),
        (!newly_held.is_empty()).then(|| format!("holds back {}", count(newly_held.len(), "more change"))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    page.line(Label::Plain, &format!(" {} {}.", fresh_plan(report), parts.join(" and ")))?;
    if !bounced.is_empty() {
        page.line(Label::Warning, "  The server accepted these and does not show them (declared → live):")?;
        for bounces in bounced.chunk_by(|one, next| std::ptr::eq(one.step, next.step)) {
            bounce_lines(page, bounces)?;
        }
    }
    let others = steps.iter().filter(|step| !bounced.iter().any(|bounce| bounce.step.id == step.id));
    for step in others {
        page.plain("  ")?;
        page.put(Label::Warning, &format!("! still to {} ", step.action.verb().word()))?;
        page.line(Label::Emphasis, &step.id)?;
    }
    for held in newly_held {
        page.plain("  ")?;
        page.put(Label::Warning, &format!("! {} ", held.verb.word()))?;
        page.put(Label::Emphasis, &held.id)?;
        page.line(Label::Plain, &format!(" is held: {}", held.message))?;
    }
    page.end()
}

/// A fresh plan of the agents on which something was written, or may have been.
fn fresh_plan(report: &Report) -> String {
    let is_written = |outcome: &&Outcome| outcome.sent > 0;
    let agents: BTreeSet<_> = report.outcomes.iter().filter(is_written).map(|outcome| &outcome.agent).collect();
    if agents.is_empty() {
        "a fresh plan".to_owned()
    } else {
        format!("a fresh plan of {}", count(agents.len(), "agent"))
    }
}

/// All that bounced of one step.
fn bounce_lines(page: &mut Page<'_>, bounces: &[Bounce<'_>]) -> fmt::Result {
    let Some(first) = bounces.first() else { return Ok(()) };
    page.plain("  ")?;
    page.put(Label::Error, "✗ ")?;
    page.put(Label::Emphasis, &first.step.id)?;
    page.line(Label::Plain, &format!(" {}", whole(&first.step.action)))?;
    for Bounce { step: _, difference } in bounces {
        match difference {
            Some(difference) if is_hidden(difference) => {
                hidden_change(page, BELOW, &difference.path, Presence::Present, Presence::Present)?;
            }
            Some(Difference { path, before, after, is_sensitive: _, moved: _ }) => {
                change(page, BELOW, path, after.as_ref(), before.as_ref())?;
            }
            None => {}
        }
    }
    Ok(())
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
    let done = of(|status| matches!(status, Status::Done | Status::Settled(_)));
    let (label, word) = match report.verdict() {
        Verdict::Applied if report.outcomes.is_empty() => (Label::Emphasis, "Nothing to apply"),
        Verdict::Applied => (Label::Added, "Applied"),
        Verdict::Guarded => (Label::Warning, "Applied, but for what is held"),
        Verdict::Conflict => (Label::Error, "Not applied where live moved"),
        Verdict::Partial => (Label::Error, "Partly applied"),
        Verdict::Failed => (Label::Error, "Failed"),
        Verdict::Unknown => (Label::Error, "Outcome unknown"),
    };
    page.put(label, word)?;
    if !report.outcomes.is_empty() {
        let parts = [
            Some(format!("{done} of {} done", count(report.outcomes.len(), "step"))),
            some(of(|status| matches!(status, Status::Unneeded)), "unneeded"),
            some(of(|status| matches!(status, Status::Conflict(_))), "in conflict"),
            some(of(|status| matches!(status, Status::Failed(_))), "failed"),
            some(of(|status| matches!(status, Status::Unknown(_))), "unknown"),
            some(of(|status| matches!(status, Status::Skipped(_))), "skipped"),
            some(report.plan.held.len() as u64, "held"),
        ];
        page.plain(&format!(": {}", list(parts)))?;
    }
    page.line(Label::Plain, &format!(". {}.", sent(report.reads, report.writes, report.lookups)))
}
