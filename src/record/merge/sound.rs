//! Whether a share's record says of itself what it lists: one that was edited or cut does not.

use std::collections::BTreeSet;

use crate::model::{Partition, Slug};
use crate::record::{
    ActionV1, COVER, CoverageV1, DriftV1, PartitionV1, PlanV1, ReportV1, RequestsV1, ResultV1, SummaryV1,
};

/// No run counts more of anything, so that the shares of all runs can be added up.
const MOST: u64 = u32::MAX as u64;

/// Whether a plan, or a look for drift, counts what it lists, of agents of its share alone.
pub(super) fn is_plan(tree: &PlanV1, share: Partition, partition: &PartitionV1) -> bool {
    let PlanV1 { summary, requests, steps, unmanaged, held, drift, .. } = tree;
    let of = |wanted: ActionV1| steps.iter().filter(|step| step.action == wanted).count() as u64;
    let SummaryV1 { create, update, delete, install, publish, unchanged, unmanaged: strange, held: kept, .. } = summary;
    let SummaryV1 { ignored, left_out, .. } = summary;
    let is_counted = [
        (create, of(ActionV1::Create)),
        (update, of(ActionV1::Update)),
        (delete, of(ActionV1::Delete)),
        (install, of(ActionV1::Install)),
        (publish, of(ActionV1::Publish)),
        (strange, unmanaged.len() as u64),
        (kept, held.len() as u64),
    ]
    .into_iter()
    .all(|(said, there)| *said == there);
    let is_told = drift.as_ref().is_none_or(|drift| is_drift(drift, tree));
    let agents =
        steps.iter().map(|step| step.agent.name.as_str()).chain(held.iter().map(|held| held.agent.name.as_str()));
    let agents = agents.chain(unmanaged.iter().map(|unmanaged| unmanaged.agent.name.as_str()));
    is_counted
        && is_told
        && [unchanged, ignored, left_out].into_iter().all(|count| *count <= MOST)
        && are_few(requests, partition)
        && are_once(steps.iter().map(|step| (step.id.as_str(), step.action)))
        && are_once(held.iter().map(|held| (held.id.as_str(), held.action)))
        && are_of(share, agents, partition)
        && have_digests(steps.iter().map(|step| step.agent.name.as_str()), partition)
}

/// Whether it says of drift what it lists.
fn is_drift(drift: &DriftV1, tree: &PlanV1) -> bool {
    let CoverageV1 { managed, live, percent: _ } = drift.coverage;
    let is_pending =
        tree.steps.iter().all(|step| step.cause.is_pending()) && tree.held.iter().all(|held| held.cause.is_pending());
    let is_clean = is_pending && (!drift.strict || tree.unmanaged.is_empty());
    drift.drifted != is_clean && live <= MOST && live.saturating_sub(managed) == tree.unmanaged.len() as u64
}

/// Whether a report is of agents of its share alone, and came to what its steps came to.
pub(super) fn is_report(tree: &ReportV1, share: Partition, partition: &PartitionV1) -> bool {
    let ReportV1 { result, converged, steps, bounced, held, requests, .. } = tree;
    let agents = steps
        .iter()
        .map(|step| step.agent.name.as_str())
        .chain(bounced.iter().map(|bounced| bounced.agent.name.as_str()));
    let agents = agents.chain(held.iter().map(|held| held.agent.name.as_str()));
    let is_so = match result {
        ResultV1::Applied => *converged != Some(false),
        ResultV1::Guarded => *converged != Some(false) && !held.is_empty(),
        ResultV1::Conflict | ResultV1::Partial | ResultV1::Failed | ResultV1::Unknown => !steps.is_empty(),
    };
    is_so
        && are_few(requests, partition)
        && are_once(steps.iter().map(|step| (step.id.as_str(), step.action)))
        && are_of(share, agents, partition)
        && have_digests(steps.iter().map(|step| step.agent.name.as_str()), partition)
}

fn are_few(requests: &RequestsV1, partition: &PartitionV1) -> bool {
    let RequestsV1 { reads, writes, lookups } = requests;
    let touched = partition.parts.iter().flat_map(|part| &part.skill_sets);
    let touched = touched.flat_map(|set| [set.skills, set.writing, set.high_stakes]);
    [*reads, *writes, *lookups, partition.agents].into_iter().chain(touched).all(|count| count <= MOST)
}

/// Whether no step stands there twice. One whose address is partly covered may look like another.
fn are_once<'a>(steps: impl Iterator<Item = (&'a str, ActionV1)>) -> bool {
    let mut seen = BTreeSet::new();
    let mut shown = steps.filter(|(id, _)| !id.contains(COVER));
    shown.all(|(id, action)| seen.insert((id, action.word())))
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
