//! Everything that the sandbox knows: the organization, its agents and what was asked of it so far.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::clock::id_text;
use super::quirk::Quirks;
use super::record::{StoredAgent, StoredSkill};
use super::register::Register;
use super::reply::Refusal;
use crate::api::{Method, RawRequest, Scope};
use crate::model::{AgentId, ProviderKind, Secret, SkillId};

/// Events that are kept; older ones are forgotten, but still counted.
const EVENTS: usize = 10_000;

/// Idempotency keys that are kept.
const KEYS: usize = 10_000;

/// The state of the control plane. One organization; any key of the right form opens it.
///
/// It serializes as the sandbox's file, under the format's name. Time and ids are counted in it, so a copy of a store
/// goes on exactly as the original would. It holds secrets that were sent to it, so its `Debug` form shows only counts.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    format: Format,
    seed: u64,
    quirks: Quirks,
    clock: u64,
    ids: u64,
    requests: u64,
    writes: u64,
    connections: BTreeSet<String>,
    keys: BTreeMap<String, BTreeSet<String>>,
    pub(super) agents: Register,
    remembered: IndexMap<String, Remembered>,
    events: Vec<Event>,
}

/// The file formats that this version reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "flowops.sandbox/v1")]
    V1,
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Counts all requests from 1.
    pub sequence: u64,
    /// The method's word on the wire.
    pub method: String,
    /// The path below the base path.
    pub path: String,
    /// The answer's status; 0 if a fault let no answer be.
    pub status: u16,
    /// Whether anything is different since.
    pub changed: bool,
}

