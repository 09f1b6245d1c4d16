//! What happens beside a run: somebody works in the dashboard, or the server lists something else than it holds.

use flowops::api::{Method, RawRequest};
use flowops::sandbox::{Caller, Sandbox, Store};
use serde_json::{Value as Json, json};

/// The path of the lists of skills.
pub(super) const SKILLS: &str = "/agents/*/skills";

/// The path of one skill.
pub(super) const SKILL: &str = "/agents/*/skills/*";

/// Somebody changes something of `Front Desk` at the nth request of a method and a path.
pub(crate) fn edit(method: &str, path: &str, nth: u64, stage: &str, change: &Json) -> String {
    let action = json!({ "edit": { "agent": "Front Desk", "change": change } });
    fault(method, path, nth, 1, stage, &action)
}

/// Somebody changes something right after the plan has read the skills.
pub(super) fn after_the_plan(change: &Json) -> String {
    edit("GET", SKILLS, 1, "after-commit", change)
}

/// Some fields of a skill are set.
pub(super) fn set(skill: &str, fields: &Json) -> Json {
    json!({ "set": { "skill": skill, "fields": fields } })
}

/// The nth request, and as many as follow, is answered so.
pub(crate) fn answer(method: &str, path: &str, nth: u64, times: u64, status: u16, body: &Json) -> String {
    fault(method, path, nth, times, "before-commit", &json!({ "status": { "status": status, "body": body } }))
}

fn fault(method: &str, path: &str, nth: u64, times: u64, stage: &str, action: &Json) -> String {
    let fault = json!({ "method": method, "path": path, "nth": nth, "times": times, "stage": stage, "action": action });
    format!("- {fault}\n")
}

/// What the server answers when it is asked for the skills of `Front Desk`.
pub(super) fn listed(store: &Store) -> Json {
    let sandbox = Sandbox::in_memory(store.clone());
    let path = format!("/agents/{}/skills", crate::world::agent_id(&sandbox, "Front Desk"));
    let query = vec![("limit".to_owned(), "100".to_owned())];
    let request = RawRequest { method: Method::Get, path, query, idempotency_key: None, body: None };
    serde_json::from_slice(&sandbox.exchange(&Caller::local(), &request).unwrap().body).unwrap()
}
