//! What an apply did: what was not done before what was, then what did not take.

use serde_json::Value as Json;

use super::fence::{Fence, Mark, quotation};
use super::findings;
use super::inline::{code, place};
use super::plan::{held, share};
use super::room::{Document, Item, Section, Weight};
use crate::record::{BouncedV1, OutcomeV1, ReportV1, RequestsV1, StatusV1};
use crate::render::side::stated;
use crate::render::value::dotted;
use crate::render::verdict;
use crate::render::words;

/// A report.
pub(super) fn report(tree: &ReportV1) -> Document {
    let (_, verdict) = verdict::report(tree);
    let (trouble, well): (Vec<&OutcomeV1>, Vec<&OutcomeV1>) =
        tree.steps.iter().partition(|one| one.status.is_trouble());
    let sections = [
        section("What was not done, or may not have been", trouble.into_iter().map(outcome).collect()),
        section("The server accepted these and does not show them", bounced(&tree.bounced)),
        section("What a fresh plan still wants", left(tree)),
        held(&tree.held),
        section("What was done", well.into_iter().map(outcome).collect()),
        findings::section(&tree.findings),
    ];
    let RequestsV1 { reads, writes, lookups } = &tree.requests;
    let sent = format!("{}.", words::sent(*reads, *writes, *lookups));
    let share = share(tree.partition.as_ref());
    let top = format!("## flowops: apply to {}\n\n**{verdict}**\n\n{sent}\n{share}", code(&tree.target));
    let bottom = format!("\nPlan: {}\n", code(&tree.plan));
    Document { top, sections: sections.into_iter().flatten().collect(), bottom }
}

fn section(title: &str, items: Vec<Item>) -> Option<Section> {
    (!items.is_empty()).then(|| Section { title: title.to_owned(), note: String::new(), items })
}

fn outcome(outcome: &OutcomeV1) -> Item {
    let OutcomeV1 { id, action, agent: _, source, status, sent: _, error, notes, because } = outcome;
    let (word, weight) = match status {
        StatusV1::Done => ("done", Weight::Rest),
        StatusV1::Unneeded => ("unneeded", Weight::Rest),
        StatusV1::Conflict => ("CONFLICT", Weight::Trouble),
        StatusV1::Failed => ("FAILED", Weight::Trouble),
        StatusV1::Unknown => ("UNKNOWN", Weight::Trouble),
        StatusV1::Skipped => ("skipped", Weight::Held),
    };
    let needed = because.as_ref().map(|id| format!(": it needs {}, which was not done", code(id))).unwrap_or_default();
    let name = format!("**{word}** {} {}", action.word(), code(id));
    let why = format!(" at {}{needed}", place(source));
    let said: Vec<&str> = error.iter().chain(notes).map(String::as_str).collect();
    let details = if said.is_empty() { String::new() } else { quotation(&said.join("\n")) };
    Item { weight, name, why, lines: details.lines().count(), details }
}

/// What the server accepted and does not show, by step.
fn bounced(all: &[BouncedV1]) -> Vec<Item> {
    let item = |bounces: &[BouncedV1]| {
        let mut fence = Fence::default();
        for one in bounces {
            bounce(&mut fence, one);
        }
        let step = bounces.first().map_or("", |one| one.step.as_str());
        let note = if fence.len() == 0 { "as a whole" } else { "declared → live" };
        let (name, why) = (code(step), format!(", {note}"));
        Item { weight: Weight::Trouble, name, why, details: fence.markdown(), lines: fence.len() }
    };
    all.chunk_by(|one, next| one.step == next.step).map(item).collect()
}

fn bounce(fence: &mut Fence, bounced: &BouncedV1) {
    let BouncedV1 { step: _, agent: _, skill: _, path, declared, live, sensitive } = bounced;
    let none = &Json::Null;
    match (path, sensitive) {
        (None, _) => {}
        (Some(path), Some(true)) => fence.line(Mark::Changed, &format!("{}: (sensitive, changed)", dotted(path))),
        (Some(path), Some(false) | None) => {
            fence.change(path, stated(declared.as_ref().unwrap_or(none)), stated(live.as_ref().unwrap_or(none)));
        }
    }
}

fn left(tree: &ReportV1) -> Vec<Item> {
    let is_told = |id: &&String| tree.bounced.iter().any(|one| one.step == **id);
    let item = |id: &String| Item {
        weight: Weight::Trouble,
        name: code(id),
        why: String::new(),
        details: String::new(),
        lines: 0,
    };
    tree.left.iter().filter(|id| !is_told(id)).map(item).collect()
}
