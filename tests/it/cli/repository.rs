//! Where the repository and the project are found, and what is said of a repository that cannot be read.

use super::since::{SECOND, applied, commit, git, head, repository};
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
    ran.says("`manifests` and `other/manifests` lie in two repositories").says("nothing was written");
    place.run("plan manifests other/manifests --sandbox").ends(0);
}

#[test]
fn a_repository_that_cannot_be_read_is_said_to_be_what_it_is() {
    let bare = applied(DESK);
    git(&bare.path("."), &["config", "core.bare", "true"]);
    let ran = bare.run("plan --sandbox --since main").ends(1);
    ran.says("is bare, so there are no manifests in it to compare").says("nothing was written");
    let other = Place::desk();
    git(&other.path("."), &["init", "--quiet", "--initial-branch", "main", "--object-format", "sha256"]);
    commit(&other, "first");
    let ran = other.run("plan --sandbox --since main").ends(1);
    ran.says("uses SHA-256, which is not read").says("nothing was written");
    // One that is damaged is not one that is missing.
    let damaged = applied(DESK);
    std::fs::write(damaged.path(".git/config"), "[core\n").unwrap();
    damaged.run("plan --sandbox --since main").ends(1).says("cannot be read");
}

/// What a shallow clone is told to do is done here, and then the revision is there.
#[test]
fn the_advice_for_a_shallow_clone_works() {
    let place = applied(DESK);
    git(&place.path("."), &["branch", "release/1.2"]);
    git(&place.path("."), &["tag", "--annotate", "--message", "v1", "v1"]);
    let first = head(&place);
    commit(&place, "second");
    commit(&place, "third");
    let url = format!("file://{}", place.path(".").display());
    for (revision, then) in [
        ("HEAD~1", "HEAD~1"),
        ("HEAD^", "HEAD^"),
        (first.as_str(), first.as_str()),
        (&first[..8], &first[..8]),
        ("origin/release/1.2", "origin/release/1.2"),
        ("release/1.2", "origin/release/1.2"),
        ("v1", "origin/v1"),
    ] {
        let clone = Place::with(&[]);
        git(&clone.path("."), &["clone", "--quiet", "--depth", "1", "--branch", "main", &url, "."]);
        let ran = clone.run(&format!("plan --sandbox --since {revision}")).ends(1).says("is a shallow clone");
        let told: Vec<&str> = ran.stderr.split('`').collect();
        let fetch = told.iter().find(|told| told.starts_with("git fetch ")).unwrap_or_else(|| panic!("{}", ran.all()));
        git(&clone.path("."), &fetch.split(' ').skip(1).collect::<Vec<_>>());
        assert!(revision == then || told.contains(&format!("--since {then}").as_str()), "{}", ran.all());
        // Nothing but the sandbox's first plan is said: the base is known.
        clone.run(&format!("plan --sandbox --since {then}")).ends(0).quietly();
    }
    // A branch of the clone's own whose beginning is not here.
    let clone = Place::with(&[]);
    git(&clone.path("."), &["clone", "--quiet", "--depth", "1", "--no-single-branch", &url, "."]);
    let ran = clone.run("plan --sandbox --since origin/release/1.2").ends(0).says("B003");
    ran.says("git fetch --unshallow origin");
    git(&clone.path("."), &["fetch", "--unshallow", "origin"]);
    clone.run("plan --sandbox --since origin/release/1.2").ends(0).quietly();
}

/// A desk whose base is what `change` makes of it, and that now declares the desk and wants the goodbye gone.
fn with_base(change: impl FnOnce(&Place)) -> Place {
    let place = applied(&format!("{DESK}{SECOND}"));
    change(&place);
    commit(&place, "the base");
    std::fs::remove_dir_all(place.path("manifests")).unwrap();
    std::fs::create_dir(place.path("manifests")).unwrap();
    place.write("manifests/desk.yaml", &format!("{DESK}  absent: [Say goodbye]\n"));
    place
}

/// The base tells nothing, for this reason; the run goes on, and nothing is deleted.
#[track_caller]
fn tells_nothing(place: &Place, code: &str, why: &str) {
    let writes = place.writes();
    place.run("plan --sandbox --since main --exit-code").ends(6).says(code).says(why).prints("uncertain");
    place.run("apply --sandbox --since main --yes").ends(6);
    assert_eq!(place.writes(), writes);
}

