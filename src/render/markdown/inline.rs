//! Text within a line.

use crate::record::SourceV1;
use crate::render::safe;

/// Longest text in a code span, in characters; the rest is cut off.
const LONGEST: usize = 400;

/// Text from outside as a code span.
pub(super) fn code(text: &str) -> String {
    let text = crate::render::value::cut(&safe(text), LONGEST);
    if text.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let marks = "`".repeat(longest_run(&text) + 1);
    // Of spaces on both sides one is taken off.
    let is_bare = !text.starts_with(['`', ' ']) && !text.ends_with(['`', ' ']);
    if is_bare { format!("{marks}{text}{marks}") } else { format!("{marks} {text} {marks}") }
}

/// The most backticks in a row.
pub(super) fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A sentence that may quote something: quotations, and every word that is not plainly one, as code spans.
pub(super) fn prose(text: &str) -> String {
    let text = safe(text);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return code(&text);
    }
    let shown = parts.iter().enumerate().map(|(at, part)| if at % 2 == 1 { code(part) } else { words(part) });
    shown.collect::<Vec<_>>().concat()
}

fn words(text: &str) -> String {
    let shown = text.split(' ').map(|word| if is_plain(word) { word.to_owned() } else { code(word) });
    shown.collect::<Vec<_>>().join(" ")
}

/// Whether a word means nothing else than itself: letters, or a number that could not be a commit's.
fn is_plain(word: &str) -> bool {
    let core = word.trim_start_matches('(').trim_end_matches([',', '.', ';', ':', ')', '?']);
    let is_word = core.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-')) && !core.starts_with('-');
    let is_number = core.chars().all(|c| c.is_ascii_digit() || c == ',') && core.len() < 7;
    let is_hash = core.len() >= 7 && core.chars().all(|c| c.is_ascii_hexdigit());
    (word.is_empty() || word.starts_with(|c: char| c.is_alphanumeric() || c == '(') || core.is_empty())
        && (is_word || is_number)
        && !is_hash
}

/// Where something stands.
pub(super) fn place(source: &SourceV1) -> String {
    let SourceV1 { file, line, column: _ } = source;
    code(&format!("{file}:{line}"))
}
