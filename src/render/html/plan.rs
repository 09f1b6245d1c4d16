//! A plan, and drift, which is a plan seen from the other side.

use std::collections::BTreeMap;
use std::fmt;

use super::change::{changes, declared};
use super::entry::{Body, Folding, Head, Kind, counts, entry, group, part, remark, tally};
use super::findings::{found, kinds};
use super::front::{Count, Fact, Front, page};
use super::markup::Markup;
use crate::plan::{Origin, Summary};
use crate::record::{
    ActionV1, CauseV1, HeldV1, PackV1, PartitionV1, PlanV1, RequestsV1, SinceV1, SkillV1, StepV1, UnmanagedV1,
};
use crate::render::concern::MOST;
use crate::render::plan::{heading, named};
use crate::render::side::{Side, change, judged};
use crate::render::value::dotted;
use crate::render::verdict::{self, Mood};
use crate::render::words::{self, asks_first, at_least, count, list, some};

/// Values that are named beside the step; the others are counted.
const MOST_NAMED: usize = 3;

/// Writes a plan.
pub(super) fn plan(tree: &PlanV1, out: &mut dyn fmt::Write) -> fmt::Result {
    let (mood, verdict) = verdict::plan(tree);
    let Summary { create, update, delete, install, publish, unchanged, unmanaged, held, ignored, left_out } =
        Summary::from(&tree.summary);
    let counts = counts([
        (delete, "to delete", "gone"),
        (create, "to create", "come"),
        (update, "to update", "changed"),
        (install, "to install", "come"),
        (publish, "to publish", "plain"),
        (held, "held", "warning"),
        (unchanged, "unchanged", "plain"),
        (unmanaged, "unmanaged", "plain"),
        (ignored, "ignored", "plain"),
        (left_out, if left_out == 1 { "agent left out" } else { "agents left out" }, "plain"),
    ]);
    let kinds = tally(
        first_deletes(&tree.steps)
            .map(|step| Kind::step(step.action))
            .chain(tree.held.iter().map(|_| Kind::HELD))
            .chain(tree.unmanaged.iter().map(|_| Kind::UNMANAGED))
            .chain(kinds(&tree.findings)),
    );
    let folding = Folding::of(&kinds);
    page(out, &front(tree, ("Plan", "flowops.plan/v1"), (mood, verdict), counts, kinds), |page| {
        let since = tree.since.as_ref().map(base);
        for origin in Origin::ALL {
            let steps: Vec<&StepV1> =
                first_deletes(&tree.steps).filter(|step| Origin::of(step.cause.into()) == *origin).collect();
            let title = since.as_ref().map_or_else(|| "Steps".to_owned(), |since| heading(*origin, since));
            section(page, &title, "", Look { folding, side: Side::Plan, since: None }, &steps)?;
        }
        rest(page, folding, tree)
    })
}

/// Writes drift.
pub(super) fn drift(tree: &PlanV1, out: &mut dyn fmt::Write) -> fmt::Result {
    let (pending, drifted): (Vec<&StepV1>, Vec<&StepV1>) =
        first_deletes(&tree.steps).partition(|step| step.cause.is_pending());
    let (mood, verdict) = verdict::drift(tree);
    let of = |wanted: &str| {
        let words = drifted.iter().map(|step| Kind::drift(step.action).word);
        words.filter(|word| *word == wanted).count() as u64
    };
    let summary = Summary::from(&tree.summary);
    let counts = counts([
        (of("extra"), "extra", "come"),
        (of("missing"), "missing", "gone"),
        (of("changed"), "changed", "changed"),
        (of("draft"), "unpublished", "plain"),
        (pending.len() as u64, "pending", "plain"),
        (summary.held, "held", "warning"),
        (summary.unchanged, "in sync", "plain"),
        (summary.unmanaged, "unmanaged", "plain"),
        (summary.ignored, "ignored", "plain"),
        (summary.left_out, if summary.left_out == 1 { "agent left out" } else { "agents left out" }, "plain"),
    ]);
    let kinds = tally(
        drifted
            .iter()
            .map(|step| Kind::drift(step.action))
            .chain(pending.iter().map(|_| Kind::PENDING))
            .chain(tree.held.iter().map(|_| Kind::HELD))
            .chain(tree.unmanaged.iter().map(|_| Kind::UNMANAGED))
            .chain(kinds(&tree.findings)),
    );
    let folding = Folding::of(&kinds);
    page(out, &front(tree, ("Drift", "flowops.drift/v1"), (mood, verdict), counts, kinds), |page| {
        let note = "Values are shown as: what git says → what live says.";
        let since = tree.drift.as_ref().map(|drift| &drift.since);
        section(page, "What live says that git does not", note, Look { folding, side: Side::Drift, since }, &drifted)?;
        if let Some(since) = tree.since.as_ref().filter(|_| !pending.is_empty()) {
            let title = format!("Pending: the manifests changed since {}, and live did not", base(since));
            part(page, &title, "", |page| {
                group(page, None, |page| {
                    pending.iter().try_for_each(|step| {
                        let action = Some(step.action.word());
                        entry(page, folding, &Head { kind: Kind::PENDING, action, ..head(step, Side::Drift) }, None)
                    })
                })
            })?;
        }
        rest(page, folding, tree)
    })
}

