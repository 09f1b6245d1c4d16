//! Versions: publish, list, compare with the draft, roll back.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::quirk::{PublishStatus, Quirks};
use super::record::{StoredAgent, StoredSkill, StoredVersion};
use super::reply::{self, Refusal, Reply};
use super::store::Store;
use super::{check, listing, view};
use crate::api::RawRequest;
use crate::model::{AgentId, Field};

/// `POST /agents/{id}/publish`
pub(super) fn publish(store: &mut Store, id: &AgentId, request: &RawRequest) -> Reply {
    let agent = store.agent(id)?;
    let note = check::publish(request.body.as_ref())?;
    let published = agent.versions.iter().find(|version| Some(&version.id) == agent.published.as_ref());
    if published.is_some_and(|version| changes(store.quirks(), version, agent).is_empty()) {
        return Err(Refusal::NoDiff);
    }
    let version = released(store, id, note)?;
    let status = match store.quirks().publish_status {
        PublishStatus::Ok => 200,
        PublishStatus::Created => 201,
    };
    reply::one(store.quirks(), status, view::version(store, id, &version))
}

/// Makes a version of the draft, and lets callers hear it.
pub(super) fn released(store: &mut Store, id: &AgentId, note: Option<String>) -> Result<StoredVersion, Refusal> {
    let version_id = store.new_version_id();
    store.edit(id, |agent, now| {
        let number = agent.versions.iter().map(|version| version.number).max().unwrap_or(0).saturating_add(1);
        let (name, settings, skills) = (agent.name.clone(), agent.settings.clone(), agent.skills.clone());
        let version = StoredVersion { id: version_id, number, note, published: now, name, settings, skills };
        agent.published = Some(version.id.clone());
        agent.versions.push(version.clone());
        version
    })
}

/// `GET /agents/{id}/versions`
pub(super) fn list(store: &Store, id: &AgentId, request: &RawRequest) -> Reply {
    let versions = &store.agent(id)?.versions;
    listing::list(
        store.quirks(),
        &request.query,
        versions,
        |version| &version.id,
        |version| view::version(store, id, version),
    )
}

/// `GET /agents/{id}/versions/{versionId}/diff`
pub(super) fn diff(store: &Store, id: &AgentId, version: &str) -> Reply {
    let agent = store.agent(id)?;
    let changes = changes(store.quirks(), find(agent, version)?, agent);
    reply::one(store.quirks(), 200, json!({ "changes": changes }))
}

/// `GET /agents/{id}/prepublish-report`: what a publish would mean, in plain words.
///
/// Its parts are known from the platform's guides, the names of its fields are not.
pub(super) fn report(store: &Store, id: &AgentId) -> Reply {
    let agent = store.agent(id)?;
    let is = |skill: &StoredSkill, field: Field| skill.fields.get(field.key()) == Some(&Json::Bool(true));
    let sends =
        |skill: &StoredSkill| skill.fields.get(Field::DataEgressMap.key()).cloned().unwrap_or_else(|| json!({}));
    let skills = agent.skills.iter().map(|skill| json!({ "name": skill.name(), "sends": sends(skill) }));
    let warnings = agent.skills.iter().filter(|skill| {
        let is_enabled = skill.fields.get(Field::IsEnabled.key()) != Some(&Json::Bool(false));
        is_enabled && is(skill, Field::IsWrite) && !is(skill, Field::RequiresConfirmation)
    });
    let warnings = warnings.map(|skill| {
        let message = format!("{} changes data without asking the caller to confirm.", skill.name());
        json!({ "message": message })
    });
    let report = json!({
        "willSay": [format!("It answers as {}.", agent.name)],
        "wontSay": [],
        "skills": skills.collect::<Vec<_>>(),
        "guardrails": [],
        "knowledge": { "sources": 0 },
        "warnings": warnings.collect::<Vec<_>>(),
    });
    reply::one(store.quirks(), 200, report)
}

/// `POST /agents/{id}/rollback`: callers hear the older version again, and the draft stays.
pub(super) fn rollback(store: &mut Store, id: &AgentId, request: &RawRequest) -> Reply {
    let agent = store.agent(id)?;
    let version = find(agent, &check::rollback(request.body.as_ref())?)?.clone();
    if agent.published.as_ref() != Some(&version.id) {
        store.edit(id, |agent, _| agent.published = Some(version.id.clone()))?;
    }
    reply::one(store.quirks(), 200, view::version(store, id, &version))
}

fn find<'a>(agent: &'a StoredAgent, id: &str) -> Result<&'a StoredVersion, Refusal> {
    let version = agent.versions.iter().find(|version| version.id == id);
    version.ok_or_else(|| Refusal::missing("version", id))
}

/// What is different in the draft, seen from a version. Compared as stored, so that a secret that changed is a change;
/// shown as answers show it.
fn changes(quirks: Quirks, version: &StoredVersion, draft: &StoredAgent) -> Vec<Json> {
    let mut found = Vec::new();
    if version.name != draft.name {
        found.push(change("name", Some(&json!(version.name)), Some(&json!(draft.name))));
    }
    for key in differing(&version.settings, &draft.settings) {
        found.push(change(key, version.settings.get(key), draft.settings.get(key)));
    }
    let shown = |skill| view::fields(quirks, skill).collect::<view::Shown<'_>>();
    let path = |skill: &StoredSkill| format!("skills/{}", skill.name());
    for before in &version.skills {
        let Some(after) = draft.skill(&before.id) else {
            found.push(change(&path(before), Some(&shown(before)), None));
            continue;
        };
        let (old, new) = (shown(before), shown(after));
        for key in differing(&before.fields, &after.fields) {
            found.push(change(&format!("{}/{key}", path(after)), old.get(key.as_str()), new.get(key.as_str())));
        }
    }
    let known: BTreeSet<_> = version.skills.iter().map(|skill| &skill.id).collect();
    let added = draft.skills.iter().filter(|skill| !known.contains(&skill.id));
    found.extend(added.map(|skill| change(&path(skill), None, Some(&shown(skill)))));
    found
}

/// The keys in which two maps differ.
fn differing<'a>(before: &'a Map<String, Json>, after: &'a Map<String, Json>) -> BTreeSet<&'a String> {
    before.keys().chain(after.keys()).filter(|key| before.get(*key) != after.get(*key)).collect()
}

fn change<T: Serialize>(field: &str, before: Option<&T>, after: Option<&T>) -> Json {
    let kind = match (before, after) {
        (None, _) => "added",
        (Some(_), None) => "removed",
        (Some(_), Some(_)) => "changed",
    };
    json!({ "field": field, "before": before, "after": after, "kind": kind })
}
