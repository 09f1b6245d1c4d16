//! Gitea and Forgejo.

use serde_json::{Value as Json, json};

use super::{Asked, Comment, Issue, Reply, Store, github, refusal};

fn account(store: &Store, user: i64) -> Json {
    json!({ "id": user, "login": store.user(user).login })
}

pub(super) fn answer(store: &mut Store, asked: &Asked, me: i64) -> Option<Reply> {
    Some(match asked.route().as_slice() {
        ["GET", "user"] if store.tells_viewer => Reply::Json(200, account(store, me)),
        ["GET", "user"] => refusal(403, "token does not have at least one of required scope(s): [read:user]"),
        ["GET", "repos", "acme", "agents", "commits", commit, "pull"] => {
            let pull = store.pulls.iter().find(|pull| pull.merge.as_deref() == Some(*commit))?;
            Reply::Json(200, json!({ "number": pull.number, "merged": true, "merge_commit_sha": pull.merge }))
        }
        // All of them, whatever page is asked for.
        ["GET", "repos", "acme", "agents", "issues", number, "comments"] => {
            let comments = store.commented(number.parse().ok()?)?.clone();
            let shown = comments.iter().map(|Comment { id, author, body, is_hidden: _ }| {
                json!({ "id": id, "user": account(store, *author), "body": body })
            });
            Reply::Json(200, shown.collect())
        }
        ["GET", "repos", "acme", "agents", "issues"] => {
            assert_eq!(asked.query("type"), Some("issues"));
            let issues = store.issues.iter().map(|issue| {
                let Issue { number, author, title, body, labels: _, is_open, is_locked, comments: _ } = issue;
                let state = if *is_open { "open" } else { "closed" };
                json!({
                    "number": number, "user": account(store, *author), "title": title, "body": body, "state": state,
                    "is_locked": is_locked, "pull_request": null,
                })
            });
            store.paged(asked, "limit", issues.collect())
        }
        ["POST", "repos", "acme", "agents", "issues"] => {
            let ids = asked.body["labels"].as_array().unwrap();
            let labels = ids.iter().map(|id| store.labels[usize::try_from(id.as_u64().unwrap()).unwrap()].clone());
            let labels = labels.collect();
            let number = github::create(store, asked, me);
            store.issues.last_mut().unwrap().labels = labels;
            Reply::Json(201, json!({ "number": number }))
        }
        ["GET", "repos", "acme", "agents", "labels"] => {
            let labels = store.labels.iter().enumerate().map(|(id, name)| json!({ "id": id, "name": name }));
            store.paged(asked, "limit", labels.collect())
        }
        ["POST", "repos", "acme", "agents", "labels"] => {
            let name = asked.body["name"].as_str().unwrap();
            assert!(asked.body["color"].as_str().unwrap().starts_with('#'));
            store.labels.push(name.to_owned());
            Reply::Json(201, json!({ "id": store.labels.len() - 1, "name": name }))
        }
        ["POST", "graphql"] => return None,
        _ => return github::answer(store, asked, me),
    })
}
