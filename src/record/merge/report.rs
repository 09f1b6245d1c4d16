//! What the applies of all shares did, as one.

use super::digest;
use super::order::{by_agent, sort};
use super::plan::{add_requests, taken};
use crate::record::{PartV1, ReportV1, ResultV1, StatusV1};
use crate::report::Verdict;

/// Joins reports, of which each is of another share; `None` if there is none.
pub(super) fn join(shares: Vec<ReportV1>) -> Option<ReportV1> {
    let (result, converged) = (result(&shares), converged(&shares));
    let mut shares = shares.into_iter();
    let mut whole = shares.next()?;
    let mut parts = taken(&mut whole.partition);
    for share in shares {
        parts.extend(add(&mut whole, share));
    }
    by_agent(&mut whole.steps, |step| &step.agent.name);
    by_agent(&mut whole.bounced, |bounced| &bounced.agent.name);
    by_agent(&mut whole.held, |held| &held.agent.name);
    // What is left is told by its address alone, which begins with that of the agent.
    by_agent(&mut whole.left, |id| id.split('/').next().unwrap_or_default());
    sort(&mut whole.findings);
    whole.plan = digest(&parts)?;
    (whole.result, whole.converged) = (ResultV1::new(result), converged);
    Some(whole)
}

fn add(whole: &mut ReportV1, share: ReportV1) -> Vec<PartV1> {
    let ReportV1 {
        format: _,
        target: _,
        mut partition,
        plan: _,
        result: _,
        converged: _,
        steps,
        bounced,
        left,
        held,
        requests,
        findings,
    } = share;
    whole.steps.extend(steps);
    whole.bounced.extend(bounced);
    whole.left.extend(left);
    whole.held.extend(held);
    add_requests(&mut whole.requests, &requests);
    whole.findings.extend(findings);
    taken(&mut partition)
}

/// Whether something was written.
pub(super) fn has_landed(report: &ReportV1) -> bool {
    matches!(report.result, ResultV1::Partial) || report.steps.iter().any(|step| matches!(step.status, StatusV1::Done))
}

/// What the applies came to together, by the rules by which one apply is judged.
fn result(shares: &[ReportV1]) -> Verdict {
    let any = |wanted: Verdict| shares.iter().any(|share| share.result.verdict() == wanted);
    if any(Verdict::Unknown) {
        Verdict::Unknown
    } else if any(Verdict::Partial) {
        Verdict::Partial
    } else if any(Verdict::Failed) {
        if shares.iter().any(has_landed) { Verdict::Partial } else { Verdict::Failed }
    } else if any(Verdict::Conflict) {
        Verdict::Conflict
    } else if any(Verdict::Guarded) {
        Verdict::Guarded
    } else {
        Verdict::Applied
    }
}

/// Whether a fresh plan of what changed is empty, of all shares that had to prove it.
fn converged(shares: &[ReportV1]) -> Option<bool> {
    let is_unproved = |share: &ReportV1| share.converged.is_none() && has_landed(share);
    if shares.iter().any(|share| share.converged == Some(false)) {
        Some(false)
    } else if shares.iter().any(is_unproved) {
        None
    } else {
        shares.iter().find_map(|share| share.converged)
    }
}
