//! Agents: list and read; and what caller verification of one refers to.

use serde_json::json;

use super::reply::{self, Reply};
use super::store::Store;
use super::{listing, view};
use crate::api::RawRequest;
use crate::model::AgentId;

/// `GET /agents`
pub(super) fn list(store: &Store, request: &RawRequest) -> Reply {
    listing::list(
        store.quirks(),
        &request.query,
        store.agents.all(),
        |agent| &agent.name,
        |agent| view::listed(store, agent),
    )
}

/// `GET /agents/{id}`
pub(super) fn read(store: &Store, id: &AgentId) -> Reply {
    reply::one(store.quirks(), 200, view::agent(store, store.agent(id)?))
}

/// `GET /agents/{id}/caller-verification`
pub(super) fn verification(store: &Store, id: &AgentId) -> Reply {
    let agent = store.agent(id)?;
    let entry = |(index, skill)| {
        json!({
            "id": format!("cvs_{}", index + 1),
            "agentId": id.as_str(),
            "organizationId": store.organization(),
            "method": "knowledge_based",
            "verifierSkillId": crate::model::SkillId::as_str(skill),
            "requiredFields": ["account_number"],
            "tokenTtlSeconds": 900,
            "maxAttempts": 3,
        })
    };
    reply::all(store.quirks(), &agent.verifiers.iter().enumerate().map(entry).collect::<Vec<_>>())
}
