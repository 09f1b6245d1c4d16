//! B: what the server answers, and what its answers hold.

use std::time::Duration;

use flowops::api::Method;
use flowops::cli::exit::Exit;
use flowops::plan::Verb;
use flowops::report::journal::Journal;
use flowops::sandbox::Faults;
use flowops::sandbox::fault::{Action, Canned, Fault, PathGlob, Stage};
use serde_json::{Value as Json, json};

use super::{creates, declared, deletes, live, manifest, publishes, skill, skill_and_pack, updates};
use crate::raw::{self, KEY, RawServer};
use crate::scene::{Scene, read};
use crate::support::folder;
use crate::world;

const CREATE: &str = "method: POST, path: /agents/*/skills, stage";
const FIRST_CREATE: &str = "nth: 1, method: POST, path: /agents/*/skills, stage";
const SECOND_CREATE: &str = "nth: 2, method: POST, path: /agents/*/skills, stage";
const UPDATE: &str = "method: PATCH, stage";
const FIRST_UPDATE: &str = "nth: 1, method: PATCH, stage";
const DELETE: &str = "method: DELETE, stage";
const FIRST_DELETE: &str = "nth: 1, method: DELETE, stage";
const PUBLISH: &str = "method: POST, path: /agents/*/publish, stage";
const FIRST_PUBLISH: &str = "nth: 1, method: POST, path: /agents/*/publish, stage";
const LIST: &str = "method: GET, path: /agents/*/skills, stage";
const READ: &str = "method: GET, stage";
const FIRST_READ: &str = "nth: 1, method: GET, stage";

/// A fault of a script: which requests, when, and what is answered.
fn answer(which: &str, stage: &str, status: u16, body: &Json) -> String {
    format!("- {{ {which}: {stage}, action: {{ status: {{ status: {status}, body: {body} }} }} }}\n")
}

/// The same with a `Retry-After`.
fn asks(which: &str, stage: &str, status: u16, wait: &str) -> String {
    let answer = format!("status: {status}, headers: {{ Retry-After: '{wait}' }}");
    format!("- {{ {which}: {stage}, action: {{ status: {{ {answer} }} }} }}\n")
}

/// Somebody in the dashboard changes the agent.
fn edit(which: &str, stage: &str, change: &Json) -> String {
    format!("- {{ {which}: {stage}, action: {{ edit: {{ agent: Front Desk, change: {change} }} }} }}\n")
}

fn problem(slug: &str, detail: &str) -> Json {
    json!({ "title": "Something", "code": slug, "detail": detail })
}

/// Fields that are wrong, as a problem and in the envelope say it.
fn fields_are_mapped(body: &Json) {
    let refused = || creates().fault(&answer(FIRST_CREATE, "before-commit", 400, body));
    let played = refused().plays(Exit::Failed);
    assert_eq!((played.ended(), played.writes), (vec!["failed", "stopped"], 1));
    played.says("FAILED     desk/skill/First  manifests/scene.yaml:7:13");
    played.says("`executionConfig.url`: It must be a URL.");
    let played = refused().keep_going().plays(Exit::Partial);
    assert_eq!((played.ended(), played.writes), (vec!["failed", "done"], 2));
}

#[test]
fn b01_a_problem_names_the_fields_that_are_wrong() {
    let errors = json!([{ "field": "executionConfig.url", "message": "It must be a URL." }]);
    fields_are_mapped(&json!({ "type": "about:blank", "title": "Validation failed", "status": 400, "errors": errors }));
}

#[test]
fn b02_an_envelope_names_the_fields_that_are_wrong() {
    let errors = json!([{ "field": "executionConfig.url", "message": "It must be a URL." }]);
    fields_are_mapped(&json!({ "success": false, "message": "Validation failed", "errors": errors }));
}

#[test]
fn b03_a_create_that_is_refused_and_done_is_not_done_again() {
    for quirks in ["", "names=free,key-replay=ignored"] {
        let fault = answer(FIRST_CREATE, "after-commit", 400, &problem("invalid_body", "No."));
        let played = creates().quirks(quirks).fault(&fault).plays(Exit::Partial);
        assert_eq!((played.ended(), played.writes), (vec!["failed", "stopped"], 1));
        played.says("a fresh plan does not want it done any more");
    }
}

