//! What the families of forges have in common, and how each says it.

use serde_json::Value as Json;

use super::error::ForgeError;
use super::post::{Account, Post};
use super::request::Request;

/// Who wrote something, where the list that it stood in does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Author {
    /// What was written.
    pub(super) node: String,
    pub(super) account: Account,
    /// Whether it is shown only to who asks.
    pub(super) is_hidden: bool,
}

/// A merged pull request that a commit belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) pull: u64,
    /// Whether the commit is the one that merged it.
    pub(super) is_by_this: bool,
}

/// What an issue becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Closed,
}

/// A label, as an issue is created with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) name: String,
    /// On forges where labels go by number.
    pub(super) id: Option<u64>,
}

/// One family of forges: its requests, and what its answers mean.
///
/// `at` is the path of the repository. What reads is given the JSON of a good answer, of GraphQL its data.
pub(super) trait Dialect: Sync {
    /// Asks whose token it is.
    fn viewer(&self) -> Request;
    fn read_viewer(&self, answer: Json) -> Result<Account, ForgeError>;

    /// Asks who wrote some things, if lists do not tell.
    fn authors(&self, _nodes: &[String]) -> Option<Request> {
        None
    }
    fn read_authors(&self, _answer: Json) -> Result<Vec<Author>, ForgeError> {
        Ok(Vec::new())
    }

    fn head(&self, at: &str, pull: u64) -> Request;
    fn read_head(&self, answer: Json) -> Result<String, ForgeError>;
    fn pulls_of(&self, at: &str, commit: &str) -> Request;
    fn read_pulls(&self, answer: Json, commit: &str) -> Result<Vec<Merged>, ForgeError>;

    fn comments(&self, at: &str, pull: u64, page: u32) -> Request;
    fn read_comments(&self, answer: Json) -> Result<Vec<Post>, ForgeError>;
    fn create_comment(&self, at: &str, pull: u64, body: &str) -> Request;
    fn edit_comment(&self, at: &str, pull: u64, comment: u64, body: &str) -> Request;
    fn delete_comment(&self, at: &str, pull: u64, comment: u64) -> Request;
    /// Puts a comment aside: hides it where that can be done, deletes it elsewhere.
    fn retire_comment(&self, at: &str, pull: u64, comment: &Post) -> Request;

    fn issues(&self, at: &str, page: u32) -> Request;
    fn read_issues(&self, answer: Json) -> Result<Vec<Post>, ForgeError>;
    fn create_issue(&self, at: &str, title: &str, body: &str, labels: &[Label]) -> Request;
    fn read_number(&self, answer: Json) -> Result<u64, ForgeError>;
    /// Its state is sent only where it is to change.
    fn edit_issue(&self, at: &str, issue: u64, body: &str, state: Option<State>) -> Request;
    fn comment_issue(&self, at: &str, issue: u64, body: &str) -> Request;

    /// A page of the labels, on forges where an issue is not created with their names.
    fn labels(&self, _at: &str, _page: u32) -> Option<Request> {
        None
    }
    fn read_labels(&self, _answer: Json) -> Result<Vec<Label>, ForgeError> {
        Ok(Vec::new())
    }
    /// Makes a label, on such forges.
    fn create_label(&self, _at: &str, _name: &str) -> Option<Request> {
        None
    }
}
