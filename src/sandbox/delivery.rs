//! What becomes of an answer on its way to the caller.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value as Json;

use super::clock::spread;
use super::fault::{Action, Canned, Redirect, Stage};
use crate::api::RawResponse;

/// What a caller gets for a request, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// How long it takes before anything arrives.
    pub delay: Duration,
    /// Headers beside those that the answer itself has.
    pub headers: Vec<(String, String)>,
    /// What arrives.
    pub fate: Fate,
}

/// What arrives of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// All of it.
    Whole(RawResponse),
    /// Its head and the first bytes of its body, but not all; then the connection ends.
    Cut {
        /// The answer as it was meant; its head promises the whole body.
        response: RawResponse,
        /// How many bytes of the body arrive.
        bytes: usize,
        /// How the connection ends.
        end: End,
    },
    /// All of it, the body byte by byte.
    Trickle {
        /// The answer.
        response: RawResponse,
        /// The time before each byte.
        every: Duration,
    },
    /// Nothing; the connection ends so.
    Lost(End),
}

/// How a connection ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// In good order, as if all had been said.
    Closed,
    /// By a reset.
    Reset,
}

impl Delivery {
    /// An answer as it is, at once.
    pub const fn whole(response: RawResponse) -> Self {
        Self::at_once(Fate::Whole(response))
    }

    const fn at_once(fate: Fate) -> Self {
        Self { delay: Duration::ZERO, headers: Vec::new(), fate }
    }

    /// What arrives if an exchange ends so at a stage; `answer` is what would have arrived.
    ///
    /// The seed decides what noise looks like.
    pub(super) fn ended(stage: Stage, action: &Action, seed: u64, answer: RawResponse) -> Self {
        match action {
            Action::Status(canned) => replaced(canned),
            Action::Redirect(Redirect { status, location }) => {
                let location = Some(location.clone());
                Self::whole(RawResponse { location, ..RawResponse::empty(*status) })
            }
            Action::Garbage(bytes) => {
                let body = noise(seed, *bytes);
                let content_type = "application/json".to_owned();
                Self::whole(RawResponse { content_type, body, ..RawResponse::empty(200) })
            }
            Action::Close => Self::broken(stage, End::Closed, answer),
            Action::Reset => Self::broken(stage, End::Reset, answer),
            Action::Truncate(bytes) if *bytes < answer.body.len() => {
                Self::at_once(Fate::Cut { response: answer, bytes: *bytes, end: End::Closed })
            }
            Action::Trickle(every) => Self::at_once(Fate::Trickle { response: answer, every: *every }),
            Action::Truncate(_) | Action::Delay(_) | Action::Stale(_) | Action::Edit(_) => Self::whole(answer),
        }
    }

    /// A connection that ends without an answer or, mid-response, in the middle of its body if it has one.
    fn broken(stage: Stage, end: End, answer: RawResponse) -> Self {
        let bytes = answer.body.len() / 2;
        Self::at_once(match stage {
            Stage::MidResponse if !answer.body.is_empty() => Fate::Cut { response: answer, bytes, end },
            Stage::BeforeParse | Stage::BeforeCommit | Stage::AfterCommit | Stage::MidResponse => Fate::Lost(end),
        })
    }

    /// The same, so much later.
    #[must_use]
    pub(super) const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The status that arrives; 0 if none does.
    pub(super) const fn status(&self) -> u16 {
        match &self.fate {
            Fate::Whole(response) | Fate::Cut { response, .. } | Fate::Trickle { response, .. } => response.status,
            Fate::Lost(_) => 0,
        }
    }
}

fn replaced(canned: &Canned) -> Delivery {
    let Canned { status, headers, body, content_type } = canned;
    let (body, usual) = match body {
        None => (Vec::new(), ""),
        Some(Json::String(text)) => (text.clone().into_bytes(), "text/plain; charset=utf-8"),
        Some(json) => (json.to_string().into_bytes(), "application/json"),
    };
    let content_type = content_type.clone().unwrap_or_else(|| usual.to_owned());
    let (retry_after, headers) = without_retry_after(headers);
    let response = RawResponse { status: *status, content_type, retry_after, location: None, body };
    Delivery { headers, ..Delivery::whole(response) }
}

/// Takes the one `Retry-After` in whole seconds out of the headers: an answer has a place of its own for that.
fn without_retry_after(headers: &BTreeMap<String, String>) -> (Option<u64>, Vec<(String, String)>) {
    let is_it = |name: &String| name.eq_ignore_ascii_case("retry-after");
    let mut told = headers.iter().filter(|(name, _)| is_it(name));
    let seconds = match (told.next(), told.next()) {
        (Some((_, value)), None) => value.parse().ok(),
        (None | Some(_), _) => None,
    };
    let left = headers.iter().filter(|(name, _)| seconds.is_none() || !is_it(name));
    (seconds, left.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// Bytes that are no text, since the first of them is none in UTF-8.
fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let blocks = (0_u64..).flat_map(|block| spread(seed ^ spread(block)).to_le_bytes());
    std::iter::once(0xff).chain(blocks).take(bytes).collect()
}
