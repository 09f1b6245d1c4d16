//! Skills: list, read, create, change, delete.

use serde_json::{Map, Value as Json};

use super::quirk::{Names, Null, Patch};
use super::record::{StoredAgent, StoredSkill};
use super::reply::{self, Refusal, Reply};
use super::rewrite::rewrite;
use super::store::Store;
use super::{check, listing, view};
use crate::api::RawRequest;
use crate::model::{AgentId, Field, SkillId};

/// `GET /agents/{id}/skills`
pub(super) fn list(store: &Store, agent: &AgentId, request: &RawRequest) -> Reply {
    let skills = &store.agent(agent)?.skills;
    listing::list(store.quirks(), &request.query, skills, StoredSkill::name, |skill| view::skill(store, agent, skill))
}

/// `GET /agents/{id}/skills/{skillId}`
pub(super) fn read(store: &Store, agent: &AgentId, id: &SkillId) -> Reply {
    let skill = find(store.agent(agent)?, id)?;
    reply::one(store.quirks(), 200, view::skill(store, agent, skill))
}

/// `POST /agents/{id}/skills`
pub(super) fn create(store: &mut Store, agent: &AgentId, request: &RawRequest) -> Reply {
    store.agent(agent)?;
    let quirks = store.quirks();
    let mut fields = check::create(request.body.as_ref())?;
    rewrite(quirks, &mut fields);
    check_name(store, agent, None, &fields)?;
    let id = store.new_skill_id();
    let skill = store.edit(agent, |agent, now| {
        let skill = StoredSkill { id, preset: None, created: now, updated: now, fields };
        agent.skills.push(skill.clone());
        skill
    })?;
    reply::one(quirks, 201, view::skill(store, agent, &skill))
}

/// `PATCH /agents/{id}/skills/{skillId}`
pub(super) fn update(store: &mut Store, agent: &AgentId, id: &SkillId, request: &RawRequest) -> Reply {
    let skill = find(store.agent(agent)?, id)?;
    let quirks = store.quirks();
    let body = check::update(request.body.as_ref())?;
    let skill_type = Field::SkillType.key();
    if body.get(skill_type).is_some_and(|word| skill.fields.get(skill_type) != Some(word)) {
        return Err(Refusal::field(skill_type, "it cannot be changed"));
    }
    let mut sent = match quirks.patch {
        Patch::Replace => body,
        Patch::Merge => merged(&skill.fields, body),
    };
    rewrite(quirks, &mut sent);
    let mut fields = skill.fields.clone();
    for (key, value) in sent {
        match (quirks.null, value) {
            (Null::Clears, Json::Null) => {
                fields.shift_remove(&key);
            }
            (Null::Clears | Null::Kept, value) => {
                fields.insert(key, value);
            }
        }
    }
    check::settings(&fields)?;
    check_name(store, agent, Some(id), &fields)?;
    store.edit(agent, |agent, now| {
        if let Some(skill) = agent.skill_mut(id) {
            skill.fields = fields;
            skill.updated = now;
        }
    })?;
    read(store, agent, id)
}

/// `DELETE /agents/{id}/skills/{skillId}`
pub(super) fn delete(store: &mut Store, agent: &AgentId, id: &SkillId) -> Reply {
    find(store.agent(agent)?, id)?;
    store.edit(agent, |agent, _| agent.skills.retain(|skill| skill.id != *id))?;
    reply::gone(store.quirks())
}

fn find<'a>(agent: &'a StoredAgent, id: &SkillId) -> Result<&'a StoredSkill, Refusal> {
    agent.skill(id).ok_or_else(|| Refusal::missing("skill", id.as_str()))
}

/// Refuses a name that another skill of the agent has, if names are unique.
fn check_name(store: &Store, agent: &AgentId, id: Option<&SkillId>, fields: &Map<String, Json>) -> Result<(), Refusal> {
    let name = fields.get("name").and_then(Json::as_str).unwrap_or_default();
    if !store.agent(agent)?.has_name(name, id) {
        return Ok(());
    }
    match store.quirks().names {
        Names::Conflict => Err(Refusal::DuplicateName(name.to_owned())),
        Names::Invalid => Err(Refusal::field("name", "the agent has a skill of this name already")),
        Names::Free => Ok(()),
    }
}

/// Lays each object that was sent over the one that is there, one level deep; `null` in it removes a key.
fn merged(old: &Map<String, Json>, sent: Map<String, Json>) -> Map<String, Json> {
    let over = |key: String, value: Json| {
        let (Some(Json::Object(below)), Json::Object(above)) = (old.get(&key), &value) else { return (key, value) };
        let mut both = below.clone();
        both.extend(above.clone());
        both.retain(|_, value| !value.is_null());
        (key, Json::Object(both))
    };
    sent.into_iter().map(|(key, value)| over(key, value)).collect()
}
