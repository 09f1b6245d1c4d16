//! Which share of the agents a run is about, where the environment says it.

use super::args::{Asked, Share};
use super::env;
use super::exit::Exit;
use super::fail::Failure;
use crate::model::Partition;

/// A variable in which something that starts many runs says which of them one is.
struct Index {
    name: &'static str,
    /// What the first run has there.
    first: u32,
}

/// An Indexed Job of Kubernetes counts from 0, a `parallel` job of GitLab from 1. The first one that is set counts.
const INDICES: [Index; 2] =
    [Index { name: "JOB_COMPLETION_INDEX", first: 0 }, Index { name: "CI_NODE_INDEX", first: 1 }];

/// The variable that says how many runs there are.
const TOTAL: &str = "CI_NODE_TOTAL";

/// The share that is asked for. Without the flag there is none, whatever the environment says: a job may run in parallel
/// for reasons of its own.
pub(super) fn find(share: &Share) -> Result<Option<Partition>, Failure> {
    match share.partition {
        None => Ok(None),
        Some(Asked::Stated(partition)) => Ok(Some(partition)),
        Some(Asked::Of(total)) => of_environment(total.get(), "`--partition`").map(Some),
        Some(Asked::Environment) => of_environment(total()?, &format!("`{TOTAL}`")).map(Some),
    }
}

fn total() -> Result<u32, Failure> {
    let word = env::word(TOTAL);
    let word = word.ok_or_else(|| {
        wrong(&format!("`--partition` wants the number of shares from the environment, and `{TOTAL}` is not set"))
    })?;
    let number = Partition::number(&word).filter(|number| *number > 0);
    number.ok_or_else(|| wrong(&format!("`{TOTAL}` is `{word}`, and no number of shares")))
}

/// The share of this run among as many as `whence` says.
fn of_environment(total: u32, whence: &str) -> Result<Partition, Failure> {
    let found = INDICES.iter().find_map(|index| Some((index, env::word(index.name)?)));
    let (Index { name, first }, word) = found.ok_or_else(|| {
        let names = INDICES.map(|index| format!("`{}`", index.name)).join(" nor ");
        wrong(&format!("`--partition` wants the share's number from the environment, and neither {names} is set"))
    })?;
    let counted = format!("`{name}` is `{word}`, which counts from {first}");
    let number = Partition::number(&word).ok_or_else(|| wrong(&format!("`{name}` is `{word}`, and no number")))?;
    let index = number.checked_add(1 - first);
    let partition = index.and_then(|index| Partition::new(index, total).ok());
    partition.ok_or_else(|| wrong(&format!("{counted}, and {whence} says that there are {total} shares")))
}

/// A share that is not known is never taken for one without agents.
fn wrong(message: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{message}; nothing was sent"))
        .help("give `--partition hash:I/N`: share I of N, counted from 1")
}
