//! What is asked of the server while the manifests are still being made out: the list that is sure to be needed, once, by
//! those who only read.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use flowops::sandbox::{Sandbox, Store};

use super::{DESK, Place, Ran};
use crate::raw::{KEY, RawServer, json, through};

const SET: &str = "apiVersion: flowops/v1
kind: AgentSet
metadata: { name: desks }
spec:
  columns: { desk: { type: slug } }
  rows: { fromCsv: desks.csv }
  template:
    metadata: { name: \"desk-${row.desk}\" }
    spec:
      match: { name: \"Desk ${row.desk}\" }
      skills:
        - name: Say goodbye
          description: Ends the call.
          skillType: sms
";

/// An AgentSet with a table.
fn place(rows: &str) -> Place {
    Place::with(&[("manifests/desks.yaml", SET), ("manifests/desks.csv", &format!("desk\n{rows}"))])
}

/// Two rows make agents of one name, which is seen when all of them are made.
const TWICE: &str = "a\nb\na\n";

fn live() -> RawServer {
    let mut store = Store::default();
    for name in ["Desk a", "Desk b"] {
        store.seed_agent(None, name);
    }
    let live = Sandbox::in_memory(store);
    RawServer::start(move |seen| through(&live, seen))
}

fn run(place: &Place, line: &str, server: &RawServer) -> Ran {
    place.run_with(line, &[("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())])
}

const LIST: &str = "GET /api/v1/agents";

/// What was asked for, without the queries.
fn asked(server: &RawServer) -> Vec<String> {
    let path = |target: &str| target.split('?').next().unwrap_or_default().to_owned();
    server.seen().iter().map(|seen| format!("{} {}", seen.method, path(&seen.target))).collect()
}

#[test]
fn what_was_asked_ahead_is_not_asked_again() {
    for line in ["plan --format json", "drift --format json"] {
        let server = live();
        let reads = run(&place("a\nb\n"), line, &server).json()["requests"]["reads"].as_u64();
        let mut asked = asked(&server);
        assert_eq!(asked.len() as u64, reads.unwrap(), "{asked:?}");
        assert_eq!(asked.remove(0), LIST, "the list is the first: {asked:?}");
        assert_eq!(asked.len(), 2, "and then the skills of each: {asked:?}");
    }
}

#[test]
fn rows_that_are_not_valid_end_a_plan_that_has_asked_ahead() {
    let many: Vec<String> = (0..500).map(|row| format!("r{row}\n")).collect();
    let server = live();
    let ran = run(&place(&(many.concat() + TWICE)), "plan", &server).ends(1);
    ran.says("declared twice").says("the manifests are not valid; nothing was written");
    assert_eq!(asked(&server), [LIST], "it was asked while the rows were made");
}

#[test]
fn a_server_that_is_silent_keeps_nobody_from_hearing_what_is_not_valid() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/api/v1", silent.local_addr().unwrap());
    let begun = Instant::now();
    for line in ["plan", "drift"] {
        let environment = [("FLOWYTE_BASE_URL", base.as_str()), ("FLOWYTE_API_KEY", KEY)];
        let ran = place(TWICE).run_with(line, &environment).ends(1);
        ran.says("the manifests are not valid; nothing was written");
    }
    // A silent server is given up after 30 seconds.
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn nothing_is_asked_ahead_where_something_is_wrong_already_or_something_is_to_be_written() {
    let broken =
        Place::with(&[("manifests/desks.yaml", SET), ("manifests/desk.yaml", &DESK.replace("match:", "matches:"))]);
    broken.write("manifests/desks.csv", "desk\na\nb\n");
    for (place, line) in
        [(&broken, "plan"), (&broken, "drift"), (&place(TWICE), "apply --yes"), (&place(TWICE), "pull")]
    {
        let server = live();
        run(place, line, &server).ends(1).says("the manifests are not valid; nothing was sent");
        assert_eq!(asked(&server), Vec::<String>::new(), "{line}");
    }
}

#[test]
fn nothing_is_asked_ahead_that_might_not_be_needed() {
    let two = || {
        let place = Place::with(&[(
            "manifests/desk.yaml",
            &DESK.replace("name: Front Desk", "id: agt_1").replace("team: reception", "name: desk"),
        )]);
        let other = DESK.replace("name: desk", "name: other").replace("Front Desk", "Other Desk");
        place.write("manifests/other.yaml", &other);
        place
    };
    for line in ["plan --agent desk", "drift --agent desk", "plan --selector name=desk"] {
        let server = RawServer::start(|_| json(404, &serde_json::json!({})));
        run(&two(), line, &server);
        assert!(!asked(&server).contains(&LIST.to_owned()), "{line}: {:?}", asked(&server));
    }
}

#[test]
fn a_first_page_that_is_refused_is_what_the_plan_says() {
    let server = RawServer::start(|_| json(401, &serde_json::json!({ "code": "invalid_api_key" })));
    let ran = run(&place("a\nb\n"), "plan", &server).ends(1);
    ran.says("cannot read the agents").says("check the key");
    assert_eq!(server.seen().len(), 1);
}
