//! GitLab: project 42, which is `acme/agents`.

use serde_json::{Value as Json, json};

use super::{Asked, Comment, Issue, Reply, Store, refusal};

fn account(store: &Store, user: i64) -> Json {
    json!({ "id": user, "username": store.user(user).login })
}

pub(super) fn answer(store: &mut Store, asked: &Asked, me: i64) -> Option<Reply> {
    let mut route = asked.route();
    if route.get(1) == Some(&"projects") && ["42", "acme%2Fagents"].contains(route.get(2)?) {
        route.drain(1..3);
    } else if route != ["GET", "user"] {
        return None;
    }
    Some(match route.as_slice() {
        ["GET", "user"] if store.tells_viewer => Reply::Json(200, account(store, me)),
        ["GET", "user"] => Reply::Json(403, json!({ "error": "insufficient_scope" })),
        ["GET", "merge_requests", number] => {
            let pull = store.pulls.iter().find(|pull| pull.number.to_string() == *number)?;
            Reply::Json(200, json!({ "iid": pull.number, "sha": pull.head }))
        }
        ["GET", "repository", "commits", commit, "merge_requests"] => {
            let holds = |sha: &Option<String>| sha.as_deref() == Some(*commit);
            let pulls = store.pulls.iter().filter(|pull| pull.head == *commit || holds(&pull.merge));
            let pulls = pulls.map(|pull| {
                let state = if pull.merge.is_some() { "merged" } else { "opened" };
                json!({ "iid": pull.number, "state": state, "sha": pull.head, "merge_commit_sha": pull.merge })
            });
            Reply::Json(200, pulls.collect())
        }
        ["GET", "merge_requests", number, "notes"] => {
            let notes = store.commented(number.parse().ok()?)?.clone();
            let system = json!({ "id": 1, "body": "added 1 commit", "author": null, "system": true });
            let shown = notes.iter().map(|Comment { id, author, body, is_hidden: _ }| {
                json!({ "id": id, "author": account(store, *author), "body": body, "system": false })
            });
            let all = std::iter::once(system).chain(shown).collect();
            store.paged(asked, "per_page", all)
        }
        ["POST", "merge_requests" | "issues", number, "notes"] => {
            match store.add_comment(me, number.parse().ok()?, &asked.body["body"])? {
                Ok(id) => Reply::Json(201, json!({ "id": id })),
                Err(()) => refusal(403, "403 Forbidden"),
            }
        }
        ["PUT", "merge_requests", _, "notes", id] => {
            let id = id.parse().ok()?;
            store.comment_of(id)?.body = asked.text("body");
            Reply::Json(200, json!({ "id": id }))
        }
        ["DELETE", "merge_requests", _, "notes", id] => {
            let is_gone = store.remove_comment(id.parse().ok()?);
            is_gone.then_some(Reply::Json(204, Json::Null))?
        }
        ["GET", "issues"] => {
            let issues = store.issues.iter().map(|issue| {
                let Issue { number, author, title, body, labels, is_open, is_locked, comments: _ } = issue;
                let state = if *is_open { "opened" } else { "closed" };
                json!({
                    "iid": number, "id": number + 50_000, "author": account(store, *author), "title": title,
                    "description": body, "labels": labels, "state": state, "discussion_locked": is_locked.then_some(true),
                })
            });
            store.paged(asked, "per_page", issues.collect())
        }
        ["POST", "issues"] => {
            let number = store.issue(me, &asked.text("title"), &asked.text("description"));
            let labels = asked.text("labels");
            let labels = labels.split(',').filter(|label| !label.is_empty()).map(str::to_owned).collect();
            store.issues.last_mut().unwrap().labels = labels;
            Reply::Json(201, json!({ "iid": number, "id": number + 50_000 }))
        }
        ["PUT", "issues", number] => {
            let issue = store.issues.iter_mut().find(|issue| issue.number.to_string() == *number)?;
            issue.body = asked.text("description");
            match asked.body["state_event"].as_str() {
                Some("close") if issue.is_open => issue.is_open = false,
                Some("reopen") if !issue.is_open => issue.is_open = true,
                None => {}
                Some(event) => return Some(refusal(422, &format!("{event} is not possible"))),
            }
            Reply::Json(200, json!({ "iid": issue.number }))
        }
        _ => return None,
    })
}
