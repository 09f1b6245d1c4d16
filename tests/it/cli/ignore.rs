//! Places that rules leave to others, for a time.

use serde_json::Value as Json;

use super::since::{SECOND, edit};
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
