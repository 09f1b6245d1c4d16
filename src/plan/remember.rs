//! What the manifests must not forget of a base revision: what they declared then, and its guards.

use std::collections::BTreeSet;

use crate::model::{
    Absent, Agent, DeleteBudget, Desired, Guards, Lookup, Protection, Prune, Shrunk, Skill, SkillName, Standing,
    Tombstone,
};

/// Adds to the manifests a tombstone for everything that a pruned agent declared at the base and no longer does, and the
/// base's guards beside theirs: the tighter delete budget, all protection, and every risk that wants a yes. So a change cannot remove a guard and, with
/// it, what it guards.
///
/// An agent that the manifests no longer declare is kept with its tombstones alone, if it was pruned at the base.
pub fn remember(desired: &mut Desired, base: &Desired) {
    desired.policy.delete_budget = tighter(desired.policy.delete_budget, base.policy.delete_budget);
    desired.policy.risk.extend(&base.policy.risk);
    let protected = base.policy.protected.iter().filter(|glob| !desired.policy.protected.contains(glob));
    let protected: Vec<String> = protected.cloned().collect();
    desired.policy.protected.extend(protected);
    let presets = |agent| desired.presets(agent).map(|recorded| recorded.name.clone()).collect();
    let presets: Vec<Vec<SkillName>> = desired.agents.iter().map(presets).collect();
    let guards: Vec<Guards> = desired.agents.iter().map(|agent| guards(desired, base, agent)).collect();
    let is_gone = |then: &&Agent| !desired.agents.iter().any(|now| may_be(desired, base, now, then));
    let gone: Vec<&Agent> = base.agents.iter().filter(is_gone).collect();
    desired.shrunk = Shrunk { gone: gone.len(), of: base.agents.len() };
    let gone = gone.into_iter().filter(|then| then.prune != Prune::Never);
    let gone: Vec<Agent> = gone.map(|then| given_up(desired, base, then)).collect();
    for ((agent, guards), presets) in desired.agents.iter_mut().zip(guards).zip(presets) {
        agent.guards = guards;
        if let Some(then) = counterpart(base, agent) {
            let presets: BTreeSet<&SkillName> = presets.iter().collect();
            let removed = removed(agent, then, &presets);
            agent.absent.extend(removed);
        }
    }
    desired.agents.extend(gone);
}

/// Where what the base asked for cannot be told, its guards cannot either: nothing is deleted.
pub fn hold_deletes(desired: &mut Desired, why: &str) {
    for agent in &mut desired.agents {
        agent.guards.no_deletes = Some(why.to_owned());
    }
}

/// Selected agents are not pruned where one that is not selected may be the same live one, found in another way.
pub(super) fn hold_prune(selected: &mut [Agent], others: &[Agent]) {
    for agent in selected {
        if let Some(other) = others.iter().find(|other| is_by_name(other) != is_by_name(agent)) {
            let why = format!("`{}`, which is not selected, may declare the same live agent", other.name);
            agent.guards.no_prune = Some(why);
        }
    }
}

/// The agent as the base declared it, under this address or another one: whatever was declared then is this live agent's
/// only if it was found in the same way.
pub(super) fn counterpart<'b>(base: &'b Desired, agent: &Agent) -> Option<&'b Agent> {
    base.agents.iter().find(|then| then.lookup == agent.lookup)
}

/// Whether it cannot be told if an agent of the base is the same live one as one of today, although it is found otherwise.
pub(super) fn is_uncertain(desired: &Desired, base: &Desired, agent: &Agent) -> bool {
    base.agents.iter().any(|then| then.lookup != agent.lookup && may_be(desired, base, agent, then))
        && !base.agents.iter().any(|then| then.name == agent.name && is_by_name(then) == is_by_name(agent))
}

/// Whether an agent may be the same live one as one of the base: by its address, by how it is found, or since neither is
/// found as any on the other side is.
fn may_be(desired: &Desired, base: &Desired, now: &Agent, then: &Agent) -> bool {
    let is_new = counterpart(base, now).is_none();
    let is_old = counterpart(desired, then).is_none();
    now.name == then.name || now.lookup == then.lookup || (is_new && is_old)
}

fn is_by_name(agent: &Agent) -> bool {
    matches!(agent.lookup, Lookup::Name(_))
}

fn tighter(one: DeleteBudget, other: DeleteBudget) -> DeleteBudget {
    DeleteBudget {
        count: one.count.min(other.count),
        percent: one.percent.min(other.percent),
        minimum: one.minimum.min(other.minimum),
    }
}

/// The guards of every agent of the base that may be this one.
fn guards(desired: &Desired, base: &Desired, agent: &Agent) -> Guards {
    let mut guards = Guards::default();
    for then in base.agents.iter().filter(|then| may_be(desired, base, agent, then)) {
        add(&mut guards, base, then);
    }
    guards
}

fn add(guards: &mut Guards, base: &Desired, then: &Agent) {
    let protected = then.skills.iter().filter(|skill| skill.protection == Protection::Protected);
    guards.protected.extend(protected.flat_map(|skill| [Some(&skill.name), skill.was.as_ref()]).flatten().cloned());
    guards.addresses.insert(then.name.clone());
    guards.presets.extend(base.presets(then).map(|recorded| recorded.name.clone()));
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
    Absent { name: skill.name.clone(), tombstone: Tombstone::Removed, place: skill.place.clone() }
}

/// What is left of an agent that only the base declared: its tombstones, and that what they do is published as it was.
fn given_up(desired: &Desired, base: &Desired, then: &Agent) -> Agent {
    let Agent {
        name,
        labels,
        lookup,
        lookup_place,
        publish,
        prune: _,
        standing: _,
        guards: _,
        packs: _,
        provision: _,
        skills,
        presets: _,
        absent: _,
        place,
    } = then;
    let mut guards = guards(desired, base, then);
    add(&mut guards, base, then);
    Agent {
        name: name.clone(),
        labels: labels.clone(),
        lookup: lookup.clone(),
        lookup_place: lookup_place.clone(),
        publish: *publish,
        prune: Prune::Never,
        standing: Standing::Removed,
        guards,
        packs: Vec::new(),
        provision: Vec::new(),
        skills: Vec::new(),
        presets: Vec::new(),
        absent: skills.iter().map(|skill| tombstone(skill)).collect(),
        place: place.clone(),
    }
}
