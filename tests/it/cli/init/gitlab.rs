//! The scripts of the written `.gitlab-ci.yml`, run by a plain shell, as in the image.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::{IMAGE, Place};
use crate::workflows::yaml;

/// Calls the real program for a plan, on the sandbox and without what it does not need here; writes the other calls down.
const STAND_IN: &str = r#"#!/bin/sh
echo "flowops $* key=${FLOWYTE_API_KEY:-}" >> "$CALLS"
for word in "$@"; do
  case "$word" in
    --write=json=*) json="${word#--write=json=}" ;;
    --reviewed) [ -n "${REVIEWED:-}" ] || exit 1; echo "$REVIEWED"; exit 0 ;;
  esac
done
case "$1" in
  plan) exec "$REAL" plan --sandbox --format json --output "$json" --target "$TARGET" ;;
  apply | drift) [ "${ENDS:-0}" = 64 ] || echo '{}' > "$json"; exit "${ENDS:-0}" ;;
esac
"#;

fn run(place: &Place, job: &str, environment: &[(&str, &str)]) -> i32 {
    let file = yaml(&fs::read_to_string(place.path("checkout/.gitlab-ci.yml")).unwrap());
    let script = file[job]["script"][0].as_str().unwrap();
    let output = Command::new("sh")
        .args(["-e", "-c", script])
        .current_dir(place.path("checkout"))
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", place.path("bin").display()))
        .env("REAL", env!("CARGO_BIN_EXE_flowops"))
        .env("CALLS", place.path("calls"))
        .envs([("MANIFESTS", "manifests"), ("TARGET", "production"), ("REVIEW", "required")])
        .envs([("CI_JOB_URL", "https://gitlab.example.com/job/1"), ("CI_COMMIT_SHA", "5ca1ab1e")])
        .envs([("CI_MERGE_REQUEST_DIFF_BASE_SHA", "ba5e"), ("CI_COMMIT_BEFORE_SHA", "be4e")])
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    output.status.code().unwrap()
}

fn calls(place: &Place) -> String {
    let text = fs::read_to_string(place.path("calls")).unwrap_or_default();
    drop(fs::remove_file(place.path("calls")));
    text
}

fn place() -> Place {
    let place = Place::with(&[("bin/flowops", STAND_IN)]);
    fs::set_permissions(place.path("bin/flowops"), fs::Permissions::from_mode(0o755)).unwrap();
    place.run(&format!("init checkout --ci gitlab {IMAGE}")).ends(0);
    place
}

#[test]
fn the_widget_counts_what_the_plan_counts() {
    let place = place();
    assert_eq!(run(&place, "plan", &[("FLOWYTE_READ_KEY", "k")]), 0);
    let counts = fs::read_to_string(place.path("checkout/out/counts.json")).unwrap();
    assert_eq!(counts, "{\"create\":1,\"update\":0,\"delete\":0}\n");
    let calls = calls(&place);
    assert!(calls.contains("--since=ba5e") && calls.contains("key=k"), "{calls}");
    assert!(
        calls.ends_with("flowops comment out/plan.json --details-url=https://gitlab.example.com/job/1 key=\n"),
        "{calls}"
    );
}

#[test]
fn a_fork_is_checked_without_a_key() {
    let place = place();
    assert_eq!(run(&place, "plan", &[]), 0);
    assert_eq!(calls(&place), "flowops validate --target=production --write=junit=out/junit.xml -- manifests key=\n");
}

#[test]
fn a_merge_applies_what_was_reviewed_or_nothing() {
    let place = place();
    assert_eq!(run(&place, "deploy", &[("FLOWYTE_WRITE_KEY", "w")]), 1);
    assert!(!calls(&place).contains("flowops apply"));
    assert_eq!(run(&place, "deploy", &[("FLOWYTE_WRITE_KEY", "w"), ("REVIEWED", "sha256:d1"), ("ENDS", "3")]), 3);
    let made = calls(&place);
    assert!(made.contains("--since=be4e --expect=sha256:d1 -- manifests key=w"), "{made}");
    assert!(made.contains("flowops comment out/report.json --merged=5ca1ab1e"), "{made}");
    let zeros = [("REVIEW", "none"), ("CI_COMMIT_BEFORE_SHA", "0000000000"), ("FLOWYTE_WRITE_KEY", "w")];
    assert_eq!(run(&place, "deploy", &zeros), 0);
    let made = calls(&place);
    assert!(!made.contains("--since") && !made.contains("--expect"), "{made}");
}

#[test]
fn drift_that_could_not_be_checked_is_red() {
    for (ends, code) in [("0", 0), ("2", 0), ("1", 1), ("64", 64), ("70", 70)] {
        let place = place();
        assert_eq!(run(&place, "drift", &[("FLOWYTE_READ_KEY", "k"), ("ENDS", ends)]), code);
        let is_kept = place.path("checkout/previous/drift.json").exists();
        assert_eq!(is_kept, code == 0, "{ends}");
        assert_eq!(calls(&place).contains("flowops issue"), ends != "64");
    }
}
