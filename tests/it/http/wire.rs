//! What the wire makes of real connections: answers whole, limited and honest about what may have been sent.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};

use flate2::Compression;
use flate2::write::GzEncoder;
use flowops::api::{Method, RawRequest, RawResponse};
use flowops::http::{BaseUrl, Socket, Wire as _};
use flowops::model::Secret;
use flowops::ops::TransportError;
use serde_json::json;

use super::Sent;
use crate::cli::Place;
use crate::raw::{Answer, KEY, RawServer, Seen, plain};

/// Requests of both sorts, with what must not come out in a place where it could.
pub(super) fn request(method: Method) -> RawRequest {
    RawRequest {
        method,
        path: "/agents/agt_1/skills".to_owned(),
        query: vec![("cursor".to_owned(), "SENTINEL-query".to_owned())],
        idempotency_key: None,
        body: (method == Method::Post).then(|| json!({ "secret": "SENTINEL-body" })),
    }
}

pub(super) fn socket(base: &str) -> Socket {
    Socket::new(BaseUrl::parse(base).unwrap(), &Secret::from(KEY.to_owned())).unwrap()
}

/// Sends one request in real time. However it ends, nothing of it that is secret is in the words.
pub(super) fn send(socket: &Socket, request: &RawRequest) -> Sent {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sent = runtime.block_on(socket.send(request));
    if let Err(error) = &sent {
        let said = format!("{error} {error:?}");
        assert!(!said.contains("SENTINEL") && !said.contains("agt_1"), "{said}");
    }
    sent
}

/// Sends a write to a server that answers so. It comes once, whatever becomes of it.
fn answered(answer: impl FnMut(&Seen) -> Answer + Send + 'static) -> Sent {
    let server = RawServer::start(answer);
    let sent = send(&socket(&server.base_url()), &request(Method::Post));
    assert_eq!(server.writes().len(), 1, "a write is not repeated behind our back");
    sent
}

#[track_caller]
fn is_lost(answer: impl FnMut(&Seen) -> Answer + Send + 'static, why: &str) {
    let sent = answered(answer);
    let Err(TransportError::Lost(said)) = &sent else { panic!("{sent:?}") };
    assert!(said.contains(why), "{said}");
}