/// The first answer to a request that carried an `Idempotency-Key`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remembered {
    /// Tells the same request from another one.
    pub(super) fingerprint: String,
    /// The answer's status.
    pub(super) status: u16,
    /// The answer's content type.
    pub(super) content_type: String,
    /// The answer's body.
    pub(super) body: String,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Store");
        shown.field("quirks", &self.quirks).field("agents", &self.agents.len()).field("requests", &self.requests);
        shown.finish_non_exhaustive()
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Store {
    /// The name of the file format, as its `format` states it.
    pub const FORMAT: &'static str = "flowops.sandbox/v1";

    /// An organization with nothing in it. The seed decides the ids.
    pub fn new(seed: u64) -> Self {
        Self {
            format: Format::V1,
            seed,
            quirks: Quirks::default(),
            clock: 0,
            ids: 0,
            requests: 0,
            writes: 0,
            connections: BTreeSet::new(),
            keys: BTreeMap::new(),
            agents: Register::default(),
            remembered: IndexMap::new(),
            events: Vec::new(),
        }
    }

    /// The same with other quirks.
    #[must_use]
    pub fn with_quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    /// How the open questions are answered.
    pub fn quirks(&self) -> Quirks {
        self.quirks
    }

    /// Answers the open questions anew. What is stored already stays as it is.
    pub fn set_quirks(&mut self, quirks: Quirks) {
        self.quirks = quirks;
    }

    /// Makes sure that an agent exists: the one of that id, else the first of that name, else a new one.
    pub fn seed_agent(&mut self, id: Option<&AgentId>, name: &str) -> AgentId {
        if let Some(agent) = id.map_or_else(|| self.agents.named(name), |id| self.agents.get(id)) {
            return agent.id.clone();
        }
        let id = id.cloned().unwrap_or_else(|| self.new_agent_id());
        self.clock = self.clock.saturating_add(1);
        self.agents.add(StoredAgent::new(id.clone(), name, self.clock));
        id
    }

    /// Adds a skill as it is, unchecked, as if another version of the platform had made it. `None`: no such agent.
    pub fn seed_skill(&mut self, agent: &AgentId, fields: Map<String, Json>) -> Option<SkillId> {
        let id = self.new_skill_id();
        self.edit(agent, |agent, now| {
            agent.skills.push(StoredSkill { id: id.clone(), preset: None, created: now, updated: now, fields });
            id
        })
        .ok()
    }

    /// Changes a skill as somebody in the dashboard would, without a request. `false`: no such skill.
    pub fn edit_skill(
        &mut self,
        agent: &AgentId,
        skill: &SkillId,
        change: impl FnOnce(&mut Map<String, Json>),
    ) -> bool {
        self.has_skill(agent, skill)
            && self
                .edit(agent, |agent, now| {
                    if let Some(skill) = agent.skill_mut(skill) {
                        change(&mut skill.fields);
                        skill.updated = now;
                    }
                })
                .is_ok()
    }

    /// Removes a skill as somebody in the dashboard would, without a request. `false`: no such skill.
    pub fn drop_skill(&mut self, agent: &AgentId, skill: &SkillId) -> bool {
        self.has_skill(agent, skill) && self.edit(agent, |agent, _| agent.skills.retain(|it| it.id != *skill)).is_ok()
    }

    /// Changes an agent's settings (its greeting, its persona) as somebody in the dashboard would, without a request.
    /// `false`: no such agent.
    pub fn edit_agent(&mut self, agent: &AgentId, change: impl FnOnce(&mut Map<String, Json>)) -> bool {
        self.edit(agent, |agent, _| change(&mut agent.settings)).is_ok()
    }

    /// Makes caller verification of an agent refer to a skill. `false`: no such agent.
    pub fn verify_with(&mut self, agent: &AgentId, skill: &SkillId) -> bool {
        self.edit(agent, |agent, _| agent.verifiers.push(skill.clone())).is_ok()
    }

    /// Connects a provider for the organization.
    pub fn connect(&mut self, kind: &ProviderKind) {
        self.connections.insert(kind.as_str().to_owned());
    }

    /// Disconnects a provider.
    pub fn disconnect(&mut self, kind: &ProviderKind) {
        self.connections.remove(kind.as_str());
    }

    /// Gives a key these scopes and no others. Only the key's digest is kept.
    pub fn restrict_key(&mut self, key: &Secret, scopes: &[Scope]) {
        use secrecy::ExposeSecret as _;
        let scopes = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
        self.keys.insert(digest(key.expose_secret()), scopes);
    }

    /// The agents, the oldest first: id and name.
    pub fn agents(&self) -> impl Iterator<Item = (&AgentId, &str)> {
        self.agents.iter().map(|agent| (&agent.id, agent.name.as_str()))
    }

    /// An agent's skills as they are stored, the oldest first, whatever an answer would show of them.
    pub fn skills_of(&self, agent: &AgentId) -> Vec<(SkillId, Map<String, Json>)> {
        let skills = self.agent(agent).map(|agent| agent.skills.as_slice()).unwrap_or_default();
        skills.iter().map(|skill| (skill.id.clone(), skill.fields.clone())).collect()
    }

    /// The last requests, the oldest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many requests were answered so far.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// How many of them could change something: all but GET, whatever the answer was and whether it arrived.
    pub fn writes(&self) -> u64 {
        self.writes
    }

    /// How many changes there were; the sandbox's time, in seconds.
    pub(super) fn clock(&self) -> u64 {
        self.clock
    }

    /// The organization's id.
    pub(super) fn organization(&self) -> String {
        id_text("org", self.seed, 0)
    }

    /// Whether a provider is connected.
    pub(super) fn is_connected(&self, kind: &ProviderKind) -> bool {
        self.connections.contains(kind.as_str())
    }

    /// The connected providers.
    pub(super) fn connections(&self) -> impl Iterator<Item = &str> {
        self.connections.iter().map(String::as_str)
    }

    /// Whether a key may do what needs a scope.
    pub(super) fn allows(&self, key: &str, scope: Scope) -> bool {
        self.keys.is_empty() || self.keys.get(&digest(key)).is_none_or(|scopes| scopes.contains(scope.as_str()))
    }

    /// The agent of an id.
    pub(super) fn agent(&self, id: &AgentId) -> Result<&StoredAgent, Refusal> {
        self.agents.get(id).ok_or_else(|| Refusal::missing("agent", id.as_str()))
    }

    /// Changes an agent: time goes on, and its version counts the change.
    pub(super) fn edit<R>(
        &mut self,
        id: &AgentId,
        change: impl FnOnce(&mut StoredAgent, u64) -> R,
    ) -> Result<R, Refusal> {
        let now = self.clock.saturating_add(1);
        let agent = self.agents.get_mut(id);
        let agent = agent.ok_or_else(|| Refusal::missing("agent", id.as_str()))?;
        self.clock = now;
        agent.version = agent.version.saturating_add(1);
        agent.updated = now;
        Ok(change(agent, now))
    }

    /// An id that no skill has.
    pub(super) fn new_skill_id(&mut self) -> SkillId {
        self.new_id("skl", |_, text| SkillId::parse(text).ok())
    }

    /// An id that no version has.
    pub(super) fn new_version_id(&mut self) -> String {
        self.new_id("ver", |_, text| Some(text.to_owned()))
    }

    fn new_agent_id(&mut self) -> AgentId {
        self.new_id("agt", |store, text| AgentId::parse(text).ok().filter(|id| store.agents.get(id).is_none()))
    }

    /// Counts until an id is good.
    fn new_id<T>(&mut self, prefix: &str, good: impl Fn(&Self, &str) -> Option<T>) -> T {
        loop {
            self.ids = self.ids.wrapping_add(1);
            if let Some(id) = good(self, &id_text(prefix, self.seed, self.ids)) {
                return id;
            }
        }
    }

    fn has_skill(&self, agent: &AgentId, skill: &SkillId) -> bool {
        self.agent(agent).is_ok_and(|agent| agent.skill(skill).is_some())
    }

    /// The first answer to a key.
    pub(super) fn recall(&self, key: &str) -> Option<&Remembered> {
        self.remembered.get(key)
    }

    /// Keeps the first answer to a key.
    pub(super) fn remember(&mut self, key: &str, answer: Remembered) {
        if self.remembered.len() >= KEYS {
            self.remembered.shift_remove_index(0);
        }
        self.remembered.insert(key.to_owned(), answer);
    }

    /// Writes a request down.
    pub(super) fn log(&mut self, request: &RawRequest, status: u16, changed: bool) {
        self.requests = self.requests.saturating_add(1);
        self.writes = self.writes.saturating_add(u64::from(request.method != Method::Get));
        if self.events.len() >= EVENTS {
            self.events.drain(..EVENTS / 10);
        }
        self.events.push(Event {
            sequence: self.requests,
            method: request.method.as_str().to_owned(),
            path: request.path.clone(),
            status,
            changed,
        });
    }
}

/// The SHA-256 digest of a text, in hexadecimal.
pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
