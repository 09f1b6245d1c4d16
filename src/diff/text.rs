//! How two texts differ, by line and within a line by word.

use similar::{ChangeTag, TextDiff};

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is on both sides.
    Same,
    /// It is on the live side only.
    Removed,
    /// It is on the declared side only.
    Added,
    /// Lines that are the same on both sides were left out here.
    Gap,
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What became of it.
    pub change: Change,
    /// Its text in pieces, without the line's end.
    pub pieces: Vec<Piece>,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its text.
    pub text: String,
    /// Whether it is what changed, within a line that was kept in part.
    pub is_changed: bool,
}

/// The difference of two texts with `context` unchanged lines around each change.
///
/// No deadline is set, so the result depends on the texts alone.
pub fn lines(before: &str, after: &str, context: usize) -> Vec<Line> {
    let difference = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    let mut end_of_last = 0;
    for group in difference.grouped_ops(context) {
        let start = group.first().map_or(0, |op| op.old_range().start);
        if start > end_of_last {
            lines.push(Line { change: Change::Gap, pieces: Vec::new() });
        }
        end_of_last = group.last().map_or(end_of_last, |op| op.old_range().end);
        for op in &group {
            lines.extend(difference.iter_inline_changes_deadline(op, None).map(|change| Line {
                change: match change.tag() {
                    ChangeTag::Equal => Change::Same,
                    ChangeTag::Delete => Change::Removed,
                    ChangeTag::Insert => Change::Added,
                },
                pieces: pieces(change.iter_strings_lossy().map(|(is_changed, text)| (is_changed, text.into_owned()))),
            }));
        }
    }
    if end_of_last < before.lines().count() && !lines.is_empty() {
        lines.push(Line { change: Change::Gap, pieces: Vec::new() });
    }
    lines
}

fn pieces(parts: impl Iterator<Item = (bool, String)>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (is_changed, text) in parts {
        let text = text.trim_end_matches(['\n', '\r']);
        match pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.is_changed == is_changed => last.text.push_str(text),
            Some(_) | None => pieces.push(Piece { text: text.to_owned(), is_changed }),
        }
    }
    pieces
}
