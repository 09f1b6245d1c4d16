//! Answers: envelopes around data, and problems (RFC 9457) where there is none.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::quirk::{Delete, Envelope, Extras, Paging, Quirks, Slug};
use crate::api::body::{FieldError, ProblemDetails};
use crate::api::{RawResponse, Scope};
use crate::model::ProviderKind;

/// What a handler gives: an answer, or why there is none.
pub(super) type Reply = Result<RawResponse, Refusal>;

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// No secret key.
    Unauthorized,
    /// A key without this scope.
    Forbidden(Scope),
    /// No such endpoint.
    NoRoute,
    /// The endpoint exists, but not with this method.
    NoMethod,
    /// No such thing in the organization.
    Missing {
        /// What kind of thing.
        what: &'static str,
        /// How it was called.
        id: String,
    },
    /// The provider is reserved for later.
    Reserved(ProviderKind),
    /// The provider ships no pack.
    NoPack(ProviderKind),
    /// The provider has no actions.
    NoActions(ProviderKind),
    /// The provider is not connected.
    NotConnected(ProviderKind),
    /// The agent has a skill of that name.
    DuplicateName(String),
    /// The draft is what was published.
    NoDiff,
    /// The idempotency key was used for another request.
    KeyReused,
    /// Fields are wrong.
    Invalid(Vec<FieldError>),
    /// More entries than a request may hold.
    TooManyEntries(usize),
    /// The body is longer than so many bytes.
    TooLong(usize),
    /// The body is no JSON.
    NotJson,
    /// The request was meant for another host.
    OtherHost,
    /// More requests than the limit allows.
    TooMany,
    /// The sandbox itself failed.
    Broken(String),
}

impl Refusal {
    /// A thing that does not exist.
    pub(super) fn missing(what: &'static str, id: &str) -> Self {
        Self::Missing { what, id: id.to_owned() }
    }

