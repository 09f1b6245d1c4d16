//! CSV files beside the manifests: how one is read, where its rows stand, and why one cannot be read.

use std::sync::Arc;

use crate::model::Place;

/// Reads a CSV file. White space around cells, and a byte order mark, mean nothing.
pub(super) fn reader(text: &str) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes())
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
