//! One value that becomes another, before anybody writes it down: short ones whole, sets by their members, the others by
//! line and, within a line, by word.

use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization as _;

use super::value::{block, flow};
use crate::diff::{self, Line as TextLine, TextChange};
use crate::model::{Compare, Field};
use crate::record::hidden::keys;

/// Values up to this many characters stand on one line.
const SHORT: usize = 60;

/// How a value becomes another.
#[derive(Debug)]
pub(super) enum Delta {
    /// Members of a list of which the order does not count.
    Members {
        /// Those that go.
        gone: Vec<String>,
        /// Those that come.
        come: Vec<String>,
    },
    /// Both values, on one line each.
    Short {
        /// What it was.
        old: String,
        /// What it will be.
        new: String,
    },
    /// Lines; none if the values are the same but for their form.
    Lines(Vec<Row>),
}

/// A line of a [`Delta`].
#[derive(Debug)]
pub(super) struct Row {
    /// What becomes of it.
    pub(super) sign: Sign,
    /// Its text.
    pub(super) spans: Vec<Span>,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// It stays.
    Kept,
    /// It goes.
    Gone,
    /// It comes.
    Come,
    /// Parts of it go and come, the rest stays; it stands here once.
    Changed,
    /// Lines that stay were left out here.
    Gap,
}

/// A part of a line.
#[derive(Debug)]
pub(super) struct Span {
    /// What becomes of it, apart from its line.
    pub(super) mark: Mark,
    /// Its text.
    pub(super) text: String,
}

/// What becomes of a part of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing else than of its line.
    Kept,
    /// It goes.
    Gone,
    /// It comes.
    Come,
}

/// How the value at a path becomes another; of long ones, with so many lines that stay around each that does not.
pub(super) fn delta(path: &str, old: Option<&Json>, new: Option<&Json>, context: usize) -> Delta {
    if is_set(path)
        && let (Some(old), Some(new)) = (members(old), members(new))
        && old.iter().chain(&new).any(|member| !(old.contains(member) && new.contains(member)))
    {
        let gone = old.iter().filter(|member| !new.contains(member)).cloned().collect();
        let come = new.iter().filter(|member| !old.contains(member)).cloned().collect();
        return Delta::Members { gone, come };
    }
    match (short(old), short(new)) {
        (Some(old), Some(new)) => Delta::Short { old, new },
        (None, Some(_)) | (Some(_) | None, None) => Delta::Lines(rows(old, new, context)),
    }
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

/// A value on one line, if it is short enough.
fn short(value: Option<&Json>) -> Option<String> {
    let Some(value) = value else { return Some("(not set)".to_owned()) };
    if value.as_str().is_some_and(|text| text.contains('\n')) {
        return None;
    }
    Some(flow(value)).filter(|text| text.chars().count() <= SHORT)
}

/// The lines in which two long values differ.
fn rows(old: Option<&Json>, new: Option<&Json>, context: usize) -> Vec<Row> {
    let (old, new) = (comparable(old), comparable(new));
    let difference = diff::lines(&old, &new, context.min(old.lines().count()));
    let mut rows = Vec::new();
    let mut rest = difference.as_slice();
    while let Some((line, after)) = rest.split_first() {
        if line.change == TextChange::Removed {
            rest = replacement(&mut rows, rest);
            continue;
        }
        rows.push(single(line));
        rest = after;
    }
    rows
}

/// A value as lines, without what does not count when texts are compared.
fn comparable(value: Option<&Json>) -> String {
    let text = value.map(block).unwrap_or_default().replace("\r\n", "\n");
    text.trim_end().nfc().chain((!text.is_empty()).then_some('\n')).collect()
}

/// A line as it is; what changed in it is marked if something else in it stayed.
fn single(line: &TextLine) -> Row {
    let (sign, mark) = match line.change {
        TextChange::Same => (Sign::Kept, Mark::Kept),
        TextChange::Removed => (Sign::Gone, Mark::Gone),
        TextChange::Added => (Sign::Come, Mark::Come),
        TextChange::Gap => (Sign::Gap, Mark::Kept),
    };
    let is_partial = line.pieces.iter().any(|piece| !piece.is_changed && !piece.text.trim().is_empty());
    let span = |piece: &diff::Piece| Span {
        mark: if is_partial && piece.is_changed { mark } else { Mark::Kept },
        text: piece.text.clone(),
    };
    Row { sign, spans: line.pieces.iter().map(span).collect() }
}

/// Adds lines that went and the lines that came in their place, pair by pair as long as something in them stayed.
/// Gives what follows.
fn replacement<'a>(rows: &mut Vec<Row>, from: &'a [TextLine]) -> &'a [TextLine] {
    let run = |from: &'a [TextLine], change: TextChange| {
        from.split_at(from.iter().position(|line| line.change != change).unwrap_or(from.len()))
    };
    let (removed, rest) = run(from, TextChange::Removed);
    let (added, rest) = run(rest, TextChange::Added);
    let before = rows.len();
    rows.extend(removed.iter().zip(added).map_while(|(old, new)| merged(old, new)));
    let pairs = rows.len() - before;
    rows.extend(removed.iter().skip(pairs).chain(added.iter().skip(pairs)).map(single));
    rest
}

/// A line that was kept in part, once, with what went and what came marked in it.
fn merged(old: &TextLine, new: &TextLine) -> Option<Row> {
    let same = |line: &TextLine| -> String {
        line.pieces.iter().filter(|piece| !piece.is_changed).map(|piece| piece.text.as_str()).collect()
    };
    let kept = same(old);
    if kept.trim().is_empty() || kept != same(new) {
        return None;
    }
    let mut old = old.pieces.iter().map(|piece| (piece.is_changed, piece.text.as_str())).peekable();
    let mut new = new.pieces.iter().map(|piece| (piece.is_changed, piece.text.as_str())).peekable();
    let mut spans: Vec<Span> = Vec::new();
    loop {
        if let Some((_, text)) = old.next_if(|(is_changed, _)| *is_changed) {
            spans.push(Span { mark: Mark::Gone, text: text.to_owned() });
        } else if let Some((_, text)) = new.next_if(|(is_changed, _)| *is_changed) {
            spans.push(Span { mark: Mark::Come, text: text.to_owned() });
        } else {
            let (Some((_, left)), Some((_, right))) = (old.peek_mut(), new.peek_mut()) else { break };
            let (kept, left_rest) = left.split_at_checked(right.len()).unwrap_or((*left, ""));
            let right_rest = right.strip_prefix(kept)?;
            spans.push(Span { mark: Mark::Kept, text: kept.to_owned() });
            (*left, *right) = (left_rest, right_rest);
            old.next_if(|(_, text)| text.is_empty());
            new.next_if(|(_, text)| text.is_empty());
        }
    }
    Some(Row { sign: Sign::Changed, spans })
}
