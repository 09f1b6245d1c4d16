//! C: what the server shows, and when.

use std::time::Duration;

use flowops::api::Method;
use flowops::cli::exit::Exit;
use flowops::diag::Code;
use flowops::model::ProviderKind;
use flowops::plan::{Action, Hold, Plan};
use flowops::record::Record;
use flowops::render::{self, Form, Style};
use flowops::sandbox::{Quirks, Store};
use serde_json::{Map, Value as Json, json};

use super::meanwhile::{SKILL, SKILLS, after_the_plan, answer, listed, set};
use super::{creates, declared, live, manifest, skill, updates};
use crate::scene::{Scene, read};
use crate::world::{LIVE_SECRET, RESOLVED, agent_id};

/// One declared skill, `First`, with these fields beside those that it must have, and the same on the server.
fn one(fields: &Json, stored: &Json, quirks: &str) -> Scene {
    let mut declared = fields_of(fields);
    declared.insert("name".to_owned(), json!("First"));
    let mut store = Store::new(3).with_quirks(Quirks::parse(quirks).unwrap());
    let agent = store.seed_agent(None, "Front Desk");
    let mut stored = fields_of(stored);
    stored.insert("name".to_owned(), json!("First"));
    store.seed_skill(&agent, stored);
    Scene::new(read(&manifest(&format!("  skills: [{}]\n", Json::Object(declared)))), store)
}

/// The fields that a skill must have, under those that are given.
fn fields_of(given: &Json) -> Map<String, Json> {
    let usual = json!({
        "description": "One.", "skillType": "http_webhook", "executionConfig": { "url": "https://api.example.com/x" },
    });
    let mut fields = usual.as_object().cloned().unwrap();
    fields.extend(given.as_object().cloned().unwrap());
    fields
}

/// The same skill with a value on both sides.
fn same(fields: &Json, quirks: &str) -> Scene {
    one(fields, fields, quirks)
}

/// Where declared and live values part.
fn paths(plan: &Plan) -> Vec<&str> {
    let changes = plan.steps.iter().flat_map(|step| match &step.action {
        Action::Update { changes, .. } => changes.as_slice(),
        Action::Create { .. }
        | Action::UpdatePreset { .. }
        | Action::Delete { .. }
        | Action::Install { .. }
        | Action::Publish { .. } => &[],
    });
    changes.flat_map(|change| &change.differences).map(|difference| difference.path.as_str()).collect()
}

fn shown(plan: &Plan) -> String {
    let mut text = String::new();
    render::plan::plan(plan, Style::Plain, &mut text).unwrap();
    text.push_str(&render::view(Form::Json, &Record::plan(plan)));
    text
}

fn stale(reads: u32) -> String {
    format!("- {{ method: POST, path: '{SKILLS}', nth: 2, stage: after-commit, action: {{ stale: {reads} }} }}")
}

#[test]
fn c01_a_created_skill_that_shows_late_is_waited_for_and_not_made_again() {
    let played = creates().fault(&stale(3)).plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2);
}

/// The answer to the create was heard, so its outcome is not unknown: it is a skill that does not show, which is 3.
#[test]
fn c02_a_created_skill_that_never_shows_did_not_converge() {
    let played = creates().fault(&stale(1_000)).plays(Exit::Partial);
    assert_eq!(played.arrived(Method::Post, "/skills"), 2);
    assert!(played.took >= Duration::from_millis(7_500), "{:?}", played.took);
    assert!(played.all().contains("desk/skill/Second is not there"), "{}", played.all());
}

#[test]
fn c03_a_stale_read_after_an_update_is_waited_for() {
    let played =
        updates().fault("- { method: PATCH, nth: 1, stage: after-commit, action: { stale: 2 } }").plays(Exit::Ok);
    assert_eq!(played.writes, 2);
}

