//! Text that may be shown: one line, harmless, and without anything that has the shape of a credential.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::inert::{is_active, one_line};
use crate::model::looks_like_secret;

/// What stands in place of something with the shape of a credential.
const COVER: &str = "(hidden)";

/// A text on one line in which nothing hides, moves or commands, on a terminal or in a CI system's log.
pub(super) fn safe(text: &str) -> Cow<'_, str> {
    let covered = cover(text);
    let shown = match one_line(&covered) {
        Cow::Borrowed(_) => covered,
        Cow::Owned(shown) => Cow::Owned(shown),
    };
    // A log line that holds one of these anywhere is a command to the runners of GitHub and Azure.
    if shown.contains("##[") || shown.contains("##vso[") {
        return Cow::Owned(shown.replace("##[", "##\\[").replace("##vso[", "##vso\\["));
    }
    shown
}

/// The text with every word that has the shape of a credential covered.
pub(super) fn cover(text: &str) -> Cow<'_, str> {
    if !looks_like_secret(text) {
        return Cow::Borrowed(text);
    }
    if text.contains("-----BEGIN ") {
        return Cow::Borrowed(COVER);
    }
    let is_word = |c: char| !(c.is_whitespace() || "'\"`,;=()<>".contains(c));
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(if looks_like_secret(word) { COVER } else { word });
        let end = after.find(is_word).unwrap_or(after.len());
        let (gap, after) = after.split_at(end);
        out.push_str(gap);
        rest = after;
    }
    Cow::Owned(if looks_like_secret(&out) { COVER.to_owned() } else { out })
}

/// The value with every text and key in it covered as [`cover`] does.
pub(super) fn cover_json(value: &Json) -> Json {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
        Json::String(text) => Json::String(cover(text).into_owned()),
        Json::Array(items) => Json::Array(items.iter().map(cover_json).collect()),
        Json::Object(map) => {
            Json::Object(map.iter().map(|(key, value)| (cover(key).into_owned(), cover_json(value))).collect())
        }
    }
}

/// JSON text in which every character that is not plainly visible stands as an escape: the same value, harmless to read.
pub(super) fn escape_json(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| c != '\n' && is_active(c);
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}
