//! Labels say what a piece of text is; a sink decides how that looks.

use std::fmt;

use anstyle::{AnsiColor, Style as Ansi};

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// It will be there, and is not now.
    Added,
    /// It is there, and will not be.
    Removed,
    /// It will be another.
    Changed,
    /// What something is called.
    Address,
    /// Good to know, and seldom needed.
    Muted,
    /// What matters most.
    Emphasis,
    /// Somebody should look.
    Warning,
    /// It failed, or will.
    Error,
    /// Everything else.
    Plain,
}

impl Label {
    const fn ansi(self) -> Ansi {
        match self {
            Self::Added => AnsiColor::Green.on_default(),
            Self::Removed => AnsiColor::Red.on_default(),
            Self::Changed => AnsiColor::Yellow.on_default(),
            Self::Address => AnsiColor::Cyan.on_default(),
            Self::Muted => Ansi::new().dimmed(),
            Self::Emphasis => Ansi::new().bold(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Error => AnsiColor::Red.on_default().bold(),
            Self::Plain => Ansi::new(),
        }
    }
}

/// Where labelled pieces go.
pub trait Sink {
    /// Takes a piece that holds no line break, or is one.
    fn put(&mut self, label: Label, text: &str) -> fmt::Result;
}

/// What becomes of labels. Every view reads well without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Nothing.
    #[default]
    Plain,
    /// Colours and weights, as ANSI sequences.
    Ansi,
}

impl Style {
    pub(super) fn sink<'a>(self, out: &'a mut dyn fmt::Write) -> Box<dyn Sink + 'a> {
        match self {
            Self::Plain => Box::new(PlainSink(out)),
            Self::Ansi => Box::new(AnsiSink(out)),
        }
    }
}

struct PlainSink<'a>(&'a mut dyn fmt::Write);

impl Sink for PlainSink<'_> {
    fn put(&mut self, _: Label, text: &str) -> fmt::Result {
        self.0.write_str(text)
    }
}

struct AnsiSink<'a>(&'a mut dyn fmt::Write);

impl Sink for AnsiSink<'_> {
    fn put(&mut self, label: Label, text: &str) -> fmt::Result {
        if label == Label::Plain || text.trim().is_empty() {
            return self.0.write_str(text);
        }
        let style = label.ansi();
        write!(self.0, "{style}{text}{style:#}")
    }
}
