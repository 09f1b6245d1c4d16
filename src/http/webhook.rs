//! A webhook that somebody gave: one POST, a few seconds, no redirect. Its URL is a secret.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use secrecy::ExposeSecret as _;
use url::Url;

use super::base_url::{BaseUrl, BaseUrlError};
use super::socket::{ClientError, client, exchange};
use crate::model::Secret;
use crate::ops::TransportError;

/// How long it may take in all.
const WHOLE: Duration = Duration::from_secs(5);

/// Why a webhook was not told. It never repeats the URL.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The URL is none that is posted to.
    #[error("its URL cannot be used: {0}")]
    Url(BaseUrlError),
    /// There is no client.
    #[error("it cannot be reached")]
    Client(#[source] ClientError),
    /// It did not answer.
    #[error("it did not answer: {0}")]
    Unanswered(TransportError),
    /// It refused.
    #[error("it answered {0}")]
    Refused(u16),
}

/// Tells a webhook something, once: `https:`, or `http:` to a loopback address.
///
/// # Errors
/// [`WebhookError`]; it may have been told all the same if its answer was lost.
pub async fn post(url: &Secret, body: &serde_json::Value) -> Result<(), WebhookError> {
    let refused = |error| WebhookError::Url(error);
    let mut url = Url::parse(url.expose_secret().trim()).map_err(|_| refused(BaseUrlError::NotAUrl))?;
    url.set_fragment(None);
    // What a base must not have, a webhook's signature stands in.
    let mut unsigned = url.clone();
    unsigned.set_query(None);
    let base = BaseUrl::parse(unsigned.as_str()).map_err(refused)?;
    let client = client(&base, None, WHOLE).map_err(WebhookError::Client)?;
    let request = client.post(url).header(CONTENT_TYPE, "application/json").body(body.to_string());
    let answer = exchange(request, WHOLE).await.map_err(WebhookError::Unanswered)?;
    match answer.response.status {
        200..=299 => Ok(()),
        status => Err(WebhookError::Refused(status)),
    }
}
