//! Places that rules leave to others, for a time.

use serde_json::Value as Json;

use super::since::{SECOND, edit, repository};
use super::{DESK, Place};

fn project(field: &str, expires: &str) -> String {
    format!(
        "apiVersion: flowops/v1\nkind: Project\nmetadata: {{ name: p }}\nspec:\n  policy:\n    ignore:\n      \
         - {{ address: 'desk/Look *', field: {field}, owner: voice team, reason: Tuned by hand., expires: {expires} }}\n"
    )
}

fn with_timeout() -> String {
    DESK.replace(
        "{ url: 'https://api.example.com/orders' }",
        "{ url: 'https://api.example.com/orders', timeout_ms: 4000 }",
    )
}

fn timeout(place: &Place) -> Json {
    let text = std::fs::read_to_string(place.path(".flowops/sandbox.json")).unwrap();
    let store: Json = serde_json::from_str(&text).unwrap();
    store["agents"][0]["skills"][0]["fields"]["executionConfig"]["timeout_ms"].clone()
}

#[test]
fn what_a_rule_leaves_to_others_is_made_once_and_never_compared_or_written_again() {
    let place = Place::with(&[
        ("manifests/desk.yaml", &with_timeout()),
        ("flowops.yaml", &project("executionConfig.timeout_ms", "9999-12-31")),
    ]);
    place.run("apply --sandbox --yes").ends(0);
    assert_eq!(timeout(&place), 4000);
    let text = std::fs::read_to_string(place.path(".flowops/sandbox.json")).unwrap();
    place.write(".flowops/sandbox.json", &text.replace("\"timeout_ms\": 4000", "\"timeout_ms\": 9000"));
    for line in ["plan --sandbox --exit-code", "drift --sandbox"] {
        place.run(line).ends(0).prints("One difference is left to others by a rule.");
    }
    // Another change of the same field keeps what others set.
    place.write("manifests/desk.yaml", &with_timeout().replace("/orders", "/v2/orders"));
    place.run("apply --sandbox --yes").ends(0).prints("executionConfig.url");
    assert_eq!(timeout(&place), 9000);
}

#[test]
fn a_rule_means_only_the_skills_of_its_address() {
    let place = Place::with(&[
        ("manifests/desk.yaml", &format!("{DESK}{SECOND}")),
        ("flowops.yaml", &project("description", "9999-12-31")),
    ]);
    place.run("apply --sandbox --yes").ends(0);
    edit(&place, "Look up order", "description", "By others.");
    edit(&place, "Say goodbye", "description", "By others.");
    let ran = place.run("drift --sandbox").ends(2);
    ran.prints("Drift: 1 changed; 1 in sync, 1 ignored.").prints("~ changed  Say goodbye");
}

#[test]
fn a_rule_that_has_expired_is_a_finding_and_what_it_left_counts_again() {
    let place = Place::with(&[("manifests/desk.yaml", DESK), ("flowops.yaml", &project("description", "2020-02-29"))]);
    place.run("apply --sandbox --yes").ends(0);
    edit(&place, "Look up order", "description", "By others.");
    let ran = place.run("drift --sandbox").ends(2).prints("~ changed  Look up order");
    ran.says("P001")
        .says("`description` of `desk/Look *` was left to others until 2020-02-29")
        .says("ask voice team: Tuned by hand.");
    place.run("validate").ends(0).says("P001");
}

fn fields(place: &Place, skill: usize) -> Json {
    let text = std::fs::read_to_string(place.path(".flowops/sandbox.json")).unwrap();
    let store: Json = serde_json::from_str(&text).unwrap();
    store["agents"][0]["skills"][skill]["fields"].clone()
}

/// The desk was applied, and somebody set the description by hand.
fn by_others(manifest: &str, field: &str) -> Place {
    let place = Place::with(&[("manifests/desk.yaml", manifest), ("flowops.yaml", &project(field, "9999-12-31"))]);
    place.run("apply --sandbox --yes").ends(0);
    edit(&place, "Look up order", "description", "By others.");
    place
}

#[test]
fn a_rule_holds_by_the_former_name_of_a_skill_as_well() {
    let place = by_others(DESK, "description");
    let renamed = DESK.replace("name: Look up order", "name: Find order\n      was: Look up order");
    place.write("manifests/desk.yaml", &renamed.replace("stakes: low", "stakes: high"));
    place.run("apply --sandbox --yes").ends(0).prints("1 ignored");
    let fields = fields(&place, 0);
    assert_eq!((&fields["name"], &fields["description"]), (&"Find order".into(), &"By others.".into()));
    place.run("plan --sandbox --exit-code").ends(0).prints("One difference is left to others by a rule.");
}

/// The desk's skill, of another type.
fn replaced() -> String {
    let mail = "executionConfig: { to: a@example.com, subject: An order, timeout_ms: 4000 }\n      replace: true";
    let mail = DESK.replace("executionConfig: { url: 'https://api.example.com/orders' }", mail);
    mail.replace("skillType: http_webhook", "skillType: email")
}

