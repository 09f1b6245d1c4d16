//! Rosters whose coordinates apply asks for: when, in how many requests, and what becomes of an answer that is none.

use std::sync::Arc;

use flowops::api::Method;
use flowops::cli::exit::Exit;
use flowops::model::Desired;
use flowops::plan::CHUNK;
use flowops::record::Record;
use flowops::render::{self, Form};
use flowops::report::reviewed::Reviewed;
use flowops::sandbox::Store;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::laws::config;
use super::scene::{Played, Scene, read};

/// Rows of a roster; an address without a digit is one that the sandbox does not find.
fn rows(count: usize) -> Vec<Json> {
    let row = |number| json!({ "label": format!("Branch {number}"), "address": format!("{number} Main St"), "phone": "+12025550123" });
    (1..=count).map(row).collect()
}

fn desired(agents: &[&str], rows: &[Json]) -> Desired {
    let roster = json!({ "action": "find_nearest_location", "roster": rows });
    let skill = json!({ "name": "Find", "description": "Finds.", "skillType": "geo", "geocode": true, "executionConfig": roster });
    let document = |name: &&str| {
        format!(
            "apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: {name} }}\nspec: {{ skills: [{skill}] }}\n---\n"
        )
    };
    read(&agents.iter().map(document).collect::<String>())
}

fn scene(agents: &[&str], rows: &[Json]) -> Scene {
    let mut store = Store::new(1);
    for name in agents {
        store.seed_agent(None, name);
    }
    Scene::new(desired(agents, rows), store).quirks("rosters=kept")
}

fn asked(played: &Played) -> Vec<Vec<String>> {
    let sent = played.sent.iter().filter(|request| request.path.ends_with("/geocode-roster"));
    let addresses = |body: &Json| {
        let entries = body["entries"].as_array().unwrap().iter();
        entries.map(|entry| entry["address"].as_str().unwrap().to_owned()).collect()
    };
    sent.map(|request| addresses(request.body.as_ref().unwrap())).collect()
}

fn roster(played: &Played) -> Vec<Json> {
    played.skill("Find")["executionConfig"]["roster"].as_array().unwrap().clone()
}

fn notes(played: &Played) -> Vec<String> {
    played.report.as_ref().unwrap().outcomes.iter().flat_map(|outcome| outcome.notes.clone()).collect()
}

fn are_placed(played: &Played) -> bool {
    roster(played).iter().all(|row| row["lat"].is_f64() && row["lng"].is_f64())
}

#[test]
fn coordinates_are_asked_for_by_apply_alone_and_once() {
    let scene = scene(&["desk"], &rows(3));
    let plan = scene.plans(Exit::Differences);
    assert_eq!((plan.lookups(), plan.writes()), (1, 1));
    let played = scene.plays(Exit::Ok);
    assert_eq!(asked(&played), [["1 Main St", "2 Main St", "3 Main St"]]);
    assert!(are_placed(&played), "{:#?}", roster(&played));
    assert_eq!(notes(&played), Vec::<String>::new());
    let report = played.report.as_ref().unwrap();
    assert_eq!((report.lookups, report.writes, played.writes), (1, 1, 2));
    assert!(scene.after(&played).plans(Exit::Ok).is_empty());
}

#[test]
fn an_address_is_asked_for_once_however_many_agents_have_it() {
    let played = scene(&["a", "b", "c"], &rows(CHUNK + 1)).concurrency(1).plays(Exit::Ok);
    let report = played.report.as_ref().unwrap();
    assert_eq!((report.plan.lookups(), report.lookups), (2, 2));
    assert_eq!(asked(&played).iter().map(Vec::len).collect::<Vec<_>>(), [CHUNK, 1]);
}

#[test]
fn what_the_manifest_or_live_places_is_not_asked_for_again() {
    let first = scene(&["desk"], &rows(2));
    let applied = first.plays(Exit::Ok);
    let before = roster(&applied);
    let mut more = rows(3);
    more[2]["lat"] = json!(45.5);
    more[2]["lng"] = json!(-122.5);
    more.push(json!({ "label": "New", "address": "4 Main St", "phone": "+12025550123" }));
    let mut scene = first.after(&applied);
    scene.desired = desired(&["desk"], &more);
    let played = scene.plays(Exit::Ok);
    assert_eq!(asked(&played), [["4 Main St"]]);
    assert_eq!(roster(&played)[..2], before);
    assert_eq!(roster(&played)[2]["lat"], json!(45.5));
    // Another field of the skill is another matter: the roster is not even sent.
    let mut other = scene.after(&played);
    Arc::make_mut(&mut other.desired.agents[0].skills[0])
        .fields
        .insert(flowops::model::Field::Stakes, flowops::model::Value::text("high"));
    let played = other.plays(Exit::Ok);
    assert_eq!((asked(&played).len(), played.writes), (0, 1));
}

#[test]
fn an_address_that_is_not_found_is_sent_without_coordinates_and_said() {
    let mut rows = rows(2);
    rows.push(json!({ "label": "Lost", "address": "Nowhere Lane", "phone": "+12025550123" }));
    let played = scene(&["desk"], &rows).plays(Exit::Ok);
    assert_eq!(notes(&played), ["sent without coordinates, since the server finds none: `Nowhere Lane`"]);
    played.says("# sent without coordinates, since the server finds none: `Nowhere Lane`");
    assert_eq!(roster(&played)[2], rows[2]);
    assert!(roster(&played)[1]["lat"].is_f64());
}

