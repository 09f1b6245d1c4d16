//! Publishing: what of a draft is ours, what others have changed in it, and what callers hear.

use flowops::sandbox::Sandbox;
use serde_json::json;

use super::since::edit;
use super::{DESK, Place};

/// The desk, published on change, live and published.
fn published() -> Place {
    let place = Place::with(&[("manifests/desk.yaml", &desk("an order."))]);
    place.run("apply --sandbox --yes").ends(0).prints("published");
    place
}

fn desk(what: &str) -> String {
    DESK.replace("spec:", "spec:\n  publish: onChange").replace("an order.", what)
}

/// Somebody changes a setting of the agent in the dashboard.
fn greet(place: &Place, greeting: &str) {
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    let set = |fields: &mut serde_json::Map<String, serde_json::Value>| {
        drop(fields.insert("greeting".to_owned(), json!(greeting)));
    };
    assert!(sandbox.with_store(|store| store.edit_agent(&agent, set)).unwrap());
}

#[test]
fn what_others_changed_in_a_draft_is_shown_and_waits_for_exactly_one_yes() {
    let place = published();
    greet(&place, "Hi! You reached us.");
    place.write("manifests/desk.yaml", &desk("orders."));
    let plan = place.run("plan --sandbox --format json").ends(0).json();
    let held = &plan["held"][0];
    assert_eq!(held["hold"], "foreign-draft");
    let field = json!([{ "path": "/greeting", "before": null, "after": "Hi! You reached us.", "cause": "unknown" }]);
    assert_eq!(held["fields"], field);
    place.run("plan --sandbox").ends(0).prints("greeting: (not set) → \"Hi! You reached us.\"");
    place.run("plan --sandbox --format markdown").ends(0).prints("Hi! You reached us.");
    place.run("plan --sandbox --format html").ends(0).prints("Hi! You reached us.");
    let allow = held["reason"].as_str().unwrap().split('`').find(|part| part.starts_with("--allow")).unwrap();
    // The skills are written, the draft is not shipped.
    place.run("apply --sandbox --yes").ends(6);
    let again = place.run(&format!("plan --sandbox {allow}")).ends(0);
    again.prints("^ publish").prints("with what somebody let through");
    // A yes is for that text and no other.
    greet(&place, "Hi!");
    place.run(&format!("apply --sandbox --yes {allow}")).ends(6);
    greet(&place, "Hi! You reached us.");
    place.run(&format!("apply --sandbox --yes {allow}")).ends(0).prints("published");
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.");
}

#[test]
fn a_secret_in_somebody_elses_draft_is_not_shown() {
    let place = published();
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    let secret = json!({ "url": "https://api.example.com/", "headers": { "X-Key": "SENTINEL-0123456789" } });
    let skill =
        json!({ "name": "Try-out", "description": "Tries.", "skillType": "http_webhook", "executionConfig": secret });
    let skill = skill.as_object().unwrap().clone();
    assert!(sandbox.with_store(|store| store.seed_skill(&agent, skill)).unwrap().is_some());
    drop(sandbox);
    greet(&place, "token ghp_SENTINEL0123456789012345");
    edit(&place, "Look up order", "executionConfig", "SENTINELk3J9xQ2mZ7pL4vR8wT1yB6nC5dF0");
    for format in ["text", "json", "markdown", "html", "github", "sarif", "junit"] {
        let ran = place.run(&format!("plan --sandbox --format {format}")).ends(0);
        assert!(!ran.all().contains("SENTINEL"), "{}", ran.all());
        assert!(ran.all().contains("Try-out"), "{}", ran.all());
    }
}

#[test]
fn that_callers_do_not_hear_a_change_yet_is_noted() {
    let place = published();
    place.write("manifests/desk.yaml", &DESK.replace("an order.", "orders."));
    let ran = place.run("plan --sandbox").ends(0);
    ran.says("note[L021]").says("callers keep hearing the published version of `desk`");
    place.run("apply --sandbox --yes").ends(0).says("note[L021]");
    edit(&place, "Look up order", "description", "Somebody knows better.");
    let quiet = place.run("drift --sandbox").ends(2);
    assert!(!quiet.stderr.contains("L021"), "{}", quiet.stderr);
}

#[test]
fn an_agent_that_was_never_published_is_not_said_to_be_heard() {
    let place = Place::desk();
    let ran = place.run("plan --sandbox").ends(0);
    assert!(!ran.stderr.contains("L021"), "{}", ran.stderr);
}

#[test]
fn the_platforms_own_warnings_stand_beside_the_publish_in_every_form() {
    let risky = desk("an order.").replace("      executionConfig", "      isWrite: true\n      executionConfig");
    let warning = "the platform warns: Look up order changes data without asking the caller to confirm.";
    let run = |format: &str| {
        let place = Place::with(&[("manifests/desk.yaml", &risky)]);
        place.run(&format!("apply --sandbox --yes --format {format}")).ends(0)
    };
    run("text").prints(&format!("# {warning}"));
    run("html").prints(warning);
    run("markdown").prints("changes data without asking the caller to confirm.");
    let report = run("json").json();
    assert_eq!(report["steps"][1]["notes"], json!([warning]));
}

#[test]
fn a_draft_is_not_published_without_what_is_held_of_it() {
    let place = published();
    place.write(
        "flowops.yaml",
        "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: desk }\nspec: { policy: { risk: [changes-destination] } }\n",
    );
    let config = json!({ "url": "https://evil.example/" }).to_string();
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    let is_edited = sandbox.with_store(|store| {
        let skill = store.skills_of(&agent).into_iter().next().unwrap().0;
        let config = serde_json::from_str(&config).unwrap();
        store.edit_skill(&agent, &skill, |fields| drop(fields.insert("executionConfig".to_owned(), config)))
    });
    assert!(is_edited.unwrap());
    drop(sandbox);
    let plan = place.run("plan --sandbox --format json").ends(0).json();
    assert_eq!(plan["steps"], json!([]));
    assert_eq!(plan["held"][1]["id"], "desk/publish");
    place.run("apply --sandbox --yes").ends(6);
}

#[test]
fn a_yes_to_a_skill_that_holds_a_secret_is_for_the_rest_of_it_as_it_was() {
    let place = published();
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    let skill = json!({ "name": "Try-out", "description": "Tries.", "skillType": "sms", "executionConfig": { "accessToken": "abc" } });
    let id = sandbox.with_store(|store| store.seed_skill(&agent, skill.as_object().unwrap().clone())).unwrap().unwrap();
    drop(sandbox);
    let plan = place.run("plan --sandbox --format json").ends(0).json();
    let reason = plan["held"][0]["reason"].as_str().unwrap();
    let allow = reason.split('`').find(|part| part.starts_with("--allow")).unwrap().to_owned();
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let set = |fields: &mut serde_json::Map<String, serde_json::Value>| {
        drop(fields.insert("isWrite".to_owned(), json!(true)));
    };
    assert!(sandbox.with_store(|store| store.edit_skill(&agent, &id, set)).unwrap());
    drop(sandbox);
    place.run(&format!("apply --sandbox --yes {allow}")).ends(6);
}
