//! The scripts of the written workflows, run as a runner runs them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value as Json;

use super::super::since::git;
use super::{ACTION, Place};
use crate::workflows::{script, yaml};

/// A flowops that writes down how it was called and with which secrets, writes the files that it was asked for, and ends
/// as `ENDS` says.
const STAND_IN: &str = r#"#!/bin/bash
{ echo "flowops $*"; echo "  key=${FLOWYTE_API_KEY:-} token=${FLOWOPS_FORGE_TOKEN:-}"; } >> "$CALLS"
for word in "$@"; do
  case "$word" in
    --write=json=*) [ "${ENDS:-0}" = 64 ] || echo '{}' > "${word#--write=json=}" ;;
    --reviewed) [ -n "${REVIEWED:-}" ] || exit 1; echo "$REVIEWED" ;;
  esac
done
exit "${ENDS:-0}"
"#;

fn workflow(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path("checkout/.github/workflows").join(name)).unwrap()
}

/// A workflow that `init` wrote, on a runner.
struct Runner {
    place: Place,
    file: String,
    environment: Vec<(String, String)>,
}

impl Runner {
    fn new(workflow: &str) -> Self {
        let place = Place::with(&[("bin/flowops", STAND_IN)]);
        place.run(&format!("init checkout --ci github {ACTION}")).ends(0);
        fs::set_permissions(place.path("bin/flowops"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(place.path("temp")).unwrap();
        place.write("output", "");
        let file = self::workflow(&place, workflow);
        let text = |path: &str| place.path(path).to_str().unwrap().to_owned();
        let mut environment = vec![
            ("FLOWOPS".to_owned(), text("bin/flowops")),
            ("RUNNER_TEMP".to_owned(), text("temp")),
            ("GITHUB_OUTPUT".to_owned(), text("output")),
            ("CALLS".to_owned(), text("calls")),
        ];
        let fixed = [
            ("PATH", "/usr/bin:/bin"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "example/agents"),
            ("GITHUB_RUN_ID", "17"),
            ("GITHUB_SHA", "5ca1ab1e"),
        ];
        environment.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Self { place, file, environment }
    }

    /// Runs a step; its exit code and what it said.
    fn run(&self, step: &str, environment: &[(&str, &str)]) -> (i32, String) {
        let file = yaml(&self.file);
        let script = script(&file, step);
        // What the job sets for every step.
        let job = file["jobs"].as_object().unwrap().values().next().unwrap();
        let of_job = job["env"].as_object().unwrap().iter().map(|(name, value)| (name, value.as_str().unwrap()));
        let output = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script])
            .current_dir(self.place.path("checkout"))
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .envs(of_job)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    }

    /// What was called since the last look, with the folder of the runner as `TEMP`.
    fn calls(&self) -> String {
        let calls = self.place.path("calls");
        let text = fs::read_to_string(&calls).unwrap_or_default();
        drop(fs::remove_file(calls));
        text.replace(self.place.path("temp").to_str().unwrap(), "TEMP")
    }

    fn output(&self) -> String {
        fs::read_to_string(self.place.path("output")).unwrap_or_default()
    }

    fn temp(&self, name: &str) -> PathBuf {
        self.place.path("temp").join(name)
    }
}

#[test]
fn a_pull_request_is_planned_with_the_key_and_commented_with_the_token() {
    let runner = Runner::new("plan.yml");
    let (code, said) = runner.run("Plan", &[("BASE", "ba5e"), ("FLOWYTE_API_KEY", "the-key")]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        runner.calls(),
        "flowops plan --ci=github --target=production --since=ba5e --write=json=TEMP/flowops/plan.json \
         --write=markdown=TEMP/flowops/plan.md --write=html=TEMP/flowops/plan.html -- manifests\n  key=the-key token=\n"
    );
    let (code, said) = runner.run("Comment", &[("HEAD", "4ead"), ("FLOWOPS_FORGE_TOKEN", "the-token")]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        runner.calls(),
        "flowops comment TEMP/flowops/plan.json --commit=4ead \
         --details-url=https://github.com/example/agents/actions/runs/17\n  key= token=the-token\n"
    );
}

