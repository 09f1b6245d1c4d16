//! A plan as people read it before they say yes: by agent, step by step, then what is not done and why, then the sum.

use std::fmt;

use super::change::{change, hidden_change, value};
use super::concern::first;
use super::label::{Label, Style};
use super::page::Page;
use super::side::judged;
use super::value::{Presence, dotted};
use super::words::{self, asks_first, at_least, count, list, some};
use crate::diff::{Difference, FieldChange};
use crate::model::{ActionSlug, Field, Moved, ProviderKind, SkillName, Value, Via};
use crate::plan::{
    Action, Former, Held, Meaning, Origin, Plan, Share, Since, Step, Summary, Toward, Unmanaged, unplaced,
};
use crate::record::ParameterV1;
use crate::record::hidden::{Content, Split, is_hidden, parts};

/// Indentation of what stands below a step.
const BELOW: &str = "      ";
/// Unmanaged skills before the rest is folded.
const MOST_UNMANAGED: usize = 20;

/// Writes a plan.
pub fn plan(plan: &Plan, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let page = &mut Page::new(style, out);
    first(page, plan, Toward::Manifests)?;
    match &plan.since {
        None => steps(page, plan.steps.iter(), step)?,
        Some(since) => {
            let Since { revision, commit } = since;
            for origin in Origin::ALL {
                let title = heading(*origin, &named(revision, commit));
                section(page, &title, plan.steps.iter().filter(|step| step.origin() == *origin).collect())?;
            }
        }
    }
    rest(page, plan)?;
    closing(page, plan)
}

/// A base revision, with as much of its commit as tells it from others.
pub(super) fn named(revision: &str, commit: &str) -> String {
    let short = commit.get(..12).unwrap_or(commit);
    if revision == commit { short.to_owned() } else { format!("{revision} ({short})") }
}

/// What stands above steps of one origin.
pub(super) fn heading(origin: Origin, since: &str) -> String {
    match origin {
        Origin::Changed => format!("What the manifests changed since {since}"),
        Origin::Drifted => "What had already drifted: live moved, the manifests did not".to_owned(),
        Origin::Untold => format!("Of which it cannot be told who moved since {since}"),
    }
}

fn section(page: &mut Page<'_>, title: &str, all: Vec<&Step>) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    page.line(Label::Emphasis, title)?;
    page.end()?;
    steps(page, all, step)
}

/// Steps under their agents, each as `step` writes it.
pub(super) fn steps<'s>(
    page: &mut Page<'_>,
    steps: impl IntoIterator<Item = &'s Step>,
    step: fn(&mut Page<'_>, &Step) -> fmt::Result,
) -> fmt::Result {
    let mut agent = None;
    for one in steps {
        if agent != Some(&one.agent) {
            page.agent(&one.agent)?;
            agent = Some(&one.agent);
        }
        step(page, one)?;
        page.end()?;
    }
    Ok(())
}

/// What is held and what is unmanaged.
pub(super) fn rest(page: &mut Page<'_>, plan: &Plan) -> fmt::Result {
    held(page, plan)?;
    unmanaged(page, &plan.unmanaged)
}

/// The sign and the label of an action. The signs alone tell creates from updates from deletes.
const fn sign(action: &Action) -> (&'static str, Label) {
    match action {
        Action::Create { .. } => ("+", Label::Added),
        Action::Update { .. } | Action::UpdatePreset { .. } => ("~", Label::Changed),
        Action::Delete { .. } => ("-", Label::Error),
        Action::Install { .. } => (">", Label::Added),
        Action::Publish { .. } => ("^", Label::Emphasis),
    }
}

