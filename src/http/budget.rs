//! How many requests may be under way at once, and when the next may begin, for the whole process.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::Instant;

use super::limit::RateLimit;
use super::pace::Pace;
use crate::api::RawResponse;
use crate::ops::TransportError;

/// The longest wait that a server may ask for.
pub(super) const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// The longest that requests wait for what the server states of its limits: it is asked again then, and may refuse.
const LONGEST_HINT: Duration = Duration::from_mins(1);

/// A policy with a longer window says nothing of how fast requests may come.
const LONGEST_WINDOW: Duration = Duration::from_mins(1);

/// How long everything waits after an answer that throttles and does not say for how long. Each further one in a row
/// doubles it.
const FIRST_REST: Duration = Duration::from_millis(250);
const LONGEST_REST: Duration = Duration::from_secs(20);

/// From this time on a throttling is long: a window is used up, and when it opens, it must not be used up at once again.
const LONG_EPISODE: Duration = Duration::from_secs(1);

/// Answers from which on a rate can be told.
const ENOUGH_ANSWERS: u64 = 5;

/// What a turn may be late without a loss; timers are no better than a few milliseconds.
const SLACK: Duration = Duration::from_millis(10);

/// The one rate budget of a process.
#[derive(Debug)]
pub(super) struct Budget {
    slots: Semaphore,
    concurrency: u64,
    /// Who holds it is the next to begin.
    gate: tokio::sync::Mutex<()>,
    /// Says that the next turn may come earlier than it seemed.
    changed: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    pace: Pace,
    /// When the last request began, or could have.
    last: Option<Instant>,
    /// The server asked to be left alone until then.
    held: Option<Instant>,
    hint: Option<Hint>,
    sent: u64,
    answered: u64,
    /// Requests up to this number were sent before the rate was halved: their answers say nothing new.
    halved: u64,
    /// How many answers in a row throttled.
    throttled: u32,
    /// When the first of them came.
    episode: Option<Instant>,
    /// What got through since then, without a pause of ours.
    through: Option<Through>,
}

#[derive(Debug, Clone, Copy)]
struct Through {
    since: Instant,
    answers: u64,
}

/// What the server said is left, spread over the time until there is more.
#[derive(Debug, Clone, Copy)]
struct Hint {
    /// The request in whose answer it stood.
    number: u64,
    remaining: u64,
    until: Instant,
    spread: Spread,
}

#[derive(Debug, Clone, Copy)]
enum Spread {
    /// So much is left that it does not matter.
    Free,
    /// One request in such a time.
    Every(Duration),
    /// Nothing is left.
    Never,
}

/// The right to send one request now.
#[derive(Debug)]
pub(super) struct Permit<'a> {
    slot: Option<SemaphorePermit<'a>>,
    sent: Sent,
}

/// A request that was sent.
#[derive(Debug, Clone, Copy)]
struct Sent {
    number: u64,
    was_paced: bool,
}

/// Why a request must not be sent, now or soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server asks to be left alone for {0} more seconds, which is too long to wait")]
pub(super) struct Held(u64);

impl Budget {
    pub(super) fn new(concurrency: usize) -> Self {
        let concurrency = concurrency.max(1);
        Self {
            slots: Semaphore::new(concurrency),
            concurrency: concurrency.try_into().unwrap_or(u64::MAX),
            gate: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
            state: Mutex::new(State {
                pace: Pace::new(),
                last: None,
                held: None,
                hint: None,
                sent: 0,
                answered: 0,
                halved: 0,
                throttled: 0,
                episode: None,
                through: None,
            }),
        }
    }

    /// Waits for a slot and for its turn.
    ///
    /// What the server asked for is never waited for beyond the deadline. The pace itself is: it is short, and after the
    /// deadline what was written must still be read back.
    pub(super) async fn permit(&self, deadline: Option<Instant>) -> Result<Permit<'_>, Held> {
        let slot = self.slots.acquire().await.ok();
        let came = Instant::now();
        let _gate = self.gate.lock().await;
        loop {
            let changed = self.changed.notified();
            let now = Instant::now();
            let due = {
                let Ok(mut state) = self.state.lock() else {
                    return Ok(Permit { slot, sent: Sent { number: 0, was_paced: false } });
                };
                state.check(now, deadline)?;
                let due = state.due(now, deadline);
                if due <= now {
                    let sent = state.begin(now, due, now > came);
                    return Ok(Permit { slot, sent });
                }
                due
            };
            // Whichever comes first: it is looked at afresh.
            let _elapsed = tokio::time::timeout_at(due, changed).await;
        }
    }

    /// Learns from an answer, and gives the slot back.
    pub(super) fn heard(
        &self,
        permit: Permit<'_>,
        answer: &Result<RawResponse, TransportError>,
        limit: Option<RateLimit>,
    ) {
        let Permit { slot, sent } = permit;
        let Ok(mut state) = self.state.lock() else { return };
        state.answered += 1;
        let now = Instant::now();
        if let Some(limit) = limit {
            state.hear(now, sent, &limit, self.concurrency);
        }
        if let Ok(answer) = answer {
            state.learn(now, sent, answer);
        }
        drop(state);
        drop(slot);
        self.changed.notify_waiters();
    }
}

