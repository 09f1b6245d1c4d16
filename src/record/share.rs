//! Which share of a target's agents a record is of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Partition;
use crate::plan::Share;

/// A share of a target's agents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Partition", inline)]
pub(crate) struct PartitionV1 {
    /// Which share it is, counted from 1.
    #[schemars(range(min = 1))]
    pub(crate) index: u32,
    /// How many shares there are.
    #[schemars(range(min = 1))]
    pub(crate) total: u32,
    /// How many agents are in it.
    pub(crate) agents: u64,
}

/// A share of which nothing else is known, since its run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct FailedShareV1 {
    pub(crate) index: u32,
    pub(crate) total: u32,
}

impl PartitionV1 {
    pub(crate) fn new(share: &Share) -> Self {
        let Share { partition, agents, given_up: _ } = share;
        Self { index: partition.index(), total: partition.total(), agents: *agents }
    }
}

impl From<Partition> for FailedShareV1 {
    fn from(partition: Partition) -> Self {
        Self { index: partition.index(), total: partition.total() }
    }
}
