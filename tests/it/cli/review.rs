//! Plans that are kept, reviewed, and expected of an apply.

use std::fs;

use flowops::report::reviewed::{Circumstances, HOLDS, Reviewed, ReviewedError};
use serde_json::Value as Json;

use super::since::{SECOND, applied, commit, edit, head};
use super::{DESK, Place};

/// Two skills are live, and both are to change.
fn pending() -> Place {
    let place = Place::with(&[("manifests/desk.yaml", &format!("{DESK}{SECOND}"))]);
    place.run("apply --sandbox --yes").ends(0);
    let text =
        format!("{DESK}{SECOND}").replace("Looks up an order.", "Looks it up.").replace("stakes: low", "stakes: high");
    place.write("manifests/desk.yaml", &text);
    place
}

#[test]
fn a_plan_that_was_kept_is_applied_and_once_more_there_is_nothing_left() {
    let place = pending();
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    place.run("apply --sandbox --plan plan.reviewed --yes").ends(0).prints("2 of 2 steps done");
    let writes = place.writes();
    let again = place.run("apply --sandbox --plan plan.reviewed --yes").ends(0).prints("No changes.");
    again.says("not wanted any more: desk/skill/Look up order, desk/skill/Say goodbye");
    assert_eq!(place.writes(), writes);
}

#[test]
fn what_was_overtaken_by_an_edit_is_not_done_and_the_rest_is() {
    let place = pending();
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    edit(&place, "Say goodbye", "stakes", "medium");
    let ran = place.run("apply --sandbox --plan plan.reviewed --yes").ends(4);
    ran.is_golden("review/overtaken.txt", &[]);
}

#[test]
fn what_nobody_reviewed_is_not_done() {
    let place = pending();
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    // Somebody deletes a skill: to make it again is another step than to change it.
    let text = fs::read_to_string(place.path(".flowops/sandbox.json")).unwrap();
    let mut store: Json = serde_json::from_str(&text).unwrap();
    store["agents"][0]["skills"].as_array_mut().unwrap().remove(0);
    place.write(".flowops/sandbox.json", &store.to_string());
    let writes = place.writes();
    let ran = place.run("apply --sandbox --plan plan.reviewed --yes").ends(4);
    ran.prints("CONFLICT").prints("live moved since the review").prints("updated    desk/skill/Say goodbye");
    assert_eq!(place.writes(), writes + 1);
}

#[test]
fn a_plan_of_other_manifests_another_target_or_another_server_is_refused() {
    let project = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { targets: { one: {}, two: {} }, defaultTarget: one }\n";
    let place = pending();
    place.write("flowops.yaml", project);
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    let writes = place.writes();
    let refused = |line: &str, why: &str| {
        place.run(&format!("apply --plan plan.reviewed --yes {line}")).ends(4).says(why).says("nothing was written");
        assert_eq!(place.writes(), writes);
    };
    refused("--sandbox --target two", "it is about target `one`, and this is `two`");
    refused(
        "--sandbox=other.json",
        "it is about server `sandbox:.flowops/sandbox.json`, and this is `sandbox:other.json`",
    );
    place.write("manifests/desk.yaml", DESK);
    refused("--sandbox", "the manifests are not those of the review");
    let ran = place.run("apply --sandbox --plan nowhere --yes").ends(1);
    ran.says("`nowhere` cannot be read");
}

#[test]
fn not_one_byte_of_a_review_may_change() {
    let place = pending();
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    let text = fs::read_to_string(place.path("plan.reviewed")).unwrap();
    assert!(Reviewed::read(&text).is_ok());
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let edited = String::from_utf8(bytes).unwrap();
        assert_eq!(Reviewed::read(&edited), Err(ReviewedError::Edited), "byte {at}");
        assert_eq!(Reviewed::read(&text[..at]), Err(ReviewedError::Edited), "cut at {at}");
    }
    let writes = place.writes();
    place.write("plan.reviewed", &text.replacen("sha256:", "sha256:0", 1));
    place.run("apply --sandbox --plan plan.reviewed --yes").ends(4).says("it was edited, or is not whole");
    assert_eq!(place.writes(), writes);
}

#[test]
fn a_review_holds_for_a_day() {
    let place = pending();
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    let reviewed = Reviewed::read(&fs::read_to_string(place.path("plan.reviewed")).unwrap()).unwrap();
    let here = |now| Circumstances {
        server: &reviewed.server,
        partition: None,
        manifests: &reviewed.manifests,
        base: reviewed.base.as_deref(),

        now,
    };
    let made = reviewed.expires - HOLDS;
    assert_eq!(reviewed.check("default", here(made)), Ok(()));
    assert_eq!(reviewed.check("default", here(made + HOLDS - 1)), Ok(()));
    assert_eq!(reviewed.check("default", here(made + HOLDS)), Err(ReviewedError::Expired));
}

