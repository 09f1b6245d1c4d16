//! A rate limit: a bucket of requests that fills by itself. It looks at no clock: the time is an argument.

use std::num::NonZeroU32;
use std::time::Duration;

/// How finely a bucket is filled: a request in billionths, since times are in nanoseconds.
const REQUEST: u64 = 1_000_000_000;

/// A bucket that holds as many requests as it gets in a second.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: NonZeroU32,
    level: u64,
    filled: Duration,
}

/// What a request found in the bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    /// Whether there was something for it.
    pub(super) is_granted: bool,
    /// What the bucket holds.
    pub(super) limit: u32,
    /// What is left in it.
    pub(super) remaining: u64,
    /// In how many seconds it is full again.
    pub(super) reset: u64,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(rate: NonZeroU32) -> Self {
        Self { rate, level: u64::from(rate.get()).saturating_mul(REQUEST), filled: Duration::ZERO }
    }

    /// Takes a request out; `now` is counted from when the bucket was made.
    pub(super) fn take(&mut self, now: Duration) -> Allowance {
        let rate = u64::from(self.rate.get());
        let full = rate.saturating_mul(REQUEST);
        let since = u64::try_from(now.saturating_sub(self.filled).as_nanos()).unwrap_or(u64::MAX);
        self.level = self.level.saturating_add(since.saturating_mul(rate)).min(full);
        self.filled = self.filled.max(now);
        let left = self.level.checked_sub(REQUEST);
        self.level = left.unwrap_or(self.level);
        Allowance {
            is_granted: left.is_some(),
            limit: self.rate.get(),
            remaining: self.level / REQUEST,
            reset: (full - self.level).div_ceil(full),
        }
    }
}
