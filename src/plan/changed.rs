//! Which agents a change of the manifests since a base revision can touch.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::remember::counterpart;
use crate::model::{Absent, Agent, Desired, Guards, PackUse, Place, Preset, ProvisionUse, Skill, Slug};

/// The agents for which the manifests ask for something else than at the base, whatever the change went through: their
/// own file, a SkillSet, a pack's record, a variable, a file beside the manifests. Where a manifest moved within its file
/// or to another one, nothing changed.
///
/// A rule that leaves a place to others may mean any agent, so a change of those touches all.
pub fn changed(desired: &Desired, base: &Desired) -> BTreeSet<Slug> {
    let rules = |desired: &Desired| {
        let rules = desired.policy.ignore.iter();
        rules.map(|rule| (rule.address.clone(), rule.path(), rule.expires)).collect::<Vec<_>>()
    };
    let is_new_policy = rules(desired) != rules(base);
    let touched = desired.agents.iter().filter(|now| {
        is_new_policy || counterpart(base, now).is_none_or(|then| meant(desired, now) != meant(base, then))
    });
    touched.map(|agent| agent.name.clone()).collect()
}

/// What is asked for of an agent, wherever it is said: the agent, and what its packs install.
fn meant(desired: &Desired, agent: &Agent) -> (Agent, Vec<String>) {
    let presets = desired.presets(agent);
    (nowhere(agent), presets.map(|recorded| format!("{} {}", recorded.skill_type, recorded.name)).collect())
}

/// The same, with every place forgotten.
fn nowhere(agent: &Agent) -> Agent {
    let Agent {
        name,
        labels,
        lookup,
        lookup_place: _,
        publish,
        prune,
        standing,
        guards: _,
        packs,
        provision,
        skills,
        presets,
        absent,
        place: _,
    } = agent;
    let place = || Place::start_of("");
    Agent {
        name: name.clone(),
        labels: labels.clone(),
        lookup: lookup.clone(),
        lookup_place: place(),
        publish: *publish,
        prune: *prune,
        standing: *standing,
        guards: Guards::default(),
        packs: packs.iter().map(|used| PackUse { place: place(), ..used.clone() }).collect(),
        provision: provision.iter().map(|used| ProvisionUse { place: place(), ..used.clone() }).collect(),
        skills: skills.iter().map(|skill| Arc::new(Skill { place: place(), ..Skill::clone(skill) })).collect(),
        presets: presets.iter().map(|preset| Preset { place: place(), ..preset.clone() }).collect(),
        absent: absent.iter().map(|absent| Absent { place: place(), ..absent.clone() }).collect(),
        place: place(),
    }
}