#[test]
fn b04_a_success_that_says_it_is_none_is_a_failure() {
    let body = json!({ "success": false, "message": "Try tomorrow." });
    let played = creates().fault(&answer(FIRST_CREATE, "before-commit", 200, &body)).plays(Exit::Failed);
    assert_eq!((played.ended(), played.writes), (vec!["failed", "stopped"], 1));
    played.says("says in it that it did not succeed: Try tomorrow.");
    let fault = answer(FIRST_UPDATE, "before-commit", 200, &body);
    let played = updates().keep_going().fault(&fault).plays(Exit::Partial);
    assert_eq!(played.ended(), ["failed", "done"]);
    let played = creates().fault(&answer(FIRST_CREATE, "after-commit", 200, &body)).plays(Exit::Partial);
    assert_eq!(played.writes, 1);
    let said = updates().fault(&answer(READ, "after-commit", 200, &body)).fails_to_read();
    assert!(said.contains("did not succeed: Try tomorrow."), "{said}");
}

#[test]
fn b05_a_created_skill_without_data_or_an_id_is_looked_for() {
    for body in [json!({ "success": true }), json!({ "data": null }), json!({ "data": { "name": "First" } })] {
        let played = creates().fault(&answer(FIRST_CREATE, "after-commit", 201, &body)).plays(Exit::Ok);
        assert_eq!((played.ended(), played.writes), (vec!["settled", "done"], 2));
        let played = creates().fault(&answer(FIRST_CREATE, "before-commit", 201, &body)).plays(Exit::Ok);
        assert_eq!((played.ended(), played.writes), (vec!["done", "done"], 3));
        let played = creates().fault(&answer(CREATE, "before-commit", 201, &body)).plays(Exit::Unknown);
        assert_eq!((played.ended(), played.writes), (vec!["unknown", "stopped"], 4));
    }
}

#[test]
fn b06_a_delete_may_be_answered_with_nothing() {
    for quirks in ["delete=200", "delete=204", "delete=200,envelope=bare"] {
        let played = deletes().quirks(quirks).plays(Exit::Ok);
        assert_eq!((played.ended(), played.writes), (vec!["done", "done"], 2));
    }
}

#[test]
fn b07_a_key_that_is_refused_is_not_tried_again() {
    let scene = updates().fault(&answer(READ, "before-commit", 401, &problem("unauthorized", "Who are you?")));
    let said = scene.fails_to_read();
    assert!(said.contains("the key is missing, wrong or revoked"), "{said}");
    assert_eq!(scene.alone().reads, 1);
}

#[test]
fn b08_a_key_that_is_revoked_in_the_middle_stops_the_rest() {
    let spec = format!("  skills:\n{}", declared(&[("First", "One."), ("Second", "Two."), ("Third", "Three.")]));
    for on_failure in [Scene::keep_going, std::convert::identity] {
        for status in [401, 403] {
            let revoked =
                answer(&format!("times: 9, {SECOND_CREATE}"), "before-commit", status, &problem("revoked", "No."));
            let scene = on_failure(Scene::new(read(&manifest(&spec)), live(&[]))).fault(&revoked);
            let played = scene.plays(Exit::Partial);
            assert_eq!((played.ended(), played.writes), (vec!["done", "failed", "stopped"], 2));
            played.says("not tried, since the server refuses the key");
        }
    }
}

#[test]
fn b09_a_list_that_may_not_be_read_says_what_that_can_mean() {
    let said = updates().fault(&answer(LIST, "before-commit", 403, &json!({}))).fails_to_read();
    for meaning in ["lacks the scope", "another organization", "the endpoint is reserved"] {
        assert!(said.contains(meaning), "{said}");
    }
}

#[test]
fn b10_a_key_that_may_only_read_writes_nothing() {
    let scope = problem("insufficient_scope", "The key lacks the scope `skills:write`.");
    let played = creates().keep_going().fault(&answer(CREATE, "before-commit", 403, &scope)).plays(Exit::Failed);
    assert_eq!((played.ended(), played.writes), (vec!["failed", "stopped"], 1));
    played.says("`skills:write`");
}

