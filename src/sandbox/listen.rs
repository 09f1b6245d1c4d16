//! The sandbox on a port: HTTP around [`Sandbox::exchange`], on loopback addresses only.
#![expect(clippy::disallowed_methods, reason = "this module opens the port and waits for the latency")]

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde_json::Value as Json;
use tokio::net::TcpListener;

use super::caller::Caller;
use super::file::SandboxError;
use super::openapi;
use super::quirk::Quirks;
use super::reply::Refusal;
use super::shared::Sandbox;
use crate::api::{BASE_PATH, Method, RawRequest, RawResponse};

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 1024 * 1024;

#[derive(Clone)]
struct Service {
    sandbox: Arc<Sandbox>,
    latency: Duration,
}

/// Opens a port. An address that others could reach is refused, since any key opens the sandbox.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    only_loopback(address)?;
    TcpListener::bind(address).await
}

fn only_loopback(address: SocketAddr) -> io::Result<()> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    let why = format!("the sandbox listens on loopback addresses only, and {address} is none");
    Err(io::Error::new(io::ErrorKind::InvalidInput, why))
}

/// Serves a sandbox until `stop` is ready; requests that are under way are still answered.
///
/// Each answer is given after `latency`. An address that others could reach is refused here too, and so is a request
/// by another host's name, which a web page could have tricked a browser into sending.
pub async fn serve(
    listener: TcpListener,
    sandbox: Arc<Sandbox>,
    latency: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    only_loopback(listener.local_addr()?)?;
    let router = Router::new().fallback(respond).with_state(Service { sandbox, latency });
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

async fn respond(State(service): State<Service>, request: Request) -> Response {
    let Service { sandbox, latency } = service;
    let path = request.uri().path().to_owned();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let answer = match read(request).await {
        Ok(Asked::Description) => Ok(RawResponse::json(200, &openapi::describe())),
        Ok(Asked::Exchange(caller, request)) => exchange(sandbox, caller, request).await,
        Err(refusal) => Err(refusal),
    };
    write(answer.unwrap_or_else(|refusal| refusal.response(Quirks::default(), &path)))
}

/// What a request asks for.
enum Asked {
    Description,
    Exchange(Caller, RawRequest),
}

async fn read(request: Request) -> Result<Asked, Refusal> {
    let (parts, body) = request.into_parts();
    if !parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).is_some_and(is_local) {
        return Err(Refusal::OtherHost);
    }
    let method = Method::read(parts.method.as_str()).ok_or(Refusal::NoMethod)?;
    let below = parts.uri.path().strip_prefix(BASE_PATH);
    if method == Method::Get && below.unwrap_or(parts.uri.path()) == openapi::PATH {
        return Ok(Asked::Description);
    }
    let path = below.filter(|path| path.starts_with('/')).ok_or(Refusal::NoRoute)?.to_owned();
    let query = parts.uri.query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let caller = Caller::read(text(&parts.headers, header::AUTHORIZATION.as_str()));
    let idempotency_key = text(&parts.headers, "idempotency-key").map(str::to_owned);
    let body = read_body(&parts.headers, body).await?;
    Ok(Asked::Exchange(caller, RawRequest { method, path, query, idempotency_key, body }))
}

async fn read_body(headers: &HeaderMap, body: Body) -> Result<Option<Json>, Refusal> {
    let bytes = to_bytes(body, LONGEST_BODY).await.map_err(|_| Refusal::TooLong(LONGEST_BODY))?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let content_type = text(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::NotJson);
    }
    let place = |error: &serde_json::Error| format!("line {}, column {}", error.line(), error.column());
    let body = serde_json::from_slice(&bytes);
    body.map(Some).map_err(|error| Refusal::field("", format!("the body is no JSON: {}", place(&error))))
}

async fn exchange(sandbox: Arc<Sandbox>, caller: Caller, request: RawRequest) -> Result<RawResponse, Refusal> {
    // Off the runtime, since a file may have to be waited for.
    let answered = tokio::task::spawn_blocking(move || sandbox.exchange(&caller, &request)).await;
    match answered {
        Ok(answer) => answer.map_err(|error| Refusal::Broken(chain(&error))),
        Err(_) => Err(Refusal::Broken("The exchange did not end.".to_owned())),
    }
}

fn write(answer: RawResponse) -> Response {
    let RawResponse { status, content_type, retry_after, body } = answer;
    let mut response = Response::builder().status(status).header(header::CACHE_CONTROL, "no-store");
    if !content_type.is_empty() {
        response = response.header(header::CONTENT_TYPE, content_type);
    }
    if let Some(seconds) = retry_after {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    response.body(Body::from(body)).unwrap_or_default()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a `Host` header names this machine and nothing else.
fn is_local(host: &str) -> bool {
    let without_port = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let literal = without_port.trim_start_matches('[').trim_end_matches(']');
    without_port.eq_ignore_ascii_case("localhost") || literal.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// An error with its causes.
fn chain(error: &SandboxError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
