//! What a person must do about a pack that cannot be installed: said by the plan where the catalog tells, by the apply
//! where only the answer does.

use std::sync::Arc;

use flowops::cli::exit::Exit;
use flowops::cli::transport::Local;
use flowops::model::{Desired, ProviderKind};
use flowops::plan::Hold;
use flowops::sandbox::{Quirks, Sandbox, Store};
use serde_json::{Map, Value as Json, json};

use crate::laws::{apply, look, post};
use crate::matrix::meanwhile::answer;
use crate::matrix::packs::{pack, recorded};
use crate::scene::{Scene, read};

const INSTALL: &str = "/agents/*/integrations/*/pack/install";

/// What a plan holds, as it says it.
fn held(scene: &Scene) -> String {
    let plan = scene.plans(Exit::Guarded);
    plan.held.iter().map(|held| format!("{}: {}\n", held.hold.word(), held.message)).collect::<Vec<_>>().concat()
}

/// What an apply says whose install is answered so.
fn said(status: u16, body: &serde_json::Value) -> String {
    let played = pack("", &recorded(), "name").fault(&answer("POST", INSTALL, 1, 1_000, status, body)).alone();
    assert_eq!((played.exit, played.arrived(flowops::api::Method::Post, "/install")), (Exit::Failed, 1));
    played.all()
}

#[test]
fn a_plan_says_by_the_catalog_that_a_provider_is_kept_for_later() {
    let said = held(&pack("", &recorded(), "name").quirks("reserved=refused"));
    let wanted = "reserved: the catalog does not list `hubspot`; `hubspot` is one of those that the platform keeps for later; take it out of the manifests until it is offered\n";
    assert_eq!(said, wanted);
}

#[test]
fn a_plan_says_that_somebody_must_connect_the_provider_in_a_browser() {
    let mut store = Store::new(3).with_quirks(Quirks::default());
    store.seed_agent(None, "Front Desk");
    let agent = "apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: desk }\nspec: { match: { name: Front Desk }, packs: [{ kind: shopify }] }\n";
    let said = held(&Scene::new(read(agent), store));
    assert!(said.starts_with("not-connected: `shopify` is not connected for the organization; somebody must connect `shopify` in the dashboard: signing in"), "{said}");
}

#[test]
fn an_install_of_a_provider_that_ships_no_pack_says_so_if_the_agent_is_there() {
    let said = said(404, &json!({ "status": 404, "title": "Not found" }));
    assert!(
        said.contains("the server answered 404: Not found; `hubspot` ships no connector pack; take it out of `packs`"),
        "{said}"
    );
}

#[test]
fn an_install_on_an_agent_that_is_gone_says_that_it_is_gone() {
    let gone = json!({ "status": 404, "title": "Not found" });
    let scene = pack("", &recorded(), "name").fault(&answer("POST", INSTALL, 1, 1_000, 404, &gone));
    let played = scene.fault(&answer("GET", "/agents/*/skills", 2, 1_000, 404, &gone)).alone();
    let said = played.all();
    assert!(said.contains("; the agent itself is gone; correct `match`, or remove its manifest"), "{said}");
}

#[test]
fn a_conflict_of_an_install_says_which_of_its_meanings_it_is_or_both() {
    let connect = said(409, &json!({ "status": 409, "code": "integration_not_connected" }));
    assert!(connect.contains("; somebody must connect `hubspot` in the dashboard"), "{connect}");
    assert!(!connect.contains("has the name of"), "{connect}");
    let name = said(409, &json!({ "status": 409, "code": "duplicate_name" }));
    assert!(name.contains("; a skill that is not the pack's has the name of one of its presets"), "{name}");
    let either = said(409, &json!({ "status": 409, "title": "Conflict" }));
    assert!(either.contains("; either it is not connected, and somebody must connect `hubspot`"), "{either}");
}

/// The key may be a good one: of these providers a 403 says that they are not offered yet.
#[test]
fn a_403_for_a_provider_that_may_be_kept_for_later_does_not_blame_the_key_alone() {
    let said = said(403, &json!({ "status": 403, "title": "Forbidden" }));
    assert!(said.contains("; `hubspot` is one of those that the platform keeps for later"), "{said}");
    assert!(!said.contains("the server refuses the key"), "{said}");
}

/// What is recorded of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Record {
    Nothing,
    Names,
    Contents,
}

/// What the agent has before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    All,
    OneDeleted,
    OneRenamed,
    OneEdited,
}