#[test]
fn what_a_rule_leaves_to_others_is_carried_over_into_a_new_skill() {
    let place = by_others(DESK, "description");
    place.write("manifests/desk.yaml", &replaced());
    place.run("plan --sandbox").ends(0).prints("description: \"By others.\"").prints("1 ignored");
    place.run("apply --sandbox --yes").ends(0);
    let fields = fields(&place, 0);
    assert_eq!((&fields["skillType"], &fields["description"]), (&"email".into(), &"By others.".into()));
    place.run("plan --sandbox --exit-code").ends(0);
}

/// Of what was never there the manifest's value counts, as for any new skill.
#[test]
fn what_was_not_there_is_made_with_the_new_skill() {
    let place = by_others(DESK, "executionConfig.timeout_ms");
    place.write("manifests/desk.yaml", &replaced());
    place.run("apply --sandbox --yes").ends(0);
    assert_eq!(timeout(&place), 4000);
}

#[test]
fn what_cannot_be_carried_over_holds_the_replacement() {
    let secret = "{ to: a@example.com, subject: An order, timeout_ms: 4000, token: { fromEnv: FLOWOPS_SECRET_A } }";
    let with_secret = replaced().replace("{ to: a@example.com, subject: An order, timeout_ms: 4000 }", secret);
    let with_token = DESK.replace("/orders' }", "/orders', token: { fromEnv: FLOWOPS_SECRET_A } }");
    for (before, field, why) in [
        (with_token.as_str(), "executionConfig.token", "its live value is hidden"),
        (DESK, "executionConfig", "its settings are those of another type"),
    ] {
        let place = by_others(before, field);
        place.write("manifests/desk.yaml", &with_secret);
        let writes = place.writes();
        let ran = place.run("apply --sandbox --yes").ends(6);
        ran.prints(&format!("ignored: a rule leaves `{field}` to others, and {why}"));
        assert_eq!(place.writes(), writes);
    }
}

#[test]
fn a_rule_that_means_nothing_is_a_finding() {
    let place = Place::with(&[("manifests/desk.yaml", DESK), ("flowops.yaml", &project("description", "9999-12-31"))]);
    place.run("validate").ends(0).quietly();
    for (field, address) in
        [("stakes", "desk/Look *"), ("executionConfig.timeout_ms", "desk/Look *"), ("description", "desk/Lok *")]
    {
        place.write("flowops.yaml", &project(field, "9999-12-31").replace("desk/Look *", address));
        let what = format!("no manifest declares `{field}` of a skill that `{address}` matches");
        place.run("validate").ends(0).says("P002").says(&what);
        // Whoever is selected, the rule is about all agents.
        place.run("plan --sandbox").ends(0).says("P002");
    }
    let other = DESK.replace("name: desk", "name: other").replace("Front Desk", "Other Desk");
    place.write("manifests/other.yaml", &other.replace("team: reception", "team: other"));
    place.write("flowops.yaml", &project("description", "9999-12-31"));
    place.run("plan --sandbox --agent other").ends(0).quietly();
}

#[test]
fn a_rule_that_has_expired_had_expired_at_the_base_as_well() {
    let place = Place::with(&[("manifests/desk.yaml", DESK), ("flowops.yaml", &project("description", "2020-02-29"))]);
    repository(&place);
    place.run("apply --sandbox --yes").ends(0);
    place.run("plan --sandbox --since main --changed").ends(0).says("note: 1 agent left out");
    // Nobody changed the manifests, so live did.
    edit(&place, "Look up order", "description", "By others.");
    let plan = place.run("plan --sandbox --since main --format json").ends(0).json();
    assert_eq!(plan["steps"][0]["cause"], "live", "{plan:#}");
}

#[test]
fn a_place_that_a_rule_no_longer_leaves_to_others_is_one_that_the_manifests_changed() {
    let place = by_others(DESK, "description");
    repository(&place);
    place.write("flowops.yaml", &project("stakes", "9999-12-31"));
    let plan = place.run("plan --sandbox --since main --format json").ends(0).json();
    assert_eq!(plan["steps"][0]["fields"][0]["cause"], "manifest", "{plan:#}");
}

#[test]
fn what_a_rule_leaves_to_others_is_not_taken_over_by_a_pull() {
    let place = Place::with(&[
        ("manifests/desk.yaml", &format!("{DESK}{SECOND}")),
        ("flowops.yaml", &project("description", "9999-12-31")),
    ]);
    place.run("apply --sandbox --yes").ends(0);
    edit(&place, "Look up order", "description", "By others.");
    place.run("pull --sandbox").ends(0).prints("No file changes.");
    edit(&place, "Say goodbye", "description", "By others.");
    place.run("pull --sandbox").ends(0).prints("~ Say goodbye");
    let text = std::fs::read_to_string(place.path("manifests/desk.yaml")).unwrap();
    assert_eq!(text, format!("{DESK}{SECOND}").replace("Ends the call.", "By others."));
}
