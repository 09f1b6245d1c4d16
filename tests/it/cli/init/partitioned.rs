//! The workflows that share the agents out, run as a runner runs them, with the real program and its sandbox.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value as Json;

use super::{ACTION, Place};
use crate::workflows::{script, yaml};

/// A flowops that works on a sandbox, and only says what it would tell the forge.
const LOCAL: &str = r#"#!/bin/bash
verb="$1"; shift
case "$verb" in
  plan | apply | drift) exec "$REAL" "$verb" "--sandbox=$LIVE" "$@" ;;
  comment)
    case "$*" in *--reviewed*) echo "$REVIEWED"; exit 0 ;; esac
    echo "comment $*" ;;
  issue) echo "issue $*" ;;
  *) exec "$REAL" "$verb" "$@" ;;
esac
"#;

/// A checkout with three agents and the workflows, and a runner's folders.
struct Runner {
    place: Place,
}

impl Runner {
    fn new() -> Self {
        let place = Place::with(&[("bin/flowops", LOCAL), ("output", "")]);
        place.run(&format!("init checkout --ci github --partitions 3 {ACTION}")).ends(0);
        fs::set_permissions(place.path("bin/flowops"), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["dispatch", "till", "night-desk", "branch-1"] {
            let text = super::super::DESK.replace("name: desk", &format!("name: {name}")).replace("Front Desk", name);
            place.write(&format!("checkout/manifests/agents/{name}.yaml"), &text);
        }
        super::super::since::git(&place.path("checkout"), &["init", "--quiet", "--initial-branch", "main"]);
        super::super::since::git(&place.path("checkout"), &["add", "--all"]);
        super::super::since::git(&place.path("checkout"), &["commit", "--quiet", "--message", "first"]);
        Self { place }
    }

    /// Runs a step of a job on a machine of its own, with what other jobs left in `shares` there; gives its code and words.
    fn run(&self, workflow: &str, job: &str, step: &str, environment: &[(&str, &str)]) -> (i32, String) {
        let file = yaml(&fs::read_to_string(self.place.path("checkout/.github/workflows").join(workflow)).unwrap());
        let words = |of: &Json| -> BTreeMap<String, String> {
            let all = of.as_object().into_iter().flatten();
            all.map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
                .collect()
        };
        let of_job = serde_json::json!({ "jobs": { job: file["jobs"][job] } });
        let temp = self.place.path("temp");
        fs::create_dir_all(temp.join("shares")).unwrap();
        let text = |path: &str| self.place.path(path).to_str().unwrap().to_owned();
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script(&of_job, step)])
            .current_dir(self.place.path("checkout"))
            .env_clear()
            .envs(words(&file["env"]))
            .envs(words(&file["jobs"][job]["env"]))
            .envs([("FLOWOPS", text("bin/flowops")), ("LIVE", text("live.json")), ("RUNNER_TEMP", text("temp"))])
            .envs([("GITHUB_OUTPUT", text("output")), ("REAL", env!("CARGO_BIN_EXE_flowops").to_owned())])
            .envs([("PATH", "/usr/bin:/bin"), ("GITHUB_SERVER_URL", "https://github.com"), ("GITHUB_RUN_ID", "17")])
            .envs([("GITHUB_REPOSITORY", "example/agents"), ("GITHUB_SHA", "5ca1ab1e")])
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    }

    /// Runs a step once for each share, each of which leaves its files where the next job finds them.
    fn shares(&self, workflow: &str, job: &str, step: &str, environment: &[(&str, &str)]) {
        for share in ["1", "2", "3"] {
            let environment = [environment, &[("SHARE", share)]].concat();
            let (code, said) = self.run(workflow, job, step, &environment);
            assert_eq!(code, 0, "{said}");
        }
        for entry in fs::read_dir(self.place.path("temp/flowops")).unwrap() {
            let path = entry.unwrap().path();
            fs::rename(&path, self.place.path("temp/shares").join(path.file_name().unwrap())).unwrap();
        }
    }

    fn json(&self, path: &str) -> Json {
        serde_json::from_str(&fs::read_to_string(self.place.path(path)).unwrap()).unwrap()
    }

    /// What the last step told later ones.
    fn output(&self, name: &str) -> String {
        let text = fs::read_to_string(self.place.path("output")).unwrap();
        let after = text.rsplit(&format!("{name}<<")).next().unwrap();
        after.lines().nth(1).unwrap().to_owned()
    }
}

