//! Whether a share's record says of itself what it lists: one that was edited or cut does not.

use std::collections::BTreeSet;

use crate::model::{Partition, Slug};
use crate::record::{
    ActionV1, COVER, CoverageV1, DriftV1, PartitionV1, PlanV1, ReportV1, RequestsV1, ResultV1, StatusV1, SummaryV1,
};

/// No run counts more of anything, so that the shares of all runs can be added up.
const MOST_COUNTED: u64 = u32::MAX as u64;

/// Whether a plan, or a look for drift, counts what it lists, of agents of its share alone.
pub(super) fn is_sound_plan(tree: &PlanV1, share: Partition, partition: &PartitionV1) -> bool {
    let stepping = || tree.steps.iter().map(|step| step.agent.name.as_str());
    let held = tree.held.iter().map(|held| held.agent.name.as_str());
    let unmanaged = tree.unmanaged.iter().map(|unmanaged| unmanaged.agent.name.as_str());
    is_counted(tree)
        && tree.drift.as_ref().is_none_or(|drift| is_sound_drift(drift, tree))
        && can_be_added(&tree.requests, partition)
        && are_once(tree.steps.iter().map(|step| (step.id.as_str(), step.action)))
        && are_of(share, stepping().chain(held).chain(unmanaged), partition)
        && have_digests(stepping(), partition)
}

/// Whether it counts what it lists.
fn is_counted(tree: &PlanV1) -> bool {
    let SummaryV1 { create, update, delete, install, publish, unchanged, unmanaged, held, ignored, left_out } =
        tree.summary;
    let of = |wanted: ActionV1| tree.steps.iter().filter(|step| step.action == wanted).count() as u64;
    let counted = [create, update, delete, install, publish, unmanaged, held, tree.requests.writes];
    let listed = [
        of(ActionV1::Create),
        of(ActionV1::Update),
        of(ActionV1::Delete),
        of(ActionV1::Install),
        of(ActionV1::Publish),
        tree.unmanaged.len() as u64,
        tree.held.len() as u64,
        tree.steps.len() as u64,
    ];
    counted == listed && [unchanged, ignored, left_out].into_iter().all(|count| count <= MOST_COUNTED)
}

/// Whether it says of drift what it lists.
fn is_sound_drift(drift: &DriftV1, tree: &PlanV1) -> bool {
    let CoverageV1 { managed, live, percent: _ } = drift.coverage;
    let is_pending =
        tree.steps.iter().all(|step| step.cause.is_pending()) && tree.held.iter().all(|held| held.cause.is_pending());
    let is_clean = is_pending && (!drift.strict || tree.unmanaged.is_empty());
    let counted = managed.checked_add(tree.unmanaged.len() as u64);
    drift.drifted != is_clean && live <= MOST_COUNTED && counted == Some(live)
}

/// Whether a report is of agents of its share alone, and came to what its steps came to.
pub(super) fn is_sound_report(tree: &ReportV1, share: Partition, partition: &PartitionV1) -> bool {
    let stepping = || tree.steps.iter().map(|step| step.agent.name.as_str());
    let bounced = tree.bounced.iter().map(|bounced| bounced.agent.name.as_str());
    let held = tree.held.iter().map(|held| held.agent.name.as_str());
    is_result(tree)
        && can_be_added(&tree.requests, partition)
        && are_once(tree.steps.iter().map(|step| (step.id.as_str(), step.action)))
        && are_of(share, stepping().chain(bounced).chain(held), partition)
        && have_digests(stepping(), partition)
}

/// Whether steps that ended so can have come to that. A step whose answer was lost may be proved to be done.
fn is_result(tree: &ReportV1) -> bool {
    let is_done = tree.converged != Some(false)
        && tree.steps.iter().all(|step| match step.status {
            StatusV1::Done | StatusV1::Unneeded | StatusV1::Unknown => true,
            StatusV1::Conflict | StatusV1::Failed | StatusV1::Skipped => false,
        });
    match tree.result {
        ResultV1::Applied => is_done && tree.held.is_empty(),
        ResultV1::Guarded => is_done && !tree.held.is_empty(),
        ResultV1::Conflict | ResultV1::Partial | ResultV1::Failed | ResultV1::Unknown => !tree.steps.is_empty(),
    }
}

/// Whether what it counts can be added to what others count.
fn can_be_added(requests: &RequestsV1, partition: &PartitionV1) -> bool {
    let RequestsV1 { reads, writes, lookups } = *requests;
    let touched = partition.parts.iter().flat_map(|part| &part.skill_sets);
    let touched = touched.flat_map(|set| [set.skills, set.writing, set.high_stakes]);
    [reads, writes, lookups, partition.agents].into_iter().chain(touched).all(|count| count <= MOST_COUNTED)
}

/// Whether no step stands there twice. One whose address is partly covered may look like another.
fn are_once<'a>(steps: impl Iterator<Item = (&'a str, ActionV1)>) -> bool {
    let mut seen = BTreeSet::new();
    let mut shown = steps.filter(|(id, _)| !id.contains(COVER));
    shown.all(|step| seen.insert(step))
}

/// Whether all agents are of a share, and those of which more is known are there once; one whose name is covered may be.
fn are_of<'a>(share: Partition, agents: impl Iterator<Item = &'a str>, partition: &'a PartitionV1) -> bool {
    let known: Vec<&str> = partition.parts.iter().map(|part| part.agent.as_str()).collect();
    let mut seen = BTreeSet::new();
    known.iter().all(|name| name.contains(COVER) || seen.insert(*name))
        && agents.chain(known).all(|name| Slug::parse(name).map_or(true, |agent| share.holds(&agent)))
}

/// Whether the agents that have steps are those that have digests.
fn have_digests<'a>(stepping: impl Iterator<Item = &'a str>, partition: &'a PartitionV1) -> bool {
    let known = partition.parts.iter().filter(|part| part.digest.is_some()).map(|part| part.agent.as_str());
    stepping.collect::<BTreeSet<&str>>() == known.collect()
}
