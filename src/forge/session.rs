//! A repository on a forge, asked through an exchange.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::Exchange;
use super::answer;
use super::commit::Commit;
use super::dialect::{Author, Dialect, Label, Merged, State};
use super::error::ForgeError;
use super::marker::Kind;
use super::post::{Account, Marked, Post};
use super::repository::Repository;
use super::request::{Endpoint, Request};

/// Pages of a list, beyond which it is taken for one without an end.
const MOST_PAGES: u32 = 300;

/// Posts whose authors are asked for at once.
const MOST_NODES: usize = 100;

/// A repository on a forge.
pub struct Forge<'a, E> {
    exchange: &'a E,
    repository: &'a Repository,
    dialect: &'static dyn Dialect,
}

/// A list whose pages are read in the same way.
#[derive(Debug, Clone, Copy)]
enum List {
    Comments { pull: u64 },
    Issues,
}

impl<'a, E: Exchange> Forge<'a, E> {
    /// The repository, through this exchange. Nothing is sent yet.
    pub fn new(exchange: &'a E, repository: &'a Repository) -> Self {
        Self { exchange, repository, dialect: repository.family().dialect() }
    }

    fn at(&self) -> &str {
        &self.repository.path
    }

    async fn send(&self, request: &Request) -> Result<Json, ForgeError> {
        let response = self.exchange.send(request).await?;
        let read = answer::read(&response)?;
        match &request.endpoint {
            Endpoint::Rest { .. } => Ok(read),
            Endpoint::Graphql => answer::graphql(read),
        }
    }

    /// Whose token it is; `None` if the forge does not say. Not to know is no failure, but then nothing is ours.
    pub(super) async fn viewer(&self) -> Option<Account> {
        let answer = self.send(&self.dialect.viewer()).await;
        let viewer = answer.and_then(|answer| self.dialect.read_viewer(answer)).ok();
        if viewer.is_none() {
            tracing::info!("the forge does not say whose token it is");
        }
        viewer
    }

    /// All that begins with a marker of this kind, whoever wrote it, the oldest first.
    pub(super) async fn marked_comments(&self, pull: u64) -> Result<Vec<Marked>, ForgeError> {
        self.marked(List::Comments { pull }, Kind::Plan).await
    }

    /// The same of issues.
    pub(super) async fn marked_issues(&self) -> Result<Vec<Marked>, ForgeError> {
        self.marked(List::Issues, Kind::Drift).await
    }

    async fn marked(&self, list: List, kind: Kind) -> Result<Vec<Marked>, ForgeError> {
        let mut seen = BTreeSet::new();
        let mut marked = Vec::new();
        for page in 1..=MOST_PAGES {
            let request = match list {
                List::Comments { pull } => self.dialect.comments(self.at(), pull, page),
                List::Issues => self.dialect.issues(self.at(), page),
            };
            let answer = self.send(&request).await?;
            let posts = match list {
                List::Comments { .. } => self.dialect.read_comments(answer)?,
                List::Issues => self.dialect.read_issues(answer)?,
            };
            let new: Vec<Post> = posts.into_iter().filter(|post| seen.insert(post.id)).collect();
            // Some forges give fewer than were asked for, and some all of them on every page: the end is where
            // nothing new comes.
            if new.is_empty() {
                marked.sort_by_key(|marked: &Marked| marked.post.id);
                return Ok(marked);
            }
            marked.extend(new.into_iter().filter_map(|post| Marked::read(post, kind)));
        }
        Err(ForgeError::Endless(MOST_PAGES))
    }

    /// Those of them that this account wrote, and that are not hidden.
    pub(super) async fn of(&self, me: &Account, mut marked: Vec<Marked>) -> Result<Vec<Marked>, ForgeError> {
        let nodes: Vec<String> = marked.iter().map(|marked| marked.post.node.clone()).collect();
        for nodes in nodes.chunks(MOST_NODES) {
            let Some(request) = self.dialect.authors(nodes) else { break };
            let answer = self.send(&request).await?;
            for Author { node, account, is_hidden } in self.dialect.read_authors(answer)? {
                if let Some(marked) = marked.iter_mut().find(|marked| marked.post.node == node) {
                    marked.post.author = Some(account);
                    marked.post.is_hidden = is_hidden;
                }
            }
        }
        marked.retain(|Marked { marker: _, post }| post.author.as_ref() == Some(me) && !post.is_hidden);
        Ok(marked)
    }

    /// The head of a pull request, if it is another than the commit.
    pub(super) async fn moved(&self, pull: u64, commit: &Commit) -> Result<Option<String>, ForgeError> {
        let answer = self.send(&self.dialect.head(self.at(), pull)).await?;
        let head = self.dialect.read_head(answer)?;
        Ok(Some(head).filter(|head| !head.eq_ignore_ascii_case(commit.as_str())))
    }

