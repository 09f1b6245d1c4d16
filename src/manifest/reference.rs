//! References instead of values: how one is recognized, and what editors are told of it.

use serde_json::{Value as Json, json};

use super::node::{Node, Span, Tree};
use crate::model::Reference;

/// The reference that a tree is, with its argument and where that stands: a mapping with one key and a text.
pub(super) fn reference(tree: &Tree) -> Option<(Reference, &str, Span)> {
    let Tree::Map(entries) = tree else { return None };
    let [(key, Node { tree: Tree::Text(argument), span, source: _ })] = &**entries else { return None };
    Some((Reference::read(&key.text)?, argument, *span))
}

/// Whether a reference to a file stands anywhere in a node.
pub(super) fn needs_file(node: &Node) -> bool {
    match (reference(&node.tree), &node.tree) {
        (Some((kind, ..)), _) => kind != Reference::Env,
        (None, Tree::List(items)) => items.iter().any(needs_file),
        (None, Tree::Map(entries)) => entries.iter().any(|(_, node)| needs_file(node)),
        (None, Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_)) => false,
    }
}

/// The JSON Schema of a reference.
pub(super) fn schema(reference: Reference) -> Json {
    let key = reference.key();
    json!({ "type": "object", "properties": { key: { "type": "string" } }, "required": [key], "additionalProperties": false })
}
