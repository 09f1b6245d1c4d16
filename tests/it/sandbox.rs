//! The sandbox answers as the platform's pages say, under every answer to what they leave open.

mod broken;
mod fault;
mod file;
mod listen;
mod quirk;

use flowops::api::{Method, RawRequest, RawResponse, Scope};
use flowops::model::{AgentId, ProviderKind, Secret};
use flowops::sandbox::{Caller, Quirks, Store, answer};
use serde_json::{Map, Value as Json, json};

/// A store with one agent that has no skills yet.
struct World {
    store: Store,
    agent: AgentId,
}

impl World {
    fn new(quirks: &str) -> Self {
        let mut store = Store::new(7).with_quirks(Quirks::parse(quirks).unwrap());
        let agent = store.seed_agent(None, "Front Desk");
        Self { store, agent }
    }

    /// Sends a request; `path` stands below the agent where it does not begin with `/`.
    fn send(&mut self, method: Method, path: &str, body: Option<Json>) -> (u16, Json) {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/agents/{}/{path}", self.agent) };
        read(&answer(&mut self.store, &Caller::local(), &request(method, path.trim_end_matches('/'), body)))
    }

    fn get(&mut self, path: &str) -> (u16, Json) {
        self.send(Method::Get, path, None)
    }

    fn post(&mut self, path: &str, body: Json) -> (u16, Json) {
        self.send(Method::Post, path, Some(body))
    }

    fn patch(&mut self, skill: &str, body: Json) -> (u16, Json) {
        self.send(Method::Patch, &format!("skills/{skill}"), Some(body))
    }

    /// Creates a skill and gives its id.
    fn create(&mut self, body: Json) -> String {
        let (status, answer) = self.post("skills", body);
        assert_eq!(status, 201, "{answer}");
        text(&answer["data"]["id"])
    }

    /// The stored fields of the agent's only skill.
    fn stored(&self) -> Map<String, Json> {
        self.store.skills_of(&self.agent).pop().unwrap().1
    }
}

fn request(method: Method, path: &str, body: Option<Json>) -> RawRequest {
    RawRequest { method, path: path.to_owned(), query: Vec::new(), idempotency_key: None, body }
}

fn read(response: &RawResponse) -> (u16, Json) {
    (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn webhook(name: &str) -> Json {
    json!({
        "name": name,
        "description": "Looks something up.",
        "skillType": "http_webhook",
        "executionConfig": { "url": "https://api.example.com/x", "headers": { "X-Api-Key": "hush" } },
    })
}

fn texts<'a>(items: &'a Json, key: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| item[key].as_str().unwrap()).collect()
}

#[test]
fn a_request_without_a_secret_key_is_refused() {
    let mut world = World::new("");
    for header in [None, Some("Bearer flowyte_pk_live_1"), Some("Basic flowyte_sk_1"), Some("Bearer flowyte_sk_")] {
        let response = answer(&mut world.store, &Caller::read(header), &request(Method::Get, "/agents", None));
        assert_eq!((response.status, response.content_type.as_str()), (401, "application/problem+json"), "{header:?}");
    }
    let caller = Caller::read(Some("bearer flowyte_sk_live_1"));
    assert_eq!(answer(&mut world.store, &caller, &request(Method::Get, "/agents", None)).status, 200);
}

#[test]
fn a_restricted_key_is_told_which_scope_it_lacks() {
    let mut world = World::new("");
    let key = || Secret::from("flowyte_sk_plan".to_owned());
    world.store.restrict_key(&key(), &[Scope::AgentsRead, Scope::SkillsRead]);
    let caller = Caller::with_key(key());
    assert_eq!(answer(&mut world.store, &caller, &request(Method::Get, "/agents", None)).status, 200);
    let path = format!("/agents/{}/skills", world.agent);
    let refused = answer(&mut world.store, &caller, &request(Method::Post, &path, Some(webhook("A"))));
    let (status, problem) = read(&refused);
    assert_eq!(status, 403);
    assert!(text(&problem["detail"]).contains("`skills:write`"), "{problem}");
    assert!(!serde_json::to_string(&world.store).unwrap().contains("flowyte_sk_plan"), "the key itself is not kept");
}

#[test]
fn what_does_not_exist_is_a_problem_with_status_404() {
    let mut world = World::new("");
    for path in
        ["/nothing", "/agents/agt_9", "/agents/agt_9/skills", "skills/skl_9", "versions/ver_9/diff", "/agents/a%2Fb"]
    {
        let (status, problem) = world.get(path);
        assert_eq!((status, text(&problem["code"]).as_str()), (404, "not_found"), "{path}");
    }
    assert_eq!(world.post("/agents/agt_9/skills", webhook("A")).0, 404);
    assert_eq!(world.get("/agents/agt_9/caller-verification").0, 404);
}

