//! A: what happens to a connection. What the real client makes of a broken one is proved in `tests/it/http`.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use flowops::api::{ApiError, Method, PageRequest, Read};
use flowops::cli::exit::Exit;
use flowops::http::{Answer, BaseUrl, Socket, Wire as _};
use flowops::model::Secret;
use flowops::ops::TransportError;
use flowops::report::Status;
use flowops::sandbox::Faults;
use flowops::sandbox::fault::{Action, Canned, Fault, PathGlob, Stage};
use serde_json::Value as Json;

use super::{creates, deletes, publishes, skill_and_pack, updates};
use crate::raw::{self, KEY, RawServer, plain};
use crate::support::folder;

const SKILLS: &str = "/agents/*/skills";

/// Everything that a captive portal answers.
const PORTAL: &str = "{ status: { status: 200, contentType: text/html, body: '<p>Please log in.</p>' } }";

const FOREVER: u64 = u64::MAX;

/// What the real client makes of a server that it asks once.
fn ask(base: &str) -> Result<Answer, TransportError> {
    let socket = Socket::new(BaseUrl::parse(base).unwrap(), &Secret::from(KEY.to_owned())).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(socket.send(&Read::Agents(PageRequest::First).request()))
}

/// Checks that an answer was lost, and why.
#[track_caller]
fn is_lost(answer: Result<Answer, TransportError>, why: &str) {
    match answer {
        Err(TransportError::Lost(said)) if said.contains(why) => {}
        other => panic!("`{why}`: {other:?}"),
    }
}

/// Answers each connection with some bytes, whatever it is asked, and gives back what it was asked.
fn speaks(answers: Vec<&'static [u8]>) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(answer).unwrap();
            // Until the client has had enough; a reset is one way to say so.
            let _ended = stream.read_to_end(&mut heard);
        }
        heard
    });
    (address, thread)
}

/// What the binary says to `plan` with a server and a proxy.
fn plan(environment: &[(&str, &str)]) -> String {
    let manifests = folder(&[("manifests/desk.yaml", &super::manifest("  skills: []\n"))]);
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_flowops"));
    command.env_clear().env("FLOWYTE_API_KEY", KEY).envs(environment.iter().copied());
    let output = command.current_dir(manifests.path()).args(["plan", "-vv"]).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("SENTINEL"), "{said}");
    said
}

#[test]
fn a01_a_host_that_has_no_address_is_named() {
    // A label of more than 63 characters can be no name, so nobody is asked.
    let host = format!("{}.invalid", "a".repeat(64));
    let said = plan(&[("FLOWYTE_BASE_URL", &format!("https://{host}/api/v1"))]);
    assert!(said.contains("could not be sent") && said.contains(&host), "{said}");
}

#[test]
fn a02_a_connection_that_is_refused_once_is_tried_again() {
    for method in [Method::Get, Method::Post] {
        let played = creates().unreached(method, 1..2, Duration::ZERO).plays(Exit::Ok);
        assert_eq!((played.writes, played.sent.len() as u64), (2, played.reads + 2));
    }
    let played = updates().unreached(Method::Patch, 1..2, Duration::ZERO).plays(Exit::Ok);
    assert_eq!(played.writes, 2);
}

#[test]
fn a03_a_connection_that_is_always_refused_is_given_up() {
    let played = updates().unreached(Method::Get, 1..FOREVER, Duration::ZERO).fails_to_read();
    assert!(played.contains("could not be sent"), "{played}");
    let played = updates().unreached(Method::Patch, 1..FOREVER, Duration::ZERO).plays(Exit::Failed);
    assert_eq!(played.writes, 0);
    played.says("not tried, since");

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let answer = ask(&format!("http://{port}/api/v1"));
    assert!(matches!(answer, Err(TransportError::NotSent(_))), "{answer:?}");
}

