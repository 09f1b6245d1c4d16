//! Servers that are not the API, or not as it should be. Nothing is ever written to them.

use serde_json::json;

use super::{DESK, Place, Ran};
use crate::raw::{Answer, KEY, RawServer, Seen, json, plain, through};
use flowops::sandbox::{Sandbox, Store};

/// Runs apply against a server and compares what is said with a committed file.
#[track_caller]
fn apply(place: &Place, name: &str, code: i32, answer: impl FnMut(&Seen) -> Answer + Send + 'static) -> RawServer {
    let server = RawServer::start(answer);
    let ran = run(place, "apply --yes", &server).ends(code);
    ran.is_golden(&format!("server/{name}.txt"), &[(&server.base_url(), "http://127.0.0.1:PORT/api/v1")]);
    assert_eq!(server.writes().len(), 0, "{}", ran.all());
    assert!(!ran.all().contains("SENTINEL"), "{}", ran.all());
    server
}

fn run(place: &Place, line: &str, server: &RawServer) -> Ran {
    place.run_with(line, &[("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())])
}

fn sandbox(names: &[&str]) -> Sandbox {
    let mut store = Store::default();
    for name in names {
        store.seed_agent(None, name);
    }
    Sandbox::in_memory(store)
}

#[test]
fn a_web_page() {
    apply(&Place::desk(), "web-page", 1, |_| {
        plain(200, "Content-Type: text/html; charset=utf-8\r\n", "<html>SENTINEL</html>")
    });
}

#[test]
fn a_proxys_error_page() {
    apply(&Place::desk(), "proxy-error-page", 1, |_| {
        plain(407, "Content-Type: text/html\r\n", "<html>SENTINEL</html>")
    });
}

#[test]
fn a_redirect_is_not_followed_and_the_key_goes_nowhere_else() {
    let target = RawServer::start(|_| json(200, &json!({ "data": [] })));
    let location = format!("Location: {}/agents\r\n", target.base_url());
    for status in [301, 302, 303, 307, 308] {
        let location = location.clone();
        let server = RawServer::start(move |_| plain(status, &location, ""));
        run(&Place::desk(), "plan", &server).ends(1).says(&format!("answered {status} with a redirect"));
        assert_eq!(server.seen().len(), 1, "a redirect is an answer, not a fault");
    }
    assert_eq!(target.seen().len(), 0);
    let elsewhere = "Location: https://user:SENTINEL@elsewhere.example/agents?token=SENTINEL\r\n";
    apply(&Place::desk(), "redirect", 1, move |_| plain(302, elsewhere, ""));
}

#[test]
fn a_write_that_is_redirected_is_not_followed() {
    let target = RawServer::start(|_| json(200, &json!({})));
    let location = format!("Location: {}/agents\r\n", target.base_url());
    let live = sandbox(&["Front Desk"]);
    let server = RawServer::start(move |seen| match seen.method.as_str() {
        "GET" => through(&live, seen),
        _ => plain(307, &location, ""),
    });
    run(&Place::desk(), "apply --yes", &server).ends(1).prints("answered 307 with a redirect");
    assert_eq!((target.seen().len(), server.writes().len()), (0, 1));
}

#[test]
fn a_server_on_this_machine_needs_no_certificates() {
    let live = sandbox(&["Front Desk"]);
    let server = RawServer::start(move |seen| through(&live, seen));
    let key = ("FLOWYTE_API_KEY", KEY.to_owned());
    let none = ("SSL_CERT_FILE", "/dev/null".to_owned());
    Place::desk().run_with("plan", &[("FLOWYTE_BASE_URL", server.base_url()), key, none]).ends(0);
}

#[test]
fn an_answer_without_end() {
    let server = apply(&Place::desk(), "answer-without-end", 1, |_| Answer::Endless);
    assert_eq!(server.seen().len(), 1, "it is not asked for a second time");
}

#[test]
fn an_answer_that_is_no_json() {
    apply(&Place::desk(), "no-json", 1, |_| plain(200, "Content-Type: application/json\r\n", "{\"data\": SENTINEL"));
}

#[test]
fn an_answer_of_another_shape() {
    apply(&Place::desk(), "other-shape", 1, |_| json(200, &json!({ "data": "SENTINEL" })));
}

#[test]
fn a_success_that_says_it_is_none() {
    apply(&Place::desk(), "no-success", 1, |_| json(200, &json!({ "success": false, "message": "Try tomorrow." })));
}

#[test]
fn a_key_that_is_not_known() {
    let server = apply(&Place::desk(), "unauthorized", 1, |_| {
        json(401, &json!({ "title": "Unauthorized", "status": 401, "code": "invalid_api_key" }))
    });
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_key_that_may_not() {
    apply(&Place::desk(), "forbidden", 1, |_| {
        json(403, &json!({ "title": "Forbidden", "status": 403, "detail": "The key lacks `agents:read`." }))
    });
}

#[test]
fn a_path_that_is_not_there() {
    apply(&Place::desk(), "not-found", 1, |_| plain(404, "", ""));
}

#[test]
fn an_id_that_is_not_there() {
    let place = Place::with(&[("manifests/desk.yaml", &DESK.replace("name: Front Desk", "id: agt_SENTINE1"))]);
    let live = sandbox(&["Front Desk"]);
    apply(&place, "no-such-id", 1, move |seen| through(&live, seen));
}

#[test]
fn a_name_that_is_not_there() {
    let live = sandbox(&["Front Desks", "Dispatch"]);
    apply(&Place::desk(), "no-such-name", 1, move |seen| through(&live, seen));
}

#[test]
fn a_list_that_says_it_is_longer() {
    let live = sandbox(&["Front Desk"]);
    apply(&Place::desk(), "cut-list", 6, move |seen| {
        if seen.target.contains("/skills") {
            let paging = json!({ "page": 1, "limit": 100, "total": 7, "totalPages": 1 });
            return json(200, &json!({ "data": [], "pagination": paging }));
        }
        through(&live, seen)
    });
}

#[test]
fn a_server_that_is_down_for_good() {
    let server = apply(&Place::desk(), "down", 1, |_| plain(503, "Retry-After: 0\r\n", ""));
    assert_eq!(server.seen().len(), 6);
}

#[test]
fn a_server_that_wants_an_hour() {
    let server = apply(&Place::desk(), "wants-an-hour", 1, |_| plain(429, "Retry-After: 3600\r\n", ""));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_server_that_wants_more_time_than_the_deadline_leaves() {
    let server = RawServer::start(|_| plain(503, "Retry-After: 60\r\n", ""));
    run(&Place::desk(), "plan --deadline 30s", &server).ends(1).says("the server answered 503");
    assert_eq!(server.seen().len(), 1, "it is not waited for");
}

#[test]
fn an_answer_that_says_something_twice() {
    let twice = r#"{"data": [{"id": "agt_1", "name": "Front Desk", "name": "SENTINEL"}], "pagination": {}}"#;
    apply(&Place::desk(), "says-twice", 1, move |_| plain(200, "Content-Type: application/json\r\n", twice));
}

#[test]
fn words_of_the_server_do_nothing_and_do_not_go_on_for_ever() {
    let detail = format!("\u{1b}[2J\u{202e}SENT\u{200b}::set-output name=x::y\n##[error] {}", "word ".repeat(100_000));
    let server = RawServer::start(move |_| {
        json(400, &json!({ "detail": detail, "errors": [{ "field": "a", "message": detail }] }))
    });
    for line in ["plan", "plan --format json"] {
        let ran = run(&Place::desk(), line, &server).ends(1);
        let all = ran.all();
        assert!(all.len() < 12_000, "{} bytes", all.len());
        assert!(!all.contains('\u{1b}') && !all.contains('\u{202e}') && !all.contains('\u{200b}'), "{all:?}");
        assert!(!all.lines().any(|line| line.starts_with("::") || line.starts_with("##[")), "{all}");
    }
}
