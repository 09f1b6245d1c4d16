//! How many requests may begin in a second, as far as answers tell. A value without a clock.

use std::time::Duration;

/// Requests a second to begin with. The API's limits are not published, so it starts modestly.
const FIRST_RATE: f64 = 20.0;
const LOWEST_RATE: f64 = 0.5;

/// The highest rate for a server that does not say what it allows, and for one that does.
const HIGHEST_RATE: f64 = 100.0;
const HIGHEST_STATED_RATE: f64 = 10_000.0;

/// What of a stated limit is used at once; the rest of it has to prove itself, since others may draw on it.
const AT_ONCE: f64 = 0.5;

/// What an answer adds to the rate while nothing is known of a limit.
const STEP: f64 = 0.25;

/// What an answer adds to the rate well below a known limit, as a share of the limit.
const FAST: f64 = 0.05;

/// What a second of answers adds to the rate near a known limit and above it, as a share of the limit.
const SLOW: f64 = 0.01;

/// Up to this share of a limit that was met the rate rises fast.
const NEAR: f64 = 0.85;

/// Beyond this multiple of a limit that was met it is no limit any more.
const OUTGROWN: f64 = 1.25;

/// What is known of the server's limit, in requests a second.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    Unknown,
    /// The server said so.
    Stated(f64),
    /// The server throttled at this rate.
    Met(f64),
}

/// The rate at which requests begin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pace {
    rate: f64,
    limit: Limit,
    highest: f64,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self { rate: FIRST_RATE, limit: Limit::Unknown, highest: HIGHEST_RATE }
    }

    /// The time from one beginning to the next.
    pub(super) fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.rate)
    }

    /// A request that had to wait its turn was not throttled: the rate rises, fast while it is well below the limit,
    /// slowly near it.
    pub(super) fn rise(&mut self) {
        let step = match self.limit {
            Limit::Unknown => STEP,
            Limit::Stated(limit) if self.rate < limit => (limit * FAST).min(limit - self.rate),
            Limit::Met(limit) if self.rate < limit * NEAR => limit * FAST,
            Limit::Stated(limit) | Limit::Met(limit) => limit * SLOW / self.rate,
        };
        self.rate = (self.rate + step).min(self.highest);
        if matches!(self.limit, Limit::Met(limit) if self.rate > limit * OUTGROWN) {
            self.limit = Limit::Unknown;
        }
    }

    /// The server throttled: half the rate, and the rate that was too high is remembered.
    pub(super) fn halve(&mut self) {
        self.limit = Limit::Met(self.rate);
        self.rate = (self.rate / 2.0).max(LOWEST_RATE);
    }

    /// It was throttled for long, and this is what got through meanwhile and before: the limit, as well as it can be told.
    pub(super) fn settle(&mut self, through: f64) {
        let through = through.max(LOWEST_RATE);
        self.rate = self.rate.min(through);
        self.limit = match self.limit {
            Limit::Met(limit) => Limit::Met(limit.min(through)),
            Limit::Unknown | Limit::Stated(_) => Limit::Met(through),
        };
    }

    /// The server says what it allows. What it does counts for more.
    pub(super) fn hear(&mut self, stated: f64) {
        match self.limit {
            Limit::Met(_) => {}
            Limit::Unknown | Limit::Stated(_) => {
                self.limit = Limit::Stated(stated.max(LOWEST_RATE));
                self.highest = stated.clamp(HIGHEST_RATE, HIGHEST_STATED_RATE);
                self.rate = self.rate.max((stated * AT_ONCE).min(self.highest));
            }
        }
    }

    /// The rate, in requests a second.
    pub(super) const fn rate(&self) -> f64 {
        self.rate
    }
}
