//! A node × the value that it should have → the next change of the text, one at a time, the deepest that will do.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::splice::{self, Splice};
use super::syntax::{Entry, Form, Layout, Syntax};
use super::variable::Variables;
use crate::manifest::node::{Key, Node, Tree};
use crate::manifest::reference::reference;
use crate::model::{Entries, Reference, Value};

/// The next change.
pub(super) enum Next {
    /// There is none: the node says what it should.
    Nothing,
    /// In the manifest.
    Splice(Splice),
    /// In the file to which the node refers: its path as the manifest gives it, and what it should hold.
    Side { path: String, content: Content },
}

/// What a file beside the manifests should hold.
pub(super) enum Content {
    Text(String),
    Roster(Vec<Value>),
}

/// Why a value cannot be edited here, as a fragment.
pub(super) type Refusal = String;

/// How a node can be replaced as a whole.
#[derive(Clone, Copy)]
pub(super) enum Holder<'a> {
    Entry(Layout, &'a Entry),
    Item(Layout, &'a Syntax),
}

/// What edits of one file draw on.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    pub(super) text: &'a str,
    pub(super) variables: Variables<'a>,
}

impl Page<'_> {
    /// The next change that makes a node, which says `current`, say `wanted`.
    pub(super) fn next(
        &self,
        holder: Holder<'_>,
        node: &Node,
        current: &Value,
        wanted: &Value,
    ) -> Result<Next, Refusal> {
        if current == wanted {
            return Ok(Next::Nothing);
        }
        let syntax = match holder {
            Holder::Entry(_, entry) => &entry.value,
            Holder::Item(_, item) => item,
        };
        match (reference(&node.tree), wanted) {
            (Some((Reference::File, path, _)), Value::Text(text)) if matches!(current, Value::Text(_)) => {
                let (mut before, mut after) = (current.clone(), wanted.clone());
                to_unix(&mut before);
                to_unix(&mut after);
                let next = Next::Side { path: path.to_owned(), content: Content::Text(text.to_string()) };
                return Ok(if before == after { Next::Nothing } else { next });
            }
            (Some((Reference::Csv, path, _)), Value::List(rows)) => {
                return Ok(Next::Side { path: path.to_owned(), content: Content::Roster(rows.to_vec()) });
            }
            (Some(_), _) => return self.replace(holder, node, wanted),
            (None, _) => {}
        }
        match (&syntax.form, &node.tree, current, wanted) {
            (Form::Map(layout, entries), Tree::Map(nodes), Value::Map(current), Value::Map(wanted))
                if !wanted.is_empty() =>
            {
                let pairs = Pairs { layout: *layout, entries, nodes };
                self.in_map(syntax, &pairs, current, wanted)
            }
            (Form::List(layout, items), Tree::List(nodes), Value::List(current), Value::List(wanted))
                if !wanted.is_empty() && !items.is_empty() =>
            {
                self.in_list(syntax, *layout, (items, nodes), current, wanted)
            }
            _ => self.replace(holder, node, wanted),
        }
    }

    fn in_map(&self, syntax: &Syntax, pairs: &Pairs<'_>, current: &Entries, wanted: &Entries) -> Result<Next, Refusal> {
        for (key, value) in wanted {
            let (before, at) = (current.get(key), pairs.find(key));
            match (before, at) {
                (Some(before), _) if before == value => {}
                (Some(before), Some((_, entry, node))) => {
                    return self.next(Holder::Entry(pairs.layout, entry), node, before, value);
                }
                // What comes from a merge is overruled by an entry of one's own.
                (Some(_) | None, _) => {
                    let json = self.spelled(value, None)?;
                    return splice::insert(self.text, syntax, key, &json).map(Next::Splice).ok_or_else(unwritable);
                }
            }
        }
        // If nothing goes either, only the order differs, which means nothing.
        let Some(key) = current.keys().find(|key| !wanted.contains_key(*key)) else { return Ok(Next::Nothing) };
        let (at, _, _) =
            pairs.find(key).ok_or_else(|| format!("`{key}` comes from an anchor and cannot be taken out"))?;
        splice::remove(self.text, syntax, at).map(Next::Splice).ok_or_else(unwritable)
    }

    fn in_list(
        &self,
        syntax: &Syntax,
        layout: Layout,
        (items, nodes): (&[Syntax], &[Node]),
        current: &[Value],
        wanted: &[Value],
    ) -> Result<Next, Refusal> {
        let different = current.iter().zip(wanted).position(|(one, other)| one != other);
        let at = different.unwrap_or(current.len().min(wanted.len()));
        let found = items.get(at).zip(nodes.get(at)).zip(current.get(at));
        match (found, wanted.get(at)) {
            // What comes later and is still wanted stays: the one before it goes.
            (Some(_), wanted_here) if wanted_here.is_none() || current.get(at + 1) == wanted_here => {
                splice::remove_item(self.text, syntax, at).map(Next::Splice).ok_or_else(unwritable)
            }
            (Some(((item, node), current)), Some(wanted)) => {
                self.next(Holder::Item(layout, item), node, current, wanted)
            }
            (None, Some(wanted)) => {
                let json = self.spelled(wanted, None)?;
                splice::push(self.text, syntax, &json).map(Next::Splice).ok_or_else(unwritable)
            }
            (Some(_) | None, None) => Ok(Next::Nothing),
        }
    }

    fn replace(&self, holder: Holder<'_>, node: &Node, wanted: &Value) -> Result<Next, Refusal> {
        let before = match &node.tree {
            Tree::Text(text) => Some(&**text),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::List(_) | Tree::Map(_) => None,
        };
        let json = self.spelled(wanted, before)?;
        let splice = match holder {
            Holder::Entry(layout, entry) => splice::set(self.text, layout, entry, &json),
            Holder::Item(layout, item) => splice::set_item(self.text, layout, item, &json),
        };
        splice.map(Next::Splice).ok_or_else(unwritable)
    }

    /// A value as it is written: with variables where they stood before, and what would be taken for one escaped.
    pub(super) fn spelled(&self, value: &Value, before: Option<&str>) -> Result<Json, Refusal> {
        Ok(match value {
            Value::Text(text) => Json::String(self.variables.spell(text, before)?),
            Value::List(items) => {
                Json::Array(items.iter().map(|item| self.spelled(item, None)).collect::<Result<_, _>>()?)
            }
            Value::Map(map) => {
                let entries = map.iter().map(|(key, value)| Ok((key.to_string(), self.spelled(value, None)?)));
                Json::Object(entries.collect::<Result<Map<_, _>, Refusal>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Secret(_) => value.to_shown_json(),
        })
    }
}

/// The entries of a map in both forms.
pub(super) struct Pairs<'a> {
    pub(super) layout: Layout,
    pub(super) entries: &'a [Entry],
    pub(super) nodes: &'a [(Key, Node)],
}

impl<'a> Pairs<'a> {
    /// The entry of a key: its position, as it is written and as it is read; `None` if it is not written here.
    pub(super) fn find(&self, key: &str) -> Option<(usize, &'a Entry, &'a Node)> {
        let (found, node) = self.nodes.iter().find(|(other, _)| &*other.text == key)?;
        let start = found.span.bytes().start;
        let at = self.entries.iter().position(|entry| entry.key.bytes.start == start)?;
        Some((at, self.entries.get(at)?, node))
    }
}

/// Gives every text the line ends of Unix.
pub(super) fn to_unix(value: &mut Value) {
    match value {
        Value::Text(text) if text.contains('\r') => *text = text.replace("\r\n", "\n").into(),
        Value::List(items) => Arc::make_mut(items).iter_mut().for_each(to_unix),
        Value::Map(map) => Arc::make_mut(map).values_mut().for_each(to_unix),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) => {}
    }
}

pub(super) fn unwritable() -> Refusal {
    "the manifest is written in a way that cannot be edited there".to_owned()
}
