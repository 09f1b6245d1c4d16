//! What is to be joined, and whether it can be: the shares of one run, each once.

use std::collections::BTreeMap;

use super::{MergeError, digest, fingerprint, sound};
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
    fn common(&self) -> BTreeMap<Aspect, String> {
        let base = |tree: &PlanV1| match &tree.since {
            Some(since) => format!("the base commit `{}`", since.commit),
            None => "no base commit".to_owned(),
        };
        let strictness = |tree: &PlanV1| {
            let is_strict = tree.drift.as_ref().is_some_and(|drift| drift.strict);
            if is_strict { "`drift --strict`" } else { "`drift` without `--strict`" }.to_owned()
        };
        let (kind, base, strictness) = match self {
            Self::Plan(tree) => ("a plan", Some(base(tree)), None),
            Self::Drift(tree) => ("a drift", Some(base(tree)), Some(strictness(tree))),
            Self::Report(_) => ("an apply", None, None),
        };
        let own = [(Aspect::Kind, Some(kind.to_owned())), (Aspect::Base, base), (Aspect::Strictness, strictness)];
        let own = own.into_iter().filter_map(|(aspect, words)| Some((aspect, words?)));
        own.chain(common(Some(self.target()), self.tree().map(|partition| partition.total))).collect()
    }

    /// Whether what it says as a whole is what it says of its agents.
    fn adds_up(&self) -> bool {
        let (Some(partition), Some(share)) = (self.tree(), self.partition()) else { return false };
        let whole = digest(&partition.parts);
        match self {
            Self::Plan(tree) => whole.as_ref() == Some(&tree.digest) && sound::is_sound_plan(tree, share, partition),
            Self::Drift(tree) => {
                let known = tree.drift.as_ref().map(|drift| &drift.fingerprint);
                let is_same = known.is_none() || known == fingerprint(&partition.parts).as_ref();
                is_same && whole.as_ref() == Some(&tree.digest) && sound::is_sound_plan(tree, share, partition)
            }
            Self::Report(tree) => whole.as_ref() == Some(&tree.plan) && sound::is_sound_report(tree, share, partition),
        }
    }
}

/// What must be the same in all shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Aspect {
    Kind,
    Target,
    Base,
    Strictness,
    Total,
}

impl Aspect {
    const ALL: [Self; 5] = [Self::Kind, Self::Target, Self::Base, Self::Strictness, Self::Total];
}

/// What runs that fail say of it, too, as far as they know it.
fn common(target: Option<&str>, total: Option<u32>) -> impl Iterator<Item = (Aspect, String)> {
    let target = target.map(|target| (Aspect::Target, format!("the target `{target}`")));
    let shares = |total: u32| if total == 1 { "one share".to_owned() } else { format!("{total} shares") };
    target.into_iter().chain(total.map(|total| (Aspect::Total, shares(total))))
}

/// What a record says of it.
type Said<'a> = (&'a str, BTreeMap<Aspect, String>);

/// Whether all are of one run, and each share is there once; gives those that are not there, if that can be told.
pub(super) fn check(shares: &[Share], errors: &[(String, ErrorV1)]) -> Result<Option<Left>, MergeError> {
    for Share { name, run } in shares {
        if run.tree().is_none() {
            return Err(MergeError::Whole { input: name.clone() });
        }
        if !run.adds_up() {
            return Err(MergeError::Damaged { input: name.clone() });
        }
    }
    let ended = shares.iter().map(|share| (share.name.as_str(), share.run.common()));
    let failed = errors.iter().map(|(name, error)| {
        let total = error.partition.map(|partition| partition.total);
        (name.as_str(), common(error.target.as_deref(), total).collect())
    });
    check_alike(&ended.chain(failed).collect::<Vec<Said<'_>>>())?;
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

/// Whether all say the same of the run, as far as they say anything.
fn check_alike(said: &[Said<'_>]) -> Result<(), MergeError> {
    for aspect in Aspect::ALL {
        let mut told = said.iter().filter_map(|(name, common)| Some((*name, common.get(&aspect)?)));
        let Some((first, was)) = told.next() else { continue };
        if let Some((input, is)) = told.find(|(_, is)| *is != was) {
            let (input, first) = (input.to_owned(), first.to_owned());
            return Err(MergeError::Other { input, is: is.clone(), first, was: was.clone() });
        }
    }
    Ok(())
}