#[test]
fn a_forks_pull_request_is_checked_without_a_key_and_says_nothing() {
    let runner = Runner::new("plan.yml");
    let (code, said) = runner.run("Plan", &[("BASE", "ba5e"), ("FLOWYTE_API_KEY", "")]);
    assert_eq!(code, 0, "{said}");
    assert!(said.starts_with("::notice title=flowops::There is no key in this run"), "{said}");
    assert_eq!(runner.calls(), "flowops validate --ci=github --target=production -- manifests\n  key= token=\n");
    assert_eq!(runner.run("Comment", &[("HEAD", "4ead")]).0, 0);
    assert_eq!(runner.calls(), "");
    let (code, _) = runner.run("Plan", &[("BASE", "ba5e"), ("FLOWYTE_API_KEY", ""), ("ENDS", "1")]);
    assert_eq!(code, 1);
}

#[test]
fn a_plan_that_fails_is_red_and_commented_all_the_same() {
    let runner = Runner::new("plan.yml");
    assert_eq!(runner.run("Plan", &[("BASE", "ba5e"), ("FLOWYTE_API_KEY", "the-key"), ("ENDS", "6")]).0, 6);
    runner.calls();
    assert_eq!(runner.run("Comment", &[("HEAD", "4ead")]).0, 0);
    assert!(runner.calls().starts_with("flowops comment "));
}