#[test]
fn an_agent_shows_its_draft_and_counts_every_change() {
    let mut world = World::new("");
    let (status, before) = world.get("");
    assert_eq!((status, &before["data"]["name"]), (200, &json!("Front Desk")));
    assert_eq!(before["data"]["publishedVersionId"], Json::Null);
    world.create(webhook("A"));
    let after = world.get("").1;
    assert!(after["data"]["version"].as_u64() > before["data"]["version"].as_u64());
    assert!(text(&after["data"]["updatedAt"]) > text(&before["data"]["updatedAt"]));
    let listed = world.get("/agents").1;
    assert_eq!(listed["data"][0], after["data"]);
}

#[test]
fn seeding_an_agent_twice_makes_one() {
    let mut store = Store::default();
    let id = AgentId::parse("agt_1").unwrap();
    assert_eq!(store.seed_agent(Some(&id), "Front Desk"), id);
    assert_eq!(store.seed_agent(Some(&id), "Renamed"), id);
    assert_eq!(store.seed_agent(None, "Front Desk"), id);
    assert_eq!(store.agents().collect::<Vec<_>>(), [(&id, "Front Desk")]);
}

#[test]
fn a_created_skill_is_read_listed_changed_and_deleted() {
    let mut world = World::new("");
    let id = world.create(webhook("Lookup"));
    let (status, one) = world.get(&format!("skills/{id}"));
    assert_eq!((status, &one["data"]["executionConfig"]), (200, &webhook("Lookup")["executionConfig"]));
    let (status, changed) = world.patch(&id, json!({ "stakes": "high" }));
    assert_eq!((status, &changed["data"]["stakes"], &changed["data"]["name"]), (200, &json!("high"), &json!("Lookup")));
    assert!(text(&changed["data"]["updatedAt"]) > text(&changed["data"]["createdAt"]));
    assert_eq!(texts(&world.get("skills").1["data"], "id"), [id.as_str()]);
    let path = format!("skills/{id}");
    assert_eq!(world.send(Method::Delete, &path, None), (200, json!({ "success": true, "data": null })));
    assert_eq!(world.send(Method::Delete, &path, None).0, 404);
    assert_eq!(world.get("skills").1["data"], json!([]));
    assert_eq!(world.store.writes(), 4);
    assert_eq!(world.store.events().iter().filter(|event| event.changed).count(), 3);
}

#[test]
fn a_body_that_does_not_fit_names_its_fields_and_changes_nothing() {
    let with = |key: &str, value: Json| {
        let mut body = webhook("A");
        body[key] = value;
        body
    };
    let email =
        |config: Json| json!({ "name": "A", "description": "d", "skillType": "email", "executionConfig": config });
    let cases = [
        (json!([]), ""),
        (json!({ "name": "A", "skillType": "sms" }), "description"),
        (with("name", json!(" ")), "name"),
        (with("skillType", json!("webhook")), "skillType"),
        (with("id", json!("skl_1")), "id"),
        (with("expectedLatencyMs", json!(3)), "expectedLatencyMs"),
        (with("isEnabld", json!(true)), "isEnabld"),
        (with("isEnabled", json!("hush")), "isEnabled"),
        (with("isEnabled", Json::Null), "isEnabled"),
        (with("channels", json!(["voice", "fax"])), "channels.1"),
        (with("dataEgressMap", json!({ "to": 1 })), "dataEgressMap.to"),
        (with("parametersSchema", json!({ "serial": { "type": "string" } })), "parametersSchema"),
        (with("executionConfig", json!({ "method": "POST" })), "executionConfig.url"),
        (email(json!({ "to": "a@example.com" })), "executionConfig.subject"),
        (email(json!({ "subject": "s", "to": "" })), "executionConfig.to"),
    ];
    let mut world = World::new("");
    for (body, field) in cases {
        let (status, answer) = world.post("skills", body);
        assert_eq!((status, &answer["success"], &answer["errors"][0]["field"]), (400, &json!(false), &json!(field)));
        assert!(!answer.to_string().contains("hush"), "no value is repeated: {answer}");
    }
    assert_eq!(world.send(Method::Post, "skills", None).0, 400);
    assert!(world.store.skills_of(&world.agent).is_empty());
    assert!(world.store.events().iter().all(|event| !event.changed));
}