/// Without the base nothing is known of what was given up: the deletes that were reviewed would be left, without a word.
#[test]
fn a_review_with_a_base_is_applied_with_that_base_and_no_other() {
    let declares = format!("{DESK}{SECOND}").replace("  skills:\n", "  prune: removed\n  skills:\n");
    let place = applied(&declares);
    let base = head(&place);
    place.write("manifests/desk.yaml", &declares.replace(SECOND, ""));
    commit(&place, "given up");
    place.run("plan --sandbox --since HEAD~1 --out plan.reviewed").ends(0).prints("- DELETE   Say goodbye");
    let writes = place.writes();
    let ran = place.run("apply --sandbox --plan plan.reviewed --yes").ends(4);
    ran.says(&format!("it was made with the base commit `{base}`, and here there is none"))
        .says(&format!("give `--since {base}`"))
        .says("nothing was written");
    let ran = place.run("apply --sandbox --plan plan.reviewed --since HEAD --yes").ends(4);
    ran.says(&format!("it was made with the base commit `{base}`, and here it is `{}`", head(&place)))
        .says(&format!("give `--since {base}`"));
    assert_eq!(place.writes(), writes);
    // However it is spelled.
    place.run(&format!("apply --sandbox --plan plan.reviewed --since {base} --yes")).ends(0);
    assert_eq!(place.writes(), writes + 1);
}

#[test]
fn a_review_without_a_base_is_applied_without_one() {
    let place = applied(DESK);
    place.write("manifests/desk.yaml", &DESK.replace("an order.", "orders."));
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    let writes = place.writes();
    let ran = place.run("apply --sandbox --plan plan.reviewed --since HEAD --yes").ends(4);
    ran.says(&format!("it was made without a base, and here it is `{}`", head(&place))).says("leave `--since` away");
    assert_eq!(place.writes(), writes);
    place.run("apply --sandbox --plan plan.reviewed --yes").ends(0);
}

#[test]
#[cfg(unix)]
fn a_review_is_its_owners_alone_holds_no_value_and_goes_through_no_link() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = pending();
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    let text = fs::read_to_string(place.path("plan.reviewed")).unwrap();
    for value in ["Looks it up.", "Looks up an order.", "\"high\"", "\"low\"", "api.example.com"] {
        assert!(!text.contains(value), "{text}");
    }
    let mode = fs::metadata(place.path("plan.reviewed")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    place.write("mine", "Mine.");
    std::os::unix::fs::symlink("mine", place.path("link")).unwrap();
    place.run("plan --sandbox --out link").ends(1).says("is a link");
    assert_eq!(fs::read_to_string(place.path("mine")).unwrap(), "Mine.");
}

#[test]
fn a_plan_is_expected_by_its_digest() {
    let place = pending();
    let digest = place.run("plan --sandbox --format json").ends(0).json()["digest"].as_str().unwrap().to_owned();
    let writes = place.writes();
    edit(&place, "Say goodbye", "stakes", "medium");
    let ran = place.run(&format!("apply --sandbox --expect {digest} --yes")).ends(4);
    ran.says("the plan is not the one that was reviewed");
    assert_eq!(place.writes(), writes);
    edit(&place, "Say goodbye", "stakes", "low");
    place.run(&format!("apply --sandbox --expect {digest} --yes")).ends(0);
    // Done already: run again, it ends as well.
    place.run(&format!("apply --sandbox --expect {digest} --yes")).ends(0);
    place.run(&format!("apply --sandbox --yes --expect {digest} --plan b")).ends(64).says("cannot be used with");
}

/// Not even where there is nothing to do, which any digest would let pass.
#[test]
fn what_is_no_digest_is_wrong_usage_wherever_one_is_taken() {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    let digit = |count| "0".repeat(count);
    for wrong in [
        "foo".to_owned(),
        digit(64),
        "sha256:".to_owned(),
        format!("sha256:{}", digit(63)),
        format!("sha256:{}", digit(65)),
        format!("sha256:{}g", digit(63)),
        format!("SHA256:{}", digit(64)),
        format!("sha512:{}", digit(64)),
    ] {
        for line in
            [format!("apply --sandbox --yes --expect {wrong}"), format!("plan --sandbox --allow given-up={wrong}")]
        {
            place.run(&line).ends(64).says("a digest is `sha256:` and 64 digits of 0-9 and a-f");
        }
    }
    place.run(&format!("apply --sandbox --yes --expect sha256:{}", digit(64))).ends(0);
}

#[test]
fn a_skill_that_was_edited_since_its_delete_was_reviewed_stays() {
    let place = pending();
    place.write("manifests/desk.yaml", &format!("{DESK}  absent: [Say goodbye]\n"));
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    let digest = place.run("plan --sandbox --format json").ends(0).json()["digest"].as_str().unwrap().to_owned();
    edit(&place, "Say goodbye", "description", "Somebody needs it.");
    let writes = place.writes();
    let ran = place.run("apply --sandbox --plan plan.reviewed --yes").ends(4);
    ran.prints("not deleted: live moved since the review, at `/description`");
    place.run(&format!("apply --sandbox --expect {digest} --yes")).ends(4);
    assert_eq!(place.writes(), writes);
}

#[test]
fn a_review_with_a_publish_is_finished_by_a_second_run() {
    let place = pending();
    let text = fs::read_to_string(place.path("manifests/desk.yaml")).unwrap();
    place.write("manifests/desk.yaml", &text.replace("  skills:\n", "  publish: onChange\n  skills:\n"));
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    // Part of it is done already, as after a run that was cut short.
    edit(&place, "Say goodbye", "stakes", "high");
    place.run("apply --sandbox --plan plan.reviewed --yes").ends(0).prints("published");
}
