//! What the CI system around is told, read as its runner reads it.

use std::collections::BTreeMap;
use std::fs;

use super::{DESK, Place, Ran};

/// A folder with the files that a runner gives each step.
fn runner() -> Place {
    let place = Place::desk();
    place.write("summary", "# Before\n");
    place.write("outputs", "");
    place
}

fn run(place: &Place, line: &str) -> Ran {
    let file = |name: &str| place.path(name).into_os_string();
    place.run_with(line, &[("GITHUB_STEP_SUMMARY", file("summary")), ("GITHUB_OUTPUT", file("outputs"))])
}

/// The outputs as the runner takes them: `name<<delimiter`, lines, the delimiter.
fn outputs(place: &Place) -> BTreeMap<String, String> {
    let text = fs::read_to_string(place.path("outputs")).unwrap();
    let mut lines = text.lines();
    let mut all = BTreeMap::new();
    while let Some(head) = lines.next() {
        let (name, delimiter) = head.split_once("<<").unwrap();
        assert!(delimiter.len() > 32, "not to be guessed: {delimiter}");
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        assert!(all.insert(name.to_owned(), value.join("\n")).is_none(), "{name} twice");
    }
    all
}

#[test]
fn a_step_gets_its_outputs_and_its_summary() {
    let place = runner();
    run(&place, "plan --sandbox --ci github --exit-code").ends(2);
    let told = outputs(&place);
    assert_eq!(told["result"], "differences");
    assert_eq!(told["exit-code"], "2");
    assert_eq!((told["changes"].as_str(), told["creates"].as_str(), told["deletes"].as_str()), ("1", "1", "0"));
    let digest = place.run("plan --sandbox --format json").json()["digest"].as_str().unwrap().to_owned();
    assert_eq!(told["digest"], digest);
    let summary = fs::read_to_string(place.path("summary")).unwrap();
    assert!(summary.starts_with("# Before\n## flowops: plan for `default`"), "{summary}");
    assert!(summary.contains("**create** `desk` / `Look up order`"), "{summary}");
}

#[test]
fn annotations_stand_on_stderr_and_data_on_stdout() {
    let place = runner();
    place.write("manifests/desk.yaml", &DESK.replace("url:", "colour: red, url:"));
    let ran = run(&place, "validate --ci github --format json").ends(0);
    assert!(
        ran.stderr.lines().any(|line| line.starts_with("::warning file=manifests/desk.yaml,line=10")),
        "{}",
        ran.all()
    );
    assert_eq!(ran.json()["valid"], true);
    assert_eq!(outputs(&place)["result"], "ok");
}

#[test]
fn a_run_that_fails_is_told_as_well() {
    let place = runner();
    place.write("manifests/desk.yaml", &DESK.replace("spec:", "spek:"));
    let ran = run(&place, "plan --sandbox --ci github").ends(1);
    assert!(ran.stderr.lines().any(|line| line.starts_with("::error file=manifests/desk.yaml,")), "{}", ran.all());
    assert_eq!(outputs(&place)["result"], "failed");
    let summary = fs::read_to_string(place.path("summary")).unwrap();
    assert!(summary.contains("**The command failed.**"), "{summary}");
}

#[test]
fn an_apply_and_a_drift_tell_what_they_are() {
    let place = runner();
    run(&place, "apply --sandbox --yes --ci github").ends(0);
    let applied = outputs(&place);
    assert_eq!((applied["result"].as_str(), applied["changes"].as_str()), ("ok", "1"));
    place.write("outputs", "");
    run(&place, "drift --sandbox --ci github").ends(0);
    let told = outputs(&place);
    assert_eq!(told["drifted"], "false");
    assert!(told["fingerprint"].starts_with("sha256:"));
}

#[test]
fn what_a_step_is_told_is_how_it_really_ended() {
    let place = runner();
    run(&place, "plan --sandbox --ci github --write json=missing/plan.json").ends(1);
    assert_eq!(outputs(&place)["result"], "failed");
}

/// H07.
#[test]
fn what_cannot_be_told_is_a_warning_and_changes_nothing() {
    let place = runner();
    place.run("plan --sandbox --ci github").ends(0).says("warning: the step summary could not be written");
    place.run("plan --sandbox --ci github").ends(0).says("warning: the outputs could not be written");
    fs::remove_file(place.path("summary")).unwrap();
    fs::create_dir(place.path("summary")).unwrap();
    run(&place, "plan --sandbox --ci github --exit-code")
        .ends(2)
        .says("warning: the step summary could not be written");
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_a_file_is_not_written_through() {
    let place = runner();
    place.write("elsewhere", "untouched");
    fs::remove_file(place.path("outputs")).unwrap();
    std::os::unix::fs::symlink(place.path("elsewhere"), place.path("outputs")).unwrap();
    run(&place, "plan --sandbox --ci github").ends(0).says("links are not followed");
    assert_eq!(fs::read_to_string(place.path("elsewhere")).unwrap(), "untouched");
}

/// T49, T50: nothing that a manifest says becomes a command, an output or a variable.
#[test]
fn t50_a_name_becomes_no_output() {
    let place = runner();
    let odd = "x\\n::set-env name=PATH::/tmp\\nEOF\\nresult<<a\\nok\\na ##[add-path]/tmp";
    place.write("manifests/desk.yaml", &DESK.replace("Looks up an order.", &format!("\"{odd}\"")));
    let ran = run(&place, "plan --sandbox --ci github --exit-code").ends(2);
    assert_eq!(outputs(&place)["result"], "differences");
    let summary = fs::read_to_string(place.path("summary")).unwrap();
    for line in ran.stdout.lines().chain(ran.stderr.lines()).chain(summary.lines()) {
        assert!(!line.trim_start().starts_with("::set-env"), "{line}");
        assert!(!line.contains("##["), "{line}");
    }
}