#[test]
fn c04_an_update_that_is_answered_and_not_stored_did_not_converge() {
    let mut body = listed(&updates().store);
    body["data"] = body["data"][0].take();
    let played = updates().fault(&answer("PATCH", SKILL, 1, 1, 200, &body)).plays(Exit::Partial);
    assert_eq!(played.writes, 2);
    let said = played.all();
    assert!(said.contains("desk/skill/First is not as declared") && said.contains("description"), "{said}");
    assert!(played.took < Duration::from_secs(1), "the answer itself showed it, so there is nothing to wait for");
}

#[test]
fn c05_a_server_that_rewrites_numbers_and_texts_is_in_sync_all_the_same() {
    let fields = json!({
        "description": "One.  ", "skillType": "transfer", "executionConfig": { "destination": "(202) 555-0100" },
    });
    let stored = json!({ "skillType": "transfer", "executionConfig": { "destination": "+12025550199" } });
    let scene = one(&fields, &stored, "phones=rewritten,text=trimmed");
    let played = scene.plays(Exit::Ok);
    assert_eq!(played.skill("First")["executionConfig"]["destination"], "+12025550100");
    scene.after(&played).plans(Exit::Ok);
}

#[test]
fn c06_defaults_and_unknown_fields_are_no_difference_and_stay() {
    let other = json!({ "url": "https://api.example.com/old", "set_by_hand": { "kept": true } });
    for patch in ["replace", "merge"] {
        let quirks = format!("defaults=filled,extras=unknown,patch={patch}");
        let stored = json!({ "executionConfig": other, "stakes": "high", "x-label": 1 });
        let scene = one(&json!({}), &stored, &quirks);
        assert_eq!(paths(&scene.plans(Exit::Differences)), ["/executionConfig/url"]);
        let played = scene.plays(Exit::Ok);
        let first = played.skill("First");
        assert_eq!(first["executionConfig"]["set_by_hand"], json!({ "kept": true }));
        assert_eq!((&first["stakes"], &first["x-label"]), (&json!("high"), &json!(1)));
    }
}

#[test]
fn c07_a_set_that_comes_in_another_order_is_no_difference() {
    let fields = json!({ "channels": ["voice", "chat"], "allowedFields": ["b", "a"], "requiredParams": ["q", "p"] });
    let stored =
        json!({ "channels": ["chat", "voice"], "allowedFields": ["a", "b", "a"], "requiredParams": ["p", "q"] });
    one(&fields, &stored, "").plans(Exit::Ok);
    let played = one(&fields, &json!({}), "sets=sorted").plays(Exit::Ok);
    assert_eq!(played.writes, 1);
}

#[test]
fn c08_a_list_whose_order_counts_and_was_changed_is_a_difference() {
    let entry = |label: &str| json!({ "label": label, "address": format!("{label} St 1"), "phone": "+12025550123" });
    let geo = |roster: [&str; 2]| {
        let config = json!({ "action": "find_nearest_location", "roster": roster.map(entry) });
        json!({ "skillType": "geo", "executionConfig": config })
    };
    let scene = one(&geo(["North", "South"]), &geo(["South", "North"]), "");
    assert_eq!(paths(&scene.plans(Exit::Differences)), ["/executionConfig/roster"]);
    scene.plays(Exit::Ok);
}

/// Nothing remembers a fingerprint: a header that nobody shows is taken to be as declared, and that is said.
#[test]
fn c09_a_secret_header_that_is_not_returned_is_no_difference_and_a_note() {
    let scene = headers("dropped");
    let plan = scene.plans(Exit::Ok);
    assert!(plan.findings.iter().any(|finding| finding.code == Code::HeadersUnreadable), "{:#?}", plan.findings);
    assert_eq!(scene.plays(Exit::Ok).writes, 0);
}

/// A declared skill with a header, in sync, on a server that shows its secrets so.
fn headers(secrets: &str) -> Scene {
    let mut store = live(&[("First", "One.")]);
    store.set_quirks(Quirks::default().with("secrets", secrets).unwrap());
    Scene::new(read(&manifest(&format!("  skills:\n{}", declared(&[("First", "One.")])))), store)
}

