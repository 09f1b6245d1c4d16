//! What all text views write on.

use std::fmt;

use super::label::{Label, Sink, Style};
use super::safe::safe;
use super::wrap::Piece;
use crate::model::Place;
use crate::plan::AgentRef;

/// A page of text. Whatever is put on it is made safe here, so no view can forget it.
pub(super) struct Page<'a> {
    sink: Box<dyn Sink + 'a>,
    /// Spaces at the end of the line, put only if something follows them.
    spaces: usize,
}

impl<'a> Page<'a> {
    pub(super) fn new(style: Style, out: &'a mut dyn fmt::Write) -> Self {
        Self { sink: style.sink(out), spaces: 0 }
    }

    /// Puts a piece on the current line.
    pub(super) fn put(&mut self, label: Label, text: &str) -> fmt::Result {
        let text = safe(text);
        let seen = text.trim_end_matches(' ');
        let trailing = text.len() - seen.len();
        if seen.is_empty() {
            self.spaces += trailing;
            return Ok(());
        }
        self.sink.put(Label::Plain, &" ".repeat(self.spaces))?;
        self.spaces = trailing;
        self.sink.put(label, seen)
    }

    /// Puts a piece without a label.
    pub(super) fn plain(&mut self, text: &str) -> fmt::Result {
        self.put(Label::Plain, text)
    }

    /// Ends the line.
    pub(super) fn end(&mut self) -> fmt::Result {
        self.spaces = 0;
        self.sink.put(Label::Plain, "\n")
    }

    /// Puts a piece and ends the line.
    pub(super) fn line(&mut self, label: Label, text: &str) -> fmt::Result {
        self.put(label, text)?;
        self.end()
    }

    /// Puts pieces and ends the line.
    pub(super) fn pieces(&mut self, pieces: &[Piece]) -> fmt::Result {
        for (label, text) in pieces {
            self.put(*label, text)?;
        }
        self.end()
    }

    /// An agent by both its names, as a heading.
    pub(super) fn agent(&mut self, agent: &AgentRef) -> fmt::Result {
        self.put(Label::Emphasis, agent.name.as_str())?;
        self.line(Label::Muted, &format!(" ({})", agent.id))
    }

    /// Where something stands, as editors and terminals open it.
    pub(super) fn place(&mut self, place: &Place) -> fmt::Result {
        self.put(Label::Muted, &place.to_string())
    }
}
