//! What of a live skill another one may take over as it is.

use serde_json::{Map, Value as Json};

use super::{Facts, hides_secret, holds_secret, merge};
use crate::model::{Field, Value, is_sensitive_key};

/// The live value at a declared place.
#[derive(Debug, Clone, PartialEq)]
pub enum Carried {
    /// There is none.
    Nothing,
    /// It is masked or may be a secret, or the server does not show whether there is one.
    Hidden,
    /// It is this.
    Value(Value),
}

/// The live value at a place that a manifest declares, if it may be taken over as it is.
pub fn carried(field: Field, keys: &[String], declared: &Value, live: &Map<String, Json>, facts: Facts) -> Carried {
    let is_headers = keys.last().is_some_and(|key| key == "headers");
    let top = live.get(field.key());
    let found = top.and_then(|top| keys.iter().try_fold(top, |value, key| value.get(key)));
    let last = keys.last().map_or(field.key(), String::as_str);
    match found.filter(|value| !value.is_null()) {
        None if is_headers && !facts.shows_headers => Carried::Hidden,
        None => Carried::Nothing,
        Some(_) if is_headers || declared.holds_secret() => Carried::Hidden,
        Some(_) if keys.iter().any(|key| is_sensitive_key(key)) => Carried::Hidden,
        Some(value) if hides_secret(last, value) || holds_secret(value) => Carried::Hidden,
        Some(value) => Carried::Value(merge::from_json(value)),
    }
}
