//! Desired × live → a plan: every step that apply would take, in order, and everything it would not take, with reasons.
//!
//! All decisions are made here; apply only sends. The same input always gives the same plan.

mod agent;
mod breaking;
mod budget;
mod changed;
mod concern;
mod context;
mod digest;
mod draft;
mod geocode;
mod guard;
mod hours;
mod ignored;
mod looked;
mod meaning;
mod offer;
mod pack;
mod pairs;
mod part;
mod provision;
mod prune;
mod remember;
mod renamed;
mod risk;
mod select;
mod since;
mod skill;
mod step;
mod unheard;

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Finding, sort};
use crate::diff::Facts;
use crate::model::{Desired, Digest, Found, Live, LiveAgent, Slug};

pub use agent::needs_references;
pub use breaking::breaking;
pub use changed::changed;
pub use concern::{Concern, Reach, Reached, Told, Toward, concerns, reached, reaches};
pub use context::Context;
pub use digest::joined;
pub use draft::{Ours, needs_draft};
pub use geocode::{CHUNK, unplaced};
pub use ignored::{Ignored, Names, check_rules};
pub use looked::Looked;
pub use meaning::{Meaning, Risky, What};
pub use offer::{not_connected, not_offered, reserved};
pub use prune::ALIKE;
pub use remember::{hold_deletes, remember};
pub use select::{
    Emptied, Readdressed, SelectError, Selection, Share, check_emptied, find_unpruned, select, select_changed, share,
};
pub use since::{Base, Since};
pub use step::{Action, AgentRef, Former, Held, Hold, Origin, Step, Subject, Unmanaged, Verb};
pub use unheard::unheard;

pub(crate) use geocode::address;

/// What apply would do, and what it would not.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The target's name.
    pub target: String,
    /// Whether every listing it rests on was proved complete.
    pub is_complete: bool,
    /// What would be done, in order.
    pub steps: Vec<Step>,
    /// What is wanted but not done, with the reason.
    pub held: Vec<Held>,
    /// Live skills of the agents that no manifest declares.
    pub unmanaged: Vec<Unmanaged>,
    /// Declared skills, presets and packs that are as declared.
    pub unchanged: u64,
    /// Differences that rules leave to others.
    pub ignored: u64,
    /// Agents that were not looked at, since nothing of them changed since the base revision.
    pub left_out: u64,
    /// What is wrong or worth knowing.
    pub findings: Vec<Finding>,
    /// Reads that were sent to make it.
    pub reads: u64,
    /// The base revision since which it is known who moved, if there is one.
    pub since: Option<Since>,
    /// What the live skills show of how the server answers.
    pub facts: Facts,
    /// How many live skills the agents have.
    pub population: u64,
    /// Agents that it changes and does not publish, while callers hear a version that was published.
    pub unheard: BTreeSet<Slug>,
    /// The share of the target's agents that it is of; `None` if it is of all.
    pub share: Option<Share>,
}

/// A plan that nothing stops: the only one that can be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved(Plan);

impl Approved {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.0
    }

    /// The plan, no longer approved.
    pub fn into_plan(self) -> Plan {
        self.0
    }
}

/// How many steps a plan has, by action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Skills to create.
    pub create: u64,
    /// Skills to update.
    pub update: u64,
    /// Skills to delete.
    pub delete: u64,
    /// Packs to install.
    pub install: u64,
    /// Agents to publish.
    pub publish: u64,
    /// Declared skills, presets and packs that are as declared.
    pub unchanged: u64,
    /// Live skills that no manifest declares.
    pub unmanaged: u64,
    /// What is wanted but not done.
    pub held: u64,
    /// Differences that rules leave to others.
    pub ignored: u64,
    /// Agents that were not looked at, since nothing of them changed since the base revision.
    pub left_out: u64,
}

