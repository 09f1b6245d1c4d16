//! GitLab: merge requests and their notes, issues by the number within the project.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::answer::{list, shape};
use super::dialect::{Dialect, Label, Merged, State};
use super::error::ForgeError;
use super::post::{Account, Post};
use super::request::{Method, Request};

pub(super) struct GitLab;

#[derive(Deserialize)]
struct User {
    id: i64,
}

#[derive(Deserialize)]
struct MergeRequest {
    sha: String,
}

#[derive(Deserialize)]
struct MergeRequestOfCommit {
    iid: u64,
    state: String,
    sha: Option<String>,
    merge_commit_sha: Option<String>,
    squash_commit_sha: Option<String>,
}

#[derive(Deserialize)]
struct Note {
    id: u64,
    body: Option<String>,
    author: Option<User>,
    /// What GitLab itself says, such as that a label was added.
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct Issue {
    iid: u64,
    description: Option<String>,
    state: String,
    discussion_locked: Option<bool>,
    author: Option<User>,
}

#[derive(Deserialize)]
struct Numbered {
    iid: u64,
}

impl Dialect for GitLab {
    fn viewer(&self) -> Request {
        Request::get("/user".to_owned(), &[])
    }

    fn read_viewer(&self, answer: Json) -> Result<Account, ForgeError> {
        let User { id } = shape(answer)?;
        Ok(Account::numbered(id))
    }

    fn head(&self, at: &str, pull: u64) -> Request {
        Request::get(format!("{at}/merge_requests/{pull}"), &[])
    }

    fn read_head(&self, answer: Json) -> Result<String, ForgeError> {
        let MergeRequest { sha } = shape(answer)?;
        Ok(sha)
    }

    fn pulls_of(&self, at: &str, commit: &str) -> Request {
        Request::get(format!("{at}/repository/commits/{commit}/merge_requests"), &[("per_page", "100")])
    }

    fn read_pulls(&self, answer: Json, commit: &str) -> Result<Vec<Merged>, ForgeError> {
        let pulls = list::<MergeRequestOfCommit>(answer)?.into_iter();
        let merged = pulls.filter(|pull| pull.state == "merged").map(|pull| {
            let MergeRequestOfCommit { iid, state: _, sha, merge_commit_sha, squash_commit_sha } = pull;
            let is_by_this = [sha, merge_commit_sha, squash_commit_sha].iter().flatten().any(|sha| sha == commit);
            Merged { pull: iid, is_by_this }
        });
        Ok(merged.collect())
    }

    fn comments(&self, at: &str, pull: u64, page: u32) -> Request {
        let order = [("sort", "asc"), ("order_by", "created_at")];
        Request::page(format!("{at}/merge_requests/{pull}/notes"), "per_page", page, &order)
    }

    fn read_comments(&self, answer: Json) -> Result<Vec<Post>, ForgeError> {
        let notes = list::<Note>(answer)?.into_iter().map(|Note { id, body, author, system }| Post {
            id,
            node: String::new(),
            author: author.map(|author| Account::numbered(author.id)),
            body: body.filter(|_| !system).unwrap_or_default(),
            is_open: true,
            is_locked: false,
            is_hidden: false,
        });
        Ok(notes.collect())
    }

    fn create_comment(&self, at: &str, pull: u64, body: &str) -> Request {
        Request::write(Method::Post, format!("{at}/merge_requests/{pull}/notes"), Some(json!({ "body": body })))
    }

    fn edit_comment(&self, at: &str, pull: u64, comment: u64, body: &str) -> Request {
        let path = format!("{at}/merge_requests/{pull}/notes/{comment}");
        Request::write(Method::Put, path, Some(json!({ "body": body })))
    }

    fn delete_comment(&self, at: &str, pull: u64, comment: u64) -> Request {
        Request::write(Method::Delete, format!("{at}/merge_requests/{pull}/notes/{comment}"), None)
    }

    fn retire_comment(&self, at: &str, pull: u64, comment: &Post) -> Request {
        self.delete_comment(at, pull, comment.id)
    }

    fn issues(&self, at: &str, page: u32) -> Request {
        let order = [("scope", "all"), ("sort", "asc"), ("order_by", "created_at")];
        Request::page(format!("{at}/issues"), "per_page", page, &order)
    }

    fn read_issues(&self, answer: Json) -> Result<Vec<Post>, ForgeError> {
        let issues = list::<Issue>(answer)?.into_iter().map(|issue| {
            let Issue { iid, description, state, discussion_locked, author } = issue;
            Post {
                id: iid,
                node: String::new(),
                author: author.map(|author| Account::numbered(author.id)),
                body: description.unwrap_or_default(),
                is_open: state == "opened",
                is_locked: discussion_locked.unwrap_or(false),
                is_hidden: false,
            }
        });
        Ok(issues.collect())
    }

    fn create_issue(&self, at: &str, title: &str, body: &str, labels: &[Label]) -> Request {
        let labels = labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>().join(",");
        let body = json!({ "title": title, "description": body, "labels": labels });
        Request::write(Method::Post, format!("{at}/issues"), Some(body))
    }

    fn read_number(&self, answer: Json) -> Result<u64, ForgeError> {
        let Numbered { iid } = shape(answer)?;
        Ok(iid)
    }

    fn edit_issue(&self, at: &str, issue: u64, body: &str, state: Option<State>) -> Request {
        let body = match state {
            None => json!({ "description": body }),
            Some(State::Open) => json!({ "description": body, "state_event": "reopen" }),
            Some(State::Closed) => json!({ "description": body, "state_event": "close" }),
        };
        Request::write(Method::Put, format!("{at}/issues/{issue}"), Some(body))
    }

    fn comment_issue(&self, at: &str, issue: u64, body: &str) -> Request {
        Request::write(Method::Post, format!("{at}/issues/{issue}/notes"), Some(json!({ "body": body })))
    }
}
