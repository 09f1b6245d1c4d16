//! What is read out of headers that speak of limits.

use std::time::{Duration, SystemTime};

use flowops::http::{RateLimit, retry_after};
use proptest::prelude::*;

fn said(headers: &[(&str, &str)]) -> Option<RateLimit> {
    RateLimit::read(|name| headers.iter().filter(move |(other, _)| *other == name).map(|(_, value)| *value))
}

fn limit(quota: Option<u64>, window: Option<u64>, remaining: Option<u64>, reset: Option<u64>) -> Option<RateLimit> {
    let [window, reset] = [window, reset].map(|seconds| seconds.map(Duration::from_secs));
    Some(RateLimit { quota, window, remaining, reset })
}

/// A `SystemTime` of which `Wed, 21 Oct 2026 07:28:00 GMT` is a minute away.
fn now() -> SystemTime {
    httpdate::parse_http_date("Wed, 21 Oct 2026 07:27:00 GMT").unwrap()
}

#[test]
fn three_headers_state_a_limit() {
    let three = [("ratelimit-limit", "100"), ("ratelimit-remaining", "7"), ("ratelimit-reset", "30")];
    assert_eq!(said(&three), limit(Some(100), None, Some(7), Some(30)));
    let with_policy = [("ratelimit-limit", "100, 100;w=60, 5000;w=3600"), ("ratelimit-remaining", "7")];
    assert_eq!(said(&with_policy), limit(Some(5_000), Some(3_600), Some(7), None));
}

#[test]
fn a_list_of_policies_states_a_limit() {
    let all =
        [("ratelimit-policy", "\"burst\";q=100;w=10, \"daily\";q=5000;w=86400"), ("ratelimit", "\"burst\";r=9;t=4")];
    assert_eq!(said(&all), limit(Some(100), Some(10), Some(9), Some(4)));
    // Of several the tightest counts, on whichever line it stands.
    let both = [all[0], ("ratelimit", "\"burst\";r=90;t=4"), ("ratelimit", "\"daily\";r=2;t=4000")];
    assert_eq!(said(&both), limit(Some(5_000), Some(86_400), Some(2), Some(4_000)));
    assert_eq!(said(&[("ratelimit-policy", "10;w=1")]), limit(Some(10), Some(1), None, None));
}

#[test]
fn a_dictionary_states_a_limit() {
    let seventh = [("ratelimit", "limit=100, remaining=50, reset=5"), ("ratelimit-policy", "100;w=60")];
    assert_eq!(said(&seventh), limit(Some(100), Some(60), Some(50), Some(5)));
}

#[test]
fn nonsense_states_nothing() {
    for headers in [
        &[][..],
        &[("ratelimit", "")],
        &[("ratelimit", "\"default\";r=-1;t=NaN")],
        &[("ratelimit-limit", "many"), ("ratelimit-remaining", "1.5"), ("ratelimit-reset", "soon")],
        &[("ratelimit-policy", ";;;,,,==;q;w=;q=1")],
        // A time of the day, not a time to wait.
        &[("ratelimit-reset", "1790000000")],
    ] {
        assert_eq!(said(headers), None, "{headers:?}");
    }
}

#[test]
fn a_wait_is_a_number_of_seconds_or_a_date() {
    let wait = |values: &[&str]| retry_after(values.iter().copied(), now());
    assert_eq!(wait(&[]), None);
    assert_eq!(wait(&["120"]), Some(120));
    assert_eq!(wait(&[" 0 "]), Some(0));
    assert_eq!(wait(&["Wed, 21 Oct 2026 07:28:00 GMT"]), Some(61));
    assert_eq!(wait(&["Wednesday, 21-Oct-26 07:28:00 GMT"]), Some(61));
    assert_eq!(wait(&["Wed, 21 Oct 2026 07:26:00 GMT"]), Some(1), "a date that has passed");
}

#[test]
fn a_wait_that_makes_no_sense_is_none() {
    for value in ["", "-1", "+1", "NaN", "inf", "1e3", "soon", "0x10", "99999999999999999999999", "1 2", "٣"] {
        assert_eq!(retry_after([value].into_iter(), now()), None, "{value}");
    }
}

#[test]
fn of_several_waits_the_longest_that_makes_sense_counts() {
    let wait = |values: &[&str]| retry_after(values.iter().copied(), now());
    assert_eq!(wait(&["2", "5"]), Some(5));
    assert_eq!(wait(&["5, 2"]), Some(5));
    assert_eq!(wait(&["-7", "3", "NaN"]), Some(3));
    assert_eq!(wait(&["30", "Wed, 21 Oct 2026 07:28:00 GMT"]), Some(61));
}

proptest! {
    #[test]
    fn headers_of_any_text_are_read(text in "[ -~]{0,60}", list in "([a-z\"]{0,3}(;[rtqw]=[0-9]{0,25}){0,4},?){0,6}") {
        for value in [&text, &list] {
            for name in ["ratelimit", "ratelimit-policy", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
                said(&[(name, value)]);
            }
            retry_after([value.as_str()].into_iter(), now());
        }
    }
}