fn step(page: &mut Page<'_>, step: &Step) -> fmt::Result {
    let Step { id: _, agent: _, action, place, reason, needs, moved, meaning, geocode: _ } = step;
    let (sign, label) = sign(action);
    let word = match action {
        Action::Delete { .. } => "DELETE",
        Action::Create { .. }
        | Action::Update { .. }
        | Action::UpdatePreset { .. }
        | Action::Install { .. }
        | Action::Publish { .. } => action.verb().word(),
    };
    page.plain("  ")?;
    page.put(label, &format!("{sign} {word:<9}"))?;
    subject(page, action)?;
    page.plain("  ")?;
    page.place(place)?;
    page.end()?;
    parameters(page, meaning)?;
    let unplaced = unplaced(step).len();
    if unplaced > 0 {
        because(page, &asks_first(unplaced as u64))?;
    }
    match action {
        Action::Create { name: _, fields } => {
            if !needs.is_empty() {
                because(page, reason)?;
            }
            declared(page, fields)
        }
        Action::Update { id: _, name: _, was: _, changes, seen: _ } => differences(page, changes, *moved),
        Action::UpdatePreset { name: _, fields } => {
            because(page, reason)?;
            declared(page, fields)
        }
        Action::Delete { .. } => because(page, reason),
        Action::Install { kind: _, via: _, missing } => {
            because(page, reason)?;
            presets(page, missing)
        }
        Action::Publish { over: _, draft, ours: _ } => {
            because(page, reason)?;
            draft_fields(page, draft)
        }
    }
}

/// What the change of its parameters may break; what breaks nothing only by its class.
fn parameters(page: &mut Page<'_>, meaning: &Meaning) -> fmt::Result {
    let changes: Vec<ParameterV1> = meaning.parameters.iter().map(ParameterV1::new).collect();
    judged(&changes).iter().try_for_each(|line| because(page, line))
}

fn subject(page: &mut Page<'_>, action: &Action) -> fmt::Result {
    match action {
        Action::Create { name, .. } | Action::UpdatePreset { name, .. } => page.put(Label::Emphasis, name.as_str()),
        Action::Update { id: _, name, was, changes: _, seen: _ } => {
            if let Some(Former { name: was, moved: _ }) = was {
                page.put(Label::Removed, was.as_str())?;
                page.plain(" → ")?;
            }
            page.put(Label::Emphasis, name.as_str())
        }
        Action::Delete { id, name, by: _, seen: _ } => {
            page.put(Label::Error, name.as_str())?;
            page.put(Label::Muted, &format!(" ({id})"))
        }
        Action::Install { kind, via, missing: _ } => {
            let brought = brought(kind, via);
            let rest = brought.strip_prefix(kind.as_str()).unwrap_or_default();
            page.put(Label::Emphasis, kind.as_str())?;
            page.plain(rest)
        }
        Action::Publish { .. } => page.put(Label::Emphasis, "the draft"),
    }
}

/// What comes from a provider, in words that begin with it.
pub(super) fn brought(kind: &ProviderKind, via: &Via) -> String {
    match via {
        Via::Pack => format!("{kind} pack"),
        Via::Actions(actions) => {
            let actions: Vec<&str> = actions.iter().map(ActionSlug::as_str).collect();
            format!("{kind}: {}", actions.join(", "))
        }
    }
}

fn because(page: &mut Page<'_>, reason: &str) -> fmt::Result {
    page.plain(BELOW)?;
    page.line(Label::Muted, &format!("# {reason}"))
}

fn declared(page: &mut Page<'_>, fields: &std::collections::BTreeMap<Field, Value>) -> fmt::Result {
    let mut parts = parts(fields, Split::Settings);
    parts.sort_by_key(|part| part.path != "/skillType");
    for part in parts {
        match part.content {
            Content::Shown(shown) => value(page, BELOW, &part.path, &shown)?,
            Content::Reference(reference) => {
                page.plain(BELOW)?;
                page.put(Label::Address, &dotted(&part.path))?;
                page.line(Label::Plain, &format!(": {reference}"))?;
            }
            Content::Hidden => {
                page.plain(BELOW)?;
                page.put(Label::Address, &dotted(&part.path))?;
                page.plain(": ")?;
                page.line(Label::Muted, "(sensitive)")?;
            }
        }
    }
    Ok(())
}