/// Steps, those that delete before the others.
fn first_deletes(steps: &[StepV1]) -> impl Iterator<Item = &StepV1> {
    let (deletes, others): (Vec<&StepV1>, Vec<&StepV1>) = steps.iter().partition(|step| is_delete(step));
    deletes.into_iter().chain(others)
}

const fn is_delete(step: &StepV1) -> bool {
    matches!(step.action, ActionV1::Delete)
}

/// Concerns, and how far what is shared reaches.
/// What stands on top of both pages; their counts and kinds are their own.
fn front<'a>(
    tree: &'a PlanV1,
    (what, format): (&'static str, &'static str),
    (mood, verdict): (Mood, String),
    counts: Vec<Count>,
    kinds: Vec<(Kind, usize)>,
) -> Front<'a> {
    let target = Some(tree.target.as_str());
    Front { what, target, mood, verdict, first: first(tree), counts, facts: facts(tree), kinds, format }
}

fn first(tree: &PlanV1) -> Vec<(String, Option<String>)> {
    let concerns = tree.concerns.iter().take(MOST).map(|concern| (concern.sentence.clone(), concern.values()));
    let more =
        some(tree.concerns.len().saturating_sub(MOST) as u64, "more").map(|more| (format!("… and {more}"), None));
    concerns.chain(more).chain(tree.reach.iter().map(|reach| (reach.sentence.clone(), None))).collect()
}

fn base(since: &SinceV1) -> String {
    let SinceV1 { revision, commit } = since;
    named(revision, commit)
}

fn facts(tree: &PlanV1) -> Vec<Fact> {
    let RequestsV1 { reads, writes, lookups } = &tree.requests;
    let requests =
        format!("{} so far, {}{} to come", count(*reads, "read"), count(*writes, "write"), at_least(*lookups));
    let since = tree.since.as_ref().map(|since| Fact::code("Base", base(since)));
    let rest = [Fact::prose("Requests", requests), Fact::code("Digest", tree.digest.clone())];
    share(tree.partition.as_ref()).into_iter().chain(since).chain(rest).collect()
}

/// Of which share of the agents a record is, if it is not of all.
pub(super) fn share(partition: Option<&PartitionV1>) -> Option<Fact> {
    let PartitionV1 { index, total, agents, parts: _ } = partition?;
    Some(Fact::prose("Partition", words::share(*index, *total, *agents)))
}

/// How steps are shown, and since when each is known to have drifted, if that is told.
#[derive(Clone, Copy)]
struct Look<'a> {
    folding: Folding,
    side: Side,
    since: Option<&'a BTreeMap<String, String>>,
}

/// Steps under a heading: deletes first, then by agent.
fn section(page: &mut Markup<'_>, title: &str, note: &str, look: Look<'_>, steps: &[&StepV1]) -> fmt::Result {
    if steps.is_empty() {
        return Ok(());
    }
    let (deletes, others) = steps.split_at(steps.iter().take_while(|step| is_delete(step)).count());
    let write =
        |page: &mut Markup<'_>, steps: &[&StepV1]| steps.iter().try_for_each(|step| self::step(page, look, step));
    part(page, title, note, |page| {
        if !deletes.is_empty() {
            let (title, more) = match look.side {
                Side::Plan => ("Deletes", "what is live, and will not be"),
                Side::Drift => ("Extra", "what is live, and should not be"),
            };
            group(page, Some((title, more)), |page| write(page, deletes))?;
        }
        others.chunk_by(|one, next| one.agent.name == next.agent.name).try_for_each(|steps| {
            let title = steps.first().map(|step| (step.agent.name.as_str(), step.agent.id.as_str()));
            group(page, title, |page| write(page, steps))
        })
    })
}

fn head(step: &StepV1, side: Side) -> Head<'_> {
    let kind = match side {
        Side::Plan => Kind::step(step.action),
        Side::Drift => Kind::drift(step.action),
    };
    let (was, name) = match (&step.skill, &step.pack) {
        (Some(SkillV1 { name, was }), _) => (was.as_deref(), name.as_str()),
        (None, Some(PackV1 { kind, presets: _, actions: _ })) => (None, kind.as_str()),
        (None, None) => (None, "the draft"),
    };
    let gist = match step.action {
        ActionV1::Create => count(step.fields.len(), "field"),
        ActionV1::Update => {
            gist(step.fields.iter().filter_map(|field| change(field, side, false)).map(|change| change.path))
        }
        ActionV1::Install => match &step.pack {
            Some(pack) if !pack.actions.is_empty() => list(pack.actions.iter().cloned().map(Some)),
            Some(_) | None => "pack".to_owned(),
        },
        ActionV1::Delete | ActionV1::Publish => String::new(),
    };
    Head { kind, action: None, agent: Some(&step.agent.name), was, name, gist, source: Some(&step.source) }
}

