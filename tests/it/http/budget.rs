//! The rate budget against limiters of several kinds.

use std::sync::Mutex;
use std::time::Duration;

use flowops::http::{Patience, Patient, RateLimit};
use proptest::prelude::*;

use super::{Call, Log, Script, Sent, asks, lost, patience, reads, states, status, virtually};

const LATENCY: Duration = Duration::from_millis(50);

/// How a server limits its clients.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// So many requests a second, and as many at once after a pause.
    Bucket(f64),
    /// So many requests in each window of so many seconds.
    Window(f64, f64),
}

/// A server with a limit.
#[derive(Debug, Clone, Copy)]
struct Limiter {
    rule: Rule,
    /// Whether its answers state the limit.
    is_stated: bool,
    /// Of a hundred requests that it lets through, so many fail.
    faults: usize,
}

impl Limiter {
    fn of(rule: Rule) -> Self {
        Self { rule, is_stated: false, faults: 0 }
    }

    /// How long so many requests take at least.
    fn forced(self, requests: usize) -> f64 {
        let requests = f64::from(u32::try_from(requests).unwrap());
        match self.rule {
            Rule::Bucket(rate) => (requests - rate) / rate,
            Rule::Window(limit, window) => ((requests / limit).ceil() - 1.0) * window,
        }
    }

    /// The answers of such a server to one client.
    fn answers(self) -> impl Fn(Call) -> Sent + Sync {
        let state = Mutex::new((f64::NAN, 0.0_f64));
        move |Call { number, at }| {
            let mut state = state.lock().unwrap();
            let (left, last) = *state;
            let now = at.as_secs_f64();
            let (most, left) = match self.rule {
                Rule::Bucket(rate) => {
                    let left = if left.is_nan() { rate } else { (left + (now - last) * rate).min(rate) };
                    (rate, left)
                }
                Rule::Window(limit, window) => {
                    let is_new = left.is_nan() || (now / window).floor() > (last / window).floor();
                    (limit, if is_new { limit } else { left })
                }
            };
            let is_throttled = left < 1.0;
            let left = if is_throttled { left } else { left - 1.0 };
            *state = (left, now);
            let reset = match self.rule {
                Rule::Bucket(rate) => (rate - left) / rate,
                Rule::Window(_, window) => window - now % window,
            };
            let limit = RateLimit {
                quota: Some(whole(most)),
                window: None,
                remaining: Some(whole(left)),
                reset: Some(Duration::from_secs(whole(reset.ceil()))),
            };
            let answer = match number * 37 % 100 {
                _ if is_throttled => 429,
                fault if fault < self.faults && fault % 2 == 0 => return lost(),
                fault if fault < self.faults => 503,
                _ => 200,
            };
            if self.is_stated { states(answer, limit) } else { status(answer) }
        }
    }
}

fn whole(number: f64) -> u64 {
    Duration::from_secs_f64(number).as_secs()
}

/// A thousand requests from eight loops: how long they took, against what the limit forces, and the share that was
/// throttled.
fn thousand(limiter: Limiter, patience: Patience) -> (f64, f64, Log) {
    virtually(async {
        let script = Script::new(LATENCY, limiter.answers());
        let (took, failed) = reads(&Patient::new(&script, patience), 8, 1_000).await;
        let log = script.log();
        assert_eq!(failed, 0, "{limiter:?}");
        let answered = log.sent.len() - log.throttled;
        let factor = took.as_secs_f64() / limiter.forced(answered);
        let share =
            f64::from(u32::try_from(log.throttled).unwrap()) / f64::from(u32::try_from(log.sent.len()).unwrap());
        (factor, share, log)
    })
}

/// Holds a limiter to the law, with several seeds.
#[track_caller]
fn is_used_well(limiter: Limiter) {
    for seed in 0..5 {
        let (factor, share, log) = thousand(limiter, Patience { seed, ..patience() });
        assert!(factor < 1.3, "{limiter:?} took {factor:.2} times what the limit forces");
        assert!(share < 0.05, "{limiter:?} throttled {:.1} %", share * 100.0);
        assert!(log.most_underway <= 8);
    }
}

#[test]
fn a_token_bucket_of_twenty_a_second_is_used_well() {
    is_used_well(Limiter::of(Rule::Bucket(20.0)));
}

#[test]
fn a_token_bucket_that_states_its_limit_is_used_well() {
    is_used_well(Limiter { is_stated: true, ..Limiter::of(Rule::Bucket(20.0)) });
}

#[test]
fn a_window_of_a_second_is_used_well() {
    is_used_well(Limiter::of(Rule::Window(20.0, 1.0)));
}

#[test]
fn a_limit_is_used_well_although_one_answer_in_twenty_fails() {
    is_used_well(Limiter { faults: 5, ..Limiter::of(Rule::Bucket(20.0)) });
    is_used_well(Limiter { faults: 5, is_stated: true, ..Limiter::of(Rule::Bucket(20.0)) });
    is_used_well(Limiter { faults: 5, ..Limiter::of(Rule::Window(20.0, 1.0)) });
}

#[test]
fn other_limits_are_used_well_too() {
    for rate in [5.0, 10.0, 40.0] {
        is_used_well(Limiter::of(Rule::Bucket(rate)));
        is_used_well(Limiter { is_stated: true, ..Limiter::of(Rule::Bucket(rate)) });
        is_used_well(Limiter::of(Rule::Window(rate, 1.0)));
        is_used_well(Limiter { is_stated: true, ..Limiter::of(Rule::Window(rate, 1.0)) });
        is_used_well(Limiter { is_stated: true, ..Limiter::of(Rule::Window(rate * 10.0, 10.0)) });
    }
}