fn differences(page: &mut Page<'_>, changes: &[FieldChange], moved: Moved) -> fmt::Result {
    let mut said = None;
    for difference in changes.iter().flat_map(|change| &change.differences) {
        // Where both moved, each value says which of them it was.
        if moved == Moved::Both && said != Some(difference.moved) {
            because(page, who(difference.moved))?;
            said = Some(difference.moved);
        }
        to_be(page, difference)?;
    }
    Ok(())
}

/// What a value becomes; neither side where it may be a secret.
fn to_be(page: &mut Page<'_>, difference: &Difference) -> fmt::Result {
    let (before, after) = (difference.before.as_ref(), difference.after.as_ref());
    if is_hidden(difference) {
        hidden_change(page, BELOW, &difference.path, Presence::of(before), Presence::of(after))
    } else {
        change(page, BELOW, &difference.path, before, after)
    }
}

/// Who moved, in a sentence without a period.
pub(super) const fn who(moved: Moved) -> &'static str {
    match moved {
        Moved::Manifest => "the manifest changed this",
        Moved::Live => "live changed this, and the manifest did not",
        Moved::Both => "the manifest and live both changed this",
        Moved::Unknown => "who changed this cannot be told",
    }
}

fn presets(page: &mut Page<'_>, missing: &[SkillName]) -> fmt::Result {
    for name in missing {
        page.plain(BELOW)?;
        page.put(Label::Added, "+ ")?;
        page.line(Label::Plain, name.as_str())?;
    }
    Ok(())
}

fn draft_fields(page: &mut Page<'_>, draft: &[String]) -> fmt::Result {
    if draft.is_empty() {
        return Ok(());
    }
    page.plain(BELOW)?;
    page.line(Label::Plain, &format!("already in the draft: {}", draft.join(", ")))
}

/// What is wanted and not done.
pub(super) fn held(page: &mut Page<'_>, plan: &Plan) -> fmt::Result {
    if plan.held.is_empty() {
        return Ok(());
    }
    page.line(Label::Warning, "Held back: wanted, and not done until somebody acts")?;
    // What holds many for one reason says it once, below them.
    let is_same = |one: &Held, next: &Held| {
        let is_bare = one.differences.is_empty() && next.differences.is_empty();
        is_bare && (one.hold, &one.message) == (next.hold, &next.message)
    };
    for alike in plan.held.chunk_by(is_same) {
        for Held { id, verb, place, .. } in alike {
            page.plain("  ")?;
            page.put(Label::Warning, &format!("! {:<9}", verb.word()))?;
            page.put(Label::Emphasis, id)?;
            page.plain("  ")?;
            page.place(place)?;
            page.end()?;
        }
        if let Some(Held { hold, message, differences, .. }) = alike.last() {
            page.plain(BELOW)?;
            page.put(Label::Warning, hold.word())?;
            page.line(Label::Plain, &format!(": {message}"))?;
            differences.iter().try_for_each(|difference| to_be(page, difference))?;
        }
    }
    page.end()
}

/// Live skills that stay as they are.
pub(super) fn unmanaged(page: &mut Page<'_>, skills: &[Unmanaged]) -> fmt::Result {
    if skills.is_empty() {
        return Ok(());
    }
    page.line(Label::Emphasis, "Unmanaged: live, in no manifest, and left alone")?;
    let shown = skills.len().min(MOST_UNMANAGED);
    for Unmanaged { agent, name, id, skill_type } in skills.iter().take(shown) {
        page.plain(&format!("  ? {}: ", agent.name))?;
        page.put(Label::Emphasis, name.as_str())?;
        let skill_type = skill_type.as_deref().unwrap_or("of unknown type");
        page.line(Label::Muted, &format!(" ({id}, {skill_type})"))?;
    }
    if shown < skills.len() {
        page.line(Label::Muted, &format!("  … and {} more", skills.len() - shown))?;
    }
    page.end()
}