#[test]
fn a_change_that_does_not_fit_is_refused() {
    let mut world = World::new("");
    let id = world.create(webhook("A"));
    let before = world.stored();
    for (body, field) in [
        (json!({ "skillType": "sms" }), "skillType"),
        (json!({ "description": null }), "description"),
        (json!({ "name": null }), "name"),
        (json!({ "executionConfig": null }), "executionConfig.url"),
        (json!({ "updatedAt": "now" }), "updatedAt"),
    ] {
        let (status, answer) = world.patch(&id, body);
        assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!(field)));
    }
    assert_eq!(world.stored(), before);
    assert_eq!(world.patch(&id, json!({ "skillType": "http_webhook" })).0, 200, "the same type is no change");
}

#[test]
fn a_repeated_idempotency_key_replays_the_first_answer() {
    let send = |world: &mut World, key: &str, body: Json| {
        let path = format!("/agents/{}/skills", world.agent);
        let request = RawRequest { idempotency_key: Some(key.to_owned()), ..request(Method::Post, &path, Some(body)) };
        answer(&mut world.store, &Caller::local(), &request)
    };
    let mut world = World::new("");
    let first = send(&mut world, "k1", webhook("A"));
    let mut reordered = webhook("A");
    reordered.sort_all_objects();
    assert_eq!(send(&mut world, "k1", reordered), first);
    assert_eq!(send(&mut world, "k1", webhook("B")).status, 422);
    assert_eq!(send(&mut world, "", webhook("C")).status, 400);
    assert_eq!(world.store.skills_of(&world.agent).len(), 1);
    let refused = send(&mut world, "k2", json!({}));
    assert_eq!((refused.status, send(&mut world, "k2", webhook("B")).status), (400, 201), "a refusal is not kept");

    let mut world = World::new("key-replay=ignored");
    assert_eq!(send(&mut world, "k1", webhook("A")).status, 201);
    assert_eq!(send(&mut world, "k1", webhook("A")).status, 409);
}

#[test]
fn a_pack_needs_its_provider_and_installs_only_what_is_missing() {
    let mut world = World::new("");
    let path = "integrations/google_sheets/pack/install";
    let (status, problem) = world.send(Method::Post, path, None);
    assert_eq!((status, &problem["code"]), (409, &json!("integration_not_connected")));
    assert_eq!(world.send(Method::Post, "/agents/agt_9/integrations/google_sheets/pack/install", None).0, 404);
    let (status, problem) = world.send(Method::Post, "integrations/acme_crm/pack/install", None);
    assert_eq!((status, &problem["code"]), (404, &json!("no_connector_pack")));

    world.store.connect(&ProviderKind::GoogleSheets);
    let (status, first) = world.send(Method::Post, path, None);
    let made = |answer: &Json| -> Vec<(String, bool, bool)> {
        let entry =
            |item: &Json| (text(&item["skill"]["name"]), item["skill"]["isEnabled"] == true, item["created"] == true);
        answer["data"].as_array().unwrap().iter().map(entry).collect()
    };
    assert_eq!(status, 200);
    assert_eq!(made(&first), [("Append row".to_owned(), false, true), ("Look up row".to_owned(), true, true)]);
    let again = world.send(Method::Post, path, None).1;
    assert_eq!(made(&again), [("Append row".to_owned(), false, false), ("Look up row".to_owned(), true, false)]);
    let events = world.store.events();
    assert!(!events.last().unwrap().changed);
}

#[test]
fn actions_are_provisioned_by_their_slugs() {
    let mut world = World::new("");
    world.store.connect(&ProviderKind::Shopify);
    let path = "integrations/shopify/provision";
    let (status, answer) = world.post(path, json!({ "actions": ["lookup_order", "lookup_order"] }));
    assert_eq!((status, answer["data"].as_array().unwrap().len()), (200, 1));
    let (status, answer) = world.post(path, json!({ "actions": ["lookup_order", "sing"] }));
    assert_eq!((status, &answer["errors"][0]["field"]), (400, &json!("actions.1")));
    assert_eq!(world.send(Method::Post, path, None).1["data"].as_array().unwrap().len(), 3, "none means all");
    assert_eq!(world.post("integrations/postgres/provision", json!({})).0, 404, "a database has no ready actions");
    assert_eq!(world.post("integrations/square/provision", json!({})).0, 409);
}

