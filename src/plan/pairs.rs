//! Which agent of a base revision is which of today's.

use std::collections::BTreeMap;

use crate::model::{Agent, Desired, Lookup, Slug};

/// The agents of today and those of a base revision, found by address and by how each is found on the server.
pub(super) struct Pairs<'a> {
    now: Side<'a>,
    then: Side<'a>,
    /// Those of the base that are found as none of today's is.
    left: Vec<&'a Agent>,
    /// Whether one of today's is found as none of the base was.
    has_new: bool,
}

struct Side<'a> {
    by_lookup: BTreeMap<&'a Lookup, &'a Agent>,
    by_name: BTreeMap<&'a Slug, &'a Agent>,
}

impl<'a> Side<'a> {
    fn new(desired: &'a Desired) -> Self {
        // Of two the first counts.
        let agents = || desired.agents.iter().rev();
        Self {
            by_lookup: agents().map(|agent| (&agent.lookup, agent)).collect(),
            by_name: agents().map(|agent| (&agent.name, agent)).collect(),
        }
    }
}

impl<'a> Pairs<'a> {
    pub(super) fn new(now: &'a Desired, then: &'a Desired) -> Self {
        let (of_now, of_then) = (Side::new(now), Side::new(then));
        let left = then.agents.iter().filter(|then| !of_now.by_lookup.contains_key(&then.lookup)).collect();
        let has_new = now.agents.iter().any(|now| !of_then.by_lookup.contains_key(&now.lookup));
        Self { now: of_now, then: of_then, left, has_new }
    }

    /// The agent as the base declared it, under this address or another one: whatever was declared then is this live
    /// agent's only if it was found in the same way.
    pub(super) fn then(&self, now: &Agent) -> Option<&'a Agent> {
        self.then.by_lookup.get(&now.lookup).copied()
    }

    /// The agent of today that is found as one of the base was.
    pub(super) fn now(&self, then: &Agent) -> Option<&'a Agent> {
        self.now.by_lookup.get(&then.lookup).copied()
    }

    /// Whether it cannot be told if an agent of the base is the same live one as one of today, although it is found
    /// otherwise.
    pub(super) fn is_uncertain(&self, now: &Agent) -> bool {
        let named = self.then.by_name.get(&now.name);
        let is_found_alike = named.is_some_and(|then| is_by_name(then) == is_by_name(now));
        let is_readdressed = named.is_some_and(|then| then.lookup != now.lookup);
        (is_readdressed || !self.strangers(now).is_empty()) && !is_found_alike
    }

    /// The agents of the base that are this one by address or by how it is found.
    pub(super) fn known(&self, now: &Agent) -> impl Iterator<Item = &'a Agent> {
        let named = self.then.by_name.get(&now.name).copied();
        self.then(now).into_iter().chain(named.filter(|named| named.lookup != now.lookup))
    }

    /// The agents of the base that may be this one, since neither is found as any on the other side.
    pub(super) fn strangers(&self, now: &Agent) -> &[&'a Agent] {
        if self.then(now).is_none() { &self.left } else { &[] }
    }

    /// The agents of the base that none of today's can be.
    pub(super) fn gone(&self) -> impl Iterator<Item = &'a Agent> {
        let gone = self.left.iter().filter(|then| !self.has_new && !self.now.by_name.contains_key(&then.name));
        gone.copied()
    }
}

/// Whether an agent is found by its name on the server.
pub(super) fn is_by_name(agent: &Agent) -> bool {
    matches!(agent.lookup, Lookup::Name(_))
}
