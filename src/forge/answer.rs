//! What an answer says: JSON that was asked for, or why there is none.

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use url::Url;

use super::error::ForgeError;
use crate::api::{RawResponse, json};

/// Characters of a forge's words that are kept.
const LONGEST: usize = 300;

/// The JSON of an answer that is a success; nothing at all is null.
pub(super) fn read(response: &RawResponse) -> Result<Json, ForgeError> {
    let RawResponse { status, content_type, retry_after: _, location, body } = response;
    if (300..400).contains(status) {
        let host = location.as_deref().and_then(host);
        return Err(ForgeError::Redirect { status: *status, host });
    }
    let is_success = response.is_success();
    if is_success && body.is_empty() {
        return Ok(Json::Null);
    }
    let named = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = named == "application/json" || (named.starts_with("application/") && named.ends_with("+json"));
    match (is_json, is_success) {
        (true, true) => json(body).map_err(|error| ForgeError::Shape(short(&error.to_string()))),
        (true, false) => Err(ForgeError::Refused { status: *status, words: words(body) }),
        (false, true) => Err(ForgeError::NotJson { status: *status, content_type: short(content_type) }),
        (false, false) => Err(ForgeError::Refused { status: *status, words: String::new() }),
    }
}

/// The answer to a question by GraphQL, which is a success even where it is a refusal.
pub(super) fn graphql(answer: Json) -> Result<Json, ForgeError> {
    let Json::Object(mut map) = answer else { return Err(ForgeError::Shape("it is no object".to_owned())) };
    if let Some(errors) = map.get("errors") {
        return Err(ForgeError::Graphql(short(&said(errors))));
    }
    map.remove("data").ok_or_else(|| ForgeError::Shape("it holds neither data nor errors".to_owned()))
}

/// JSON as what it must be.
pub(super) fn shape<T: DeserializeOwned>(answer: Json) -> Result<T, ForgeError> {
    serde_json::from_value(answer).map_err(|error| ForgeError::Shape(short(&error.to_string())))
}

/// A list; some forges call an empty one null.
pub(super) fn list<T: DeserializeOwned>(answer: Json) -> Result<Vec<T>, ForgeError> {
    shape::<Option<Vec<T>>>(answer).map(Option::unwrap_or_default)
}

fn host(location: &str) -> Option<String> {
    Url::parse(location).ok()?.host_str().map(short)
}

/// What a refusal says, wherever the forge put it.
fn words(body: &[u8]) -> String {
    let Ok(body) = json(body) else { return String::new() };
    let told = ["message", "error", "error_description"].iter().filter_map(|key| body.get(key));
    let details = body.get("errors").into_iter();
    let all: Vec<String> = told.chain(details).map(said).filter(|said| !said.is_empty()).collect();
    short(&all.join("; "))
}

/// All texts in a value, in order.
fn said(value: &Json) -> String {
    let joined = |texts: Vec<String>| texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => joined(items.iter().map(said).collect()),
        Json::Object(map) => match map.get("message") {
            Some(message) => said(message),
            None => joined(map.values().map(said).collect()),
        },
        Json::Null | Json::Bool(_) | Json::Number(_) => String::new(),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
