//! One value that becomes another, as people read it: short ones with an arrow, sets by their members, the others by line.

use std::fmt;

use serde_json::Value as Json;

use super::label::Label;
use super::page::Page;
use super::value::{block, cut, dotted, flow, keys};
use super::words::count;
use super::wrap::{Piece, wrap};
use crate::diff::{self, Line as TextLine, TextChange};
use crate::model::{Compare, Field};

/// Values up to this many characters stand on one line.
const SHORT: usize = 60;
/// One-line values of a new skill are cut after this many characters.
const LONGEST: usize = 100;
/// Lines of a difference before the rest is folded.
const MOST_LINES: usize = 40;
/// Lines of a text that is new as a whole before the rest is folded.
const MOST_NEW_LINES: usize = 4;
/// Unchanged characters kept on either side of a change within a line.
const KEPT: usize = 60;

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
    if is_set(path)
        && let (Some(old), Some(new)) = (members(old), members(new))
    {
        return set(page, &old, &new);
    }
    match (short(old), short(new)) {
        (Some(old), Some(new)) => {
            page.plain(" ")?;
            page.put(Label::Removed, &old)?;
            page.plain(" → ")?;
            page.line(Label::Added, &new)
        }
        _ => {
            page.end()?;
            lines(page, indent, old, new)
        }
    }
}

/// Writes that a field's value changes, and nothing of either value.
pub(super) fn hidden_change(page: &mut Page<'_>, indent: &str, path: &str) -> fmt::Result {
    page.plain(indent)?;
    page.put(Label::Changed, &dotted(path))?;
    page.plain(": ")?;
    page.line(Label::Muted, "(sensitive, changed)")
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

/// Whether the order of the members does not count.
fn is_set(path: &str) -> bool {
    let mut keys = keys(path);
    let first = keys.next();
    let last = keys.last();
    let field = first.as_deref().and_then(Field::read);
    match &last {
        Some(last) => last == "required",
        None => field.is_some_and(|field| field.compare() == Compare::Set),
    }
}

fn members(value: Option<&Json>) -> Option<Vec<String>> {
    match value {
        None | Some(Json::Null) => Some(Vec::new()),
        Some(Json::Array(items)) => Some(items.iter().map(flow).collect()),
        Some(Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_)) => None,
    }
}

fn set(page: &mut Page<'_>, old: &[String], new: &[String]) -> fmt::Result {
    for gone in old.iter().filter(|member| !new.contains(member)) {
        page.plain(" ")?;
        page.put(Label::Removed, &format!("-{gone}"))?;
    }
    for come in new.iter().filter(|member| !old.contains(member)) {
        page.plain(" ")?;
        page.put(Label::Added, &format!("+{come}"))?;
    }
    page.end()
}

fn short(value: Option<&Json>) -> Option<String> {
    let Some(value) = value else { return Some("(not set)".to_owned()) };
    if value.as_str().is_some_and(|text| text.contains('\n')) {
        return None;
    }
    Some(flow(value)).filter(|text| text.chars().count() <= SHORT)
}

fn lines(page: &mut Page<'_>, indent: &str, old: Option<&Json>, new: Option<&Json>) -> fmt::Result {
    let text = |value: Option<&Json>| value.map(block).unwrap_or_default();
    let difference = diff::lines(&text(old), &text(new), 2);
    let mut lines = Vec::new();
    let mut rest = difference.iter().peekable();
    while let Some(line) = rest.next() {
        let pair = rest.peek().filter(|next| line.change == TextChange::Removed && next.change == TextChange::Added);
        if let Some(merged) = pair.and_then(|next| merged(line, next)) {
            rest.next();
            add_lines(&mut lines, (Label::Changed, "~ "), merged);
            continue;
        }
        match line.change {
            TextChange::Same => add_lines(&mut lines, (Label::Muted, "  "), marked(line, Label::Muted, "", "")),
            TextChange::Removed => {
                add_lines(&mut lines, (Label::Removed, "- "), marked(line, Label::Removed, "[-", "-]"));
            }
            TextChange::Added => add_lines(&mut lines, (Label::Added, "+ "), marked(line, Label::Added, "{+", "+}")),
            TextChange::Gap => lines.push(vec![(Label::Muted, "  …".to_owned())]),
        }
    }
    folded(page, indent, &lines, MOST_LINES)
}

fn add_lines(lines: &mut Vec<Vec<Piece>>, (label, sign): (Label, &str), pieces: Vec<Piece>) {
    for mut line in wrap(&pieces) {
        line.insert(0, (label, sign.to_owned()));
        lines.push(line);
    }
}

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

fn marked(line: &TextLine, label: Label, open: &str, close: &str) -> Vec<Piece> {
    let piece = |piece: &diff::Piece| {
        let text = if piece.is_changed { format!("{open}{}{close}", piece.text) } else { piece.text.clone() };
        (label, text)
    };
    line.pieces.iter().map(piece).collect()
}

/// A line that was kept in part, once, with what went and what came marked in it; long stretches that stayed are left out.
fn merged(old: &TextLine, new: &TextLine) -> Option<Vec<Piece>> {
    let same = |line: &TextLine| -> String {
        line.pieces.iter().filter(|piece| !piece.is_changed).map(|piece| piece.text.as_str()).collect()
    };
    let kept = same(old);
    if kept.trim().is_empty() || kept != same(new) {
        return None;
    }
    let mut old = old.pieces.iter().map(|piece| (piece.is_changed, piece.text.as_str())).peekable();
    let mut new = new.pieces.iter().map(|piece| (piece.is_changed, piece.text.as_str())).peekable();
    let mut pieces: Vec<Piece> = Vec::new();
    loop {
        if let Some((_, text)) = old.next_if(|(is_changed, _)| *is_changed) {
            pieces.push((Label::Removed, format!("[-{text}-]")));
        } else if let Some((_, text)) = new.next_if(|(is_changed, _)| *is_changed) {
            pieces.push((Label::Added, format!("{{+{text}+}}")));
        } else {
            let (Some((_, left)), Some((_, right))) = (old.peek_mut(), new.peek_mut()) else { break };
            let (kept, left_rest) = left.split_at_checked(right.len()).unwrap_or((*left, ""));
            let right_rest = right.strip_prefix(kept)?;
            pieces.push((Label::Plain, kept.to_owned()));
            (*left, *right) = (left_rest, right_rest);
            old.next_if(|(_, text)| text.is_empty());
            new.next_if(|(_, text)| text.is_empty());
        }
    }
    let last = pieces.len().saturating_sub(1);
    for (at, (label, text)) in pieces.iter_mut().enumerate() {
        if *label == Label::Plain {
            *text = stretch(text, at > 0, at < last);
        }
    }
    Some(pieces)
}

/// What is kept of an unchanged stretch next to changes.
fn stretch(text: &str, follows: bool, precedes: bool) -> String {
    let length = text.chars().count();
    let most = KEPT * (usize::from(follows) + usize::from(precedes)) + 20;
    if length <= most {
        return text.to_owned();
    }
    let at = |characters: usize| text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    let (head, tail) = (at(KEPT), at(length - KEPT));
    let head = text.get(..head).and_then(|head| head.rsplit_once(' ')).map_or("", |(head, _)| head);
    let tail = text.get(tail..).and_then(|tail| tail.split_once(' ')).map_or("", |(_, tail)| tail);
    match (follows, precedes) {
        (true, true) => format!("{head} … {tail}"),
        (true, false) => format!("{head} …"),
        (false, true | false) => format!("… {tail}"),
    }
}
