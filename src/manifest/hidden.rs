//! Which parts of a manifest's text may not be shown, because a secret stands there or might.

use std::ops::Range;

use super::node::{self, Node, Tree};
use crate::model::{Field, Reference, is_sensitive_key, joined, looks_like_secret, may_be_secret, secret_words};

/// The bytes of a manifest that may not be shown, in order and apart from each other.
///
/// These are the values below a sensitive key, texts with the shape of a credential, texts in settings that look random,
/// and comments. In a text that does
/// not parse nothing is certain, so everything after the first sensitive key is hidden there.
/// References (`{fromEnv: NAME}`, `{fromFile: path}`) name a secret without being one, and stay.
pub fn hidden(text: &str) -> Vec<Range<usize>> {
    let mut found = secret_words(text);
    match node::parse(&"".into(), text) {
        Ok(documents) => {
            let mut scalars = Scalars::default();
            for node in &documents {
                scalars.add(node, At::default());
            }
            scalars.known.sort_by_key(|range| range.start);
            found.extend(comments(text, &scalars.known));
            found.append(&mut scalars.hidden);
        }
        Err(_) => found.extend(first_sensitive_line(text).map(|start| start..text.len())),
    }
    joined(found)
}

/// Where texts stand, and which of them are hidden.
#[derive(Debug, Default)]
struct Scalars {
    known: Vec<Range<usize>>,
    hidden: Vec<Range<usize>>,
}

/// What is known of a place by the keys above it.
#[derive(Debug, Clone, Copy, Default)]
struct At<'a> {
    is_sensitive: bool,
    /// The last key, where the place is in settings: there secrets have a place.
    setting: Option<&'a str>,
}

impl<'a> At<'a> {
    fn below(self, key: &'a str, is_sensitive: bool) -> Self {
        let is_settings = Field::SETTINGS.iter().any(|field| field.key() == key);
        Self { is_sensitive, setting: self.setting.map(|_| key).or(is_settings.then_some(key)) }
    }
}

impl Scalars {
    fn add(&mut self, node: &Node, at: At<'_>) {
        let At { is_sensitive, setting } = at;
        match &node.tree {
            Tree::List(items) => items.iter().for_each(|item| self.add(item, at)),
            Tree::Map(entries) => {
                let reference = match &**entries {
                    [(key, _)] => Reference::read(&key.text),
                    _ => None,
                };
                let may_be_secret = matches!(reference, Some(Reference::Env | Reference::File));
                for (key, value) in entries.iter() {
                    self.known.push(key.span.bytes());
                    let is_name = match (reference, &value.tree) {
                        (Some(Reference::Env), Tree::Text(name)) => is_variable_name(name),
                        (Some(Reference::File), Tree::Text(_)) => true,
                        (Some(_) | None, _) => false,
                    };
                    let is_sensitive = !is_name && (is_sensitive || may_be_secret || is_hidden_key(&key.text));
                    self.add(value, if is_name { At::default() } else { at.below(&key.text, is_sensitive) });
                }
            }
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => {
                let is_secret = is_sensitive
                    || matches!(&node.tree, Tree::Text(text) if looks_like_secret(text)
                        || setting.is_some_and(|key| may_be_secret(key, text)));
                for range in [node.span.bytes(), node.source.bytes()] {
                    if is_secret {
                        self.hidden.push(range.clone());
                    }
                    self.known.push(range);
                }
            }
        }
    }
}

/// Whether values below a key are hidden: every header is, as in a plan, whatever its name.
fn is_hidden_key(key: &str) -> bool {
    key == "headers" || is_sensitive_key(key)
}

/// Whether a text can name a variable, and so is not a value that was put in its place.
pub(super) fn is_variable_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.len() <= 128 && text.chars().all(allowed) && text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
}

/// Comments: from a `#` outside every text to the end of its line. `scalars` is sorted by start.
fn comments(text: &str, scalars: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut next = 0;
    let mut inside_to = 0;
    for (at, _) in text.match_indices('#') {
        while let Some(range) = scalars.get(next).filter(|range| range.start <= at) {
            inside_to = inside_to.max(range.end);
            next += 1;
        }
        let is_in_comment = found.last().is_some_and(|last| at < last.end);
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        if at >= inside_to && !is_in_comment && before.is_none_or(char::is_whitespace) {
            let len = text.get(at..).and_then(|rest| rest.find(['\n', '\r'])).unwrap_or(text.len() - at);
            found.push(at..at + len);
        }
    }
    found
}

/// Where the first line begins that may open a sensitive value: everything from there on might belong to it.
fn first_sensitive_line(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if is_sensitive_line(line) {
            return Some(start);
        }
        start += line.len();
    }
    None
}

fn is_sensitive_line(line: &str) -> bool {
    if line.contains("-----BEGIN") || line.trim_start().starts_with([':', '?']) {
        return true;
    }
    let mut keys = line.match_indices([':', '=']).filter_map(|(at, _)| {
        let before = line.get(..at)?;
        let from = before.rfind([',', '{', '}', '[', ']', '#', ':', '=', '&', ';']).map_or(0, |edge| edge + 1);
        Some((before.get(from..)?, line.get(at + 1..)?))
    });
    keys.any(|(key, rest)| (is_hidden_key(key.trim()) || key.contains('\\')) && !is_reference(rest))
}

/// Whether what follows a sensitive key is a whole reference and nothing else.
fn is_reference(rest: &str) -> bool {
    let inner = rest.trim().strip_prefix('{').and_then(|rest| rest.trim_end_matches(['}', ' ']).trim().split_once(':'));
    inner.is_some_and(|(key, name)| key == Reference::Env.key() && is_variable_name(name.trim()))
}