#[test]
fn a_merge_applies_what_was_reviewed() {
    let runner = Runner::new("deploy.yml");
    let (code, said) =
        runner.run("Look up what was reviewed", &[("REVIEWED", "sha256:d1"), ("FLOWOPS_FORGE_TOKEN", "t")]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(runner.output(), "digest=sha256:d1\n");
    assert_eq!(runner.calls(), "flowops comment --reviewed --merged=5ca1ab1e --key=production\n  key= token=t\n");
    let apply = [("BEFORE", "be4e"), ("EXPECT", "sha256:d1"), ("FLOWYTE_API_KEY", "the-key")];
    assert_eq!(runner.run("Apply", &apply).0, 0);
    assert_eq!(
        runner.calls(),
        "flowops apply --yes --ci=github --receipt=TEMP/flowops/receipt.ndjson --write=json=TEMP/flowops/report.json \
         --target=production --since=be4e --expect=sha256:d1 --applied-ref=origin -- manifests\n  key=the-key token=\n"
    );
    assert_eq!(runner.run("Comment", &[("FLOWOPS_FORGE_TOKEN", "t")]).0, 0);
    assert!(runner.calls().starts_with("flowops comment TEMP/flowops/report.json --merged=5ca1ab1e --details-url="));
}

#[test]
fn what_nobody_reviewed_is_not_applied_unless_that_is_said() {
    let runner = Runner::new("deploy.yml");
    assert_eq!(runner.run("Look up what was reviewed", &[]).0, 1);
    assert_eq!(runner.output(), "");
    runner.calls();
    // Nor if that step was left out by mistake: an empty digest is wrong usage.
    runner.run("Apply", &[("BEFORE", "be4e"), ("EXPECT", ""), ("FLOWYTE_API_KEY", "k")]);
    assert!(runner.calls().contains(" --expect= "));
    let place = Place::desk();
    place.run("apply --sandbox --yes --expect=").ends(64);
    let without = [("BEFORE", "0000000000"), ("EXPECT", ""), ("REVIEW", "none"), ("APPLIED_REF", ""), ("TARGET", "")];
    assert_eq!(runner.run("Apply", &without).0, 0);
    let calls = runner.calls();
    assert!(!calls.contains("--expect") && !calls.contains("--since") && !calls.contains("--applied-ref"), "{calls}");
}

#[test]
fn an_apply_that_fails_is_red_and_says_so_in_the_comment() {
    let runner = Runner::new("deploy.yml");
    assert_eq!(runner.run("Apply", &[("BEFORE", "be4e"), ("EXPECT", "sha256:d1"), ("ENDS", "3")]).0, 3);
    runner.calls();
    assert_eq!(runner.run("Comment", &[]).0, 0);
    assert!(runner.calls().starts_with("flowops comment "));
    // One that did not even begin has nothing to say.
    let runner = Runner::new("deploy.yml");
    assert_eq!(runner.run("Apply", &[("BEFORE", "be4e"), ("EXPECT", "x"), ("ENDS", "64")]).0, 64);
    runner.calls();
    assert_eq!(runner.run("Comment", &[]).0, 0);
    assert_eq!(runner.calls(), "");
}

#[test]
fn git_gets_its_credentials_from_the_environment_of_the_one_step_and_for_that_server_alone() {
    let file = yaml(&Runner::new("deploy.yml").file);
    let step = crate::workflows::steps(&file).into_iter().find(|step| step["name"] == "Apply").unwrap();
    let asked = |host: &str| {
        let script = format!("printf 'protocol=https\\nhost={host}\\n\\n' | git credential fill");
        let key = step["env"]["GIT_CONFIG_KEY_0"].as_str().unwrap();
        let output = Command::new("bash")
            .args(["-c", &script])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_CONFIG_COUNT", step["env"]["GIT_CONFIG_COUNT"].to_string())
            .env("GIT_CONFIG_KEY_0", key.replace("${{ github.server_url }}", "https://github.com"))
            .env("GIT_CONFIG_VALUE_0", step["env"]["GIT_CONFIG_VALUE_0"].as_str().unwrap())
            .env("GIT_TOKEN", "the-token")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let answer = asked("github.com");
    assert!(answer.contains("username=x-access-token\n") && answer.contains("password=the-token\n"), "{answer}");
    assert!(!asked("example.com").contains("the-token"));
}

#[test]
fn drift_goes_to_the_issue_and_its_report_to_the_next_run() {
    let runner = Runner::new("drift.yml");
    for (ends, first) in [("0", true), ("2", false)] {
        assert_eq!(runner.run("Look for drift", &[("FLOWYTE_API_KEY", "k"), ("ENDS", ends)]).0, 0);
        let calls = runner.calls();
        assert!(
            calls.starts_with(
                "flowops drift --ci=github --since=HEAD --previous=TEMP/flowops-previous/drift.json \
                 --write=json=TEMP/flowops/drift.json --write=markdown=TEMP/flowops/drift.md \
                 --metrics=TEMP/flowops/drift.prom --target=production -- manifests\n  key=k token="
            ),
            "{calls}"
        );
        assert!(
            runner.output().ends_with("checked=true\n") && runner.temp("flowops-previous/drift.json").exists(),
            "{first}"
        );
        assert_eq!(runner.run("Keep the issue", &[("FLOWOPS_FORGE_TOKEN", "t")]).0, 0);
        assert!(runner.calls().starts_with("flowops issue TEMP/flowops/drift.json --details-url="));
    }
    assert_eq!(runner.run("Look for drift", &[("ENDS", "2"), ("FAIL_ON_DRIFT", "true")]).0, 2);
}

#[test]
fn a_run_that_could_not_check_is_red_and_never_looks_like_one_that_did() {
    for ends in ["1", "6", "64", "70", "130", "143"] {
        let runner = Runner::new("drift.yml");
        // The report of an earlier run, as the cache brings it.
        fs::create_dir(runner.temp("flowops-previous")).unwrap();
        fs::write(runner.temp("flowops-previous/drift.json"), "earlier").unwrap();
        let (code, said) = runner.run("Look for drift", &[("FLOWYTE_API_KEY", "k"), ("ENDS", ends)]);
        assert_eq!(code.to_string(), ends, "{said}");
        assert!(said.contains("::error title=flowops::It could not be checked"), "{said}");
        assert_eq!(runner.output(), "");
        assert_eq!(fs::read_to_string(runner.temp("flowops-previous/drift.json")).unwrap(), "earlier");
        runner.calls();
        // Without a record of this run the issue is left alone, whatever an earlier one said.
        assert_eq!(runner.run("Keep the issue", &[]).0, 0);
        assert_eq!(runner.calls().is_empty(), ends == "64", "{ends}");
    }
}

/// The real program, on a sandbox; the forge is one that cannot be reached.
const ON_A_SANDBOX: &str = r#"#!/bin/bash
case "$1" in
  comment | issue | validate) exec "$REAL" "$@" ;;
  *) command="$1"; shift; exec "$REAL" "$command" --sandbox "$@" ;;
esac
"#;

