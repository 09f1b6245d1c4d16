//! Planning, agent by agent, in any order; then all of them together.

use std::collections::{BTreeMap, BTreeSet};

use globset::GlobSet;

use super::ignored::Ignored;
use super::looked::{self, Looked, Outcome};
use super::part::Part;
use super::since::{self, Base, History};
use super::{Plan, agent, budget, draft, guard, meaning, risk};
use crate::diag::{Finding, sort};
use crate::diff::Facts;
use crate::model::{Agent, AgentId, Catalog, Desired, Found, Listing, LiveAgent, LiveSkill, Partition};

/// What planning one agent looks at besides the agent and what is live of it.
pub struct Context<'a> {
    pub(super) desired: &'a Desired,
    pub(super) catalog: &'a Catalog,
    pub(super) protected: GlobSet,
    pub(super) ignored: Ignored<'a>,
    history: Option<History<'a>>,
    /// The share of the agents that is planned; all if there is none.
    share: Option<Partition>,
}

impl<'a> Context<'a> {
    /// What is desired, what the catalog lists, what was asked for at a base revision, if one is given, and the share of
    /// the agents that is planned.
    pub fn new(desired: &'a Desired, catalog: &'a Catalog, base: Option<&'a Base>, share: Option<Partition>) -> Self {
        Self {
            desired,
            catalog,
            protected: budget::globs(&desired.policy.protected),
            ignored: Ignored::new(&desired.policy.ignore),
            history: base.map(|base| History::new(desired, base)),
            share,
        }
    }

    /// What is known of the providers.
    pub fn catalog(&self) -> &Catalog {
        self.catalog
    }

    /// Whether an agent is in the share that is planned.
    pub fn is_own(&self, agent: &Agent) -> bool {
        self.share.is_none_or(|share| share.holds(&agent.name))
    }

    /// An agent of another share, of which nothing was read but that it is there.
    pub fn pass(&'a self, agent: &'a Agent, id: AgentId) -> Looked<'a> {
        Looked { agent, outcome: Outcome::Elsewhere(id), shows_headers: false, population: 0 }
    }

    /// Whether what is done to a share depends on what is live in the others: a guard counts over all agents, as it does
    /// without shares, and whether the server shows headers is learned from any of them.
    pub fn leans_on_others(&self, looked: &[Looked<'a>]) -> bool {
        let is_told = looked.iter().any(|looked| looked.shows_headers);
        self.share.is_some()
            && looked.iter().any(|looked| match &looked.outcome {
                Outcome::Planned(part) => self.is_guarded(part),
                Outcome::ByHeaders { shown, hidden: _ } => !is_told || self.is_guarded(shown),
                Outcome::Missing(_)
                | Outcome::Several(_)
                | Outcome::Unlisted(_)
                | Outcome::Unproven(_)
                | Outcome::Elsewhere(_) => false,
            })
    }

    /// Whether a guard may hold something of a part.
    fn is_guarded(&self, part: &Part<'_>) -> bool {
        part.steps.iter().any(guard::is_delete)
            || !risk::named(part, &self.desired.policy).is_empty()
            || draft::has_strange(part)
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
        let own = |looked: &&Looked<'_>| self.is_own(looked.agent);
        let own_population: usize = looked.iter().filter(own).map(|looked| looked.population).sum();
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
            population: own_population as u64,
            unheard: BTreeSet::new(),
        };
        for part in parts.into_iter().filter(|part| self.is_own(part.agent)) {
            if part.is_unheard() {
                plan.unheard.insert(part.agent.name.clone());
            }
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
    let mut is_first = |id: &AgentId, agent: &'a Agent| {
        let other = *first.entry(id.clone()).or_insert(agent);
        let is_first = std::ptr::eq(other, agent);
        let is_in_the_way = !is_first && agent.standing.must_exist();
        findings.extend(is_in_the_way.then(|| looked::same_live_agent(other, agent, id)));
        is_first
    };
    let mut parts = Vec::new();
    for Looked { agent, outcome, .. } in looked {
        let part = match outcome {
            Outcome::Planned(part) => *part,
            Outcome::ByHeaders { shown, hidden } => *if facts.shows_headers { shown } else { hidden },
            Outcome::Elsewhere(id) => {
                is_first(&id, agent);
                continue;
            }
            Outcome::Unproven(_) | Outcome::Missing(_) | Outcome::Several(_) | Outcome::Unlisted(_) => continue,
        };
        if is_first(&part.reference.id, agent) {
            parts.push(part);
        }
    }
    parts
}