impl Plan {
    /// Whether nothing is left to do and nothing stands in the way.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.held.is_empty()
    }

    /// Whether live is as the manifests asked for at the base revision: what is left, or held, is theirs alone.
    pub fn is_still(&self) -> bool {
        self.steps.iter().all(Step::is_pending) && self.held.iter().all(Held::is_pending)
    }

    /// Adds what was found before, in the manifests.
    pub fn add_findings(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings);
        sort(&mut self.findings);
    }

    /// Whether a finding stops it.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(Finding::is_error)
    }

    /// Lets it be applied, unless a finding stops it.
    ///
    /// # Errors
    /// The plan itself, if it has errors.
    pub fn approve(self) -> Result<Approved, Box<Self>> {
        if self.has_errors() { Err(Box::new(self)) } else { Ok(Approved(self)) }
    }

    /// Writes that an apply of it sends if nothing fails: one for each step.
    pub fn writes(&self) -> u64 {
        self.steps.len() as u64
    }

    /// Requests for coordinates that an apply of it sends if nothing fails; they change nothing and are no writes.
    pub fn lookups(&self) -> u64 {
        geocode::lookups(&self.steps)
    }

    /// The steps that are left where some are refused, by id: those, and what needs them, are not done.
    pub fn without(&self, refused: &BTreeMap<String, String>) -> Vec<&Step> {
        let mut gone: BTreeSet<&str> = refused.keys().map(String::as_str).collect();
        let mut left = Vec::new();
        // A step stands after those that it needs, so one pass finds all.
        for step in &self.steps {
            if gone.contains(step.id.as_str()) || step.needs.iter().any(|needed| gone.contains(needed.as_str())) {
                gone.insert(&step.id);
            } else {
                left.push(step);
            }
        }
        left
    }

    /// The name of exactly this plan: `sha256:` and 64 hexadecimal digits over its steps, in a canonical encoding.
    pub fn digest(&self) -> Digest {
        digest::digest(self)
    }

    /// The digest of the steps of each agent that has any; [`joined`] makes that of the plan of them.
    pub fn parts(&self) -> BTreeMap<&Slug, Digest> {
        digest::parts(self)
    }

    /// The name of exactly the drift of each agent that has any: what live moved, what is held of it, and what is strange to
    /// the manifests and should not be; whatever they have pending. [`joined`] makes that of the whole of them.
    pub fn fingerprints<'p>(&'p self, strange: &'p [Unmanaged]) -> BTreeMap<&'p Slug, Digest> {
        digest::fingerprints(self, strange)
    }

    /// How many steps there are of each kind.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            unchanged: self.unchanged,
            unmanaged: self.unmanaged.len() as u64,
            held: self.held.len() as u64,
            ignored: self.ignored,
            left_out: self.left_out,
            ..Summary::default()
        };
        for step in &self.steps {
            let count = match &step.action {
                Action::Create { .. } => &mut summary.create,
                Action::Update { .. } | Action::UpdatePreset { .. } => &mut summary.update,
                Action::Delete { .. } => &mut summary.delete,
                Action::Install { .. } => &mut summary.install,
                Action::Publish { .. } => &mut summary.publish,
            };
            *count += 1;
        }
        summary
    }
}

/// Compares what is desired with what is live, where all of it was read before; [`Context`] plans agent by agent.
pub fn plan(desired: &Desired, live: &Live) -> Plan {
    planned(desired, live, None)
}

/// The same, and says of everything who moved since a base revision.
pub fn plan_since(desired: &Desired, live: &Live, base: &Base) -> Plan {
    planned(desired, live, Some(base))
}

fn planned(desired: &Desired, live: &Live, base: Option<&Base>) -> Plan {
    let context = Context::new(desired, &live.catalog, base, None);
    let agents = desired.agents.iter().filter_map(|agent| Some((agent, live.agents.get(&agent.name)?)));
    let looked = agents.map(|(agent, found)| context.look(agent, found)).collect();
    context.join(looked, live.reads)
}

fn one_agents(live: &Live) -> impl Iterator<Item = &LiveAgent> {
    live.agents.values().filter_map(|found| match found {
        Found::One(one) => Some(one.as_ref()),
        Found::Missing { .. } | Found::Several(_) | Found::Unproven(_) => None,
    })
}

/// What the live skills show of how the server answers.
pub fn facts(live: &Live) -> Facts {
    Facts::of(one_agents(live).flat_map(|agent| agent.skills.items()))
}
