//! Text that may be shown: one line, harmless, and without anything that has the shape of a credential.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value as Json;

use super::inert::{is_active, one_line};
use crate::model::{looks_like_secret, secret_words};

/// A log line in which `[` follows one of these anywhere is a command to the runners of GitHub and Azure.
const COMMANDS: [&str; 2] = ["##", "##vso"];

/// What stands in place of something with the shape of a credential.
const COVER: &str = "(hidden)";

/// A text on one line in which nothing hides, moves or commands, on a terminal or in a CI system's log.
pub fn safe(text: &str) -> Cow<'_, str> {
    let covered = cover(text);
    let shown = match one_line(&covered) {
        Cow::Borrowed(_) => covered,
        Cow::Owned(shown) => Cow::Owned(shown),
    };
    if COMMANDS.iter().any(|command| shown.contains(&format!("{command}["))) {
        return Cow::Owned(COMMANDS.iter().fold(shown.into_owned(), |shown, command| {
            shown.replace(&format!("{command}["), &format!("{command}\\["))
        }));
    }
    shown
}

/// Whether a character would make what stands before it a command.
pub(super) fn is_command(before: &str, c: char) -> bool {
    c == '[' && COMMANDS.iter().any(|command| before.ends_with(command))
}

/// The text with everything covered that has the shape of a credential.
pub(super) fn cover(text: &str) -> Cow<'_, str> {
    let mut covered = Cow::Borrowed(text);
    // From the end, so that what comes before stays where it is.
    for range in secret_words(text).into_iter().rev() {
        covered.to_mut().replace_range(range, COVER);
    }
    covered
}

/// Whether something in the value has the shape of a credential, keys included.
pub(super) fn is_covered(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
        Json::String(text) => looks_like_secret(text),
        Json::Array(items) => items.iter().any(is_covered),
        Json::Object(map) => map.iter().any(|(key, value)| looks_like_secret(key) || is_covered(value)),
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
    for command in COMMANDS {
        if out.contains(&format!("{command}[")) {
            out = Cow::Owned(out.replace(&format!("{command}["), &format!("{command}\\u005b")));
        }
    }
    out
}

fn escape(c: char, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _infallible = write!(out, "\\u{unit:04x}");
    }
}
