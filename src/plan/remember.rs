//! What the manifests must not forget of a base revision: what they declared then, and its guards.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pairs::{Pairs, is_by_name};
use crate::model::{
    Absent, Agent, DeleteBudget, Desired, Guards, Protection, Prune, Shrunk, Skill, SkillName, Standing, Tombstone,
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
    let pairs = Pairs::new(desired, base);
    let strange = desired.agents.iter().map(|agent| pairs.strangers(agent)).find(|strange| !strange.is_empty());
    let strange = strange.map(|strange| Arc::new(guards(base, strange.iter().copied())));
    let remembered = desired.agents.iter().map(|agent| {
        let beside = strange.clone().filter(|_| !pairs.strangers(agent).is_empty());
        let guards = Guards { beside, ..guards(base, pairs.known(agent)) };
        let removed = pairs.then(agent).map(|then| removed(desired, agent, then)).unwrap_or_default();
        (guards, removed)
    });
    let remembered: Vec<(Guards, Vec<Absent>)> = remembered.collect();
    let gone: Vec<&Agent> = pairs.gone().collect();
    let shrunk = Shrunk { gone: gone.len(), of: base.agents.len() };
    let gone = gone.into_iter().filter(|then| then.prune != Prune::Never);
    let gone: Vec<Agent> = gone.map(|then| given_up(base, then)).collect();
    desired.shrunk = shrunk;
    for (agent, (guards, removed)) in desired.agents.iter_mut().zip(remembered) {
        agent.guards = guards;
        agent.absent.extend(removed);
    }
    desired.agents.extend(gone);
    desired.agents.sort_by(|one, other| one.name.cmp(&other.name));
}

/// Where what the base asked for cannot be told, its guards cannot either: nothing is deleted.
pub fn hold_deletes(desired: &mut Desired, why: &str) {
    for agent in &mut desired.agents {
        agent.guards.no_deletes = Some(why.to_owned());
    }
}

/// Selected agents are not pruned where one that is not selected may be the same live one, found in another way.
pub(super) fn hold_prune(selected: &mut [Agent], others: &[Agent]) {
    let first = |by_name: bool| others.iter().find(|other| is_by_name(other) == by_name);
    let (by_name, by_id) = (first(true), first(false));
    for agent in selected {
        if let Some(other) = if is_by_name(agent) { by_id } else { by_name } {
            let why = format!("`{}`, which is not selected, may declare the same live agent", other.name);
            agent.guards.no_prune = Some(why);
        }
    }
}

fn tighter(one: DeleteBudget, other: DeleteBudget) -> DeleteBudget {
    DeleteBudget {
        count: one.count.min(other.count),
        percent: one.percent.min(other.percent),
        minimum: one.minimum.min(other.minimum),
    }
}

/// The guards of some agents of the base.
fn guards<'b>(base: &Desired, agents: impl Iterator<Item = &'b Agent>) -> Guards {
    let mut guards = Guards::default();
    for then in agents {
        let protected = then.skills.iter().filter(|skill| skill.protection == Protection::Protected);
        guards.protected.extend(protected.flat_map(|skill| [Some(&skill.name), skill.was.as_ref()]).flatten().cloned());
        guards.addresses.insert(then.name.clone());
        guards.presets.extend(base.presets(then).map(|recorded| recorded.name.clone()));
    }
    guards
}

/// Tombstones of what an agent no longer declares.
fn removed(desired: &Desired, agent: &Agent, then: &Agent) -> Vec<Absent> {
    if agent.prune == Prune::Never {
        return Vec::new();
    }
    let presets: BTreeSet<&SkillName> = desired.presets(agent).map(|recorded| &recorded.name).collect();
    let names = agent.skills.iter().flat_map(|skill| [Some(&skill.name), skill.was.as_ref()]).flatten();
    let kept: BTreeSet<&SkillName> = names.chain(agent.absent.iter().map(|absent| &absent.name)).collect();
    let gone = then.skills.iter().filter(|skill| !kept.contains(&skill.name) && !presets.contains(&skill.name));
    gone.map(|skill| Absent { place: agent.place.clone(), ..tombstone(skill) }).collect()
}

fn tombstone(skill: &Skill) -> Absent {
    Absent { name: skill.name.clone(), tombstone: Tombstone::Removed, place: skill.place.clone() }
}

/// What is left of an agent that only the base declared: its tombstones, and that what they do is published as it was.
fn given_up(base: &Desired, then: &Agent) -> Agent {
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
    Agent {
        name: name.clone(),
        labels: labels.clone(),
        lookup: lookup.clone(),
        lookup_place: lookup_place.clone(),
        publish: *publish,
        prune: Prune::Never,
        standing: Standing::Removed,
        guards: guards(base, [then].into_iter()),
        packs: Vec::new(),
        provision: Vec::new(),
        skills: Vec::new(),
        presets: Vec::new(),
        absent: skills.iter().map(|skill| tombstone(skill)).collect(),
        place: place.clone(),
    }
}
