//! The client at its edge: the rate budget and the patience in virtual time, the wire over real sockets.
#![expect(clippy::unnecessary_wraps, reason = "the answers of a script are all of one type")]

mod budget;
mod early;
mod limit;
mod patience;
mod silence;
pub(crate) mod tls;
mod wire;

use std::sync::Mutex;
use std::time::Duration;

use flowops::api::{RawRequest, RawResponse, Read, Write};
use flowops::http::{Answer, Patience, Patient, RateLimit, Wire};
use flowops::model::{AgentId, SkillId};
use flowops::ops::{Reads as _, TransportError};
use futures_util::future::join_all;
use tokio::time::Instant;

type Sent = Result<Answer, TransportError>;

/// A request as a scripted wire saw it.
#[derive(Debug, Clone, Copy)]
struct Call {
    number: usize,
    /// Since the wire was made.
    at: Duration,
}

/// A wire in virtual time: what a script answers, some time after it was asked.
struct Script<F> {
    answer: F,
    latency: Duration,
    born: Instant,
    log: Mutex<Log>,
}

#[derive(Debug, Clone, Default)]
struct Log {
    /// When each request was sent.
    sent: Vec<Duration>,
    /// When an answer that asks to wait came, and until when it holds.
    holds: Vec<(Duration, Duration)>,
    throttled: usize,
    underway: usize,
    most_underway: usize,
}

impl Log {
    /// Fails if a request was sent while the server had asked to be left alone.
    #[track_caller]
    fn keeps_every_hold(&self) {
        for (from, until) in &self.holds {
            let early = self.sent.iter().find(|at| *at > from && *at < until);
            assert_eq!(early, None, "from {from:?} until {until:?} nothing was to be sent");
        }
    }

    /// The most requests that began within any such time.
    fn most_within(&self, window: Duration) -> usize {
        let within = |(index, from): (usize, &Duration)| {
            self.sent.partition_point(|at| *at < *from + window).saturating_sub(index)
        };
        self.sent.iter().enumerate().map(within).max().unwrap_or(0)
    }
}

impl<F: Fn(Call) -> Sent + Sync> Script<F> {
    fn new(latency: Duration, answer: F) -> Self {
        Self { answer, latency, born: Instant::now(), log: Mutex::new(Log::default()) }
    }

    fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }
}

impl<F: Fn(Call) -> Sent + Sync> Wire for &Script<F> {
    async fn send(&self, _request: &RawRequest) -> Sent {
        let at = self.born.elapsed();
        let number = {
            let mut log = self.log.lock().unwrap();
            log.sent.push(at);
            log.underway += 1;
            log.most_underway = log.most_underway.max(log.underway);
            log.sent.len()
        };
        let answer = (self.answer)(Call { number, at });
        tokio::time::sleep(self.latency).await;
        let mut log = self.log.lock().unwrap();
        log.underway -= 1;
        if let Ok(answer) = &answer {
            log.throttled += usize::from(answer.response.status == 429);
            if let Some(wait) = answer.response.retry_after {
                let now = self.born.elapsed();
                log.holds.push((now, now.saturating_add(Duration::from_secs(wait))));
            }
        }
        answer
    }
}

/// Does something with a clock that jumps to the next thing to happen.
fn virtually<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(work)
}

fn patience() -> Patience {
    Patience { concurrency: 8, seed: 7, deadline: None }
}

fn status(status: u16) -> Sent {
    Ok(RawResponse::empty(status).into())
}

/// An answer with `Retry-After`.
fn asks(status: u16, seconds: u64) -> Sent {
    Ok(RawResponse { retry_after: Some(seconds), ..RawResponse::empty(status) }.into())
}

fn states(status: u16, limit: RateLimit) -> Sent {
    Ok(Answer { limit: Some(limit), ..RawResponse::empty(status).into() })
}

fn lost() -> Sent {
    Err(TransportError::Lost("the test lost it".to_owned()))
}

fn unsent() -> Sent {
    Err(TransportError::NotSent("the test cut the wire".to_owned()))
}

fn a_read() -> Read {
    Read::Catalog
}

fn a_write() -> Write {
    Write::DeleteSkill { agent: AgentId::parse("agt_1").unwrap(), skill: SkillId::parse("skl_1").unwrap() }
}

/// Reads so often in so many loops at once, and says how long it took and how many reads failed in the end.
async fn reads<W: Wire>(patient: &Patient<W>, loops: usize, count: usize) -> (Duration, usize) {
    let began = Instant::now();
    let run = async |_| {
        let mut failed = 0;
        for _ in 0..count / loops {
            failed += usize::from(!patient.read(&a_read()).await.is_ok_and(|answer| answer.is_success()));
        }
        failed
    };
    let failed = join_all((0..loops).map(run)).await.into_iter().sum();
    (began.elapsed(), failed)
}
