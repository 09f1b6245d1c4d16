//! G: what is wrong before anything is sent, and what must not be done without being asked twice. All of it through the
//! binary, as a person meets it, but for what needs a server that fails.

use std::fs;
use std::sync::Arc;

use flowops::cli::exit::Exit;
use flowops::sandbox::Sandbox;

use super::{deletes, live, manifest};
use crate::cli::{DESK, Place, Ran};
use crate::raw::{KEY, RawServer, through};
use crate::scene::{Scene, read};

/// A folder with manifests on which an apply comes to nothing; nothing is written.
#[track_caller]
fn is_refused(files: &[(&str, &str)], code: i32) -> Ran {
    let place = Place::with(files);
    let ran = place.run("apply --sandbox --yes").ends(code);
    assert_eq!(place.writes(), 0, "{}", ran.all());
    ran
}

/// An error, not a guard: there is nothing that somebody could allow.
#[test]
fn g01_an_empty_folder_is_an_error_and_deletes_nothing() {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    let before = place.writes();
    fs::remove_file(place.path("manifests/desk.yaml")).unwrap();
    place.run("apply --sandbox --yes").ends(1).says("M007");
    fs::remove_dir(place.path("manifests")).unwrap();
    place.run("apply --sandbox --yes").ends(1).says("M004");
    assert_eq!(place.writes(), before);
}

#[test]
fn g02_a_merge_conflict_or_a_pointer_in_place_of_a_file_stops_everything() {
    let conflict = format!("<<<<<<< HEAD\n{DESK}=======\n{DESK}>>>>>>> theirs\n");
    is_refused(&[("manifests/desk.yaml", DESK), ("manifests/other.yaml", &conflict)], 1).says("manifests/other.yaml");
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    is_refused(&[("manifests/desk.yaml", DESK), ("manifests/other.yaml", pointer)], 1).says("manifests/other.yaml");
}

#[test]
fn g03_more_deletions_than_the_policy_allows_are_held_with_the_list() {
    let names = ["Old one", "Old two", "Old three"];
    let skills: Vec<(&str, &str)> = names.iter().map(|name| (*name, "Old.")).collect();
    let spec = format!("  absent: [{}]\n", names.join(", "));
    let mut desired = read(&manifest(&spec));
    desired.policy.delete_budget.count = 2;
    let scene = Scene::new(desired, live(&skills));
    let plan = scene.plans(Exit::Guarded);
    let held: Vec<&str> = plan.held.iter().map(|held| held.id.as_str()).collect();
    assert_eq!(held, ["desk/skill/Old one", "desk/skill/Old two", "desk/skill/Old three"]);
    assert_eq!(scene.plays_then(Exit::Guarded, Exit::Guarded).writes, 0);
}

#[test]
fn g04_one_invalid_manifest_of_many_stops_everything() {
    let other = DESK.replace("desk", "other").replace("skills:", "skilz:");
    is_refused(&[("manifests/desk.yaml", DESK), ("manifests/other.yaml", &other)], 1).says("did you mean `skills`?");
}

#[test]
fn g05_what_needs_a_step_that_failed_is_skipped_and_the_rest_is_done() {
    let pack = "apiVersion: flowops/v1\nkind: ConnectorPack\nmetadata: { name: hubspot }\nspec:\n  kind: hubspot\n  \
                skills:\n    - { name: Look up contact, skillType: crm }\n    - { name: Create contact, skillType: crm }\n    \
                - { name: Log call note, skillType: crm }\n---\n";
    let spec = "  packs: [{ kind: hubspot }]\n  overrides: [{ name: Look up contact, stakes: high }]\n  skills:\n    \
                - { name: First, description: One., skillType: builtin, executionConfig: { action: end_call } }\n";
    let mut store = live(&[]);
    store.connect(&flowops::model::ProviderKind::read("hubspot"));
    let scene = Scene::new(read(&format!("{pack}{}", manifest(spec))), store).keep_going().fault(
        "- { method: POST, path: '/agents/*/integrations/**', nth: 1, stage: before-commit, action: { status: { status: 400 } } }",
    );
    let played = scene.plays(Exit::Partial);
    let said = played.all();
    assert!(said.contains("it needs desk/pack/hubspot, which was not done"), "{said}");
    assert!(played.names().contains(&"First".to_owned()), "{said}");
}

#[test]
fn g06_a_reference_to_nothing_is_named() {
    is_refused(&[("manifests/desk.yaml", &DESK.replace("spec:", "spec:\n  use: [after-hours]"))], 1)
        .says("`after-hours`");
}

#[test]
fn g07_an_address_that_stands_twice_is_an_error_that_names_both_places() {
    is_refused(&[("manifests/a.yaml", DESK), ("manifests/b.yaml", DESK)], 1)
        .says("manifests/a.yaml:3:")
        .says("manifests/b.yaml:3:");
}

