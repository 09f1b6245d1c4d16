//! A node in whose texts columns are mentioned, as a form that rows fill.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::column::{Column, text_of};
use super::table::Cells;
use crate::diag::Code;
use crate::manifest::node::{Key, Node, Span, Tree};
use crate::manifest::reader::Reader;
use crate::manifest::reference::reference;
use crate::manifest::value::{Scope, substitute};
use crate::model::{Reference, is_sensitive_key};

/// How a text begins that mentions a column, within `${…}`.
const ROW: &str = "row.";

/// The column that stands for those that there are not: what mentions one cannot be read.
const UNKNOWN: usize = usize::MAX;

/// What is done with a text once it is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Whoever reads it puts variables in.
    Variables,
    /// It is taken as it is.
    Verbatim,
    /// It is taken as it is, and is a text whatever the column.
    Text,
    /// The same, with variables put in beside the columns.
    Name,
}

/// A node as a form.
#[derive(Debug)]
pub(super) enum Mold {
    /// The same for every row.
    Fixed(Node),
    /// A text that mentions columns.
    Text(Node, Arc<str>),
    List(Node, Vec<Self>),
    Map(Node, Vec<(Key, Self)>),
}

impl Mold {
    pub(super) fn new(node: &Node) -> Self {
        match &node.tree {
            Tree::Text(text) if mentions(text).next().is_some() => Self::Text(node.clone(), Arc::clone(text)),
            Tree::List(items) => {
                let molds: Vec<Self> = items.iter().map(Self::new).collect();
                let is_fixed = molds.iter().all(Self::is_fixed);
                if is_fixed { Self::Fixed(node.clone()) } else { Self::List(node.clone(), molds) }
            }
            Tree::Map(entries) => {
                let molds: Vec<(Key, Self)> =
                    entries.iter().map(|(key, node)| (key.clone(), Self::new(node))).collect();
                let is_fixed = molds.iter().all(|(_, mold)| mold.is_fixed());
                if is_fixed { Self::Fixed(node.clone()) } else { Self::Map(node.clone(), molds) }
            }
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => Self::Fixed(node.clone()),
        }
    }

    fn is_fixed(&self) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Text(..) | Self::List(..) | Self::Map(..) => false,
        }
    }

    /// The node for a row. A text that is nothing but a column has the type of its cell; in any other the cell's text
    /// stands, and nothing in it is taken for a variable again.
    pub(super) fn fill(&self, reader: &mut Reader, scope: &Scope<'_>, row: Cells<'_>, after: After) -> Node {
        let (node, tree) = match self {
            Self::Fixed(node) => return node.clone(),
            Self::Text(node, text) => (node, filled(reader, scope, node.span, text, (row, after))),
            Self::List(node, items) => {
                (node, Tree::List(items.iter().map(|item| item.fill(reader, scope, row, after)).collect()))
            }
            Self::Map(node, entries) => {
                let entries = entries.iter().map(|(key, mold)| (key.clone(), mold.fill(reader, scope, row, after)));
                (node, Tree::Map(entries.collect()))
            }
        };
        Node { tree, span: node.span, source: node.source }
    }
}

fn filled(reader: &mut Reader, scope: &Scope<'_>, span: Span, text: &str, (row, after): (Cells<'_>, After)) -> Tree {
    let whole = text.strip_prefix("${row.").and_then(|rest| rest.strip_suffix('}')).and_then(|name| row.get(name));
    let project = match after {
        After::Variables | After::Name => scope.project,
        After::Verbatim | After::Text => None,
    };
    let text = match (whole, after) {
        (Some(Tree::Text(text)), _) => Arc::clone(text),
        (Some(typed), After::Variables | After::Verbatim) => return typed.clone(),
        (Some(typed), After::Text | After::Name) => text_of(typed),
        (None, _) => substitute(reader, &Scope { project, ..*scope }, span, text).into(),
    };
    Tree::Text(match after {
        After::Variables if text.contains("${") => text.replace("${", "$${").into(),
        After::Variables | After::Verbatim | After::Text | After::Name => text,
    })
}

