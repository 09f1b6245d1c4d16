//! What the manifests must not forget of a base revision: what they declared then, and its guards.

use std::collections::BTreeSet;

use crate::model::{Absent, Agent, Desired, Lookup, Protection, Prune, Publish, Skill, SkillName, Standing, Tombstone};

/// Adds to the manifests a tombstone for everything that a pruned agent declared at the base and no longer does, and the
/// base's guards: its delete budget in place of theirs, and its protection beside theirs. So a change cannot remove a
/// guard and, with it, what it guards.
///
/// An agent that the manifests no longer declare is kept with its tombstones alone, if it was pruned at the base.
pub fn remember(desired: &mut Desired, base: &Desired) {
    desired.policy.delete_budget = base.policy.delete_budget;
    let protected = base.policy.protected.iter().filter(|glob| !desired.policy.protected.contains(glob));
    let protected: Vec<String> = protected.cloned().collect();
    desired.policy.protected.extend(protected);
    for agent in &mut desired.agents {
        for then in &base.agents {
            if is_same(agent, then) {
                protect(agent, then);
            }
        }
        if let Some(then) = counterpart(base, agent) {
            let presets = agent.packs.iter().filter_map(|used| desired.packs.get(&used.kind));
            let presets: BTreeSet<&SkillName> = presets.flat_map(|pack| pack.presets.keys()).collect();
            let removed = removed(agent, then, &presets);
            agent.absent.extend(removed);
        }
    }
    let gone = base.agents.iter().filter(|then| then.prune != Prune::Never && !may_be_there(desired, base, then));
    let gone: Vec<Agent> = gone.map(ghost).collect();
    desired.agents.extend(gone);
}

/// The agent as the base declared it, under this address or another one: whatever was declared then is this live agent's
/// only if it was found in the same way.
pub(super) fn counterpart<'b>(base: &'b Desired, agent: &Agent) -> Option<&'b Agent> {
    base.agents.iter().find(|then| then.lookup == agent.lookup)
}

/// Whether the manifests still declare an agent of the base, or might: one that is new and found in another way may be the
/// same live one.
fn may_be_there(desired: &Desired, base: &Desired, then: &Agent) -> bool {
    desired
        .agents
        .iter()
        .any(|now| is_same(now, then) || (counterpart(base, now).is_none() && is_by_name(now) != is_by_name(then)))
}

fn is_by_name(agent: &Agent) -> bool {
    matches!(agent.lookup, Lookup::Name(_))
}

/// Whether it cannot be told if the base's agent of this address is the same live one: it was found by name then and is by
/// id now, or the other way round.
pub(super) fn is_uncertain(base: &Desired, agent: &Agent) -> bool {
    base.agents.iter().any(|then| then.name == agent.name && is_by_name(then) != is_by_name(agent))
}

/// Whether a guard of one counts for the other, too.
fn is_same(now: &Agent, then: &Agent) -> bool {
    now.name == then.name || now.lookup == then.lookup
}

/// Protects what was protected.
fn protect(agent: &mut Agent, then: &Agent) {
    let was_protected = |name: &SkillName| {
        then.skills.iter().any(|skill| skill.name == *name && skill.protection == Protection::Protected)
    };
    for skill in &mut agent.skills {
        if was_protected(&skill.name) || skill.was.as_ref().is_some_and(was_protected) {
            skill.protection = Protection::Protected;
        }
    }
    for absent in agent.absent.iter_mut().filter(|absent| was_protected(&absent.name)) {
        absent.protection = Protection::Protected;
    }
}

/// Tombstones of what an agent no longer declares.
fn removed(agent: &Agent, then: &Agent, presets: &BTreeSet<&SkillName>) -> Vec<Absent> {
    if agent.prune == Prune::Never {
        return Vec::new();
    }
    let names = agent.skills.iter().flat_map(|skill| [Some(&skill.name), skill.was.as_ref()]).flatten();
    let kept: BTreeSet<&SkillName> = names.chain(agent.absent.iter().map(|absent| &absent.name)).collect();
    let gone = then.skills.iter().filter(|skill| !kept.contains(&skill.name) && !presets.contains(&skill.name));
    gone.map(|skill| Absent { place: agent.place.clone(), ..tombstone(skill) }).collect()
}

fn tombstone(skill: &Skill) -> Absent {
    Absent {
        name: skill.name.clone(),
        tombstone: Tombstone::Removed,
        protection: skill.protection,
        place: skill.place.clone(),
    }
}

/// What is left of an agent that only the base declared.
fn ghost(then: &Agent) -> Agent {
    Agent {
        publish: Publish::Never,
        standing: Standing::Removed,
        packs: Vec::new(),
        skills: Vec::new(),
        presets: Vec::new(),
        absent: then.skills.iter().map(tombstone).collect(),
        ..then.clone()
    }
}

impl Standing {
    /// Whether an agent that is not on the server is an error.
    pub(super) const fn must_exist(self) -> bool {
        match self {
            Self::Declared => true,
            Self::Removed => false,
        }
    }
}