#[test]
fn b11_a_skill_that_was_deleted_outside_is_planned_as_a_create() {
    let gone = edit("nth: 1, method: GET, stage", "before-commit", &json!({ "delete": "First" }));
    let plan = updates().fault(&gone).plans(Exit::Differences);
    let verbs: Vec<Verb> = plan.steps.iter().map(|step| step.action.verb()).collect();
    assert_eq!(verbs, [Verb::Create, Verb::Update]);
}

#[test]
fn b12_a_skill_that_is_gone_when_it_is_updated_is_not_made_again() {
    let gone = edit(FIRST_UPDATE, "before-commit", &json!({ "delete": "First" }));
    let played = updates().fault(&gone).plays(Exit::Stale);
    assert_eq!(
        (played.ended(), played.names()),
        (vec!["conflict", "done"], vec!["Second".to_owned(), "Made by hand".to_owned()])
    );
    assert_eq!(played.arrived(Method::Post, "/skills"), 0);
    played.says("it is gone");
    // It is there, and the server says for ever that it is not.
    let played =
        updates().fault(&answer(UPDATE, "before-commit", 404, &problem("not_found", "No."))).plays(Exit::Stale);
    assert_eq!((played.ended(), played.writes), (vec!["conflict", "conflict"], 4));
}

#[test]
fn b13_a_skill_that_is_gone_when_it_is_deleted_is_done() {
    let gone = edit(FIRST_DELETE, "before-commit", &json!({ "delete": "Gone" }));
    let played = deletes().fault(&gone).plays(Exit::Ok);
    assert!(played.ended().contains(&"unneeded"), "{}", played.all());
    // It is there, and the server says for ever that it is not.
    let fault = answer(DELETE, "before-commit", 404, &problem("not_found", "No."));
    let played = deletes().keep_going().fault(&fault).plays(Exit::Partial);
    assert!(played.names().contains(&"Gone".to_owned()), "{}", played.all());
    played.says("it is still there");
}

#[test]
fn b14_an_agent_that_is_not_there_is_refused_as_a_whole() {
    let missing =
        answer("method: GET, path: /agents/*, stage", "before-commit", 404, &problem("not_found", "No agent."));
    let spec = format!("  skills:\n{}", declared(&[("First", "One."), ("Second", "Two.")]));
    let store = live(&[]);
    let id = store.agents().next().unwrap().0.to_string();
    let by_id = manifest(&spec).replace("name: Front Desk", &format!("id: {id}"));
    let said = Scene::new(read(&by_id), store).fault(&missing).fails_to_read();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(&id), "{said}");
}

#[test]
fn b15_a_list_that_is_not_there_is_no_empty_list() {
    for (which, what) in [("method: GET, path: /agents, stage", "the agents"), (LIST, "the skills of agent")] {
        for status in [404, 410] {
            let said = creates().fault(&answer(which, "before-commit", status, &json!({}))).fails_to_read();
            assert!(said.contains(what) && said.contains(&status.to_string()), "{said}");
        }
    }
}

#[test]
fn b16_a_duplicate_name_of_our_own_lost_create_is_adopted() {
    // The server does not know keys, and its list is so late that the create is sent once more.
    let lost = format!("- {{ {FIRST_CREATE}: after-commit, action: reset }}\n");
    let late = format!("- {{ {FIRST_CREATE}: after-commit, action: {{ stale: 5 }} }}\n");
    for names in ["unique-409", "unique-400"] {
        let scene = creates().quirks(&format!("key-replay=ignored,names={names}")).fault(&lost).fault(&late);
        if names == "unique-409" {
            let played = scene.plays(Exit::Ok);
            assert_eq!((played.ended(), played.arrived(Method::Post, "/skills")), (vec!["settled", "done"], 3));
        } else {
            // A 400 is no sign of a duplicate; the proof finds what is there.
            let played = scene.plays(Exit::Partial);
            assert_eq!((played.ended(), played.arrived(Method::Post, "/skills")), (vec!["failed", "stopped"], 2));
        }
    }
}

