//! Text that can do nothing but be read.

use std::borrow::Cow;

/// Makes every character visible that would move, hide, reorder or command: control characters but line breaks and
/// tabs, escapes, bidirectional controls, zero-width and tag characters, exotic line breaks, what is no character at
/// all; as `\u{…}`.
pub fn inert(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_active(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// The same on one line: a line break is shown as `⏎`, a tab as a space.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(['\n', '\r', '\t']) {
        return inert(text);
    }
    let text = text.replace("\r\n", "⏎").replace(['\n', '\r'], "⏎").replace('\t', " ");
    Cow::Owned(inert(&text).into_owned())
}

/// Whether a character does something else than show itself.
pub(super) fn is_active(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}'..='\u{ffff}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => true,
        _ => c.is_control(),
    }
}
