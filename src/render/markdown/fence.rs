//! Values in a fence that shows differences: every line has a sign of ours before it.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::inline::longest_run;
use crate::render::Label;
use crate::render::change::{CONTEXT, MOST_LINES, SAME, signed};
use crate::render::delta::{Delta, Sign, delta};
use crate::render::safe;
use crate::render::value::{block, cut, dotted, flow};
use crate::render::words::count;
use crate::render::wrap::{Piece, wrap};

/// What stands before every line from outside, so that none begins with what a CI system would take for a command.
const GUTTER: &str = "| ";
/// Values up to this many characters stand beside their field.
const SHORT: usize = 100;
/// Lines of a new text before the rest is left out.
const MOST_NEW_LINES: usize = 12;
/// Lines of a fence before it is folded.
const FOLDED: usize = 24;

/// What becomes of a line. GitHub shows the second in red, the third in green, the last in orange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing.
    Plain,
    /// It goes.
    Gone,
    /// It comes.
    Come,
    /// It is another.
    Changed,
}

/// Lines of a fence.
#[derive(Debug, Default)]
pub(super) struct Fence {
    lines: Vec<(Mark, String)>,
}

impl Fence {
    /// A line.
    pub(super) fn line(&mut self, mark: Mark, text: &str) {
        self.lines.push((mark, safe(text).trim_end().to_owned()));
    }

    /// How a value changes.
    pub(super) fn change(&mut self, path: &str, old: Option<&Json>, new: Option<&Json>) {
        let path_shown = dotted(path);
        match delta(path, old, new, CONTEXT) {
            Delta::Members { gone, come } => {
                let gone = gone.iter().map(|member| format!(" -{member}"));
                let members: String = gone.chain(come.iter().map(|member| format!(" +{member}"))).collect();
                self.line(Mark::Changed, &format!("{path_shown}:{members}"));
            }
            Delta::Short { old, new } => self.line(Mark::Changed, &format!("{path_shown}: {old} → {new}")),
            Delta::Lines(rows) => {
                self.line(Mark::Changed, &format!("{path_shown}:"));
                let lines = signed(&rows).into_iter().map(|(sign, pieces)| (mark(sign), text(&pieces))).collect();
                self.block(lines, MOST_LINES);
                if rows.is_empty() {
                    self.line(Mark::Plain, &format!("{GUTTER}{SAME}"));
                }
            }
        }
    }

    /// The value of what is new, long texts by their beginning.
    pub(super) fn declared(&mut self, path: &str, value: &Json) {
        let path = dotted(path);
        let shown = flow(value);
        if shown.chars().count() <= SHORT && !value.as_str().is_some_and(|text| text.contains('\n')) {
            return self.line(Mark::Come, &format!("{path}: {shown}"));
        }
        self.line(Mark::Come, &format!("{path}:"));
        let whole = block(value);
        let lines = whole.trim_end().lines().flat_map(|line| wrap(&[(Label::Plain, line.to_owned())]));
        self.block(lines.map(|pieces| (Mark::Come, text(&pieces))).collect(), MOST_NEW_LINES);
    }

    /// Lines below a field, the first ones only if there are many.
    fn block(&mut self, lines: Vec<(Mark, String)>, most: usize) {
        // Leaving out a single line would save nothing.
        let shown = if lines.len() > most + 1 { most } else { lines.len() };
        let rest = lines.len() - shown;
        for (mark, text) in lines.into_iter().take(shown) {
            self.line(mark, &format!("{GUTTER}{text}"));
        }
        if rest > 0 {
            self.line(Mark::Plain, &format!("{GUTTER}… {}", count(rest, "more line")));
        }
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// As Markdown, a long one folded; nothing if there is no line.
    pub(super) fn markdown(&self) -> String {
        if self.lines.is_empty() {
            return String::new();
        }
        let longest = self.lines.iter().map(|(_, text)| longest_run(text)).max().unwrap_or(0);
        let bar = "`".repeat(longest.max(2) + 1);
        let mut out = format!("{bar}diff\n");
        for (mark, text) in &self.lines {
            let sign = match mark {
                Mark::Plain => "  ",
                Mark::Gone => "- ",
                Mark::Come => "+ ",
                Mark::Changed => "! ",
            };
            // Writing into a `String` cannot fail.
            let _infallible = writeln!(out, "{}", format!("{sign}{text}").trim_end());
        }
        out.push_str(&bar);
        out.push('\n');
        if self.lines.len() <= FOLDED {
            return out;
        }
        let summary = count(self.lines.len(), "line");
        format!("<details><summary>{summary}</summary>\n\n{out}\n</details>\n")
    }
}

const fn mark(sign: Sign) -> Mark {
    match sign {
        Sign::Kept | Sign::Gap => Mark::Plain,
        Sign::Gone => Mark::Gone,
        Sign::Come => Mark::Come,
        Sign::Changed => Mark::Changed,
    }
}

fn text(pieces: &[Piece]) -> String {
    pieces.iter().map(|(_, text)| text.as_str()).collect()
}

/// What a server or an error said, word for word.
pub(super) fn quotation(said: &str) -> String {
    let lines: Vec<String> = said.lines().take(20).map(|line| cut(&safe(line), 2_000)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let bar = "`".repeat(longest.max(2) + 1);
    format!(
        "{bar}text\n{}\n{bar}\n",
        lines.iter().map(|line| format!("{GUTTER}{line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    )
}
