//! Which declared values and differences nobody may read.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::cover::{cover, is_covered};
use crate::diff::{Difference, holds_random, holds_secret, pointer};
use crate::model::{Compare, Field, Reference, SecretRef, Value, is_sensitive_key};

/// A declared value or a part of one.
pub(crate) struct Part<'a> {
    /// A JSON pointer within the skill.
    pub(crate) path: String,
    pub(crate) content: Content<'a>,
}

/// What may be shown of a declared value.
pub(crate) enum Content<'a> {
    /// All of it.
    Shown(Json),
    /// Where the secret comes from.
    Reference(&'a SecretRef),
    /// Nothing.
    Hidden,
}

/// How far declared fields are taken apart. What is hidden is always taken apart from what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    /// Not at all.
    Fields,
    /// Each setting and each parameter stands alone.
    Settings,
}

/// Declared fields in the order in which they are shown.
pub(crate) fn parts(fields: &BTreeMap<Field, Value>, split: Split) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for (field, value) in fields {
        let depth = match (split, field.compare()) {
            (Split::Fields, _) | (Split::Settings, Compare::Set) => 0,
            (Split::Settings, Compare::DeclaredKeys) => 1,
            (Split::Settings, Compare::Whole) => 2,
        };
        take_apart(format!("/{}", field.key()), field.key(), value, false, depth, &mut parts);
    }
    parts
}

/// A declared value at a place of a skill, apart where only some of it may be shown.
pub(crate) fn parts_at<'a>(path: &str, value: &'a Value) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut above: Vec<String> = keys(path).collect();
    let key = above.pop().unwrap_or_default();
    let hidden = above.iter().any(|key| is_hidden_key(key));
    take_apart(path.to_owned(), &key, value, hidden, 0, &mut parts);
    parts
}

/// Whether nobody may read what is written at a place of a skill; what names a secret is none.
pub(crate) fn is_hidden_at(path: &str, written: &Json) -> bool {
    let is_reference = written.as_object().is_some_and(|map| {
        let mut keys = map.keys();
        keys.next().is_some_and(|key| Reference::read(key).is_some()) && keys.next().is_none()
    });
    is_hidden_json(path, written) || (!is_reference && keys(path).any(|key| is_hidden_key(&key)))
}

fn take_apart<'a>(path: String, key: &str, value: &'a Value, hidden: bool, depth: u8, parts: &mut Vec<Part<'a>>) {
    let hidden = hidden || is_hidden_key(key);
    let content = match value {
        Value::Secret(reference) => Content::Reference(reference),
        Value::Map(map) if !map.is_empty() && (depth > 0 || hidden || is_hidden_value(&path, value)) => {
            for (key, value) in map.iter() {
                take_apart(format!("{path}/{}", pointer(key)), key, value, hidden, depth.saturating_sub(1), parts);
            }
            return;
        }
        Value::Null => Content::Shown(Json::Null),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            if hidden || is_hidden_value(&path, value) {
                Content::Hidden
            } else {
                Content::Shown(value.to_shown_json())
            }
        }
    };
    parts.push(Part { path, content });
}

fn is_hidden_key(key: &str) -> bool {
    key.eq_ignore_ascii_case("headers") || is_sensitive_key(key)
}

fn is_hidden_value(path: &str, value: &Value) -> bool {
    value.holds_secret() || is_hidden_json(path, &value.to_shown_json())
}

fn is_hidden_json(path: &str, value: &Json) -> bool {
    holds_secret(value) || is_covered(value) || holds_random(path, value)
}

/// Whether a difference must not show its values: because the plan says so, or by a look of its own at path and values.
pub(crate) fn is_hidden(difference: &Difference) -> bool {
    let Difference { path, before, after, is_sensitive, moved: _ } = difference;
    *is_sensitive
        || keys(path).any(|key| is_hidden_key(&key))
        || [before, after].into_iter().flatten().any(|value| is_hidden_json(path, value))
}

/// The keys of a JSON pointer.
pub(crate) fn keys(path: &str) -> impl Iterator<Item = String> {
    path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"))
}

/// A JSON pointer without anything that has the shape of a credential.
pub(crate) fn covered_path(path: &str) -> String {
    keys(path).map(|key| format!("/{}", pointer(&cover(&key)))).collect::<Vec<_>>().concat()
}
