//! A repository to begin with: what is written, and that it works as it is.

#[cfg(unix)]
mod github;
#[cfg(unix)]
mod gitlab;
#[cfg(unix)]
mod partitioned;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flowops::cli::exit::Exit;
use serde_json::{Value as Json, json};

use super::Place;
use super::since::git;
use crate::support::{golden, repository};
use crate::workflows::yaml;

const ACTION: &str = "--action example/flowops@0123456789abcdef0123456789abcdef01234567";
const IMAGE: &str =
    "--image registry.example.com/flowops@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What does not depend on where it runs.
const EVERYWHERE: [&str; 5] = [
    ".gitignore",
    ".pre-commit-config.yaml",
    "flowops.yaml",
    "manifests/README.md",
    "manifests/agents/front-desk.yaml",
];

/// Every file below a folder but git's own, by its path.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    fn walk(top: &Path, folder: &Path, into: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(top, &path, into);
            } else {
                let name = path.strip_prefix(top).unwrap().to_str().unwrap().replace('\\', "/");
                into.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

/// Compares a written tree with the committed one. The schemas are those of the repository, and what every tree has is
/// committed once.
fn is_golden(place: &Place, name: &str) {
    let written = tree(&place.path("."));
    let committed = repository("tests/init").join(name);
    for (path, text) in &written {
        match path.strip_prefix("schemas/") {
            Some(_) => assert_eq!(*text, fs::read_to_string(repository(path)).unwrap(), "{path}"),
            None if EVERYWHERE.contains(&path.as_str()) => golden(&repository("tests/init/none").join(path), text),
            None => golden(&committed.join(path), text),
        }
    }
    let gone: Vec<String> = tree(&committed).into_keys().filter(|path| !written.contains_key(path)).collect();
    assert!(gone.is_empty(), "not written any more: {gone:?}");
}

#[test]
fn what_is_written_is_as_committed() {
    for (name, flags) in [
        ("none", String::new()),
        ("github", format!(" --ci github {ACTION}")),
        ("gitea", format!(" --ci gitea {ACTION}")),
        ("gitlab", format!(" --ci gitlab {IMAGE}")),
        ("kubernetes", format!(" --kubernetes {IMAGE}")),
        ("github-partitioned", format!(" --ci github --partitions 3 {ACTION}")),
        ("kubernetes-partitioned", format!(" --kubernetes --partitions 8 {IMAGE}")),
    ] {
        let place = Place::with(&[]);
        let ran = place.run(&format!("init{flags}")).ends(0).quietly();
        ran.is_golden(&format!("init-{name}.txt"), &[]);
        is_golden(&place, name);
    }
}

/// The Job of a file, and what its rules say of exit codes, all of which are ours.
fn job(place: &Place, path: &str) -> (Json, Vec<(String, Json)>) {
    let text = fs::read_to_string(place.path(path)).unwrap();
    let job = yaml(text.split("\n---\n").last().unwrap());
    let job = if job["kind"] == "CronJob" { job["spec"]["jobTemplate"]["spec"].clone() } else { job["spec"].clone() };
    let rule = |rule: &Json| (rule["action"].as_str().unwrap().to_owned(), rule["onExitCodes"]["values"].clone());
    let rules: Vec<(String, Json)> = job["podFailurePolicy"]["rules"].as_array().unwrap().iter().map(rule).collect();
    for code in rules.iter().filter_map(|(_, codes)| codes.as_array()).flatten() {
        assert!(Exit::read(u8::try_from(code.as_u64().unwrap()).unwrap()).is_some(), "{code}");
    }
    (job, rules)
}

/// Checks that the pods of a Job may do nothing, and have nothing in their environment but what is given.
fn is_locked(job: &Json, environment: &Json) {
    let pod = &job["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(
        (&pod["securityContext"]["runAsNonRoot"], &pod["securityContext"]["runAsUser"]),
        (&json!(true), &json!(65532))
    );
    for container in [&pod["initContainers"][0], &pod["containers"][0]] {
        assert!(container["image"].as_str().unwrap().contains("@sha256:"), "{container}");
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(container["securityContext"]["capabilities"]["drop"], json!(["ALL"]));
    }
    // A secret is a file.
    assert_eq!((&pod["initContainers"][0]["env"], &pod["containers"][0]["env"]), (&Json::Null, environment));
}

#[test]
fn pods_may_do_nothing_and_are_tried_again_only_where_that_helps() {
    let place = Place::with(&[]);
    place.run(&format!("init --kubernetes {IMAGE}")).ends(0);
    let rule = |action: &str, codes: Json| (action.to_owned(), codes);
    let over = |codes: Json| rule("FailJob", codes);
    for (path, expected) in [
        ("kubernetes/apply.yaml", vec![over(json!([1, 4, 6, 64])), rule("Count", json!([3, 5, 7]))]),
        ("kubernetes/drift.yaml", vec![over(json!([1, 2, 4, 6, 64]))]),
    ] {
        let (job, rules) = job(&place, path);
        assert_eq!(rules, expected, "{path}");
        is_locked(&job, &Json::Null);
    }
}

#[test]
fn pods_that_share_the_agents_out_are_an_indexed_job_and_are_judged_one_by_one() {
    let place = Place::with(&[]);
    place.run(&format!("init --kubernetes --partitions 8 {IMAGE}")).ends(0);
    let rule = |action: &str, codes: Json| (action.to_owned(), codes);
    for (path, over, again) in [
        ("kubernetes/apply.yaml", json!([4, 6, 64]), json!([1, 3, 5, 7])),
        ("kubernetes/drift.yaml", json!([2, 4, 6, 64]), json!([1])),
    ] {
        let (job, rules) = job(&place, path);
        assert_eq!(rules, [rule("FailIndex", over), rule("FailJob", json!([70])), rule("Count", again)], "{path}");
        assert_eq!((&job["completionMode"], &job["completions"]), (&json!("Indexed"), &json!(8)));
        assert!(job["backoffLimitPerIndex"].as_u64().is_some() && job["activeDeadlineSeconds"].as_u64().is_some());
        assert_eq!((&job["backoffLimit"], &job["template"]["spec"]["restartPolicy"]), (&Json::Null, &json!("Never")));
        let container = &job["template"]["spec"]["containers"][0];
        assert!(container["command"].as_array().unwrap().contains(&json!("--partition=hash")));
        is_locked(&job, &json!([{ "name": "CI_NODE_TOTAL", "value": "8" }]));
    }
}

/// What an Indexed Job sets for its pods, so that none is left out and none is there twice.
#[test]
fn the_pods_of_an_indexed_job_have_all_agents_between_them() {
    let place = Place::with_manifests();
    let agents = |index: u32| {
        let environment = [("JOB_COMPLETION_INDEX", index.to_string()), ("CI_NODE_TOTAL", "8".to_owned())];
        let plan = place.run_with("plan --sandbox --partition=hash --format json", &environment).ends(0).json();
        plan["partition"]["agents"].as_u64().unwrap()
    };
    assert_eq!((0..8).map(agents).sum::<u64>(), 10);
}

#[test]
fn what_cannot_be_shared_out_is_refused() {
    let place = Place::with(&[]);
    place.run("init --partitions 8").ends(64).says("give `--ci github` or `--kubernetes`");
    place.run(&format!("init --kubernetes --partitions 0 {IMAGE}")).ends(64);
    place.run(&format!("init --ci github --partitions 257 {ACTION}")).ends(64).says("256 jobs at most");
    place.run(&format!("init --ci gitlab --partitions 8 {IMAGE}")).ends(64).says("written for one machine");
    place
        .run(&format!("init --ci gitea --kubernetes --partitions 8 {ACTION} {IMAGE}"))
        .ends(64)
        .says("for one machine");
    assert!(tree(&place.path(".")).is_empty());
}

#[test]
fn what_is_written_is_valid_is_applied_and_is_live_then() {
    let place = Place::with(&[]);
    place.run("init").ends(0);
    place.run("validate").ends(0).quietly();
    place.run("validate --target production").ends(0).quietly();
    place.run("plan --sandbox --exit-code").ends(2).quietly();
    place.run("apply --sandbox --yes").ends(0).quietly();
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.");
    place.run("drift --sandbox").ends(0);
}

#[test]
fn it_may_be_another_folder_and_git_keeps_nothing_of_what_runs_leave_behind() {
    let place = Place::with(&[]);
    place.run("init new/agents").ends(0).prints("cd new/agents");
    let folder = place.path("new/agents");
    git(&folder, &["init", "--quiet", "--initial-branch", "main"]);
    place.run_in("new/agents", "apply --sandbox --yes").ends(0);
    git(&folder, &["check-ignore", ".flowops/sandbox.json"]);
}

#[test]
fn nothing_that_is_there_is_written_over_and_nothing_is_written_beside_it() {
    let place = Place::with(&[("flowops.yaml", "mine"), (".github/workflows/plan.yml", "mine")]);
    let ran = place.run(&format!("init --ci github {ACTION}")).ends(1);
    ran.says("these are there already: `flowops.yaml`, `.github/workflows/plan.yml`; no file was written");
    assert_eq!(tree(&place.path(".")).len(), 2);
    // The same for what a pull would write.
    let place = Place::with(&[("manifests/agents/front-desk.yaml", "mine")]);
    place.run("init").ends(1).says("`manifests/agents/front-desk.yaml`");
    seeded(&place);
    place.run("init --from-live --sandbox=live.json").ends(1).says("`manifests/agents/front-desk.yaml`");
    assert!(!place.path("flowops.yaml").exists());
}

#[test]
#[cfg(unix)]
fn a_link_to_nothing_is_something_that_is_there() {
    let place = Place::with(&[]);
    std::os::unix::fs::symlink("/nowhere/at/all", place.path("flowops.yaml")).unwrap();
    place.run("init").ends(1).says("`flowops.yaml`");
}

#[test]
fn what_git_ignores_already_stays_and_one_entry_comes_to_it() {
    for (before, after) in [
        ("/target\n", "/target\n# What flowops keeps here: its journal, and its sandbox.\n.flowops/\n"),
        ("/target", "/target\n# What flowops keeps here: its journal, and its sandbox.\n.flowops/\n"),
        ("/.flowops/\n/target", "/.flowops/\n/target"),
    ] {
        let place = Place::with(&[(".gitignore", before), ("README.md", "mine")]);
        place.run("init").ends(0);
        assert_eq!(fs::read_to_string(place.path(".gitignore")).unwrap(), after);
        assert_eq!(fs::read_to_string(place.path("README.md")).unwrap(), "mine");
    }
}

#[test]
fn workflows_need_an_action_or_an_image_that_nobody_can_move() {
    let place = Place::with(&[]);
    for line in ["init --ci github", "init --ci gitea"] {
        place.run(line).ends(64).says("give `--action OWNER/NAME@COMMIT`");
    }
    for line in ["init --ci gitlab", "init --kubernetes"] {
        place.run(line).ends(64).says("give `--image NAME@sha256:DIGEST`");
    }
    for action in ["example/flowops@v1", "example/flowops", "flowops@0123456789abcdef0123456789abcdef01234567"] {
        place.run(&format!("init --ci github --action {action}")).ends(64);
    }
    for action in [
        "example/flowops/x@0123456789abcdef0123456789abcdef01234567",
        "example/flowops@0123456789ABCDEF0123456789abcdef01234567",
    ] {
        place.run(&format!("init --ci github --action {action}")).ends(64);
    }
    for image in [
        "flowops:latest",
        "flowops@sha256:abc",
        "-v@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ] {
        place.run(&format!("init --ci gitlab --image={image}")).ends(64);
    }
    assert!(tree(&place.path(".")).is_empty());
}

#[test]
fn the_flag_says_for_whom_it_writes_and_not_who_is_around() {
    let place = Place::with(&[]);
    let around = [("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")];
    place.run_with(&format!("init new --ci github {ACTION}"), &around).ends(0).quietly();
    assert!(!place.path("output").exists() && !place.path("summary").exists());
    place.run_in("new", "plan --sandbox --ci gitlab").ends(64).says("[possible values: none, github]");
}

#[test]
fn programs_are_told_which_files_are_new() {
    let place = Place::with(&[]);
    let json = place.run("init --format json").ends(0).quietly().json();
    assert_eq!(json["format"], "flowops.init/v1");
    let schema = place.run("schema init").json();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&json), "{json}");
    let files: Vec<_> = json["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(files, tree(&place.path(".")).into_keys().collect::<Vec<_>>());
    let json = place.run("init --format json").ends(1).json();
    assert!(json["error"].as_str().unwrap().contains("these are there already"));
}

