//! What an apply did: what was not done before what was, then what did not take.

use std::fmt;

use serde_json::Value as Json;

use super::change::changes;
use super::entry::{Folding, Head, Kind, counts, entry, group, part, remark, tally};
use super::findings::{found, kinds};
use super::front::{Fact, Front, page};
use super::markup::Markup;
use super::plan::{held, share};
use crate::record::{BouncedV1, OutcomeV1, ReportV1, RequestsV1, StatusV1};
use crate::render::side::{Change, Values};
use crate::render::verdict;
use crate::render::words::{self, count};

/// Writes a report.
pub(super) fn report(tree: &ReportV1, out: &mut dyn fmt::Write) -> fmt::Result {
    let (mood, verdict) = verdict::report(tree);
    let of = |wanted: StatusV1| number(tree, Kind::outcome(wanted));
    let counts = counts([
        (of(StatusV1::Failed), "failed", "gone"),
        (of(StatusV1::Conflict), "in conflict", "gone"),
        (of(StatusV1::Unknown), "unknown", "gone"),
        (of(StatusV1::Skipped), "skipped", "warning"),
        (of(StatusV1::Done), "done", "come"),
        (of(StatusV1::Unneeded), "unneeded", "plain"),
        (tree.held.len() as u64, "held", "warning"),
    ]);
    let (trouble, well): (Vec<&OutcomeV1>, Vec<&OutcomeV1>) =
        tree.steps.iter().partition(|outcome| outcome.status.is_trouble());
    let bounced: Vec<&[BouncedV1]> = tree.bounced.chunk_by(|one, next| one.step == next.step).collect();
    let is_told = |id: &String| bounced.iter().any(|all| all.first().is_some_and(|one| one.step == *id));
    let left: Vec<&String> = tree.left.iter().filter(|id| !is_told(id)).collect();
    let kinds = tally(
        trouble
            .iter()
            .chain(&well)
            .map(|outcome| Kind::outcome(outcome.status))
            .chain(bounced.iter().map(|_| Kind::BOUNCED))
            .chain(left.iter().map(|_| Kind::LEFT))
            .chain(tree.held.iter().map(|_| Kind::HELD))
            .chain(kinds(&tree.findings)),
    );
    let folding = Folding::of(&kinds);
    let (what, format) = ("Report", "flowops.report/v1");
    let front = Front {
        what,
        target: Some(&tree.target),
        mood,
        verdict,
        first: Vec::new(),
        counts,
        facts: facts(tree),
        kinds,
        format,
    };
    page(out, &front, |page| {
        outcomes(page, "What was not done, or may not have been", folding, &trouble)?;
        self::bounced(page, folding, &bounced)?;
        self::left(page, folding, &left)?;
        held(page, folding, &tree.held)?;
        outcomes(page, "What was done", folding, &well)?;
        found(page, folding, &tree.findings)
    })
}

fn number(tree: &ReportV1, wanted: Kind) -> u64 {
    tree.steps.iter().filter(|outcome| Kind::outcome(outcome.status) == wanted).count() as u64
}

fn facts(tree: &ReportV1) -> Vec<Fact> {
    let RequestsV1 { reads, writes, lookups } = &tree.requests;
    let proof = match tree.converged {
        Some(true) => "converged: a fresh plan of what changed is empty",
        Some(false) => "not converged: a fresh plan of what changed is not empty",
        None => "nothing had to be proved, or nothing could be",
    };
    let rest = [
        Fact::prose("Proof", proof),
        Fact::prose("Requests", words::sent(*reads, *writes, *lookups)),
        Fact::code("Plan", tree.plan.clone()),
    ];
    share(tree.partition.as_ref()).into_iter().chain(rest).collect()
}

fn outcomes(page: &mut Markup<'_>, title: &str, folding: Folding, all: &[&OutcomeV1]) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    part(page, title, "", |page| {
        all.chunk_by(|one, next| one.agent.name == next.agent.name).try_for_each(|some| {
            let title = some.first().map(|one| (one.agent.name.as_str(), one.agent.id.as_str()));
            group(page, title, |page| some.iter().try_for_each(|one| outcome(page, folding, one)))
        })
    })
}

fn outcome(page: &mut Markup<'_>, folding: Folding, outcome: &OutcomeV1) -> fmt::Result {
    let OutcomeV1 { id, action, agent: _, source, status, sent, error, notes, because } = outcome;
    let head = Head {
        kind: Kind::outcome(*status),
        action: Some(action.word()),
        agent: None,
        was: None,
        name: id,
        gist: if *sent > 1 { format!("sent {sent} times") } else { String::new() },
        source: Some(source),
    };
    if error.is_none() && because.is_none() && notes.is_empty() {
        return entry(page, folding, &head, None);
    }
    entry(
        page,
        folding,
        &head,
        Some(&|page| {
            if let Some(because) = because {
                remark(page, &format!("it needs {because}, which was not done"))?;
            }
            // The words may be the server's, so they stand as a quotation.
            error
                .iter()
                .chain(notes)
                .try_for_each(|said| page.block("blockquote", &[("class", "message")], |page| page.text(said)))
        }),
    )
}

/// What the server accepted and does not show.
fn bounced(page: &mut Markup<'_>, folding: Folding, all: &[&[BouncedV1]]) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    let note = "Values are shown as: what was declared and sent → what the server shows.";
    part(page, "The server accepted these and does not show them", note, |page| {
        group(page, None, |page| {
            all.iter().try_for_each(|bounces| {
                let Some(first) = bounces.first() else { return Ok(()) };
                let BouncedV1 { step, agent: _, skill: _, path: _, declared: _, live: _, sensitive: _ } = first;
                let places: Vec<Change<'_>> = bounces.iter().filter_map(place).collect();
                let gist = if places.is_empty() { "as a whole".to_owned() } else { count(places.len(), "value") };
                let head =
                    Head { kind: Kind::BOUNCED, action: None, agent: None, was: None, name: step, gist, source: None };
                if places.is_empty() {
                    return entry(page, folding, &head, None);
                }
                entry(page, folding, &head, Some(&|page| changes(page, bounces.iter().filter_map(place))))
            })
        })
    })
}

fn place(bounced: &BouncedV1) -> Option<Change<'_>> {
    let BouncedV1 { step: _, agent: _, skill: _, path, declared, live, sensitive } = bounced;
    let none = &Json::Null;
    let values = match sensitive {
        Some(true) => Values::Hidden,
        Some(false) | None => {
            Values::Shown { old: declared.as_ref().unwrap_or(none), new: live.as_ref().unwrap_or(none) }
        }
    };
    path.as_ref().map(|path| Change { path, values, note: None })
}

fn left(page: &mut Markup<'_>, folding: Folding, all: &[&String]) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    part(page, "What a fresh plan still wants", "", |page| {
        group(page, None, |page| {
            all.iter().try_for_each(|id| {
                let head = Head {
                    kind: Kind::LEFT,
                    action: None,
                    agent: None,
                    was: None,
                    name: id,
                    gist: String::new(),
                    source: None,
                };
                entry(page, folding, &head, None)
            })
        })
    })
}