    /// One field that is wrong.
    pub(super) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// Status, slug, title.
    const fn heading(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Unauthorized => (401, "unauthorized", "Unauthorized"),
            Self::Forbidden(_) => (403, "insufficient_scope", "Forbidden"),
            Self::NoRoute | Self::Missing { .. } => (404, "not_found", "Not found"),
            Self::NoMethod => (405, "method_not_allowed", "Method not allowed"),
            Self::Reserved(_) => (403, "reserved", "Forbidden"),
            Self::NoPack(_) => (404, "no_connector_pack", "Not found"),
            Self::NoActions(_) => (404, "no_actions", "Not found"),
            Self::NotConnected(_) => (409, "integration_not_connected", "Conflict"),
            Self::DuplicateName(_) => (409, "duplicate_name", "Conflict"),
            Self::NoDiff => (409, "no_diff", "Conflict"),
            Self::KeyReused => (422, "idempotency_key_reused", "Unprocessable content"),
            Self::Invalid(_) => (400, "validation_error", "Validation failed"),
            Self::TooManyEntries(_) => (413, "too_many_entries", "Content too large"),
            Self::TooLong(_) => (413, "content_too_large", "Content too large"),
            Self::NotJson => (415, "unsupported_media_type", "Unsupported media type"),
            Self::OtherHost => (421, "misdirected_request", "Misdirected request"),
            Self::TooMany => (429, "rate_limited", "Too many requests"),
            Self::Broken(_) => (500, "internal_error", "Internal error"),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Unauthorized => {
                "A secret key is needed: `Authorization: Bearer flowyte_sk_…`. Publishable keys open nothing here."
                    .to_owned()
            }
            Self::Forbidden(scope) => format!("The key lacks the scope `{}`.", scope.as_str()),
            Self::NoRoute => "There is no such endpoint.".to_owned(),
            Self::NoMethod => "The API has only GET, POST, PATCH and DELETE.".to_owned(),
            Self::Missing { what, id } => format!("There is no {what} `{id}` in this organization."),
            Self::Reserved(kind) => format!("Provider `{kind}` is reserved."),
            Self::NoPack(kind) => format!("Provider `{kind}` ships no connector pack."),
            Self::NoActions(kind) => format!("Provider `{kind}` has no actions."),
            Self::NotConnected(kind) => format!("Provider `{kind}` is not connected for this organization."),
            Self::DuplicateName(name) => format!("The agent has a skill named `{name}` already."),
            Self::NoDiff => "The draft does not differ from the published version.".to_owned(),
            Self::KeyReused => "The idempotency key came with another request before.".to_owned(),
            Self::Invalid(errors) => errors.first().map(|error| error.message.clone()).unwrap_or_default(),
            Self::TooManyEntries(most) => format!("A request holds at most {most} entries."),
            Self::TooLong(limit) => format!("The body is longer than {limit} bytes."),
            Self::NotJson => "A body must be `application/json`.".to_owned(),
            Self::OtherHost => "The sandbox answers only to loopback addresses and `localhost`.".to_owned(),
            Self::TooMany => "The limit of requests in a second is reached.".to_owned(),
            Self::Broken(why) => why.clone(),
        }
    }

    /// The answer that says so. Wrong fields come in the envelope, all else is a problem.
    pub(super) fn response(self, quirks: Quirks, path: &str) -> RawResponse {
        let (status, slug, title) = self.heading();
        let detail = self.detail();
        let retry_after = matches!(self, Self::TooMany).then_some(1);
        if let Self::Invalid(errors) = self {
            let errors: Vec<Json> = errors
                .into_iter()
                .map(|FieldError { field, message }| json!({ "field": field, "message": message }))
                .collect();
            let mut body = Map::new();
            if quirks.envelope == Envelope::Full {
                body.insert("success".to_owned(), Json::Bool(false));
            }
            body.insert("message".to_owned(), Json::String(title.to_owned()));
            body.insert("errors".to_owned(), Json::Array(errors));
            return RawResponse::json(status, &Json::Object(body));
        }
        let mut problem = ProblemDetails {
            type_uri: Some("about:blank".to_owned()),
            title: Some(title.to_owned()),
            status: Some(status),
            detail: Some(detail),
            instance: Some(path.to_owned()),
            code: None,
            errors: Vec::new(),
        };
        match quirks.slug {
            Slug::Code => problem.code = Some(slug.to_owned()),
            Slug::Type => problem.type_uri = Some(format!("https://docs.flowyte.com/errors/{slug}")),
            Slug::Detail => problem.title = problem.detail.replace(slug.to_owned()),
        }
        let body = serde_json::to_value(problem).unwrap_or_default();
        let content_type = "application/problem+json".to_owned();
        RawResponse { content_type, retry_after, ..RawResponse::json(status, &body) }
    }
}

/// Data as an answer holds it.
#[derive(Serialize)]
struct Enveloped<T> {
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
    data: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Json>,
}

/// An answer with data.
pub(super) fn one(quirks: Quirks, status: u16, data: impl Serialize) -> Reply {
    enveloped(quirks, status, data, None)
}

/// An answer with a list that has no pages.
pub(super) fn all(quirks: Quirks, items: &[impl Serialize]) -> Reply {
    match quirks.paging {
        Paging::Object => one(quirks, 200, BTreeMap::from([("items", items)])),
        Paging::Cursor | Paging::Page | Paging::Whole | Paging::CursorIgnored => one(quirks, 200, items),
    }
}

/// An answer with one page of a list.
pub(super) fn page(quirks: Quirks, items: &[impl Serialize], pagination: Json) -> Reply {
    enveloped(quirks, 200, items, Some(pagination))
}

/// The answer to a delete.
pub(super) fn gone(quirks: Quirks) -> Reply {
    match quirks.delete {
        Delete::Void => one(quirks, 200, Json::Null),
        Delete::NoContent => Ok(RawResponse::empty(204)),
    }
}

fn enveloped(quirks: Quirks, status: u16, data: impl Serialize, pagination: Option<Json>) -> Reply {
    let success = (quirks.envelope == Envelope::Full).then_some(true);
    let meta = (quirks.extras == Extras::Unknown).then(|| json!({ "apiRevision": 7, "region": "local" }));
    let body = serde_json::to_vec(&Enveloped { success, data, pagination, meta });
    body.map(|body| RawResponse::written(status, body)).map_err(|error| Refusal::Broken(error.to_string()))
}
