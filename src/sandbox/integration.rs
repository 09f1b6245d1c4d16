//! Integrations: the catalog, the connections, and the skills that a provider brings.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::preset::{self, Preset, Provider};
use super::quirk::{Arrival, Installs, Names, PresetMatch, Quirks, Reserved};
use super::record::{StoredAgent, StoredSkill};
use super::reply::{self, Refusal, Reply};
use super::rewrite::rewrite;
use super::store::Store;
use super::{check, view};
use crate::api::RawRequest;
use crate::model::{AgentId, Field, ProviderKind};

/// `GET /integrations/catalog`
pub(super) fn catalog(store: &Store) -> Reply {
    let entry = |provider: &Provider| {
        json!({
            "kind": provider.kind,
            "name": provider.name,
            "category": provider.category,
            "blurb": provider.blurb,
            "logo": provider.kind.replace('_', "-"),
            "actionCount": provider.actions().len(),
            "hasPack": !provider.presets.is_empty(),
            "connected": store.is_connected(&ProviderKind::read(provider.kind)),
        })
    };
    reply::all(store.quirks(), &offered(store).map(entry).collect::<Vec<_>>())
}

/// The providers that are not kept for later.
fn offered(store: &Store) -> impl Iterator<Item = &'static Provider> {
    let quirks = store.quirks();
    preset::PROVIDERS.iter().filter(move |provider| !is_reserved(quirks, &ProviderKind::read(provider.kind)))
}

fn is_reserved(quirks: Quirks, kind: &ProviderKind) -> bool {
    quirks.reserved == Reserved::Refused && kind.may_be_reserved()
}

/// The provider that a route is about, unless it is kept for later.
fn open(store: &Store, kind: &ProviderKind) -> Result<Option<&'static Provider>, Refusal> {
    if is_reserved(store.quirks(), kind) { Err(Refusal::Reserved(kind.clone())) } else { Ok(preset::provider(kind)) }
}

/// `GET /integrations`
pub(super) fn connections(store: &Store) -> Reply {
    let entry = |kind| json!({ "kind": kind, "status": "connected", "accountLabel": format!("{kind} (sandbox)") });
    reply::all(store.quirks(), &store.connections().map(entry).collect::<Vec<_>>())
}

/// `POST /agents/{id}/integrations/{kind}/pack/install`
pub(super) fn install(store: &mut Store, agent: &AgentId, kind: &ProviderKind) -> Reply {
    store.agent(agent)?;
    let provider = open(store, kind)?.ok_or_else(|| Refusal::NoPack(kind.clone()))?;
    if !store.is_connected(kind) {
        return Err(Refusal::NotConnected(kind.clone()));
    }
    add(store, agent, provider, &provider.presets.iter().collect::<Vec<_>>())
}

/// `POST /agents/{id}/integrations/{kind}/provision`
pub(super) fn provision(store: &mut Store, agent: &AgentId, kind: &ProviderKind, request: &RawRequest) -> Reply {
    store.agent(agent)?;
    let asked = check::provision(request.body.as_ref())?;
    let provider = open(store, kind)?.filter(|provider| !provider.actions().is_empty());
    let provider = provider.ok_or_else(|| Refusal::NoActions(kind.clone()))?;
    if !store.is_connected(kind) {
        return Err(Refusal::NotConnected(kind.clone()));
    }
    let actions = provider.actions();
    let find = |(index, slug): (usize, &String)| {
        let action = actions.iter().find(|action| action.slug == slug);
        action.ok_or_else(|| Refusal::field(format!("actions.{index}"), format!("`{kind}` has no such action")))
    };
    let mut chosen: Vec<&Preset> = asked.iter().enumerate().map(find).collect::<Result<_, _>>()?;
    if chosen.is_empty() {
        chosen = actions.iter().collect();
    }
    let mut seen = BTreeSet::new();
    chosen.retain(|action| seen.insert(action.slug));
    add(store, agent, provider, &chosen)
}

/// Puts presets on an agent that it has not got, all or none or but for the last, and shows each.
fn add(store: &mut Store, agent: &AgentId, provider: &Provider, presets: &[&Preset]) -> Reply {
    let quirks = store.quirks();
    let mut made = Vec::new();
    for preset in presets {
        let stored = store.agent(agent)?;
        if existing(stored, quirks.preset_match, provider, preset).is_some() {
            continue;
        }
        if quirks.names != Names::Free && stored.has_name(preset.name, None) {
            return Err(Refusal::DuplicateName(preset.name.to_owned()));
        }
        let mut fields = preset.fields();
        if quirks.arrival == Arrival::Disabled {
            fields.insert(Field::IsEnabled.key().to_owned(), Json::Bool(false));
        }
        rewrite(quirks, &mut fields);
        made.push((provider.key(preset), fields));
    }
    let is_cut = quirks.installs != Installs::Whole && made.len() > 1;
    if is_cut {
        made.pop();
    }
    let made: Vec<_> = made.into_iter().map(|(key, fields)| (store.new_skill_id(), key, fields)).collect();
    let new: Vec<_> = made.iter().map(|(id, ..)| id.clone()).collect();
    if !made.is_empty() {
        store.edit(agent, |agent, now| {
            for (id, key, fields) in made {
                agent.skills.push(StoredSkill { id, preset: Some(key), created: now, updated: now, fields });
            }
        })?;
    }
    if is_cut && quirks.installs == Installs::Failing {
        return Err(Refusal::Broken("Not all skills could be made.".to_owned()));
    }
    let stored = store.agent(agent)?;
    let found = presets.iter().filter_map(|preset| existing(stored, quirks.preset_match, provider, preset));
    let shown =
        found.map(|skill| json!({ "skill": view::skill(store, agent, skill), "created": new.contains(&skill.id) }));
    reply::one(quirks, 200, Json::Array(shown.collect()))
}

/// The skill that a preset would be.
fn existing<'a>(
    agent: &'a StoredAgent,
    matches: PresetMatch,
    provider: &Provider,
    preset: &Preset,
) -> Option<&'a StoredSkill> {
    agent.skills.iter().find(|skill| match matches {
        PresetMatch::Name => skill.name() == preset.name,
        PresetMatch::Key => skill.preset.as_deref() == Some(provider.key(preset).as_str()),
    })
}
