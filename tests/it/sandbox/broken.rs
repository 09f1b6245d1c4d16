//! Faults on the wire: what a client that speaks plain HTTP gets to see.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use flowops::api::{BASE_PATH, Method};
use flowops::sandbox::fault::{Action, Canned, Fault, Redirect, Stage};
use flowops::sandbox::{Faults, Pace, Sandbox, Store};
use serde_json::{Value as Json, json};

use super::listen::{http, served_at};
use super::webhook;

/// What came of an answer, and how the connection ended.
#[derive(Debug)]
struct Heard {
    head: String,
    body: Vec<u8>,
    end: Result<(), ErrorKind>,
}

impl Heard {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap_or("0").parse().unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The length that the head promises.
    fn promised(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }
}

fn hear(address: SocketAddr, request: &str) -> Heard {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).map(drop).map_err(|error| error.kind());
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let body = bytes.split_off(split);
    Heard { head: String::from_utf8(bytes).unwrap(), body, end }
}

/// Creates a skill under these faults and says what the client heard, and whether the skill is there.
fn create(faults: impl IntoIterator<Item = Fault>) -> (Heard, bool) {
    let mut store = Store::default();
    let agent = store.seed_agent(None, "Front Desk");
    let faults = Faults { seed: 0, faults: faults.into_iter().collect() };
    let sandbox = Arc::new(Sandbox::in_memory(store).with_faults(faults));
    let start = format!("POST {BASE_PATH}/agents/{agent}/skills");
    let heard = served_at(&sandbox, Pace::default(), move |address| {
        hear(address, &http(&start, "", &webhook("A").to_string()))
    });
    (heard, sandbox.with_store(|store| !store.skills_of(&agent).is_empty()).unwrap())
}

fn canned(status: u16, headers: &[(&str, &str)], body: Option<Json>) -> Action {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Action::Status(Canned { headers, body, ..Canned::empty(status) })
}

#[test]
fn a_connection_that_is_closed_ends_in_good_order_without_a_byte() {
    for (stage, is_there) in [(Stage::BeforeParse, false), (Stage::BeforeCommit, false), (Stage::AfterCommit, true)] {
        let (heard, found) = create([Fault::new(stage, Action::Close)]);
        assert_eq!((heard.end, heard.head.as_str(), heard.body.len(), found), (Ok(()), "", 0, is_there), "{stage:?}");
    }
}

#[test]
fn a_connection_that_is_reset_is_reset() {
    for (stage, is_there) in [(Stage::BeforeParse, false), (Stage::BeforeCommit, false), (Stage::AfterCommit, true)] {
        let (heard, found) = create([Fault::new(stage, Action::Reset)]);
        assert_eq!((heard.end, found), (Err(ErrorKind::ConnectionReset), is_there), "{stage:?}");
        assert_eq!((heard.head.as_str(), heard.body.len()), ("", 0));
    }
}

#[test]
fn a_truncated_answer_promises_all_and_ends_after_so_many_bytes() {
    for bytes in [0, 1, 17] {
        let (heard, found) = create([Fault::new(Stage::MidResponse, Action::Truncate(bytes))]);
        assert_eq!((heard.status(), heard.body.len(), heard.end, found), (201, bytes, Ok(()), true));
        assert!(heard.promised() > 17);
    }
}

#[test]
fn an_answer_that_breaks_mid_response_stops_in_its_body() {
    let (closed, _) = create([Fault::new(Stage::MidResponse, Action::Close)]);
    assert_eq!((closed.status(), closed.body.len(), closed.end), (201, closed.promised() / 2, Ok(())));
    let (reset, found) = create([Fault::new(Stage::MidResponse, Action::Reset)]);
    assert_eq!((reset.end, found), (Err(ErrorKind::ConnectionReset), true));
    assert!(reset.body.len() <= closed.body.len(), "a reset may overtake what was sent");
}

#[test]
fn an_answer_that_trickles_arrives_whole() {
    let (heard, _) = create([Fault::new(Stage::MidResponse, Action::Trickle(Duration::from_micros(10)))]);
    assert_eq!((heard.status(), heard.body.len(), heard.end), (201, heard.promised(), Ok(())));
    assert_eq!(serde_json::from_slice::<Json>(&heard.body).unwrap()["data"]["name"], json!("A"));
}

#[test]
fn a_sandbox_that_is_stopped_does_not_wait_for_what_is_slow() {
    let mut store = Store::default();
    store.seed_agent(None, "Front Desk");
    let hour = Duration::from_hours(1);
    let faults = vec![
        Fault::new(Stage::MidResponse, Action::Trickle(hour)).nth(1, 1),
        Fault::new(Stage::BeforeCommit, Action::Delay(hour)).nth(2, 1),
    ];
    let sandbox = Arc::new(Sandbox::in_memory(store).with_faults(Faults { seed: 0, faults }));
    let request = http(&format!("GET {BASE_PATH}/agents"), "", "");
    let streams = served_at(&sandbox, Pace::default(), move |address| {
        let mut trickling = TcpStream::connect(address).unwrap();
        trickling.write_all(request.as_bytes()).unwrap();
        assert_eq!(trickling.read(&mut [0]).unwrap(), 1, "its head is there");
        let mut late = TcpStream::connect(address).unwrap();
        late.write_all(request.as_bytes()).unwrap();
        [trickling, late]
    });
    let [trickled, late] = streams.map(|mut stream| {
        let mut bytes = Vec::new();
        drop(stream.read_to_end(&mut bytes));
        String::from_utf8(bytes).unwrap()
    });
    assert!(trickled.ends_with("\r\n\r\n"), "{trickled}");
    assert!(late.is_empty() || late.ends_with('}'), "{late}");
}