#[test]
fn b17_a_duplicate_name_of_somebody_else_is_left_alone() {
    let mut theirs = skill("First", "Theirs.").1;
    theirs.insert("executionConfig".to_owned(), json!({ "url": "https://theirs.example.com" }));
    let taken = edit(FIRST_CREATE, "before-commit", &json!({ "create": theirs }));
    for (names, exit) in [("unique-409", Exit::Stale), ("unique-400", Exit::Partial)] {
        let played = creates().quirks(&format!("names={names}")).fault(&taken).plays(exit);
        let skills = crate::scene::state(&played.sandbox);
        let first = skills[0].as_array().unwrap().iter().find(|skill| skill["name"] == "First").unwrap();
        assert_eq!((&first["description"], &first["executionConfig"]), (&json!("Theirs."), &theirs["executionConfig"]));
        assert_eq!(played.arrived(Method::Post, "/skills"), if exit == Exit::Stale { 2 } else { 1 });
    }
}

#[test]
fn b18_a_first_request_that_is_still_under_way_is_waited_for() {
    let body = problem("idempotency_in_progress", "The first request is still under way.");
    let played = creates().fault(&answer(FIRST_CREATE, "after-commit", 409, &body)).plays(Exit::Ok);
    assert_eq!((played.ended(), played.arrived(Method::Post, "/skills")), (vec!["settled", "done"], 2));
    let played = creates().fault(&answer(FIRST_CREATE, "before-commit", 409, &body)).plays(Exit::Ok);
    let keys = played.keys("/skills");
    assert_eq!((played.ended(), keys.len(), keys[0]), (vec!["done", "done"], 3, keys[1]));
    let played = creates().fault(&answer(CREATE, "before-commit", 409, &body)).plays(Exit::Unknown);
    let keys = played.keys("/skills");
    assert_eq!((played.ended(), keys.len(), keys[0]), (vec!["unknown", "stopped"], 4, keys[1]));
}

#[test]
fn b19_a_key_that_is_another_requests_leaves_the_step_open() {
    let body = problem("idempotency_key_reused", "The key came with another request before.");
    let played = creates().fault(&answer(CREATE, "before-commit", 422, &body)).plays(Exit::Unknown);
    assert_eq!((played.ended(), played.writes), (vec!["unknown", "stopped"], 4));
    let open = Journal::read(&played.journal).unwrap().open;
    assert_eq!(open.iter().map(|intent| intent.skill.as_deref()).collect::<Vec<_>>(), [Some("First")]);
}

#[test]
fn b20_a_stale_version_is_read_again_before_it_counts() {
    let body = json!({ "code": "stale_version", "detail": "Somebody was faster.", "data": { "name": "First", "description": "Theirs." } });
    let played = updates().fault(&answer(FIRST_UPDATE, "before-commit", 409, &body)).plays(Exit::Ok);
    assert_eq!((played.ended(), played.writes), (vec!["done", "done"], 3));
    let theirs = json!({ "set": { "skill": "First", "fields": { "description": "Theirs." } } });
    let scene = updates().fault(&edit(FIRST_UPDATE, "before-commit", &theirs));
    let played = scene.fault(&answer(FIRST_UPDATE, "before-commit", 409, &body)).plays(Exit::Stale);
    assert_eq!((played.ended(), played.writes), (vec!["conflict", "done"], 2));
    let played = updates().fault(&answer(UPDATE, "before-commit", 409, &body)).plays(Exit::Stale);
    assert_eq!((played.ended(), played.writes), (vec!["conflict", "conflict"], 4));
}

#[test]
fn b21_a_publish_with_nothing_to_publish_is_done() {
    let body = problem("no_diff", "The draft does not differ from the published version.");
    let played = publishes().fault(&answer(FIRST_PUBLISH, "after-commit", 409, &body)).plays(Exit::Ok);
    assert_eq!((played.ended(), played.arrived(Method::Post, "/publish")), (vec!["done", "unneeded"], 1));
}

#[test]
fn b22_a_publish_that_meets_another_is_tried_once_more() {
    let body = problem("publish_in_flight", "Another publish is under way.");
    let played = publishes().fault(&answer(FIRST_PUBLISH, "before-commit", 409, &body)).plays(Exit::Ok);
    assert_eq!((played.ended(), played.arrived(Method::Post, "/publish")), (vec!["done", "done"], 2));
    let played = publishes().fault(&answer(PUBLISH, "before-commit", 409, &body)).plays(Exit::Stale);
    assert_eq!((played.ended(), played.arrived(Method::Post, "/publish")), (vec!["done", "conflict"], 2));
}

