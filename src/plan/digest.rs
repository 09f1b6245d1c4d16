use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::geocode::unplaced;
use super::step::{Action, Step};
use super::{Plan, Unmanaged};
use crate::diff::{Difference, FieldChange, shown};
use crate::model::{Digest, DraftChange, Field, Slug, Value, Via};

/// Hashes the digests of its agents' steps: what is written, where, and over which live values.
///
/// Each agent's steps have a digest of their own, so that what the shares of a plan say of theirs can be joined to the
/// digest of the whole, which no share has seen. They are hashed in their own order, whatever that of the agents is.
///
/// The encoding is JSON with sorted keys and no white space, so neither the order of a manifest's keys nor a change in
/// how plans are shown changes a digest. Secrets count by reference and hidden live values not at all, since a digest is
/// public and a short value could be guessed from it. Reasons, places and causes do not count.
pub(super) fn digest(plan: &Plan) -> Digest {
    joined(parts(plan).into_values())
}

/// The digest of the steps of each agent that has any.
pub(super) fn parts(plan: &Plan) -> BTreeMap<&Slug, Digest> {
    let mut steps: BTreeMap<&Slug, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        steps.entry(&step.agent.name).or_default().push(step);
    }
    steps.into_iter().map(|(agent, steps)| (agent, of_steps(&plan.target, steps))).collect()
}

/// Hashes the digests of parts that have nothing in common.
pub fn joined(parts: impl IntoIterator<Item = Digest>) -> Digest {
    let mut parts: Vec<Digest> = parts.into_iter().collect();
    parts.sort();
    hashed(&json!({ "parts": parts.iter().map(Digest::as_str).collect::<Vec<_>>() }))
}

/// Hashes some steps of a target, as a plan of them alone would be.
pub(super) fn of_steps<'s>(target: &str, steps: impl IntoIterator<Item = &'s Step>) -> Digest {
    let steps: Vec<Json> = steps.into_iter().map(step).collect();
    hashed(&json!({ "target": target, "steps": steps }))
}

/// Hashes changes of drafts, agent by agent. Of a value every part counts but what may be a secret.
pub(super) fn of_drafts(target: &str, drafts: &[(String, Vec<&DraftChange>)]) -> Digest {
    let draft = |(agent, changes): &(String, Vec<&DraftChange>)| {
        let changes: Vec<Json> = changes.iter().map(|change| draft_change(change)).collect();
        json!({ "agent": agent, "changes": changes })
    };
    hashed(&json!({ "target": target, "drafts": drafts.iter().map(draft).collect::<Vec<_>>() }))
}

fn draft_change(change: &DraftChange) -> Json {
    let DraftChange { field, before, after } = change;
    let is_sensitive = change.is_sensitive();
    let shown =
        |value: &Option<Json>| value.as_ref().filter(|_| !is_sensitive).and_then(|value| shown(change.key(), value));
    json!([field, before.is_some(), shown(before), after.is_some(), shown(after)])
}

/// Hashes one step, whatever must have been done before it: of that nothing is left once it is done.
pub(super) fn of_step(one: &Step) -> Digest {
    let said = json!({ "agent": one.agent.id.as_str(), "action": one.action.verb().word(), "what": what(&one.action) });
    hashed(&with_geocode(said, one))
}

/// Hashes what moved without the manifests, of each agent of which anything did: the steps as they are, of what is held
/// its address.
pub(super) fn fingerprints<'p>(plan: &'p Plan, strange: &'p [Unmanaged]) -> BTreeMap<&'p Slug, Digest> {
    let mut all: BTreeMap<&Slug, Drifted<'_>> = BTreeMap::new();
    for one in plan.steps.iter().filter(|one| !one.is_pending()) {
        all.entry(&one.agent.name).or_default().steps.push(step(one));
    }
    for held in plan.held.iter().filter(|held| !held.is_pending()) {
        all.entry(&held.agent.name).or_default().held.push(&held.id);
    }
    for unmanaged in strange {
        all.entry(&unmanaged.agent.name).or_default().strange.push(unmanaged.id.as_str());
    }
    let hash = |agent: &Slug, drifted: &Drifted<'_>| {
        let (Drifted { steps, held, strange }, agent) = (drifted, agent.as_str());
        hashed(&json!({ "target": plan.target, "agent": agent, "drift": steps, "held": held, "strange": strange }))
    };
    all.into_iter().map(|(agent, drifted)| (agent, hash(agent, &drifted))).collect()
}

