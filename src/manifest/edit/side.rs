//! Files beside the manifests, with new texts in the place of some.

use std::collections::BTreeMap;

use super::SideEdit;
use crate::manifest::SideFiles;
use crate::manifest::roster::read_roster;
use crate::model::Value;

/// Files of which some have new texts, by their path from the project root.
pub(super) struct Overlay<'a> {
    below: &'a dyn SideFiles,
    texts: BTreeMap<String, SideEdit>,
}

impl<'a> Overlay<'a> {
    pub(super) fn new(below: &'a dyn SideFiles, texts: BTreeMap<String, SideEdit>) -> Self {
        Self { below, texts }
    }

    /// Gives a file another text.
    pub(super) fn put(&mut self, manifest: &str, path: &str, text: String) -> Result<(), String> {
        let located = self.below.locate(manifest, path)?;
        if let Some(edit) = self.texts.get_mut(&located) {
            edit.after = text;
        } else {
            let before = self.below.text(manifest, path)?;
            self.texts.insert(located, SideEdit { before, after: text });
        }
        Ok(())
    }

    pub(super) fn texts(&self) -> &BTreeMap<String, SideEdit> {
        &self.texts
    }

    /// Gives back the texts that there were.
    pub(super) fn restore(&mut self, texts: BTreeMap<String, SideEdit>) {
        self.texts = texts;
    }

    pub(super) fn into_texts(self) -> BTreeMap<String, SideEdit> {
        self.texts
    }
}

impl SideFiles for Overlay<'_> {
    fn text(&self, manifest: &str, path: &str) -> Result<String, String> {
        let located = self.below.locate(manifest, path).ok();
        let new = located.and_then(|located| self.texts.get(&located));
        new.map_or_else(|| self.below.text(manifest, path), |edit| Ok(edit.after.clone()))
    }

    fn locate(&self, manifest: &str, path: &str) -> Result<String, String> {
        self.below.locate(manifest, path)
    }
}

/// A text with the line ends of the one before it, and with its last line break.
pub(super) fn like(before: &str, text: &str) -> String {
    let is_crlf = before.contains("\r\n");
    let end = if before.ends_with('\n') { "\n" } else { "" };
    let text = format!("{text}{end}");
    if is_crlf { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
}

/// A roster as a CSV file with the columns of the one before it; rows that are the same stay byte by byte.
pub(super) fn roster(before: &str, rows: &[Value]) -> Result<String, String> {
    let wrong = || "its rows do not fit the columns of the CSV file".to_owned();
    let mut table = csv::ReaderBuilder::new().from_reader(before.as_bytes());
    let header: Vec<String> = table.headers().map_err(|_| wrong())?.iter().map(|name| name.trim().to_owned()).collect();
    let starts = table.records().map(|record| record.ok()?.position().map(|at| usize::try_from(at.byte()).ok())?);
    let starts: Vec<usize> = starts.collect::<Option<_>>().ok_or_else(wrong)?;
    let ends = starts.iter().skip(1).copied().chain([before.len()]);
    let lines: Vec<&str> = starts.iter().zip(ends).filter_map(|(start, end)| before.get(*start..end)).collect();
    let old = read_roster(before)?;
    let mut text = before.get(..starts.first().copied().unwrap_or(before.len())).unwrap_or_default().to_owned();
    let line_end = if before.contains("\r\n") { "\r\n" } else { "\n" };
    for row in rows {
        if !text.ends_with('\n') {
            text.push_str(line_end);
        }
        match old.iter().position(|other| other == row).and_then(|at| lines.get(at)) {
            Some(line) => text.push_str(line),
            None => text.push_str(&new_row(&header, row, line_end).ok_or_else(wrong)?),
        }
    }
    Ok(text)
}

fn new_row(header: &[String], row: &Value, line_end: &str) -> Option<String> {
    let cells = row.as_map()?;
    if cells.keys().any(|key| !header.iter().any(|column| **column == **key)) {
        return None;
    }
    let line = header.iter().map(|column| match cells.get(column.as_str()) {
        None | Some(Value::Null) => Some(String::new()),
        Some(Value::Text(text)) => Some(text.to_string()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(_) | Value::Secret(_) | Value::List(_) | Value::Map(_)) => None,
    });
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    writer.write_record(line.collect::<Option<Vec<_>>>()?).ok()?;
    let text = String::from_utf8(writer.into_inner().ok()?).ok()?;
    Some(format!("{}{line_end}", text.trim_end_matches('\n')))
}
