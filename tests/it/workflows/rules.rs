use std::fs;
use std::path::PathBuf;

use serde_json::Value as Json;

use super::{below, script, steps, yaml};
use crate::support::repository;

/// What is wrong with a file that a CI system runs, as text.
fn objections(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text.lines().filter_map(loose).collect();
    let file = yaml(text);
    for step in steps(&file) {
        if step["run"].as_str().is_some_and(|script| script.contains("${{")) {
            found.push(format!("`{}` has an expression in its script", step["name"]));
        }
        let is_checkout = step["uses"].as_str().is_some_and(|uses| uses.contains("actions/checkout@"));
        if is_checkout && step["with"]["persist-credentials"] != Json::Bool(false) {
            found.push("a checkout keeps its credentials".to_owned());
        }
    }
    if let Some(jobs) = file["jobs"].as_object() {
        if !text.contains("\npermissions: {}\n") {
            found.push("`permissions: {}` does not stand on top".to_owned());
        }
        if file["concurrency"]["group"].as_str().is_none() {
            found.push("there is no concurrency group".to_owned());
        }
        let events = file["on"].as_object().into_iter().flatten().map(|(event, _)| event.as_str());
        let is_listed = file["on"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let single = file["on"].as_str();
        for event in events.chain(is_listed).chain(single) {
            if ["pull_request_target", "workflow_run", "issue_comment"].contains(&event) {
                found.push(format!("it runs on `{event}`"));
            }
        }
        for (name, job) in jobs {
            let granted = job["permissions"].as_object();
            if granted.is_none() {
                found.push(format!("the job `{name}` does not say what it may"));
            }
            for permission in granted.into_iter().flat_map(|granted| granted.keys()) {
                let has_reason = text
                    .lines()
                    .any(|line| line.trim_start().starts_with(&format!("{permission}: ")) && line.contains(" # "));
                if !has_reason {
                    found.push(format!("the job `{name}` does not say why it has `{permission}`"));
                }
            }
            if job["uses"].is_null() && job["timeout-minutes"].as_u64().is_none() {
                found.push(format!("the job `{name}` has no timeout"));
            }
        }
    }
    found
}

/// What is wrong with a line that uses an action or a workflow: it may only name a commit, and says of which version.
fn loose(line: &str) -> Option<String> {
    let words = line.trim_start().trim_start_matches("# ").trim_start().trim_start_matches("- ");
    let uses = words.strip_prefix("uses: ")?;
    let (what, comment) = uses.split_once(" # ").unwrap_or((uses, ""));
    // The repository's own at the same commit; or an example, in which somebody has to put a commit.
    if what.starts_with("$/") || (what.ends_with("@COMMIT") && comment == "vVERSION") {
        return None;
    }
    let is_hash = |hash: &str| hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_pinned = what.split_once('@').is_some_and(|(_, commit)| is_hash(commit));
    let is_version = comment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    (!is_pinned || !is_version).then(|| format!("`{}` is not pinned to a commit with its version", line.trim()))
}

#[test]
fn every_workflow_and_action_that_is_shipped_can_neither_be_swapped_nor_injected() {
    let files: Vec<_> = [".github", "tests/init"].iter().flat_map(|folder| below(folder)).collect();
    let run = |path: &PathBuf| path.ends_with("action.yml") || path.parent().unwrap().ends_with("workflows");
    let files: Vec<_> = files.into_iter().filter(run).collect();
    assert!(files.len() >= 12, "{files:?}");
    for path in files {
        let found = objections(&fs::read_to_string(&path).unwrap());
        assert!(found.is_empty(), "{}: {}", path.display(), found.join("\n"));
    }
}

#[test]
fn what_the_readme_shows_is_pinned_too() {
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    for line in readme.lines() {
        assert_eq!(loose(line), None);
    }
    for block in readme.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let file = yaml(&block.replace("\n---\n", "\n"));
        if file["jobs"].is_object() {
            assert_eq!(objections(block), Vec::<String>::new());
        }
    }
}

#[test]
fn a_workflow_that_could_be_swapped_or_injected_is_found() {
    let sound = "on: push\npermissions: {}\nconcurrency: { group: a }\njobs:\n  a:\n    timeout-minutes: 1\n    permissions: {}\n    steps:\n      - run: echo\n";
    assert_eq!(objections(sound), Vec::<String>::new());
    let bad = |from: &str, to: &str| objections(&sound.replace(from, to)).join("; ");
    assert!(bad("run: echo", "run: echo ${{ github.ref }}").contains("an expression"));
    assert!(bad("run: echo", "uses: actions/cache@v5").contains("not pinned"));
    assert!(bad("run: echo", "uses: actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae").contains("not pinned"));
    assert!(bad("run: echo", "uses: ./here").contains("not pinned"));
    assert!(bad("\npermissions: {}", "").contains("on top"));
    assert!(bad("on: push", "on: pull_request_target").contains("runs on"));
    assert!(bad("on: push", "on: [push, workflow_run]").contains("runs on"));
    assert!(bad("    permissions: {}", "    permissions:\n      contents: read").contains("does not say why"));
    assert!(bad("    timeout-minutes: 1\n", "").contains("no timeout"));
    let checkout = "uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";
    assert!(bad("run: echo", checkout).contains("keeps its credentials"));
}

#[test]
fn the_reusable_workflows_run_what_the_written_ones_run() {
    for name in ["plan", "deploy", "drift"] {
        let read = |path: &str| yaml(&fs::read_to_string(repository(path)).unwrap());
        let ours = read(&format!(".github/workflows/{name}.yml"));
        let written = read(&format!("src/cli/init/github/{name}.yml"));
        let named = |file: &Json| -> Vec<String> {
            let scripts = steps(file).into_iter().filter(|step| step["run"].is_string());
            scripts.map(|step| step["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(named(&ours), named(&written));
        for step in named(&ours) {
            assert_eq!(script(&ours, &step), script(&written, &step), "{name}: {step}");
        }
    }
}
