//! Versions: publish, list, compare with the draft, roll back.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::quirk::PublishStatus;
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
    // Compared as stored: a changed secret is a change, whatever answers show of it.
    if published.is_some_and(|version| changes(version, agent, |skill| skill.fields.clone()).is_empty()) {
        return Err(Refusal::NoDiff);
    }
    let version_id = store.new_version_id();
    let version = store.edit(id, |agent, now| {
        let number = agent.versions.iter().map(|version| version.number).max().unwrap_or(0) + 1;
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
    let quirks = store.quirks();
    let changes = changes(find(agent, version)?, agent, |skill| view::fields(quirks, skill));
    Ok(reply::one(quirks, 200, json!({ "changes": changes })))
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

/// What is different in the draft, seen from a version.
fn changes(
    version: &StoredVersion,
    draft: &StoredAgent,
    fields: impl Fn(&StoredSkill) -> Map<String, Json>,
) -> Vec<Json> {
    let mut found = Vec::new();
    if version.name != draft.name {
        found.push(change("name", Some(&json!(version.name)), Some(&json!(draft.name))));
    }
    between("", &version.settings, &draft.settings, &mut found);
    for before in &version.skills {
        let path = |skill: &StoredSkill| format!("skills/{}", skill.name());
        match draft.skill(&before.id) {
            Some(after) => between(&format!("{}/", path(after)), &fields(before), &fields(after), &mut found),
            None => found.push(change(&path(before), Some(&Json::Object(fields(before))), None)),
        }
    }
    let known: BTreeSet<_> = version.skills.iter().map(|skill| &skill.id).collect();
    let added = draft.skills.iter().filter(|skill| !known.contains(&skill.id));
    found.extend(
        added.map(|skill| change(&format!("skills/{}", skill.name()), None, Some(&Json::Object(fields(skill))))),
    );
    found
}

/// Adds the keys in which two maps differ.
fn between(prefix: &str, before: &Map<String, Json>, after: &Map<String, Json>, found: &mut Vec<Json>) {
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        if old != new {
            found.push(change(&format!("{prefix}{key}"), old, new));
        }
    }
}

fn change(field: &str, before: Option<&Json>, after: Option<&Json>) -> Json {
    let kind = match (before, after) {
        (None, _) => "added",
        (Some(_), None) => "removed",
        (Some(_), Some(_)) => "changed",
    };
    json!({ "field": field, "before": before, "after": after, "kind": kind })
}
