//! What is put into texts, as they are written.

use crate::manifest::node::{Node, Tree};
use serde_json::{Map, Value as Json};

/// What stands between `${` and `}` in a text, in order; `$${` is none.
pub(in crate::manifest) fn inserted(text: &str) -> Vec<&str> {
    let marks = text.match_indices("${").filter_map(|(at, mark)| {
        let is_escaped = text.get(..at).is_some_and(|before| before.ends_with('$'));
        let (name, _) = text.get(at + mark.len()..)?.split_once('}')?;
        (!is_escaped).then_some(name)
    });
    marks.collect()
}

/// A value as it is written, with its references, and with nothing put into its texts.
pub(super) fn written(node: &Node) -> Json {
    match &node.tree {
        Tree::Null => Json::Null,
        Tree::Bool(flag) => Json::Bool(*flag),
        Tree::Number(number) => Json::Number(number.clone()),
        Tree::Text(text) => Json::String(text.to_string()),
        Tree::List(items) => Json::Array(items.iter().map(written).collect()),
        Tree::Map(entries) => {
            Json::Object(entries.iter().map(|(key, node)| (key.text.to_string(), written(node))).collect::<Map<_, _>>())
        }
    }
}
