//! `apply --record-packs`: what installs made stands in the manifests afterwards, and nothing is left to do.

use std::sync::Arc;

use flowops::model::ProviderKind;
use flowops::sandbox::{Sandbox, Store};
use serde_json::json;

use super::Place;
use super::since::edit;
use crate::raw::{KEY, RawServer, json, through};
use crate::support::{golden, repository};

const AGENTS: &str = "\
apiVersion: flowops/v1
kind: Agent
metadata: { name: shop }
spec:
  match: { name: Shop }
  packs: [{ kind: shopify }]
---
apiVersion: flowops/v1
kind: Agent
metadata: { name: desk }
spec:
  match: { name: Desk }
  packs: [{ kind: google_calendar }]
";

/// Names alone, as a person would write them down, with a comment of theirs.
const NAMED: &str = "\
apiVersion: flowops/v1
kind: ConnectorPack
metadata: { name: calendar }
spec:
  kind: google_calendar
  skills:
    # The one that matters.
    - name: Check availability
      skillType: calendar
      description: Ours.
    - { name: Book appointment, skillType: calendar }
";

fn read(place: &Place, path: &str) -> String {
    std::fs::read_to_string(place.path(path)).unwrap()
}

#[test]
fn what_installs_made_is_recorded_in_new_files_and_in_those_that_are_there() {
    let place = Place::with(&[("manifests/agents.yaml", AGENTS), ("manifests/calendar.yaml", NAMED)]);
    let ran = place.run("apply --sandbox --yes --record-packs").ends(3);
    // The record says `Ours.`, and no install does.
    let ran = ran.says("what was installed is recorded in `manifests/calendar.yaml`; commit it");
    ran.says("what was installed is recorded in `manifests/shopify.yaml`; commit it");
    for name in ["shopify", "calendar"] {
        let recorded = repository("tests/it/cli/golden/record").join(format!("{name}.yaml"));
        golden(&recorded, &read(&place, &format!("manifests/{name}.yaml")));
    }
    place.run("apply --sandbox --yes --record-packs").ends(0);
    place.run("validate").ends(0);
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.");
    let before = [read(&place, "manifests/shopify.yaml"), read(&place, "manifests/calendar.yaml")];
    place.run("apply --sandbox --yes --record-packs").ends(0);
    assert_eq!(before, [read(&place, "manifests/shopify.yaml"), read(&place, "manifests/calendar.yaml")]);
}

#[test]
fn without_a_record_of_its_own_the_first_pack_goes_into_a_folder_of_packs() {
    let agent = AGENTS.split("---\n").next().unwrap();
    let place = Place::with(&[("manifests/agents/shop.yaml", agent)]);
    let ran = place.run("apply --sandbox --yes").ends(0);
    ran.says("`flowops apply --record-packs`");
    assert!(!place.path("manifests/packs").exists());
    let place = Place::with(&[("manifests/agents/shop.yaml", agent)]);
    place.run("apply --sandbox --yes --record-packs").ends(0).says("`manifests/packs/shopify.yaml`");
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.").quietly();
}

#[test]
fn a_record_that_cannot_be_written_is_no_success_and_says_that_all_is_applied() {
    let agent = AGENTS.split("---\n").next().unwrap();
    let place = Place::with(&[("manifests/agents/shop.yaml", agent), ("manifests/packs/shopify.yaml", "not read")]);
    let place_of = |name: &str| place.path(name);
    std::fs::rename(place_of("manifests/packs/shopify.yaml"), place_of("manifests/packs/.kept")).unwrap();
    std::fs::create_dir(place_of("manifests/packs/shopify.yaml")).unwrap();
    let ran = place.run("apply --sandbox --yes --record-packs").ends(3);
    let ran = ran.prints("Applied: 1 of 1 step done.");
    ran.says("error: what was installed is not recorded, and no manifest was written");
}

#[test]
fn a_run_that_fails_before_its_installs_records_nothing() {
    let skill = "  skills:\n    - name: Bye\n      description: Ends the call.\n      skillType: builtin\n      executionConfig: { action: end_call }\n";
    let agent = format!("{}{skill}", AGENTS.split("---\n").next().unwrap());
    let place = Place::with(&[("manifests/agents/shop.yaml", &agent)]);
    let mut store = Store::default();
    store.seed_agent(None, "Shop");
    store.connect(&ProviderKind::Shopify);
    let live = Arc::new(Sandbox::in_memory(store));
    let server = RawServer::start(move |seen| {
        let is_create = seen.method == "POST" && seen.target.ends_with("/skills");
        if is_create { json(400, &json!({ "code": "invalid_body" })) } else { through(&live, seen) }
    });
    let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())];
    place.run_with("apply --yes --record-packs", &environment).ends(1);
    assert_eq!(server.writes().len(), 1);
    assert!(!place.path("manifests/packs").exists());
}

#[test]
fn what_actions_make_is_recorded_with_their_words() {
    let agent = "\
apiVersion: flowops/v1
kind: Agent
metadata: { name: clinic }
spec:
  match: { name: Clinic }
  provision:
    - { kind: shopify, actions: [lookup_order, check_product_stock, request_return] }
";
    let place = Place::with(&[("manifests/clinic.yaml", agent)]);
    place.run("apply --sandbox --yes --record-packs").ends(0).says("`manifests/packs/shopify.yaml`");
    let recorded = read(&place, "manifests/packs/shopify.yaml");
    golden(&repository("tests/it/cli/golden/record/actions.yaml"), &recorded);
    place.run("validate").ends(0).quietly();
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.").quietly();
    // A second action of the same provider goes where the others are.
    place.write("manifests/clinic.yaml", &agent.replace("spec:\n", "spec:\n  packs: [{ kind: google_sheets }]\n"));
    place.run("apply --sandbox --yes --record-packs").ends(0).says("`manifests/packs/google-sheets.yaml`");
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.").quietly();
}

#[test]
fn an_edit_of_a_recorded_preset_is_drift_and_is_pulled_into_an_override() {
    let agent = "\
apiVersion: flowops/v1
kind: Agent
metadata: { name: desk }
spec:
  match: { name: Front Desk }
  packs: [{ kind: hubspot }]
";
    let place = Place::with(&[("manifests/desk.yaml", agent)]);
    place.run("apply --sandbox --yes --record-packs").ends(0);
    place.run("drift --sandbox").ends(0);
    // What operators fill in is nobody's drift.
    edit(&place, "Create contact", "availabilityWindow", "open");
    place.run("drift --sandbox").ends(0);
    edit(&place, "Look up contact", "description", "Finds whoever calls.");
    place.run("drift --sandbox").ends(2).prints("Look up contact").prints("Finds whoever calls.");
    place.run("pull --sandbox").ends(0);
    let text = read(&place, "manifests/desk.yaml");
    assert!(
        text.ends_with("  overrides:\n    - name: Look up contact\n      description: Finds whoever calls.\n"),
        "{text}"
    );
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.");
}

#[test]
fn what_an_action_may_have_made_is_not_pulled_as_a_skill() {
    let agent = "\
apiVersion: flowops/v1
kind: Agent
metadata: { name: desk }
spec:
  match: { name: Front Desk }
  provision:
    - { kind: hubspot, actions: [look_up_contact] }
";
    let place = Place::with(&[("manifests/desk.yaml", agent)]);
    place.run("apply --sandbox --yes").ends(0);
    place.run("pull --sandbox").ends(2).prints("whether it is a preset of `hubspot` cannot be told; record that pack");
    assert_eq!(read(&place, "manifests/desk.yaml"), agent);
}
