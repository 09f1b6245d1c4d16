//! P: packs and publishing, which the tables of faults leave out.

use flowops::api::Method;
use flowops::cli::exit::Exit;
use flowops::model::{Allowance, Digest, Guard, ProviderKind};
use flowops::sandbox::{Quirks, Sandbox, Store};
use serde_json::json;

use super::meanwhile::{after_the_plan, answer, edit};
use super::{declared, live, manifest, publishes};
use crate::scene::{Played, Scene, read};

const INSTALL: &str = "/agents/*/integrations/*/pack/install";

const PUBLISH: &str = "/agents/*/publish";

/// The presets of the pack.
const PRESETS: [&str; 3] = ["Look up contact", "Create contact", "Log call note"];

/// How a server may know a preset that is there already.
const MATCHES: [&str; 2] = ["name", "key"];

/// What the pack installs.
pub(crate) fn recorded() -> String {
    let skills: Vec<_> = PRESETS.iter().map(|name| json!({ "name": name, "skillType": "crm" })).collect();
    let pack = json!({
        "apiVersion": "flowops/v1", "kind": "ConnectorPack", "metadata": { "name": "hubspot" },
        "spec": { "kind": "hubspot", "skills": skills },
    });
    format!("\n---\n{pack}\n")
}

/// An agent that lacks a pack, on a server where its provider is connected.
pub(crate) fn pack(more: &str, records: &str, matches: &str) -> Scene {
    let mut store = Store::new(3).with_quirks(Quirks::default().with("preset-match", matches).unwrap());
    store.seed_agent(None, "Front Desk");
    store.connect(&ProviderKind::read("hubspot"));
    let spec = format!("  packs: [{{ kind: hubspot }}]\n{more}");
    Scene::new(read(&format!("{}{records}", manifest(&spec))), store)
}

fn lost(path: &str, stage: &str) -> String {
    format!("- {{ method: POST, path: '{path}', nth: 1, stage: {stage}, action: reset }}")
}

fn has_each_preset_once(played: &Played) {
    let mut names = played.names();
    names.sort();
    let mut presets = PRESETS.map(str::to_owned);
    presets.sort();
    assert_eq!(names, presets, "{}", played.all());
}

#[test]
fn p01_an_install_whose_answer_is_lost_after_commit_is_one_install() {
    for matches in MATCHES {
        let played = pack("", &recorded(), matches).fault(&lost(INSTALL, "after-commit")).plays(Exit::Ok);
        assert_eq!(played.arrived(Method::Post, "/install"), 1);
        has_each_preset_once(&played);
    }
}

#[test]
fn p02_an_install_that_is_lost_before_commit_is_sent_once_more() {
    for matches in MATCHES {
        let played = pack("", &recorded(), matches).fault(&lost(INSTALL, "before-commit")).plays(Exit::Ok);
        assert_eq!(played.arrived(Method::Post, "/install"), 2);
        has_each_preset_once(&played);
    }
}

#[test]
fn p03_an_install_that_made_only_a_part_is_made_whole_by_the_next_run() {
    for matches in MATCHES {
        let scene = pack("", &recorded(), matches).fault(&edit(
            "POST",
            INSTALL,
            1,
            "after-commit",
            &json!({ "delete": "Log call note" }),
        ));
        let played = scene.plays(Exit::Partial);
        assert_eq!(played.arrived(Method::Post, "/install"), 1);
        let said = played.all();
        assert!(said.contains("desk/pack/hubspot still lacks presets"), "{said}");
    }
}

/// By contract an install leaves what is there alone, so it may be sent again where nothing says whether it landed.
#[test]
fn p04_the_lost_install_of_a_pack_that_nobody_recorded_doubles_nothing() {
    for matches in MATCHES {
        for stage in ["before-commit", "after-commit"] {
            let played = pack("", "", matches).fault(&lost(INSTALL, stage)).plays(Exit::Ok);
            assert_eq!(played.arrived(Method::Post, "/install"), 2);
            has_each_preset_once(&played);
        }
    }
}

#[test]
fn p05_a_publish_that_is_lost_before_commit_is_sent_once_more() {
    let played = publishes().fault(&lost(PUBLISH, "before-commit")).plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/publish"), 2);
    assert_eq!(keys(&played).len(), 1, "{}", played.journal);
}

#[test]
fn p06_a_publish_that_is_answered_500_for_ever_is_unknown_and_gets_no_new_key() {
    let body = json!({ "title": "Internal error", "status": 500 });
    let played = publishes().fault(&answer("POST", PUBLISH, 1, 1_000, 500, &body)).plays(Exit::Unknown);
    assert_eq!(played.arrived(Method::Post, "/publish"), 4);
    assert_eq!(keys(&played).len(), 1, "{}", played.journal);
    assert!(played.all().contains("read back, it is as before"), "{}", played.all());
}