#[test]
fn b23_a_provider_that_is_not_connected_is_named_and_the_others_go_on() {
    let body = problem("integration_not_connected", "Provider `hubspot` is not connected for this organization.");
    let fault = answer("method: POST, path: /agents/**/install, stage", "before-commit", 409, &body);
    for scene in [skill_and_pack(), skill_and_pack().keep_going()] {
        let played = scene.fault(&fault).plays(Exit::Partial);
        assert_eq!((played.ended(), played.writes), (vec!["done", "failed"], 2));
        played.says("Provider `hubspot` is not connected");
        assert_eq!(played.names(), ["First"]);
    }
}

#[test]
fn b24_a_precondition_that_failed_or_is_wanted_is_a_conflict() {
    for (status, title) in [(412, "Precondition failed"), (428, "Precondition required")] {
        let body = json!({ "title": title });
        let played = updates().fault(&answer(UPDATE, "before-commit", status, &body)).plays(Exit::Stale);
        assert_eq!((played.ended(), played.writes), (vec!["conflict", "conflict"], 4));
        played.says(title);
        let played = publishes().fault(&answer(PUBLISH, "before-commit", status, &body)).plays(Exit::Stale);
        assert_eq!(played.ended(), ["done", "conflict"]);
    }
}

#[test]
fn b25_a_refusal_of_any_kind_is_one_and_shows_its_code() {
    let refused = |status, body| answer(FIRST_CREATE, "before-commit", status, &body);
    for status in [402, 405, 413, 418, 431, 451, 499] {
        let played = creates().fault(&refused(status, json!({ "title": "No." }))).plays(Exit::Failed);
        assert_eq!((played.ended(), played.writes), (vec!["failed", "stopped"], 1));
        played.says(&format!("the server answered {status}"));
    }
    for body in [json!("No."), json!([1]), json!({ "errors": "none", "code": 7 })] {
        let played = creates().keep_going().fault(&refused(451, body)).plays(Exit::Partial);
        assert_eq!((played.ended(), played.writes), (vec!["failed", "done"], 2));
        played.says("the server answered 451");
    }
}

/// Throttled once, it takes at least so long in the end.
fn waits(which: &str, wait: &str, least: u64) -> Duration {
    let scene = if which.contains("PATCH") { updates() } else { creates() };
    let played = scene.fault(&asks(which, "before-commit", 429, wait)).plays(Exit::Ok);
    assert!(played.took >= Duration::from_secs(least), "{which} {wait}: {:?}", played.took);
    assert_eq!(played.ended(), ["done", "done"]);
    played.took
}

#[test]
fn b26_two_seconds_that_are_asked_for_are_waited() {
    for which in [FIRST_READ, FIRST_CREATE, FIRST_UPDATE] {
        let took = waits(which, "2", 2);
        assert!(took < Duration::from_secs(12), "{which}: {took:?}");
    }
}

#[test]
fn b27_a_date_that_is_asked_for_is_waited_for() {
    // A run begins on the second day of 1970.
    for which in [FIRST_READ, FIRST_CREATE] {
        waits(which, "Fri, 02 Jan 1970 00:00:30 GMT", 30);
        let took = waits(which, "Thu, 01 Jan 1970 12:00:00 GMT", 1);
        assert!(took < Duration::from_secs(12), "{which}: {took:?}");
    }
}

#[test]
fn b28_a_limit_that_names_no_time_is_kept_away_from_for_a_while() {
    for which in [FIRST_READ, FIRST_CREATE, FIRST_UPDATE] {
        let scene = if which.contains("PATCH") { updates() } else { creates() };
        let played = scene.fault(&answer(which, "before-commit", 429, &json!({}))).plays(Exit::Ok);
        assert!(played.took < Duration::from_secs(12), "{which}: {:?}", played.took);
    }
}

