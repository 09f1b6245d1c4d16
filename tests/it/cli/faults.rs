//! Servers that fail in the middle: what is sent again, what is not, and what an apply then says.

use std::process::Command;
use std::sync::Arc;

use flowops::sandbox::{Sandbox, Store};
use serde_json::{Value as Json, json};

use super::{DESK, Place, Ran};
use crate::raw::{Answer, KEY, RawServer, Seen, json, plain, through};

fn live() -> Arc<Sandbox> {
    let mut store = Store::default();
    store.seed_agent(None, "Front Desk");
    Arc::new(Sandbox::in_memory(store))
}

/// [`DESK`] with so many skills: `Skill 1`, `Skill 2`, …
fn desk_of(count: usize) -> String {
    let skill = |number: usize| {
        format!(
            "    - name: Skill {number}\n      description: Does thing {number}.\n      skillType: http_webhook\n      \
             executionConfig: {{ url: 'https://api.example.com/{number}' }}\n"
        )
    };
    let head = DESK.split("    - name").next().unwrap();
    head.to_owned() + &(1..=count).map(skill).collect::<String>()
}

/// An agent that has the skills of [`desk_of`] with other descriptions.
fn live_desk_of(count: usize) -> Arc<Sandbox> {
    let mut store = Store::default();
    let agent = store.seed_agent(None, "Front Desk");
    for number in 1..=count {
        let skill = json!({
            "name": format!("Skill {number}"), "description": "Does nothing yet.", "skillType": "http_webhook",
            "executionConfig": { "url": format!("https://api.example.com/{number}") },
        });
        store.seed_skill(&agent, skill.as_object().cloned().unwrap());
    }
    Arc::new(Sandbox::in_memory(store))
}

