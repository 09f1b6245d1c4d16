use serde_json::{Map, Value as Json, json};

use super::geocode;
use super::message::{Method, RawRequest};
use super::page::PageRequest;
use super::route::Route;
use crate::model::{ActionSlug, AgentId, ProviderKind, SkillId, VersionId};

/// A key by which the server knows a repeated request again (the `Idempotency-Key` header).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

/// A request that changes nothing. Planning can send no other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A page of the agents.
    Agents(PageRequest),
    /// One agent.
    Agent(AgentId),
    /// A page of an agent's skills.
    Skills(AgentId, PageRequest),
    /// A page of what caller verification refers to.
    CallerVerification(AgentId, PageRequest),
    /// The providers.
    Catalog,
    /// How a version differs from the draft.
    VersionDiff(AgentId, VersionId),
    /// What the platform itself says before a publish.
    PublishReport(AgentId),
}

/// A request that changes something; what a step of a plan becomes.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Creates a skill.
    CreateSkill {
        /// On this agent.
        agent: AgentId,
        /// `SkillCreate`.
        body: Map<String, Json>,
        /// Sent with it.
        key: IdempotencyKey,
    },
    /// Changes a skill.
    UpdateSkill {
        /// On this agent.
        agent: AgentId,
        /// This one.
        skill: SkillId,
        /// The changed fields, each whole.
        body: Map<String, Json>,
    },
    /// Deletes a skill.
    DeleteSkill {
        /// On this agent.
        agent: AgentId,
        /// This one.
        skill: SkillId,
    },
    /// Asks where addresses lie. It changes nothing, but it is a POST: planning cannot send it.
    Geocode {
        /// For this agent.
        agent: AgentId,
        /// These.
        addresses: Vec<String>,
    },
    /// Installs a pack; idempotent by the API's own contract, so it takes no key.
    InstallPack {
        /// On this agent.
        agent: AgentId,
        /// Of this provider.
        kind: ProviderKind,
    },
    /// Provisions actions of a provider; safe to send again by the API's own words, so it takes no key.
    Provision {
        /// On this agent.
        agent: AgentId,
        /// Of this provider.
        kind: ProviderKind,
        /// These.
        actions: Vec<ActionSlug>,
    },
    /// Publishes the draft.
    Publish {
        /// Of this agent.
        agent: AgentId,
        /// Kept with the version.
        note: String,
        /// Sent with it.
        key: IdempotencyKey,
    },
}

impl Read {
    /// The route.
    pub fn route(&self) -> Route {
        match self {
            Self::Agents(_) => Route::Agents,
            Self::Agent(agent) => Route::Agent(agent.clone()),
            Self::Skills(agent, _) => Route::Skills(agent.clone()),
            Self::CallerVerification(agent, _) => Route::CallerVerification(agent.clone()),
            Self::Catalog => Route::Catalog,
            Self::PublishReport(agent) => Route::PublishReport(agent.clone()),
            Self::VersionDiff(agent, version) => Route::VersionDiff(agent.clone(), version.clone()),
        }
    }

    /// The request.
    pub fn request(&self) -> RawRequest {
        let route = self.route();
        let query = match self {
            Self::Agents(page) | Self::Skills(_, page) | Self::CallerVerification(_, page) => page.query(),
            Self::Agent(_) | Self::Catalog | Self::VersionDiff(..) | Self::PublishReport(_) => Vec::new(),
        };
        RawRequest { method: Method::Get, path: route.path(), query, idempotency_key: None, body: None }
    }
}

impl Write {
    /// The route.
    pub fn route(&self) -> Route {
        match self {
            Self::CreateSkill { agent, .. } => Route::CreateSkill(agent.clone()),
            Self::UpdateSkill { agent, skill, .. } => Route::UpdateSkill(agent.clone(), skill.clone()),
            Self::DeleteSkill { agent, skill } => Route::DeleteSkill(agent.clone(), skill.clone()),
            Self::Geocode { agent, addresses: _ } => Route::GeocodeRoster(agent.clone()),
            Self::InstallPack { agent, kind } => Route::InstallPack(agent.clone(), kind.clone()),
            Self::Provision { agent, kind, actions: _ } => Route::Provision(agent.clone(), kind.clone()),
            Self::Publish { agent, .. } => Route::Publish(agent.clone()),
        }
    }

    /// The key by which the server knows it again, where its endpoint takes one.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        match self {
            Self::CreateSkill { key, .. } | Self::Publish { key, .. } => Some(key),
            Self::UpdateSkill { .. }
            | Self::DeleteSkill { .. }
            | Self::Geocode { .. }
            | Self::InstallPack { .. }
            | Self::Provision { .. } => None,
        }
    }

    /// The request.
    pub fn request(&self) -> RawRequest {
        let route = self.route();
        let (idempotency_key, body) = match self {
            Self::CreateSkill { agent: _, body, key } => (Some(key.0.clone()), Some(Json::Object(body.clone()))),
            Self::UpdateSkill { agent: _, skill: _, body } => (None, Some(Json::Object(body.clone()))),
            Self::DeleteSkill { .. } | Self::InstallPack { .. } => (None, None),
            Self::Geocode { agent: _, addresses } => (None, Some(geocode::body(addresses))),
            Self::Provision { agent: _, kind: _, actions } => {
                let actions: Vec<&str> = actions.iter().map(ActionSlug::as_str).collect();
                (None, Some(json!({ "actions": actions })))
            }
            Self::Publish { agent: _, note, key } => (Some(key.0.clone()), Some(json!({ "note": note }))),
        };
        RawRequest { method: route.method(), path: route.path(), query: Vec::new(), idempotency_key, body }
    }
}
