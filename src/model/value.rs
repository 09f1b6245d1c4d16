use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Number, Value as Json};

use super::{Reference, SecretRef};

/// The entries of a map, in the manifest's order.
pub type Entries = IndexMap<Arc<str>, Value>;

/// A value that a manifest states: JSON, with a type of its own for what must never become text.
///
/// A clone costs next to nothing, whatever it holds: many agents have the same values, and each stands in memory once.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`: clears what is there.
    Null,
    /// True or false.
    Bool(bool),
    /// A finite number.
    Number(Number),
    /// A text, with its variables already put in.
    Text(Arc<str>),
    /// A reference to a secret.
    Secret(Arc<SecretRef>),
    /// A list.
    List(Arc<[Self]>),
    /// A map in the manifest's order.
    Map(Arc<Entries>),
}

impl Value {
    /// The value as JSON, with each secret replaced by what `open` gives for it.
    pub fn to_json(&self, open: &dyn Fn(&SecretRef) -> Json) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(flag) => Json::Bool(*flag),
            Self::Number(number) => Json::Number(number.clone()),
            Self::Text(text) => Json::String(text.to_string()),
            Self::Secret(reference) => open(reference),
            Self::List(items) => Json::Array(items.iter().map(|item| item.to_json(open)).collect()),
            Self::Map(map) => {
                Json::Object(map.iter().map(|(key, value)| (key.to_string(), value.to_json(open))).collect())
            }
        }
    }

    /// The value as JSON with its references in place of secrets: fit to be shown and digested.
    pub fn to_shown_json(&self) -> Json {
        self.to_json(&|reference| {
            let (kind, text) = match reference {
                SecretRef::Env(name) => (Reference::Env, name),
                SecretRef::File(path) => (Reference::File, path),
            };
            Json::Object(Map::from_iter([(kind.key().to_owned(), Json::String(text.clone()))]))
        })
    }

    /// Whether a secret stands anywhere in it.
    pub fn holds_secret(&self) -> bool {
        let mut found = BTreeSet::new();
        self.collect_secrets(&mut found);
        !found.is_empty()
    }

    /// Adds every secret in it to a set.
    pub fn collect_secrets(&self, into: &mut BTreeSet<SecretRef>) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => {}
            Self::Secret(reference) => {
                into.insert(SecretRef::clone(reference));
            }
            Self::List(items) => items.iter().for_each(|item| item.collect_secrets(into)),
            Self::Map(map) => map.values().for_each(|value| value.collect_secrets(into)),
        }
    }

    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A map of these entries.
    pub fn map(entries: Entries) -> Self {
        Self::Map(Arc::new(entries))
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Secret(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Entries> {
        match self {
            Self::Map(map) => Some(map),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Secret(_) | Self::List(_) | Self::Text(_) => None,
        }
    }
}
