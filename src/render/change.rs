//! One value that becomes another, as people read it in a text: short ones with an arrow, sets by their members, the others
//! by line.

use std::fmt;

use serde_json::Value as Json;

use super::delta::{Delta, Mark, Row, Sign, Span, delta};
use super::label::Label;
use super::page::Page;
use super::value::{Presence, cut, dotted, flow};
use super::words::count;
use super::wrap::{Piece, wrap};
use crate::diff::Difference;
use crate::record::hidden::is_hidden;

/// One-line values of a new skill are cut after this many characters.
const LONGEST: usize = 100;
/// Lines of a difference before the rest is folded.
pub(super) const MOST_LINES: usize = 40;
/// Lines of a text that is new as a whole before the rest is folded.
const MOST_NEW_LINES: usize = 4;
/// Unchanged lines kept on either side of a change.
pub(super) const CONTEXT: usize = 2;
/// Unchanged characters kept on either side of a change within a line.
const KEPT: usize = 60;

/// What is said where nothing but the form differs.
pub(super) const SAME: &str = "(the same but for its form)";

/// What a line of the block below a field begins with, so that no text from outside ever begins a line.
const GUTTER: &str = "| ";

/// Writes how a field's value changes.
pub(super) fn change(
    page: &mut Page<'_>,
    indent: &str,
    path: &str,
    old: Option<&Json>,
    new: Option<&Json>,
) -> fmt::Result {
    page.plain(indent)?;
    page.put(Label::Changed, &dotted(path))?;
    page.plain(":")?;
    match delta(path, old, new, CONTEXT) {
        Delta::Members { gone, come } => set(page, &gone, &come),
        Delta::Short { old, new } => {
            page.plain(" ")?;
            page.put(Label::Removed, &old)?;
            page.plain(" → ")?;
            page.line(Label::Added, &new)
        }
        Delta::Lines(rows) => {
            page.end()?;
            lines(page, indent, &rows)
        }
    }
}

/// Writes that a field's value changes, comes or goes, and nothing of either value.
pub(super) fn hidden_change(
    page: &mut Page<'_>,
    indent: &str,
    path: &str,
    old: Presence,
    new: Presence,
) -> fmt::Result {
    page.plain(indent)?;
    page.put(Label::Changed, &dotted(path))?;
    page.plain(": ")?;
    let (label, text) = match (old, new) {
        (Presence::Absent, Presence::Present) => (Label::Added, "(sensitive, added)"),
        (Presence::Present, Presence::Absent) => (Label::Removed, "(sensitive, removed)"),
        (Presence::Absent, Presence::Absent) | (Presence::Present, Presence::Present) => {
            (Label::Changed, "(sensitive, changed)")
        }
    };
    page.line(label, text)
}

/// Writes how what git says differs from what live says; neither value where it may be a secret.
pub(super) fn to_live(page: &mut Page<'_>, indent: &str, difference: &Difference) -> fmt::Result {
    let (git, live) = (difference.after.as_ref(), difference.before.as_ref());
    if is_hidden(difference) {
        hidden_change(page, indent, &difference.path, Presence::of(git), Presence::of(live))
    } else {
        change(page, indent, &difference.path, git, live)
    }
}

/// Writes the value of a new field, long ones by their beginning.
pub(super) fn value(page: &mut Page<'_>, indent: &str, path: &str, value: &Json) -> fmt::Result {
    page.plain(indent)?;
    page.put(Label::Address, &dotted(path))?;
    page.plain(":")?;
    let text = match value {
        Json::String(text) if text.contains('\n') || text.chars().count() > LONGEST => text,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
            page.plain(" ")?;
            return page.line(Label::Plain, &cut(&flow(value), LONGEST));
        }
    };
    page.end()?;
    let lines: Vec<Vec<Piece>> =
        text.trim_end().lines().flat_map(|line| wrap(&[(Label::Plain, line.to_owned())])).collect();
    folded(page, indent, &lines, MOST_NEW_LINES)
}

fn set(page: &mut Page<'_>, gone: &[String], come: &[String]) -> fmt::Result {
    for gone in gone {
        page.plain(" ")?;
        page.put(Label::Removed, &format!("-{gone}"))?;
    }
    for come in come {
        page.plain(" ")?;
        page.put(Label::Added, &format!("+{come}"))?;
    }
    page.end()
}

