use super::{DESK, Place};

#[test]
fn without_a_terminal_and_without_yes_nothing_is_sent() {
    let place = Place::desk();
    place.run("apply --sandbox").ends(64).is_golden("apply-without-yes.txt", &[]);
    assert!(!place.path(".flowops").exists(), "something was sent");
}

#[test]
fn what_is_mistyped_is_wrong_usage_and_nothing_is_sent() {
    let place = Place::desk();
    place.write(
        "flowops.yaml",
        "\
apiVersion: flowops/v1
kind: Project
metadata: { name: shop }
spec: { defaultTarget: staging, targets: { staging: {}, production: {} } }
",
    );
    let cases = [
        ("--agent dsk", "did you mean `desk`?"),
        ("--agent desk,frnt", "no manifest declares this agent"),
        ("--target prodction", "the project has `production`, `staging`"),
        ("--concurrency 0", "0 is not in 1..=64"),
        ("--concurrency many", "invalid digit"),
        ("--selector team", "a selector is `key=value`"),
        ("--selector =x", "a selector is `key=value`"),
        ("--format yaml", "text, json"),
        ("--yess", "--yes"),
    ];
    for (flag, says) in cases {
        let ran = place.run(&format!("apply --sandbox --yes {flag}")).ends(64).says(says);
        assert_eq!(ran.stdout, "");
    }
    place.run("aply").ends(64).says("apply");
    assert!(!place.path(".flowops").exists(), "something was sent");
}

#[test]
fn a_plan_of_nothing_asks_nobody() {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    let writes = place.writes();
    place.run("apply --sandbox --yes").ends(0).quietly();
    assert_eq!(place.writes(), writes);
}

#[test]
fn a_secret_that_is_not_set_is_a_placeholder_in_the_sandbox_and_said_so() {
    let place = Place::with(&[("manifests/desk.yaml", &with_header("{ fromEnv: FLOWOPS_SECRET_ORDERS }"))]);
    let ran = place.run("apply --sandbox --yes").ends(0).says("note: `FLOWOPS_SECRET_ORDERS` is not set");
    assert!(!ran.stdout.contains("placeholder for"), "{}", ran.all());
}

/// [`DESK`] with a header.
pub(super) fn with_header(value: &str) -> String {
    let url = "url: 'https://api.example.com/orders'";
    DESK.replace(url, &format!("{url}, headers: {{ X-Api-Key: {value} }}"))
}
