//! What is known of drift alone.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PartitionV1, PlanV1, Record, Tree};
use crate::model::{Digest, Slug};
use crate::plan::{Plan, Toward, Unmanaged, joined};

/// What else is known when drift is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    /// Whether live skills that no manifest declares are drift.
    pub is_strict: bool,
    /// How many live skills the agents have.
    pub live: u64,
    /// When it is looked for, in RFC 3339, and what was told the last time; without an earlier record no time is told.
    pub earlier: Option<(&'a str, Option<&'a Record>)>,
}

impl Watch<'_> {
    /// The live skills that are drift because no manifest declares them.
    fn strange<'p>(&self, plan: &'p Plan) -> &'p [Unmanaged] {
        if self.is_strict { &plan.unmanaged } else { &[] }
    }
}

/// What is known of drift alone.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Drift")]
pub(crate) struct DriftV1 {
    /// Whether live differs from what the manifests asked for, apart from what is only pending.
    pub(crate) drifted: bool,
    /// Whether live skills that no manifest declares are drift as well; absent if they are not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) strict: bool,
    /// The name of exactly this drift, whatever is pending beside it.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub(crate) fingerprint: String,
    /// How many live skills are managed.
    pub(crate) coverage: CoverageV1,
    /// When it was looked for (RFC 3339, UTC), if an earlier record could be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checked: Option<String>,
    /// Whether the drift is the same as in the earlier record, if one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unchanged: Option<bool>,
    /// Since when each step is known to have drifted (RFC 3339, UTC), by its id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) since: BTreeMap<String, String>,
}

/// How many live skills are managed.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Coverage", inline)]
pub(crate) struct CoverageV1 {
    /// Live skills that manifests declare.
    pub(crate) managed: u64,
    /// Live skills.
    pub(crate) live: u64,
    /// The one in hundredths of the other, rounded down; 100 where there is none.
    pub(crate) percent: u64,
}

impl CoverageV1 {
    fn new(live: u64, unmanaged: usize) -> Self {
        Self::of(live.saturating_sub(unmanaged as u64), live)
    }

    pub(super) fn of(managed: u64, live: u64) -> Self {
        Self { managed, live, percent: (managed * 100).checked_div(live).unwrap_or(100) }
    }
}

impl DriftV1 {
    /// How many live skills are in no manifest, where that is drift.
    pub(crate) const fn strange(&self) -> u64 {
        let CoverageV1 { managed, live, percent: _ } = self.coverage;
        if self.strict { live.saturating_sub(managed) } else { 0 }
    }

    fn new(plan: &Plan, watch: &Watch<'_>, fingerprints: BTreeMap<&Slug, Digest>) -> Self {
        let Watch { is_strict, live, earlier } = watch;
        let strange = watch.strange(plan);
        let fingerprint = joined(fingerprints.into_values()).to_string();
        let earlier_record = earlier.and_then(|(_, record)| record);
        let before = earlier_record.and_then(Record::watch);
        // What was told of other agents is no answer to whether this is the same.
        let is_comparable = earlier_record.is_some_and(|record| record.share() == share(plan));
        let seen =
            |id: &str, now: &str| before.and_then(|before| before.since.get(id)).map_or(now, String::as_str).to_owned();
        let since = earlier.map(|(now, _)| {
            let drifted = plan.steps.iter().filter(|step| !step.is_pending());
            drifted.map(|step| (super::cover(&step.id).into_owned(), seen(&super::cover(&step.id), now))).collect()
        });
        Self {
            drifted: !plan.is_still() || !strange.is_empty(),
            strict: *is_strict,
            unchanged: before.filter(|_| is_comparable).map(|before| before.fingerprint == fingerprint),
            fingerprint,
            coverage: CoverageV1::new(*live, plan.unmanaged.len()),
            checked: earlier.map(|(now, _)| now.to_owned()),
            since: since.unwrap_or_default(),
        }
    }
}

/// Which share of the agents a plan is of, and of how many.
fn share(plan: &Plan) -> Option<(u32, u32)> {
    plan.share.as_ref().map(|share| (share.partition.index(), share.partition.total()))
}

impl Record {
    /// What live says that git does not, with all that is known of it: `flowops.drift/v1`.
    pub fn watched(plan: &Plan, watch: &Watch<'_>) -> Self {
        let mut record = Self::drift(plan);
        if let Tree::Drift(tree) = &mut record.tree {
            let fingerprints = plan.fingerprints(watch.strange(plan));
            tree.partition = PartitionV1::of(plan, Toward::Live, &fingerprints);
            tree.drift = Some(DriftV1::new(plan, watch, fingerprints));
        }
        record
    }

    /// Whether live differs from what the manifests asked for, apart from what is only pending.
    pub fn is_drifted(&self) -> bool {
        self.watch().is_some_and(|drift| drift.drifted)
    }

    /// Whether it is drift, and the same as in the record before it.
    pub fn is_known(&self) -> bool {
        self.watch().is_some_and(|drift| drift.drifted && drift.unchanged == Some(true))
    }

    /// Which share of the agents it is of, and of how many; `None` if it is of all.
    pub fn share(&self) -> Option<(u32, u32)> {
        let partition = match &self.tree {
            Tree::Plan(tree) | Tree::Drift(tree) => tree.partition.as_ref(),
            Tree::Report(tree) => tree.partition.as_ref(),
            Tree::Pull(_) | Tree::Origin(_) | Tree::Compare(_) | Tree::Findings(_) | Tree::Error(_) => None,
        };
        partition.map(|partition| (partition.index, partition.total))
    }

    /// What a look at live found, as a plan that is never applied; `None` if it is anything else.
    pub(crate) fn as_drift(&self) -> Option<&PlanV1> {
        match &self.tree {
            Tree::Drift(tree) => Some(tree),
            Tree::Plan(_)
            | Tree::Report(_)
            | Tree::Pull(_)
            | Tree::Origin(_)
            | Tree::Compare(_)
            | Tree::Findings(_)
            | Tree::Error(_) => None,
        }
    }

    pub(crate) fn watch(&self) -> Option<&DriftV1> {
        self.as_drift()?.drift.as_ref()
    }
}