#[test]
fn a04_a_server_that_accepts_no_connection_is_given_up() {
    let slow = Duration::from_secs(10);
    updates().unreached(Method::Get, 1..FOREVER, slow).fails_to_read();
    let played = updates().unreached(Method::Patch, 1..FOREVER, slow).plays(Exit::Failed);
    assert_eq!(played.writes, 0);
    assert!(played.took < Duration::from_mins(1), "{:?}", played.took);
}

#[test]
fn a05_a_certificate_that_is_not_trusted_for_this_host_today_gets_no_request() {
    crate::http::tls::a_certificate_that_nobody_signed_is_refused_before_anything_is_sent();
    #[cfg(target_os = "linux")]
    crate::http::tls::a_certificate_must_be_for_the_host_and_for_today();
}

#[test]
fn a06_a_server_that_speaks_no_tls_or_an_old_one_gets_no_key() {
    let old: &[u8] = b"\x15\x03\x02\x00\x02\x02\x46";
    for answer in [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", old] {
        let (address, server) = speaks(vec![answer]);
        let said = ask(&format!("https://{address}/api/v1"));
        assert!(matches!(said, Err(TransportError::NotSent(_))), "{said:?}");
        let heard = server.join().unwrap();
        assert!(!heard.windows(8).any(|part| part == b"SENTINEL" || part == b"Bearer f"), "the key was sent");
    }
}

#[test]
fn a07_a_reset_before_a_create_was_parsed_sends_it_once_more() {
    let played = creates()
        .fault("- { method: POST, path: /agents/*/skills, nth: 1, stage: before-parse, action: reset }")
        .plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2, "the one that was not parsed is in no log");
    let keys = played.keys("/skills");
    assert_eq!((keys.len(), keys[0]), (3, keys[1]));
    assert_ne!(keys[1], keys[2]);

    let lost = creates().fault(&format!("- {{ method: POST, path: {SKILLS}, stage: before-parse, action: reset }}"));
    let played = lost.plays(Exit::Unknown);
    assert_eq!((played.keys("/skills").len(), played.writes), (4, 0));
    played.says("read back, it is not there");
}

#[test]
fn a07_a_pack_whose_installation_was_lost_is_installed_once() {
    for stage in ["before-parse", "before-commit", "after-commit"] {
        let fault = format!("- {{ method: POST, path: /agents/**/install, nth: 1, stage: {stage}, action: reset }}");
        let played = skill_and_pack().fault(&fault).plays(Exit::Ok);
        assert_eq!(played.names().len(), 4, "{:?}", played.names());
        let report = played.report.unwrap();
        assert!(report.outcomes.iter().all(|outcome| matches!(outcome.status, Status::Done | Status::Settled(_))));
    }
}

#[test]
fn a08_a_reset_after_commit_of_a_create_makes_one_object() {
    let usual = ["", "names=free", "key-replay=ignored", "names=free,key-replay=ignored", "names=unique-400"];
    for quirks in usual.into_iter().chain(["secrets=masked", "secrets=dropped", "order=reversed", "paging=none"]) {
        let played = creates()
            .quirks(quirks)
            .fault(&format!("- {{ method: POST, path: {SKILLS}, nth: 1, stage: after-commit, action: reset }}"))
            .plays(Exit::Ok);
        assert_eq!(played.arrived(Method::Post, "/skills"), 2, "{quirks}");
    }
}

#[test]
fn a09_an_answer_that_does_not_come_after_commit_of_a_create_makes_one_object() {
    let played = creates()
        .fault(&format!("- {{ method: POST, path: {SKILLS}, nth: 1, stage: after-commit, action: {{ delay: 40s }} }}"))
        .plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2);
    assert!(played.took >= Duration::from_secs(30), "{:?}", played.took);
}

#[test]
fn a10_a_list_that_is_stale_for_three_reads_is_waited_for() {
    for quirks in ["", "names=free,key-replay=ignored"] {
        let played = creates()
            .quirks(quirks)
            .fault(
                "- { method: POST, path: /agents/*/skills, nth: 1, stage: after-commit, action: reset }\n\
                 - { method: POST, path: /agents/*/skills, nth: 1, stage: after-commit, action: { stale: 3 } }",
            )
            .plays(Exit::Ok);
        assert_eq!(played.arrived(Method::Post, "/skills"), 2, "{quirks}");
    }
}