#[test]
fn shares_are_planned_joined_reviewed_applied_and_looked_at_again() {
    let runner = Runner::new();
    let key = ("FLOWYTE_API_KEY", "the-key");
    runner.shares("plan.yml", "share", "Plan a share", &[("BASE", "HEAD"), key]);
    let (code, said) = runner.run("plan.yml", "plan", "Join the shares", &[]);
    assert_eq!(code, 0, "{said}");
    let plan = runner.json("temp/flowops/plan.json");
    assert_eq!((plan["partition"].is_null(), plan["summary"]["create"].as_u64()), (true, Some(5)));
    let (code, said) = runner.run("plan.yml", "plan", "Comment", &[("HEAD", "4ead")]);
    assert!(code == 0 && said.starts_with("comment ") && said.contains("--commit=4ead"), "{said}");
    let reviewed = plan["digest"].as_str().unwrap();

    let before = ("BEFORE", "0000");
    runner.shares("deploy.yml", "plan", "Plan a share", &[before, key]);
    let (code, said) = runner.run("deploy.yml", "review", "Join the shares", &[]);
    assert_eq!(code, 0, "{said}");
    let compare = |planned: &str, left: &str| {
        let environment = [("PLANNED", planned), ("LEFT", left), ("REVIEWED", reviewed)];
        runner.run("deploy.yml", "review", "Compare with what was reviewed", &environment).0
    };
    let (digest, changes, held) = (runner.output("digest"), runner.output("changes"), runner.output("held"));
    assert_eq!(compare(&digest, &format!("{changes} to do, {held} held")), 0);
    assert_eq!(compare("sha256:0", &format!("{changes} to do, {held} held")), 4);
    assert_eq!(compare("sha256:0", "0 to do, 0 held"), 0);
    runner.shares("deploy.yml", "apply", "Apply a share", &[before, key]);
    let (code, said) = runner.run("deploy.yml", "report", "Join the reports", &[]);
    assert_eq!(code, 0, "{said}");
    let report = runner.json("temp/flowops/report.json");
    assert_eq!((&report["result"], report["steps"].as_array().unwrap().len()), (&Json::from("applied"), 5));
    let (code, said) = runner.run("deploy.yml", "report", "Comment", &[]);
    assert!(code == 0 && said.contains("--merged=5ca1ab1e"), "{said}");

    fs::remove_dir_all(runner.place.path("temp")).unwrap();
    runner.shares("drift.yml", "share", "Look for drift in a share", &[key]);
    let (code, said) = runner.run("drift.yml", "drift", "Join the shares", &[]);
    assert_eq!(code, 0, "{said}");
    assert!(runner.place.path("temp/flowops-previous/drift.json").exists());
    assert!(
        fs::read_to_string(runner.place.path("temp/flowops/drift.prom"))
            .unwrap()
            .contains("flowops_up{target=\"production\"} 1")
    );
    let (code, said) = runner.run("drift.yml", "drift", "Keep the issue", &[]);
    assert!(code == 0 && said.starts_with("issue "), "{said}");
}

#[test]
fn a_share_that_is_not_there_is_red_and_no_sync() {
    let runner = Runner::new();
    let key = ("FLOWYTE_API_KEY", "the-key");
    runner.shares("drift.yml", "share", "Look for drift in a share", &[key, ("TARGET", "staging")]);
    fs::remove_file(runner.place.path("temp/shares/drift-2.json")).unwrap();
    let (code, said) = runner.run("drift.yml", "drift", "Join the shares", &[]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("share 2 of 3 is missing") && said.contains("It could not be checked"), "{said}");
    assert!(!runner.place.path("temp/flowops-previous/drift.json").exists());
}

#[test]
fn a_fork_is_checked_once_and_joins_nothing() {
    let runner = Runner::new();
    let environment = |share| [("FLOWYTE_API_KEY", ""), ("SHARE", share), ("BASE", "HEAD")];
    let (code, said) = runner.run("plan.yml", "share", "Plan a share", &environment("1"));
    assert!(code == 0 && said.starts_with("::notice title=flowops::There is no key"), "{said}");
    assert_eq!(runner.run("plan.yml", "share", "Plan a share", &environment("2")), (0, String::new()));
    assert_eq!(runner.run("plan.yml", "plan", "Join the shares", &[]), (0, String::new()));
    assert_eq!(runner.run("plan.yml", "plan", "Comment", &[("HEAD", "4ead")]), (0, String::new()));
}
