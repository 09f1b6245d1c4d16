//! Values as people read them.

use serde_json::Value as Json;

use super::safe::safe;
use crate::record::cover;
use crate::record::hidden::keys;

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