#[test]
fn b29_a_time_that_is_too_long_ends_the_run_and_one_that_is_none_is_passed_over() {
    let played = creates().keep_going().fault(&asks(FIRST_CREATE, "before-commit", 429, "999999")).plays(Exit::Failed);
    assert_eq!((played.ended(), played.writes), (vec!["failed", "stopped"], 1));
    played.says("longer than 15 minutes");
    let said = updates().fault(&asks(FIRST_READ, "before-commit", 429, "999999")).fails_to_read();
    assert!(said.contains("left alone for 999999 seconds"), "{said}");
    for wait in ["-5", "NaN", "", "soon", "1e9", "99999999999999999999999", "0x10"] {
        for which in [FIRST_READ, FIRST_CREATE] {
            let took = waits(which, wait, 0);
            assert!(took < Duration::from_secs(12), "{which} {wait}: {took:?}");
        }
    }
    // Two headers: the longer time counts.
    let two = "status: { status: 429, headers: { Retry-After: '3', retry-after: '20' } }";
    let played =
        creates().fault(&format!("- {{ {FIRST_CREATE}: before-commit, action: {{ {two} }} }}")).plays(Exit::Ok);
    assert!(played.took >= Duration::from_secs(20), "{:?}", played.took);
}

#[test]
fn b30_a_limit_for_ever_ends_after_five_repetitions() {
    for wait in ["1", "300"] {
        let played = creates().fault(&asks(CREATE, "before-commit", 429, wait)).plays(Exit::Failed);
        assert_eq!((played.ended(), played.writes), (vec!["failed", "stopped"], 6));
        let keys = played.keys("/skills");
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }
    let scene = updates().fault(&asks(READ, "before-commit", 429, "1"));
    assert!(scene.fails_to_read().contains("429"));
    assert_eq!(scene.alone().reads, 6);
}

#[test]
fn b31_a_limiter_behind_what_did_the_work_makes_one_object() {
    for quirks in ["", "names=free,key-replay=ignored"] {
        for wait in ["0", "2", "soon"] {
            let fault = asks(FIRST_CREATE, "after-commit", 429, wait);
            let played = creates().quirks(quirks).fault(&fault).plays(Exit::Ok);
            assert_eq!((played.ended(), played.writes), (vec!["settled", "done"], 2));
        }
    }
}

#[test]
fn b32_a_failure_of_the_server_is_asked_again() {
    for status in [500, 502, 503, 504, 408, 425] {
        let played = updates().fault(&answer(FIRST_READ, "before-commit", status, &json!({}))).plays(Exit::Ok);
        assert_eq!(played.ended(), ["done", "done"]);
    }
}

#[test]
fn b33_a_failure_before_a_create_sends_it_once_more() {
    for status in [500, 502, 503, 504, 408, 425] {
        let played = creates().fault(&answer(FIRST_CREATE, "before-commit", status, &json!({}))).plays(Exit::Ok);
        let keys = played.keys("/skills");
        assert_eq!((played.ended(), keys.len(), keys[0]), (vec!["done", "done"], 3, keys[1]));
    }
}

#[test]
fn b34_a_failure_after_a_create_makes_one_object() {
    for quirks in ["", "names=free,key-replay=ignored", "secrets=dropped"] {
        for status in [500, 502, 503, 504, 408, 425] {
            let fault = answer(FIRST_CREATE, "after-commit", status, &problem("internal", "Oh."));
            let played = creates().quirks(quirks).fault(&fault).plays(Exit::Ok);
            assert_eq!((played.ended(), played.writes), (vec!["settled", "done"], 2));
        }
    }
}

#[test]
fn b35_a_failure_that_is_replayed_for_ever_is_left_open() {
    let played = creates().fault(&answer(CREATE, "before-commit", 500, &json!({}))).plays(Exit::Unknown);
    let keys = played.keys("/skills");
    assert_eq!((played.ended(), keys.len(), keys[0]), (vec!["unknown", "stopped"], 4, keys[1]));
    assert_eq!(Journal::read(&played.journal).unwrap().open.len(), 1);
}

#[test]
fn b36_a_failure_after_an_update_is_one_update() {
    for status in [500, 502, 503, 504] {
        let played = updates().fault(&answer(FIRST_UPDATE, "after-commit", status, &json!({}))).plays(Exit::Ok);
        assert_eq!((played.ended(), played.writes), (vec!["settled", "done"], 2));
        let played = deletes().fault(&answer(FIRST_DELETE, "after-commit", status, &json!({}))).plays(Exit::Ok);
        assert_eq!(played.writes, 2);
        let played = publishes().fault(&answer(FIRST_PUBLISH, "after-commit", status, &json!({}))).plays(Exit::Ok);
        assert_eq!(played.arrived(Method::Post, "/publish"), 1);
    }
}

