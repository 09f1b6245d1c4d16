//! What a record says, as people read it: a line for each step, under who moved if that is known, what is held, and the sum.
//! Values stand in the other forms.

use std::fmt;

use super::label::{Label, Style};
use super::page::Page;
use super::plan::{heading, named};
use super::verdict;
use super::words::{at_least, count, sent};
use crate::plan::Origin;
use crate::record::{
    BouncedV1, ConcernV1, HeldV1, OutcomeV1, PlanV1, ReachV1, Record, ReportV1, RequestsV1, SinceV1, SourceV1,
    StatusV1, StepV1, Tree,
};

/// Writes what a plan, a drift or a report says; of anything else nothing.
pub fn merged(record: &Record, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let page = &mut Page::new(style, out);
    match &record.tree {
        Tree::Plan(tree) => {
            first(page, tree)?;
            match &tree.since {
                None => steps(page, tree.steps.iter())?,
                Some(since) => by_origin(page, &tree.steps, since)?,
            }
            plan(page, tree, &verdict::plan(tree).1)
        }
        Tree::Drift(tree) => {
            first(page, tree)?;
            steps(page, tree.steps.iter().filter(|step| !step.cause.is_pending()))?;
            plan(page, tree, &verdict::drift(tree).1)
        }
        Tree::Report(tree) => report(page, tree),
        Tree::Pull(_) | Tree::Origin(_) | Tree::Compare(_) | Tree::Findings(_) | Tree::Error(_) => Ok(()),
    }
}

/// What a reviewer looks at first.
fn first(page: &mut Page<'_>, tree: &PlanV1) -> fmt::Result {
    let concerns = tree.concerns.iter().map(|ConcernV1 { sentence, .. }| (Label::Warning, sentence));
    let reach = tree.reach.iter().map(|ReachV1 { sentence, .. }| (Label::Emphasis, sentence));
    concerns.chain(reach).try_for_each(|(label, sentence)| page.line(label, sentence))?;
    if tree.concerns.is_empty() && tree.reach.is_empty() { Ok(()) } else { page.end() }
}

fn steps<'s>(page: &mut Page<'_>, steps: impl Iterator<Item = &'s StepV1>) -> fmt::Result {
    let mut is_any = false;
    for StepV1 { id, action, source, .. } in steps {
        line(page, Label::Changed, action.word(), id, source)?;
        is_any = true;
    }
    if is_any { page.end() } else { Ok(()) }
}

fn by_origin(page: &mut Page<'_>, all: &[StepV1], since: &SinceV1) -> fmt::Result {
    let SinceV1 { revision, commit } = since;
    for origin in Origin::ALL {
        let of: Vec<&StepV1> = all.iter().filter(|step| Origin::of(step.cause.into()) == *origin).collect();
        if !of.is_empty() {
            page.line(Label::Emphasis, &heading(*origin, &named(revision, commit)))?;
            steps(page, of.into_iter())?;
        }
    }
    Ok(())
}

fn line(page: &mut Page<'_>, label: Label, word: &str, id: &str, source: &SourceV1) -> fmt::Result {
    let SourceV1 { file, line, column } = source;
    page.plain("  ")?;
    page.put(label, &format!("{word:<9} "))?;
    page.put(Label::Emphasis, id)?;
    page.line(Label::Muted, &format!("  {file}:{line}:{column}"))
}

fn held(page: &mut Page<'_>, all: &[HeldV1]) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    page.line(Label::Warning, "Held back: wanted, and not done until somebody acts")?;
    for alike in all.chunk_by(|one, next| (&one.hold, &one.reason) == (&next.hold, &next.reason)) {
        for HeldV1 { id, action, source, .. } in alike {
            line(page, Label::Warning, &format!("! {}", action.word()), id, source)?;
        }
        if let Some(HeldV1 { hold, reason, .. }) = alike.last() {
            page.plain("      ")?;
            page.put(Label::Warning, hold)?;
            page.line(Label::Plain, &format!(": {reason}"))?;
        }
    }
    page.end()
}

fn plan(page: &mut Page<'_>, tree: &PlanV1, verdict: &str) -> fmt::Result {
    held(page, &tree.held)?;
    page.line(Label::Emphasis, verdict)?;
    page.line(Label::Plain, &format!("Target: {}", tree.target))?;
    let RequestsV1 { reads, writes, lookups } = &tree.requests;
    let (reads, writes) = (count(*reads, "read"), count(*writes, "write"));
    page.line(Label::Plain, &format!("Requests: {reads} so far, {writes}{} to come.", at_least(*lookups)))?;
    page.plain("Digest: ")?;
    page.line(Label::Address, &tree.digest)
}

fn report(page: &mut Page<'_>, tree: &ReportV1) -> fmt::Result {
    for OutcomeV1 { id, action, source, status, error, because, notes, .. } in &tree.steps {
        let (label, word) = match status {
            StatusV1::Done => (Label::Added, action.word()),
            StatusV1::Unneeded => (Label::Muted, "unneeded"),
            StatusV1::Conflict => (Label::Error, "CONFLICT"),
            StatusV1::Failed => (Label::Error, "FAILED"),
            StatusV1::Unknown => (Label::Error, "UNKNOWN"),
            StatusV1::Skipped => (Label::Warning, "skipped"),
        };
        line(page, label, word, id, source)?;
        let needed = because.as_ref().map(|needed| format!("it needs {needed}, which was not done"));
        for why in error.iter().chain(&needed).chain(notes) {
            page.line(Label::Plain, &format!("      # {why}"))?;
        }
    }
    held(page, &tree.held)?;
    for BouncedV1 { step, path, .. } in &tree.bounced {
        let path = path.as_deref().unwrap_or_default();
        page.line(Label::Error, &format!("The server accepted {step}{path} and does not show it."))?;
    }
    for id in &tree.left {
        page.line(Label::Error, &format!("A fresh plan still wants {id}."))?;
    }
    let (_, verdict) = verdict::report(tree);
    page.line(Label::Emphasis, &verdict)?;
    page.line(Label::Plain, &format!("Target: {}", tree.target))?;
    let RequestsV1 { reads, writes, lookups } = &tree.requests;
    page.line(Label::Plain, &format!("Requests: {}.", sent(*reads, *writes, *lookups)))?;
    page.plain("Plan: ")?;
    page.line(Label::Address, &tree.plan)
}
