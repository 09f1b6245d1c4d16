//! The sandbox on a port, spoken to in plain HTTP.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use flowops::api::{BASE_PATH, Method, Route};
use flowops::sandbox::{Pace, Sandbox, Store, bind, serve};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{text, webhook};

/// Sends bytes and gives the answer's status and JSON.
fn speak(address: SocketAddr, request: &str) -> (u16, Json) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// A request with a key and, if there is one, a JSON body.
pub(super) fn http(start: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{start} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer flowyte_sk_test\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
}

/// Serves a sandbox while `act` speaks to it, then stops it.
fn served<R: Send + 'static>(sandbox: &Arc<Sandbox>, act: impl FnOnce(SocketAddr) -> R + Send + 'static) -> R {
    served_at(sandbox, Pace::default(), act)
}

/// The same, at a pace.
pub(super) fn served_at<R: Send + 'static>(
    sandbox: &Arc<Sandbox>,
    pace: Pace,
    act: impl FnOnce(SocketAddr) -> R + Send + 'static,
) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = serve(listener, Arc::clone(sandbox), pace, async { drop(stopped.await) });
        let server = tokio::spawn(server);
        let result = tokio::task::spawn_blocking(move || act(address)).await.unwrap();
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
        result
    })
}

#[test]
fn a_listener_answers_as_the_sandbox_does_until_it_is_stopped() {
    let sandbox = Arc::new(Sandbox::in_memory(Store::default()));
    let agent = sandbox.with_store(|store| store.seed_agent(None, "Front Desk")).unwrap();
    let skills = format!("{BASE_PATH}/agents/{agent}/skills");
    served(&sandbox, move |address| {
        let create = http(&format!("POST {skills}"), "Idempotency-Key: k1\r\n", &webhook("A").to_string());
        let first = speak(address, &create);
        assert_eq!((first.0, &first.1["data"]["name"]), (201, &json!("A")));
        assert_eq!(speak(address, &create), first, "the key replays it");
        assert_eq!(speak(address, &http(&format!("POST {skills}"), "", &webhook("B").to_string())).0, 201);
        let page = speak(address, &http(&format!("GET {skills}?limit=1&cursor=after%5F1"), "", "")).1;
        assert_eq!(page["data"][0]["name"], json!("B"));
        let id = text(&page["data"][0]["id"]);
        assert_eq!(speak(address, &http(&format!("DELETE {skills}/{id}"), "", "")).0, 200);
    });
    assert_eq!(sandbox.with_store(|store| (store.requests(), store.skills_of(&agent).len())).unwrap(), (5, 1));
}

#[test]
fn a_listener_refuses_what_is_no_request_of_the_api() {
    let sandbox = Arc::new(Sandbox::in_memory(Store::default()));
    let status = served(&sandbox, |address| {
        let long = format!("\"{}\"", "x".repeat(1024 * 1024));
        let agents = format!("GET {BASE_PATH}/agents");
        let requests = [
            http("GET /api/v2/agents", "", ""),
            http(&format!("GET {BASE_PATH}agents"), "", ""),
            http(&format!("PUT {BASE_PATH}/agents"), "", ""),
            http(&format!("POST {BASE_PATH}/agents/a/skills"), "", "{"),
            http(&format!("POST {BASE_PATH}/agents/a/skills"), "", &long),
            http(&agents, "", "").replace("localhost", "evil.example"),
            http(&agents, "", "{}").replace("application/json", "text/plain"),
            http(&agents, "", "").replace("Bearer", "Basic"),
            http(&agents, "", "").replace("localhost", "[::1]:80"),
        ];
        requests.map(|request| speak(address, &request).0)
    });
    assert_eq!(status, [404, 404, 405, 400, 413, 421, 415, 401, 200]);
    assert_eq!(sandbox.with_store(|store| store.writes()).unwrap(), 0);
}

#[test]
fn an_address_that_others_reach_is_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let refused = runtime.block_on(async {
        let unopened = bind("0.0.0.0:0".parse().unwrap()).await;
        assert_eq!(unopened.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let sandbox = Arc::new(Sandbox::in_memory(Store::default()));
        serve(listener, sandbox, Pace::default(), std::future::pending()).await
    });
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn the_description_names_every_route_and_refers_to_nothing_that_is_not_there() {
    let sandbox = Arc::new(Sandbox::in_memory(Store::default()));
    let (plain, below) = served(&sandbox, |address| {
        let ask = |path: &str| {
            speak(address, &format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"))
        };
        (ask("/openapi.json"), ask("/api/v1/openapi.json"))
    });
    assert_eq!((plain.0, &plain), (200, &below));
    let document = plain.1;
    let mut scopes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method = Method::read(&method.to_ascii_uppercase()).unwrap();
            let route = Route::read(method, &path.replace(['{', '}'], "").replace("kind", "hubspot")).unwrap();
            assert_eq!(operation["security"][0]["apiKey"], json!([route.scope().as_str()]));
            scopes.push(route.scope());
        }
    }
    assert_eq!(scopes.len(), 18);
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        if let Some(target) = value.get("$ref").and_then(Json::as_str) {
            assert!(document.pointer(target.trim_start_matches('#')).is_some(), "{target}");
        }
        open.extend(value.as_object().into_iter().flat_map(|map| map.values()));
        open.extend(value.as_array().into_iter().flatten());
    }
}