/// A sandbox with an agent that has a skill, in `live.json`.
fn seeded(place: &Place) {
    place.write("desk.yaml", super::DESK);
    place.run("apply desk.yaml --sandbox=live.json --yes").ends(0);
    fs::remove_file(place.path("desk.yaml")).unwrap();
}

#[test]
fn what_is_live_is_declared_and_a_plan_has_nothing_to_do_then() {
    let place = Place::with(&[]);
    seeded(&place);
    let ran = place.run("init new --from-live --sandbox=live.json").ends(0).quietly();
    ran.prints("+ front-desk  manifests/agents/front-desk.yaml").prints("  manifests/agents/front-desk.yaml");
    let text = fs::read_to_string(place.path("new/manifests/agents/front-desk.yaml")).unwrap();
    assert!(text.starts_with("# yaml-language-server: $schema=../../schemas/agent.schema.json\n"), "{text}");
    assert!(text.contains("name: Look up order"), "{text}");
    fs::copy(place.path("live.json"), place.path("new/live.json")).unwrap();
    place.run_in("new", "validate").ends(0).quietly();
    place.run_in("new", "plan --sandbox=live.json --exit-code").ends(0).prints("No changes.");
    place.run_in("new", "pull --sandbox=live.json --check").ends(0).prints("No file changes.");
}

#[test]
fn what_is_live_cannot_be_declared_without_a_key() {
    let place = Place::with(&[]);
    place.run("init --from-live").ends(64).says("there is no API key");
    assert!(tree(&place.path(".")).is_empty());
}
