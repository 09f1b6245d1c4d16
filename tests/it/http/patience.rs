//! What is sent again, how often and when.

use std::time::Duration;

use flowops::http::{Patience, Patient, RateLimit};
use flowops::ops::{Reads as _, TransportError, Writes as _};
use proptest::prelude::*;

use super::{Call, Log, Script, Sent, a_read, a_write, asks, lost, patience, reads, states, status, unsent, virtually};

/// A read of a server that answers so: what comes of it, how long it takes, what was sent.
fn read_with(patience: Patience, answer: impl Fn(Call) -> Sent + Sync) -> (Result<u16, TransportError>, Duration, Log) {
    virtually(async {
        let script = Script::new(Duration::ZERO, answer);
        let patient = Patient::new(&script, patience);
        let answer = patient.read(&a_read()).await.map(|answer| answer.status);
        (answer, script.born.elapsed(), script.log())
    })
}

fn read(answer: impl Fn(Call) -> Sent + Sync) -> (Result<u16, TransportError>, Duration, Log) {
    read_with(patience(), answer)
}

fn write(answer: impl Fn(Call) -> Sent + Sync) -> (Result<u16, TransportError>, Log) {
    virtually(async {
        let script = Script::new(Duration::ZERO, answer);
        let answer = Patient::new(&script, patience()).write(&a_write()).await.map(|answer| answer.status);
        (answer, script.log())
    })
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_read_is_sent_six_times_before_its_fault_is_taken_for_an_answer() {
    for fault in [408, 425, 429, 500, 502, 503, 504, 599] {
        let (answer, _, log) = read(|_| status(fault));
        assert_eq!((answer, log.sent.len()), (Ok(fault), 6));
    }
    let (answer, _, log) = read(|_| lost());
    assert_eq!((answer, log.sent.len()), (lost().map(|_| 0), 6));
}

#[test]
fn a_read_that_reaches_nobody_is_sent_three_times() {
    let (answer, _, log) = read(|_| unsent());
    assert_eq!((answer, log.sent.len()), (unsent().map(|_| 0), 3));
}

#[test]
fn an_answer_that_will_not_change_is_asked_for_once() {
    for answer in [200, 204, 301, 400, 401, 402, 403, 404, 409, 410, 412, 422, 428] {
        let (answer, _, log) = read(|_| status(answer));
        assert_eq!((answer.is_ok(), log.sent.len()), (true, 1));
    }
    let (_, _, log) = read(|_| Err(TransportError::Oversized(1)));
    assert_eq!(log.sent.len(), 1);
}

#[test]
fn a_fault_that_passes_is_not_seen() {
    for passing in 1..=5 {
        let (answer, _, log) = read(|Call { number, .. }| if number <= passing { lost() } else { status(200) });
        assert_eq!((answer, log.sent.len()), (Ok(200), passing + 1));
    }
}

#[test]
fn a_write_is_sent_again_only_where_it_surely_was_not_sent() {
    for answer in [200, 201, 408, 409, 425, 429, 500, 503] {
        let (answer, log) = write(|_| status(answer));
        assert_eq!((answer.is_ok(), log.sent.len()), (true, 1));
    }
    assert_eq!(write(|_| lost()).1.sent.len(), 1);
    assert_eq!(write(|_| unsent()).1.sent.len(), 3);
    let (answer, log) = write(|Call { number, .. }| if number == 1 { unsent() } else { status(201) });
    assert_eq!((answer, log.sent.len()), (Ok(201), 2));
}

#[test]
fn a_throttled_write_is_given_back_and_the_next_request_waits_for_as_long_as_was_asked() {
    for throttle in [429, 503] {
        virtually(async {
            let script = Script::new(
                Duration::ZERO,
                |Call { number, .. }| if number == 1 { asks(throttle, 9) } else { status(200) },
            );
            let patient = Patient::new(&script, patience());
            assert_eq!(patient.write(&a_write()).await.unwrap().status, throttle);
            assert_eq!(script.born.elapsed(), Duration::ZERO, "the write itself does not wait");
            patient.read(&a_read()).await.unwrap();
            assert_eq!(script.log().sent, [Duration::ZERO, seconds(9)]);
        });
    }
}

#[test]
fn a_server_is_left_alone_for_as_long_as_it_asks() {
    let (answer, took, log) = read(|Call { number, .. }| if number == 1 { asks(429, 2) } else { status(200) });
    assert_eq!((answer, took, log.sent.len()), (Ok(200), seconds(2), 2));
    let (answer, took, _) = read(|Call { number, .. }| if number == 1 { asks(503, 900) } else { status(200) });
    assert_eq!((answer, took), (Ok(200), seconds(900)));
}

#[test]
fn a_server_that_asks_for_more_than_a_quarter_of_an_hour_is_given_up() {
    for wait in [901, 3_600, 999_999, u64::MAX] {
        let (answer, took, log) = read(|_| asks(429, wait));
        assert_eq!((answer, took, log.sent.len()), (Ok(429), Duration::ZERO, 1));
    }
}

#[test]
fn nothing_is_sent_to_a_server_that_was_given_up() {
    virtually(async {
        let script = Script::new(Duration::ZERO, |_| asks(429, 7_200));
        let patient = Patient::new(&script, patience());
        patient.read(&a_read()).await.unwrap();
        let Err(TransportError::NotSent(why)) = patient.write(&a_write()).await else { panic!("it was sent") };
        assert_eq!(why, "the server asks to be left alone for 7201 more seconds, which is too long to wait");
        assert_eq!((script.log().sent.len(), script.born.elapsed()), (1, Duration::ZERO));
    });
}

#[test]
fn no_wait_goes_beyond_the_deadline() {
    let patience = |deadline| Patience { deadline: Some(deadline), ..patience() };
    let (answer, took, _) = read_with(patience(seconds(60)), |_| asks(503, 25));
    assert_eq!((answer, took), (Ok(503), seconds(50)));
    let (answer, took, log) = read_with(patience(Duration::ZERO), |_| lost());
    assert_eq!((answer, took, log.sent.len()), (lost().map(|_| 0), Duration::ZERO, 1));
    virtually(async {
        let script = Script::new(Duration::ZERO, |_| asks(429, 30));
        let patient = Patient::new(&script, patience(seconds(10)));
        patient.write(&a_write()).await.unwrap();
        assert!(matches!(patient.read(&a_read()).await, Err(TransportError::NotSent(_))));
        patient.rest(seconds(30)).await;
        assert_eq!(script.born.elapsed(), seconds(10));
        patient.rest(seconds(30)).await;
        assert_eq!((script.log().sent.len(), script.born.elapsed()), (1, seconds(10)));
    });
}

#[test]
fn after_the_deadline_what_needs_no_wait_is_still_sent() {
    virtually(async {
        let script = Script::new(Duration::from_millis(10), |_| status(200));
        let patient = Patient::new(&script, Patience { deadline: Some(Duration::ZERO), ..patience() });
        assert_eq!(reads(&patient, 8, 40).await.1, 0);
    });
}

/// What a read under way answers when the deadline passes, if the server takes an hour for it.
fn read_for_an_hour(deadline: Option<Duration>) -> (Result<u16, TransportError>, Duration, usize) {
    virtually(async {
        let script = Script::new(seconds(3_600), |_| status(200));
        let patient = Patient::new(&script, Patience { deadline, ..patience() });
        let answer = patient.read(&a_read()).await.map(|answer| answer.status);
        (answer, script.born.elapsed(), script.log().sent.len())
    })
}

#[test]
fn a_read_under_way_ends_with_the_deadline_and_is_lost() {
    let passed = || Err(TransportError::Lost("the deadline passed before it came".to_owned()));
    assert_eq!(read_for_an_hour(Some(seconds(60))), (passed(), seconds(60), 1));
    assert_eq!(read_for_an_hour(None), (Ok(200), seconds(3_600), 1));
    // What was written must still be read back: a read has ten seconds in any case.
    assert_eq!(read_for_an_hour(Some(seconds(3))), (passed(), seconds(10), 1));
    assert_eq!(read_for_an_hour(Some(Duration::ZERO)), (passed(), seconds(10), 1));
}

/// What became of it would not be known.
#[test]
fn a_write_under_way_is_waited_for_beyond_the_deadline() {
    virtually(async {
        let script = Script::new(seconds(50), |_| status(200));
        let patient = Patient::new(&script, Patience { deadline: Some(seconds(5)), ..patience() });
        assert_eq!(patient.write(&a_write()).await.unwrap().status, 200);
        assert_eq!(script.born.elapsed(), seconds(50));
    });
}

#[test]
fn what_is_stated_to_be_used_up_is_not_waited_for_beyond_the_deadline() {
    virtually(async {
        let limit = RateLimit { remaining: Some(0), reset: Some(seconds(40)), ..RateLimit::default() };
        let script = Script::new(Duration::ZERO, |_| states(200, limit));
        let patient = Patient::new(&script, Patience { deadline: Some(seconds(10)), ..patience() });
        assert_eq!(reads(&patient, 1, 3).await.1, 0);
        let pace = Duration::from_millis(50);
        assert_eq!(script.log().sent, [Duration::ZERO, seconds(10), seconds(10) + pace]);
    });
}

#[test]
fn a_rest_takes_as_long_as_it_should() {
    virtually(async {
        let script = Script::new(Duration::ZERO, |_| status(200));
        Patient::new(&script, patience()).rest(Duration::from_millis(1_500)).await;
        assert_eq!((script.born.elapsed(), script.log().sent.len()), (Duration::from_millis(1_500), 0));
    });
}

#[test]
fn a_run_whose_every_request_fails_sends_a_fifth_more_and_ten() {
    virtually(async {
        let script = Script::new(Duration::ZERO, |_| status(500));
        let (_, failed) = reads(&Patient::new(&script, patience()), 8, 400).await;
        let sent = script.log().sent.len();
        assert_eq!(failed, 400);
        // Of all that is sent, ten and a fifth are repetitions: 400 + 10 + (sent / 5) = sent.
        assert!((505..=514).contains(&sent), "{sent}");
    });
}

#[test]
fn back_offs_grow_and_are_drawn_from_the_seed() {
    let took = |seed| read_with(Patience { seed, ..patience() }, |_| lost()).1;
    assert_eq!(took(1), took(1));
    assert_ne!(took(1), took(2));
    let all: Vec<Duration> = (0..200).map(took).collect();
    // Half of 0.5 + 1 + 2 + 4 + 8 seconds on the average, and never more than all of them.
    assert!(all.iter().all(|took| *took <= Duration::from_millis(15_500 + 6)), "{all:?}");
    let mean = all.iter().sum::<Duration>() / 200;
    assert!((seconds(7)..seconds(9)).contains(&mean), "{mean:?}");
}

proptest! {
    #[test]
    fn a_run_ends_soon_after_its_deadline(
        script in prop::collection::vec((0..6_u8, 0..2_000_u64), 1..20),
        deadline in 0..3_000_u64,
        seed: u64,
    ) {
        let (took, log) = virtually(async {
            let wire = Script::new(Duration::from_millis(20), |Call { number, .. }| {
                match script[number % script.len()] {
                    (0, wait) => asks(429, wait),
                    (1, wait) => asks(503, wait),
                    (2, _) => lost(),
                    (3, _) => unsent(),
                    (_, _) => status(200),
                }
            });
            let patience = Patience { deadline: Some(seconds(deadline)), seed, ..patience() };
            (reads(&Patient::new(&wire, patience), 8, 80).await.0, wire.log())
        });
        log.keeps_every_hold();
        // The pace goes on after it: eighty reads at two a second, at the worst.
        prop_assert!(took < seconds(deadline + 160), "{took:?}");
    }
}
