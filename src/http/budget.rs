//! How many requests may be under way at once, and how many may begin in a second, for the whole process.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Requests a second to begin with. The API's limits are not published, so it starts modestly.
const FIRST_RATE: f64 = 20.0;
const LOWEST_RATE: f64 = 0.5;
const HIGHEST_RATE: f64 = 100.0;

/// What an answer that was not throttled adds to the rate.
const STEP: f64 = 0.25;

#[derive(Debug)]
pub(super) struct Budget {
    slots: Semaphore,
    pace: Mutex<Pace>,
}

#[derive(Debug)]
struct Pace {
    rate: f64,
    next: Option<Instant>,
}

impl Budget {
    pub(super) fn new(concurrency: usize) -> Self {
        Self { slots: Semaphore::new(concurrency.max(1)), pace: Mutex::new(Pace { rate: FIRST_RATE, next: None }) }
    }

    /// Waits for a slot and for its turn.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.slots.acquire().await.ok();
        let turn = self.turn();
        tokio::time::sleep_until(turn).await;
        permit
    }

    fn turn(&self) -> Instant {
        let now = Instant::now();
        let Ok(mut pace) = self.pace.lock() else { return now };
        let turn = pace.next.unwrap_or(now).max(now);
        pace.next = Some(turn + Duration::from_secs_f64(1.0 / pace.rate));
        turn
    }

    /// Learns from an answer: a 429 halves the rate and holds everything back for as long as the server asks.
    pub(super) fn heard(&self, status: u16, wait: Option<Duration>) {
        let Ok(mut pace) = self.pace.lock() else { return };
        if status == 429 {
            pace.rate = (pace.rate / 2.0).max(LOWEST_RATE);
            let pause = wait.unwrap_or_default().min(super::LONGEST_WAIT);
            let until = Instant::now() + pause;
            pace.next = Some(pace.next.map_or(until, |next| next.max(until)));
        } else {
            pace.rate = (pace.rate + STEP).min(HIGHEST_RATE);
        }
    }
}
