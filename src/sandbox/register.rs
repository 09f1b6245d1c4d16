//! The agents of the sandbox, the oldest first, each found by its id or its name without a search.

use std::collections::BTreeMap;
use std::slice::Iter;

use serde::{Deserialize, Serialize, Serializer};

use super::record::StoredAgent;
use crate::model::AgentId;

/// Agents in the order in which they were made. In a file it is a list.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(from = "Vec<StoredAgent>")]
pub(super) struct Register {
    agents: Vec<StoredAgent>,
    by_id: BTreeMap<AgentId, usize>,
    /// The first one of each name.
    by_name: BTreeMap<String, usize>,
}

impl From<Vec<StoredAgent>> for Register {
    fn from(agents: Vec<StoredAgent>) -> Self {
        let mut register = Self::default();
        for agent in agents {
            register.add(agent);
        }
        register
    }
}

impl Serialize for Register {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.agents.serialize(to)
    }
}

impl Register {
    /// Adds an agent. Agents are never removed, and never get another id or name.
    pub(super) fn add(&mut self, agent: StoredAgent) {
        let at = self.agents.len();
        self.by_id.entry(agent.id.clone()).or_insert(at);
        self.by_name.entry(agent.name.clone()).or_insert(at);
        self.agents.push(agent);
    }

    pub(super) fn all(&self) -> &[StoredAgent] {
        &self.agents
    }

    pub(super) fn iter(&self) -> Iter<'_, StoredAgent> {
        self.agents.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.agents.len()
    }

    /// The agent of an id.
    pub(super) fn get(&self, id: &AgentId) -> Option<&StoredAgent> {
        self.agents.get(*self.by_id.get(id)?)
    }

    /// The agent of an id, to change it.
    pub(super) fn get_mut(&mut self, id: &AgentId) -> Option<&mut StoredAgent> {
        self.agents.get_mut(*self.by_id.get(id)?)
    }

    /// The first agent of a name.
    pub(super) fn named(&self, name: &str) -> Option<&StoredAgent> {
        self.agents.get(*self.by_name.get(name)?)
    }
}