#[test]
fn c10_a_masked_header_is_no_difference_and_its_mask_is_never_written() {
    headers("masked").plans(Exit::Ok);
    let mut scene = headers("masked");
    change_url(&mut scene.store);
    let played = scene.plays(Exit::Ok);
    assert_eq!(played.skill("First")["executionConfig"]["headers"]["X-Api-Key"], RESOLVED);
}

fn change_url(store: &mut Store) {
    let agent = agent_id(&flowops::sandbox::Sandbox::in_memory(store.clone()), "Front Desk");
    let (first, _) = store.skills_of(&agent).remove(0);
    store.edit_skill(&agent, &first, |skill| skill["executionConfig"]["url"] = json!("https://api.example.com/old"));
}

#[test]
fn c10_a_masked_header_that_nobody_declares_holds_the_change_back() {
    let mut stored = skill("First", "One.").1;
    stored["executionConfig"]["url"] = json!("https://api.example.com/old");
    let scene = one(&json!({}), &Json::Object(stored), "secrets=masked");
    let plan = scene.plans(Exit::Guarded);
    assert_eq!(plan.held.iter().map(|held| held.hold).collect::<Vec<_>>(), [Hold::Masked]);
    assert_eq!(scene.plays_then(Exit::Guarded, Exit::Guarded).writes, 0);
}

#[test]
fn c11_a_header_that_comes_in_clear_is_never_shown() {
    headers("clear").plans(Exit::Ok);
    let mut scene = headers("clear");
    let agent = agent_id(&flowops::sandbox::Sandbox::in_memory(scene.store.clone()), "Front Desk");
    let (first, _) = scene.store.skills_of(&agent).remove(0);
    scene.store.edit_skill(&agent, &first, |skill| {
        skill["executionConfig"]["headers"]["X-Other"] = json!(LIVE_SECRET);
    });
    let plan = scene.plans(Exit::Differences);
    assert_eq!(paths(&plan), ["/executionConfig/headers/X-Other"]);
    assert!(!shown(&plan).contains(LIVE_SECRET), "{}", shown(&plan));
    scene.plays(Exit::Ok);
}

#[test]
fn c12_a_word_that_no_page_knows_survives_and_is_shown() {
    let fields = json!({ "skillType": "hologram", "executionConfig": { "lens": "wide" } });
    let stored =
        json!({ "skillType": "hologram", "executionConfig": { "lens": "narrow" }, "channels": ["voice", "smoke"] });
    let played = one(&fields, &stored, "").plays(Exit::Ok);
    assert_eq!(played.skill("First")["skillType"], "hologram");
    assert_eq!(played.skill("First")["channels"], json!(["voice", "smoke"]));

    let scene = Scene::new(read(&manifest("  skills: []\n")), one(&fields, &stored, "").store);
    assert!(shown(&scene.plans(Exit::Ok)).contains("hologram"));
}

/// A live value of another form is a difference like any other, and is put right.
#[test]
fn c13_a_field_that_changed_its_form_is_a_difference() {
    let scene = one(&json!({}), &json!({ "description": { "en": "One." } }), "");
    assert_eq!(paths(&scene.plans(Exit::Differences)), ["/description"]);
    assert_eq!(scene.plays(Exit::Ok).skill("First")["description"], "One.");
}

/// A name that is none leaves no list to plan with, so not only that skill is left alone.
#[test]
fn c13_a_name_that_changed_its_form_is_an_error_and_nothing_is_written() {
    let mut body = listed(&updates().store);
    body["data"][0]["name"] = json!({ "en": "First" });
    let said = updates().fault(&answer("GET", SKILLS, 1, 1_000, 200, &body)).fails_to_read();
    assert!(said.contains("has no `name`"), "{said}");
}

