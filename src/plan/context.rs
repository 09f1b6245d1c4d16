//! Planning, agent by agent, in any order; then all of them together.

use std::collections::BTreeMap;

use globset::GlobSet;

use super::ignored::Ignored;
use super::looked::{self, Looked, Outcome};
use super::part::Part;
use super::since::{self, Base, History};
use super::{Plan, agent, budget, draft, meaning, risk};
use crate::diag::{Finding, sort};
use crate::diff::Facts;
use crate::model::{Agent, AgentId, Catalog, Desired, Found, Listing, LiveAgent, LiveSkill};

/// What planning one agent looks at besides the agent and what is live of it.
pub struct Context<'a> {
    pub(super) desired: &'a Desired,
    pub(super) catalog: &'a Catalog,
    pub(super) protected: GlobSet,
    pub(super) ignored: Ignored<'a>,
    history: Option<History<'a>>,
}

impl<'a> Context<'a> {
    /// What is desired, what the catalog lists, and what was asked for at a base revision, if one is given.
    pub fn new(desired: &'a Desired, catalog: &'a Catalog, base: Option<&'a Base>) -> Self {
        Self {
            desired,
            catalog,
            protected: budget::globs(&desired.policy.protected),
            ignored: Ignored::new(&desired.policy.ignore),
            history: base.map(|base| History::new(desired, base)),
        }
    }

    /// What is known of the providers.
    pub fn catalog(&self) -> &Catalog {
        self.catalog
    }

    /// Plans one agent as far as that can be done without the others. What is live of it is not needed any more then.
    pub fn look(&'a self, agent: &'a Agent, found: &Found) -> Looked<'a> {
        let (outcome, skills) = match found {
            Found::One(one) => (self.outcome(agent, one), one.skills.items()),
            Found::Missing { names } => (Outcome::Missing(names.clone()), &[][..]),
            Found::Several(ids) => (Outcome::Several(ids.clone()), &[][..]),
            Found::Unproven(reason) => (Outcome::Unlisted(reason.clone()), &[][..]),
        };
        Looked { agent, outcome, shows_headers: Facts::of(skills).shows_headers, population: skills.len() }
    }

    fn outcome(&'a self, agent: &'a Agent, live: &LiveAgent) -> Outcome<'a> {
        let skills = match &live.skills {
            Listing::Complete(skills) => skills,
            Listing::Unproven { items: _, reason } => {
                return Outcome::Unproven(reason.clone());
            }
        };
        let part = |shows_headers| Box::new(self.part(agent, live, skills, Facts { shows_headers }));
        let shown = part(true);
        if Facts::of(skills).shows_headers || !shown.hinges_on_headers() {
            return Outcome::Planned(shown);
        }
        let hidden = part(false);
        if shown.is_same(&hidden) { Outcome::Planned(shown) } else { Outcome::ByHeaders { shown, hidden } }
    }

    fn part(&'a self, agent: &'a Agent, live: &LiveAgent, skills: &[LiveSkill], facts: Facts) -> Part<'a> {
        let mut part = Part::new(self, agent, live, facts);
        agent::plan(&mut part, skills);
        meaning::weigh(&mut part, skills);
        if let Some(history) = &self.history {
            since::attribute(&mut part, history, skills);
        }
        part.shed();
        part
    }

    /// Makes a plan of all agents that were looked at, in whatever order: what the guards hold of it, and what is published.
    pub fn join(&'a self, mut looked: Vec<Looked<'a>>, reads: u64) -> Plan {
        let facts = Facts { shows_headers: looked.iter().any(|looked| looked.shows_headers) };
        let population: usize = looked.iter().map(|looked| looked.population).sum();
        // An agent that is given up is never in the way of one that is declared.
        looked.sort_by(|one, other| one.rank().cmp(&other.rank()));
        let is_complete = !looked.iter().any(Looked::is_in_doubt);
        let mut findings = looked::findings(&looked);
        let mut parts = claimed(looked, facts, &mut findings);
        parts.sort_by(|one, other| one.agent.name.cmp(&other.agent.name));
        budget::enforce(self.desired, population, &mut parts);
        risk::enforce(self.desired, &mut parts);
        draft::plan_publishes(self.desired, &mut parts);
        if self.history.is_some() {
            parts.iter_mut().for_each(since::attribute_publish);
        }
        let mut plan = Plan {
            target: self.desired.target.clone(),
            is_complete,
            steps: Vec::new(),
            held: Vec::new(),
            unmanaged: Vec::new(),
            unchanged: 0,
            ignored: 0,
            left_out: 0,
            findings,
            reads,
            since: self.history.as_ref().map(|history| history.since.clone()),
            share: None,
            facts,
            population: population as u64,
            unheard: parts.iter().filter(|part| part.is_unheard()).map(|part| part.agent.name.clone()).collect(),
        };
        for part in parts {
            plan.unmanaged.extend(part.unmanaged);
            plan.steps.extend(part.steps);
            plan.held.extend(part.held);
            plan.unchanged += part.unchanged;
            plan.ignored += part.ignored;
            plan.findings.extend(part.findings);
        }
        sort(&mut plan.findings);
        plan
    }
}

/// The parts of the agents that are on the server, each live agent claimed once; what a second one claims is a finding.
fn claimed<'a>(looked: Vec<Looked<'a>>, facts: Facts, findings: &mut Vec<Finding>) -> Vec<Part<'a>> {
    let mut first: BTreeMap<AgentId, &Agent> = BTreeMap::new();
    let mut parts = Vec::new();
    for Looked { agent, outcome, .. } in looked {
        let part = match outcome {
            Outcome::Planned(part) => *part,
            Outcome::ByHeaders { shown, hidden } => *if facts.shows_headers { shown } else { hidden },
            Outcome::Unproven(_) | Outcome::Missing(_) | Outcome::Several(_) | Outcome::Unlisted(_) => continue,
        };
        let id = &part.reference.id;
        match first.get(id) {
            Some(first) if agent.standing.must_exist() => findings.push(looked::same_live_agent(first, agent, id)),
            Some(_) => {}
            None => {
                first.insert(id.clone(), agent);
                parts.push(part);
            }
        }
    }
    parts
}
