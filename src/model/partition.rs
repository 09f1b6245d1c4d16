use std::fmt;
use std::num::NonZeroU32;

use sha2::Digest as _;

use super::Slug;

/// One of several stable shares of a target's agents, which together hold each agent once.
///
/// Whoever wants to know beforehand can reckon it: the first 8 bytes of the SHA-256 of the agent's address, read as a
/// number with the greatest byte first, modulo the number of shares, plus 1. So an agent's share depends on nothing but its
/// address and the number of shares: agents that come, go or change their order move no other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Partition {
    index: NonZeroU32,
    total: NonZeroU32,
}

/// Why something is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PartitionError {
    /// It is written in another way.
    #[error("a share is `hash:I/N`: share I of N, counted from 1")]
    Form,
    /// There are no shares at all.
    #[error("there is at least one share")]
    None,
    /// There is no share of this number.
    #[error("there is no share {index} of {total}; the first one is 1")]
    Index {
        /// The number.
        index: u32,
        /// How many there are.
        total: u32,
    },
}

impl Partition {
    /// Share `index` of `total`, counted from 1.
    ///
    /// # Errors
    /// [`PartitionError`] if there is none of this number.
    pub fn new(index: u32, total: u32) -> Result<Self, PartitionError> {
        let total = NonZeroU32::new(total).ok_or(PartitionError::None)?;
        let known = NonZeroU32::new(index).filter(|index| *index <= total);
        let index = known.ok_or(PartitionError::Index { index, total: total.get() })?;
        Ok(Self { index, total })
    }

    /// Reads `hash:I/N`.
    ///
    /// # Errors
    /// [`PartitionError`] if it is written in another way, or there is no such share.
    pub fn parse(text: &str) -> Result<Self, PartitionError> {
        let parts = text.strip_prefix("hash:").and_then(|rest| rest.split_once('/'));
        let (index, total) = parts.ok_or(PartitionError::Form)?;
        let number = |text| Self::number(text).ok_or(PartitionError::Form);
        Self::new(number(index)?, number(total)?)
    }

    /// Reads a number as it stands in a share: digits and nothing else.
    pub fn number(text: &str) -> Option<u32> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    }

    /// Its number, counted from 1.
    pub const fn index(self) -> u32 {
        self.index.get()
    }

    /// How many there are.
    pub const fn total(self) -> u32 {
        self.total.get()
    }

    /// Whether an agent is in it, by its address.
    pub fn holds(self, agent: &Slug) -> bool {
        let hash = sha2::Sha256::digest(agent.as_str());
        let first = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        first % u64::from(self.total()) == u64::from(self.index() - 1)
    }
}

/// As it is written on the command line.
impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hash:{}/{}", self.index, self.total)
    }
}