/// What of one agent moved without the manifests.
#[derive(Default)]
struct Drifted<'p> {
    steps: Vec<Json>,
    held: Vec<&'p str>,
    strange: Vec<&'p str>,
}

fn hashed(value: &Json) -> Digest {
    let mut text = String::new();
    canonical(value, &mut text);
    Digest::of(text)
}

fn step(step: &Step) -> Json {
    let Step { id, agent, action, place: _, reason: _, needs, moved: _, meaning: _, geocode: _ } = step;
    let said = json!({ "id": id, "agent": agent.id.as_str(), "needs": needs, "action": action.verb().word(), "what": what(action) });
    with_geocode(said, step)
}

/// Coordinates that are asked for only then are part of what is done; a step that asks for none is named as ever.
fn with_geocode(mut said: Json, step: &Step) -> Json {
    if !unplaced(step).is_empty()
        && let Json::Object(said) = &mut said
    {
        said.insert("geocode".to_owned(), true.into());
    }
    said
}

fn what(action: &Action) -> Json {
    match action {
        Action::Create { name, fields } | Action::UpdatePreset { name, fields } => {
            json!({ "name": name.as_str(), "fields": declared(fields) })
        }
        Action::Update { id, name, was, changes, seen: _ } => json!({
            "id": id.as_str(),
            "name": name.as_str(),
            "was": was.as_ref().map(|former| former.name.as_str()),
            "changes": changes.iter().map(change).collect::<Vec<_>>(),
        }),
        Action::Delete { id, name, by: _, seen } => {
            json!({ "id": id.as_str(), "name": name.as_str(), "seen": seen.shown() })
        }
        Action::Install { kind, via: Via::Pack, missing } => {
            json!({ "kind": kind.as_str(), "missing": texts(missing) })
        }
        Action::Install { kind, via: Via::Actions(actions), missing } => {
            json!({ "kind": kind.as_str(), "actions": texts(actions), "missing": texts(missing) })
        }
        Action::Publish { over: _, draft, ours } if ours.allowed().is_empty() => json!({ "draft": draft }),
        Action::Publish { over: _, draft, ours } => {
            let allowed: Vec<Json> = ours.allowed().iter().map(draft_change).collect();
            json!({ "draft": draft, "allowed": allowed })
        }
    }
}

fn texts<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(|one| one.to_string()).collect()
}

fn declared(fields: &BTreeMap<Field, Value>) -> Json {
    fields
        .iter()
        .map(|(field, value)| (field.key().to_owned(), value.to_shown_json()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn change(change: &FieldChange) -> Json {
    let FieldChange { field, differences, send: _ } = change;
    let mut differences: Vec<&Difference> = differences.iter().collect();
    differences.sort_by(|a, b| a.path.cmp(&b.path));
    json!({ "field": field.key(), "differences": differences.into_iter().map(difference).collect::<Vec<_>>() })
}

/// A declared value is a reference where it is a secret; a live one counts not at all where it may be.
fn difference(difference: &Difference) -> Json {
    let Difference { path, before, after, is_sensitive, moved: _ } = difference;
    let before = if *is_sensitive { &None } else { before };
    json!([path, before, after])
}

fn canonical(value: &Json, out: &mut String) {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => out.push_str(&value.to_string()),
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        Json::Object(map) => {
            let sorted: BTreeMap<&String, &Json> = map.iter().collect();
            out.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Json::String(key.clone()).to_string());
                out.push(':');
                canonical(value, out);
            }
            out.push('}');
        }
    }
}
