use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value as Json;

use super::body::{FieldError, ProblemDetails};
use super::json::json;
use super::message::RawResponse;
use super::route::Scope;

/// Characters of a server's words that are kept.
const LONGEST_TEXT: usize = 1_000;

/// Wrong fields that are kept.
const MOST_FIELDS: usize = 20;

/// What the server said was wrong, reduced to what may be shown. Raw bodies are never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status.
    pub status: u16,
    /// The slug for programs, wherever the server put it; empty if nowhere.
    pub slug: String,
    /// What happened, in the server's words; empty if it said nothing.
    pub detail: String,
    /// Fields that are wrong, with what is wrong with them.
    pub fields: Vec<(String, String)>,
    /// How long to wait, in seconds, if the server said so.
    pub retry_after: Option<u64>,
    /// Scopes that it names.
    pub named: Vec<String>,
    /// The scope that what was asked for needs, as far as it is known.
    pub needed: Option<Scope>,
}

/// An answer that is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The server refused.
    #[error("{}", describe(.0))]
    Refused(Problem),
    /// A redirect; they are never followed, since the key would go along.
    #[error("the server answered {status} with a redirect{}, which is never followed, since the key would go along", leads(.to))]
    Redirect {
        /// The status.
        status: u16,
        /// Where it leads, without what may be meant for nobody's eyes; empty if it does not say.
        to: String,
    },
    /// Not JSON.
    #[error(
        "the server answered {status} with `{content_type}` instead of JSON; does the base URL lead to the API, or does a proxy answer?"
    )]
    NotJson {
        /// The status.
        status: u16,
        /// What it called its answer.
        content_type: String,
    },
    /// JSON of another shape than the API's.
    #[error("the server's answer cannot be read: {0}")]
    Shape(String),
}

fn describe(problem: &Problem) -> String {
    let mut text = format!("the server answered {}", problem.status);
    if (200..300).contains(&problem.status) {
        text.push_str(" and says in it that it did not succeed");
    }
    if !problem.slug.is_empty() {
        text = format!("{text} `{}`", problem.slug);
    }
    if !problem.detail.is_empty() && problem.detail != problem.slug {
        text = format!("{text}: {}", problem.detail);
    }
    for (field, message) in &problem.fields {
        text = format!("{text}; `{field}`: {message}");
    }
    if let Some(seconds) = problem.retry_after {
        text = format!("{text}; it asks to be left alone for {seconds} seconds");
    }
    match problem.status {
        401 => text + " (the key is missing, wrong or revoked)",
        403 => format!(
            "{text} (the key lacks the scope{}, belongs to another organization, or the endpoint is reserved for now)",
            lacking(problem)
        ),
        _ => text,
    }
}

/// The scope that a key lacks, as far as it can be told: what the server itself says counts for more than the table.
fn lacking(problem: &Problem) -> String {
    let needed = problem.needed.map(Scope::as_str);
    let scope = match problem.named.as_slice() {
        [one] => Some(one.as_str()),
        _ => needed,
    };
    scope.map(|scope| format!(" `{scope}`")).unwrap_or_default()
}

fn leads(to: &str) -> String {
    if to.is_empty() { String::new() } else { format!(" to `{to}`") }
}

/// A `Location` without its user, password, query and fragment, in which secrets travel.
fn destination(location: &str) -> String {
    let path = location.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = path.split_once("//") else { return short(path) };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    short(&format!("{scheme}//{host}{path}"))
}

impl ApiError {
    /// The status, where the server refused.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(problem) => Some(problem.status),
            Self::Redirect { status, .. } | Self::NotJson { status, .. } => Some(*status),
            Self::Shape(_) => None,
        }
    }

    /// The same, for a request that needs a scope.
    #[must_use]
    pub fn needing(mut self, scope: Scope) -> Self {
        if let Self::Refused(problem) = &mut self {
            problem.needed = Some(scope);
        }
        self
    }

    /// Reads an answer that is not 2xx.
    ///
    /// Pages disagree about where the slug stands: `code` is taken first, then the last segment of `type`, then a
    /// `detail` that looks like a slug.
    pub fn read(response: &RawResponse) -> Self {
        if matches!(response.status, 301 | 302 | 303 | 307 | 308) {
            let to = response.location.as_deref().map(destination).unwrap_or_default();
            return Self::Redirect { status: response.status, to };
        }
        let body = json(&response.body).unwrap_or_default();
        let Ok(details) = ProblemDetails::deserialize(&body) else {
            return match response.content_type.split(';').next().map(str::trim) {
                Some("application/json" | "application/problem+json" | "") | None => Self::Refused(Problem {
                    status: response.status,
                    slug: String::new(),
                    detail: String::new(),
                    fields: Vec::new(),
                    retry_after: response.retry_after,
                    named: Vec::new(),
                    needed: None,
                }),
                Some(other) => Self::NotJson { status: response.status, content_type: other.to_owned() },
            };
        };
        Self::Refused(Problem::read(response, &body, details))
    }
}

impl Problem {
    fn read(response: &RawResponse, body: &Json, details: ProblemDetails) -> Self {
        let RawResponse { status, content_type: _, retry_after, location: _, body: _ } = response;
        let is_slug = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let ProblemDetails { type_uri, title, status: _, detail, instance: _, code, errors } = details;
        let from_type = type_uri.as_deref().and_then(|uri| uri.rsplit('/').next()).map(str::to_owned);
        let slug = code
            .filter(|code| is_slug(code))
            .or_else(|| from_type.filter(|slug| is_slug(slug)))
            .or_else(|| detail.clone().filter(|detail| is_slug(detail)))
            .unwrap_or_default();
        let message = || body.get("message")?.as_str().map(str::to_owned);
        let fields = errors.into_iter().take(MOST_FIELDS);
        let mut named = BTreeSet::new();
        name_scopes(body, &mut named);
        Self {
            status: *status,
            slug,
            retry_after: *retry_after,
            detail: short(&detail.or(title).or_else(message).unwrap_or_default()),
            fields: fields.map(|FieldError { field, message }| (short(&field), short(&message))).collect(),
            named: named.into_iter().take(MOST_FIELDS).collect(),
            needed: None,
        }
    }
}

/// Finds what has the form of a scope, such as `skills:write`, in whatever a problem says.
fn name_scopes(value: &Json, named: &mut BTreeSet<String>) {
    let is_scope = |word: &&str| {
        let Some((of, may)) = word.split_once(':') else { return false };
        let is_word =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'-');
        is_word(of) && matches!(may, "read" | "write" | "connect")
    };
    match value {
        Json::String(text) => {
            let words = text.split(|c: char| !(c.is_ascii_lowercase() || matches!(c, '_' | '-' | ':')));
            named.extend(words.filter(is_scope).map(str::to_owned));
        }
        Json::Array(items) => items.iter().for_each(|item| name_scopes(item, named)),
        Json::Object(map) => map.values().for_each(|value| name_scopes(value, named)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// The beginning of a long text. It ends before a space, so that no half of a word is left, which nobody would know
/// for what it is.
pub(super) fn short(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) else { return text.to_owned() };
    let cut = text.get(..end).unwrap_or_default();
    let kept = cut.rfind(char::is_whitespace).and_then(|end| cut.get(..end)).unwrap_or_default();
    format!("{}…", kept.trim_end())
}
