//! What is to be joined, and whether it can be: the shares of one run, each once.

use std::collections::BTreeMap;

use super::{MergeError, digest, fingerprint};
use crate::model::Partition;
use crate::record::{ErrorV1, PartitionV1, PlanV1, Record, ReportV1, Tree};

/// What one run wrote that did not fail.
pub(super) struct Share {
    pub(super) name: String,
    pub(super) run: Run,
}

/// What can be done in shares.
pub(super) enum Run {
    Plan(PlanV1),
    Drift(PlanV1),
    Report(ReportV1),
}

/// The shares of which nothing is known, not even that they failed.
pub(super) struct Left {
    pub(super) indices: Vec<u32>,
    pub(super) total: u32,
}

impl Share {
    /// Whether it is of all agents.
    pub(super) fn is_whole(&self) -> bool {
        self.run.tree().is_none()
    }
}

impl Run {
    /// The same as a record.
    pub(super) fn record(self) -> Record {
        let tree = match self {
            Self::Plan(tree) => Tree::Plan(tree),
            Self::Drift(tree) => Tree::Drift(tree),
            Self::Report(tree) => Tree::Report(tree),
        };
        Record { tree }
    }

    fn tree(&self) -> Option<&PartitionV1> {
        match self {
            Self::Plan(tree) | Self::Drift(tree) => tree.partition.as_ref(),
            Self::Report(tree) => tree.partition.as_ref(),
        }
    }

    /// The share; `None` if it is of all agents, or of a share that cannot be.
    pub(super) fn partition(&self) -> Option<Partition> {
        let PartitionV1 { index, total, agents: _, parts: _ } = self.tree()?;
        Partition::new(*index, *total).ok()
    }

    pub(super) fn target(&self) -> &str {
        match self {
            Self::Plan(tree) | Self::Drift(tree) => &tree.target,
            Self::Report(tree) => &tree.target,
        }
    }

    /// What must be the same in all shares, each in words.
    fn common(&self) -> [String; 4] {
        let base = |tree: &PlanV1| match &tree.since {
            Some(since) => format!("the base commit `{}`", since.commit),
            None => "no base commit".to_owned(),
        };
        let strictness = |tree: &PlanV1| {
            let is_strict = tree.drift.as_ref().is_some_and(|drift| drift.strict);
            if is_strict { "`drift --strict`" } else { "`drift` without `--strict`" }.to_owned()
        };
        let target = format!("the target `{}`", self.target());
        match self {
            Self::Plan(tree) => ["a plan".to_owned(), target, base(tree), String::new()],
            Self::Drift(tree) => ["a drift".to_owned(), target, base(tree), strictness(tree)],
            Self::Report(_) => ["an apply".to_owned(), target, String::new(), String::new()],
        }
    }

    /// Whether what it says as a whole is what it says of its agents.
    fn adds_up(&self) -> bool {
        let Some(PartitionV1 { parts, .. }) = self.tree() else { return false };
        let is_one = self.partition().is_some();
        match self {
            Self::Plan(tree) => is_one && digest(parts).as_ref() == Some(&tree.digest),
            Self::Drift(tree) => {
                let known = tree.drift.as_ref().map(|drift| &drift.fingerprint);
                let is_same = known.is_none() || known == fingerprint(parts).as_ref();
                is_one && is_same && digest(parts).as_ref() == Some(&tree.digest)
            }
            Self::Report(tree) => is_one && digest(parts).as_ref() == Some(&tree.plan),
        }
    }
}

/// Whether all are of one run, and each share is there once; gives those that are not there, if that can be told.
pub(super) fn check(shares: &[Share], errors: &[(String, ErrorV1)]) -> Result<Option<Left>, MergeError> {
    let total = |total: u32| if total == 1 { "one share".to_owned() } else { format!("{total} shares") };
    let mut said: Vec<(&str, Vec<String>)> = Vec::new();
    for Share { name, run } in shares {
        let Some(partition) = run.tree() else { return Err(MergeError::Whole { input: name.clone() }) };
        let mut common: Vec<String> = run.common().into();
        common.push(total(partition.total));
        said.push((name, common));
        if !run.adds_up() {
            return Err(MergeError::Damaged { input: name.clone() });
        }
    }
    check_alike(&said)?;
    let mut there: BTreeMap<u32, &str> = BTreeMap::new();
    let mut most = None;
    let ended = shares.iter().filter_map(|share| Some((share.name.as_str(), share.run.partition()?)));
    let failed = errors.iter().filter_map(|(name, error)| {
        let share = error.partition?;
        Some((name.as_str(), Partition::new(share.index, share.total).ok()?))
    });
    for (name, partition) in ended.chain(failed) {
        let (index, total) = (partition.index(), partition.total());
        if let Some(first) = there.insert(index, name) {
            let (input, first) = (name.to_owned(), first.to_owned());
            return Err(MergeError::Twice { input, first, index, total });
        }
        most = most.max(Some(total));
    }
    // A run that failed before it knew its share may be any of those that are not there.
    let is_told = errors.iter().all(|(_, error)| error.partition.is_some());
    let left = |total: u32| (1..=total).filter(|index| !there.contains_key(index)).collect();
    Ok(most.filter(|_| is_told).map(|total| Left { indices: left(total), total }))
}

/// Whether all say the same of the run as the first one.
fn check_alike(said: &[(&str, Vec<String>)]) -> Result<(), MergeError> {
    let Some(((first, was), others)) = said.split_first() else { return Ok(()) };
    for (input, is) in others {
        if let Some((is, was)) = is.iter().zip(was).find(|(is, was)| is != was) {
            return Err(MergeError::Other {
                input: (*input).to_owned(),
                is: is.clone(),
                first: (*first).to_owned(),
                was: was.clone(),
            });
        }
    }
    Ok(())
}