/// The values that change, the first ones by name.
fn gist<'a>(paths: impl Iterator<Item = &'a str>) -> String {
    let paths: Vec<&str> = paths.collect();
    let more = paths.len().saturating_sub(MOST_NAMED);
    let named = paths.into_iter().take(MOST_NAMED).map(|path| Some(dotted(path)));
    list(named.chain([some(more as u64, "more")]))
}

fn step(page: &mut Markup<'_>, look: Look<'_>, step: &StepV1) -> fmt::Result {
    let Look { folding, side, since } = look;
    let StepV1 { action, pack, cause, fields, parameters, reason, needs, lookups, .. } = step;
    let both = matches!(cause, CauseV1::Both);
    let all = || fields.iter().filter_map(move |field| change(field, side, both));
    let names = || list(fields.iter().map(|field| Some(field.path().to_owned())));
    let body: Body<'_> = &|page| {
        if side == Side::Plan {
            judged(parameters).iter().try_for_each(|line| remark(page, line))?;
        }
        if *lookups > 0 && side == Side::Plan {
            remark(page, &asks_first(*lookups))?;
        }
        match (action, side) {
            (ActionV1::Create, Side::Plan) => {
                if !needs.is_empty() {
                    remark(page, reason)?;
                }
                declared(page, all())
            }
            (ActionV1::Create, Side::Drift) => remark(page, "live lost it, or never got it"),
            (ActionV1::Update, Side::Plan | Side::Drift) => changes(page, all()),
            (ActionV1::Delete, Side::Plan | Side::Drift) => remark(page, reason),
            (ActionV1::Install, Side::Plan | Side::Drift) => {
                remark(page, reason)?;
                presets(page, side, pack.as_ref().map_or(&[], |pack| pack.presets.as_slice()))
            }
            (ActionV1::Publish, Side::Plan | Side::Drift) => {
                remark(page, reason)?;
                if fields.is_empty() { Ok(()) } else { remark(page, &format!("already in the draft: {}", names())) }
            }
        }?;
        match (side, since.and_then(|since| since.get(&step.id))) {
            (Side::Plan, _) if !needs.is_empty() => remark(page, &format!("after {}", needs.join(", "))),
            (Side::Drift, Some(since)) => remark(page, &format!("known since {since}")),
            (Side::Plan | Side::Drift, _) => Ok(()),
        }
    };
    entry(page, folding, &head(step, side), Some(body))
}

fn presets(page: &mut Markup<'_>, side: Side, presets: &[String]) -> fmt::Result {
    if presets.is_empty() {
        return Ok(());
    }
    let (tag, sign) = match side {
        Side::Plan => ("ins", '+'),
        Side::Drift => ("del", '-'),
    };
    page.block("p", &[("class", "members")], |page| {
        presets.iter().try_for_each(|name| page.leaf(tag, "member", &format!("{sign}{name}")))
    })
}

/// What is not done, and what was found.
fn rest(page: &mut Markup<'_>, folding: Folding, tree: &PlanV1) -> fmt::Result {
    held(page, folding, &tree.held)?;
    unmanaged(page, folding, &tree.unmanaged)?;
    found(page, folding, &tree.findings)
}

/// Writes what is wanted and not done.
pub(super) fn held(page: &mut Markup<'_>, folding: Folding, all: &[HeldV1]) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    part(page, "Held back: wanted, and not done until somebody acts", "", |page| {
        group(page, None, |page| {
            all.iter().try_for_each(|HeldV1 { id, action, agent: _, source, cause: _, hold, reason, fields }| {
                let head = Head {
                    kind: Kind::HELD,
                    action: Some(action.word()),
                    agent: None,
                    was: None,
                    name: id,
                    gist: hold.clone(),
                    source: Some(source),
                };
                let differences = || fields.iter().filter_map(|field| change(field, Side::Plan, false));
                let body: Body<'_> = &|page| {
                    remark(page, reason)?;
                    if fields.is_empty() { Ok(()) } else { changes(page, differences()) }
                };
                entry(page, folding, &head, Some(body))
            })
        })
    })
}

fn unmanaged(page: &mut Markup<'_>, folding: Folding, all: &[UnmanagedV1]) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    part(page, "Unmanaged: live, in no manifest, and left alone", "", |page| {
        group(page, None, |page| {
            all.iter().try_for_each(|UnmanagedV1 { agent, name, id, skill_type }| {
                let skill_type = skill_type.as_deref().unwrap_or("of unknown type");
                let head = Head {
                    kind: Kind::UNMANAGED,
                    action: None,
                    agent: Some(&agent.name),
                    was: None,
                    name,
                    gist: format!("{id}, {skill_type}"),
                    source: None,
                };
                entry(page, folding, &head, None)
            })
        })
    })
}
