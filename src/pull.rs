//! Desired × live → what the manifests should say, so that nothing differs any more. The way back of a plan.
//!
//! It decides only; [`crate::manifest::edit`] finds the places in the text. Secrets are never taken over: where one is
//! live, a reference comes to stand. What cannot be declared is left, with the reason.

mod accept;
mod agent;
mod name;
mod record;
mod stranger;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diag::Sources;
use crate::diff::Difference;
use crate::manifest::SideFiles;
use crate::manifest::edit::{self, Edit, NewAgent, SideEdit};
use crate::model::{Desired, Found, Listing, Live, Prune, Replace, SecretRef, SkillName, Slug};
use crate::plan::{self, Ignored};

pub use accept::{Accept, AcceptError, Accepted};
pub use record::{Known, Records, records};
pub use stranger::{Only, folder_of_agents, strangers};

use agent::{Agents, Takes};
use name::SecretNames;

/// What the manifests take over from live.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pull {
    /// The target's name.
    pub target: String,
    /// Manifests that change, by the path under which they are shown.
    pub manifests: BTreeMap<Arc<str>, String>,
    /// Files beside them that change, by their path from the project root.
    pub side_files: BTreeMap<String, SideEdit>,
    /// Manifests that are new, by the path under which they will be shown.
    pub new_manifests: BTreeMap<String, String>,
    /// What changes in manifests that are there, and why.
    pub takes: Vec<Take>,
    /// The agents that get a manifest.
    pub new_agents: Vec<NewAgent>,
    /// What stays different, and why.
    pub left: Vec<Left>,
    /// References that came to stand where live has a secret. Whoever applies must set them.
    pub secrets: Vec<SecretRef>,
}

/// One thing that a manifest takes over.
#[derive(Debug, Clone, PartialEq)]
pub struct Take {
    /// What changes.
    pub edit: Edit,
    /// The manifest of the agent, as it is shown.
    pub file: Arc<str>,
    /// Where a field differed: `before` is live, `after` what was declared until now.
    pub differences: Vec<Difference>,
}

/// Something live that no manifest takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The agent.
    pub agent: Slug,
    /// The skill; none if it is about the agent as a whole.
    pub skill: Option<SkillName>,
    /// Why, as a fragment.
    pub why: String,
}

impl Pull {
    /// Whether no file changes.
    pub fn is_empty(&self) -> bool {
        self.manifests.is_empty() && self.side_files.is_empty() && self.new_manifests.is_empty()
    }
}

/// The same manifests, asking for nothing that a pull has no use for: it publishes, deletes and replaces nothing, so what
/// these need is not read.
pub fn readable(desired: &Desired) -> Desired {
    let mut readable = desired.clone().observed();
    for agent in &mut readable.agents {
        agent.prune = Prune::Never;
        agent.absent.clear();
        // What many agents have stays one, unless there is something to change.
        for skill in agent.skills.iter_mut().filter(|skill| skill.replace != Replace::Never) {
            Arc::make_mut(skill).replace = Replace::Never;
        }
    }
    readable
}

/// What is wanted of a pull.
pub struct Wish<'a> {
    /// What is taken over.
    pub accept: &'a Accept,
    /// The agents that no manifest declares yet, as [`strangers`] gives them.
    pub strangers: &'a Desired,
    /// The folder for their manifests, as paths are shown.
    pub folder: &'a str,
}

/// Decides what the manifests take over, and edits them.
pub fn pull(sources: &Sources, side_files: &dyn SideFiles, desired: &Desired, live: &Live, wish: &Wish<'_>) -> Pull {
    let secrets = SecretNames::new(desired);
    let ignored = Ignored::new(&desired.policy.ignore);
    let agents =
        Agents { desired, facts: plan::facts(live), accept: wish.accept, ignored: &ignored, secrets: &secrets };
    let mut found = Takes::default();
    for agent in &desired.agents {
        match live.agents.get(&agent.name) {
            Some(Found::One(one)) => match &one.skills {
                Listing::Complete(skills) => agents.take(agent, skills, &mut found),
                Listing::Unproven { reason, .. } => {
                    found.leave(agent, None, format!("its list of skills cannot be proved complete: {reason}"));
                }
            },
            Some(Found::Missing { .. }) => found.leave(agent, None, "the server does not have it"),
            Some(Found::Several(_)) => found.leave(agent, None, "the server has several of its name; match it by id"),
            Some(Found::Unproven(reason)) => {
                found.leave(agent, None, format!("the list of agents cannot be proved complete: {reason}"));
            }
            None => {}
        }
    }
    let Takes { takes, mut left } = found;
    let edits: Vec<Edit> = takes.iter().map(|take| take.edit.clone()).collect();
    let edited = edit::edit(sources, side_files, desired, &edits);
    let mut made = Vec::new();
    for (at, take) in takes.into_iter().enumerate() {
        match edited.refused.get(&at) {
            None => made.push(take),
            Some(why) => left.push(Left {
                agent: take.edit.agent.clone(),
                skill: take.edit.what.skill().cloned(),
                why: why.clone(),
            }),
        }
    }
    let mut pull = Pull {
        target: desired.target.clone(),
        manifests: edited.manifests,
        side_files: edited.side_files,
        takes: made,
        left,
        ..Pull::default()
    };
    for stranger in &wish.strangers.agents {
        stranger::declare(&mut pull, &agents, stranger, live, (sources, side_files), wish.folder);
    }
    pull.secrets = secrets.into_used(&pull);
    pull
}