/// The columns that a text mentions.
pub(super) fn mentions(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while let Some((before, after)) = rest.split_once("${") {
            rest = after;
            if before.ends_with('$') {
                continue;
            }
            let (name, tail) = after.split_once('}')?;
            rest = tail;
            if let Some(column) = name.strip_prefix(ROW) {
                return Some(column);
            }
        }
        None
    })
}

/// Looks for mentions below a node: in its texts, and in those of files beside the manifest that become texts. `see` is
/// shown every key and value with the columns that are mentioned there or below.
///
/// `false` once a mention was reported that cannot be filled in: each is, once, where it stands.
pub(super) fn search(
    reader: &mut Reader,
    scope: &Scope<'_>,
    columns: &[Column],
    node: &Node,
    see: &mut dyn FnMut(Span, &BTreeSet<usize>),
) -> bool {
    let mut search = Search { reader, scope, columns, see, is_sound: true };
    search.node(node, false);
    search.is_sound
}

struct Search<'a, 'b> {
    reader: &'a mut Reader,
    scope: &'a Scope<'b>,
    columns: &'a [Column],
    see: &'a mut dyn FnMut(Span, &BTreeSet<usize>),
    is_sound: bool,
}

impl Search<'_, '_> {
    fn node(&mut self, node: &Node, is_sensitive: bool) -> BTreeSet<usize> {
        let found = match &node.tree {
            Tree::Null | Tree::Bool(_) | Tree::Number(_) => BTreeSet::new(),
            Tree::Text(text) => self.text(node.span, text),
            Tree::List(items) => items.iter().flat_map(|item| self.node(item, is_sensitive)).collect(),
            Tree::Map(entries) => {
                let beside = self.beside(&node.tree, is_sensitive);
                let within = entries.iter().flat_map(|(key, value)| self.entry(key, value, is_sensitive));
                within.collect::<BTreeSet<usize>>().into_iter().chain(beside).collect()
            }
        };
        (self.see)(node.span, &found);
        found
    }

    fn entry(&mut self, key: &Key, value: &Node, is_sensitive: bool) -> BTreeSet<usize> {
        if mentions(&key.text).next().is_some() {
            let help = Some("columns are put into values; name the key itself".to_owned());
            self.reader.report_with(Code::UnknownVariable, key.span, "a key takes no `${row.…}`", help);
            self.is_sound = false;
        }
        let found = self.node(value, is_sensitive || is_sensitive_key(&key.text));
        (self.see)(key.span, &found);
        found
    }

    fn text(&mut self, span: Span, text: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        for name in mentions(text) {
            let column = self.columns.iter().position(|column| column.name.value == name);
            if column.is_none() {
                self.unknown(span, name);
            }
            found.insert(column.unwrap_or(UNKNOWN));
        }
        found
    }

    fn unknown(&mut self, span: Span, name: &str) {
        let near = crate::diag::closest(name, self.columns.iter().map(|column| column.name.value.as_str()));
        let help = near.map_or_else(
            || super::column::listed(self.columns),
            |near| crate::manifest::reader::did_you_mean(&format!("${{row.{near}}}")),
        );
        let is_name = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        let shown = if is_name { format!("`${{row.{name}}}`") } else { "what stands in `${row.…}`".to_owned() };
        self.reader.report_with(Code::UnknownVariable, span, format!("{shown} is not a column"), Some(help));
        self.is_sound = false;
    }

    /// What the text mentions that a file holds. A secret's file is not read.
    fn beside(&mut self, tree: &Tree, is_sensitive: bool) -> BTreeSet<usize> {
        let Some((Reference::File, path, span)) = reference(tree).filter(|_| !is_sensitive) else {
            return BTreeSet::new();
        };
        // One that cannot be read is reported where it is read.
        match self.scope.side_files.text(&self.reader.file, path) {
            Ok(text) => self.text(span, &text),
            Err(_) => BTreeSet::new(),
        }
    }
}
