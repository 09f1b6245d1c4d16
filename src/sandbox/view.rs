//! What answers show of what is stored.

use serde_json::{Map, Value as Json, json};

use super::clock::moment;
use super::quirk::{Agents, Defaults, Extras, LatencyStat, Quirks, Secrets};
use super::record::{StoredAgent, StoredSkill, StoredVersion};
use super::store::Store;
use crate::model::{AgentId, Channel, Field};

/// What stands in place of a secret.
const MASK: &str = "********";

/// An agent, as its draft is.
pub(super) fn agent(store: &Store, agent: &StoredAgent) -> Json {
    agent_with(store, agent, Settings::Shown)
}

/// An agent as a list shows it.
pub(super) fn listed(store: &Store, agent: &StoredAgent) -> Json {
    let settings = match store.quirks().agents {
        Agents::Whole => Settings::Shown,
        Agents::Short => Settings::LeftOut,
    };
    agent_with(store, agent, settings)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settings {
    Shown,
    LeftOut,
}

fn agent_with(store: &Store, agent: &StoredAgent, settings: Settings) -> Json {
    let mut shown = members(json!({
        "id": agent.id.as_str(),
        "organizationId": store.organization(),
        "name": agent.name,
        "version": agent.version,
        "primaryLanguage": "en-US",
        "enabledChannels": Channel::KNOWN,
        "isActive": true,
        "publishedVersionId": agent.published,
    }));
    if settings == Settings::Shown {
        shown.extend(agent.settings.clone());
    }
    shown.insert("createdAt".to_owned(), Json::String(moment(agent.created)));
    shown.insert("updatedAt".to_owned(), Json::String(moment(agent.updated)));
    extra(store.quirks(), &mut shown);
    Json::Object(shown)
}

/// A skill of an agent.
pub(super) fn skill(store: &Store, agent: &AgentId, skill: &StoredSkill) -> Json {
    let quirks = store.quirks();
    let mut shown = Map::with_capacity(Field::ALL.len() + Field::SERVER_OWNED.len() + 1);
    let mut own = |key: &str, value: String| shown.insert(key.to_owned(), Json::String(value));
    own("id", skill.id.as_str().to_owned());
    own("agentId", agent.as_str().to_owned());
    own("organizationId", store.organization());
    shown.extend(fields(quirks, skill));
    if quirks.defaults == Defaults::Filled {
        for field in Field::ALL.iter().filter(|field| !skill.fields.contains_key(field.key())) {
            shown.extend(default_of(*field).map(|value| (field.key().to_owned(), value)));
        }
    }
    if quirks.latency_stat == LatencyStat::Present {
        shown.insert("expectedLatencyMs".to_owned(), Json::from(store.requests().saturating_add(240)));
    }
    shown.insert("createdAt".to_owned(), Json::String(moment(skill.created)));
    shown.insert("updatedAt".to_owned(), Json::String(moment(skill.updated)));
    extra(quirks, &mut shown);
    Json::Object(shown)
}

/// A published version.
pub(super) fn version(store: &Store, agent: &AgentId, version: &StoredVersion) -> Json {
    let quirks = store.quirks();
    let skills = version.skills.iter().map(|skill| {
        let mut compiled = members(json!({ "id": skill.id.as_str() }));
        compiled.extend(fields(quirks, skill));
        Json::Object(compiled)
    });
    let mut shown = members(json!({
        "id": version.id,
        "agentId": agent.as_str(),
        "version": version.number,
        "compiledConfig": { "name": version.name, "settings": version.settings, "skills": skills.collect::<Vec<_>>() },
        "note": version.note,
        "publishedAt": moment(version.published),
        "publishedBy": "usr_sandbox",
    }));
    extra(quirks, &mut shown);
    Json::Object(shown)
}

/// A skill's own fields, with its secrets as answers show them.
pub(super) fn fields(quirks: Quirks, skill: &StoredSkill) -> impl Iterator<Item = (String, Json)> {
    skill.fields.iter().map(move |(key, value)| {
        let shown = if key == Field::ExecutionConfig.key() { config(quirks, value) } else { value.clone() };
        (key.clone(), shown)
    })
}

fn config(quirks: Quirks, stored: &Json) -> Json {
    let mut shown = stored.clone();
    let Json::Object(config) = &mut shown else { return shown };
    match quirks.secrets {
        Secrets::Clear => {}
        Secrets::Masked => {
            let headers = config.get_mut("headers").and_then(Json::as_object_mut);
            for value in headers.into_iter().flat_map(Map::values_mut) {
                *value = Json::String(MASK.to_owned());
            }
        }
        Secrets::Dropped => {
            config.shift_remove("headers");
        }
    }
    shown
}

/// What a field shows that nobody set.
fn default_of(field: Field) -> Option<Json> {
    match field {
        Field::Description | Field::SkillType | Field::ParametersSchema => None,
        Field::RequiredParams | Field::AllowedFields => Some(json!([])),
        Field::ExecutionConfig | Field::DataEgressMap | Field::ErrorHandling => Some(json!({})),
        Field::ToolMode => Some(json!("two_way")),
        Field::IsWrite | Field::RequiresVerifiedIdentity | Field::RequiresConfirmation | Field::NonParallelizable => {
            Some(json!(false))
        }
        Field::VerificationLevel => Some(json!("none")),
        Field::Channels => Some(json!(Channel::KNOWN)),
        Field::IsEnabled => Some(json!(true)),
        Field::Stakes => Some(json!("low")),
        Field::AvailabilityWindow => Some(json!("both")),
    }
}

/// Adds members that no page describes.
fn extra(quirks: Quirks, shown: &mut Map<String, Json>) {
    if quirks.extras == Extras::Unknown {
        shown.insert("etag".to_owned(), json!(format!("W/{}", shown.len())));
        shown.insert("labels".to_owned(), json!({ "origin": "builder", "tier": null }));
    }
}

fn members(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => Map::new(),
    }
}
