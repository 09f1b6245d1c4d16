//! Text and values without anything that has the shape of a credential.

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::model::{looks_like_secret, secret_words};

/// What stands in place of something with the shape of a credential.
pub(crate) const COVER: &str = "(hidden)";

/// The text with everything covered that has the shape of a credential.
pub(crate) fn cover(text: &str) -> Cow<'_, str> {
    let mut covered = Cow::Borrowed(text);
    // From the end, so that what comes before stays where it is.
    for range in secret_words(text).into_iter().rev() {
        covered.to_mut().replace_range(range, COVER);
    }
    covered
}

/// Whether something in the value has the shape of a credential, keys included.
pub(crate) fn is_covered(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
        Json::String(text) => looks_like_secret(text),
        Json::Array(items) => items.iter().any(is_covered),
        Json::Object(map) => map.iter().any(|(key, value)| looks_like_secret(key) || is_covered(value)),
    }
}
