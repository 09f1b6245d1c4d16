//! GitHub: REST and as much of GraphQL as is asked for.

use serde_json::{Value as Json, json};

use super::{Asked, Comment, Issue, Reply, Store, refusal};

/// Ids of accounts are spelled in one way by REST and in another by GraphQL, as they were for years.
fn node_of(store: &Store, user: i64) -> String {
    format!("{}_{user:08x}", if store.user(user).sort == "Bot" { "BOT" } else { "U" })
}

fn account(store: &Store, user: i64) -> Json {
    let user = store.user(user);
    json!({ "login": user.login, "id": user.id, "node_id": format!("MDQ6{}", user.id), "type": user.sort })
}

fn comment(store: &Store, comment: &Comment) -> Json {
    let Comment { id, author, body, is_hidden: _ } = comment;
    json!({ "id": id, "node_id": format!("IC_{id}"), "user": account(store, *author), "body": body })
}

fn issue(store: &Store, issue: &Issue) -> Json {
    let Issue { number, author, title, body, labels, is_open, is_locked, comments: _ } = issue;
    let labels: Vec<Json> = labels.iter().map(|name| json!({ "name": name })).collect();
    json!({
        "number": number, "node_id": format!("I_{number}"), "user": account(store, *author), "title": title,
        "body": body, "labels": labels, "state": if *is_open { "open" } else { "closed" }, "locked": is_locked,
    })
}

pub(super) fn answer(store: &mut Store, asked: &Asked, me: i64) -> Option<Reply> {
    Some(match asked.route().as_slice() {
        ["POST", "graphql"] => graphql(store, asked, me),
        ["GET", "repos", "acme", "agents", "pulls", number] => {
            let pull = store.pulls.iter().find(|pull| pull.number.to_string() == *number)?;
            Reply::Json(200, json!({ "number": pull.number, "head": { "sha": pull.head } }))
        }
        ["GET", "repos", "acme", "agents", "commits", commit, "pulls"] => {
            let holds = |sha: &Option<String>| sha.as_deref() == Some(*commit);
            let pulls = store.pulls.iter().filter(|pull| pull.head == *commit || holds(&pull.merge));
            let pulls = pulls.map(|pull| {
                let at = pull.merge.as_ref().map(|_| "2026-11-20T10:00:00Z");
                json!({ "number": pull.number, "merged_at": at, "merge_commit_sha": pull.merge })
            });
            Reply::Json(200, pulls.collect())
        }
        ["GET", "repos", "acme", "agents", "issues", number, "comments"] => {
            if store.is_endless {
                let many = (1..=3).map(|item| 3 * asked.page() + item);
                let body = |id| json!({ "id": id, "node_id": format!("IC_{id}"), "body": "More.", "user": null });
                return Some(Reply::Json(200, many.map(body).collect()));
            }
            let comments = store.commented(number.parse().ok()?)?.clone();
            let comments = comments.iter().map(|one| comment(store, one)).collect();
            store.paged(asked, "per_page", comments)
        }
        ["POST", "repos", "acme", "agents", "issues", number, "comments"] => {
            match store.add_comment(me, number.parse().ok()?, &asked.body["body"])? {
                Ok(id) => Reply::Json(201, json!({ "id": id })),
                Err(()) => refusal(403, "Unable to create comment because issue is locked."),
            }
        }
        ["PATCH", "repos", "acme", "agents", "issues", "comments", id] => {
            let id = id.parse().ok()?;
            store.comment_of(id)?.body = asked.text("body");
            Reply::Json(200, json!({ "id": id }))
        }
        ["DELETE", "repos", "acme", "agents", "issues", "comments", id] => {
            let is_gone = store.remove_comment(id.parse().ok()?);
            is_gone.then_some(Reply::Json(204, Json::Null))?
        }
        ["GET", "repos", "acme", "agents", "issues"] => {
            let pulls = store.pulls.iter().map(|pull| {
                json!({ "number": pull.number, "node_id": "PR_1", "body": "", "state": "open", "pull_request": {} })
            });
            let issues = store.issues.iter().map(|one| issue(store, one));
            let all = pulls.chain(issues).collect();
            store.paged(asked, "per_page", all)
        }
        ["POST", "repos", "acme", "agents", "issues"] => {
            let number = create(store, asked, me);
            for name in asked.body["labels"].as_array().unwrap() {
                let name = name.as_str().unwrap().to_owned();
                store.issues.last_mut().unwrap().labels.push(name);
            }
            Reply::Json(201, json!({ "number": number }))
        }
        ["PATCH", "repos", "acme", "agents", "issues", number] => edit(store, asked, number)?,
        _ => return None,
    })
}

/// Opens an issue; labels are another matter on each forge.
pub(super) fn create(store: &mut Store, asked: &Asked, me: i64) -> u64 {
    store.issue(me, &asked.text("title"), &asked.text("body"))
}

/// Changes an issue's body and state.
pub(super) fn edit(store: &mut Store, asked: &Asked, number: &str) -> Option<Reply> {
    let issue = store.issues.iter_mut().find(|issue| issue.number.to_string() == number)?;
    issue.body = asked.text("body");
    if let Some(state) = asked.body["state"].as_str() {
        issue.is_open = state == "open";
    }
    Some(Reply::Json(200, json!({ "number": issue.number })))
}

fn graphql(store: &mut Store, asked: &Asked, me: i64) -> Reply {
    let query = asked.body["query"].as_str().unwrap();
    if !store.tells_viewer {
        return Reply::Json(200, json!({ "data": null, "errors": [{ "message": "Resource not accessible" }] }));
    }
    if query.contains("minimizeComment(") {
        assert!(query.contains("classifier: OUTDATED"), "{query}");
        let id = asked.body["variables"]["id"].as_str().unwrap().strip_prefix("IC_").unwrap().parse().unwrap();
        store.comment_of(id).unwrap().is_hidden = true;
        return data(&json!({ "minimizeComment": { "minimizedComment": { "isMinimized": true } } }));
    }
    if query.contains("nodes(ids: $ids)") {
        let ids = asked.body["variables"]["ids"].as_array().unwrap().clone();
        let nodes: Vec<Json> = ids.iter().map(|id| node(store, id.as_str().unwrap())).collect();
        return data(&json!({ "nodes": nodes }));
    }
    assert!(query.contains("viewer { id __typename }"), "{query}");
    data(&json!({ "viewer": { "id": node_of(store, me), "__typename": store.user(me).sort } }))
}

fn data(data: &Json) -> Reply {
    Reply::Json(200, json!({ "data": data }))
}

fn node(store: &mut Store, id: &str) -> Json {
    let author = |store: &Store, user| json!({ "__typename": store.user(user).sort, "id": node_of(store, user) });
    if let Some(number) = id.strip_prefix("IC_") {
        let Some(comment) = store.comment_of(number.parse().unwrap()).cloned() else { return Json::Null };
        return json!({ "id": id, "isMinimized": comment.is_hidden, "author": author(store, comment.author) });
    }
    let number = id.strip_prefix("I_").unwrap();
    let issue = store.issues.iter().find(|issue| issue.number.to_string() == number);
    issue.map_or(Json::Null, |issue| json!({ "id": id, "author": author(store, issue.author) }))
}