#[test]
fn a_server_that_takes_fewer_is_asked_for_fewer() {
    for (cap, most) in [("100", CHUNK), ("20", 12), ("1", 1)] {
        let played = scene(&["desk"], &rows(60)).quirks(&format!("rosters=kept,geocode-cap={cap}")).alone();
        assert_eq!((played.exit, are_placed(&played)), (Exit::Ok, true), "{}", played.all());
        assert_eq!(asked(&played).last().unwrap().len().max(asked(&played)[asked(&played).len() - 2].len()), most);
        assert_eq!(played.report.as_ref().unwrap().lookups, asked(&played).len() as u64);
    }
}

#[test]
fn an_answer_that_is_lost_or_put_off_is_asked_for_again() {
    let faults = ["reset", "{ status: { status: 503 } }", "{ status: { status: 429, headers: { Retry-After: '1' } } }"];
    for fault in faults {
        let fault = format!(
            "- {{ method: POST, path: '/agents/*/geocode-roster', nth: 1, stage: after-commit, action: {fault} }}\n"
        );
        let played = scene(&["desk"], &rows(3)).fault(&fault).plays(Exit::Ok);
        assert_eq!((asked(&played).len(), are_placed(&played)), (2, true), "{}", played.all());
    }
}

#[test]
fn one_address_that_the_server_refuses_does_not_keep_the_others_from_being_found() {
    let fault = "- { method: POST, path: '/agents/*/geocode-roster', nth: 1, stage: before-commit, action: { status: { status: 400 } } }\n\
         - { method: POST, path: '/agents/*/geocode-roster', nth: 2, stage: before-commit, action: { status: { status: 400 } } }";
    let played = scene(&["desk"], &rows(2)).fault(fault).ends(Exit::Ok);
    assert_eq!(asked(&played).iter().map(Vec::len).collect::<Vec<_>>(), [2, 1, 1]);
    assert_eq!(
        notes(&played),
        ["sent without coordinates, since asking failed (the server answered 400): `1 Main St`"]
    );
    assert!(roster(&played)[1]["lat"].is_f64());
}

#[test]
fn where_nothing_can_be_had_the_roster_that_is_live_stays() {
    for status in [400, 403, 404, 500] {
        let fault = format!(
            "- {{ method: POST, path: '/agents/*/geocode-roster', stage: before-commit, action: {{ status: {{ status: {status} }} }} }}\n"
        );
        let played = scene(&["desk"], &rows(40)).fault(&fault).plays(Exit::Failed);
        assert_eq!(played.report.as_ref().unwrap().writes, 0);
        assert!(asked(&played).len() <= 10, "{}", asked(&played).len());
        played.says("the coordinates of its addresses could not be had");
        played.says("without `geocode: true` it is sent as it is");
    }
}

#[test]
fn what_is_kept_of_a_run_holds_no_more_addresses_than_before() {
    let scene = scene(&["desk"], &rows(3));
    let plan = scene.plans(Exit::Differences);
    let played = scene.plays(Exit::Ok);
    assert!(!played.journal.contains("Main St"), "{}", played.journal);
    let said = render::view(Form::Json, &Record::plan(&plan));
    assert_eq!(said.matches("1 Main St").count(), 1, "{said}");
    assert!(Reviewed::read(&said).is_err() || !said.contains("geocoded"));
    let json: Map<String, Json> = serde_json::from_str(&said).unwrap();
    assert_eq!(json["requests"], json!({ "reads": 2, "writes": 1, "lookups": 1 }));
    assert_eq!(json["steps"][0]["lookups"], 3);
    assert!(played.sent.iter().filter(|request| request.method == Method::Get).count() > 0);
}

proptest! {
    #![proptest_config(config())]

    /// Whoever fills coordinates in, and however the server takes what is sent: nothing of it is ever drift.
    #[test]
    fn coordinates_that_nobody_stated_are_no_drift(
        count in 0_usize..5,
        lost in any::<bool>(),
        stated in any::<bool>(),
        by_server in any::<bool>(),
        merge in any::<bool>(),
        cap in prop_oneof![Just("100"), Just("20"), Just("1")],
        geocode in any::<bool>(),
    ) {
        let mut rows = rows(count);
        if lost {
            rows.push(json!({ "label": "Lost", "address": "Nowhere Lane", "phone": "+12025550123" }));
        }
        if stated {
            rows.push(json!({ "label": "Here", "address": "9 Main St", "phone": "+12025550123", "lat": 1.5, "lng": 2.5 }));
        }
        let quirks = format!(
            "rosters={},patch={},geocode-cap={cap}",
            if by_server { "geocoded" } else { "kept" },
            if merge { "merge" } else { "replace" },
        );
        let mut scene = scene(&["desk"], &rows).quirks(&quirks);
        if !geocode {
            Arc::make_mut(&mut scene.desired.agents[0].skills[0]).geocode = flowops::model::Geocode::Never;
        }
        let played = scene.alone();
        prop_assert_eq!(played.exit, Exit::Ok, "{}", played.all());
        let plan = scene.after(&played).plans(Exit::Ok);
        prop_assert!(plan.is_empty());
        prop_assert_eq!(plan.lookups(), 0);
        let again = scene.after(&played).alone();
        prop_assert_eq!((again.exit, again.writes), (Exit::Ok, 0));
    }
}