#[test]
fn a_change_is_planned_applied_as_reviewed_and_in_sync_at_night() {
    let plan = Runner::new("plan.yml");
    let place = &plan.place;
    place.write("bin/flowops", ON_A_SANDBOX);
    let checkout = place.path("checkout");
    let at = |line: &[&str]| git(&checkout, line);
    git(&place.path("."), &["init", "--quiet", "--bare", "origin.git"]);
    at(&["init", "--quiet", "--initial-branch", "main"]);
    at(&["remote", "add", "origin", "../origin.git"]);
    at(&["add", "--all"]);
    at(&["commit", "--quiet", "--message", "first"]);
    let real = [("REAL", env!("CARGO_BIN_EXE_flowops")), ("FLOWYTE_API_KEY", "k")];
    let with = |more: &[(&'static str, &str)]| -> Vec<(String, String)> {
        real.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let run = |runner: &Runner, step: &str, more: &[(&'static str, &str)]| {
        let environment = with(more);
        let environment: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        runner.run(step, &environment)
    };
    let (code, said) = run(&plan, "Plan", &[("BASE", "HEAD")]);
    assert_eq!(code, 0, "{said}");
    for form in ["json", "md", "html"] {
        assert!(plan.temp(&format!("flowops/plan.{form}")).exists(), "{form}");
    }
    // A forge that cannot be reached, or has no token for us, makes nothing red.
    let head = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e";
    let forge = [("HEAD", head), ("GITHUB_REF", "refs/pull/7/merge"), ("GITHUB_API_URL", "http://127.0.0.1:9")];
    let (code, said) = run(&plan, "Comment", &forge);
    assert!(code == 0 && said.contains("warning"), "{code}: {said}");
    let record: Json = serde_json::from_str(&fs::read_to_string(plan.temp("flowops/plan.json")).unwrap()).unwrap();
    let digest = record["digest"].as_str().unwrap().to_owned();
    assert!(plan.output().contains(&digest), "{}", plan.output());

    let deploy = Runner { file: workflow(place, "deploy.yml"), ..plan };
    // Another digest than the reviewed one is refused, and nothing is written.
    let other = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    assert_eq!(run(&deploy, "Apply", &[("BEFORE", "HEAD"), ("EXPECT", other)]).0, 4);
    drop(fs::remove_dir_all(deploy.temp("flowops")));
    let (code, said) = run(&deploy, "Apply", &[("BEFORE", "HEAD"), ("EXPECT", &digest)]);
    assert_eq!(code, 0, "{said}");
    assert!(deploy.temp("flowops/receipt.ndjson").exists() && deploy.temp("flowops/report.json").exists());
    let merged = [("GITHUB_SHA", head), ("GITHUB_API_URL", "http://127.0.0.1:9")];
    let (code, said) = run(&deploy, "Comment", &merged);
    assert!(code == 0 && said.contains("warning"), "{code}: {said}");
    assert_eq!(run(&deploy, "Look up what was reviewed", &merged).0, 1);
    git(&deploy.place.path("origin.git"), &["rev-parse", "--verify", "refs/flowops/applied/production"]);

    let drift = Runner { file: workflow(&deploy.place, "drift.yml"), ..deploy };
    let (code, said) = run(&drift, "Look for drift", &[]);
    assert_eq!(code, 0, "{said}");
    assert!(drift.output().contains("checked=true") && drift.temp("flowops/drift.prom").exists());
    let (code, said) = run(&drift, "Keep the issue", &merged);
    assert!(code == 0 && said.contains("warning"), "{code}: {said}");
    // A skill that goes behind git's back is drift; a server that cannot be reached is not.
    let state = drift.place.path("checkout/.flowops/sandbox.json");
    let text = fs::read_to_string(&state).unwrap();
    fs::write(&state, text.replace("Looks up an order by its number.", "Looks up something.")).unwrap();
    assert_eq!(run(&drift, "Look for drift", &[("FAIL_ON_DRIFT", "true")]).0, 2);
    fs::write(&state, "{").unwrap();
    let (code, said) = run(&drift, "Look for drift", &[]);
    assert!(code == 1 && said.contains("::error title=flowops::It could not be checked"), "{code}: {said}");
}