#[test]
fn c14_numbers_and_dates_are_compared_exactly() {
    let config = |big: &str, float: &str| -> Json {
        let text = format!(
            r#"{{ "executionConfig": {{ "url": "https://api.example.com/x", "big": {big}, "float": {float}, "since": "2024-05-01" }} }}"#
        );
        serde_json::from_str(&text).unwrap()
    };
    let declared = config("9007199254740993", "4000");
    same(&declared, "").plans(Exit::Ok);
    one(&declared, &config("9007199254740993", "4000.0"), "").plans(Exit::Ok);
    let off_by_one = one(&declared, &config("9007199254740992", "4000"), "");
    assert_eq!(paths(&off_by_one.plans(Exit::Differences)), ["/executionConfig/big"]);
    let played = off_by_one.plays(Exit::Ok);
    assert_eq!(played.skill("First")["executionConfig"]["big"].to_string(), "9007199254740993");
    let noise = one(&config("1", "0.3"), &config("1", "0.30000000000000004"), "");
    assert_eq!(paths(&noise.plans(Exit::Differences)), ["/executionConfig/float"]);
}

/// Which of the two is meant no plan can say, so there is none: an error (L003), not a conflict.
#[test]
fn c15_two_live_skills_of_one_name_stop_the_plan_and_both_ids_are_shown() {
    let scene = Scene::new(
        read(&manifest(&format!("  skills:\n{}", declared(&[("First", "One."), ("Second", "Two.")])))),
        live(&[("First", "Old."), ("First", "Older.")]),
    );
    let plan = scene.plans(Exit::Failed);
    let found: Vec<Code> = plan.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(found, [Code::SkillAmbiguous]);
    let played = scene.plays_then(Exit::Failed, Exit::Failed);
    assert_eq!(played.writes, 0);
    let listed = listed(&scene.store);
    for skill in [&listed["data"][0], &listed["data"][1]] {
        assert!(played.error.contains(skill["id"].as_str().unwrap()), "{}", played.error);
    }
}

/// A name is another one if it is spelled otherwise, in whichever letters; only the Unicode normal form does not count.
#[test]
fn c16_names_that_only_look_alike_are_different_names() {
    let like = [("first", "x"), ("First ", "x"), ("F\u{456}rst", "x")];
    let played = Scene::new(read(&manifest(&format!("  skills:\n{}", declared(&[("First", "One.")])))), live(&like))
        .plays(Exit::Ok);
    assert_eq!(played.names(), ["first", "First ", "F\u{456}rst", "Made by hand", "First"]);

    let spec = format!("  skills:\n{}", declared(&[("Caf\u{e9}", "One.")]));
    Scene::new(read(&manifest(&spec)), live(&[("Cafe\u{301}", "One.")])).plans(Exit::Ok);
}

#[test]
fn c17_an_id_that_is_another_types_by_now_is_a_conflict() {
    let scene = updates().fault(&after_the_plan(&set("First", &json!({ "skillType": "email" }))));
    let played = scene.plays_then(Exit::Stale, Exit::Guarded);
    assert_eq!(played.writes, 1);
    assert!(played.all().contains("somebody else changed `skillType` since the plan"), "{}", played.all());
    assert_eq!(played.skill("First")["description"], "Old.");
}

/// A pack, one preset of which somebody changed and another deleted.
fn drifted_pack(kind: &str, presets: &[(&str, &str)], overrides: &Json, gone: &[&str]) -> Scene {
    let skills: Vec<Json> = presets.iter().map(|(name, word)| json!({ "name": name, "skillType": word })).collect();
    let pack = json!({
        "apiVersion": "flowops/v1", "kind": "ConnectorPack", "metadata": { "name": kind.replace('_', "-") },
        "spec": { "kind": kind, "skills": skills },
    });
    let mut store = Store::new(3);
    let agent = store.seed_agent(None, "Front Desk");
    store.connect(&ProviderKind::read(kind));
    let sandbox = flowops::sandbox::Sandbox::in_memory(store);
    if gone.len() < presets.len() {
        crate::laws::post(&sandbox, &format!("/agents/{agent}/integrations/{kind}/pack/install"));
    }
    let edit = |store: &mut Store| {
        for (id, fields) in store.skills_of(&agent) {
            if gone.iter().any(|name| fields["name"] == **name) {
                store.drop_skill(&agent, &id);
            } else {
                store.edit_skill(&agent, &id, |skill| skill["description"] = json!("Edited by hand."));
            }
        }
        store.clone()
    };
    let spec = format!("  packs: [{{ kind: {kind} }}]\n  overrides: {overrides}\n\n---\n{pack}\n");
    Scene::new(read(&manifest(&spec)), sandbox.with_store(edit).unwrap())
}

