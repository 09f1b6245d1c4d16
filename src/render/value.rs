//! Values as people read them, and which of them nobody may read.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::safe::{cover, is_covered, safe};
use crate::diff::{Difference, holds_secret, pointer};
use crate::model::{Compare, Field, SecretRef, Value, is_sensitive_key};

/// A declared value or a part of one.
pub(super) struct Part<'a> {
    /// A JSON pointer within the skill.
    pub(super) path: String,
    pub(super) content: Content<'a>,
}

/// What may be shown of a declared value.
pub(super) enum Content<'a> {
    /// All of it.
    Shown(Json),
    /// Where the secret comes from.
    Reference(&'a SecretRef),
    /// Nothing.
    Hidden,
}

/// Whether a hidden value is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Present,
    Absent,
}

impl Presence {
    pub(super) const fn of(value: Option<&Json>) -> Self {
        match value {
            Some(_) => Self::Present,
            None => Self::Absent,
        }
    }
}

/// How far declared fields are taken apart. What is hidden is always taken apart from what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    /// Not at all.
    Fields,
    /// Each setting and each parameter stands alone.
    Settings,
}

/// Declared fields in the order in which they are shown.
pub(super) fn parts(fields: &BTreeMap<Field, Value>, split: Split) -> Vec<Part<'_>> {
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

fn take_apart<'a>(path: String, key: &str, value: &'a Value, hidden: bool, depth: u8, parts: &mut Vec<Part<'a>>) {
    let hidden = hidden || is_hidden_key(key);
    let content = match value {
        Value::Secret(reference) => Content::Reference(reference),
        Value::Map(map) if !map.is_empty() && (depth > 0 || hidden || is_hidden_value(value)) => {
            for (key, value) in map {
                take_apart(format!("{path}/{}", pointer(key)), key, value, hidden, depth.saturating_sub(1), parts);
            }
            return;
        }
        Value::Null => Content::Shown(Json::Null),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            if hidden || is_hidden_value(value) { Content::Hidden } else { Content::Shown(value.to_shown_json()) }
        }
    };
    parts.push(Part { path, content });
}

fn is_hidden_key(key: &str) -> bool {
    key.eq_ignore_ascii_case("headers") || is_sensitive_key(key)
}

fn is_hidden_value(value: &Value) -> bool {
    value.holds_secret() || is_hidden_json(&value.to_shown_json())
}

fn is_hidden_json(value: &Json) -> bool {
    holds_secret(value) || is_covered(value)
}

/// Whether a difference must not show its values: because the plan says so, or by a look of its own at path and values.
pub(super) fn is_hidden(difference: &Difference) -> bool {
    let Difference { path, before, after, is_sensitive, moved: _ } = difference;
    *is_sensitive
        || keys(path).any(|key| is_hidden_key(&key))
        || [before, after].into_iter().flatten().any(is_hidden_json)
}

/// The keys of a JSON pointer.
pub(super) fn keys(path: &str) -> impl Iterator<Item = String> {
    path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"))
}

/// A JSON pointer without anything that has the shape of a credential.
pub(super) fn covered_path(path: &str) -> String {
    keys(path).map(|key| format!("/{}", pointer(&cover(&key)))).collect::<Vec<_>>().concat()
}

/// A JSON pointer as people write it: `executionConfig.timeout_ms`.
pub(super) fn dotted(path: &str) -> String {
    let shown = |key: String| if is_word(&key) { cover(&key).into_owned() } else { quoted(&key) };
    keys(path).map(shown).collect::<Vec<_>>().join(".")
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-$".contains(c))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", safe(text).replace('"', "\\\""))
}

/// A value on one line, quoted only where it would be taken for something else.
pub(super) fn flow(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(number) => number.to_string(),
        Json::String(text) => scalar(text),
        Json::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}

fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(char::is_alphabetic)
        && text.chars().all(|c| c.is_alphanumeric() || "_-./@:?=&%+$".contains(c))
        && !text.ends_with(':')
        && !matches!(text, "null" | "true" | "false");
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// A value on as many lines as it takes: a text as it is, a list by its items, a map by its keys.
pub(super) fn block(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(|item| format!("- {}", flow(item))).collect::<Vec<_>>().join("\n"),
        Json::Object(map) => {
            let pairs = map.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value)));
            pairs.collect::<Vec<_>>().join("\n")
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => flow(value),
    }
}

/// A text cut to a number of characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or(text).trim_end()),
        None => text.to_owned(),
    }
}
