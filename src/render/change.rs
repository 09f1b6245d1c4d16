//! One value that becomes another, as people read it: short ones with an arrow, sets by their members, the others by line.

use std::fmt;

use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization as _;

use super::label::Label;
use super::page::Page;
use super::value::{Presence, block, cut, dotted, flow};
use super::words::count;
use super::wrap::{Piece, wrap};
use crate::diff::{self, Difference, Line as TextLine, TextChange};
use crate::model::{Compare, Field};
use crate::record::hidden::{is_hidden, keys};

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
        && old.iter().chain(&new).any(|member| !(old.contains(member) && new.contains(member)))
    {
        return set(page, &old, &new);
    }
    let (Some(old), Some(new)) = (short(old), short(new)) else {
        page.end()?;
        return lines(page, indent, old, new);
    };
    page.plain(" ")?;
    page.put(Label::Removed, &old)?;
    page.plain(" → ")?;
    page.line(Label::Added, &new)
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

/// The members of a list; `null` is none, since it stands for the server's default.
fn members(value: Option<&Json>) -> Option<Vec<String>> {
    match value {
        None => Some(Vec::new()),
        Some(Json::Array(items)) => Some(items.iter().map(flow).collect()),
        Some(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_)) => None,
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

/// A value on one line, if it is short enough.
fn short(value: Option<&Json>) -> Option<String> {
    let Some(value) = value else { return Some("(not set)".to_owned()) };
    if value.as_str().is_some_and(|text| text.contains('\n')) {
        return None;
    }
    Some(flow(value)).filter(|text| text.chars().count() <= SHORT)
}

/// The lines in which two long values differ.
fn lines(page: &mut Page<'_>, indent: &str, old: Option<&Json>, new: Option<&Json>) -> fmt::Result {
    let difference = diff::lines(&comparable(old), &comparable(new), 2);
    let mut lines = Vec::new();
    let mut rest = difference.as_slice();
    while let Some((line, after)) = rest.split_first() {
        if line.change == TextChange::Removed {
            rest = replacement(&mut lines, rest);
            continue;
        }
        single(&mut lines, line);
        rest = after;
    }
    if lines.is_empty() {
        lines.push(vec![(Label::Muted, "(the same but for its form)".to_owned())]);
    }
    folded(page, indent, &lines, MOST_LINES)
}

/// Adds a line as it is.
fn single(lines: &mut Vec<Vec<Piece>>, line: &TextLine) {
    let (sign, pieces) = match line.change {
        TextChange::Same => ((Label::Muted, "  "), marked(line, Label::Muted, "", "")),
        TextChange::Removed => ((Label::Removed, "- "), marked(line, Label::Removed, "[-", "-]")),
        TextChange::Added => ((Label::Added, "+ "), marked(line, Label::Added, "{+", "+}")),
        TextChange::Gap => ((Label::Muted, "  "), vec![(Label::Muted, "…".to_owned())]),
    };
    add_lines(lines, sign, &pieces);
}

/// Adds lines that went and the lines that came in their place, pair by pair as long as something in them stayed.
/// Gives what follows.
fn replacement<'a>(lines: &mut Vec<Vec<Piece>>, from: &'a [TextLine]) -> &'a [TextLine] {
    let run = |from: &'a [TextLine], change: TextChange| {
        from.split_at(from.iter().position(|line| line.change != change).unwrap_or(from.len()))
    };
    let (removed, rest) = run(from, TextChange::Removed);
    let (added, rest) = run(rest, TextChange::Added);
    let mut pairs = 0;
    for merged in removed.iter().zip(added).map_while(|(old, new)| merged(old, new)) {
        add_lines(lines, (Label::Changed, "~ "), &merged);
        pairs += 1;
    }
    removed.iter().skip(pairs).chain(added.iter().skip(pairs)).for_each(|line| single(lines, line));
    rest
}

/// A value as lines, without what does not count when texts are compared.
fn comparable(value: Option<&Json>) -> String {
    let text = value.map(block).unwrap_or_default().replace("\r\n", "\n");
    text.trim_end().nfc().chain((!text.is_empty()).then_some('\n')).collect()
}

fn add_lines(lines: &mut Vec<Vec<Piece>>, (label, sign): (Label, &str), pieces: &[Piece]) {
    for mut line in wrap(pieces) {
        line.insert(0, (label, sign.to_owned()));
        lines.push(line);
    }
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

/// A line with its sign; what changed in it is marked if something else in it stayed.
fn marked(line: &TextLine, label: Label, open: &str, close: &str) -> Vec<Piece> {
    let is_partial = line.pieces.iter().any(|piece| !piece.is_changed && !piece.text.trim().is_empty());
    let piece = |piece: &diff::Piece| {
        let is_marked = is_partial && piece.is_changed;
        (label, if is_marked { enclosed(&piece.text, open, close) } else { piece.text.clone() })
    };
    line.pieces.iter().map(piece).collect()
}

/// A text between marks, its last space outside of them.
fn enclosed(text: &str, open: &str, close: &str) -> String {
    match text.strip_suffix(' ').filter(|inner| !inner.trim().is_empty()) {
        Some(inner) => format!("{open}{inner}{close} "),
        None => format!("{open}{text}{close}"),
    }
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
            pieces.push((Label::Removed, enclosed(text, "[-", "-]")));
        } else if let Some((_, text)) = new.next_if(|(is_changed, _)| *is_changed) {
            // What went and what came in its place stand together.
            if let Some((Label::Removed, before)) = pieces.last_mut()
                && before.ends_with("-] ")
                && text.ends_with(' ')
            {
                before.pop();
            }
            pieces.push((Label::Added, enclosed(text, "{+", "+}")));
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
    let (head, tail) = (at(KEPT), at(length.saturating_sub(KEPT)));
    let head = text.get(..head).and_then(|head| head.rsplit_once(' ')).map_or("", |(head, _)| head);
    let tail = text.get(tail..).and_then(|tail| tail.split_once(' ')).map_or("", |(_, tail)| tail);
    match (follows, precedes) {
        (true, true) => format!("{head} … {tail}"),
        (true, false) => format!("{head} …"),
        (false, true | false) => format!("… {tail}"),
    }
}