const HUBSPOT: [(&str, &str); 3] = [("Look up contact", "crm"), ("Create contact", "crm"), ("Log call note", "crm")];

#[test]
fn c18_what_an_install_finds_is_not_written_over_unless_it_is_declared() {
    let played = drifted_pack("hubspot", &HUBSPOT, &json!([]), &["Log call note"]).plays(Exit::Ok);
    assert_eq!((played.writes, played.names().len()), (1, 3));
    assert_eq!(played.skill("Look up contact")["description"], "Edited by hand.");

    let overrides = json!([{ "name": "Look up contact", "description": "As declared." }]);
    let scene = drifted_pack("hubspot", &HUBSPOT, &overrides, &["Log call note"]);
    assert_eq!(paths(&scene.plans(Exit::Differences)), ["/description"]);
    assert_eq!(scene.plays(Exit::Ok).skill("Look up contact")["description"], "As declared.");
}

#[test]
fn c19_a_preset_that_comes_disabled_is_enabled_only_if_the_manifest_says_so() {
    let sheets = [("Append row", "google_sheets"), ("Look up row", "google_sheets")];
    let gone = ["Append row", "Look up row"];
    let played = drifted_pack("google_sheets", &sheets, &json!([]), &gone).plays(Exit::Ok);
    assert_eq!((played.writes, &played.skill("Append row")["isEnabled"]), (1, &json!(false)));

    let overrides = json!([{ "name": "Append row", "isEnabled": true }]);
    let scene = drifted_pack("google_sheets", &sheets, &overrides, &gone);
    assert!(shown(&scene.plans(Exit::Differences)).contains("desk/skill/Append row"));
    let played = scene.plays(Exit::Ok);
    assert_eq!((played.writes, &played.skill("Append row")["isEnabled"]), (2, &json!(true)));
}

#[test]
fn c20_a_latency_and_a_time_that_move_by_themselves_are_no_drift() {
    let scene = headers("clear");
    let before = listed(&scene.store);
    let agent = agent_id(&flowops::sandbox::Sandbox::in_memory(scene.store.clone()), "Front Desk");
    let mut later = scene.clone();
    let (first, _) = later.store.skills_of(&agent).remove(0);
    later.store.edit_skill(&agent, &first, |_| {});
    let after = listed(&later.store);
    assert_ne!(before["data"][0]["updatedAt"], after["data"][0]["updatedAt"]);
    later.plans(Exit::Ok);
}

#[test]
fn c21_an_edit_that_moved_no_time_stamp_is_a_conflict() {
    let mut body = listed(&updates().store);
    body["data"][0]["description"] = json!("Edited.");
    let played = updates().fault(&answer("GET", SKILLS, 2, 1, 200, &body)).plays(Exit::Stale);
    assert_eq!(played.writes, 1);
    assert!(played.all().contains("somebody else changed `description` since the plan"), "{}", played.all());
}

#[test]
fn c22_a_time_stamp_that_moved_over_the_same_content_is_no_conflict() {
    let played = updates().fault(&after_the_plan(&set("First", &json!({ "description": "Old." })))).plays(Exit::Ok);
    assert_eq!(played.writes, 2);
}

#[test]
fn c23_a_server_whose_clock_is_wrong_is_served_like_any_other() {
    for hour in ["2025-12-31T23:00:00.000Z", "2026-01-01T01:00:00.000Z", "2066-01-01T00:00:00.000Z"] {
        let mut body = listed(&updates().store);
        for skill in body["data"].as_array_mut().unwrap() {
            skill["createdAt"] = json!(hour);
            skill["updatedAt"] = json!(hour);
        }
        let played = updates().fault(&answer("GET", SKILLS, 1, 1, 200, &body)).plays(Exit::Ok);
        assert_eq!(played.writes, 2);
    }
}
