//! What answers show of what is stored.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::clock::moment;
use super::quirk::{Agents, Defaults, Extras, LatencyStat, Quirks, Secrets};
use super::record::{StoredAgent, StoredSkill, StoredVersion};
use super::store::Store;
use crate::model::{AgentId, Channel, Field};

/// What stands in place of a secret.
const MASK: &str = "********";

/// An object as an answer shows it. The values of settings and fields are not copied for it.
pub(super) type Shown<'a> = IndexMap<&'a str, Cow<'a, Json>>;

/// An agent, as its draft is.
pub(super) fn agent<'a>(store: &Store, agent: &'a StoredAgent) -> Shown<'a> {
    let mut shown = head(store, agent);
    shown.extend(agent.settings.iter().map(|(key, value)| (key.as_str(), Cow::Borrowed(value))));
    dated(store.quirks(), shown, agent.created, agent.updated)
}

/// An agent as a list shows it.
pub(super) fn listed<'a>(store: &Store, agent: &'a StoredAgent) -> Shown<'a> {
    match store.quirks().agents {
        Agents::Whole => self::agent(store, agent),
        Agents::Short => dated(store.quirks(), head(store, agent), agent.created, agent.updated),
    }
}

fn head<'a>(store: &Store, agent: &StoredAgent) -> Shown<'a> {
    members([
        ("id", json!(agent.id.as_str())),
        ("organizationId", json!(store.organization())),
        ("name", json!(agent.name)),
        ("version", json!(agent.version)),
        ("primaryLanguage", json!("en-US")),
        ("enabledChannels", json!(Channel::KNOWN)),
        ("isActive", json!(true)),
        ("publishedVersionId", json!(agent.published)),
    ])
    .collect()
}

/// A skill of an agent.
pub(super) fn skill<'a>(store: &Store, agent: &AgentId, skill: &'a StoredSkill) -> Shown<'a> {
    let quirks = store.quirks();
    let mut shown = Shown::with_capacity(Field::ALL.len() + Field::SERVER_OWNED.len() + 1);
    shown.extend(members([
        ("id", json!(skill.id.as_str())),
        ("agentId", json!(agent.as_str())),
        ("organizationId", json!(store.organization())),
    ]));
    shown.extend(fields(quirks, skill));
    if quirks.defaults == Defaults::Filled {
        for field in Field::ALL.iter().filter(|field| !skill.fields.contains_key(field.key())) {
            shown.extend(default_of(*field).map(|value| (field.key(), Cow::Owned(value))));
        }
    }
    if quirks.latency_stat == LatencyStat::Present {
        shown.extend(members([("expectedLatencyMs", json!(store.requests().saturating_add(240)))]));
    }
    dated(quirks, shown, skill.created, skill.updated)
}

/// A published version.
pub(super) fn version<'a>(store: &Store, agent: &AgentId, version: &StoredVersion) -> Shown<'a> {
    let quirks = store.quirks();
    let skills = version.skills.iter().map(|skill| {
        let id = members([("id", json!(skill.id.as_str()))]);
        id.chain(fields(quirks, skill)).collect::<Shown<'_>>()
    });
    let shown = members([
        ("id", json!(version.id)),
        ("agentId", json!(agent.as_str())),
        ("version", json!(version.number)),
        (
            "compiledConfig",
            json!({ "name": version.name, "settings": version.settings, "skills": skills.collect::<Vec<_>>() }),
        ),
        ("note", json!(version.note)),
        ("publishedAt", json!(moment(version.published))),
        ("publishedBy", json!("usr_sandbox")),
    ]);
    surprising(quirks, shown.collect())
}

/// A skill's own fields, with its secrets as answers show them.
pub(super) fn fields(quirks: Quirks, skill: &StoredSkill) -> impl Iterator<Item = (&str, Cow<'_, Json>)> {
    skill.fields.iter().map(move |(key, value)| {
        let config = value.as_object().filter(|_| key == Field::ExecutionConfig.key());
        let hidden = config.and_then(|config| without_secrets(quirks, config));
        (key.as_str(), hidden.map_or(Cow::Borrowed(value), |config| Cow::Owned(Json::Object(config))))
    })
}

/// The settings of a skill as they are shown, if that is not how they are.
fn without_secrets(quirks: Quirks, config: &Map<String, Json>) -> Option<Map<String, Json>> {
    const HEADERS: &str = "headers";
    let headers = config.get(HEADERS)?;
    match quirks.secrets {
        Secrets::Clear => None,
        Secrets::Masked => {
            let masked = headers.as_object()?.keys().map(|name| (name.clone(), Json::from(MASK)));
            let mut shown = config.clone();
            shown.insert(HEADERS.to_owned(), Json::Object(masked.collect()));
            Some(shown)
        }
        Secrets::Dropped => {
            let mut shown = config.clone();
            shown.shift_remove(HEADERS);
            Some(shown)
        }
    }
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

/// Members that are made for the answer.
fn members<const N: usize>(all: [(&str, Json); N]) -> impl Iterator<Item = (&str, Cow<'_, Json>)> {
    all.into_iter().map(|(key, value)| (key, Cow::Owned(value)))
}

/// The object with when it was made and changed, and whatever else the server adds.
fn dated(quirks: Quirks, mut shown: Shown<'_>, created: u64, updated: u64) -> Shown<'_> {
    shown.extend(members([("createdAt", json!(moment(created))), ("updatedAt", json!(moment(updated)))]));
    surprising(quirks, shown)
}

/// The object with members that no page describes.
fn surprising(quirks: Quirks, mut shown: Shown<'_>) -> Shown<'_> {
    if quirks.extras == Extras::Unknown {
        let labels = json!({ "origin": "builder", "tier": null });
        shown.extend(members([("etag", json!(format!("W/{}", shown.len()))), ("labels", labels)]));
    }
    shown
}
