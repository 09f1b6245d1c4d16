//! YAML text → where every node of it begins and ends, by the events of the parser that reads manifests.

use std::ops::Range;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};

/// A node as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Syntax {
    /// Its bytes: from the first of its content, after an anchor, a tag or a block's header, to the last.
    pub(super) bytes: Range<usize>,
    /// Whether an anchor names it.
    pub(super) is_anchored: bool,
    pub(super) form: Form,
}

/// How a node is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// A text, a number or the like.
    Scalar(Style),
    /// `*name`.
    Alias,
    List(Layout, Vec<Syntax>),
    Map(Layout, Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: Syntax,
    pub(super) value: Syntax,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// How a text is written, with the lines of it that may stay.
#[derive(Debug, Clone)]
pub(super) struct Look<'t> {
    pub(super) style: Style,
    /// The lines of a folded block; none of any other.
    pub(super) lines: Vec<&'t str>,
}

/// How a list or a map is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// By lines and indentation.
    Block,
    /// In brackets.
    Flow,
}

/// Finds the nodes of every document in a text; `None` if it does not parse.
#[expect(clippy::wildcard_enum_match_arm, reason = "the parser may know more events than this")]
pub(super) fn parse(text: &str) -> Option<Vec<Syntax>> {
    let options: Options = granit_parser::options! { emit_anchor_events: false };
    let mut reader = Events { parser: Parser::new_from_str_with_options(text, options), text };
    let mut documents = Vec::new();
    while let Some((event, span)) = reader.next()? {
        match event {
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
            Event::StreamEnd => break,
            event => documents.push(reader.node(&event, &span, 0)?),
        }
    }
    Some(documents)
}

/// As deep as manifests are read, and a little more.
const DEEPEST: usize = 40;

struct Events<'t> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    text: &'t str,
}

impl<'t> Events<'t> {
    /// The next event that is no comment; the inner `None` at the end.
    #[expect(clippy::option_option, reason = "the outer one says that the text does not parse")]
    fn next(&mut self) -> Option<Option<(Event<'t>, Span)>> {
        loop {
            match self.parser.next() {
                None => return Some(None),
                Some(Err(_)) => return None,
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok((event, span))) => return Some(Some((event, span))),
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the parser may know more events than this")]
    fn node(&mut self, event: &Event<'t>, span: &Span, depth: usize) -> Option<Syntax> {
        if depth > DEEPEST {
            return None;
        }
        let start = span.start.byte_offset()?;
        let end = span.end.byte_offset()?;
        Some(match event {
            Event::Scalar(_, style, anchor, _) => {
                let (style, end) = match style {
                    ScalarStyle::Plain => (Style::Plain, end),
                    ScalarStyle::SingleQuoted => (Style::Single, end),
                    ScalarStyle::DoubleQuoted => (Style::Double, end),
                    ScalarStyle::Literal => (Style::Literal, self.trimmed(start, end)?),
                    ScalarStyle::Folded => (Style::Folded, self.trimmed(start, end)?),
                };
                Syntax { bytes: start..end, is_anchored: *anchor != 0, form: Form::Scalar(style) }
            }
            Event::Alias(_) => Syntax { bytes: start..end, is_anchored: false, form: Form::Alias },
            Event::SequenceStart(style, anchor, _) => {
                let mut items: Vec<Syntax> = Vec::new();
                let close = loop {
                    match self.next()?? {
                        (Event::SequenceEnd, span) => break span.end.byte_offset()?,
                        (event, span) => items.push(self.node(&event, &span, depth + 1)?),
                    }
                };
                let layout = layout(*style);
                let end = end_of(layout, start, items.last().map(|item| item.bytes.end), close);
                Syntax { bytes: start..end, is_anchored: *anchor != 0, form: Form::List(layout, items) }
            }
            Event::MappingStart(style, anchor, _) => {
                let mut entries: Vec<Entry> = Vec::new();
                let close = loop {
                    let key = match self.next()?? {
                        (Event::MappingEnd, span) => break span.end.byte_offset()?,
                        (event, span) => self.node(&event, &span, depth + 1)?,
                    };
                    let (event, span) = self.next()??;
                    entries.push(Entry { key, value: self.node(&event, &span, depth + 1)? });
                };
                let layout = layout(*style);
                // Nothing after a key is a value before its colon.
                let last = entries.last().map(|entry| entry.value.bytes.end.max(entry.key.bytes.end));
                let end = end_of(layout, start, last, close);
                Syntax { bytes: start..end, is_anchored: *anchor != 0, form: Form::Map(layout, entries) }
            }
            _ => return None,
        })
    }

    /// Where a block scalar's last line that says something ends.
    fn trimmed(&self, start: usize, end: usize) -> Option<usize> {
        Some(start + self.text.get(start..end)?.trim_end().len())
    }
}

const fn layout(style: StructureStyle) -> Layout {
    match style {
        StructureStyle::Block => Layout::Block,
        StructureStyle::Flow => Layout::Flow,
    }
}

/// A block ends with its last child, not where the parser notices; in brackets it ends with the closing one.
fn end_of(layout: Layout, start: usize, last: Option<usize>, close: usize) -> usize {
    match layout {
        Layout::Block => last.unwrap_or(start),
        Layout::Flow => close,
    }
}
