//! YAML text → a tree in which every key and value knows its place. The only place that parses manifests.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_yaml::{Error, Location, Spanned};

use crate::diag::{Code, Finding};
use crate::model::{Place, looks_like_secret};

/// A place within the file at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    line: u32,
    column: u32,
    offset: u32,
    len: u32,
}

impl Span {
    fn of(location: Location) -> Self {
        let cut = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let span = location.span();
        Self {
            line: cut(location.line()).max(1),
            column: cut(location.column()).max(1),
            offset: span.byte_offset().map_or(0, cut),
            len: span.byte_len().map_or(0, cut),
        }
    }

    /// The place in a file.
    pub(super) fn place(self, file: &Arc<str>) -> Place {
        Place {
            file: Arc::clone(file),
            line: self.line,
            column: self.column,
            offset: self.offset as usize,
            len: self.len as usize,
        }
    }
}

/// A YAML value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) tree: Tree,
    pub(super) span: Span,
}

/// A key with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

impl Tree {
    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        // Not finite cannot come: the options refuse it.
        Ok(Number::from_f64(number).map_or(Tree::Null, Tree::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Tree, E> {
        Ok(Tree::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<Spanned<String>>()? {
            let key = Key { span: Span::of(key.referenced), text: key.value };
            entries.push((key, access.next_value()?));
        }
        Ok(Tree::Map(entries))
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Tree>::deserialize(deserializer)?;
        Ok(Self { span: Span::of(spanned.referenced), tree: spanned.value })
    }
}

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        budget: serde_yaml::budget! {
            max_depth: 64,
            flow_nesting_limit: 64,
            max_nodes: 50_000,
            max_events: 200_000,
            max_documents: 1_000,
            max_aliases: 1_000,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: 10_000,
        },
    }
}

/// Parses a file into its documents; documents that say nothing are left out.
///
/// A file that does not parse is one finding: what a broken file means cannot be told.
pub(super) fn parse(file: &Arc<str>, text: &str) -> Result<Vec<Node>, Box<Finding>> {
    serde_yaml::from_multiple_with_options::<Node>(text, options()).map_err(|error| Box::new(finding(file, text, &error)))
}

fn finding(file: &Arc<str>, text: &str, error: &Error) -> Finding {
    let place = match error.location() {
        Some(location) => {
            let mut place = Span::of(location).place(file);
            place.offset = byte_offset(text, &place);
            place.len = 0;
            place
        }
        None => Place::start_of(Arc::clone(file)),
    };
    let error = error.without_snippet();
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().trim_start_matches("error: ");
    match error {
        Error::DuplicateMappingKey { .. } => {
            Finding::at(Code::DuplicateKey, place, "this key stands twice in one mapping")
        }
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => Finding::at(
            Code::LimitExceeded,
            place,
            "the file is too deep, has too many nodes, or repeats itself by aliases too often",
        ),
        _ if message.contains("recursion limit") || message.contains("nesting") => {
            Finding::at(Code::LimitExceeded, place, "the file is nested more than 64 levels deep")
        }
        _ if looks_like_secret(message) => Finding::at(Code::Syntax, place, "it cannot be parsed"),
        _ => Finding::at(Code::Syntax, place, message),
    }
}

/// The parser counts characters where it stops, and gives no bytes there.
fn byte_offset(text: &str, place: &Place) -> usize {
    let mut offset = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if number + 1 == place.line as usize {
            let column = place.column.saturating_sub(1) as usize;
            return offset + line.char_indices().nth(column).map_or(line.trim_end().len(), |(at, _)| at);
        }
        offset += line.len();
    }
    text.trim_end().len()
}
