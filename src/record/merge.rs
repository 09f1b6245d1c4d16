//! The records of all shares of one run, joined to what a run of all agents would have written.

mod concern;
mod failed;
mod order;
mod plan;
mod report;
mod share;
mod sound;

use super::{PartV1, Record, Tree};
use crate::model::Digest;
use crate::plan::joined;
use crate::report::Verdict;
use failed::failed;
use share::{Left, Run, Share, check};

/// Shares before the rest is only counted.
const MOST: usize = 10;

/// What one run wrote.
#[derive(Debug)]
pub struct Input {
    /// What messages call it.
    pub name: String,
    /// What it wrote.
    pub record: Record,
}

/// What the runs of all shares come to.
#[derive(Debug)]
pub enum Merged {
    /// All are there.
    Whole(Record),
    /// At least one failed, and so did the whole.
    Failed(Failed),
}

/// What is left of a run of which a share failed.
#[derive(Debug)]
pub struct Failed {
    /// Which shares failed, and why: `flowops.error/v1`.
    pub record: Record,
    /// The same in a sentence without a period.
    pub message: String,
    /// The exit codes of those that failed, as far as they are known.
    pub exit_codes: Vec<Option<u8>>,
    /// What the applies of the others came to.
    pub verdicts: Vec<Verdict>,
    /// Whether one of them wrote something.
    pub has_landed: bool,
    /// Whether it may have been a look for drift: none of those that did not fail was anything else.
    pub may_be_drift: bool,
}

/// Why records cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Shares are of plans, drift and applies.
    #[error("`{input}` is none of plan, drift and apply, and nothing else is done in shares")]
    Format {
        /// The record.
        input: String,
    },
    /// Two are of different runs.
    #[error("`{input}` is of {is}, and `{first}` of {was}")]
    Other {
        /// The record.
        input: String,
        /// What it is of.
        is: String,
        /// The first record.
        first: String,
        /// What that one is of.
        was: String,
    },
    /// It is of all agents already.
    #[error("`{input}` is of all agents, and no share that could be joined with others")]
    Whole {
        /// The record.
        input: String,
    },
    /// Two are of one share.
    #[error("share {index} of {total} is there twice, as `{first}` and as `{input}`")]
    Twice {
        /// The record.
        input: String,
        /// The first one of this share.
        first: String,
        /// The share.
        index: u32,
        /// How many shares there are.
        total: u32,
    },
    /// Not all are there.
    #[error("{}", missing(.indices, *.total))]
    Missing {
        /// The shares that are not there.
        indices: Vec<u32>,
        /// How many shares there are.
        total: u32,
    },
    /// What it says of itself does not hold.
    #[error("`{input}` does not add up, so it was changed or is not whole")]
    Damaged {
        /// The record.
        input: String,
    },
}

/// Joins what the runs of all shares wrote. A single record of all agents stays as it is, so that whoever works with what
/// comes out need not know whether there were shares.
///
/// # Errors
/// [`MergeError`] if they are not the shares of one run, each once.
pub fn merge(inputs: Vec<Input>) -> Result<Merged, MergeError> {
    let mut errors = Vec::new();
    let mut shares = Vec::new();
    for Input { name, record } in inputs {
        match record.tree {
            Tree::Error(tree) => errors.push((name, tree)),
            Tree::Plan(tree) => shares.push(Share { name, run: Run::Plan(tree) }),
            Tree::Drift(tree) => shares.push(Share { name, run: Run::Drift(tree) }),
            Tree::Report(tree) => shares.push(Share { name, run: Run::Report(tree) }),
            Tree::Pull(_) | Tree::Origin(_) | Tree::Compare(_) | Tree::Findings(_) => {
                return Err(MergeError::Format { input: name });
            }
        }
    }
    let is_whole = errors.is_empty() && shares.len() == 1 && shares.iter().all(Share::is_whole);
    if let Some(only) = shares.pop_if(|_| is_whole) {
        return Ok(Merged::Whole(only.run.record()));
    }
    let left = check(&shares, &errors)?;
    if !errors.is_empty() {
        return Ok(Merged::Failed(failed(errors, &shares, left.as_ref())));
    }
    match left {
        Some(Left { indices, total }) if !indices.is_empty() => Err(MergeError::Missing { indices, total }),
        Some(_) | None => join(shares).map(Merged::Whole),
    }
}

fn join(mut shares: Vec<Share>) -> Result<Record, MergeError> {
    shares.sort_by_key(|share| share.run.partition());
    let (mut plans, mut drifts, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    // All are of one kind, so two of these stay empty.
    for share in shares {
        match share.run {
            Run::Plan(tree) => plans.push(tree),
            Run::Drift(tree) => drifts.push(tree),
            Run::Report(tree) => reports.push(tree),
        }
    }
    let plan = || plan::join(plans).map(Tree::Plan);
    let drift = || plan::join(drifts).map(Tree::Drift);
    let report = || report::join(reports).map(Tree::Report);
    let tree = plan().or_else(drift).or_else(report);
    let tree = tree.ok_or(MergeError::Missing { indices: vec![1], total: 1 })?;
    Ok(Record { tree })
}

/// Shares in words: `share 2 of 4`, `shares 2, 3 of 4`.
fn named(indices: &[u32], total: u32) -> String {
    let shown: Vec<String> = indices.iter().take(MOST).map(ToString::to_string).collect();
    let more = indices.len().saturating_sub(MOST);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let noun = if indices.len() == 1 { "share" } else { "shares" };
    format!("{noun} {}{more} of {total}", shown.join(", "))
}

fn missing(indices: &[u32], total: u32) -> String {
    format!("{} {} missing", named(indices, total), if indices.len() == 1 { "is" } else { "are" })
}

/// The digest of the plan of all agents.
fn digest(parts: &[PartV1]) -> Option<String> {
    whole(parts, |part| part.digest.as_deref())
}

/// The fingerprint of the drift of all agents.
fn fingerprint(parts: &[PartV1]) -> Option<String> {
    whole(parts, |part| part.fingerprint.as_deref())
}

/// `None` if a part has something that is no digest.
fn whole(parts: &[PartV1], of: impl Fn(&PartV1) -> Option<&str>) -> Option<String> {
    let digests = parts.iter().filter_map(of).map(|text| Digest::parse(text).ok());
    Some(joined(digests.collect::<Option<Vec<Digest>>>()?).to_string())
}
