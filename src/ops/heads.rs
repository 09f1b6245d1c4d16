//! Which agent of the server is which desired one.

use std::collections::BTreeMap;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;

use crate::api::AgentHead;
use crate::model::{Agent, AgentId, Found, Listing, Lookup};

/// The agents that the server listed.
#[derive(Debug, Clone)]
pub(super) struct Heads {
    listing: Listing<AgentHead>,
    by_id: BTreeMap<AgentId, usize>,
    by_name: BTreeMap<String, Vec<usize>>,
    names: Arc<[String]>,
}

impl Heads {
    pub(super) fn new(listing: Listing<AgentHead>) -> Self {
        let heads = || listing.items().iter().enumerate();
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, head) in heads() {
            by_name.entry(normal(&head.name)).or_default().push(at);
        }
        let by_id = heads().map(|(at, head)| (head.id.clone(), at)).collect();
        let names = heads().map(|(_, head)| head.name.clone()).collect();
        Self { listing, by_id, by_name, names }
    }

    /// The agents by id and name.
    pub(super) fn agents(&self) -> impl Iterator<Item = (&AgentId, &str)> {
        self.listing.items().iter().map(|head| (&head.id, head.name.as_str()))
    }

    /// Why it is perhaps not all, as a fragment.
    pub(super) fn doubt(&self) -> Option<&str> {
        match &self.listing {
            Listing::Complete(_) => None,
            Listing::Unproven { items: _, reason } => Some(reason),
        }
    }

    /// The one agent that is meant, or why there is none.
    pub(super) fn find(&self, lookup: &Lookup) -> Result<&AgentHead, Found> {
        let at = match lookup {
            Lookup::Id(id) => self.by_id.get(id).map(std::slice::from_ref),
            Lookup::Name(name) => self.by_name.get(&normal(name)).map(Vec::as_slice),
        };
        let items = self.listing.items();
        let meant: Vec<&AgentHead> = at.unwrap_or_default().iter().filter_map(|at| items.get(*at)).collect();
        match (meant.as_slice(), self.doubt(), lookup) {
            // An id is one agent's, so an agent that was listed is the one, whatever else was not.
            ([one], None, _) | ([one], Some(_), Lookup::Id(_)) => Ok(one),
            (_, Some(reason), _) => Err(Found::Unproven(reason.to_owned())),
            ([], None, _) => Err(Found::Missing { names: Arc::clone(&self.names) }),
            (several, None, _) => Err(Found::Several(several.iter().map(|head| head.id.clone()).collect())),
        }
    }
}

/// The desired agents by how they are found, for those that are listed one after the other.
pub(super) struct Wanted<'d> {
    by_id: BTreeMap<&'d AgentId, Vec<&'d Agent>>,
    by_name: BTreeMap<String, Vec<&'d Agent>>,
}

impl<'d> Wanted<'d> {
    pub(super) fn new(agents: &[&'d Agent]) -> Self {
        let mut wanted = Self { by_id: BTreeMap::new(), by_name: BTreeMap::new() };
        for agent in agents {
            match &agent.lookup {
                Lookup::Id(id) => wanted.by_id.entry(id).or_default().push(agent),
                Lookup::Name(name) => wanted.by_name.entry(normal(name)).or_default().push(agent),
            }
        }
        wanted
    }

    /// The desired agents that a listed one seems to be, each given once. Whether it is the only one of its name is known
    /// once all are listed.
    pub(super) fn take(&mut self, head: &AgentHead) -> Vec<&'d Agent> {
        let mut agents = self.by_id.remove(&head.id).unwrap_or_default();
        agents.extend(self.by_name.remove(&normal(&head.name)).into_iter().flatten());
        agents
    }
}

/// Names are the same in any Unicode normal form.
fn normal(name: &str) -> String {
    if name.is_ascii() { name.to_owned() } else { name.nfc().collect() }
}