#[test]
fn a_long_window_that_is_not_stated_is_not_run_into_again_and_again() {
    let (_, share, _) = thousand(Limiter::of(Rule::Window(50.0, 10.0)), patience());
    assert!(share < 0.05, "throttled {:.1} %", share * 100.0);
}

/// What a server allows that always answers at once, and the most requests that began within a second.
fn fastest(answer: impl Fn(Call) -> Sent + Sync, requests: usize) -> (Duration, usize) {
    virtually(async {
        let script = Script::new(Duration::from_millis(1), answer);
        let patient = Patient::new(&script, Patience { concurrency: 64, ..patience() });
        let (took, failed) = reads(&patient, 64, requests).await;
        assert_eq!(failed, 0);
        (took, script.log().most_within(Duration::from_secs(1)))
    })
}

#[test]
fn a_server_that_states_nothing_gets_a_hundred_requests_a_second_at_most() {
    let (_, most) = fastest(|_| status(200), 6_400);
    assert!((95..=102).contains(&most), "{most} in a second");
}

#[test]
fn a_server_that_states_a_generous_limit_gets_what_it_allows_soon() {
    let policy = RateLimit { quota: Some(90_000), window: Some(Duration::from_mins(1)), ..RateLimit::default() };
    let left = RateLimit {
        quota: Some(90_000),
        remaining: Some(89_000),
        reset: Some(Duration::from_mins(1)),
        ..RateLimit::default()
    };
    for limit in [policy, left] {
        let (took, most) = fastest(|_| states(200, limit), 6_400);
        assert!((1_400..=1_515).contains(&most), "{most} in a second");
        assert!(took < Duration::from_secs(6), "{took:?}");
    }
}

#[test]
fn turns_that_come_faster_than_timers_tick_are_all_taken() {
    let limit = RateLimit { quota: Some(20_000), window: Some(Duration::from_secs(1)), ..RateLimit::default() };
    let (_, most) = fastest(|_| states(200, limit), 64_000);
    assert!((9_500..=10_100).contains(&most), "{most} in a second");
}

#[test]
fn a_limit_of_an_hour_does_not_slow_a_run_that_fits_into_it() {
    let limit = RateLimit {
        quota: Some(5_000),
        remaining: Some(4_000),
        reset: Some(Duration::from_hours(1)),
        ..RateLimit::default()
    };
    let (took, _) = fastest(|_| states(200, limit), 640);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn what_is_left_is_spread_over_the_time_until_there_is_more() {
    virtually(async {
        let script = Script::new(Duration::from_millis(1), |Call { number, at }| {
            let left = 10_usize.saturating_sub(number).try_into().unwrap();
            let reset = Duration::from_secs(20_u64.saturating_sub(at.as_secs()));
            let (quota, remaining) = (Some(40), Some(left));
            states(200, RateLimit { quota, remaining, reset: Some(reset), window: None })
        });
        reads(&Patient::new(&script, Patience { concurrency: 1, ..patience() }), 1, 10).await;
        let sent = script.log().sent;
        for pair in sent.windows(2).skip(1) {
            assert!(pair[1] > pair[0] + Duration::from_millis(1_900), "{sent:?}");
        }
        assert!(*sent.last().unwrap() <= Duration::from_secs(20), "{sent:?}");
    });
}

#[test]
fn nothing_is_sent_while_nothing_is_left_but_no_statement_holds_for_more_than_a_minute() {
    for (reset, expected) in [(7, 7), (60, 60), (3_600, 60)] {
        virtually(async {
            let limit =
                RateLimit { remaining: Some(0), reset: Some(Duration::from_secs(reset)), ..RateLimit::default() };
            let script = Script::new(LATENCY, |_| states(200, limit));
            reads(&Patient::new(&script, patience()), 1, 2).await;
            let sent = script.log().sent;
            assert_eq!(sent[1].as_secs(), expected);
        });
    }
}

#[test]
fn answers_to_what_was_sent_before_a_halving_do_not_halve_again() {
    // Eight are under way when the first is throttled; the rate after it is a half, not a 256th.
    virtually(async {
        let script = Script::new(
            Duration::from_secs(1),
            |Call { number, .. }| if number <= 8 { status(429) } else { status(200) },
        );
        let (took, failed) = reads(&Patient::new(&script, patience()), 8, 80).await;
        assert_eq!(failed, 0);
        assert!(took < Duration::from_secs(16), "{took:?}");
        assert_eq!(script.log().throttled, 8);
    });
}

proptest! {
    #[test]
    fn slots_ceiling_and_holds_are_kept_whatever_the_server_answers(
        script in prop::collection::vec((0..8_u8, 0..6_u64, 0..12_u64), 1..40),
        concurrency in 1..12_usize,
        latency in 0..400_u64,
        seed: u64,
    ) {
        let log = virtually(async {
            let wire = Script::new(Duration::from_millis(latency), |Call { number, .. }| {
                let (kind, seconds, left) = script[number % script.len()];
                let limit = RateLimit {
                    remaining: Some(left),
                    reset: Some(Duration::from_secs(seconds)),
                    quota: Some(40),
                    window: (seconds % 2 == 0).then_some(Duration::from_secs(seconds)),
                };
                match kind {
                    0 => asks(429, seconds),
                    1 => asks(503, seconds),
                    2 => status(429),
                    3 => lost(),
                    4 => states(429, limit),
                    5 => states(200, limit),
                    _ => status(200),
                }
            });
            reads(&Patient::new(&wire, Patience { concurrency, seed, deadline: None }), 12, 240).await;
            wire.log()
        });
        prop_assert!(log.most_underway <= concurrency);
        prop_assert!(log.most_within(Duration::from_secs(1)) <= 102);
        log.keeps_every_hold();
    }
}