/// A manifest that asks for a pack, or for two of its actions, and what is recorded of it.
fn asks(is_pack: bool, record: Record, is_overridden: bool) -> Desired {
    let made: Vec<(&str, Map<String, Json>)> = vec![
        ("look_up_contact", preset("Look up contact", "Finds the caller among the contacts by phone number.")),
        ("create_contact", preset("Create contact", "Adds the caller to the contacts.")),
        ("log_call_note", preset("Log call note", "Adds a note about the call to the caller's contact.")),
    ];
    let recorded = |(slug, contents): &(&str, Map<String, Json>)| {
        let mut item = contents.clone();
        if record == Record::Names {
            item.retain(|key, _| key == "name" || key == "skillType");
        }
        if !is_pack {
            item.insert("action".to_owned(), json!(slug));
        }
        Json::Object(item)
    };
    let recorded: Vec<Json> = made.iter().take(if is_pack { 3 } else { 2 }).map(recorded).collect();
    let list = if is_pack { "skills" } else { "actions" };
    let mut spec = json!({ "match": { "name": "Front Desk" } });
    if is_pack {
        spec["packs"] = json!([{ "kind": "hubspot" }]);
    } else {
        spec["provision"] = json!([{ "kind": "hubspot", "actions": ["look_up_contact", "create_contact"] }]);
    }
    if is_overridden {
        let config = json!({ "pipeline": "support" });
        spec["overrides"] = json!([{ "name": "Look up contact", "isEnabled": true, "executionConfig": config }]);
    }
    let document = |kind: &str, name: &str, spec: &Json| {
        let head = json!({ "apiVersion": "flowops/v1", "kind": kind, "metadata": { "name": name }, "spec": spec });
        format!("---\n{head}\n")
    };
    let mut text = document("Agent", "desk", &spec);
    if record != Record::Nothing {
        text.push_str(&document("ConnectorPack", "hubspot", &json!({ "kind": "hubspot", list: recorded })));
    }
    read(&text)
}

fn preset(name: &str, description: &str) -> Map<String, Json> {
    let fields = json!({ "name": name, "skillType": "crm", "description": description, "arrives": "disabled" });
    fields.as_object().cloned().unwrap()
}

/// A server on which somebody installed the pack in the dashboard, and then did something.
fn server(quirks: &str, before: Before) -> Arc<Sandbox> {
    let mut store = Store::new(3);
    let agent = store.seed_agent(None, "Front Desk");
    store.connect(&ProviderKind::Hubspot);
    let sandbox = Sandbox::in_memory(store);
    if before != Before::Nothing {
        post(&sandbox, &format!("/agents/{agent}/integrations/hubspot/pack/install"));
    }
    let change = |store: &mut Store| {
        let skills = store.skills_of(&agent);
        let (id, _) = skills.iter().find(|(_, skill)| skill["name"] == "Look up contact").unwrap();
        match before {
            Before::Nothing | Before::All => {}
            Before::OneDeleted => {
                store.drop_skill(&agent, id);
            }
            Before::OneRenamed => {
                store.edit_skill(&agent, id, |skill| {
                    skill.insert("name".to_owned(), json!("Find contact"));
                });
            }
            Before::OneEdited => {
                store.edit_skill(&agent, id, |skill| {
                    skill.insert("description".to_owned(), json!("Finds whoever calls."));
                });
            }
        }
    };
    if before != Before::Nothing {
        sandbox.with_store(change).unwrap();
    }
    sandbox.with_store(|store| store.set_quirks(Quirks::parse(quirks).unwrap())).unwrap();
    Arc::new(sandbox)
}

/// How many runs it takes, and what is left then: nothing, or what is held, with a reason.
fn converges(quirks: &str, is_pack: bool, record: Record, is_overridden: bool, before: Before) {
    let said = format!("{quirks} pack: {is_pack} {record:?} overridden: {is_overridden} {before:?}");
    let desired = asks(is_pack, record, is_overridden);
    let sandbox = server(quirks, before);
    let count = || sandbox.with_store(|store| store.agents().map(|(id, _)| store.skills_of(id).len()).sum::<usize>());
    let there = count().unwrap();
    for nonce in 1..=2 {
        apply(&sandbox, &desired, nonce);
    }
    let (_, left) = look(&Local::new(Arc::clone(&sandbox)), &desired);
    assert!(left.steps.is_empty(), "{said}: {:#?}", left.steps);
    let is_held = before == Before::OneRenamed && record == Record::Contents;
    assert_eq!(
        left.held.iter().map(|held| held.hold).collect::<Vec<_>>(),
        if is_held { vec![Hold::PresetRenamed] } else { vec![] },
        "{said}"
    );
    // Nothing is there twice: what the pack makes is three skills, however often it is asked for.
    assert!(count().unwrap() <= 3, "{said}: there were {there}, and are {}", count().unwrap());
}

/// What is only named cannot be known again under another name, so a rename is played with contents alone.
#[test]
fn whatever_a_server_does_with_packs_and_actions_two_runs_leave_nothing_to_do_and_nothing_twice() {
    let mut played = 0;
    for matches in ["name", "key"] {
        for names in ["unique-409", "free"] {
            for installs in ["whole", "failing", "short"] {
                for rest in ["", ",arrival=disabled,defaults=filled", ",secrets=masked,patch=merge,null=kept"] {
                    let quirks = format!("preset-match={matches},names={names},installs={installs}{rest}");
                    for is_pack in [true, false] {
                        for record in [Record::Nothing, Record::Names, Record::Contents] {
                            for before in [
                                Before::Nothing,
                                Before::All,
                                Before::OneDeleted,
                                Before::OneRenamed,
                                Before::OneEdited,
                            ] {
                                if before == Before::OneRenamed && record == Record::Names {
                                    continue;
                                }
                                for is_overridden in
                                    [false, true].into_iter().take(if record == Record::Nothing { 1 } else { 2 })
                                {
                                    converges(&quirks, is_pack, record, is_overridden, before);
                                    played += 1;
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(played > 1_500, "{played}");
}