/// The lines in which two long values differ.
fn lines(page: &mut Page<'_>, indent: &str, rows: &[Row]) -> fmt::Result {
    let signed = signed(rows).into_iter().map(|(sign, mut line)| {
        let (label, text) = match sign {
            Sign::Kept | Sign::Gap => (Label::Muted, "  "),
            Sign::Gone => (Label::Removed, "- "),
            Sign::Come => (Label::Added, "+ "),
            Sign::Changed => (Label::Changed, "~ "),
        };
        line.insert(0, (label, text.to_owned()));
        line
    });
    let mut lines: Vec<Vec<Piece>> = signed.collect();
    if lines.is_empty() {
        lines.push(vec![(Label::Muted, SAME.to_owned())]);
    }
    folded(page, indent, &lines, MOST_LINES)
}

/// Lines of bearable length, with what goes and comes within them marked.
pub(super) fn signed(rows: &[Row]) -> Vec<(Sign, Vec<Piece>)> {
    let lines = |Row { sign, spans }: &Row| {
        let pieces = match sign {
            Sign::Kept => marked(spans, Label::Muted),
            Sign::Gone => marked(spans, Label::Removed),
            Sign::Come => marked(spans, Label::Added),
            Sign::Changed => merged(spans),
            Sign::Gap => vec![(Label::Muted, "…".to_owned())],
        };
        let sign = *sign;
        wrap(&pieces).into_iter().map(move |line| (sign, line))
    };
    rows.iter().flat_map(lines).collect()
}

/// Writes lines below a field, the first ones only if there are many.
fn folded(page: &mut Page<'_>, indent: &str, lines: &[Vec<Piece>], most: usize) -> fmt::Result {
    // Folding a single line would save nothing.
    let shown = if lines.len() > most + 1 { most } else { lines.len() };
    for line in lines.iter().take(shown) {
        page.plain(indent)?;
        page.put(Label::Muted, &format!("  {GUTTER}"))?;
        page.pieces(line)?;
    }
    if shown < lines.len() {
        let rest = count(lines.len() - shown, "more line");
        page.plain(indent)?;
        page.line(Label::Muted, &format!("  {GUTTER}… {rest}"))?;
    }
    Ok(())
}

/// The parts of a line that goes, comes or stays.
fn marked(spans: &[Span], label: Label) -> Vec<Piece> {
    spans.iter().map(|span| (label, enclosed(span))).collect()
}

/// A part of a line between its marks, its last space outside of them.
fn enclosed(span: &Span) -> String {
    let Span { mark, text } = span;
    let (open, close) = match mark {
        Mark::Kept => return text.clone(),
        Mark::Gone => ("[-", "-]"),
        Mark::Come => ("{+", "+}"),
    };
    match text.strip_suffix(' ').filter(|inner| !inner.trim().is_empty()) {
        Some(inner) => format!("{open}{inner}{close} "),
        None => format!("{open}{text}{close}"),
    }
}

/// The parts of a line that was kept in part; long stretches that stayed are left out.
fn merged(spans: &[Span]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let last = spans.len().saturating_sub(1);
    for (at, span) in spans.iter().enumerate() {
        let piece = match span.mark {
            Mark::Kept => (Label::Plain, stretch(&span.text, at > 0, at < last)),
            Mark::Gone => (Label::Removed, enclosed(span)),
            Mark::Come => {
                // What went and what came in its place stand together.
                if let Some((Label::Removed, before)) = pieces.last_mut()
                    && before.ends_with("-] ")
                    && span.text.ends_with(' ')
                {
                    before.pop();
                }
                (Label::Added, enclosed(span))
            }
        };
        pieces.push(piece);
    }
    pieces
}

/// What is kept of an unchanged stretch next to changes.
fn stretch(text: &str, follows: bool, precedes: bool) -> String {
    let length = text.chars().count();
    let most = KEPT * (usize::from(follows) + usize::from(precedes)) + 20;
    if length <= most {
        return text.to_owned();
    }
    let at = |characters: usize| text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    let (head, tail) = (at(KEPT), at(length.saturating_sub(KEPT)));
    let head = text.get(..head).and_then(|head| head.rsplit_once(' ')).map_or("", |(head, _)| head);
    let tail = text.get(tail..).and_then(|tail| tail.split_once(' ')).map_or("", |(_, tail)| tail);
    match (follows, precedes) {
        (true, true) => format!("{head} … {tail}"),
        (true, false) => format!("{head} …"),
        (false, true | false) => format!("… {tail}"),
    }
}
