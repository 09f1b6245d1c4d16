//! One change of a YAML text: a value replaced, an entry or an item put in or taken out. Nothing else moves.

use std::ops::Range;

use serde_json::Value as Json;

use super::spell;
use super::syntax::{Entry, Form, Layout, Look, Style, Syntax};

/// Bytes of a text, and what takes their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    pub(super) at: Range<usize>,
    pub(super) text: String,
}

impl Splice {
    /// The text after it; inserted lines end as the text's own do.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        let (before, after) = (text.get(..self.at.start)?, text.get(self.at.end..)?);
        let is_crlf = text.find('\n').is_some_and(|at| text.get(..at).is_some_and(|line| line.ends_with('\r')));
        let inserted = if is_crlf { self.text.replace('\n', "\r\n") } else { self.text.clone() };
        Some(format!("{before}{inserted}{after}"))
    }
}

/// Replaces the value of an entry. A comment on its line stays there, and so does its anchor.
pub(super) fn set(text: &str, layout: Layout, entry: &Entry, value: &Json) -> Option<Splice> {
    let colon = colon(text, entry)?;
    let start = if entry.value.is_anchored { after_anchor(text, colon, &entry.value)? } else { colon };
    let end = entry.value.bytes.end.max(start);
    let look = look(text, &entry.value);
    match layout {
        Layout::Flow => {
            Some(Splice { at: start..end, text: format!(" {}", spell::in_brackets(value, look.as_ref())?) })
        }
        Layout::Block => {
            let spelled = spell::after_key(value, look.as_ref(), column(text, entry.key.bytes.start))?;
            Some(with_comment(text, start..end, &spelled))
        }
    }
}

/// Replaces an item of a list.
pub(super) fn set_item(text: &str, layout: Layout, item: &Syntax, value: &Json) -> Option<Splice> {
    if item.is_anchored {
        return None;
    }
    match layout {
        Layout::Flow => {
            Some(Splice { at: item.bytes.clone(), text: spell::in_brackets(value, look(text, item).as_ref())? })
        }
        Layout::Block => {
            let dash = dash(text, item)?;
            let spelled = spell::item(value, look(text, item).as_ref(), column(text, dash))?;
            Some(with_comment(text, dash..item.bytes.end.max(dash + 1), &spelled))
        }
    }
}

/// Adds an entry at the end of a map.
pub(super) fn insert(text: &str, map: &Syntax, key: &str, value: &Json) -> Option<Splice> {
    let Form::Map(layout, entries) = &map.form else { return None };
    match (layout, entries.first().zip(entries.last())) {
        (Layout::Flow, ends) => {
            let pair = Json::Object([(key.to_owned(), value.clone())].into_iter().collect());
            let pair = spell::in_brackets(&pair, None)?;
            let after = ends.map(|(_, last)| last.value.bytes.end.max(last.key.bytes.end));
            insert_in_brackets(text, map, after, pair.strip_prefix("{ ")?.strip_suffix(" }")?)
        }
        (Layout::Block, Some((first, last))) => {
            let indent = column(text, first.key.bytes.start);
            let key = spell::key(key)?;
            let value = spell::after_key(value, None, indent)?;
            Some(insert_lines(text, end_of_entry(text, last)?, &format!("{}{key}:{value}", " ".repeat(indent))))
        }
        (Layout::Block, None) => None,
    }
}

/// Adds an item at the end of a list; apart from the last one by an empty line if the others are.
pub(super) fn push(text: &str, list: &Syntax, value: &Json) -> Option<Splice> {
    let Form::List(layout, items) = &list.form else { return None };
    match (layout, items.last()) {
        (Layout::Flow, end) => {
            insert_in_brackets(text, list, end.map(|item| item.bytes.end), &spell::in_brackets(value, None)?)
        }
        (Layout::Block, Some(end)) => {
            let dash = dash(text, end)?;
            let indent = column(text, dash);
            let gap = if is_after_empty_line(text, dash, items) { "\n" } else { "" };
            let item = spell::item(value, None, indent)?;
            Some(insert_lines(text, end.bytes.end, &format!("{gap}{}{item}", " ".repeat(indent))))
        }
        (Layout::Block, None) => None,
    }
}

