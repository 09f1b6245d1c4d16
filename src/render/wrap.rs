//! Prose in lines of bearable length.

use super::label::Label;

/// Columns of prose, indentation not counted.
pub(super) const WIDTH: usize = 92;

/// A piece of a line.
pub(super) type Piece = (Label, String);

/// Breaks labelled pieces at spaces, so that no line is longer than [`WIDTH`] unless one word is.
pub(super) fn wrap(pieces: &[Piece]) -> Vec<Vec<Piece>> {
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    let mut line: Vec<Piece> = Vec::new();
    let mut width = 0;
    let mut may_break = false;
    for (label, word) in
        pieces.iter().flat_map(|(label, text)| text.split_inclusive(' ').map(move |word| (*label, word)))
    {
        let length = word.trim_end().chars().count();
        if may_break && width > 0 && width + length > WIDTH {
            lines.push(trimmed(std::mem::take(&mut line)));
            width = 0;
        }
        match line.last_mut() {
            Some((last, text)) if *last == label => text.push_str(word),
            Some(_) | None => line.push((label, word.to_owned())),
        }
        width += word.chars().count();
        may_break = word.ends_with(' ');
    }
    lines.push(trimmed(line));
    lines
}

fn trimmed(mut line: Vec<Piece>) -> Vec<Piece> {
    if let Some((_, text)) = line.last_mut() {
        text.truncate(text.trim_end().len());
    }
    line
}