fn closing(page: &mut Page<'_>, plan: &Plan) -> fmt::Result {
    let is_sound = plan.is_complete && !plan.has_errors();
    let summary = plan.summary();
    if plan.is_empty() && is_sound {
        page.put(Label::Emphasis, "No changes.")?;
        page.line(Label::Plain, &format!(" {}", in_sync(summary)))?;
    } else {
        sum(page, summary)?;
    }
    page.line(Label::Plain, &format!("Target: {}", plan.target))?;
    share(page, plan)?;
    let reads = count(plan.reads, "read");
    let writes = count(plan.writes(), "write");
    page.line(Label::Plain, &format!("Requests: {reads} so far, {writes}{} to come.", at_least(plan.lookups())))?;
    page.plain("Digest: ")?;
    page.line(Label::Address, plan.digest().as_str())?;
    unsound(page, plan)
}

/// Of which share of the agents it is, if it is not of all.
pub(super) fn share(page: &mut Page<'_>, plan: &Plan) -> fmt::Result {
    let Some(Share { partition, agents }) = &plan.share else { return Ok(()) };
    let said = words::share(partition.index(), partition.total(), *agents);
    page.line(Label::Plain, &format!("Partition: {said}"))
}

/// The sentence for a plan that has nothing to do.
pub(super) fn in_sync(summary: Summary) -> String {
    let said = match summary.unchanged {
        0 if summary.left_out > 0 => {
            let agents = agents_left_out(summary.left_out).unwrap_or_default();
            format!("Of what the manifests changed nothing is left to do; {agents}.")
        }
        0 => "The manifests declare no skill and no pack here.".to_owned(),
        1 => "The one declared skill or pack is live as declared.".to_owned(),
        number => format!("All {number} declared skills and packs are live as declared."),
    };
    match summary.ignored {
        0 => said,
        1 => said + " One difference is left to others by a rule.",
        number => format!("{said} {number} differences are left to others by rules."),
    }
}

/// How many agents were not looked at, if any.
pub(super) fn agents_left_out(number: u64) -> Option<String> {
    (number > 0).then(|| format!("{} left out", count(number, "agent")))
}

fn sum(page: &mut Page<'_>, summary: Summary) -> fmt::Result {
    let Summary { create, update, delete, install, publish, unchanged, unmanaged, held, ignored, left_out } = summary;
    page.put(Label::Emphasis, "Plan: ")?;
    let before = list([some(create, "to create"), some(update, "to update")]);
    let after = list([some(install, "to install"), some(publish, "to publish")]);
    let delete = some(delete, "to delete").unwrap_or_default();
    let mut is_first = true;
    for (label, text) in [(Label::Plain, before), (Label::Error, delete), (Label::Plain, after)] {
        if !text.is_empty() {
            page.plain(if is_first { "" } else { ", " })?;
            page.put(label, &text)?;
            is_first = false;
        }
    }
    page.plain(if is_first { "nothing to do" } else { "" })?;
    let rest = [
        Some(format!("{unchanged} unchanged")),
        some(unmanaged, "unmanaged"),
        some(ignored, "ignored"),
        some(held, "held"),
        agents_left_out(left_out),
    ];
    page.line(Label::Plain, &format!("; {}.", list(rest)))
}

/// What forbids trusting a plan.
pub(super) fn unsound(page: &mut Page<'_>, plan: &Plan) -> fmt::Result {
    if plan.has_errors() {
        let errors = plan.findings.iter().filter(|finding| finding.is_error()).count();
        page.line(Label::Error, &format!("Nothing can be applied: {} to correct first.", count(errors, "error")))?;
    }
    if !plan.is_complete {
        page.line(Label::Error, "This may not be all: not every listing could be proved complete.")?;
    }
    Ok(())
}
