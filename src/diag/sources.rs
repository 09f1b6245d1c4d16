use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The texts that were read, by the path under which they are shown; what snippets are cut from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    files: BTreeMap<Arc<str>, Arc<str>>,
    unread: BTreeSet<Arc<str>>,
}

impl Sources {
    /// Adds a text.
    pub fn insert(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) {
        self.files.insert(path.into(), text.into());
    }

    /// Notes a path that is there and whose text could not be had.
    pub fn insert_unread(&mut self, path: impl Into<Arc<str>>) {
        self.unread.insert(path.into());
    }

    /// The paths whose text could not be had, in order.
    pub fn unread(&self) -> impl Iterator<Item = &Arc<str>> {
        self.unread.iter()
    }

    /// The text of a path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(AsRef::as_ref)
    }

    /// Paths and texts, in path order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.files.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }
}