impl State {
    fn check(&self, now: Instant, deadline: Option<Instant>) -> Result<(), Held> {
        let Some(held) = self.held.filter(|held| *held > now) else { return Ok(()) };
        let wait = held - now;
        if wait > LONGEST_WAIT || deadline.is_some_and(|deadline| held > deadline) {
            return Err(Held(wait.as_secs().saturating_add(1)));
        }
        Ok(())
    }

    /// When the next request may begin, or could have begun, as far as is known now.
    fn due(&self, now: Instant, deadline: Option<Instant>) -> Instant {
        let after = |interval| self.last.map(|last| last + interval);
        let paced = after(self.pace.interval());
        let hinted = self.hint.filter(|hint| hint.until > now).and_then(|hint| match hint.spread {
            Spread::Free => None,
            Spread::Every(interval) => after(interval).map(|due| due.min(hint.until)),
            Spread::Never => Some(hint.until),
        });
        // A statement is no refusal: rather than wait beyond the deadline for it, the server is asked.
        let hinted = hinted.map(|hinted| deadline.map_or(hinted, |deadline| hinted.min(deadline)));
        paced.max(hinted).max(self.held).unwrap_or(now)
    }

    fn begin(&mut self, now: Instant, due: Instant, was_paced: bool) -> Sent {
        if self.through.is_none() || (!was_paced && self.sent == self.answered) {
            self.through = Some(Through { since: now, answers: 0 });
        }
        self.last = Some(now.checked_sub(SLACK).map_or(due, |earliest| due.max(earliest)));
        self.sent += 1;
        Sent { number: self.sent, was_paced }
    }

    fn learn(&mut self, now: Instant, sent: Sent, answer: &RawResponse) {
        let asked = answer.retry_after.filter(|_| answer.may_pass()).map(Duration::from_secs);
        if let Some(asked) = asked {
            self.hold(now, asked);
        }
        if sent.number <= self.halved {
            return;
        }
        if answer.status == 429 {
            self.stumble(now, asked.is_none());
        } else if !answer.may_pass() {
            self.pass(now, sent);
        }
    }

    /// The server throttles: half the rate, once until it lets something through again.
    fn stumble(&mut self, now: Instant, is_unexplained: bool) {
        if self.throttled == 0 {
            self.pace.halve();
            self.episode = Some(now);
            tracing::info!(rate = self.pace.rate(), "throttled: requests a second were halved");
        }
        if is_unexplained {
            let rest = FIRST_REST.saturating_mul(2_u32.saturating_pow(self.throttled));
            self.hold(now, rest.min(LONGEST_REST));
        }
        self.halved = self.sent;
        self.throttled = self.throttled.saturating_add(1);
    }

    /// The server lets a request through.
    fn pass(&mut self, now: Instant, sent: Sent) {
        if let Some(through) = &mut self.through {
            through.answers += 1;
        }
        if self.throttled > 0 {
            let is_long = self.episode.is_some_and(|began| now - began >= LONG_EPISODE);
            if let Some(Through { since, answers }) = self.through.replace(Through { since: now, answers: 0 })
                && is_long
                && answers >= ENOUGH_ANSWERS
            {
                self.pace.settle(precise(answers) / (now - since).as_secs_f64());
            }
            self.throttled = 0;
        }
        if sent.was_paced {
            self.pace.rise();
        }
    }

    fn hold(&mut self, now: Instant, wait: Duration) {
        let until = now.checked_add(wait).unwrap_or(now + LONGEST_WAIT + LONGEST_WAIT);
        self.held = Some(self.held.map_or(until, |held| held.max(until)));
    }

    fn hear(&mut self, now: Instant, sent: Sent, limit: &RateLimit, concurrency: u64) {
        let RateLimit { quota, window, remaining, reset } = *limit;
        if let (Some(quota), Some(window)) = (quota, window)
            && (Duration::from_secs(1)..=LONGEST_WINDOW).contains(&window)
        {
            self.pace.hear(precise(quota) / window.as_secs_f64());
        }
        let (Some(remaining), Some(reset)) = (remaining, reset.or(window)) else { return };
        if reset.is_zero() || self.hint.is_some_and(|hint| hint.number > sent.number) {
            return;
        }
        let stated = now + reset.min(LONGEST_HINT);
        // Seconds are coarse: while less and less is left, it is the same window, and its end does not move.
        let same = self.hint.filter(|hint| hint.until > now && remaining <= hint.remaining);
        let until = same.map_or(stated, |hint| hint.until.min(stated));
        let left = remaining.saturating_sub(self.sent.saturating_sub(self.answered));
        let spread = if remaining == 0 {
            Spread::Never
        } else if remaining > concurrency.max(quota.unwrap_or(0) / 4) {
            let allowed = precise(left) / reset.as_secs_f64();
            if window.is_none() && allowed > self.pace.rate() {
                self.pace.hear(allowed);
            }
            Spread::Free
        } else {
            Spread::Every((until - now).div_f64(precise(left.max(1))))
        };
        self.hint = Some(Hint { number: sent.number, remaining, until, spread });
    }
}

/// A count as a number to divide; beyond four billion it makes no difference.
fn precise(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