#[test]
fn b37_maintenance_is_waited_for_within_the_deadline() {
    let everything = asks("times: 4, nth: 1, stage", "before-commit", 503, "60");
    let played = creates().fault(&everything).plays(Exit::Ok);
    assert!(played.took >= Duration::from_mins(4), "{:?}", played.took);
    let writes = asks(&format!("times: 4, {FIRST_CREATE}"), "before-commit", 503, "60");
    let played = creates().fault(&writes).plays(Exit::Ok);
    assert!(played.took >= Duration::from_mins(4), "{:?}", played.took);
    for wait in ["60", "900"] {
        let said = updates().fault(&asks("stage", "before-commit", 503, wait)).fails_to_read();
        assert!(said.contains("503"), "{said}");
    }
}

#[test]
fn b38_a_status_that_no_answer_has_is_an_error() {
    for status in [300, 302, 304, 305, 399] {
        let said = updates().fault(&answer(READ, "before-commit", status, &json!({}))).fails_to_read();
        assert!(said.contains(&format!("answered {status}")), "{said}");
        assert_eq!(said.contains("redirect"), status == 302, "{said}");
        let played = creates().fault(&answer(FIRST_CREATE, "before-commit", status, &json!({}))).plays(Exit::Failed);
        assert_eq!((played.ended(), played.writes), (vec!["failed", "stopped"], 1));
    }
    for status in [100, 101, 103, 199] {
        let said = updates().fault(&answer(READ, "before-commit", status, &json!({}))).fails_to_read();
        assert!(said.contains("the answer was lost"), "{said}");
        let played = creates().fault(&answer(FIRST_CREATE, "after-commit", status, &json!({}))).plays(Exit::Ok);
        assert_eq!((played.ended(), played.writes), (vec!["settled", "done"], 2));
    }
}

#[test]
fn b39_an_error_without_end_that_would_command_is_cut_and_does_nothing() {
    let text = format!("\u{1b}[2J\u{202e}\n::error::x\n##[error] {}", "word ".repeat(1 << 20));
    let errors = json!([{ "field": text, "message": text }]);
    for body in [json!({ "detail": text, "errors": errors }), Json::String(text)] {
        let fault = |method, path| {
            let action = Action::Status(Canned::json(400, body.clone()));
            let fault = Fault::new(Stage::BeforeCommit, action).on(method).at(PathGlob::parse(path).unwrap());
            Faults { seed: 1, faults: vec![fault] }
        };
        let said = updates().faults(fault(Method::Get, "/agents")).fails_to_read();
        let played = creates().faults(fault(Method::Post, "/agents/*/skills")).plays(Exit::Failed);
        for said in [said, played.all()] {
            assert!(said.len() < 12_000, "{} bytes", said.len());
            assert!(!said.lines().any(|line| line.starts_with("::")) && !said.contains("##[error"), "{said}");
        }
    }
}

#[test]
fn b40_an_error_that_repeats_a_secret_is_covered() {
    let echo = format!("The header `{}` is wrong.", world::RESOLVED);
    let body = json!({ "title": echo, "detail": echo, "code": echo, "errors": [{ "field": echo, "message": echo }] });
    for status in [400, 409, 412, 429, 500, 503] {
        for which in [CREATE, FIRST_CREATE] {
            let scene = creates().keep_going().fault(&answer(which, "before-commit", status, &body));
            // What comes out of it, all runs check.
            let played = scene.plays(scene.alone().exit);
            assert!(which == FIRST_CREATE || played.all().contains("***"), "{}", played.all());
        }
    }

    let echo = |seen: &raw::Seen| {
        let all = seen.header("Authorization").unwrap();
        raw::json(400, &json!({ "detail": all, "code": "invalid", "errors": [{ "field": all, "message": all }] }))
    };
    let server = RawServer::start(echo);
    let manifests = folder(&[("manifests/desk.yaml", &manifest("  skills: []\n"))]);
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_flowops"));
    command.env_clear().env("FLOWYTE_API_KEY", KEY).env("FLOWYTE_BASE_URL", server.base_url());
    let output = command.current_dir(manifests.path()).args(["plan", "-vv"]).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(said.contains("answered 400") && !said.contains("SENTINEL"), "{said}");
}
