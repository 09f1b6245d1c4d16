//! The ref of what was applied last, on a remote made with git.

use super::since::{commit, git, repository};
use super::{DESK, Place};

const REF: &str = "refs/flowops/applied/default";
const APPLY: &str = "apply --sandbox --yes --applied-ref origin";

/// A repository whose remote is a bare one beside it.
fn place() -> Place {
    let place = Place::with(&[("manifests/desk.yaml", DESK)]);
    repository(&place);
    git(&place.path("."), &["init", "--quiet", "--bare", ".flowops/remote.git"]);
    git(&place.path("."), &["remote", "add", "origin", ".flowops/remote.git"]);
    place
}

fn hash(place: &Place, folder: &str, name: &str) -> String {
    let line = ["rev-parse", "--verify", "--quiet", name];
    let ran = std::process::Command::new("git").current_dir(place.path(folder)).args(line).output().unwrap();
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

fn applied(place: &Place) -> String {
    hash(place, ".flowops/remote.git", REF)
}

#[test]
fn a_commit_that_was_applied_is_remembered_and_an_older_one_is_refused() {
    let place = place();
    place.run(APPLY).ends(0);
    assert_eq!(applied(&place), hash(&place, ".", "HEAD"));
    place.write("manifests/desk.yaml", &DESK.replace("Looks up an order.", "Looks up an order by its number."));
    commit(&place, "second");
    place.run(APPLY).ends(0);
    let second = hash(&place, ".", "HEAD");
    assert_eq!(applied(&place), second);
    // A run of the first commit that was queued longer.
    git(&place.path("."), &["checkout", "--quiet", "HEAD~1"]);
    let writes = place.writes();
    place.run(APPLY).ends(5).says("is older than").says("revert in git and apply the new commit");
    // Another branch.
    place.write("manifests/desk.yaml", &DESK.replace("Looks up", "Finds"));
    commit(&place, "beside");
    place.run(APPLY).ends(5).says("does not follow");
    assert_eq!((place.writes(), applied(&place)), (writes, second));
    // Without the flag nobody asks.
    place.run("apply --sandbox --yes").ends(0);
}

#[test]
fn a_part_that_is_applied_moves_no_ref_and_a_repeated_apply_keeps_it() {
    let place = place();
    place.run(&format!("{APPLY} --agent desk")).ends(0);
    assert_eq!(applied(&place), "");
    place.run(APPLY).ends(0);
    place.run(APPLY).ends(0);
    assert_eq!(applied(&place), hash(&place, ".", "HEAD"));
}

#[test]
fn a_remote_that_is_none_is_said_before_anything_is_sent() {
    let place = place();
    place.run("apply --sandbox --yes --applied-ref nowhere").ends(1).says("`git ls-remote` failed");
    place.run("apply --sandbox --yes --applied-ref=--upload-pack=touch").ends(64).says("cannot be a remote");
    place.run("apply --sandbox --yes --applied-ref ext::sh").ends(64).says("cannot be a remote");
    assert_eq!(place.writes(), 0);
}

#[cfg(unix)]
#[test]
fn a_ref_that_another_run_moved_meanwhile_stays_and_hooks_are_not_run() {
    use flowops::git::Marker;

    let place = place();
    place.write(".git/hooks/pre-push", "#!/bin/sh\nexit 1\n");
    std::fs::set_permissions(place.path(".git/hooks/pre-push"), std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .unwrap();
    let given = [std::fs::canonicalize(place.path("manifests")).unwrap()];
    let look = || Marker::look("origin", "default", &given, &place.path("."));
    look().unwrap().set().unwrap();
    commit(&place, "second");
    let queued = look().unwrap();
    commit(&place, "third");
    look().unwrap().set().unwrap();
    let third = applied(&place);
    assert_eq!(third, hash(&place, ".", "HEAD"));
    assert!(queued.set().unwrap_err().to_string().contains("`git push` failed"));
    assert_eq!(applied(&place), third);
}
