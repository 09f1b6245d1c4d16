use std::collections::BTreeMap;
use std::sync::Arc;

/// The texts that were read, by the path under which they are shown; what snippets are cut from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// `None` where the text could not be had.
    files: BTreeMap<Arc<str>, Option<Arc<str>>>,
    /// Texts that are no manifests, but of which findings speak.
    beside: BTreeMap<Arc<str>, Arc<str>>,
    /// Whether single files were asked for.
    is_narrow: bool,
}

impl Sources {
    /// Adds a text.
    pub fn insert(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) {
        self.files.insert(path.into(), Some(text.into()));
    }

    /// Notes a path that is there and whose text could not be had.
    pub fn insert_unread(&mut self, path: impl Into<Arc<str>>) {
        self.files.insert(path.into(), None);
    }

    /// Adds texts of files beside the manifests: snippets are cut from them, and nothing else comes of them.
    pub fn insert_beside(&mut self, texts: BTreeMap<Arc<str>, Arc<str>>) {
        self.beside.extend(texts);
    }

    /// Notes that single files were asked for: what stands beside them is not among the texts, and is no less there.
    pub fn narrow(&mut self) {
        self.is_narrow = true;
    }

    /// Whether other manifests of the project may not be among the texts.
    pub fn is_narrow(&self) -> bool {
        self.is_narrow
    }

    /// The text of a path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).and_then(Option::as_deref).or_else(|| self.beside.get(path).map(AsRef::as_ref))
    }

    /// Paths and texts, in path order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>)> {
        self.files.iter().filter_map(|(path, text)| Some((path, text.as_ref()?)))
    }

    /// The paths whose text could not be had, in order.
    pub fn unread(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().filter(|(_, text)| text.is_none()).map(|(path, _)| path)
    }

    /// Whether there are no texts.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }
}