#[test]
fn the_catalog_and_the_connections_say_what_is_connected() {
    let mut world = World::new("");
    world.store.connect(&ProviderKind::Mysql);
    let catalog = world.get("/integrations/catalog").1;
    assert_eq!(texts(&catalog["data"], "kind"), ProviderKind::KNOWN);
    let entries = catalog["data"].as_array().unwrap();
    assert!(
        entries
            .iter()
            .all(|entry| entry["hasPack"] == true && (entry["connected"] == true) == (entry["kind"] == "mysql"))
    );
    assert_eq!(texts(&world.get("/integrations").1["data"], "kind"), ["mysql"]);
    world.store.disconnect(&ProviderKind::Mysql);
    assert_eq!(world.get("/integrations").1["data"], json!([]));
}

#[test]
fn publishing_freezes_the_draft_and_a_rollback_leaves_it() {
    let mut world = World::new("publish-status=201,secrets=masked");
    let id = world.create(webhook("A"));
    let (status, first) = world.post("publish", json!({ "note": "one" }));
    assert_eq!((status, &first["data"]["version"], &first["data"]["note"]), (201, &json!(1), &json!("one")));
    let (status, problem) = world.send(Method::Post, "publish", None);
    assert_eq!((status, &problem["code"]), (409, &json!("no_diff")));
    assert_eq!(world.post("publish", json!({ "notes": "x" })).0, 400);

    let first = text(&first["data"]["id"]);
    let diff = format!("versions/{first}/diff");
    assert_eq!(world.get(&diff).1["data"]["changes"], json!([]));
    let secret = json!({ "url": "https://api.example.com/x", "headers": { "X-Api-Key": "other" } });
    world.patch(&id, json!({ "stakes": "high", "executionConfig": secret }));
    world.create(webhook("B"));
    let agent = world.agent.clone();
    world.store.edit_agent(&agent, |settings| settings.extend([("greeting".to_owned(), json!("Hello"))]));
    let changes = world.get(&diff).1["data"]["changes"].clone();
    assert_eq!(texts(&changes, "field"), ["greeting", "skills/A/executionConfig", "skills/A/stakes", "skills/B"]);
    assert_eq!(texts(&changes, "kind"), ["added", "changed", "added", "added"]);
    assert!(!changes.to_string().contains("other"), "secrets are masked here too");

    let second = text(&world.post("publish", json!({})).1["data"]["id"]);
    assert_eq!(texts(&world.get("versions").1["data"], "id"), [first.as_str(), second.as_str()]);
    assert_eq!(world.get("").1["data"]["publishedVersionId"], json!(second));
    assert_eq!(world.post("rollback", json!({ "versionId": first })).0, 200);
    assert_eq!(world.get("").1["data"]["publishedVersionId"], json!(first));
    assert_eq!(world.get("skills").1["data"].as_array().unwrap().len(), 2, "the draft stays");
    assert_eq!(world.post("rollback", json!({ "versionId": "ver_9" })).0, 404);
    assert_eq!(world.post("rollback", json!({})).0, 400);
}

#[test]
fn caller_verification_refers_to_skills() {
    let mut world = World::new("");
    assert_eq!(world.get("caller-verification").1["data"], json!([]));
    world.create(webhook("Verify"));
    let (agent, skill) = (world.agent.clone(), world.store.skills_of(&world.agent).pop().unwrap().0);
    assert!(world.store.verify_with(&agent, &skill));
    assert_eq!(texts(&world.get("caller-verification").1["data"], "verifierSkillId"), [skill.as_str()]);
}

#[test]
fn somebody_in_the_dashboard_changes_skills_without_a_request() {
    let mut world = World::new("");
    world.create(webhook("A"));
    let (agent, skill) = (world.agent.clone(), world.store.skills_of(&world.agent).pop().unwrap().0);
    let before = world.get("").1["data"]["version"].as_u64();
    let writes = world.store.writes();
    assert!(world.store.edit_skill(&agent, &skill, |fields| fields.extend([("stakes".to_owned(), json!("high"))])));
    assert_eq!(world.stored()["stakes"], json!("high"));
    assert!(world.store.drop_skill(&agent, &skill) && !world.store.drop_skill(&agent, &skill));
    assert!(world.get("").1["data"]["version"].as_u64() > before);
    assert_eq!(world.store.writes(), writes);
}

#[test]
fn the_same_requests_give_the_same_bytes() {
    let story = || {
        let mut world = World::new("");
        world.create(webhook("A"));
        world.store.connect(&ProviderKind::Square);
        world.send(Method::Post, "integrations/square/pack/install", None);
        world.post("publish", json!({}));
        let seen = world.get("skills").1;
        (seen.to_string(), serde_json::to_string(&world.store).unwrap())
    };
    assert_eq!(story(), story());
    let other = Store::new(8).seed_agent(None, "Front Desk");
    assert_ne!(other, World::new("").agent, "the seed decides the ids");
}
