//! What a reviewer looks at first: risks over all agents, the worst first, and how far what is shared reaches.

mod sentence;

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::meaning::{Meaning, Risky};
use super::step::{Action, Held, Step};
use crate::model::{Moved, SkillName, Slug};

/// From which side differences are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// What an apply would make of live.
    Manifests,
    /// What live made of what the manifests say.
    Live,
}

/// One risk of one skill, on however many agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// What it is.
    pub risky: Risky,
    /// Of which skill.
    pub skill: SkillName,
    /// The SkillSet that it comes from, if it comes from one.
    pub shared: Option<Slug>,
    /// Whether the skill changes data elsewhere.
    pub writes: bool,
    /// Whether its stakes are high.
    pub is_high_stakes: bool,
    /// On which agents.
    pub agents: BTreeSet<Slug>,
    /// The steps, held ones among them, by id.
    pub steps: Vec<String>,
    /// The side from which it is one.
    pub toward: Toward,
}

/// How far something reaches that several agents share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The SkillSet.
    pub set: Slug,
    /// The agents that it changes.
    pub agents: u64,
    /// The skills that it changes, those of each agent counted.
    pub skills: u64,
    /// How many of these change data elsewhere.
    pub writing: u64,
    /// How many of these have high stakes.
    pub high_stakes: u64,
    /// The side from which it is seen.
    pub toward: Toward,
}

/// All risks of a plan, the worst first; of those alike the one on most agents.
pub fn concerns(plan: &Plan, toward: Toward) -> Vec<Concern> {
    let mut all: Vec<Concern> = Vec::new();
    let mut known: BTreeMap<(&Risky, &SkillName, &Option<Slug>), usize> = BTreeMap::new();
    for Touched { id, agent, skill, meaning, action } in touched(plan, toward) {
        let risks = match toward {
            Toward::Manifests => &meaning.risks,
            Toward::Live => &meaning.drifted,
        };
        for risky in risks.iter().filter(|risky| is_of(risky, action, toward)) {
            let Some(skill) = risky.of.as_ref().or(skill) else { continue };
            let at = *known.entry((risky, skill, &meaning.shared)).or_insert_with(|| {
                all.push(Concern {
                    risky: risky.clone(),
                    skill: skill.clone(),
                    shared: meaning.shared.clone(),
                    writes: false,
                    is_high_stakes: false,
                    agents: BTreeSet::new(),
                    steps: Vec::new(),
                    toward,
                });
                all.len() - 1
            });
            if let Some(concern) = all.get_mut(at) {
                concern.writes |= meaning.writes;
                concern.is_high_stakes |= meaning.is_high_stakes;
                concern.agents.insert(agent.clone());
                concern.steps.push(id.to_owned());
            }
        }
    }
    // What writes data or has high stakes comes before what does not.
    all.sort_by_key(|one| (one.risky.risk, !one.writes, !one.is_high_stakes, std::cmp::Reverse(one.agents.len())));
    all
}

/// How far each SkillSet reaches that changes more than one agent, the farthest first.
pub fn reaches(plan: &Plan, toward: Toward) -> Vec<Reach> {
    let mut sets: BTreeMap<&Slug, (BTreeSet<&Slug>, Reach)> = BTreeMap::new();
    for Touched { agent, meaning, .. } in touched(plan, toward) {
        let Some(set) = &meaning.shared else { continue };
        let (agents, reach) = sets.entry(set).or_insert_with(|| {
            let reach = Reach { set: set.clone(), agents: 0, skills: 0, writing: 0, high_stakes: 0, toward };
            (BTreeSet::new(), reach)
        });
        agents.insert(agent);
        reach.skills += 1;
        reach.writing += u64::from(meaning.writes);
        reach.high_stakes += u64::from(meaning.is_high_stakes);
    }
    let counted = sets.into_values().map(|(agents, reach)| Reach { agents: agents.len() as u64, ..reach });
    let mut all: Vec<Reach> = counted.filter(|reach| reach.agents > 1).collect();
    all.sort_by_key(|reach| std::cmp::Reverse((reach.agents, reach.skills)));
    all
}

/// Whether a risk lies in something that moved on that side: what only the manifests moved is nothing that live did.
fn is_of(risky: &Risky, action: Option<&Action>, toward: Toward) -> bool {
    let Some(action) = action.filter(|_| toward == Toward::Live) else { return true };
    let field = format!("/{}", risky.field);
    let is_in = |path: &str| path.strip_prefix(&field).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    action.differences().any(|one| is_in(&one.path) && one.moved != Moved::Manifest)
}

/// Something that is done to a skill, or held.
struct Touched<'p> {
    id: &'p str,
    agent: &'p Slug,
    skill: Option<&'p SkillName>,
    meaning: &'p Meaning,
    action: Option<&'p Action>,
}

/// What steps do to skills, and what a guard holds of that. Seen from live, what only the manifests moved is not there.
fn touched(plan: &Plan, toward: Toward) -> impl Iterator<Item = Touched<'_>> {
    let is_seen = move |is_pending: bool| match toward {
        Toward::Manifests => true,
        Toward::Live => !is_pending,
    };
    let steps = plan.steps.iter().filter(move |step| is_seen(step.is_pending())).map(|step| {
        let Step { id, agent, action, meaning, .. } = step;
        Touched { id, agent: &agent.name, skill: action.skill(), meaning, action: Some(action) }
    });
    let held = plan.held.iter().filter(move |held| is_seen(held.is_pending())).map(|held| {
        let Held { id, agent, subject, meaning, .. } = held;
        Touched { id, agent: &agent.name, skill: subject.skill(), meaning, action: None }
    });
    steps.chain(held)
}
