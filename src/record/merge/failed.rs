//! What is left to say of a run of which a share failed.

use super::order::sort;
use super::report::has_landed;
use super::share::{Left, Run, Share};
use super::{Failed, named};
use crate::record::{ErrorV1, FailedShareV1, Record, ReportV1, StatusV1, Tree};

/// Which shares failed and why, with all that they found; of the others no more than what they did.
pub(super) fn failed(errors: Vec<(String, ErrorV1)>, shares: &[Share], left: Option<&Left>) -> Failed {
    let exit_codes = errors.iter().map(|(_, error)| error.exit_code).collect();
    let reports: Vec<&ReportV1> = shares.iter().filter_map(|share| report(&share.run)).collect();
    let of_errors = errors.iter().find_map(|(_, error)| error.target.clone());
    let target = of_errors.or_else(|| shares.first().map(|share| share.run.target().to_owned()));
    let mut said: Vec<String> =
        by_reason(&errors).iter().map(|(shares, why)| format!("{shares} failed: {why}")).collect();
    said.extend(done(&reports));
    let left = left.filter(|left| !left.indices.is_empty());
    said.extend(left.map(|left| super::missing(&left.indices, left.total)));
    let mut tree = ErrorV1::new(&said.join("; "), &[]);
    tree.target = target;
    tree.findings = errors.into_iter().flat_map(|(_, error)| error.findings).collect();
    sort(&mut tree.findings);
    Failed {
        exit_codes,
        verdicts: reports.iter().map(|report| report.result.verdict()).collect(),
        has_landed: reports.iter().any(|report| has_landed(report)),
        may_be_drift: shares.iter().all(|share| matches!(share.run, Run::Drift(_))),
        message: tree.error.clone(),
        record: Record { tree: Tree::Error(tree) },
    }
}

const fn report(run: &Run) -> Option<&ReportV1> {
    match run {
        Run::Report(report) => Some(report),
        Run::Plan(_) | Run::Drift(_) => None,
    }
}

/// What the other applies did, if there are any: it is not undone.
fn done(reports: &[&ReportV1]) -> Option<String> {
    let steps = || reports.iter().flat_map(|report| &report.steps);
    let done = steps().filter(|step| matches!(step.status, StatusV1::Done)).count();
    let all = steps().count();
    (!reports.is_empty()).then(|| format!("of the other shares {done} of {all} steps were done"))
}

/// Each reason once, after the shares that failed of it.
fn by_reason(errors: &[(String, ErrorV1)]) -> Vec<(String, &str)> {
    let mut reasons: Vec<(Vec<&(String, ErrorV1)>, &str)> = Vec::new();
    for one in errors {
        match reasons.iter_mut().find(|(_, why)| *why == one.1.error) {
            Some((failed, _)) => failed.push(one),
            None => reasons.push((vec![one], &one.1.error)),
        }
    }
    reasons.into_iter().map(|(failed, why)| (who(&failed), why)).collect()
}

/// The shares that failed, by their numbers if all are known, or by the names of their records.
fn who(failed: &[&(String, ErrorV1)]) -> String {
    let known: Option<Vec<FailedShareV1>> = failed.iter().map(|(_, error)| error.partition).collect();
    match known {
        Some(mut shares) => {
            shares.sort();
            let indices: Vec<u32> = shares.iter().map(|share| share.index).collect();
            named(&indices, shares.first().map_or(0, |share| share.total))
        }
        None => failed.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
