//! The wire over TCP and TLS.

use std::time::{Duration, SystemTime};

use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use secrecy::ExposeSecret as _;

use super::base_url::BaseUrl;
use super::limit::{RateLimit, retry_after};
use super::wire::{Answer, Wire};
use crate::api::{Method, RawRequest, RawResponse};
use crate::model::Secret;
use crate::ops::TransportError;

/// Bytes of an answer, after it was decompressed.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Headers of an answer. Their bytes are limited by hyper, to 400 KiB for the whole head.
const MOST_HEADERS: usize = 128;

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

/// The wire to one origin, with one key; the key goes nowhere else, and redirects are never followed.
#[derive(Debug)]
pub struct Socket {
    inner: reqwest::Client,
    base: BaseUrl,
}

impl Socket {
    /// Sets a wire up; nothing is sent yet.
    pub fn new(base: BaseUrl, key: &Secret) -> Result<Self, ClientError> {
        let inner = client(&base, Some(("Bearer", key)), WHOLE)?;
        Ok(Self { inner, base })
    }
}

/// A client of one origin. The key stands in `Authorization` behind its scheme; `whole` is what an exchange may take.
pub(super) fn client(
    base: &BaseUrl,
    authorization: Option<(&str, &Secret)>,
    whole: Duration,
) -> Result<reqwest::Client, ClientError> {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    if let Some((scheme, key)) = authorization {
        let text = format!("{scheme} {}", key.expose_secret());
        let mut sent = HeaderValue::from_str(&text).map_err(|_| ClientError::Key)?;
        sent.set_sensitive(true);
        headers.insert(AUTHORIZATION, sent);
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
    let client = reqwest::Client::builder()
        .default_headers(headers)
        .user_agent(concat!("flowops/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .https_only(!base.is_loopback())
        .http1_max_headers(MOST_HEADERS)
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .timeout(whole);
    let client = if base.is_loopback() { client.no_proxy() } else { client };
    // A slim container has no certificates, and the sandbox beside it needs none.
    let client = if base.is_plain() { client.tls_certs_only([]) } else { client };
    client.build().map_err(ClientError::Setup)
}

impl Wire for Socket {
    async fn send(&self, request: &RawRequest) -> Result<Answer, TransportError> {
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
        exchange(builder, WHOLE).await
    }
}

/// Sends a request once and takes the answer whole.
pub(super) async fn exchange(builder: reqwest::RequestBuilder, whole: Duration) -> Result<Answer, TransportError> {
    let response = builder.send().await.map_err(|error| transport_error(&error, whole))?;
    let answer = receive(response, whole).await?;
    tracing::debug!(status = answer.response.status, bytes = answer.response.body.len(), "answer");
    Ok(answer)
}

/// Says what went wrong without the URL, which may hold what must not be shown.
///
/// Whatever goes wrong before there is a connection, its TLS and its proxy included, goes wrong before anything is sent.
fn transport_error(error: &reqwest::Error, whole: Duration) -> TransportError {
    let mut cause = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        cause = inner.to_string();
        source = inner.source();
    }
    if error.is_connect() || error.is_builder() {
        let cause = match cause.strip_prefix("tunnel error: ") {
            Some(why) => format!("the proxy did not connect ({why})"),
            None if cause.is_empty() => "no connection".to_owned(),
            None => cause,
        };
        return TransportError::NotSent(cause);
    }
    if error.is_timeout() {
        let (whole, silence) = (whole.as_secs(), SILENCE.as_secs());
        return TransportError::Lost(format!("it did not come within {whole} seconds, or nothing came for {silence}"));
    }
    TransportError::Lost(if cause.is_empty() { "the connection broke".to_owned() } else { cause })
}

async fn receive(mut response: reqwest::Response, whole: Duration) -> Result<Answer, TransportError> {
    let headers = response.headers();
    let values = |name: HeaderName| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    // What reqwest decodes it takes out of the headers.
    if values(CONTENT_ENCODING).any(|encoding| !encoding.trim().eq_ignore_ascii_case("identity")) {
        return Err(TransportError::Lost("it has a `Content-Encoding` that was not asked for".to_owned()));
    }
    let content_type = values(CONTENT_TYPE).next().unwrap_or_default().to_owned();
    let retry_after = retry_after(values(RETRY_AFTER), SystemTime::now());
    let location = values(LOCATION).next().map(str::to_owned);
    let limit = RateLimit::read(|name| values(HeaderName::from_static(name)));
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| transport_error(&error, whole))? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(TransportError::Oversized(LARGEST_ANSWER));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { response: RawResponse { status, content_type, retry_after, location, body }, limit })
}
