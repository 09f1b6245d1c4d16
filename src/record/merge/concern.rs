//! What a reviewer looks at first, joined: a sentence is made anew of what is counted.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::order::Places;
use crate::model::Risk;
use crate::plan::{Reached, Told, Toward, What};
use crate::record::{ConcernV1, PartV1, ReachV1, cover};

/// One concern for each risk of each skill, the worst first, as in a plan of all agents.
pub(super) fn concerns(all: Vec<ConcernV1>, places: &Places, toward: Toward) -> Vec<ConcernV1> {
    let mut joined: Vec<ConcernV1> = Vec::new();
    let mut known: BTreeMap<Key, usize> = BTreeMap::new();
    for concern in all {
        let at = *known.entry(key(&concern)).or_insert(joined.len());
        match joined.get_mut(at) {
            Some(known) => add(known, concern),
            None => joined.push(concern),
        }
    }
    for concern in &mut joined {
        concern.agents.sort();
        concern.agents.dedup();
        concern.steps.sort_by_key(|id| places.of_id(id));
        if let Some(sentence) = sentence(concern, toward) {
            concern.sentence = cover(&sentence).into_owned();
        }
    }
    joined.sort_by(|one, other| {
        let weight = |one: &ConcernV1| {
            let risk = Risk::ALL.iter().position(|risk| risk.word() == one.risk).unwrap_or(usize::MAX);
            let first = one.steps.first().map_or(usize::MAX, |id| places.of_id(id));
            (risk, !one.writes, !one.high_stakes, Reverse(one.agents.len()), first)
        };
        weight(one).cmp(&weight(other)).then_with(|| lies_in(one).cmp(&lies_in(other)))
    });
    joined
}

/// What is the same in a concern of every share.
type Key = (String, String, Option<String>, Option<String>, bool, Option<String>, Option<String>);

fn key(concern: &ConcernV1) -> Key {
    let ConcernV1 { risk, skill, skill_set, what, preset, from, to, .. } = concern;
    (risk.clone(), skill.clone(), skill_set.clone(), what.clone(), *preset, from.clone(), to.clone())
}

fn add(known: &mut ConcernV1, other: ConcernV1) {
    let ConcernV1 { writes, high_stakes, agents, steps, .. } = other;
    known.writes |= writes;
    known.high_stakes |= high_stakes;
    known.agents.extend(agents);
    known.steps.extend(steps);
}

/// The sentence for what is counted; `None` for a risk of a later version.
fn sentence(concern: &ConcernV1, toward: Toward) -> Option<String> {
    let told = Told {
        risk: Risk::read(&concern.risk)?,
        what: what(concern),
        skill: &concern.skill,
        is_shared: concern.skill_set.is_some(),
        writes: concern.writes,
        is_high_stakes: concern.high_stakes,
        agent: concern.agents.first().map(String::as_str),
        agents: concern.agents.len(),
        toward,
    };
    Some(told.sentence())
}

fn what(concern: &ConcernV1) -> Option<What> {
    concern.what.as_deref().and_then(What::read)
}

/// What tells the risks of one kind and of one step apart.
fn lies_in(concern: &ConcernV1) -> (Option<&str>, Option<What>, Option<&str>, Option<&str>) {
    let of = concern.preset.then_some(concern.skill.as_str());
    (of, what(concern), concern.from.as_deref(), concern.to.as_deref())
}

/// How far each SkillSet reaches that changes more than one agent, the farthest first.
pub(super) fn reach(parts: &[PartV1], toward: Toward) -> Vec<ReachV1> {
    let mut sets: BTreeMap<&str, Reached> = BTreeMap::new();
    for touched in parts.iter().flat_map(|part| &part.skill_sets) {
        sets.entry(&touched.skill_set).or_default().add(touched.reached());
    }
    let several = sets.into_iter().filter(|(_, reached)| reached.agents > 1);
    let mut all: Vec<ReachV1> = several.map(|(set, reached)| ReachV1::of(set.to_owned(), reached, toward)).collect();
    all.sort_by_key(|reach| Reverse((reach.agents, reach.skills)));
    all
}