/// The keys with which publishing was tried, each once.
fn keys(played: &Played) -> std::collections::BTreeSet<String> {
    let publishes = played.journal.lines().filter(|line| line.contains("\"action\":\"publish\""));
    let key = |line: &str| line.split("\"key\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    publishes.map(key).collect()
}

#[test]
fn p07_a_foreign_edit_of_the_draft_after_the_plan_is_a_conflict_and_nothing_is_shipped() {
    let settings = json!({ "settings": { "greeting": "Half a sentence" } });
    let scene = publishes().fault(&edit("GET", "/agents/*/versions/*/diff", 1, "after-commit", &settings));
    let played = scene.plays_then(Exit::Stale, Exit::Guarded);
    assert_eq!(played.arrived(Method::Post, "/publish"), 0);
    let said = played.all();
    assert!(said.contains("since the plan the draft has changes that no manifest declares: greeting"), "{said}");
}

/// Lets through what a plan of a scene holds for the changes of others in a draft.
fn allowed(mut scene: Scene) -> Scene {
    let held = scene.plans(Exit::Guarded).held;
    let (_, digest) = held[0].message.rsplit_once("--allow foreign-draft=").unwrap();
    let digest = Digest::parse(digest.trim_end_matches('`')).unwrap();
    scene.desired.policy.allowed.push(Allowance { guard: Guard::ForeignDraft, digest });
    scene
}

/// [`publishes`], with somebody's half-finished greeting in the draft.
fn with_a_greeting() -> Scene {
    let mut scene = publishes();
    let agent = crate::world::agent_id(&Sandbox::in_memory(scene.store.clone()), "Front Desk");
    scene.store.edit_agent(&agent, |agent| {
        agent.insert("greeting".to_owned(), json!("Half a sentence"));
    });
    scene
}

#[test]
fn p09_what_others_changed_in_a_draft_is_shipped_if_somebody_lets_exactly_that_through() {
    let played = allowed(with_a_greeting()).plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/publish"), 1);
}

#[test]
fn p10_a_change_that_nobody_let_through_is_a_conflict_beside_one_that_somebody_did() {
    for other in [json!({ "greeting": "Half a sentence more" }), json!({ "tone": "brisk" })] {
        let edit = edit("GET", "/agents/*/versions/*/diff", 1, "after-commit", &json!({ "settings": other }));
        let played = allowed(with_a_greeting()).fault(&edit).plays_then(Exit::Stale, Exit::Guarded);
        assert_eq!(played.arrived(Method::Post, "/publish"), 0);
    }
}

#[test]
fn p11_a_first_publish_that_somebody_was_faster_with_ships_only_what_is_ours() {
    let never = || {
        let spec = format!("  publish: onChange\n  skills:\n{}", declared(&[("First", "One."), ("Second", "Two.")]));
        Scene::new(read(&manifest(&spec)), live(&[("First", "One.")]))
    };
    let published = after_the_plan(&json!({ "publish": "Somebody was faster." }));
    let played = never().fault(&published).plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Post, "/publish"), 1);
    let edited = after_the_plan(&json!({ "settings": { "greeting": "Half a sentence" } }));
    let played = never().fault(&published).fault(&edited).plays_then(Exit::Stale, Exit::Guarded);
    assert_eq!(played.arrived(Method::Post, "/publish"), 0);
    assert!(played.all().contains("changes that no manifest declares: greeting"), "{}", played.all());
}

#[test]
fn p12_the_platforms_own_warnings_are_said_and_a_report_that_cannot_be_read_stops_nothing() {
    let skill = "  publish: onChange\n  skills:\n    - { name: First, description: One., skillType: builtin, isWrite: true, executionConfig: { action: end_call } }\n";
    let played = Scene::new(read(&manifest(skill)), live(&[])).plays(Exit::Ok);
    let said = played.all();
    assert!(said.contains("the platform warns: First changes data without asking the caller to confirm."), "{said}");
    let gone = answer("GET", "/agents/*/prepublish-report", 1, 1_000, 404, &json!({ "status": 404 }));
    let played = Scene::new(read(&manifest(skill)), live(&[])).fault(&gone).plays(Exit::Ok);
    assert!(played.all().contains("the platform's report before a publish could not be read: "), "{}", played.all());
}

#[test]
fn p08_an_override_lands_on_a_preset_whose_install_lost_its_answer() {
    let overrides = "  overrides: [{ name: Look up contact, isEnabled: false }]\n";
    for matches in MATCHES {
        let played = pack(overrides, &recorded(), matches).fault(&lost(INSTALL, "after-commit")).plays(Exit::Ok);
        assert_eq!((played.arrived(Method::Post, "/install"), played.writes), (1, 2));
        assert_eq!(played.skill("Look up contact")["isEnabled"], json!(false));
        has_each_preset_once(&played);
    }
}
