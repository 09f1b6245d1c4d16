//! Versions: publish, list, compare with the draft, roll back.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::quirk::{PublishStatus, Quirks};
use super::record::{StoredAgent, StoredSkill, StoredVersion};
use super::reply::{self, Refusal, Reply};
use super::store::Store;
use super::{check, listing, view};
use crate::api::RawRequest;
use crate::model::AgentId;

/// `POST /agents/{id}/publish`
pub(super) fn publish(store: &mut Store, id: &AgentId, request: &RawRequest) -> Reply {
    let agent = store.agent(id)?;
    let note = check::publish(request.body.as_ref())?;
    let published = agent.versions.iter().find(|version| Some(&version.id) == agent.published.as_ref());
    if published.is_some_and(|version| changes(store.quirks(), version, agent).is_empty()) {
        return Err(Refusal::NoDiff);
    }
    let version_id = store.new_version_id();
    let version = store.edit(id, |agent, now| {
        let number = agent.versions.iter().map(|version| version.number).max().unwrap_or(0).saturating_add(1);
        let (name, settings, skills) = (agent.name.clone(), agent.settings.clone(), agent.skills.clone());
        let version = StoredVersion { id: version_id, number, note, published: now, name, settings, skills };
        agent.published = Some(version.id.clone());
        agent.versions.push(version.clone());
        version
    })?;
    let status = match store.quirks().publish_status {
        PublishStatus::Ok => 200,
        PublishStatus::Created => 201,
    };
    Ok(reply::one(store.quirks(), status, view::version(store, id, &version)))
}

/// `GET /agents/{id}/versions`
pub(super) fn list(store: &Store, id: &AgentId, request: &RawRequest) -> Reply {
    let versions = &store.agent(id)?.versions;
    let show = |version: &_| view::version(store, id, version);
    listing::list(store.quirks(), &request.query, versions, |version| &version.id, show)
}

/// `GET /agents/{id}/versions/{versionId}/diff`
pub(super) fn diff(store: &Store, id: &AgentId, version: &str) -> Reply {
    let agent = store.agent(id)?;
    let changes = changes(store.quirks(), find(agent, version)?, agent);
    Ok(reply::one(store.quirks(), 200, json!({ "changes": changes })))
}

/// `POST /agents/{id}/rollback`: callers hear the older version again, and the draft stays.
pub(super) fn rollback(store: &mut Store, id: &AgentId, request: &RawRequest) -> Reply {
    let agent = store.agent(id)?;
    let version = find(agent, &check::rollback(request.body.as_ref())?)?.clone();
    if agent.published.as_ref() != Some(&version.id) {
        store.edit(id, |agent, _| agent.published = Some(version.id.clone()))?;
    }
    Ok(reply::one(store.quirks(), 200, view::version(store, id, &version)))
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
    let shown = |skill: &StoredSkill| view::fields(quirks, skill);
    let path = |skill: &StoredSkill| format!("skills/{}", skill.name());
    for before in &version.skills {
        let Some(after) = draft.skill(&before.id) else {
            found.push(change(&path(before), Some(&Json::Object(shown(before))), None));
            continue;
        };
        let (old, new) = (shown(before), shown(after));
        for key in differing(&before.fields, &after.fields) {
            found.push(change(&format!("{}/{key}", path(after)), old.get(key), new.get(key)));
        }
    }
    let known: BTreeSet<_> = version.skills.iter().map(|skill| &skill.id).collect();
    let added = draft.skills.iter().filter(|skill| !known.contains(&skill.id));
    found.extend(added.map(|skill| change(&path(skill), None, Some(&Json::Object(shown(skill))))));
    found
}

/// The keys in which two maps differ.
fn differing<'a>(before: &'a Map<String, Json>, after: &'a Map<String, Json>) -> BTreeSet<&'a String> {
    before.keys().chain(after.keys()).filter(|key| before.get(*key) != after.get(*key)).collect()
}

fn change(field: &str, before: Option<&Json>, after: Option<&Json>) -> Json {
    let kind = match (before, after) {
        (None, _) => "added",
        (Some(_), None) => "removed",
        (Some(_), Some(_)) => "changed",
    };
    json!({ "field": field, "before": before, "after": after, "kind": kind })
}
