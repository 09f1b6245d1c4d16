//! Reads nodes into typed values and reports everything that does not fit, with its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::{Key, Node, Span, Tree};
use crate::diag::{Code, Finding, closest};
use crate::model::{NameError, Place};

/// A value with the place where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

/// The file being read, and what was found wrong in it so far.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) file: Arc<str>,
    pub(super) findings: Vec<Finding>,
    /// Files beside it of which findings speak, by the path under which they are shown.
    pub(super) beside: BTreeMap<Arc<str>, Arc<str>>,
}

impl Reader {
    pub(super) fn new(file: &Arc<str>) -> Self {
        Self { file: Arc::clone(file), findings: Vec::new(), beside: BTreeMap::new() }
    }

    pub(super) fn place(&self, span: Span) -> Place {
        span.place(&self.file)
    }

    pub(super) fn report(&mut self, code: Code, span: Span, message: impl Into<String>) {
        let place = self.place(span);
        self.findings.push(Finding::at(code, place, message));
    }

    pub(super) fn report_with(&mut self, code: Code, span: Span, message: impl Into<String>, help: Option<String>) {
        let place = self.place(span);
        self.findings.push(Finding::at(code, place, message).maybe_help(help));
    }

    pub(super) fn wrong_type(&mut self, node: &Node, wanted: &str) {
        let help = match (&node.tree, wanted) {
            (Tree::Number(_) | Tree::Bool(_), "a text") => Some("put it in quotes".to_owned()),
            _ => None,
        };
        let message = format!("expected {wanted}, found {}", node.tree.kind());
        self.report_with(Code::WrongType, node.span, message, help);
    }

    pub(super) fn text(&mut self, node: &Node) -> Option<Located<String>> {
        match &node.tree {
            Tree::Text(text) => Some(Located { value: text.to_string(), place: self.place(node.span) }),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::List(_) | Tree::Map(_) => {
                self.wrong_type(node, "a text");
                None
            }
        }
    }

    pub(super) fn flag(&mut self, node: &Node) -> Option<bool> {
        match &node.tree {
            Tree::Bool(flag) => Some(*flag),
            Tree::Null | Tree::Text(_) | Tree::Number(_) | Tree::List(_) | Tree::Map(_) => {
                self.wrong_type(node, "true or false");
                None
            }
        }
    }

    pub(super) fn number(&mut self, node: &Node) -> Option<u32> {
        let number = match &node.tree {
            Tree::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
            Tree::Null | Tree::Bool(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => None,
        };
        if number.is_none() {
            self.wrong_type(node, "a whole number, 0 or more");
        }
        number
    }

    pub(super) fn list<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.tree {
            Tree::List(items) => items,
            Tree::Null | Tree::Bool(_) | Tree::Text(_) | Tree::Number(_) | Tree::Map(_) => {
                self.wrong_type(node, "a list");
                &[]
            }
        }
    }

    pub(super) fn texts(&mut self, node: &Node) -> Vec<Located<String>> {
        self.list(node).iter().filter_map(|item| self.text(item)).collect()
    }

    pub(super) fn map<'n>(&mut self, node: &'n Node) -> Option<&'n [(Key, Node)]> {
        match &node.tree {
            Tree::Map(entries) => Some(entries),
            Tree::Null | Tree::Bool(_) | Tree::Text(_) | Tree::Number(_) | Tree::List(_) => {
                self.wrong_type(node, "a mapping");
                None
            }
        }
    }

    /// Reads one of a closed list of words.
    pub(super) fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(node)?.value;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let list = words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            let message = format!("`{text}` is not one of {list}");
            let help = closest(&text, words.iter().map(|(word, _)| *word)).map(did_you_mean);
            self.report_with(Code::UnknownValue, node.span, message, help);
        }
        found
    }

    /// Reads a name by its own rule.
    pub(super) fn name<T>(
        &mut self,
        node: &Node,
        parse: impl FnOnce(&str) -> Result<T, NameError>,
    ) -> Option<Located<T>> {
        let Located { value, place } = self.text(node)?;
        self.parsed(node.span, &value, parse).map(|value| Located { value, place })
    }

    pub(super) fn parsed<T>(
        &mut self,
        span: Span,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, NameError>,
    ) -> Option<T> {
        parse(text).map_err(|why| self.report(Code::BadName, span, format!("`{text}` cannot stand here: {why}"))).ok()
    }

    /// Opens a mapping whose fields are known; [`Fields::close`] reports the others.
    pub(super) fn fields<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        let entries = self.map(node)?;
        Some(Fields { entries, span: node.span, known: Vec::new() })
    }
}

pub(super) fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// A mapping whose fields are asked for one by one.
#[derive(Debug)]
pub(super) struct Fields<'n> {
    entries: &'n [(Key, Node)],
    pub(super) span: Span,
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// A field that may be missing. `null` counts as missing, as everywhere outside a skill.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'n Node> {
        self.known.push(name);
        let (_, node) = self.entries.iter().find(|(key, _)| &*key.text == name)?;
        (node.tree != Tree::Null).then_some(node)
    }

    /// A field that must be there.
    pub(super) fn need(&mut self, reader: &mut Reader, name: &'static str) -> Option<&'n Node> {
        let node = self.take(name);
        if node.is_none() {
            reader.report(Code::MissingField, self.span, format!("`{name}` is missing"));
        }
        node
    }

    /// All fields, in the manifest's order.
    pub(super) fn all(&self) -> &'n [(Key, Node)] {
        self.entries
    }

    /// Reports every field that was not asked for.
    pub(super) fn close(self, reader: &mut Reader) {
        for (key, _) in self.entries.iter().filter(|(key, _)| !self.known.contains(&&*key.text)) {
            unknown_field(reader, key, &self.known);
        }
    }
}

pub(super) fn unknown_field(reader: &mut Reader, key: &Key, known: &[&'static str]) {
    let help = closest(&key.text, known.iter().copied()).map(did_you_mean);
    let help = help.or_else(|| Some(format!("the fields here are {}", known.join(", "))));
    reader.report_with(Code::UnknownField, key.span, format!("`{}` is not a field here", key.text), help);
}