/// Takes an entry out of a map that holds others, with the comment that stands directly above it.
pub(super) fn remove(text: &str, map: &Syntax, at: usize) -> Option<Splice> {
    let Form::Map(layout, entries) = &map.form else { return None };
    let entry = entries.get(at)?;
    let start = entry.key.bytes.start;
    let end = end_of_entry(text, entry)?;
    match layout {
        Layout::Flow => {
            let before = at
                .checked_sub(1)
                .and_then(|at| entries.get(at))
                .map(|entry| entry.value.bytes.end.max(entry.key.bytes.end));
            remove_in_brackets(before, start..end, entries.get(at + 1).map(|entry| entry.key.bytes.start))
        }
        Layout::Block if is_first_on_line(text, start) => Some(remove_lines(text, start..end, at == 0)),
        // The first entry of an item stands behind the dash; the next one takes its place.
        Layout::Block => {
            let next = entries.get(at + 1)?.key.bytes.start;
            Some(Splice { at: start..next, text: String::new() })
        }
    }
}

/// Takes an item out of a list that holds others, with the comment that stands directly above it.
pub(super) fn remove_item(text: &str, list: &Syntax, at: usize) -> Option<Splice> {
    let Form::List(layout, items) = &list.form else { return None };
    let item = items.get(at)?;
    match layout {
        Layout::Flow => {
            let before = at.checked_sub(1).and_then(|at| items.get(at)).map(|item| item.bytes.end);
            remove_in_brackets(before, item.bytes.clone(), items.get(at + 1).map(|item| item.bytes.start))
        }
        Layout::Block => {
            let dash = dash(text, item).filter(|dash| is_first_on_line(text, *dash))?;
            Some(remove_lines(text, dash..item.bytes.end.max(dash + 1), at == 0))
        }
    }
}

/// How a scalar is written, so that what takes its place is written alike.
fn look<'t>(text: &'t str, syntax: &Syntax) -> Option<Look<'t>> {
    let style = match &syntax.form {
        Form::Scalar(style) => *style,
        Form::Alias | Form::List(..) | Form::Map(..) => return None,
    };
    let content = text.get(syntax.bytes.clone()).filter(|_| style == Style::Folded).unwrap_or_default();
    Some(Look { style, lines: content.lines().map(str::trim).filter(|line| !line.is_empty()).collect() })
}

/// Where an entry's colon ends.
fn colon(text: &str, entry: &Entry) -> Option<usize> {
    let after = text.get(entry.key.bytes.end..)?;
    let gap = after.len() - after.trim_start_matches([' ', '\t']).len();
    after.get(gap..)?.starts_with(':').then_some(entry.key.bytes.end + gap + 1)
}

fn after_anchor(text: &str, from: usize, value: &Syntax) -> Option<usize> {
    let between = text.get(from..value.bytes.start)?;
    let name = between.find('&')?;
    let len = between.get(name..)?.find(char::is_whitespace).unwrap_or(between.len() - name);
    Some(from + name + len)
}

/// Where an entry ends: a value that says nothing ends with the colon.
fn end_of_entry(text: &str, entry: &Entry) -> Option<usize> {
    Some(entry.value.bytes.end.max(colon(text, entry)?))
}

/// Where the dash of an item stands.
fn dash(text: &str, item: &Syntax) -> Option<usize> {
    let before = text.get(..item.bytes.start)?.trim_end_matches([' ', '\t', '\n', '\r']);
    before.ends_with('-').then(|| before.len() - 1)
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |line| line + 1)
}

/// How many characters stand before a place on its line.
fn column(text: &str, at: usize) -> usize {
    text.get(line_start(text, at)..at).map_or(0, |before| before.chars().count())
}

fn is_first_on_line(text: &str, at: usize) -> bool {
    text.get(line_start(text, at)..at).is_some_and(|before| before.trim_matches(' ').is_empty())
}

/// Where the line ends on which a place stands, before its line break.
fn line_end(text: &str, at: usize) -> usize {
    let len = text.get(at..).map_or(0, |rest| rest.find('\n').unwrap_or(rest.len()));
    let line = text.get(at..at + len).unwrap_or_default();
    at + line.trim_end_matches('\r').len()
}

