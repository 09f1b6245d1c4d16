//! Text that may be shown: one line, harmless, and without anything that has the shape of a credential.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::inert::{is_active, one_line};
use crate::model::looks_like_secret;

/// What stands in place of something with the shape of a credential.
const COVER: &str = "(hidden)";

/// A text on one line in which nothing hides, moves or commands, on a terminal or in a CI system's log.
pub fn safe(text: &str) -> Cow<'_, str> {
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

/// The text with every word covered that has the shape of a credential, also one that stands inside an address or a URL.
pub(super) fn cover(text: &str) -> Cow<'_, str> {
    if text.contains("-----BEGIN ") {
        return Cow::Borrowed(COVER);
    }
    // What counts as one word, from much to little: a credential may stand alone, or in an address, or in a dotted path.
    let words: [fn(char) -> bool; 3] = [
        |c| !(c.is_whitespace() || "'\"`,;=()<>".contains(c)),
        |c| c.is_ascii_alphanumeric() || "_-.".contains(c),
        |c| c.is_ascii_alphanumeric() || "_-".contains(c),
    ];
    words.into_iter().fold(Cow::Borrowed(text), |text, is_word| match cover_words(&text, is_word) {
        Some(covered) => Cow::Owned(covered),
        None => text,
    })
}

fn cover_words(text: &str, is_word: fn(char) -> bool) -> Option<String> {
    let is_secret = |word: &str| looks_like_secret(word.trim_start_matches(['-', '_', '.']));
    if !text.split(|c| !is_word(c)).any(is_secret) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        out.push_str(if is_secret(word) { COVER } else { word });
        let (gap, after) = after.split_at(after.find(is_word).unwrap_or(after.len()));
        out.push_str(gap);
        rest = after;
    }
    Some(out)
}

/// Whether something in the value has the shape of a credential, keys included.
pub(super) fn is_covered(value: &Json) -> bool {
    let is_covered_text = |text: &str| cover(text) != text;
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
        Json::String(text) => is_covered_text(text),
        Json::Array(items) => items.iter().any(is_covered),
        Json::Object(map) => map.iter().any(|(key, value)| is_covered_text(key) || is_covered(value)),
    }
}

/// JSON text in which every character that is not plainly visible stands as an escape: the same value, harmless to read.
pub(super) fn escape_json(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| c != '\n' && is_active(c);
    let mut out = Cow::Borrowed(text);
    if text.contains(is_hidden) {
        let mut escaped = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if is_hidden(c) { escape(c, &mut escaped) } else { escaped.push(c) }
        }
        out = Cow::Owned(escaped);
    }
    // Neither stands outside of a JSON text.
    for (command, escaped) in [("##[", "##\\u005b"), ("##vso[", "##vso\\u005b")] {
        if out.contains(command) {
            out = Cow::Owned(out.replace(command, escaped));
        }
    }
    out
}

fn escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _infallible = write!(out, "\\u{unit:04x}");
    }
}
