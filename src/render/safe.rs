//! Text that may be shown: one line, harmless, and without anything that has the shape of a credential.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::inert::{is_active, one_line};
use crate::record::cover;

/// A log line in which `[` follows one of these anywhere is a command to the runners of GitHub and Azure.
const COMMANDS: [&str; 2] = ["##", "##vso"];

/// A text on one line in which nothing hides, moves or commands, on a terminal or in a CI system's log.
pub fn safe(text: &str) -> Cow<'_, str> {
    let covered = cover(text);
    let shown = match one_line(&covered) {
        Cow::Borrowed(_) => covered,
        Cow::Owned(shown) => Cow::Owned(shown),
    };
    match disarmed(&shown) {
        Cow::Borrowed(_) => shown,
        Cow::Owned(shown) => Cow::Owned(shown),
    }
}

/// A text in which no bracket makes a command of what stands before it.
pub fn disarmed(text: &str) -> Cow<'_, str> {
    COMMANDS.iter().fold(Cow::Borrowed(text), |text, command| {
        let begin = format!("{command}[");
        if text.contains(&begin) { Cow::Owned(text.replace(&begin, &format!("{command}\\["))) } else { text }
    })
}

/// Whether a character would make what stands before it a command.
pub(super) fn is_command(before: &str, c: char) -> bool {
    c == '[' && COMMANDS.iter().any(|command| before.ends_with(command))
}

/// JSON text in which every character that is not plainly visible stands as an escape: the same value, harmless to read.
pub fn escape_json(text: &str) -> Cow<'_, str> {
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