/// A value in the place of another. Comments that stood on its lines' ends stay on the first line of what comes.
fn with_comment(text: &str, at: Range<usize>, spelled: &str) -> Splice {
    let plain = || Splice { at: at.clone(), text: spelled.to_owned() };
    let end = line_end(text, at.end);
    let tail = text.get(at.end..end).unwrap_or_default();
    let header = text.get(at.clone()).unwrap_or_default();
    let header = header
        .split_once('\n')
        .map(|(header, _)| header.trim_end())
        .filter(|header| header.trim_start().starts_with(['|', '>']));
    let in_header = header.and_then(|header| header.find(" #").and_then(|at| header.get(at..)));
    let comment = match (in_header, tail.trim_start().starts_with('#')) {
        (Some(comment), _) => comment.to_owned(),
        (None, true) if spelled.contains('\n') => tail.to_owned(),
        (None, true | false) => return plain(),
    };
    let end = if in_header.is_some() { at.end } else { end };
    let (first, rest) = spelled.split_once('\n').map_or((spelled, None), |(first, rest)| (first, Some(rest)));
    let rest = rest.map(|rest| format!("\n{rest}")).unwrap_or_default();
    Splice { at: at.start..end, text: format!("{first}{comment}{rest}") }
}

/// Lines after the one on which something ends.
fn insert_lines(text: &str, after: usize, lines: &str) -> Splice {
    let at = line_end(text, after);
    Splice { at: at..at, text: format!("\n{lines}") }
}

fn insert_in_brackets(text: &str, whole: &Syntax, last: Option<usize>, spelled: &str) -> Option<Splice> {
    let inside = whole.bytes.start + 1;
    let close = whole.bytes.end.checked_sub(1)?;
    let Some(last) = last else {
        let is_map = matches!(whole.form, Form::Map(..));
        let text = if is_map { format!(" {spelled} ") } else { spelled.to_owned() };
        return Some(Splice { at: inside..close, text });
    };
    let comma = text.get(last..close)?.find(',').map(|at| last + at + 1);
    Some(match comma {
        Some(comma) => Splice { at: comma..comma, text: format!(" {spelled}") },
        None => Splice { at: last..last, text: format!(", {spelled}") },
    })
}

fn remove_in_brackets(before: Option<usize>, what: Range<usize>, next: Option<usize>) -> Option<Splice> {
    let at = match (before, next) {
        (_, Some(next)) => what.start..next,
        (Some(before), None) => before..what.end,
        (None, None) => return None,
    };
    Some(Splice { at, text: String::new() })
}

/// Whole lines, with the comment directly above, and with the empty lines that kept them apart from what stands before;
/// or from what follows, where nothing stands before.
fn remove_lines(text: &str, what: Range<usize>, is_first: bool) -> Splice {
    let mut start = line_start(text, what.start);
    let above = |start: usize| {
        let begin = line_start(text, start.checked_sub(1)?);
        Some((begin, text.get(begin..start)?.trim()))
    };
    let indent = column(text, what.start);
    while let Some((begin, line)) = above(start)
        && line.starts_with('#')
        && text.get(begin..).is_some_and(|line| line.len() - line.trim_start_matches(' ').len() == indent)
    {
        start = begin;
    }
    let mut end = line_end(text, what.end);
    end += text
        .get(end..)
        .map_or(0, |rest| if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) });
    if is_first {
        while text
            .get(end..)
            .is_some_and(|rest| rest.lines().next().is_some_and(|line| line.trim().is_empty()) && rest.contains('\n'))
        {
            end += text.get(end..).and_then(|rest| rest.find('\n')).map_or(0, |at| at + 1);
        }
    } else {
        while let Some((begin, "")) = above(start) {
            start = begin;
        }
    }
    Splice { at: start..end, text: String::new() }
}

/// Whether the items of a list are kept apart by empty lines; of a single item that takes several lines, they will be.
fn is_after_empty_line(text: &str, dash: usize, items: &[Syntax]) -> bool {
    if let [only] = items {
        return text.get(only.bytes.clone()).is_some_and(|item| item.contains('\n'));
    }
    let mut start = line_start(text, dash);
    loop {
        let Some(before) = start.checked_sub(1) else { return false };
        let begin = line_start(text, before);
        match text.get(begin..before).map(str::trim) {
            Some("") => return true,
            Some(line) if line.starts_with('#') => start = begin,
            Some(_) | None => return false,
        }
    }
}