#[test]
fn a11_a_create_that_the_list_never_shows_is_sent_once_more_with_its_key() {
    // The list shows nothing for as long as it is waited for.
    let played = creates()
        .fault(
            "- { method: POST, path: /agents/*/skills, nth: 1, stage: after-commit, action: reset }\n\
             - { method: POST, path: /agents/*/skills, nth: 1, stage: after-commit, action: { stale: 6 } }",
        )
        .plays(Exit::Ok);
    let keys = played.keys("/skills");
    assert_eq!((keys.len(), keys[0]), (3, keys[1]));
    assert_eq!(played.names(), ["Made by hand", "First", "Second"]);
}

#[test]
fn a12_a_reset_after_commit_of_an_update_is_one_update() {
    let played = updates().fault("- { method: PATCH, nth: 1, stage: after-commit, action: reset }").plays(Exit::Ok);
    assert_eq!(played.writes, 2);
}

#[test]
fn a13_a_reset_before_commit_of_an_update_sends_it_once_more() {
    let played = updates().fault("- { method: PATCH, nth: 1, stage: before-commit, action: reset }").plays(Exit::Ok);
    assert_eq!(played.writes, 3);
    let lost = updates().fault("- { method: PATCH, stage: before-commit, action: reset }").plays(Exit::Unknown);
    assert_eq!(lost.writes, 4);
    lost.says("read back, it is as before");
}

#[test]
fn a14_a_reset_after_commit_of_a_delete_is_done() {
    for quirks in ["", "delete=204"] {
        let played = deletes()
            .quirks(quirks)
            .fault("- { method: DELETE, nth: 1, stage: after-commit, action: reset }")
            .plays(Exit::Ok);
        assert_eq!(played.writes, 2);
    }
}

#[test]
fn a15_a_reset_after_commit_of_a_publish_publishes_once() {
    let played = publishes()
        .fault("- { method: POST, path: /agents/*/publish, nth: 1, stage: after-commit, action: reset }")
        .plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/publish"), 1);
}

#[test]
fn a16_a_list_that_is_cut_in_the_middle_is_read_again() {
    updates()
        .fault("- { method: GET, times: 3, stage: mid-response, action: { truncate: 90 } }")
        .plans(Exit::Differences);
    let said = updates().fault("- { method: GET, stage: mid-response, action: { truncate: 90 } }").fails_to_read();
    assert!(said.contains("the answer was lost"), "{said}");
}

#[test]
fn a17_a_body_that_is_shorter_than_it_says_or_has_no_end_is_read_again() {
    for end in ["close", "reset"] {
        let fault = format!("- {{ method: GET, nth: 2, times: 3, stage: mid-response, action: {end} }}");
        updates().fault(&fault).plans(Exit::Differences);
    }
    let list = "{\"data\":[]}";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    for bytes in [
        format!("{head}Content-Length: {}\r\n\r\n{list}", list.len() + 1),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{list}\r\n", list.len()),
    ] {
        let server = RawServer::start(move |_| raw::Answer::Bytes(bytes.clone().into_bytes()));
        is_lost(ask(&server.base_url()), "");
    }
}

#[test]
fn a18_a_created_skill_whose_answer_is_cut_is_found_in_the_list() {
    let played = creates()
        .fault(&format!(
            "- {{ method: POST, path: {SKILLS}, nth: 1, stage: mid-response, action: {{ truncate: 40 }} }}"
        ))
        .plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2);
}

#[test]
fn a19_a_byte_a_second_is_not_waited_for() {
    let scene = updates().fault("- { method: GET, stage: mid-response, action: { trickle: 1s } }");
    let said = scene.fails_to_read();
    assert!(said.contains("no answer within 120 seconds"), "{said}");
    let played = creates()
        .fault(&format!("- {{ method: POST, path: {SKILLS}, nth: 1, stage: mid-response, action: {{ trickle: 1s }} }}"))
        .plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2);
}

