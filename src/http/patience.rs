//! How long a request is tried for, and what of it is tried again.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::budget::{Budget, LONGEST_WAIT};
use super::wire::{Answer, Wire};
use crate::api::{RawRequest, RawResponse, Read, Write};
use crate::ops::{Reads, TransportError, Writes};

/// How often a request that may be repeated is repeated.
const RETRIES: u32 = 5;

/// How often a request is repeated that did not even reach the server: a wrong address stays wrong.
const RETRIES_UNREACHED: u32 = 2;

/// The longest that the first back-off may be; each further one may be twice as long.
const FIRST_BACK_OFF: Duration = Duration::from_millis(500);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(20);

/// Repetitions that a run has anyway, and the share of its requests that may be repetitions beyond them: a server in
/// trouble is not helped by six times the load.
const FREE_RETRIES: u64 = 10;
const REQUESTS_A_RETRY: u64 = 5;

/// How long a read may take in any case, whenever the deadline is: what was written must still be read back.
const READ_BACK: Duration = Duration::from_secs(10);

/// How patient a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Requests under way at once.
    pub concurrency: usize,
    /// What the lengths of back-offs are drawn from.
    pub seed: u64,
    /// How long after the beginning no wait may end any more, and no read go on; `None` for no such limit.
    pub deadline: Option<Duration>,
}

/// A wire with patience: it keeps to the rate budget, and sends again what may be sent again.
#[derive(Debug)]
pub struct Patient<W> {
    wire: W,
    budget: Budget,
    deadline: Option<Instant>,
    tries: Mutex<Tries>,
}

/// What was tried so far.
#[derive(Debug)]
struct Tries {
    dice: fastrand::Rng,
    sent: u64,
    repeated: u64,
    is_spent: bool,
}

/// Which answers to a request are no reason to send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
}

impl<W: Wire> Patient<W> {
    /// Puts patience around a wire. Its deadline is counted from now.
    pub fn new(wire: W, patience: Patience) -> Self {
        let Patience { concurrency, seed, deadline } = patience;
        Self {
            wire,
            budget: Budget::new(concurrency),
            deadline: deadline.and_then(|deadline| Instant::now().checked_add(deadline)),
            tries: Mutex::new(Tries { dice: fastrand::Rng::with_seed(seed), sent: 0, repeated: 0, is_spent: false }),
        }
    }

    async fn send(&self, request: &RawRequest, kind: Kind) -> Result<RawResponse, TransportError> {
        let mut last = None;
        for round in 0.. {
            let permit = match self.budget.permit(self.deadline).await {
                Ok(permit) => permit,
                Err(held) => return last.unwrap_or_else(|| Err(TransportError::NotSent(held.to_string()))),
            };
            self.count();
            let answer = self.once(request, kind).await;
            let limit = answer.as_ref().ok().and_then(|answer| answer.limit);
            let answer = answer.map(|answer| answer.response);
            self.budget.heard(permit, &answer, limit);
            let Some(wait) = self.back_off(&answer, kind, round) else { return answer };
            tracing::info!(path = %request.path, ?wait, "waiting before the request is sent again");
            tokio::time::sleep(wait).await;
            last = Some(answer);
        }
        last.unwrap_or_else(|| Err(TransportError::NotSent("it was never tried".to_owned())))
    }

    /// Sends a request once. A read that is under way when the deadline passes is given up; what becomes of a write must
    /// be known.
    async fn once(&self, request: &RawRequest, kind: Kind) -> Result<Answer, TransportError> {
        let sent = self.wire.send(request);
        match (kind, self.deadline) {
            (Kind::Write, _) | (Kind::Read, None) => sent.await,
            (Kind::Read, Some(deadline)) => {
                let until = deadline.max(Instant::now() + READ_BACK);
                let late = || Err(TransportError::Lost("the deadline passed before it came".to_owned()));
                tokio::time::timeout_at(until, sent).await.unwrap_or_else(|_| late())
            }
        }
    }

    fn count(&self) {
        if let Ok(mut tries) = self.tries.lock() {
            tries.sent += 1;
        }
    }

    /// How long to wait before the same request is sent again; `None` if it is not.
    fn back_off(&self, answer: &Result<RawResponse, TransportError>, kind: Kind, round: u32) -> Option<Duration> {
        let most = match (answer, kind) {
            (Err(TransportError::NotSent(_)), Kind::Read | Kind::Write) => RETRIES_UNREACHED,
            (Err(TransportError::Lost(_)), Kind::Read) => RETRIES,
            (Ok(answer), Kind::Read) if answer.may_pass() => RETRIES,
            (Ok(_) | Err(TransportError::Lost(_) | TransportError::Oversized(_)), Kind::Read | Kind::Write) => 0,
        };
        if round >= most {
            return None;
        }
        let mut tries = self.tries.lock().ok()?;
        let asked = answer.as_ref().ok().and_then(|answer| answer.retry_after).map(Duration::from_secs);
        let longest = FIRST_BACK_OFF.saturating_mul(2_u32.saturating_pow(round)).min(LONGEST_BACK_OFF);
        let wait = asked.unwrap_or_else(|| longest.mul_f64(tries.dice.f64()));
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() + wait.min(LONGEST_WAIT) > deadline);
        if wait > LONGEST_WAIT || is_late {
            return None;
        }
        if tries.repeated >= FREE_RETRIES + tries.sent / REQUESTS_A_RETRY {
            if !tries.is_spent {
                tries.is_spent = true;
                tracing::warn!("too many requests failed to send each of them again; the rest is tried once");
            }
            return None;
        }
        tries.repeated += 1;
        Some(wait)
    }
}

impl<W: Wire> Reads for Patient<W> {
    /// Sends a read, and sends it again while that may help: when it was lost, and when the answer is one that may pass.
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        self.send(&request.request(), Kind::Read).await
    }
}

impl<W: Wire> Writes for Patient<W> {
    /// Sends a write, and sends it again only where it surely was not sent. What a limiter answered is for the caller,
    /// who must look first: a limiter may stand behind what already did the work.
    async fn write(&self, request: &Write) -> Result<RawResponse, TransportError> {
        self.send(&request.request(), Kind::Write).await
    }

    /// Waits, but not beyond the deadline.
    async fn rest(&self, wait: Duration) {
        let until = Instant::now() + wait.min(LONGEST_WAIT);
        tokio::time::sleep_until(self.deadline.map_or(until, |deadline| until.min(deadline))).await;
    }
}
