//! Which agents a run is about.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::changed::changed;
use super::pairs::Pairs;
use super::remember::hold_prune;
use crate::diag::{Code, Finding, closest};
use crate::model::{Agent, Desired, Partition, Prune, Slug};

/// What is asked for: all agents if nothing is.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// Only these, by their addresses.
    pub agents: &'a [String],
    /// Only those with all of these labels.
    pub labels: &'a [(String, String)],
}

/// An agent that was asked for by the address that it had at the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readdressed {
    /// The address that was asked for.
    pub was: String,
    /// Its address now.
    pub now: Slug,
}

/// Why a selection cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectError {
    /// No manifest declares an agent of this address.
    Unknown {
        /// The address.
        name: String,
        /// The most alike of those that there are.
        near: Option<String>,
    },
    /// Nothing is left.
    Nothing,
}

/// Keeps the agents that are asked for, by their address or the one that they had at the base.
///
/// # Errors
/// [`SelectError`] if an address is nobody's, or no agent is left.
pub fn select(
    desired: &mut Desired,
    base: Option<&Desired>,
    selection: Selection<'_>,
) -> Result<Vec<Readdressed>, SelectError> {
    let Selection { agents, labels } = selection;
    let pairs = base.map(|base| Pairs::new(desired, base));
    let mut names = BTreeSet::new();
    let mut readdressed = Vec::new();
    for asked in agents {
        let Some(now) = addressed(desired, base.zip(pairs.as_ref()), asked) else {
            let near = closest(asked, desired.agents.iter().map(|agent| agent.name.as_str()));
            return Err(SelectError::Unknown { name: asked.clone(), near: near.map(str::to_owned) });
        };
        if now.as_str() != asked {
            readdressed.push(Readdressed { was: asked.clone(), now: now.clone() });
        }
        names.insert(now.clone());
    }
    keep(desired, |agent| {
        (names.is_empty() || names.contains(&agent.name))
            && labels.iter().all(|(key, value)| agent.labels.get(key) == Some(value))
    });
    if desired.agents.is_empty() { Err(SelectError::Nothing) } else { Ok(readdressed) }
}

/// Keeps the agents that the manifests' changes since the base can touch, and gives the number of the others.
pub fn select_changed(desired: &mut Desired, base: &Desired) -> usize {
    let changed = changed(desired, base);
    keep(desired, |agent| changed.contains(&agent.name))
}

/// The agents of one share, as far as a plan of them says more than their number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Which share.
    pub partition: Partition,
    /// How many agents it has.
    pub agents: u64,
}

/// The agents of one share. There may be none: the other shares have them then.
pub fn share(desired: &Desired, partition: Partition) -> Share {
    let own = desired.agents.iter().filter(|agent| partition.holds(&agent.name));
    Share { partition, agents: own.count() as u64 }
}

/// The agent of an address, or the one that had it at the base and is found as it was then.
fn addressed<'d>(desired: &'d Desired, base: Option<(&Desired, &Pairs<'d>)>, asked: &str) -> Option<&'d Slug> {
    let is_asked = |agent: &&Agent| agent.name.as_str() == asked;
    let readdressed = || base.and_then(|(base, pairs)| pairs.now(base.agents.iter().find(is_asked)?));
    desired.agents.iter().find(is_asked).or_else(readdressed).map(|agent| &agent.name)
}

/// Keeps some agents, and gives the number of the others.
fn keep(desired: &mut Desired, is_kept: impl Fn(&Agent) -> bool) -> usize {
    let all = std::mem::take(&mut desired.agents);
    let (kept, others): (Vec<Agent>, Vec<Agent>) = all.into_iter().partition(is_kept);
    desired.agents = kept;
    hold_prune(&mut desired.agents, &others);
    others.len()
}

/// Says of which agents nothing is pruned, since there is no base revision.
pub fn find_unpruned(desired: &Desired) -> Vec<Finding> {
    let mut files: BTreeMap<&Arc<str>, Vec<&Agent>> = BTreeMap::new();
    for agent in desired.agents.iter().filter(|agent| agent.prune == Prune::Removed) {
        files.entry(&agent.place.file).or_default().push(agent);
    }
    let report = |agent: &Agent, others: &str| {
        let message = format!("nothing of `{}`{others} is pruned, since there is no base revision", agent.name);
        Finding::at(Code::NothingPruned, agent.place.clone(), message).help("give one with `--since REV`")
    };
    // A table makes any number of agents.
    let of_a_file = |agents: Vec<&Agent>| match agents.as_slice() {
        [first, others @ ..] if others.len() >= MANY => {
            vec![report(first, &format!(" and {} more agents of this file", others.len()))]
        }
        few => few.iter().map(|agent| report(agent, "")).collect(),
    };
    files.into_values().flat_map(of_a_file).collect()
}

/// From here on the agents of one file are not spoken of one by one.
const MANY: usize = 10;

/// The manifests declare no agent any more, and that cannot be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emptied {
    /// The agents that the base declared.
    pub agents: usize,
}

/// An empty input is never taken for an empty desired state. Only where the project itself still stands, and something
/// was to be pruned, the last agents are given up like any others: once somebody lets them go by name.
///
/// # Errors
/// [`Emptied`] if nothing is declared that was.
pub fn check_emptied(desired: &Desired, base: &Desired) -> Result<(), Emptied> {
    let is_project = desired.project.is_some() && base.project.is_some();
    let is_given_up = is_project && base.agents.iter().any(|then| then.prune != Prune::Never);
    if desired.agents.is_empty() && !base.agents.is_empty() && !is_given_up {
        return Err(Emptied { agents: base.agents.len() });
    }
    Ok(())
}
