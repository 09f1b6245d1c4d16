//! Which agents a change of the manifests since a base revision can touch.

use std::collections::BTreeSet;

use super::pairs::Pairs;
use crate::model::{Absent, Agent, Desired, PackUse, Preset, ProvisionUse, Skill, Slug};

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
    let pairs = Pairs::new(desired, base);
    let presets = |desired: &Desired, agent: &Agent| {
        let presets = desired.presets(agent);
        presets.map(|recorded| format!("{} {}", recorded.skill_type, recorded.name)).collect::<Vec<_>>()
    };
    let is_as_then = |now: &Agent| {
        let then = pairs.then(now).filter(|then| asks_for_the_same(now, then));
        then.is_some_and(|then| presets(desired, now) == presets(base, then))
    };
    let touched = desired.agents.iter().filter(|now| is_new_policy || !is_as_then(now));
    touched.map(|agent| agent.name.clone()).collect()
}

/// Whether two agents are asked the same of, wherever it is said.
fn asks_for_the_same(now: &Agent, then: &Agent) -> bool {
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
    } = now;
    (name, labels, lookup) == (&then.name, &then.labels, &then.lookup)
        && (publish, prune, standing) == (&then.publish, &then.prune, &then.standing)
        && each(packs, &then.packs, is_same_pack)
        && each(provision, &then.provision, is_same_provision)
        && each(skills, &then.skills, |now, then| is_same_skill(now, then))
        && each(presets, &then.presets, is_same_preset)
        && each(absent, &then.absent, is_same_absent)
}

fn each<T>(now: &[T], then: &[T], is_same: impl Fn(&T, &T) -> bool) -> bool {
    now.len() == then.len() && now.iter().zip(then).all(|(now, then)| is_same(now, then))
}

fn is_same_skill(now: &Skill, then: &Skill) -> bool {
    let Skill { name, was, replace, protection, geocode, skill_type, fields, shared, place: _ } = now;
    (name, was, shared) == (&then.name, &then.was, &then.shared)
        && (replace, protection, geocode) == (&then.replace, &then.protection, &then.geocode)
        && (skill_type, fields) == (&then.skill_type, &then.fields)
}

fn is_same_pack(now: &PackUse, then: &PackUse) -> bool {
    let PackUse { kind, place: _ } = now;
    *kind == then.kind
}

fn is_same_provision(now: &ProvisionUse, then: &ProvisionUse) -> bool {
    let ProvisionUse { kind, actions, place: _ } = now;
    (kind, actions) == (&then.kind, &then.actions)
}

fn is_same_preset(now: &Preset, then: &Preset) -> bool {
    let Preset { name, kind, fields, place: _ } = now;
    (name, kind, fields) == (&then.name, &then.kind, &then.fields)
}

fn is_same_absent(now: &Absent, then: &Absent) -> bool {
    let Absent { name, tombstone, place: _ } = now;
    (name, tombstone) == (&then.name, &then.tombstone)
}
