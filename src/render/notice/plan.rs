//! What a plan points out, and the same plan seen as drift.

use std::collections::BTreeMap;

use super::{Level, Notice, Rule, finding, first, named, past, sum, word};
use crate::record::{ActionV1, FieldV1, HeldV1, PlanV1, SourceV1, StepV1, SummaryV1, UnmanagedV1};
use crate::render::words::{count, list, some};

/// What a plan points out: each deletion, and what is held; the rest as one sum.
pub(super) fn plan(tree: &PlanV1) -> Vec<Notice<'_>> {
    let deletes = tree.steps.iter().filter(|step| matches!(step.action, ActionV1::Delete));
    let mut all: Vec<Notice<'_>> = concerns(tree).chain(deletes.map(delete)).collect();
    all.extend(tree.held.iter().map(|one| held(Level::Warning, one)));
    all.extend(tree.findings.iter().map(finding));
    if !(tree.steps.is_empty() && tree.held.is_empty() && tree.complete) {
        let SummaryV1 { create, update, delete, install, publish, .. } = tree.summary;
        let parts = [
            some(create, "to create"),
            some(update, "to update"),
            some(delete, "to delete"),
            some(install, "to install"),
            some(publish, "to publish"),
        ];
        all.push(sum(Level::Note, whole("Plan for", tree, list(parts), "nothing to do"), &tree.target));
    }
    all
}

/// What drift points out: each thing that live says and git does not; what is pending only in the sum.
pub(super) fn drift(tree: &PlanV1) -> Vec<Notice<'_>> {
    let mut all: Vec<Notice<'_>> = tree.steps.iter().filter_map(drifted).collect();
    let of = |rule: Rule<'_>| all.iter().filter(|notice| notice.rule == rule).count() as u64;
    let parts = [
        some(of(Rule::DriftChanged), "changed"),
        some(of(Rule::DriftMissing), "missing"),
        some(of(Rule::DriftExtra), "extra"),
        some(of(Rule::DriftUnpublished), "unpublished"),
        some(tree.steps.iter().filter(|step| step.cause.is_pending()).count() as u64, "pending"),
    ];
    let parts = list(parts);
    all.extend(concerns(tree));
    all.extend(tree.held.iter().map(|one| {
        let level = if one.cause.is_pending() { Level::Note } else { Level::Warning };
        held(level, one)
    }));
    if counts_unmanaged(tree) {
        all.extend(tree.unmanaged.chunk_by(|one, next| one.agent.name == next.agent.name).filter_map(unmanaged));
    }
    all.extend(tree.findings.iter().map(finding));
    let is_clean = tree.steps.is_empty() && tree.held.is_empty();
    if !(is_clean && tree.complete && !tree.drift.as_ref().is_some_and(|drift| drift.drifted)) {
        all.push(sum(Level::Note, whole("Drift of", tree, parts, "none"), &tree.target));
    }
    all
}

/// What a reviewer looks at first, where the first of its steps is asked for.
fn concerns(tree: &PlanV1) -> impl Iterator<Item = Notice<'_>> {
    let held = tree.held.iter().map(|held| (held.id.as_str(), &held.source));
    let places: BTreeMap<&str, &SourceV1> =
        tree.steps.iter().map(|step| (step.id.as_str(), &step.source)).chain(held).collect();
    tree.concerns.iter().map(move |concern| Notice {
        rule: Rule::Risk,
        level: Level::Warning,
        source: concern.steps.first().and_then(|id| places.get(id.as_str()).copied()),
        message: concern.sentence.clone(),
        help: None,
        about: [concern.risk.as_str(), concern.skill.as_str()]
            .into_iter()
            .chain(concern.agents.iter().map(String::as_str))
            .collect(),
    })
}

/// The sum of a plan in a sentence.
fn whole(what: &str, tree: &PlanV1, parts: String, nothing: &str) -> String {
    let SummaryV1 { unchanged, unmanaged, held, ignored, left_out, .. } = tree.summary;
    let parts = if parts.is_empty() { nothing.to_owned() } else { parts };
    let rest = [
        Some(format!("{unchanged} in sync")),
        some(unmanaged, "unmanaged"),
        some(ignored, "ignored"),
        some(held, "held"),
        (left_out > 0).then(|| format!("{} left out", count(left_out, "agent"))),
    ];
    let doubt = if tree.complete { "" } else { " This may not be all: not every listing could be proved complete." };
    format!("{what} `{}`: {parts}; {}.{doubt}", tree.target, list(rest))
}