#[test]
fn g08_a_secret_in_plain_text_is_a_guard_and_is_not_shown() {
    let secret = "sk-SENTINEL-plain-5f1c";
    let text = DESK.replace("orders' }", &format!("orders', headers: {{ Authorization: 'Bearer {secret}' }} }}"));
    let ran = is_refused(&[("manifests/desk.yaml", &text)], 6).says("M040");
    assert!(!ran.all().contains(secret), "{}", ran.all());
}

/// A header whose value is taken from a variable.
fn with_header(variable: &str) -> String {
    DESK.replace("orders' }", &format!("orders', headers: {{ X-Api-Key: {{ fromEnv: {variable} }} }} }}"))
}

#[test]
fn g09_a_secret_that_is_not_set_fails_before_the_first_write() {
    let server = {
        let sandbox = Arc::new(Sandbox::in_memory(live(&[])));
        RawServer::start(move |seen| through(&sandbox, seen))
    };
    let place = Place::with(&[("manifests/desk.yaml", &with_header("FLOWOPS_SECRET_ORDERS"))]);
    let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())];
    place.run_with("apply --yes", &environment).ends(1).says("`FLOWOPS_SECRET_ORDERS` is not set");
    assert_eq!(server.writes().len(), 0);
}

/// An error, not a guard: the policy names the prefixes, and no flag allows one run another.
#[test]
fn g10_a_variable_that_is_not_allowed_as_a_secret_is_refused() {
    is_refused(&[("manifests/desk.yaml", &with_header("GITHUB_TOKEN"))], 1).says("M041");
}

/// There is no such field, so nothing asks where it leads.
#[test]
fn g12_a_base_url_in_the_repository_is_an_unknown_field() {
    let project = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { baseUrl: 'https://elsewhere.example' }\n";
    is_refused(&[("flowops.yaml", project), ("manifests/desk.yaml", DESK)], 1).says("M010").says("baseUrl");
}

#[test]
fn g13_a_change_of_type_needs_consent() {
    let spec = "  skills:\n    - { name: First, description: Old., skillType: builtin, executionConfig: { action: end_call } }\n";
    let plan = Scene::new(read(&manifest(spec)), live(&[("First", "Old.")])).plans(Exit::Guarded);
    assert!(plan.held[0].message.contains("`replace: true`"), "{:?}", plan.held);
    let consented = spec.replace("name: First,", "name: First, replace: true,");
    Scene::new(read(&manifest(&consented)), live(&[("First", "Old.")])).plays(Exit::Ok);
}

#[test]
fn g14_a_skill_that_caller_verification_refers_to_is_not_deleted() {
    let mut scene = deletes();
    let sandbox = Sandbox::in_memory(scene.store.clone());
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    let (gone, _) = scene.store.skills_of(&agent).into_iter().find(|(_, skill)| skill["name"] == "Gone").unwrap();
    assert!(scene.store.verify_with(&agent, &gone));
    let plan = scene.plans(Exit::Guarded);
    assert!(plan.held[0].message.contains("caller verification refers to the skill's id"), "{:?}", plan.held);
    assert!(scene.plays_then(Exit::Guarded, Exit::Guarded).names().contains(&"Gone".to_owned()));
}

#[test]
fn g15_a_key_that_cannot_be_one_is_refused_before_anything_is_sent() {
    let server = RawServer::start(|_| panic!("a request was sent"));
    for key in ["flowyte_pk_SENTINEL-public", "SENTINEL-no-key"] {
        let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", key.to_owned())];
        let ran = Place::desk().run_with("apply --yes", &environment).ends(64);
        assert!(!ran.all().contains("SENTINEL"), "{}", ran.all());
    }
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn g16_an_ignore_rule_that_expired_is_reported_and_drift_counts_again() {
    let rule = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { policy: { ignore: [{ address: 'desk/*', field: description, owner: o, reason: r, expires: DAY }] } }\n";
    let place = Place::with(&[("manifests/desk.yaml", DESK), ("flowops.yaml", &rule.replace("DAY", "2020-01-01"))]);
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/desk.yaml", &DESK.replace("Looks up an order.", "Looks it up."));
    place.run("drift --sandbox").ends(2).says("P001");
    place.write("flowops.yaml", &rule.replace("DAY", "9999-12-31"));
    place.run("drift --sandbox").ends(0);
}

#[test]
fn g17_a_file_that_is_renamed_changes_nothing_and_a_skill_that_is_renamed_is_updated() {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    fs::rename(place.path("manifests/desk.yaml"), place.path("manifests/reception.yaml")).unwrap();
    place.run("plan --sandbox --exit-code").ends(0);
    let renamed = DESK.replace("name: Look up order", "name: Look up orders\n      was: Look up order");
    place.write("manifests/reception.yaml", &renamed);
    place.run("plan --sandbox --exit-code").ends(2).prints("1 to update");
    place.run("apply --sandbox --yes").ends(0).prints("1 of 1 step done");
}

#[test]
fn g18_flags_that_make_no_sense_are_wrong_usage() {
    for line in ["plan --concurrency 0", "plan --deadline=-1s", "plan --no-such-flag", "apply --keep-going=maybe"] {
        Place::desk().run(line).ends(64);
    }
}