    /// The number of the pull request that brought a commit in.
    ///
    /// # Errors
    /// [`ForgeError::NoPull`] and [`ForgeError::ManyPulls`] if that is not one, and whatever else goes wrong.
    pub async fn merged(&self, commit: &Commit) -> Result<u64, ForgeError> {
        let answer = self.send(&self.dialect.pulls_of(self.at(), commit.as_str())).await;
        let merged = match answer {
            Err(error) if error.is_gone() => return Err(ForgeError::NoPull(commit.clone())),
            answer => self.dialect.read_pulls(answer?, commit.as_str())?,
        };
        let number = |Merged { pull, is_by_this: _ }: &Merged| *pull;
        let by_this: Vec<u64> = merged.iter().filter(|merged| merged.is_by_this).map(number).collect();
        let all: Vec<u64> = merged.iter().map(number).collect();
        match (by_this.as_slice(), all.as_slice()) {
            ([pull], _) | ([], [pull]) => Ok(*pull),
            ([], []) => Err(ForgeError::NoPull(commit.clone())),
            ([], _) => Err(ForgeError::ManyPulls { commit: commit.clone(), pulls: all }),
            ([..], _) => Err(ForgeError::ManyPulls { commit: commit.clone(), pulls: by_this }),
        }
    }

    pub(super) async fn create_comment(&self, pull: u64, body: &str) -> Result<(), ForgeError> {
        self.send(&self.dialect.create_comment(self.at(), pull, body)).await.map(drop)
    }

    pub(super) async fn edit_comment(&self, pull: u64, comment: u64, body: &str) -> Result<(), ForgeError> {
        self.send(&self.dialect.edit_comment(self.at(), pull, comment, body)).await.map(drop)
    }

    /// Deletes a comment; that it is gone already is as good.
    pub(super) async fn delete_comment(&self, pull: u64, comment: u64) -> Result<(), ForgeError> {
        done_or_gone(self.send(&self.dialect.delete_comment(self.at(), pull, comment)).await)
    }

    /// Hides a comment where that can be done, and deletes it elsewhere.
    pub(super) async fn retire_comment(&self, pull: u64, comment: &Post) -> Result<(), ForgeError> {
        done_or_gone(self.send(&self.dialect.retire_comment(self.at(), pull, comment)).await)
    }

    /// Creates an issue and gives its number, where the answer tells it.
    pub(super) async fn create_issue(&self, title: &str, body: &str, labels: &[Label]) -> Result<u64, ForgeError> {
        let answer = self.send(&self.dialect.create_issue(self.at(), title, body, labels)).await?;
        self.dialect.read_number(answer)
    }

    pub(super) async fn edit_issue(&self, issue: u64, body: &str, state: Option<State>) -> Result<(), ForgeError> {
        self.send(&self.dialect.edit_issue(self.at(), issue, body, state)).await.map(drop)
    }

    pub(super) async fn comment_issue(&self, issue: u64, body: &str) -> Result<(), ForgeError> {
        self.send(&self.dialect.comment_issue(self.at(), issue, body)).await.map(drop)
    }

    /// The labels of these names, as an issue is created with them. Where they go by number, a missing one is made.
    pub(super) async fn labels(&self, names: &[String]) -> Result<Vec<Label>, ForgeError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.known_labels().await?;
        let mut labels: Vec<Label> = Vec::new();
        for name in names {
            let is_it = |label: &&Label| label.name.eq_ignore_ascii_case(name);
            if labels.iter().any(|label| is_it(&label)) {
                continue;
            }
            let label = match (known.iter().find(is_it), self.dialect.create_label(self.at(), name)) {
                (Some(known), _) => known.clone(),
                (None, None) => Label { name: name.clone(), id: None },
                (None, Some(create)) => {
                    let made = self.dialect.read_labels(Json::Array(vec![self.send(&create).await?]))?;
                    made.into_iter().next().ok_or_else(|| ForgeError::Shape("it holds no label".to_owned()))?
                }
            };
            labels.push(label);
        }
        Ok(labels)
    }

    async fn known_labels(&self) -> Result<Vec<Label>, ForgeError> {
        let mut labels: Vec<Label> = Vec::new();
        for page in 1..=MOST_PAGES {
            let Some(request) = self.dialect.labels(self.at(), page) else { return Ok(labels) };
            let found = self.dialect.read_labels(self.send(&request).await?)?;
            let new: Vec<Label> = found.into_iter().filter(|label| !labels.contains(label)).collect();
            if new.is_empty() {
                return Ok(labels);
            }
            labels.extend(new);
        }
        Err(ForgeError::Endless(MOST_PAGES))
    }
}

fn done_or_gone(answer: Result<Json, ForgeError>) -> Result<(), ForgeError> {
    match answer {
        Err(error) if error.is_gone() => Ok(()),
        answer => answer.map(drop),
    }
}