#[test]
fn a_status_arrives_with_its_headers_type_and_body() {
    let headers = [("Retry-After", "NaN"), ("retry-after", "2"), ("X-Tea", "pot")];
    let (heard, found) = create([Fault::new(Stage::AfterCommit, canned(418, &headers, Some(json!({ "a": 1 }))))]);
    assert_eq!((heard.status(), heard.header("x-tea"), found), (418, Some("pot"), true));
    assert_eq!((heard.header("content-type"), heard.body.as_slice()), (Some("application/json"), &b"{\"a\":1}"[..]));
    assert_eq!(heard.head.to_lowercase().matches("retry-after: ").count(), 2);
    let throttled = create([Fault::new(Stage::BeforeParse, canned(429, &[("Retry-After", "2")], None))]).0;
    assert_eq!((throttled.status(), throttled.header("retry-after"), throttled.body.len()), (429, Some("2"), 0));
}

#[test]
fn every_status_can_be_given() {
    for status in [100, 101, 199, 204, 304, 308, 599] {
        let body = Some(json!("text"));
        let (heard, _) = create([Fault::new(Stage::BeforeCommit, canned(status, &[], body))]);
        assert_eq!((heard.status(), heard.end), (status, Ok(())));
    }
}

#[test]
fn garbage_is_an_answer_in_good_order_that_is_no_text() {
    let (heard, _) = create([Fault::new(Stage::BeforeCommit, Action::Garbage(33))]);
    assert_eq!((heard.status(), heard.header("content-type")), (200, Some("application/json")));
    assert_eq!((heard.promised(), heard.body.len()), (33, 33));
    assert!(String::from_utf8(heard.body).is_err());
}

#[test]
fn a_redirect_arrives_with_its_location() {
    let redirect = Redirect { status: 307, location: "http://elsewhere.example/x".to_owned() };
    let (heard, found) = create([Fault::new(Stage::BeforeParse, Action::Redirect(redirect))]);
    assert_eq!((heard.status(), heard.header("location"), found), (307, Some("http://elsewhere.example/x"), false));
}

#[test]
fn a_delayed_answer_is_the_usual_one() {
    let (heard, found) = create([Fault::new(Stage::AfterCommit, Action::Delay(Duration::from_millis(1)))]);
    assert_eq!((heard.status(), heard.end, found), (201, Ok(()), true));
}

#[test]
fn a_connection_that_was_broken_breaks_no_other_and_an_answer_before_it_was_whole() {
    let mut store = Store::default();
    let agent = store.seed_agent(None, "Front Desk");
    let faults = vec![Fault::new(Stage::MidResponse, Action::Truncate(5)).on(Method::Get).nth(2, 1)];
    let sandbox = Arc::new(Sandbox::in_memory(store).with_faults(Faults { seed: 0, faults }));
    let get = http(&format!("GET {BASE_PATH}/agents/{agent}"), "", "");
    let (both, third) = served_at(&sandbox, Pace::default(), move |address| {
        let kept = get.replace("Connection: close\r\n", "");
        (hear(address, &format!("{kept}{get}")), hear(address, &get))
    });
    assert_eq!((both.status(), third.status(), third.body.len()), (200, 200, third.promised()));
    let (first, second) = both.body.split_at(both.promised());
    assert!(serde_json::from_slice::<Json>(first).is_ok());
    assert!(second.ends_with(b"\r\n\r\n{\"suc"), "{}", String::from_utf8_lossy(second));
}

#[test]
fn a_limit_is_told_with_every_answer_and_kept() {
    let sandbox = Arc::new(Sandbox::in_memory(Store::default()));
    let pace = Pace { rate: NonZeroU32::new(2), ..Pace::default() };
    let heard = served_at(&sandbox, pace, |address| {
        let request = http(&format!("GET {BASE_PATH}/agents"), "", "");
        (0..40).map(|_| hear(address, &request)).collect::<Vec<_>>()
    });
    assert_eq!((heard[0].status(), heard[0].header("ratelimit-remaining")), (200, Some("1")));
    for answer in &heard {
        assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-reset")), (Some("2"), Some("1")));
    }
    let refused: Vec<&Heard> = heard.iter().filter(|answer| answer.status() == 429).collect();
    assert!(!refused.is_empty());
    for answer in &refused {
        assert_eq!((answer.header("retry-after"), answer.header("ratelimit-remaining")), (Some("1"), Some("0")));
        assert_eq!(serde_json::from_slice::<Json>(&answer.body).unwrap()["code"], json!("rate_limited"));
    }
    let answered = u64::try_from(heard.len() - refused.len()).unwrap();
    assert_eq!(sandbox.with_store(|store| store.requests()).unwrap(), answered, "the store counts only these");
}

#[test]
fn without_a_limit_no_answer_speaks_of_one() {
    let (heard, _) = create([]);
    assert_eq!((heard.status(), heard.header("ratelimit-limit")), (201, None));
}