fn run(line: &str, manifest: &str, server: &RawServer) -> Ran {
    let place = Place::with(&[("manifests/desk.yaml", manifest)]);
    place.run_with(line, &[("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())])
}

/// A server that does what `fault` says with each write, counted from 1, and is the sandbox otherwise.
fn faulty(
    live: &Arc<Sandbox>,
    mut fault: impl FnMut(usize, &Seen, &Sandbox) -> Option<Answer> + Send + 'static,
) -> RawServer {
    let live = Arc::clone(live);
    let mut writes = 0;
    RawServer::start(move |seen| {
        writes += usize::from(seen.method != "GET");
        let answer = if seen.method == "GET" { None } else { fault(writes, seen, &live) };
        answer.unwrap_or_else(|| through(&live, seen))
    })
}

fn names(live: &Sandbox) -> Vec<String> {
    live.with_store(|store| {
        let agents: Vec<_> = store.agents().map(|(id, _)| id.clone()).collect();
        let skills = agents.iter().flat_map(|agent| store.skills_of(agent));
        skills.map(|(_, fields)| fields["name"].as_str().unwrap().to_owned()).collect()
    })
    .unwrap()
}

fn refused() -> Answer {
    json(400, &json!({ "code": "invalid_body", "detail": "No." }))
}

#[test]
fn a_read_is_sent_again_until_it_is_answered() {
    let live = live();
    let mut asked = 0;
    let server = RawServer::start(move |seen| {
        asked += 1;
        match asked {
            1 => plain(503, "Retry-After: 0\r\n", ""),
            2 => plain(429, "Retry-After: 0\r\n", ""),
            _ => through(&live, seen),
        }
    });
    run("plan --exit-code", DESK, &server).ends(2).quietly();
    let targets: Vec<String> = server.seen().into_iter().map(|seen| seen.target).collect();
    assert_eq!(targets.len(), 4, "{targets:?}");
    assert_eq!((&targets[0], &targets[1]), (&targets[2], &targets[2]));
}

#[test]
fn a_read_whose_connection_breaks_is_sent_again() {
    let live = live();
    let mut asked = 0;
    let server = RawServer::start(move |seen| {
        asked += 1;
        if asked == 1 { Answer::HangUp } else { through(&live, seen) }
    });
    run("plan --exit-code", DESK, &server).ends(2);
}

#[test]
fn a_throttled_write_is_sent_again_with_the_same_key() {
    let live = live();
    let server = faulty(&live, |number, _, _| (number == 1).then(|| plain(429, "Retry-After: 0\r\n", "")));
    run("apply --yes", DESK, &server).ends(0).prints("1 of 1 step done");
    let writes = server.writes();
    assert_eq!(writes.len(), 2);
    assert!(writes[0].header("Idempotency-Key").is_some());
    assert_eq!(writes[0].header("Idempotency-Key"), writes[1].header("Idempotency-Key"));
    assert_eq!(names(&live), ["Look up order"]);
}

#[test]
fn each_create_has_a_key_of_its_own_and_each_run_others() {
    let live = live();
    let server = faulty(&live, |_, _, _| Some(refused()));
    run("apply --yes --keep-going", &desk_of(2), &server).ends(1);
    run("apply --yes --keep-going", &desk_of(2), &server).ends(1);
    let keys: std::collections::BTreeSet<String> =
        server.writes().iter().map(|seen| seen.header("Idempotency-Key").unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 4);
}

#[test]
fn a_create_that_landed_and_whose_answer_was_lost_is_settled_by_reading_back() {
    for lost in [|| Answer::HangUp, || plain(502, "", ""), || plain(201, "Content-Type: text/html\r\n", "<p>")] {
        let live = live();
        let server = faulty(&live, move |_, seen, live| {
            drop(through(live, seen));
            Some(lost())
        });
        run("apply --yes", DESK, &server).ends(0).prints("Converged");
        assert_eq!(server.writes().len(), 1, "a create is never sent blindly again");
        assert_eq!(names(&live), ["Look up order"]);
        run("apply --yes", DESK, &server).ends(0).prints("No changes");
    }
}

#[test]
fn an_update_that_is_lost_is_sent_three_times_more_and_is_then_unknown() {
    let live = live_desk_of(1);
    let server = faulty(&live, |_, _, _| Some(Answer::HangUp));
    run("apply --yes", &desk_of(1), &server).ends(7).is_golden("faults/update-lost.txt", &[]);
    assert_eq!(server.writes().len(), 4);
    let live = live_desk_of(2);
    let server = faulty(&live, |number, _, _| (number == 1).then_some(Answer::HangUp));
    run("apply --yes", &desk_of(2), &server).ends(0).prints("2 of 2 steps done");
    assert_eq!(server.writes().len(), 3);
}

#[test]
fn a_write_whose_fate_cannot_be_read_back_is_unknown() {
    let live = live();
    let written = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let server = RawServer::start(move |seen| {
        if seen.method != "GET" {
            written.store(true, std::sync::atomic::Ordering::Relaxed);
            return Answer::HangUp;
        }
        if written.load(std::sync::atomic::Ordering::Relaxed) { plain(403, "", "") } else { through(&live, seen) }
    });
    run("apply --yes", DESK, &server).ends(7).is_golden("faults/unknown.txt", &[]);
}

#[test]
fn a_delete_that_is_refused_keeps_its_create_from_being_tried() {
    let live = live();
    let server = faulty(&live, |_, seen, _| (seen.method == "DELETE").then(refused));
    run("apply --yes", DESK, &server).ends(0);
    let other = DESK.replace("http_webhook", "db_query\n      replace: true");
    let other = other.replace("url: 'https://api.example.com/orders'", "sql_template: SELECT 1");
    let ran = run("apply --yes", &other, &server).ends(1);
    ran.is_golden("faults/delete-refused.txt", &[]);
    assert_eq!(server.writes().len(), 2, "{}", ran.all());
    assert_eq!(names(&live), ["Look up order"]);
}

#[test]
fn what_was_not_all_written_is_not_published() {
    let live = live();
    let server = faulty(&live, |number, _, _| (number == 2).then(refused));
    let manifest = desk_of(3).replace("spec:", "spec:\n  publish: onChange");
    run("apply --yes", &manifest, &server).ends(3).is_golden("faults/not-published.txt", &[]);
    assert!(!server.writes().iter().any(|seen| seen.target.contains("publish")));
    run("apply --yes", &manifest, &server).ends(0).prints("published");
}

#[test]
fn five_failures_of_the_server_in_a_row_stop_the_rest() {
    let live = live_desk_of(8);
    let server = faulty(&live, |_, _, _| Some(json(500, &json!({ "detail": "Something broke." }))));
    run("apply --yes --keep-going", &desk_of(8), &server).ends(7).is_golden("faults/five-in-a-row.txt", &[]);
    assert_eq!(server.writes().len(), 5);
}

#[test]
fn a_refusal_stops_the_rest_unless_the_run_keeps_going() {
    let live = live();
    let server = faulty(&live, |number, _, _| (number == 2).then(refused));
    run("apply --yes", &desk_of(4), &server).ends(3).is_golden("faults/refused.txt", &[]);
    assert_eq!((server.writes().len(), names(&live).len()), (2, 1));
    let server = faulty(&live, |number, _, _| (number != 2).then(refused));
    run("apply --yes --keep-going", &desk_of(8), &server).ends(3).prints("1 of 7 steps done, 6 failed");
    assert_eq!(server.writes().len(), 7);
}

#[test]
fn a_key_that_is_revoked_in_the_middle_stops_the_rest() {
    for status in [401, 403] {
        let live = live();
        let server = faulty(&live, move |number, _, _| {
            (number > 1).then(|| json(status, &json!({ "code": "revoked", "detail": "The key was revoked." })))
        });
        let ran = run("apply --yes", &desk_of(4), &server).ends(3);
        ran.is_golden(&format!("faults/revoked-{status}.txt"), &[]);
        assert_eq!((server.writes().len(), names(&live).len()), (2, 1));
    }
}

#[test]
fn a_field_that_does_not_take_is_named_and_is_an_error() {
    let live = live();
    let server = RawServer::start(move |seen| match through(&live, seen) {
        Answer::Bytes(bytes) if seen.is("GET", "/skills") => {
            let text = String::from_utf8(bytes).unwrap();
            let (_, body) = text.split_once("\r\n\r\n").unwrap();
            let mut body: Json = serde_json::from_str(body).unwrap();
            for skill in body["data"].as_array_mut().unwrap() {
                skill["description"] = json!("Something else.");
            }
            json(200, &body)
        }
        answer @ (Answer::Bytes(_) | Answer::Open(_) | Answer::HangUp | Answer::Reset(_) | Answer::Endless) => answer,
    });
    run("apply --yes", DESK, &server).ends(3).is_golden("faults/bounced.txt", &[]);
    let report = run("apply --yes --format json", DESK, &server).ends(3).quietly().json();
    assert_eq!(report["bounced"][0]["path"], "/description", "{report:#}");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_asked_to_end_sends_no_more_and_reads_back_what_it_sent() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let live = live();
        let process = Arc::new(std::sync::OnceLock::<u32>::new());
        let child = Arc::clone(&process);
        let server = faulty(&live, move |number, _, _| {
            let process = child.wait().to_string();
            if number == 1 {
                assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
            }
            None
        });
        let place = Place::with(&[("manifests/desk.yaml", &desk_of(3))]);
        let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())];
        let ended = place.spawn("apply --yes", &environment);
        process.set(ended.id()).unwrap();
        let ran = Ran::of("apply --yes", ended.wait_with_output().unwrap());
        ran.ends(code).is_golden(&format!("faults/asked-to-end{signal}.txt"), &[]);
        assert_eq!((server.writes().len(), names(&live)), (1, vec!["Skill 1".to_owned()]));
        run("apply --yes", &desk_of(3), &server).ends(0).prints("2 of 2 steps done");
    }
}
