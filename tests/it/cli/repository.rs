//! Where the repository and the project are found, and what is said of a repository that cannot be read.

use super::since::{SECOND, applied, commit, git, repository};
use super::{DESK, Place};

/// A project that protects the desk's goodbye.
const PROTECTING: &str =
    "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { policy: { protected: ['desk/Say *'] } }\n";

/// A repository with a project at its top, whose manifests lie in a folder of a team and are applied from there.
fn team() -> Place {
    let place = Place::with(&[("team/manifests/desk.yaml", &format!("{DESK}{SECOND}")), ("flowops.yaml", PROTECTING)]);
    repository(&place);
    place.run_in("team", "apply --sandbox --yes").ends(0);
    place.write("team/manifests/desk.yaml", &format!("{DESK}  absent: [Say goodbye]\n"));
    place
}

#[test]
fn the_project_at_the_top_of_the_repository_counts_in_every_folder_below() {
    let place = team();
    for (folder, line) in [("team", "plan"), ("team/manifests", "plan .."), (".", "plan team")] {
        let sandbox = place.path("team/.flowops/sandbox.json");
        let line = format!("{line} --exit-code --sandbox={}", sandbox.display());
        place.run_in(folder, &line).ends(6).prints("protected");
    }
    place.write("flowops.yaml", &PROTECTING.replace("policy", "polices"));
    place.run_in("team", "validate").ends(1).says("--> ../flowops.yaml:4:9");
}

#[test]
fn the_project_at_the_top_of_the_base_counts_in_every_folder_below() {
    let place = team();
    std::fs::remove_file(place.path("flowops.yaml")).unwrap();
    place.run_in("team", "plan --sandbox --exit-code").ends(2);
    place.run_in("team", "plan --sandbox --exit-code --since main").ends(6).prints("protected");
}

#[test]
fn the_repository_is_that_of_the_given_paths_wherever_the_command_is_run() {
    let place = Place::with(&[("in/repo/manifests/desk.yaml", DESK), ("in/repo/prompts/x.md", "")]);
    let repo = place.path("in/repo");
    git(&repo, &["init", "--quiet", "--initial-branch", "main"]);
    git(&repo, &["add", "--all"]);
    git(&repo, &["commit", "--quiet", "--message", "first"]);
    place.run("apply in/repo --sandbox --yes").ends(0);
    place.write("in/repo/manifests/desk.yaml", &DESK.replace("an order.", "orders."));
    let manifests = repo.join("manifests").display().to_string();
    for path in ["in/repo/manifests", "in/repo/manifests/desk.yaml", manifests.as_str()] {
        let plan = place.run(&format!("plan {path} --sandbox --since main --format json")).ends(0).json();
        assert_eq!(plan["steps"][0]["cause"], "manifest", "{path}: {plan:#}");
    }
    // Below a folder that has nothing to do with it.
    let other = Place::with(&[]);
    let line = format!("plan {manifests} --sandbox={} --since main", place.path(".flowops/sandbox.json").display());
    other.run(&line).ends(0).prints("~ update   Look up order").quietly();
}

#[test]
#[cfg(unix)]
fn a_path_through_a_link_above_it_leads_to_the_repository() {
    let place = applied(DESK);
    std::os::unix::fs::symlink(place.path("."), place.path("linked")).unwrap();
    place.write("manifests/desk.yaml", &DESK.replace("an order.", "orders."));
    let other = Place::with(&[]);
    std::os::unix::fs::symlink(place.path("."), other.path("linked")).unwrap();
    let sandbox = place.path(".flowops/sandbox.json").display().to_string();
    for (place, path) in
        [(&place, "linked/manifests"), (&other, "linked/manifests"), (&other, "linked/manifests/desk.yaml")]
    {
        let plan = place.run(&format!("plan {path} --sandbox={sandbox} --since main --format json")).ends(0).json();
        assert_eq!(plan["steps"][0]["cause"], "manifest", "{path}: {plan:#}");
    }
}

#[test]
fn paths_in_two_repositories_have_no_one_base() {
    let place = applied(DESK);
    std::fs::create_dir_all(place.path("other/manifests")).unwrap();
    place.write("other/manifests/o.yaml", &DESK.replace("desk", "o").replace("Front Desk", "O"));
    git(&place.path("other"), &["init", "--quiet", "--initial-branch", "main"]);
    let ran = place.run("plan manifests other/manifests --sandbox --since main").ends(1);
    ran.says("`manifests` and `other/manifests` lie in two repositories").says("nothing was sent");
    place.run("plan manifests other/manifests --sandbox").ends(0);
}

#[test]
fn a_repository_that_cannot_be_read_is_said_to_be_what_it_is() {
    let bare = applied(DESK);
    git(&bare.path("."), &["config", "core.bare", "true"]);
    let ran = bare.run("plan --sandbox --since main").ends(1);
    ran.says("is bare, so there are no manifests in it to compare").says("nothing was sent");
    let other = Place::desk();
    git(&other.path("."), &["init", "--quiet", "--initial-branch", "main", "--object-format", "sha256"]);
    commit(&other, "first");
    let ran = other.run("plan --sandbox --since main").ends(1);
    ran.says("uses SHA-256, which is not read").says("nothing was sent");
    // One that is damaged is not one that is missing.
    let damaged = applied(DESK);
    std::fs::write(damaged.path(".git/config"), "[core\n").unwrap();
    damaged.run("plan --sandbox --since main").ends(1).says("cannot be read");
}
