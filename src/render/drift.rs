//! A plan seen from the other side: what live changed, lost or never got, compared with what git says.

use std::fmt;

use super::change::to_live;
use super::concern::first;
use super::label::{Label, Style};
use super::page::Page;
use super::plan::{agents_left_out, brought, in_sync, named, rest, share, steps, unsound};
use super::words::{list, some};
use crate::model::{Moved, SkillName};
use crate::plan::{Action, Former, Plan, Since, Step, Toward};

/// Indentation of what stands below a skill.
const BELOW: &str = "      ";

/// Writes what moved without git; each value as `git → live`.
pub fn drift(plan: &Plan, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let page = &mut Page::new(style, out);
    first(page, plan, Toward::Live)?;
    let (pending, drifted): (Vec<&Step>, Vec<&Step>) = plan.steps.iter().partition(|step| step.is_pending());
    if !drifted.is_empty() {
        page.line(Label::Muted, "Values are shown as: what git says → what live says.")?;
        page.end()?;
    }
    steps(page, drifted.iter().copied(), step)?;
    if let Some(Since { revision, commit }) = plan.since.as_ref().filter(|_| !pending.is_empty()) {
        page.line(
            Label::Emphasis,
            &format!("Pending: the manifests changed since {}, and live did not", named(revision, commit)),
        )?;
        for step in &pending {
            page.line(Label::Muted, &format!("  · {} {}", step.action.verb().word(), step.id))?;
        }
        page.end()?;
    }
    rest(page, plan)?;
    closing(page, plan, &drifted, pending.len() as u64)?;
    share(page, plan)?;
    unsound(page, plan)
}

fn step(page: &mut Page<'_>, step: &Step) -> fmt::Result {
    let Step { id: _, agent: _, action, place, reason, needs: _, moved: _, meaning: _, geocode: _ } = step;
    page.plain("  ")?;
    match action {
        Action::Create { name, fields: _ } | Action::UpdatePreset { name, fields: _ } => {
            head(page, Label::Removed, "- missing", name.as_str())?;
        }
        Action::Update { name, .. } => head(page, Label::Changed, "~ changed", name.as_str())?,
        Action::Delete { id, name, by: _, seen: _ } => {
            head(page, Label::Added, "+ extra", name.as_str())?;
            page.put(Label::Muted, &format!(" ({id})"))?;
        }
        Action::Install { kind, via, missing: _ } => head(page, Label::Removed, "- missing", &brought(kind, via))?,
        Action::Publish { .. } => head(page, Label::Changed, "^ draft", "differs from what callers hear")?,
    }
    page.plain("  ")?;
    page.place(place)?;
    page.end()?;
    match action {
        Action::Create { .. } => note(page, "live lost it, or never got it"),
        Action::UpdatePreset { .. } => note(page, "it comes with its pack, which is missing"),
        Action::Update { id: _, name, was, changes, seen: _ } => {
            // What only the manifest moved is pending, whatever live did elsewhere in the skill.
            if let Some(Former { name: was, moved: _ }) = was.as_ref().filter(|was| was.moved != Moved::Manifest) {
                page.plain(BELOW)?;
                page.put(Label::Changed, "name")?;
                page.plain(": ")?;
                page.put(Label::Removed, name.as_str())?;
                page.plain(" → ")?;
                page.line(Label::Added, was.as_str())?;
            }
            let places = changes.iter().flat_map(|change| &change.differences);
            for difference in places.filter(|place| place.moved != Moved::Manifest) {
                to_live(page, BELOW, difference)?;
            }
            Ok(())
        }
        Action::Delete { .. } => note(page, reason),
        Action::Install { kind: _, via: _, missing } => presets(page, missing, reason),
        Action::Publish { over: _, draft, ours: _ } if draft.is_empty() => note(page, reason),
        Action::Publish { over: _, draft, ours: _ } => note(page, &format!("in {}", draft.join(", "))),
    }
}

fn head(page: &mut Page<'_>, label: Label, word: &str, name: &str) -> fmt::Result {
    page.put(label, &format!("{word:<11}"))?;
    page.put(Label::Emphasis, name)
}

fn note(page: &mut Page<'_>, text: &str) -> fmt::Result {
    page.plain(BELOW)?;
    page.line(Label::Muted, &format!("# {text}"))
}

fn presets(page: &mut Page<'_>, missing: &[SkillName], reason: &str) -> fmt::Result {
    note(page, reason)?;
    for name in missing {
        page.plain(BELOW)?;
        page.put(Label::Removed, "- ")?;
        page.line(Label::Plain, name.as_str())?;
    }
    Ok(())
}

fn closing(page: &mut Page<'_>, plan: &Plan, drifted: &[&Step], pending: u64) -> fmt::Result {
    let of = |test: fn(&Action) -> bool| drifted.iter().filter(|step| test(&step.action)).count() as u64;
    let summary = plan.summary();
    let parts = [
        some(of(|action| matches!(action, Action::Update { .. })), "changed"),
        some(
            of(|action| matches!(action, Action::Create { .. } | Action::UpdatePreset { .. } | Action::Install { .. })),
            "missing",
        ),
        some(of(|action| matches!(action, Action::Delete { .. })), "extra"),
        some(of(|action| matches!(action, Action::Publish { .. })), "unpublished"),
    ];
    let in_sync_count = Some(format!("{} in sync", summary.unchanged));
    let rest = [
        in_sync_count,
        some(pending, "pending"),
        some(summary.unmanaged, "unmanaged"),
        some(summary.ignored, "ignored"),
        some(summary.held, "held"),
        agents_left_out(summary.left_out),
    ];
    if !drifted.is_empty() {
        page.put(Label::Warning, "Drift: ")?;
        return page.line(Label::Plain, &format!("{}; {}.", list(parts), list(rest)));
    }
    if !plan.is_complete || plan.has_errors() {
        return page.line(Label::Error, "Whether live drifted cannot be told.");
    }
    if plan.is_empty() {
        page.put(Label::Emphasis, "In sync.")?;
        return page.line(Label::Plain, &format!(" {}", in_sync(summary)));
    }
    if plan.is_still() {
        page.put(Label::Emphasis, "No drift.")?;
        return page.line(Label::Plain, &format!(" {}.", list(rest)));
    }
    page.put(Label::Warning, "Held: ")?;
    page.line(Label::Plain, &format!("no drift but what is held; {}.", list(rest)))
}
