//! Which share of a target's agents a record is of, and what it knows of each of them, so that shares can be joined.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cover::cover;
use crate::model::{Digest, Partition, Slug};
use crate::plan::{Plan, Reached, Share, Toward, reached};

/// A share of a target's agents; `flowops merge` joins the records of all shares of a run.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Partition", inline)]
pub(crate) struct PartitionV1 {
    /// Which share it is, counted from 1.
    #[schemars(range(min = 1))]
    pub(crate) index: u32,
    /// How many shares there are.
    #[schemars(range(min = 1))]
    pub(crate) total: u32,
    /// How many agents are in it.
    pub(crate) agents: u64,
    /// What must be known of an agent so that all shares can be joined; of most nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parts: Vec<PartV1>,
}

/// What must be known of an agent so that all shares can be joined.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Part", inline)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartV1 {
    /// The agent, by its name in the manifests.
    pub(crate) agent: String,
    /// The digest of its steps, if it has any.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) digest: Option<String>,
    /// The fingerprint of its drift, if it is known and there is any.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fingerprint: Option<String>,
    /// What SkillSets change of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skill_sets: Vec<TouchedV1>,
}

/// What a SkillSet changes of one agent.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Touched", inline)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TouchedV1 {
    /// The SkillSet.
    pub(crate) skill_set: String,
    /// The skills that it changes.
    pub(crate) skills: u64,
    /// How many of these change data elsewhere.
    pub(crate) writing: u64,
    /// How many of these have high stakes.
    pub(crate) high_stakes: u64,
}

/// A share of which nothing else is known, since its run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub(crate) struct FailedShareV1 {
    pub(crate) index: u32,
    pub(crate) total: u32,
}

impl PartitionV1 {
    /// The share of a plan, seen from a side, with the fingerprints of the drift of its agents as far as they are known;
    /// `None` if the plan is of all agents.
    pub(super) fn of(plan: &Plan, toward: Toward, fingerprints: &BTreeMap<&Slug, Digest>) -> Option<Self> {
        let Share { partition, agents } = plan.share.as_ref()?;
        let (digests, mut sets) = (plan.parts(), reached(plan, toward));
        let named = digests.keys().chain(fingerprints.keys()).chain(sets.keys());
        let known: BTreeSet<&Slug> = named.copied().collect();
        let part = |agent: &Slug| PartV1 {
            agent: cover(agent.as_str()).into_owned(),
            digest: digests.get(agent).map(ToString::to_string),
            fingerprint: fingerprints.get(agent).map(ToString::to_string),
            skill_sets: sets.remove(agent).unwrap_or_default().into_iter().map(TouchedV1::new).collect(),
        };
        let parts = known.into_iter().map(part).collect();
        Some(Self { index: partition.index(), total: partition.total(), agents: *agents, parts })
    }
}

impl TouchedV1 {
    fn new((set, reached): (&Slug, Reached)) -> Self {
        let Reached { agents: _, skills, writing, high_stakes } = reached;
        Self { skill_set: cover(set.as_str()).into_owned(), skills, writing, high_stakes }
    }

    /// How much it changes of its agent.
    pub(super) const fn reached(&self) -> Reached {
        let &Self { skill_set: _, skills, writing, high_stakes } = self;
        Reached { agents: 1, skills, writing, high_stakes }
    }
}

impl From<Partition> for FailedShareV1 {
    fn from(partition: Partition) -> Self {
        Self { index: partition.index(), total: partition.total() }
    }
}