/// What becomes of a step that a plan has.
pub(in crate::render) fn planned(step: &StepV1) -> String {
    let StepV1 { id, action, reason, fields, .. } = step;
    let what = match action {
        ActionV1::Update if !fields.is_empty() => format!(" in {}", named(fields.iter().map(FieldV1::path))),
        ActionV1::Create | ActionV1::Update | ActionV1::Delete | ActionV1::Install | ActionV1::Publish => {
            format!(": {reason}")
        }
    };
    format!("`{id}` will be {}{what}", past(*action))
}

fn delete(step: &StepV1) -> Notice<'_> {
    Notice {
        rule: Rule::Delete,
        level: Level::Warning,
        source: Some(&step.source),
        message: planned(step),
        help: None,
        about: vec![&step.id],
    }
}

/// What live says that git does not, of a step; `None` if only the manifests moved.
pub(in crate::render) fn drifted(step: &StepV1) -> Option<Notice<'_>> {
    let StepV1 { id, action, source, cause, fields, reason, .. } = step;
    if cause.is_pending() {
        return None;
    }
    let mut paths: Vec<&str> = match action {
        // Of a new skill every field differs, and of a draft only the server knows how.
        ActionV1::Create | ActionV1::Delete | ActionV1::Install => Vec::new(),
        ActionV1::Update => fields.iter().filter(|field| !field.cause().is_pending()).map(FieldV1::path).collect(),
        ActionV1::Publish => fields.iter().map(FieldV1::path).collect(),
    };
    let (rule, message) = match action {
        ActionV1::Create => (Rule::DriftMissing, format!("`{id}` is declared and not live")),
        ActionV1::Install => (Rule::DriftMissing, format!("`{id}` is declared and not live: {reason}")),
        ActionV1::Update if paths.is_empty() => (Rule::DriftChanged, format!("`{id}` is not as declared")),
        ActionV1::Update => {
            (Rule::DriftChanged, format!("`{id}` is not as declared in {}", named(paths.iter().copied())))
        }
        ActionV1::Delete => (Rule::DriftExtra, format!("`{id}` is live: {reason}")),
        ActionV1::Publish if paths.is_empty() => {
            (Rule::DriftUnpublished, format!("`{id}`: the draft is not what callers hear"))
        }
        ActionV1::Publish => {
            let named = named(paths.iter().copied());
            (Rule::DriftUnpublished, format!("`{id}`: the draft is not what callers hear in {named}"))
        }
    };
    paths.sort_unstable();
    paths.insert(0, id);
    Some(Notice { rule, level: Level::Warning, source: Some(source), message, help: None, about: paths })
}

/// Whether live skills that no manifest declares are drift.
pub(in crate::render) fn counts_unmanaged(tree: &PlanV1) -> bool {
    tree.drift.as_ref().is_some_and(|drift| drift.strict)
}

/// Live skills of one agent that no manifest declares.
fn unmanaged(skills: &[UnmanagedV1]) -> Option<Notice<'_>> {
    let agent = skills.first()?.agent.name.as_str();
    let names = first(skills.iter().map(|skill| format!("`{}`", skill.name)));
    Some(Notice {
        rule: Rule::DriftUnmanaged,
        level: Level::Warning,
        source: None,
        message: format!("`{agent}` has {} that no manifest declares: {names}", count(skills.len(), "live skill")),
        help: None,
        about: std::iter::once(agent).chain(skills.iter().map(|skill| skill.id.as_str())).collect(),
    })
}

/// What a guard holds back.
pub(in crate::render) fn held(level: Level, held: &HeldV1) -> Notice<'_> {
    let HeldV1 { id, action, source, hold, reason, .. } = held;
    Notice {
        rule: Rule::Held,
        level,
        source: Some(source),
        message: format!("`{id}`: {} is held back ({hold}): {reason}", word(*action)),
        help: None,
        about: vec![id, hold],
    }
}
