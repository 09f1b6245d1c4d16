//! What is asked of the server while the manifests are still being made out: the list that is sure to be needed, once, by
//! those who only read.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use flowops::model::AgentId;
use flowops::sandbox::{Sandbox, Store};

use super::since::repository;
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
fn what_was_asked_early_is_not_asked_again() {
    let lines = ["plan", "drift", "plan --partition hash:1/64", "plan --partition hash:2/64"];
    for (line, skills) in lines.into_iter().zip([2, 2, 0, 0]) {
        let server = live();
        let ran = run(&place("a\nb\n"), &format!("{line} --format json"), &server);
        let mut asked = asked(&server);
        assert_eq!(Some(asked.len() as u64), ran.json()["requests"]["reads"].as_u64(), "{line}: {asked:?}");
        assert_eq!(asked.remove(0), LIST, "{line}: the list is the first");
        assert_eq!(asked.len(), skills, "{line}: and then the skills of each of its agents: {asked:?}");
    }
}

#[test]
fn rows_that_are_not_valid_end_a_run_that_has_asked_already() {
    for line in ["plan", "drift"] {
        let server = live();
        let ran = run(&place(TWICE), line, &server).ends(1);
        ran.says("declared twice").says("the manifests are not valid; nothing was written");
        // It may end before it has sent what it would have asked for.
        assert!(asked(&server).iter().all(|asked| asked == LIST) && asked(&server).len() <= 1, "{:?}", asked(&server));
    }
}

#[test]
fn a_server_that_is_silent_keeps_nobody_from_hearing_what_is_not_valid() {
    let many: Vec<String> = (0..500).map(|row| format!("r{row}\n")).collect();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/api/v1", silent.local_addr().unwrap());
    let begun = Instant::now();
    for line in ["plan", "drift"] {
        let environment = [("FLOWYTE_BASE_URL", base.as_str()), ("FLOWYTE_API_KEY", KEY)];
        let ran = place(&(many.concat() + TWICE)).run_with(line, &environment).ends(1);
        ran.says("the manifests are not valid; nothing was written");
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "a silent server is given up after 30");
}

#[test]
fn nothing_is_asked_early_where_something_is_wrong_already_or_something_is_to_be_written() {
    let broken =
        Place::with(&[("manifests/desks.yaml", SET), ("manifests/desk.yaml", &DESK.replace("match:", "matches:"))]);
    broken.write("manifests/desks.csv", "desk\na\nb\n");
    let good = place("a\nb\n");
    good.write("notes.txt", "Mine.");
    for (place, line, code) in [
        (&broken, "plan", 1),
        (&broken, "drift", 1),
        (&good, "plan manifests nowhere", 1),
        (&place(TWICE), "apply --yes", 1),
        (&place(TWICE), "pull", 1),
        (&good, "plan --out notes.txt", 64),
        (&good, "plan --out manifests/desks.yaml", 64),
        (&good, "drift --metrics manifests/desks.yaml", 64),
        (&good, "plan --target elsewhere", 64),
    ] {
        let server = live();
        run(place, line, &server).ends(code);
        assert_eq!(asked(&server), Vec::<String>::new(), "{line}");
    }
}

#[test]
fn nothing_is_asked_early_that_might_not_be_needed() {
    let one = Place::with(&[("manifests/desk.yaml", &DESK.replace("name: Front Desk", "id: agt_1"))]);
    let two = Place::with(&[("manifests/desk.yaml", &DESK.replace("name: Front Desk", "id: agt_1"))]);
    two.write("manifests/other.yaml", &DESK.replace("name: desk, labels: { team: reception }", "name: other"));
    repository(&two);
    two.write("manifests/desk.yaml", &DESK.replace("name: Front Desk", "id: agt_1").replace("Looks up", "Finds"));
    let by_id = ["GET /api/v1/agents/agt_1", "GET /api/v1/agents/agt_1/skills"];
    for (place, line) in [
        (&one, "plan"),
        (&one, "drift"),
        (&two, "plan --agent desk"),
        (&two, "drift --agent desk"),
        (&two, "plan --selector team=reception"),
        (&two, "plan --since HEAD --changed"),
    ] {
        let mut store = Store::default();
        store.seed_agent(Some(&AgentId::parse("agt_1").unwrap()), "Front Desk");
        let live = Sandbox::in_memory(store);
        let server = RawServer::start(move |seen| through(&live, seen));
        let ran = run(place, line, &server);
        assert!(matches!(ran.code, 0 | 2), "{}", ran.all());
        assert_eq!(asked(&server), by_id, "{line}");
    }
}

#[test]
fn a_first_page_that_is_refused_is_what_the_plan_says() {
    let server = RawServer::start(|_| json(401, &serde_json::json!({ "code": "invalid_api_key" })));
    let ran = run(&place("a\nb\n"), "plan", &server).ends(1);
    ran.says("cannot read the agents").says("check the key");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_base_revision_that_is_not_there_is_said_whatever_was_asked() {
    let place = place("a\nb\n");
    repository(&place);
    let ran = run(&place, "plan --since nowhere", &live()).ends(1);
    ran.says("`nowhere`").says("nothing was written");
    let reads = run(&place, "plan --since HEAD --format json", &live()).ends(0).json()["requests"]["reads"].as_u64();
    assert_eq!(reads, Some(3));
}
