//! Long texts as folded blocks (`>-`), which the serializer would put in quotes on one line.

use std::collections::VecDeque;

use serde_json::Value as Json;

use super::syntax::{Look, Style};

/// Texts from so many characters on are folded.
const LONG: usize = 80;

/// Lines are broken after so many characters, indentation not counted.
const WIDTH: usize = 92;

/// What stands for a folded text until it is put in its place.
const TOKEN: &str = "flowops-folded-text";

/// A value with tokens in the place of its long texts.
pub(super) struct Folds<'t> {
    pub(super) value: Json,
    texts: VecDeque<String>,
    /// Lines that stood there before.
    lines: &'t [&'t str],
}

impl<'t> Folds<'t> {
    /// Takes the long texts out of a map or a list; `look` is that of what stands directly in it.
    pub(super) fn of(value: &Json, look: Option<&'t Look<'t>>) -> Self {
        let (style, lines) = look.map_or((None, [].as_slice()), |look| (Some(look.style), look.lines.as_slice()));
        let mut folds = Self { value: value.clone(), texts: VecDeque::new(), lines };
        // A text that looks like the token could be taken for it.
        if !value.to_string().contains(TOKEN) {
            let mut value = std::mem::take(&mut folds.value);
            folds.take_out(&mut value, style, 0);
            folds.value = value;
        }
        folds
    }

    fn take_out(&mut self, value: &mut Json, style: Option<Style>, depth: usize) {
        let style = style.filter(|_| depth <= 1);
        match value {
            Json::String(text) => {
                let is_wanted = match style {
                    None | Some(Style::Plain) => text.chars().count() > LONG,
                    Some(Style::Folded) => true,
                    Some(Style::Single | Style::Double | Style::Literal) => false,
                };
                if is_wanted && can_be_folded(text) {
                    self.texts.push_back(std::mem::replace(text, TOKEN.to_owned()));
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.take_out(item, style, depth + 1)),
            Json::Object(map) => map.values_mut().for_each(|value| self.take_out(value, style, depth + 1)),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    /// Puts the long texts in the place of their tokens; `None` if a token went astray.
    pub(super) fn put_into(mut self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let Some(before) = line.trim_end().strip_suffix(TOKEN) else {
                out.push_str(line);
                continue;
            };
            // The dashes before a key count as its indentation.
            let indent = before.len() - before.trim_start_matches([' ', '-']).len();
            let is_item = before.trim_start_matches([' ', '-']).is_empty();
            let gap = " ".repeat(if is_item { indent } else { indent + 2 });
            out.push_str(before);
            out.push_str(">-\n");
            for line in lines_of(&self.texts.pop_front()?, self.lines) {
                out.push_str(&gap);
                out.push_str(line);
                out.push('\n');
            }
        }
        self.texts.is_empty().then_some(out)
    }
}

/// A folded block has no line breaks of its own, and neither begins nor ends with white space.
fn can_be_folded(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.chars().any(char::is_control)
}

/// The lines of a folded text. Those of the one before it stay, from its beginning and from its end, as far as they are
/// the same; what stands between them is broken anew.
fn lines_of<'t>(text: &'t str, before: &[&str]) -> Vec<&'t str> {
    let mut rest = text;
    let mut first = Vec::new();
    for line in before {
        let Some(after) = rest.strip_prefix(line).and_then(|after| after.strip_prefix(' ')) else { break };
        first.extend(rest.get(..line.len()));
        rest = after;
    }
    let mut last = Vec::new();
    for line in before.iter().skip(first.len()).rev() {
        let Some(between) = rest.strip_suffix(line).and_then(|between| between.strip_suffix(' ')) else { break };
        last.extend(rest.get(between.len() + 1..));
        rest = between;
    }
    first.extend(wrapped(rest));
    first.extend(last.into_iter().rev());
    first
}

/// Lines that a folded block joins again: broken only where a single space stands between two words.
fn wrapped(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.chars().count() > WIDTH {
        let breaks = rest.match_indices(' ').map(|(at, _)| at).filter(|at| {
            let (before, after) = rest.split_at(*at);
            !before.is_empty() && !before.ends_with(' ') && !after.get(1..).is_none_or(|after| after.starts_with(' '))
        });
        let limit = rest.char_indices().nth(WIDTH).map_or(rest.len(), |(at, _)| at);
        let (mut last, mut next) = (None, None);
        for at in breaks {
            if at <= limit {
                last = Some(at);
            } else {
                next = next.or(Some(at));
            }
        }
        let Some((line, after)) = last.or(next).and_then(|at| rest.split_at_checked(at)) else { break };
        lines.push(line);
        rest = after.get(1..).unwrap_or_default();
    }
    lines.push(rest);
    lines
}
