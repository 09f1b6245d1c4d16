//! CSV files beside the manifests: how one is read, where its rows stand, and why one cannot be read.

use std::sync::Arc;

use crate::model::Place;

/// Opens a CSV file: its header, and what reads its rows. White space around cells, and a byte order mark, mean nothing.
///
/// # Errors
/// The header cannot be read, a quote somewhere makes it unclear where a cell ends, or a character stands somewhere that no
/// manifest may hold as it is.
pub(super) fn open(text: &str) -> Result<(csv::StringRecord, csv::Reader<&[u8]>), Broken> {
    let content = text.trim_start_matches('\u{feff}');
    check_characters(content)?;
    check_quotes(content)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content.as_bytes());
    let header = reader.headers().map_err(|error| Broken::of(text, &error))?.clone();
    Ok((header, reader))
}

/// What went wrong on the way out of a spreadsheet is heard by nobody who could mend it. YAML refuses such characters, too
/// (1.2.2, production 1).
fn check_characters(text: &str) -> Result<(), Broken> {
    let is_stray = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let Some((at, stray)) = text.char_indices().find(|(_, c)| is_stray(*c)) else { return Ok(()) };
    let before = text.get(..at).unwrap_or_default();
    let why = format!("the control character U+{:04X} stands in this row", u32::from(stray));
    Err(Broken { line: 1 + before.matches('\n').count() as u64, why })
}

/// The reader takes any quotes, and a forgotten one would make one cell of all rows after it. By RFC 4180, section 2, a
/// quoted cell ends with its quote.
fn check_quotes(text: &str) -> Result<(), Broken> {
    let (mut line, mut opened, mut within) = (1, 1, Within::Nothing);
    for char in text.chars() {
        within = match (within, char) {
            (Within::Quotes, '"') => Within::QuotesOrAfter,
            (Within::Quotes, _) | (Within::QuotesOrAfter, '"') => Within::Quotes,
            (Within::Nothing, '"') => {
                opened = line;
                Within::Quotes
            }
            (Within::Nothing | Within::Text | Within::QuotesOrAfter | Within::After, ',' | '\n' | '\r') => {
                Within::Nothing
            }
            (Within::Nothing | Within::Text, _) => Within::Text,
            (Within::QuotesOrAfter | Within::After, ' ' | '\t') => Within::After,
            (Within::QuotesOrAfter | Within::After, _) => {
                let why = "a cell of this row goes on after its closing quote; within quotes, a quote is written twice";
                return Err(Broken { line: opened, why: why.to_owned() });
            }
        };
        line += u64::from(char == '\n');
    }
    match within {
        Within::Quotes => {
            Err(Broken { line: opened, why: "a quote that opens in this row is never closed".to_owned() })
        }
        Within::Nothing | Within::Text | Within::QuotesOrAfter | Within::After => Ok(()),
    }
}

/// What a character of a CSV file stands in.
#[derive(Clone, Copy)]
enum Within {
    /// The beginning of a cell.
    Nothing,
    /// A cell without quotes; a quote in it is a character as any other.
    Text,
    Quotes,
    /// A quote was read that closes the cell, unless another one follows.
    QuotesOrAfter,
    /// The white space after the closing quote.
    After,
}

/// The line where a record begins, counted from 1. The reader stops before line breaks that it passes over later.
pub(super) fn line(text: &str, position: Option<&csv::Position>) -> u64 {
    let text = text.trim_start_matches('\u{feff}');
    let Some(position) = position else { return 1 };
    let rest = usize::try_from(position.byte()).ok().and_then(|at| text.as_bytes().get(at..)).unwrap_or_default();
    let breaks = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + breaks.filter(|byte| **byte == b'\n').count() as u64
}

/// A row that cannot be read, without quoting it.
pub(super) struct Broken {
    pub(super) line: u64,
    pub(super) why: String,
}

impl Broken {
    pub(super) fn of(text: &str, error: &csv::Error) -> Self {
        let line = line(text, error.position());
        let why = if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
            format!("this row has {len} cells, the header has {expected_len}")
        } else {
            "this row cannot be read as CSV".to_owned()
        };
        Self { line, why }
    }
}

/// The lines of a file, as places.
pub(super) struct Lines<'a> {
    file: &'a Arc<str>,
    /// Where each begins, and how long it is.
    at: Vec<(usize, usize)>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a Arc<str>, text: &str) -> Self {
        let mut offset = 0;
        let line = |content: &str| {
            let start = offset;
            offset += content.len();
            (start, content.trim_end().len())
        };
        Self { file, at: text.split_inclusive('\n').map(line).collect() }
    }

    pub(super) fn place(&self, line: u64) -> Place {
        let at = usize::try_from(line).ok().and_then(|line| self.at.get(line.checked_sub(1)?));
        let (Some(&(offset, len)), Ok(line)) = (at, u32::try_from(line)) else {
            return Place::start_of(Arc::clone(self.file));
        };
        Place { file: Arc::clone(self.file), line, column: 1, offset, len }
    }
}