#[test]
#[cfg(unix)]
fn a_base_with_a_manifest_that_cannot_be_read_is_told_and_can_be_repaired() {
    let linked = with_base(|place| {
        std::fs::rename(place.path("manifests/desk.yaml"), place.path("elsewhere.yaml")).unwrap();
        std::os::unix::fs::symlink("../elsewhere.yaml", place.path("manifests/desk.yaml")).unwrap();
    });
    tells_nothing(&linked, "B001", "`manifests/desk.yaml` cannot be read at `main`: it is a link");
    let large = with_base(|place| place.write("manifests/large.yaml", &" ".repeat((1 << 20) + 1)));
    tells_nothing(&large, "B001", "`manifests/large.yaml` cannot be read at `main`: it has 1048577 bytes");
    let strange = with_base(|place| std::fs::write(place.path("manifests/x.yaml"), b"x: \xff").unwrap());
    tells_nothing(&strange, "B001", "`manifests/x.yaml` cannot be read at `main`: it is not UTF-8");
    let named = with_base(|place| {
        use std::os::unix::ffi::OsStrExt as _;
        let name = std::ffi::OsStr::from_bytes(b"manifests/\xff.yaml");
        std::fs::write(place.path(".").join(name), DESK).unwrap();
    });
    tells_nothing(&named, "B001", "its name is not UTF-8");
    let broken = with_base(|place| place.write("manifests/x.yaml", "kind: Agent\n"));
    tells_nothing(
        &broken,
        "B001",
        "the manifests of `main` have 1 error, such as `manifests/x.yaml:1`: `apiVersion` is missing",
    );
}

#[test]
fn a_base_that_is_more_than_a_run_reads_tells_nothing() {
    let large = with_base(|place| {
        for number in 0..65 {
            place.write(&format!("manifests/{number}.yaml"), &"#".repeat(1 << 20));
        }
    });
    tells_nothing(&large, "B001", "the manifests of `main` are more than 10000 files or 64 MiB");
}

#[test]
fn a_submodule_among_the_manifests_of_the_base_is_never_passed_over() {
    let submodule = |place: &Place, path: &str| {
        let id = "1111111111111111111111111111111111111111";
        git(&place.path("."), &["update-index", "--add", "--cacheinfo", &format!("160000,{id},{path}")]);
        git(&place.path("."), &["commit", "--quiet", "--message", "a submodule"]);
    };
    let place = applied(&format!("{DESK}{SECOND}"));
    submodule(&place, "manifests/shared");
    place.write("manifests/desk.yaml", &format!("{DESK}  absent: [Say goodbye]\n"));
    tells_nothing(&place, "B003", "`manifests/shared` is a submodule at `main`, and what was in it is not read");
    // Hidden ones are not read on the disk either.
    let place = applied(&format!("{DESK}{SECOND}"));
    submodule(&place, "manifests/.shared");
    place.write("manifests/desk.yaml", &format!("{DESK}  absent: [Say goodbye]\n"));
    place.run("plan --sandbox --since main --exit-code").ends(2).quietly();
    // The given folder itself was one, or lay in one.
    for path in ["manifests", "manifests/in/it"] {
        let place = Place::with(&[("other.txt", "")]);
        repository(&place);
        submodule(&place, "manifests");
        std::fs::create_dir_all(place.path(path)).unwrap();
        place.write(&format!("{path}/desk.yaml"), DESK);
        let ran = place.run(&format!("plan {path} --sandbox --since main")).ends(0);
        ran.says("B003").says("`manifests` is a submodule at `main`");
    }
}

/// What git keeps of a file that Git LFS holds.
const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

#[test]
fn a_file_that_git_lfs_holds_is_said_to_be_one() {
    let place = with_base(|place| place.write("manifests/desk.yaml", POINTER));
    tells_nothing(
        &place,
        "B003",
        "`manifests/desk.yaml` is a Git LFS pointer at `main`, and its text is not in the repository",
    );
    let manifest = |rest: &str| DESK.replace("Looks up an order.", "{ fromFile: ../prompt.md }") + rest;
    let place = applied(&format!("{DESK}{SECOND}"));
    place.write("manifests/desk.yaml", &manifest(SECOND));
    place.write("prompt.md", POINTER);
    commit(&place, "a side file");
    place.write("prompt.md", "Looks up an order.");
    place.write("manifests/desk.yaml", &manifest("  absent: [Say goodbye]\n"));
    tells_nothing(&place, "B001", "it is a Git LFS pointer, and not the text");
    // On the disk it is one where nobody fetched the text: it must not be sent in its place.
    place.write("prompt.md", POINTER);
    place.run("validate").ends(1).says("it is a Git LFS pointer, and not the text");
    place.write("manifests/desk.yaml", POINTER);
    place.run("validate").ends(1).says("it is a Git LFS pointer, and not the text");
}
