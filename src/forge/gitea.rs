//! Gitea and Forgejo: GitHub's paths for the most part, labels by number, nothing that hides a comment.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::answer::{list, shape};
use super::dialect::{Dialect, Label, Merged, State};
use super::error::ForgeError;
use super::github::GitHub;
use super::post::{Account, Post};
use super::request::{Method, Request};

pub(super) struct Gitea;

#[derive(Deserialize)]
struct User {
    /// The user that runs workflows has a negative one.
    id: i64,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    #[serde(default)]
    merged: bool,
    merge_commit_sha: Option<String>,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    body: Option<String>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    body: Option<String>,
    state: String,
    #[serde(default)]
    is_locked: bool,
    user: Option<User>,
    pull_request: Option<Json>,
}

#[derive(Deserialize)]
struct Named {
    id: u64,
    name: String,
}

/// The colour of a label that is made because an issue is to have it; the API wants one.
const GREY: &str = "#8b949e";

impl Dialect for Gitea {
    fn viewer(&self) -> Request {
        Request::get("/user".to_owned(), &[])
    }

    fn read_viewer(&self, answer: Json) -> Result<Account, ForgeError> {
        let User { id } = shape(answer)?;
        Ok(Account::numbered(id))
    }

    fn head(&self, at: &str, pull: u64) -> Request {
        GitHub.head(at, pull)
    }

    fn read_head(&self, answer: Json) -> Result<String, ForgeError> {
        GitHub.read_head(answer)
    }

    fn pulls_of(&self, at: &str, commit: &str) -> Request {
        Request::get(format!("{at}/commits/{commit}/pull"), &[])
    }

    fn read_pulls(&self, answer: Json, commit: &str) -> Result<Vec<Merged>, ForgeError> {
        let Pull { number, merged, merge_commit_sha } = shape(answer)?;
        let is_by_this = merge_commit_sha.as_deref() == Some(commit);
        Ok(if merged { vec![Merged { pull: number, is_by_this }] } else { Vec::new() })
    }

    fn comments(&self, at: &str, pull: u64, page: u32) -> Request {
        Request::page(format!("{at}/issues/{pull}/comments"), "limit", page, &[])
    }

    fn read_comments(&self, answer: Json) -> Result<Vec<Post>, ForgeError> {
        let comments = list::<Comment>(answer)?.into_iter().map(|Comment { id, body, user }| Post {
            id,
            node: String::new(),
            author: user.map(|user| Account::numbered(user.id)),
            body: body.unwrap_or_default(),
            is_open: true,
            is_locked: false,
            is_hidden: false,
        });
        Ok(comments.collect())
    }

    fn create_comment(&self, at: &str, pull: u64, body: &str) -> Request {
        GitHub.create_comment(at, pull, body)
    }

    fn edit_comment(&self, at: &str, pull: u64, comment: u64, body: &str) -> Request {
        GitHub.edit_comment(at, pull, comment, body)
    }

    fn delete_comment(&self, at: &str, pull: u64, comment: u64) -> Request {
        GitHub.delete_comment(at, pull, comment)
    }

    fn retire_comment(&self, at: &str, pull: u64, comment: &Post) -> Request {
        self.delete_comment(at, pull, comment.id)
    }

    fn issues(&self, at: &str, page: u32) -> Request {
        Request::page(format!("{at}/issues"), "limit", page, &[("state", "all"), ("type", "issues")])
    }

    fn read_issues(&self, answer: Json) -> Result<Vec<Post>, ForgeError> {
        let issues = list::<Issue>(answer)?.into_iter().map(|issue| {
            let Issue { number, body, state, is_locked, user, pull_request } = issue;
            let body = if pull_request.is_some_and(|pull| !pull.is_null()) { None } else { body };
            Post {
                id: number,
                node: String::new(),
                author: user.map(|user| Account::numbered(user.id)),
                body: body.unwrap_or_default(),
                is_open: state == "open",
                is_locked,
                is_hidden: false,
            }
        });
        Ok(issues.collect())
    }

    fn create_issue(&self, at: &str, title: &str, body: &str, labels: &[Label]) -> Request {
        let labels: Vec<u64> = labels.iter().filter_map(|label| label.id).collect();
        let body = json!({ "title": title, "body": body, "labels": labels });
        Request::write(Method::Post, format!("{at}/issues"), Some(body))
    }

    fn read_number(&self, answer: Json) -> Result<u64, ForgeError> {
        GitHub.read_number(answer)
    }

    fn edit_issue(&self, at: &str, issue: u64, body: &str, state: Option<State>) -> Request {
        GitHub.edit_issue(at, issue, body, state)
    }

    fn comment_issue(&self, at: &str, issue: u64, body: &str) -> Request {
        GitHub.comment_issue(at, issue, body)
    }

    fn labels(&self, at: &str, page: u32) -> Option<Request> {
        Some(Request::page(format!("{at}/labels"), "limit", page, &[]))
    }

    fn read_labels(&self, answer: Json) -> Result<Vec<Label>, ForgeError> {
        let labels = list::<Named>(answer)?.into_iter();
        Ok(labels.map(|Named { id, name }| Label { name, id: Some(id) }).collect())
    }

    fn create_label(&self, at: &str, name: &str) -> Option<Request> {
        let body = json!({ "name": name, "color": GREY });
        Some(Request::write(Method::Post, format!("{at}/labels"), Some(body)))
    }
}
