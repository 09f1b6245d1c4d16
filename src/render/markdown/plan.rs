//! A plan, and drift, which is a plan seen from the other side.

use super::concern::first;
use super::fence::{Fence, Mark};
use super::findings;
use super::inline::{code, place, prose};
use super::room::{Document, Item, Section, Weight};
use crate::plan::{Origin, Summary};
use crate::record::{
    ActionV1, CauseV1, FieldV1, HeldV1, PackV1, PartitionV1, PlanV1, SinceV1, SkillV1, StepV1, UnmanagedV1,
};
use crate::render::plan::{heading, named};
use crate::render::side::{Change, Side, Values, change, judged, stated};
use crate::render::verdict;
use crate::render::words::{self, asks_first, list, some};

/// Unmanaged skills before the rest is only counted.
const MOST_UNMANAGED: usize = 20;

/// What apply would do.
pub(super) fn plan(tree: &PlanV1) -> Document {
    let (_, verdict) = verdict::plan(tree);
    let since = tree.since.as_ref();
    let mut sections: Vec<Section> = Vec::new();
    for origin in Origin::ALL {
        let of_origin = tree.steps.iter().filter(|step| Origin::of(step.cause.into()) == *origin);
        let title = since.map_or_else(|| "Steps".to_owned(), |since| heading(*origin, &base(since)));
        sections.extend(steps(prose(&title), Side::Plan, of_origin));
    }
    sections.extend(rest(tree));
    let title = format!("## flowops: plan for {}\n\n**{verdict}**\n\n", code(&tree.target));
    let top = format!("{}{title}{}", first(tree), counts(tree));
    Document { top, sections, bottom: footer(tree) }
}

/// What live says that git does not.
pub(super) fn drift(tree: &PlanV1) -> Document {
    let (_, verdict) = verdict::drift(tree);
    let drifted = tree.steps.iter().filter(|step| !step.cause.is_pending());
    let mut sections: Vec<Section> =
        steps("What live says that git does not".to_owned(), Side::Drift, drifted).into_iter().collect();
    if let Some(section) = sections.first_mut() {
        "Values are shown as: what git says → what live says.".clone_into(&mut section.note);
    }
    let pending = tree.steps.iter().filter(|step| step.cause.is_pending()).count();
    sections.extend(rest(tree));
    let pending = some(pending as u64, "pending: the manifests changed, and live did not");
    let pending = pending.map(|pending| format!("{pending}.\n")).unwrap_or_default();
    let title = format!("## flowops: drift of {}\n\n**{verdict}**\n\n", code(&tree.target));
    let top = format!("{}{title}{}{pending}", first(tree), counts(tree));
    Document { top, sections, bottom: format!("\nDigest: {}\n", code(&tree.digest)) }
}

fn base(since: &SinceV1) -> String {
    let SinceV1 { revision, commit } = since;
    format!("`{}`", named(revision, commit))
}

/// What is not to be done, by numbers.
fn counts(tree: &PlanV1) -> String {
    let Summary { unchanged, unmanaged, held, ignored, left_out, .. } = Summary::from(&tree.summary);
    let said = list([
        Some(format!("{unchanged} unchanged")),
        some(unmanaged, "unmanaged"),
        some(ignored, "ignored"),
        some(held, "held"),
        crate::render::plan::agents_left_out(left_out),
    ]);
    format!("{said}.\n{}", share(tree.partition.as_ref()))
}

/// Of which share of the agents a record is, if it is not of all.
pub(super) fn share(partition: Option<&PartitionV1>) -> String {
    let said = |PartitionV1 { index, total, agents, parts: _ }: &PartitionV1| {
        format!("Partition: {}.\n", words::share(*index, *total, *agents))
    };
    partition.map(said).unwrap_or_default()
}

/// How exactly this plan is applied.
fn footer(tree: &PlanV1) -> String {
    let digest = format!("\nDigest: {}\n", code(&tree.digest));
    if tree.steps.is_empty() {
        return digest;
    }
    let target = if tree.target == "default" { String::new() } else { format!(" --target {}", tree.target) };
    let since = tree.since.as_ref().map(|since| format!(" --since {}", since.commit)).unwrap_or_default();
    let share = tree.partition.as_ref();
    let share =
        share.map(|PartitionV1 { index, total, agents: _, parts: _ }| format!(" --partition hash:{index}/{total}"));
    let share = share.unwrap_or_default();
    let command = format!("flowops apply{target}{since}{share} --expect {}", tree.digest);
    format!("{digest}\nApply exactly this: {}\n", code(&command))
}

fn steps<'s>(title: String, side: Side, steps: impl Iterator<Item = &'s StepV1>) -> Option<Section> {
    let (deletes, others): (Vec<&StepV1>, Vec<&StepV1>) =
        steps.partition(|step| matches!(step.action, ActionV1::Delete));
    let items: Vec<Item> = deletes.into_iter().chain(others).map(|one| step(one, side)).collect();
    (!items.is_empty()).then(|| Section { title, note: String::new(), items })
}

