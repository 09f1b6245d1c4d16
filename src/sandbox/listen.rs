//! The sandbox on a port: HTTP around [`Sandbox::deliver`], on loopback addresses only.
#![expect(clippy::disallowed_methods, reason = "this module opens the port and looks at the clock of its limit")]

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use futures_util::stream::unfold;
use serde_json::Value as Json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::caller::Caller;
use super::delivery::{Delivery, End, Fate};
use super::file::SandboxError;
use super::line::{Breaker, Lines};
use super::openapi;
use super::quirk::Quirks;
use super::rate::{Allowance, Bucket};
use super::reply::Refusal;
use super::shared::Sandbox;
use crate::api::{BASE_PATH, Method, RawRequest, RawResponse};

/// The longest body that is read, in bytes.
const LONGEST_BODY: usize = 1024 * 1024;

/// By how much a timer of the runtime may be late.
const TICKS: Duration = Duration::from_millis(2);

/// How late a thread that sleeps may wake the task that waits for it.
const WAKING: Duration = Duration::from_micros(300);

/// How fast a sandbox answers, and how many requests it lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// The time that every answer takes.
    pub latency: Duration,
    /// The requests that it answers in a second; so many may come at once. The others get a 429, and neither the
    /// store nor the fault script counts them.
    pub rate: Option<NonZeroU32>,
}

#[derive(Clone)]
struct Service {
    sandbox: Arc<Sandbox>,
    latency: Duration,
    limit: Option<Arc<Limit>>,
    stopped: watch::Receiver<bool>,
}

struct Limit {
    begun: Instant,
    bucket: Mutex<Bucket>,
}

/// Whether a wait came to its end.
enum Waited {
    Fully,
    UntilStopped,
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

/// Serves a sandbox until `stop` is ready; requests that are under way are then answered without further delay.
///
/// An address that others could reach is refused here too, and so is a request by another host's name, which a web
/// page could have tricked a browser into sending.
pub async fn serve(
    listener: TcpListener,
    sandbox: Arc<Sandbox>,
    pace: Pace,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    only_loopback(listener.local_addr()?)?;
    let Pace { latency, rate } = pace;
    let limit = rate.map(|rate| Arc::new(Limit { begun: Instant::now(), bucket: Mutex::new(Bucket::new(rate)) }));
    let (stopping, stopped) = watch::channel(false);
    let router = Router::new().fallback(respond).with_state(Service { sandbox, latency, limit, stopped });
    let stop = async move {
        stop.await;
        stopping.send_replace(true);
    };
    let service = router.into_make_service_with_connect_info::<Breaker>();
    axum::serve(Lines(listener), service).with_graceful_shutdown(stop).await
}

async fn respond(
    State(service): State<Service>,
    ConnectInfo(breaker): ConnectInfo<Breaker>,
    request: Request,
) -> Response {
    let begun = tokio::time::Instant::now();
    let path = request.uri().path().to_owned();
    let allowance = service.limit.as_deref().map(Limit::take);
    let asked = read(request).await;
    let delivery = match (asked, allowance) {
        (_, Some(Allowance { is_granted: false, .. })) => Err(Refusal::TooMany),
        (Ok(Asked::Description), _) => Ok(Delivery::whole(RawResponse::json(200, &openapi::describe()))),
        (Ok(Asked::Exchange(caller, request)), _) => exchange(Arc::clone(&service.sandbox), caller, request).await,
        (Err(refusal), _) => Err(refusal),
    };
    let delivery = delivery.unwrap_or_else(|refusal| Delivery::whole(refusal.response(Quirks::default(), &path)));
    let Delivery { delay, mut headers, fate } = delivery;
    headers.extend(allowance.map(told).into_iter().flatten());
    service.wait_until(begun + service.latency).await;
    service.wait(delay).await;
    match fate {
        Fate::Whole(answer) if (100..200).contains(&answer.status) => {
            breaker.say(interim(answer.status, &headers), End::Closed);
            Response::default()
        }
        Fate::Whole(answer) => write(answer, &headers, Body::from),
        Fate::Cut { response, bytes, end } => {
            breaker.cut(bytes, end);
            write(response, &headers, Body::from)
        }
        Fate::Trickle { response, every } => {
            headers.push((header::CONTENT_LENGTH.to_string(), response.body.len().to_string()));
            write(response, &headers, |body| trickle(service, body, every))
        }
        Fate::Lost(end) => {
            breaker.end(end);
            Response::default()
        }
    }
}

impl Service {
    /// Waits until a moment, and hardly longer: an answer is to take as long as somebody said. The runtime's timers go
    /// by the millisecond, and threads wake a little late; so the last of it, a third of a millisecond of the processor at
    /// most, is waited for awake.
    async fn wait_until(&self, moment: tokio::time::Instant) {
        let rest = || moment.saturating_duration_since(tokio::time::Instant::now());
        let Waited::Fully = self.wait(rest().saturating_sub(TICKS)).await else { return };
        let asleep = rest().saturating_sub(WAKING);
        if !asleep.is_zero() {
            // Nothing is lost where it fails: then all is waited for awake.
            let _woken = tokio::task::spawn_blocking(move || std::thread::sleep(asleep)).await;
        }
        while !rest().is_zero() && !*self.stopped.borrow() {
            tokio::task::yield_now().await;
        }
    }