#[test]
fn a20_a_body_without_end_is_not_read_to_its_end() {
    let large = |method, path| {
        let body = Some(Json::String(" ".repeat(17 << 20)));
        let fault = Fault::new(Stage::AfterCommit, Action::Status(Canned { status: 200, body, ..Canned::default() }));
        let fault = fault.on(method).at(PathGlob::parse(path).unwrap()).nth(1, 1);
        Faults { seed: 1, faults: vec![fault] }
    };
    let said = updates().faults(large(Method::Get, "/agents")).fails_to_read();
    assert!(said.contains("larger than 16777216 bytes"), "{said}");
    let played = creates().faults(large(Method::Post, SKILLS)).plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2);

    let server = RawServer::start(|_| raw::Answer::Endless);
    assert_eq!(ask(&server.base_url()), Err(TransportError::Oversized(16 << 20)));
    assert_eq!(server.seen().len(), 1);
}

/// So many spaces and a few more, packed: one space, and then a repetition of it again and again.
fn packed_spaces(count: usize) -> Vec<u8> {
    let (space, longest) = ("01001010000", "1100010100000");
    let bits = space.to_owned() + &longest.repeat(count.div_ceil(258));
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte * 2 + (bit - b'0'));
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    head.into_iter().chain(bits.as_bytes().chunks(8).map(byte)).collect()
}

#[test]
fn a21_a_packed_body_is_not_unpacked_to_its_end() {
    let server = RawServer::start(|_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n";
        raw::Answer::Bytes([head.as_bytes(), &packed_spaces(64 << 20)].concat())
    });
    assert_eq!(ask(&server.base_url()), Err(TransportError::Oversized(16 << 20)));
}

#[test]
fn a22_an_encoding_that_is_none_or_not_known_is_an_error() {
    for (encoding, why) in [("gzip", "gzip"), ("br", "`Content-Encoding`"), ("nonsense", "`Content-Encoding`")] {
        let head = format!("Content-Type: application/json\r\nContent-Encoding: {encoding}\r\n");
        let server = RawServer::start(move |_| plain(200, &head, "{\"data\":[]}"));
        is_lost(ask(&server.base_url()), why);
    }
}

#[test]
fn a23_a_page_of_html_instead_of_a_list_is_not_an_empty_list() {
    let said = updates().fault(&format!("- {{ method: GET, stage: after-commit, action: {PORTAL} }}")).fails_to_read();
    assert!(said.contains("text/html"), "{said}");
}

#[test]
fn a24_a_page_of_html_instead_of_a_created_skill_is_read_back() {
    let played = creates()
        .keep_going()
        .fault(&format!("- {{ method: POST, nth: 1, stage: after-commit, action: {PORTAL} }}"))
        .plays(Exit::Ok);
    assert_eq!(
        (played.writes, played.names()),
        (2, vec!["Made by hand".to_owned(), "First".to_owned(), "Second".to_owned()])
    );
    let played =
        creates().fault(&format!("- {{ method: POST, stage: before-commit, action: {PORTAL} }}")).plays(Exit::Unknown);
    assert_eq!(played.writes, 4, "once, and three times more");
}