fn step(step: &StepV1, side: Side) -> Item {
    let StepV1 { id: _, action, agent, skill, pack, source, cause, fields, parameters, reason, needs, lookups } = step;
    let subject = match (skill, pack) {
        (Some(SkillV1 { name, was: Some(was) }), _) => format!("{} → {}", code(was), code(name)),
        (Some(SkillV1 { name, was: None }), _) => code(name),
        (None, Some(PackV1 { kind, presets: _, actions })) if actions.is_empty() => format!("{} pack", code(kind)),
        (None, Some(PackV1 { kind, presets: _, actions })) => {
            let actions: Vec<String> = actions.iter().map(|action| code(action)).collect();
            format!("{} of {}", actions.join(", "), code(kind))
        }
        (None, None) => "the draft".to_owned(),
    };
    let (weight, planned, drifted) = match action {
        ActionV1::Create => (Weight::Create, "create", "missing"),
        ActionV1::Update => (Weight::Update, "update", "changed"),
        ActionV1::Delete => (Weight::Delete, "DELETE", "extra"),
        ActionV1::Install => (Weight::Install, "install", "missing"),
        ActionV1::Publish => (Weight::Install, "publish", "unpublished"),
    };
    let word = match side {
        Side::Plan => planned,
        Side::Drift => drifted,
    };
    let why = match (action, side) {
        (ActionV1::Create, Side::Drift) => ": live lost it, or never got it".to_owned(),
        (ActionV1::Create | ActionV1::Update, Side::Plan) if *lookups > 0 => format!(": {}", asks_first(*lookups)),
        (ActionV1::Create, Side::Plan) if needs.is_empty() => String::new(),
        (ActionV1::Update, Side::Plan | Side::Drift) => String::new(),
        (ActionV1::Create | ActionV1::Delete | ActionV1::Install | ActionV1::Publish, Side::Plan | Side::Drift) => {
            format!(": {}", prose(reason))
        }
    };
    let name = format!("**{word}** {} / {subject}", code(&agent.name));
    let why = format!(" at {}{why}", place(source));
    let mut fence = Fence::default();
    if side == Side::Plan {
        for line in judged(parameters) {
            fence.line(Mark::Plain, &format!("# {line}"));
        }
    }
    match (action, side) {
        (ActionV1::Create, Side::Plan) => fields.iter().for_each(|field| declared(&mut fence, field)),
        (ActionV1::Update, Side::Plan | Side::Drift) => {
            let both = matches!(cause, CauseV1::Both);
            // The name stands beside the step already.
            let seen = fields.iter().filter(|field| field.path() != "/name");
            for change in seen.filter_map(|field| change(field, side, both)) {
                written(&mut fence, &change);
            }
        }
        (ActionV1::Install, Side::Plan | Side::Drift) => {
            let mark = if side == Side::Plan { Mark::Come } else { Mark::Gone };
            pack.iter().flat_map(|pack| &pack.presets).for_each(|preset| fence.line(mark, preset));
        }
        (ActionV1::Publish, Side::Plan | Side::Drift) => {
            for field in fields {
                fence.line(Mark::Changed, field.path());
            }
        }
        (ActionV1::Create, Side::Drift) | (ActionV1::Delete, Side::Plan | Side::Drift) => {}
    }
    Item { weight, name, why, details: fence.markdown(), lines: fence.len() }
}

fn declared(fence: &mut Fence, field: &FieldV1) {
    match field {
        FieldV1::Shown { path, before: _, after, cause: _ } => fence.declared(path, after),
        FieldV1::Hidden { path, cause: _, sensitive: _ } => hidden(fence, Mark::Come, path, "(sensitive)"),
    }
}

fn hidden(fence: &mut Fence, mark: Mark, path: &str, said: &str) {
    fence.line(mark, &format!("{}: {said}", crate::render::value::dotted(path)));
}

/// How a value changes, as it is seen from a side.
fn written(fence: &mut Fence, change: &Change<'_>) {
    let Change { path, values, note } = change;
    if let Some(note) = note {
        fence.line(Mark::Plain, &format!("# {note}"));
    }
    match values {
        Values::Shown { old, new } => fence.change(path, stated(old), stated(new)),
        Values::Hidden => hidden(fence, Mark::Changed, path, "(sensitive, changed)"),
    }
}

/// What is not done, and what was found.
fn rest(tree: &PlanV1) -> impl Iterator<Item = Section> {
    [held(&tree.held), unmanaged(&tree.unmanaged), findings::section(&tree.findings)].into_iter().flatten()
}

/// What is wanted and not done.
pub(super) fn held(all: &[HeldV1]) -> Option<Section> {
    let item = |HeldV1 { id, action, agent: _, source, cause: _, hold, reason, fields }: &HeldV1| {
        let mut fence = Fence::default();
        for change in fields.iter().filter_map(|field| change(field, Side::Plan, false)) {
            written(&mut fence, &change);
        }
        Item {
            weight: Weight::Held,
            name: format!("**{}** {}", action.word(), code(id)),
            why: format!(" at {}, {}: {}", place(source), code(hold), prose(reason)),
            details: fence.markdown(),
            lines: fence.len(),
        }
    };
    let title = "Held back: wanted, and not done until somebody acts".to_owned();
    (!all.is_empty()).then(|| Section { title, note: String::new(), items: all.iter().map(item).collect() })
}

fn unmanaged(all: &[UnmanagedV1]) -> Option<Section> {
    let line = |UnmanagedV1 { agent, name, id, skill_type }: &UnmanagedV1| {
        let skill_type = skill_type.as_deref().unwrap_or("of unknown type");
        format!("{} / {} ({}, {})", code(&agent.name), code(name), code(id), code(skill_type))
    };
    let item = |name| Item { weight: Weight::Rest, name, why: String::new(), details: String::new(), lines: 0 };
    let shown = all.iter().take(MOST_UNMANAGED).map(line);
    let more = all.len().saturating_sub(MOST_UNMANAGED);
    let more = some(more as u64, "more").map(|more| format!("… and {more}"));
    let items: Vec<Item> = shown.chain(more).map(item).collect();
    let title = "Unmanaged: live, in no manifest, and left alone".to_owned();
    (!items.is_empty()).then(|| Section { title, note: String::new(), items })
}
