//! The way to a forge: the same wire with another token, and a patience of its own.

use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use tokio::time::Instant;

use super::base_url::BaseUrl;
use super::socket::{ClientError, client, exchange};
use super::wire::Answer;
use crate::api::RawResponse;
use crate::forge::{Effect, Endpoint, Exchange, Family, Method, Request, Unanswered};
use crate::model::Secret;
use crate::ops::TransportError;

/// How long an exchange with a forge may take.
const WHOLE: Duration = Duration::from_secs(30);

/// How often a request that may be repeated is repeated.
const RETRIES: u32 = 4;

/// The longest that the first back-off may be; each further one may be twice as long.
const FIRST_BACK_OFF: Duration = Duration::from_millis(250);

/// The wire to one forge, with one token; the token goes nowhere else, and redirects are never followed.
#[derive(Debug)]
pub struct ForgeSocket {
    inner: reqwest::Client,
    base: BaseUrl,
}

impl ForgeSocket {
    /// Sets a wire up; nothing is sent yet.
    pub fn new(base: BaseUrl, family: Family, token: &Secret) -> Result<Self, ClientError> {
        let scheme = match family {
            Family::GitHub | Family::GitLab => "Bearer",
            Family::Gitea => "token",
        };
        let inner = client(&base, Some((scheme, token)), WHOLE)?;
        Ok(Self { inner, base })
    }
}

impl Exchange for ForgeSocket {
    async fn send(&self, request: &Request) -> Result<RawResponse, Unanswered> {
        let Request { method, endpoint, effect: _, body } = request;
        let url = match endpoint {
            Endpoint::Rest { path, query } => self.base.join(path, query),
            Endpoint::Graphql => self.base.graphql(),
        };
        tracing::debug!(method = method.as_str(), path = url.path(), "request to the forge");
        let mut builder = self.inner.request(word(*method), url);
        if let Some(body) = body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        match exchange(builder, WHOLE).await {
            Ok(Answer { response, limit: _ }) => Ok(response),
            Err(TransportError::NotSent(why)) => Err(Unanswered::NotSent(why)),
            Err(TransportError::Lost(why)) => Err(Unanswered::Lost(why)),
            Err(TransportError::Oversized(most)) => Err(Unanswered::Lost(format!("it is larger than {most} bytes"))),
        }
    }
}

fn word(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Patch => reqwest::Method::PATCH,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
    }
}

/// How persistent a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persistence {
    /// What the lengths of back-offs are drawn from.
    pub seed: u64,
    /// How long after the beginning no wait may end any more.
    pub total: Duration,
}

/// An exchange that asks again: a read when it was lost, or answered with what may pass; a write only where it surely
/// was not sent.
#[derive(Debug)]
pub struct Persistent<E> {
    inner: E,
    until: Instant,
    dice: Mutex<fastrand::Rng>,
}

impl<E: Exchange> Persistent<E> {
    /// Puts persistence around an exchange. Its time is counted from now.
    pub fn new(inner: E, persistence: Persistence) -> Self {
        let Persistence { seed, total } = persistence;
        let dice = Mutex::new(fastrand::Rng::with_seed(seed));
        Self { inner, until: Instant::now() + total, dice }
    }

    /// How long to wait before the same request is sent again; `None` if it is not.
    fn back_off(&self, answer: &Result<RawResponse, Unanswered>, effect: Effect, round: u32) -> Option<Duration> {
        let may_help = match (answer, effect) {
            (Err(Unanswered::NotSent(_)), _) | (Err(Unanswered::Lost(_)), Effect::Reads) => true,
            (Ok(answer), Effect::Reads) => answer.may_pass(),
            (Ok(_) | Err(Unanswered::Lost(_)), Effect::Writes) => false,
        };
        if !may_help || round >= RETRIES {
            return None;
        }
        let asked = answer.as_ref().ok().and_then(|answer| answer.retry_after).map(Duration::from_secs);
        let longest = FIRST_BACK_OFF.saturating_mul(2_u32.saturating_pow(round));
        let wait = match asked {
            Some(asked) => asked,
            None => longest.mul_f64(self.dice.lock().ok()?.f64()),
        };
        let ends = Instant::now().checked_add(wait)?;
        (ends <= self.until).then_some(wait)
    }
}

impl<E: Exchange> Exchange for Persistent<E> {
    async fn send(&self, request: &Request) -> Result<RawResponse, Unanswered> {
        let mut round = 0;
        loop {
            let answer = self.inner.send(request).await;
            let Some(wait) = self.back_off(&answer, request.effect, round) else { return answer };
            tracing::info!(?wait, "waiting before the forge is asked again");
            tokio::time::sleep(wait).await;
            round += 1;
        }
    }
}