#[test]
fn a25_json_that_is_none_or_ambiguous_or_too_deep_is_an_error() {
    let deep = "[".repeat(10_000);
    let bodies = [
        ("\u{feff}{\"data\":[]}", "no JSON"),
        ("{\"data\":[NaN]}", "no JSON"),
        ("{\"data\":[{\"id\":1}],\"data\":[]}", "data"),
        (&deep, "no JSON"),
        ("", "no JSON"),
        ("{\"data\":[]} {}", "no JSON"),
        ("{\"data\":{}}", "no list"),
        ("[]", "not an object"),
    ];
    for (body, why) in bodies {
        let body = serde_json::to_string(body).unwrap();
        let answer = format!("status: {{ status: 200, contentType: application/json, body: {body} }}");
        let said = updates()
            .fault(&format!("- {{ method: GET, path: {SKILLS}, stage: after-commit, action: {{ {answer} }} }}"))
            .fails_to_read();
        assert!(said.contains("cannot read the skills of agent") && said.contains(why), "{why}: {said}");
        let played = creates()
            .fault(&format!(
                "- {{ method: POST, path: {SKILLS}, nth: 1, stage: after-commit, action: {{ {answer} }} }}"
            ))
            .plays(Exit::Ok);
        assert_eq!(played.arrived(Method::Post, "/skills"), 2);
    }
    // No text at all in any encoding.
    let said = updates().fault("- { method: GET, stage: after-commit, action: { garbage: 2000 } }").fails_to_read();
    assert!(said.contains("no JSON"), "{said}");
}

#[test]
fn a26_a_redirect_on_the_same_server_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let redirect = format!("redirect: {{ status: {status}, location: '/api/v1/elsewhere?token=SENTINEL' }}");
        let scene = updates().fault(&format!("- {{ method: GET, stage: before-commit, action: {{ {redirect} }} }}"));
        let said = scene.fails_to_read();
        assert!(said.contains(&format!("answered {status} with a redirect to `/api/v1/elsewhere`, which")), "{said}");
        let scene = updates().fault(&format!("- {{ method: PATCH, stage: before-commit, action: {{ {redirect} }} }}"));
        let played = scene.plays(Exit::Failed);
        assert_eq!(played.writes, 1, "a redirect is an answer, not a fault");
        played.says("with a redirect to `/api/v1/elsewhere`, which is never followed");
    }
}

#[test]
fn a27_a_redirect_to_another_server_is_not_followed() {
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    target.set_nonblocking(true).unwrap();
    let address = target.local_addr().unwrap();
    for (status, scheme) in [(301, "http"), (307, "http"), (308, "https")] {
        let location = format!("Location: {scheme}://somebody:SENTINEL@{address}/api/v1/agents#SENTINEL\r\n");
        let server = RawServer::start(move |_| plain(status, &location, ""));
        let said = ApiError::read(&ask(&server.base_url()).unwrap().response).to_string();
        let leads = format!("answered {status} with a redirect to `{scheme}://{address}/api/v1/agents`");
        assert!(said.contains(&leads), "{said}");
        assert_eq!(server.seen().len(), 1);
    }
    assert_eq!(target.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "somebody connected");
}

#[test]
fn a30_a_connection_that_is_closed_as_an_update_is_sent_makes_one_update() {
    let played = updates().fault("- { method: PATCH, nth: 1, stage: before-parse, action: close }").plays(Exit::Ok);
    assert_eq!((played.writes, played.sent.iter().filter(|sent| sent.method == Method::Patch).count()), (2, 3));
}

#[test]
fn a31_a_proxy_that_does_not_connect_is_named_and_gets_no_key() {
    for status in [407, 502] {
        let proxy = RawServer::start(move |_| plain(status, "", ""));
        let address = proxy.base_url();
        let address = address.trim_end_matches(flowops::api::BASE_PATH);
        let base = ("FLOWYTE_BASE_URL", "https://api.invalid/api/v1");
        let said = plan(&[base, ("HTTPS_PROXY", address)]);
        assert!(said.contains("the proxy did not connect"), "{said}");
        let seen = proxy.seen();
        assert!(seen.iter().all(|seen| seen.is("CONNECT", "api.invalid:443")), "{seen:?}");
        assert!(!format!("{seen:?}").contains("SENTINEL"), "the proxy got the key");
    }
}

#[test]
fn a32_too_many_headers_and_too_large_ones_are_an_error() {
    for headers in ["X-A: b\r\n".repeat(10_000), format!("X-A: {}\r\n", "b".repeat(1 << 20))] {
        let server = RawServer::start(move |_| plain(200, &headers, "{\"data\":[]}"));
        is_lost(ask(&server.base_url()), "too large");
    }
}
