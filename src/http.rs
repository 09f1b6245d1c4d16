//! The network: a transport over HTTPS with the key, retries, limits and one rate budget for the process.
#![expect(clippy::disallowed_methods, reason = "this module is the network")]

mod base_url;
mod budget;

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use secrecy::ExposeSecret as _;

use crate::api::{Method, RawRequest, RawResponse, Read, Write};
use crate::model::Secret;
use crate::ops::{Reads, TransportError, Writes};
use budget::Budget;

pub use base_url::{BaseUrl, BaseUrlError};

/// How often a request that may be repeated is repeated.
const RETRIES: usize = 5;

/// How often a request is repeated that did not even reach the server: a wrong address stays wrong.
const RETRIES_UNREACHED: usize = 2;

/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// Bytes of an answer, after it was decompressed.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(30);
const WHOLE: Duration = Duration::from_mins(2);

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The key cannot be sent.
    #[error("the API key holds characters that cannot be sent in a header")]
    Key,
    /// TLS or the resolver cannot be set up.
    #[error("cannot set up the HTTP client")]
    Setup(#[source] reqwest::Error),
}

/// A client that can send anything. [`Planner`] is the one for planning.
#[derive(Debug)]
pub struct Client {
    inner: reqwest::Client,
    base: BaseUrl,
    budget: Budget,
}

/// A client that can only read: what `plan` and `drift` are given.
#[derive(Debug)]
pub struct Planner(Client);

impl Client {
    /// A client for one origin and one key; the key goes nowhere else, and redirects are never followed.
    pub fn new(base: BaseUrl, key: &Secret, concurrency: usize) -> Result<Self, ClientError> {
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).map_err(|_| ClientError::Key)?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
        let client = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("flowops/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .https_only(!base.is_loopback())
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .timeout(WHOLE);
        let client = if base.is_loopback() { client.no_proxy() } else { client };
        let client = client.build().map_err(ClientError::Setup)?;
        Ok(Self { inner: client, base, budget: Budget::new(concurrency) })
    }

    /// The same client, without the power to write.
    pub fn into_planner(self) -> Planner {
        Planner(self)
    }

    async fn once(&self, request: &RawRequest) -> Result<RawResponse, TransportError> {
        let _permit = self.budget.permit().await;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self.inner.request(method, self.base.join(&request.path, &request.query));
        if let Some(key) = &request.idempotency_key {
            builder = builder.header("Idempotency-Key", key);
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        tracing::debug!(method = %request.method, path = %request.path, "request");
        let response = builder.send().await.map_err(|error| transport_error(&error))?;
        let answer = receive(response).await?;
        tracing::debug!(status = answer.status, bytes = answer.body.len(), "answer");
        self.budget.heard(answer.status, answer.retry_after.map(Duration::from_secs));
        Ok(answer)
    }

    /// Sends, and sends again while `again` says so, with full jitter or for as long as the server asks.
    async fn repeat(
        &self,
        request: &RawRequest,
        again: impl Fn(&Result<RawResponse, TransportError>) -> bool,
    ) -> Result<RawResponse, TransportError> {
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(500))
            .with_max_delay(Duration::from_secs(20))
            .with_max_times(RETRIES)
            .with_jitter()
            .build();
        let mut repeated = 0;
        loop {
            let answer = self.once(request).await;
            let is_unreached = matches!(answer, Err(TransportError::NotSent(_)));
            if !again(&answer) || (is_unreached && repeated >= RETRIES_UNREACHED) {
                return answer;
            }
            repeated += 1;
            let Some(wait) = waits.next() else { return answer };
            let asked = answer.as_ref().ok().and_then(|answer| answer.retry_after).map(Duration::from_secs);
            if asked.is_some_and(|asked| asked > LONGEST_WAIT) {
                return answer;
            }
            let wait = asked.unwrap_or(wait);
            tracing::info!(path = %request.path, ?wait, "waiting before the request is sent again");
            tokio::time::sleep(wait).await;
        }
    }
}

impl Reads for Client {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        let passing = |answer: &Result<RawResponse, TransportError>| match answer {
            Ok(answer) => answer.may_pass(),
            Err(TransportError::NotSent(_) | TransportError::Lost(_)) => true,
            Err(TransportError::Oversized(_)) => false,
        };
        self.repeat(&request.request(), passing).await
    }
}

impl Writes for Client {
    /// A write is sent again only where it surely was not sent.
    async fn write(&self, request: &Write) -> Result<RawResponse, TransportError> {
        let untaken = |answer: &Result<RawResponse, TransportError>| matches!(answer, Err(TransportError::NotSent(_)));
        self.repeat(&request.request(), untaken).await
    }

    async fn rest(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

impl Reads for Planner {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        self.0.read(request).await
    }
}

/// Says what went wrong without the URL, which may hold what must not be shown.
fn transport_error(error: &reqwest::Error) -> TransportError {
    let mut cause = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        cause = inner.to_string();
        source = inner.source();
    }
    if error.is_connect() || error.is_builder() {
        return TransportError::NotSent(if cause.is_empty() { "no connection".to_owned() } else { cause });
    }
    if error.is_timeout() {
        return TransportError::Lost(format!("no answer within {} seconds", WHOLE.as_secs()));
    }
    TransportError::Lost(if cause.is_empty() { "the connection broke".to_owned() } else { cause })
}

async fn receive(mut response: reqwest::Response) -> Result<RawResponse, TransportError> {
    let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let content_type = header(CONTENT_TYPE).unwrap_or_default().to_owned();
    let retry_after = header(RETRY_AFTER).and_then(seconds);
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport_error(&error))? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(TransportError::Oversized(LARGEST_ANSWER));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(RawResponse { status, content_type, retry_after, body })
}

/// `Retry-After` (RFC 9110): seconds, or a date.
fn seconds(value: &str) -> Option<u64> {
    let value = value.trim();
    value.parse().ok().or_else(|| {
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(SystemTime::now()).map_or(0, |wait| wait.as_secs().saturating_add(1)))
    })
}