fn bytes(text: &str) -> Answer {
    Answer::Bytes(text.as_bytes().to_vec())
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn compressed(encoding: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {length}\r\n\r\n");
    Answer::Bytes([head.as_bytes(), body].concat())
}

#[test]
fn an_answer_comes_with_what_it_says_of_waits_and_limits() {
    let headers = "Content-Type: application/json\r\nRetry-After: 3\r\nRetry-After: nonsense\r\n\
                   RateLimit-Policy: \"a\";q=10;w=60\r\nRateLimit: \"a\";r=2;t=30\r\n";
    let answer = answered(move |_| plain(429, headers, "{}")).unwrap();
    let expected = RawResponse {
        status: 429,
        content_type: "application/json".to_owned(),
        retry_after: Some(3),
        location: None,
        body: b"{}".to_vec(),
    };
    assert_eq!(answer.response, expected);
    let limit = answer.limit.unwrap();
    assert_eq!((limit.quota, limit.remaining), (Some(10), Some(2)));
}

#[test]
fn a_request_is_one_of_http_1_1_with_the_key() {
    let server = RawServer::start(|_| plain(200, "", ""));
    send(&socket(&server.base_url()), &request(Method::Post)).unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].target, "/api/v1/agents/agt_1/skills?cursor=SENTINEL-query");
    assert_eq!(seen[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(seen[0].header("upgrade"), None);
}

#[test]
fn a_connection_that_breaks_after_the_request_loses_the_answer() {
    is_lost(|_| Answer::HangUp, "connection closed before message completed");
    is_lost(|_| Answer::Reset(Vec::new()), "reset");
    is_lost(|_| Answer::Reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}".to_vec()), "");
    is_lost(|_| bytes("HTTP/1.1 200 O"), "connection closed before message completed");
}

#[test]
fn a_garbled_head_loses_the_answer() {
    is_lost(|_| bytes("SSH-2.0-OpenSSH_9.6\r\n"), "invalid HTTP version");
    is_lost(|_| bytes("HTTP/1.1 2000 OK\r\n\r\n"), "invalid HTTP");
    is_lost(|_| bytes("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), "invalid HTTP header");
    is_lost(|_| bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"), "content-length");
    // The preface of HTTP/2.
    is_lost(
        |_| Answer::Bytes(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\x04\0\x01\0\0\0\x05\0\xff\xff\xff".to_vec()),
        "",
    );
}

#[test]
fn a_body_that_is_cut_is_no_shorter_answer() {
    is_lost(|_| bytes("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"data\": []}"), "");
    is_lost(|_| bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{\"data\": []}\r\n"), "");
    is_lost(|_| bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"), "chunk");
    let cut = gzip(b"{\"data\": []}");
    is_lost(move |_| compressed("gzip", &cut[..cut.len() - 9]), "");
}

#[test]
fn a_body_that_cannot_be_decoded_is_lost() {
    is_lost(|_| compressed("gzip", b"{\"data\": []}"), "gzip");
    let twice = gzip(&gzip(b"{}"));
    for encoding in ["br", "zstd", "deflate", "compress", "gzip, gzip", "SENTINEL"] {
        let body = twice.clone();
        is_lost(move |_| compressed(encoding, &body), "`Content-Encoding`");
    }
    let whole = gzip(b"{\"data\": []}");
    assert_eq!(answered(move |_| compressed("gzip", &whole)).unwrap().response.body, b"{\"data\": []}");
    assert_eq!(answered(|_| compressed("identity", b"{}")).unwrap().response.body, b"{}");
}

#[test]
fn a_body_is_read_up_to_a_limit_that_holds_after_it_was_decompressed() {
    let limit = 16 * 1024 * 1024;
    let bomb = gzip(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    assert_eq!(answered(move |_| compressed("gzip", &bomb)), Err(TransportError::Oversized(limit)));
    assert_eq!(answered(|_| Answer::Endless), Err(TransportError::Oversized(limit)));
    let full = gzip(&vec![b' '; limit]);
    assert_eq!(answered(move |_| compressed("gzip", &full)).unwrap().response.body.len(), limit);
}

#[test]
fn a_head_that_is_too_large_loses_the_answer() {
    let with = |headers: String| move |_: &Seen| plain(200, &headers, "{}");
    is_lost(with("X-Header: value\r\n".repeat(10_000)), "message head is too large");
    is_lost(with(format!("X-Header: {}\r\n", "x".repeat(1 << 20))), "message head is too large");
    is_lost(with("X-Header: value\r\n".repeat(130)), "message head is too large");
    let usual = format!("{}X-Long: {}\r\n", "X-Header: value\r\n".repeat(100), "x".repeat(60_000));
    assert_eq!(answered(with(usual)).unwrap().response.status, 200);
}

#[test]
fn a_head_without_end_is_given_up() {
    is_lost(|_| bytes(&format!("HTTP/1.1 200 OK\r\nX-Header: {}", "x".repeat(4 << 20))), "message head is too large");
}

#[test]
fn a_write_on_a_kept_connection_that_breaks_is_not_sent_on_another() {
    let mut asked = 0;
    let server = RawServer::start(move |_| {
        asked += 1;
        match asked {
            1 => Answer::Open(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec()),
            2 => Answer::HangUp,
            _ => plain(201, "", "{}"),
        }
    });
    let socket = socket(&server.base_url());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (read, written) = runtime
        .block_on(async { (socket.send(&request(Method::Get)).await, socket.send(&request(Method::Post)).await) });
    assert_eq!(read.unwrap().response.status, 200);
    assert!(matches!(written, Err(TransportError::Lost(_))), "{written:?}");
    assert_eq!(server.writes().len(), 1);
}

/// An address where nobody listens.
fn nowhere() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn what_cannot_be_connected_is_not_sent() {
    let sent = send(&socket(&format!("http://{}/api/v1", nowhere())), &request(Method::Post));
    let Err(TransportError::NotSent(why)) = &sent else { panic!("{sent:?}") };
    assert!(why.contains("refused"), "{why}");
    // No resolver is asked for a name with a part of 64 characters.
    let name = "a".repeat(64);
    let sent = send(&socket(&format!("https://{name}.example/api/v1")), &request(Method::Post));
    assert!(matches!(sent, Err(TransportError::NotSent(_))), "{sent:?}");
}

#[test]
fn a_proxy_that_does_not_connect_is_named_and_gets_no_key() {
    for (status, why) in [(407, "proxy authorization required"), (502, "unsuccessful")] {
        let proxy = RawServer::start(move |_| plain(status, "Content-Type: text/html\r\n", "<p>SENTINEL"));
        let address = proxy.base_url().replace("/api/v1", "").replace("http://", "http://user:SENTINEL@");
        let environment = [
            ("HTTPS_PROXY", address),
            ("FLOWYTE_BASE_URL", "https://api.example/api/v1".to_owned()),
            ("FLOWYTE_API_KEY", KEY.to_owned()),
        ];
        let ran = Place::desk().run_with("plan -vv", &environment).ends(1);
        let ran = ran.says(&format!("the request could not be sent: the proxy did not connect ({why})"));
        assert!(!ran.all().contains("SENTINEL"), "{}", ran.all());
        let seen = proxy.seen();
        assert!(
            (1..=3).contains(&seen.len()) && seen.iter().all(|seen| seen.is("CONNECT", "api.example:443")),
            "{seen:?}"
        );
        assert!(seen.iter().all(|seen| seen.header("authorization").is_none()));
    }
}
