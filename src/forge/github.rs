//! GitHub and GitHub Enterprise Server: REST for what there is, GraphQL for who wrote it.
//!
//! REST says neither whose token of a workflow it is nor what is hidden, so both are asked by GraphQL; and since the two
//! may write the id of one account in two ways, authors are compared as GraphQL has them on both sides.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::answer::{list, shape};
use super::dialect::{Author, Dialect, Label, Merged, State};
use super::error::ForgeError;
use super::post::{Account, Post};
use super::request::{Effect, Method, Request};

const VIEWER: &str = "query { viewer { id __typename } }";

const AUTHORS: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { \
    ... on IssueComment { id isMinimized author { ...who } } \
    ... on Issue { id author { ...who } } } } \
    fragment who on Actor { __typename ... on Node { id } }";

const MINIMIZE: &str = "mutation($id: ID!) { \
    minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } } }";

pub(super) struct GitHub;

#[derive(Deserialize)]
struct Viewer {
    viewer: Actor,
}

#[derive(Deserialize)]
struct Actor {
    #[serde(rename = "__typename")]
    sort: String,
    id: String,
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Option<Node>>,
}

/// Of another sort than those that were asked for it is empty.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: Option<String>,
    /// Who deleted their account is nobody.
    author: Option<Actor>,
    #[serde(default)]
    is_minimized: bool,
}

#[derive(Deserialize)]
struct Pull {
    head: Head,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

#[derive(Deserialize)]
struct PullOfCommit {
    number: u64,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    node_id: String,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    node_id: String,
    body: Option<String>,
    state: String,
    #[serde(default)]
    locked: bool,
    /// Pull requests are issues, too.
    pull_request: Option<Json>,
}

#[derive(Deserialize)]
struct Numbered {
    number: u64,
}

impl Dialect for GitHub {
    fn viewer(&self) -> Request {
        Request::graphql(Effect::Reads, VIEWER, &json!({}))
    }

    fn read_viewer(&self, answer: Json) -> Result<Account, ForgeError> {
        let Viewer { viewer: Actor { sort, id } } = shape(answer)?;
        Ok(Account::of_sort(&sort, &id))
    }

    fn authors(&self, nodes: &[String]) -> Option<Request> {
        Some(Request::graphql(Effect::Reads, AUTHORS, &json!({ "ids": nodes })))
    }

    fn read_authors(&self, answer: Json) -> Result<Vec<Author>, ForgeError> {
        let Nodes { nodes } = shape(answer)?;
        let known = nodes.into_iter().flatten().filter_map(|Node { id, author, is_minimized }| {
            let Actor { sort, id: account } = author?;
            Some(Author { node: id?, account: Account::of_sort(&sort, &account), is_hidden: is_minimized })
        });
        Ok(known.collect())
    }

    fn head(&self, at: &str, pull: u64) -> Request {
        Request::get(format!("{at}/pulls/{pull}"), &[])
    }

    fn read_head(&self, answer: Json) -> Result<String, ForgeError> {
        let Pull { head: Head { sha } } = shape(answer)?;
        Ok(sha)
    }

    fn pulls_of(&self, at: &str, commit: &str) -> Request {
        Request::get(format!("{at}/commits/{commit}/pulls"), &[("per_page", "100")])
    }

    fn read_pulls(&self, answer: Json, commit: &str) -> Result<Vec<Merged>, ForgeError> {
        let pulls = list::<PullOfCommit>(answer)?.into_iter();
        let merged = pulls.filter(|pull| pull.merged_at.is_some()).map(|pull| {
            let PullOfCommit { number, merged_at: _, merge_commit_sha } = pull;
            Merged { pull: number, is_by_this: merge_commit_sha.as_deref() == Some(commit) }
        });
        Ok(merged.collect())
    }

    fn comments(&self, at: &str, pull: u64, page: u32) -> Request {
        Request::page(format!("{at}/issues/{pull}/comments"), "per_page", page, &[])
    }

    fn read_comments(&self, answer: Json) -> Result<Vec<Post>, ForgeError> {
        let comments = list::<Comment>(answer)?.into_iter().map(|Comment { id, node_id, body }| Post {
            id,
            node: node_id,
            author: None,
            body: body.unwrap_or_default(),
            is_open: true,
            is_locked: false,
            is_hidden: false,
        });
        Ok(comments.collect())
    }

    fn create_comment(&self, at: &str, pull: u64, body: &str) -> Request {
        self.comment_issue(at, pull, body)
    }

    fn edit_comment(&self, at: &str, _pull: u64, comment: u64, body: &str) -> Request {
        Request::write(Method::Patch, format!("{at}/issues/comments/{comment}"), Some(json!({ "body": body })))
    }

    fn delete_comment(&self, at: &str, _pull: u64, comment: u64) -> Request {
        Request::write(Method::Delete, format!("{at}/issues/comments/{comment}"), None)
    }

    fn retire_comment(&self, _at: &str, _pull: u64, comment: &Post) -> Request {
        Request::graphql(Effect::Writes, MINIMIZE, &json!({ "id": comment.node }))
    }

    fn issues(&self, at: &str, page: u32) -> Request {
        Request::page(
            format!("{at}/issues"),
            "per_page",
            page,
            &[("state", "all"), ("sort", "created"), ("direction", "asc")],
        )
    }

    fn read_issues(&self, answer: Json) -> Result<Vec<Post>, ForgeError> {
        let issues = list::<Issue>(answer)?.into_iter().map(|issue| {
            let Issue { number, node_id, body, state, locked, pull_request } = issue;
            // A pull request counts as what it is: nothing of ours.
            let body = if pull_request.is_some() { None } else { body };
            Post {
                id: number,
                node: node_id,
                author: None,
                body: body.unwrap_or_default(),
                is_open: state == "open",
                is_locked: locked,
                is_hidden: false,
            }
        });
        Ok(issues.collect())
    }

    fn create_issue(&self, at: &str, title: &str, body: &str, labels: &[Label]) -> Request {
        let labels: Vec<&str> = labels.iter().map(|label| label.name.as_str()).collect();
        let body = json!({ "title": title, "body": body, "labels": labels });
        Request::write(Method::Post, format!("{at}/issues"), Some(body))
    }

    fn read_number(&self, answer: Json) -> Result<u64, ForgeError> {
        let Numbered { number } = shape(answer)?;
        Ok(number)
    }

    fn edit_issue(&self, at: &str, issue: u64, body: &str, state: Option<State>) -> Request {
        let body = match state {
            None => json!({ "body": body }),
            Some(State::Open) => json!({ "body": body, "state": "open" }),
            Some(State::Closed) => json!({ "body": body, "state": "closed" }),
        };
        Request::write(Method::Patch, format!("{at}/issues/{issue}"), Some(body))
    }

    fn comment_issue(&self, at: &str, issue: u64, body: &str) -> Request {
        Request::write(Method::Post, format!("{at}/issues/{issue}/comments"), Some(json!({ "body": body })))
    }
}
