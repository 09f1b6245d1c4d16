//! The plans of all shares, or what live says that git does not of all shares, as one.

use std::collections::BTreeSet;

use super::order::{Places, by_agent, sort};
use super::{concern, digest, fingerprint};
use crate::plan::Toward;
use crate::record::{CoverageV1, DriftV1, PartV1, PartitionV1, PlanFormat, PlanV1, RequestsV1, ScopesV1, SummaryV1};

/// Joins plans, of which each is of another share; `None` if there is none.
pub(super) fn join(shares: Vec<PlanV1>) -> Option<PlanV1> {
    let mut shares = shares.into_iter();
    let mut whole = shares.next()?;
    let mut parts = taken(&mut whole.partition);
    for share in shares {
        parts.extend(add(&mut whole, share));
    }
    let toward = match whole.format {
        PlanFormat::Plan => Toward::Manifests,
        PlanFormat::Drift => Toward::Live,
    };
    by_agent(&mut whole.steps, |step| &step.agent.name);
    by_agent(&mut whole.held, |held| &held.agent.name);
    by_agent(&mut whole.unmanaged, |unmanaged| &unmanaged.agent.name);
    sort(&mut whole.findings);
    let ids = whole.steps.iter().map(|step| &step.id).chain(whole.held.iter().map(|held| &held.id));
    let places = Places::of(ids.map(String::as_str));
    whole.concerns = concern::concerns(std::mem::take(&mut whole.concerns), &places, toward);
    whole.reach = concern::reach(&parts, toward);
    whole.digest = digest(&parts)?;
    if let Some(drift) = &mut whole.drift {
        drift.fingerprint = fingerprint(&parts)?;
    }
    Some(whole)
}

/// Takes what is known of the agents of a share; the whole is no share any more.
pub(super) fn taken(partition: &mut Option<PartitionV1>) -> Vec<PartV1> {
    partition.take().map(|PartitionV1 { index: _, total: _, agents: _, parts }| parts).unwrap_or_default()
}

/// Adds a share to others, and gives what is known of its agents.
fn add(whole: &mut PlanV1, share: PlanV1) -> Vec<PartV1> {
    let PlanV1 {
        format: _,
        target: _,
        mut partition,
        since: _,
        complete,
        digest: _,
        drift,
        concerns,
        reach: _,
        summary,
        requests,
        scopes,
        steps,
        unmanaged,
        held,
        findings,
    } = share;
    whole.complete &= complete;
    whole.drift = whole.drift.take().zip(drift).map(|(whole, share)| both(whole, share));
    whole.concerns.extend(concerns);
    add_summary(&mut whole.summary, &summary);
    add_requests(&mut whole.requests, &requests);
    whole.scopes = whole.scopes.take().zip(scopes).map(|(whole, share)| any(whole, share));
    whole.steps.extend(steps);
    whole.unmanaged.extend(unmanaged);
    whole.held.extend(held);
    whole.findings.extend(findings);
    taken(&mut partition)
}

/// What is known of the drift of two shares. It was looked for when the earlier one was; of the fingerprints the whole
/// makes its own.
fn both(whole: DriftV1, share: DriftV1) -> DriftV1 {
    let DriftV1 { drifted, strict, fingerprint, coverage, checked, unchanged, mut since } = whole;
    let CoverageV1 { managed, live, percent: _ } = coverage;
    since.extend(share.since);
    DriftV1 {
        drifted: drifted || share.drifted,
        strict,
        fingerprint,
        coverage: CoverageV1::of(managed + share.coverage.managed, live + share.coverage.live),
        checked: checked.zip(share.checked).map(|(one, other)| one.min(other)),
        unchanged: unchanged.zip(share.unchanged).map(|(one, other)| one && other),
        since,
    }
}

fn add_summary(whole: &mut SummaryV1, share: &SummaryV1) {
    let SummaryV1 { create, update, delete, install, publish, unchanged, unmanaged, held, ignored, left_out } = share;
    whole.create += create;
    whole.update += update;
    whole.delete += delete;
    whole.install += install;
    whole.publish += publish;
    whole.unchanged += unchanged;
    whole.unmanaged += unmanaged;
    whole.held += held;
    whole.ignored += ignored;
    whole.left_out += left_out;
}

pub(super) fn add_requests(whole: &mut RequestsV1, share: &RequestsV1) {
    let RequestsV1 { reads, writes, lookups } = share;
    whole.reads += reads;
    whole.writes += writes;
    whole.lookups += lookups;
}

/// The scopes that either needs.
fn any(whole: ScopesV1, share: ScopesV1) -> ScopesV1 {
    let both = |one: Vec<String>, other: Vec<String>| {
        let all: BTreeSet<String> = one.into_iter().chain(other).collect();
        all.into_iter().collect()
    };
    ScopesV1 { plan: both(whole.plan, share.plan), apply: both(whole.apply, share.apply) }
}
