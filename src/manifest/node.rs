//! YAML text → a tree in which every key and value knows its place. The only place that parses manifests.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_yaml::{Error, Location, Spanned};

use crate::diag::{Code, Finding};
use crate::model::Place;

/// A place within the file at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    line: u32,
    column: u32,
    offset: u32,
    len: u32,
}

impl Span {
    /// The bytes in the file.
    pub(super) fn bytes(self) -> Range<usize> {
        let start = self.offset as usize;
        start..start + self.len as usize
    }

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

    /// The span of a place, in its own file.
    pub(super) fn at(place: &Place) -> Self {
        let cut = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { line: place.line, column: place.column, offset: cut(place.offset), len: cut(place.len) }
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
    /// Where it is used.
    pub(super) span: Span,
    /// Where it is written: another place than `span` if an alias stands there.
    pub(super) source: Span,
}

/// A key with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) text: Arc<str>,
    pub(super) span: Span,
}

/// What stands at a place. A clone costs next to nothing, whatever it holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(Arc<str>),
    List(Arc<[Node]>),
    Map(Arc<[(Key, Node)]>),
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
        Ok(Tree::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Tree, E> {
        Ok(Tree::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<Spanned<String>>()? {
            let key = Key { span: Span::of(key.referenced), text: key.value.into() };
            entries.push((key, access.next_value()?));
        }
        Ok(Tree::Map(entries.into()))
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
        let (span, source) = (Span::of(spanned.referenced), Span::of(spanned.defined));
        Ok(Self { tree: spanned.value, span, source })
    }
}

/// Reading descends by recursion, and 32 levels leave room even on a small stack.
const DEEPEST: usize = 32;

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        budget: serde_yaml::budget! {
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
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
    serde_yaml::from_multiple_with_options::<Node>(text, options())
        .map_err(|error| Box::new(finding(file, text, &error)))
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
    let error = if let Error::AliasError { error, .. } = error { error.without_snippet() } else { error };
    let is_over_a_limit = matches!(
        error,
        Error::Budget { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. }
            | Error::AliasReplayStackDepthExceeded { .. }
    );
    if is_over_a_limit {
        let message = "the file is too deep, has too many nodes, or repeats itself by aliases too often";
        return Finding::at(Code::LimitExceeded, place, message);
    }
    if matches!(error, Error::DuplicateMappingKey { .. }) {
        return Finding::at(Code::DuplicateKey, place, "this key stands twice in one mapping");
    }
    let text = error.to_string();
    if text.contains("recursion limit") {
        return Finding::at(Code::LimitExceeded, place, "the file is nested more than 32 levels deep");
    }
    let (message, help) = explain(&text);
    Finding::at(Code::Syntax, place, message).maybe_help(help.map(str::to_owned))
}

/// What the parser means, in our words: its own may quote the file, and a secret may stand there.
fn explain(parser: &str) -> (&'static str, Option<&'static str>) {
    const KNOWN: [(&str, &str, Option<&str>); 21] = [
        (
            "mapping values are not allowed",
            "a `:` may not stand here",
            Some("put the text in quotes, or check the indentation"),
        ),
        (
            "simple key",
            "a `:` is missing after the key",
            Some("check the indentation: a text goes on only where it is indented"),
        ),
        ("unclosed bracket", "this bracket is never closed", None),
        ("bracket", "this bracket closes nothing that is open", None),
        ("unclosed quote", "this quote is never closed", None),
        ("multiline quoted scalar", "a quoted text is not closed, or goes on with too little indentation", None),
        (
            "trailing content after",
            "something follows the closing quote",
            Some("inside single quotes, write `''` for a quote"),
        ),
        (
            "escape",
            "an escape in this text is not one of YAML's",
            Some("use single quotes, or write `\\\\` for a backslash"),
        ),
        ("tab", "a tab may not stand here", Some("indent with spaces")),
        ("unexpected character", "a text may not begin with this character", Some("put it in quotes")),
        (
            "did not find expected '-'",
            "a list ends here without its bracket or indentation",
            Some("items of one list have the same indentation"),
        ),
        ("block mapping", "the indentation does not fit what stands above", None),
        ("illegal placement", "a `:` may not stand here", Some("perhaps a bracket or a quote above is not closed")),
        ("block collection", "the indentation does not fit what stands above", None),
        ("ndentation", "the indentation does not fit what stands above", None),
        ("unsupported tag", "tags of one's own are not supported", None),
        ("non-finite", "a number must be finite", None),
        ("unknown anchor", "no anchor of this name stands above", None),
        ("recursive", "an alias may not stand inside its own anchor", None),
        ("merge value", "`<<` takes a mapping or a list of mappings", None),
        ("string", "a key must be a text", None),
    ];
    let known = KNOWN.into_iter().find(|(part, _, _)| parser.contains(part));
    known.map_or(("the text cannot be read as YAML from here on", None), |(_, message, help)| (message, help))
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