    /// Waits, but no longer than until the sandbox is stopped.
    async fn wait(&self, time: Duration) -> Waited {
        if time.is_zero() {
            return Waited::Fully;
        }
        let mut stopped = self.stopped.clone();
        let ended = tokio::time::timeout(time, stopped.wait_for(|is_stopped| *is_stopped)).await;
        if ended.is_ok() { Waited::UntilStopped } else { Waited::Fully }
    }
}

impl Limit {
    fn take(&self) -> Allowance {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner).take(self.begun.elapsed())
    }
}

/// What every answer says of a limit.
fn told(allowance: Allowance) -> [(String, String); 3] {
    let Allowance { is_granted: _, limit, remaining, reset } = allowance;
    [
        ("RateLimit-Limit".to_owned(), limit.to_string()),
        ("RateLimit-Remaining".to_owned(), remaining.to_string()),
        ("RateLimit-Reset".to_owned(), reset.to_string()),
    ]
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

async fn exchange(sandbox: Arc<Sandbox>, caller: Caller, request: RawRequest) -> Result<Delivery, Refusal> {
    // Off the runtime, since a file may have to be waited for.
    let delivered = tokio::task::spawn_blocking(move || sandbox.deliver(&caller, &request)).await;
    match delivered {
        Ok(delivery) => delivery.map_err(|error| Refusal::Broken(chain(&error))),
        Err(_) => Err(Refusal::Broken("The exchange did not end.".to_owned())),
    }
}

fn write(answer: RawResponse, headers: &[(String, String)], body_of: impl FnOnce(Vec<u8>) -> Body) -> Response {
    let RawResponse { status, content_type, retry_after, location, body } = answer;
    let mut response = Response::builder().status(status).header(header::CACHE_CONTROL, "no-store");
    if !content_type.is_empty() {
        response = response.header(header::CONTENT_TYPE, content_type);
    }
    if let Some(seconds) = retry_after {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    if let Some(location) = location {
        response = response.header(header::LOCATION, location);
    }
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(body_of(body)).unwrap_or_else(|_| {
        let mut failed = Response::default();
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        failed
    })
}

/// A body that comes byte by byte. It breaks off if the sandbox is stopped meanwhile.
fn trickle(service: Service, body: Vec<u8>, every: Duration) -> Body {
    Body::from_stream(unfold((service, body.into_iter()), move |(service, mut left)| async move {
        let byte = left.next()?;
        let sent = match service.wait(every).await {
            Waited::Fully => Ok(vec![byte]),
            Waited::UntilStopped => Err(io::Error::new(io::ErrorKind::Interrupted, "the sandbox was stopped")),
        };
        Some((sent, (service, left)))
    }))
}

/// An answer that is not the last one, as it is on the wire; HTTP libraries refuse to end with it.
fn interim(status: u16, headers: &[(String, String)]) -> Vec<u8> {
    let headers = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n"));
    let lines: Vec<String> = std::iter::once(format!("HTTP/1.1 {status} \r\n")).chain(headers).collect();
    format!("{}\r\n", lines.concat()).into_bytes()
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
