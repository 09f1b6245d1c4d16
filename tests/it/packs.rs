//! What a person must do about a pack that cannot be installed: said by the plan where the catalog tells, by the apply
//! where only the answer does.

use flowops::cli::exit::Exit;
use flowops::sandbox::{Quirks, Store};
use serde_json::json;

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
