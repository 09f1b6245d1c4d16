//! What looking at one agent came to: its part of the plan, or why it has none.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::part::Part;
use crate::diag::{Code, Few, Finding, closest, sort};
use crate::model::{Agent, AgentId, Lookup, Slug, Standing};

/// What looking at one agent came to: its part of the plan, or why it has none.
pub struct Looked<'a> {
    pub(super) agent: &'a Agent,
    pub(super) outcome: Outcome<'a>,
    /// Whether a live skill of it shows headers.
    pub(super) shows_headers: bool,
    /// How many live skills it has.
    pub(super) population: usize,
}

pub(super) enum Outcome<'a> {
    /// Its part, which is the same whether or not the server shows headers.
    Planned(Box<Part<'a>>),
    /// Its part where the server shows headers, and where it hides them: the other agents tell which.
    ByHeaders { shown: Box<Part<'a>>, hidden: Box<Part<'a>> },
    /// It is not on the server, which has agents of these names.
    Missing(Arc<[String]>),
    /// More than one of its name are.
    Several(Vec<AgentId>),
    /// Whether it is there cannot be told.
    Unlisted(String),
    /// What skills it has cannot be told.
    Unproven(String),
    /// It is in another share, and nothing of this one depends on what is live of it.
    Elsewhere(AgentId),
}

/// So many missing agents get a suggestion each: where more are missing, the key is another organization's, or the server
/// another one.
const SUGGESTED: usize = 20;

/// So many agents are shown that are not there for the same reason.
const SHOWN: NonZeroUsize = NonZeroUsize::new(100).unwrap();

impl Looked<'_> {
    /// Whether something may be done to it; guards and the other agents have the last word.
    pub fn may_change(&self) -> bool {
        match &self.outcome {
            Outcome::Planned(part) => part.may_change(),
            Outcome::ByHeaders { shown, hidden } => shown.may_change() || hidden.may_change(),
            Outcome::Missing(_)
            | Outcome::Several(_)
            | Outcome::Unlisted(_)
            | Outcome::Unproven(_)
            | Outcome::Elsewhere(_) => false,
        }
    }

    /// Its place among all: those that are declared come first.
    pub(super) fn rank(&self) -> (bool, &Slug) {
        (!self.agent.standing.must_exist(), &self.agent.name)
    }

    /// Whether a listing could not be proved complete.
    pub(super) fn is_in_doubt(&self) -> bool {
        match &self.outcome {
            Outcome::Unlisted(_) | Outcome::Unproven(_) => true,
            Outcome::Planned(_)
            | Outcome::ByHeaders { .. }
            | Outcome::Missing(_)
            | Outcome::Several(_)
            | Outcome::Elsewhere(_) => false,
        }
    }
}

/// Why some agents have no part in the plan: what is so of very many is said of the first hundred.
pub(super) fn findings(looked: &[Looked<'_>]) -> Vec<Finding> {
    let is_missing = |looked: &&Looked<'_>| matches!(looked.outcome, Outcome::Missing(_));
    let are_few = looked.iter().filter(is_missing).count() <= SUGGESTED;
    let found = looked.iter().filter_map(|Looked { agent, outcome, .. }| match outcome {
        Outcome::Planned(_) | Outcome::ByHeaders { .. } | Outcome::Elsewhere(_) => None,
        Outcome::Missing(_) if !agent.standing.must_exist() => None,
        Outcome::Missing(names) => Some(missing(agent, if are_few { names } else { &[] })),
        Outcome::Several(ids) => Some(several(agent, ids)),
        Outcome::Unlisted(reason) => Some(unproven(agent, "the list of agents", reason)),
        Outcome::Unproven(reason) => Some(unproven(agent, &format!("the list of skills of `{}`", agent.name), reason)),
    });
    let (mut missing, others): (Vec<Finding>, Vec<Finding>) =
        found.partition(|finding| finding.code == Code::AgentNotFound);
    sort(&mut missing);
    let mut few = Few::new(SHOWN);
    few.extend(missing.into_iter().map(|finding| ((), finding)));
    others.into_iter().chain(few.close()).collect()
}

fn missing(agent: &Agent, names: &[String]) -> Finding {
    let what = match &agent.lookup {
        Lookup::Name(name) => format!("called `{name}`"),
        Lookup::Id(id) => format!("with the id `{id}`"),
    };
    let near = match &agent.lookup {
        Lookup::Name(name) => closest(name, names.iter().map(String::as_str)),
        Lookup::Id(_) => None,
    };
    let help = near.map(|near| format!("did you mean `{near}`?"));
    let help =
        help.unwrap_or_else(|| "agents are never created; make it in the dashboard, or correct `match`".to_owned());
    Finding::at(Code::AgentNotFound, agent.lookup_place.clone(), format!("the server has no agent {what}")).help(help)
}

/// Of an agent that is given up it only matters that nothing of it is deleted.
fn several(agent: &Agent, ids: &[AgentId]) -> Finding {
    let ids = ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let place = agent.lookup_place.clone();
    match agent.standing {
        Standing::Declared => {
            let message = format!("more than one agent has the name that `{}` matches: {ids}", agent.name);
            Finding::at(Code::AgentAmbiguous, place, message).help("match by id instead: `match: {id: …}`")
        }
        Standing::Removed => {
            let message = format!("more than one agent has the name that `{}` matched: {ids}", agent.name);
            Finding::at(Code::GivenUpAmbiguous, place, message)
                .help("nothing of either is deleted; delete in the dashboard what must go")
        }
    }
}

fn unproven(agent: &Agent, what: &str, reason: &str) -> Finding {
    let message = format!("{what} cannot be proved complete: {reason}");
    Finding::at(Code::ListingUnproven, agent.lookup_place.clone(), message)
        .help("nothing is written; try again, and report it if it stays")
}

pub(super) fn same_live_agent(first: &Agent, second: &Agent, id: &AgentId) -> Finding {
    let message = format!("`{}` and `{}` are both the live agent `{id}`", first.name, second.name);
    Finding::at(Code::SameLiveAgent, second.lookup_place.clone(), message)
        .help(format!("the first one is at {}", first.lookup_place))
}
