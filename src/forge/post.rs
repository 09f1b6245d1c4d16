use super::marker::{Kind, Marker};

/// Who wrote something, in the forge's own terms. Names are not compared: a person may be called what a bot is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account(String);

impl Account {
    /// By a number that is never given twice.
    pub(super) fn numbered(number: i64) -> Self {
        Self(number.to_string())
    }

    /// By what sort of account it is and its id, as GitHub has them.
    pub(super) fn of_sort(sort: &str, id: &str) -> Self {
        Self(format!("{sort} {id}"))
    }
}

/// A comment or an issue, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Post {
    /// The id of a comment, the number of an issue.
    pub(super) id: u64,
    /// The id under which GraphQL knows it.
    pub(super) node: String,
    /// Who wrote it; `None` where that is not known, or not known yet.
    pub(super) author: Option<Account>,
    pub(super) body: String,
    /// Comments are always open.
    pub(super) is_open: bool,
    pub(super) is_locked: bool,
    /// Whether the forge shows it only to who asks.
    pub(super) is_hidden: bool,
}

/// One that begins with our marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) marker: Marker,
    pub(super) post: Post,
}

impl Marked {
    /// Reads the marker in the first line, if it is one of this kind.
    pub(super) fn read(post: Post, kind: Kind) -> Option<Self> {
        let marker = Marker::read(post.body.lines().next()?)?;
        (marker.kind == kind).then_some(Self { marker, post })
    }

    /// What stands below the marker.
    pub(super) fn text(&self) -> &str {
        self.post.body.split_once('\n').map_or("", |(_, text)| text)
    }

    /// Whether it already says this, apart from what follows it.
    pub(super) fn shows(&self, text: &str) -> bool {
        let text = plain(text);
        !text.is_empty() && plain(self.text()).starts_with(&text)
    }

    /// Whether its body is this one.
    pub(super) fn is(&self, body: &str) -> bool {
        plain(&self.post.body) == plain(body)
    }
}

/// A text without what forges may change in it: line ends, and white space at the end.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end().to_owned()
}
