//! `compare`: whether one target is what another one is.

use serde_json::Value as Json;

use super::origin::{SET, targets};

#[test]
fn what_it_shows_is_as_committed() {
    let place = targets();
    place.run("compare staging production").ends(0).quietly().is_golden("compare/text.txt", &[]);
    place.run("compare staging twin --exit-code").ends(0).quietly().is_golden("compare/equal.txt", &[]);
    let selected = place.run("compare production staging --agent dispatch --exit-code").ends(2).quietly();
    selected.is_golden("compare/selected.txt", &[]);
    let markdown = place.run("compare staging production --format markdown").ends(0).quietly();
    markdown.is_golden("compare/markdown.md", &[]);
    let json = place.run("compare staging production --format json").ends(0).quietly();
    json.is_golden("compare/json.txt", &[]);
}

#[test]
fn agents_of_a_set_differ_for_the_causes_of_any_other() {
    let place = targets();
    let project = std::fs::read_to_string(place.path("flowops.yaml")).unwrap();
    let (before, after) = project.split_once("      agents:\n").unwrap();
    let found_by = "      agents:\n        branch-lake: agt_lake\n";
    place.write("flowops.yaml", &format!("{before}{found_by}{after}"));
    place.write("manifests/set.yaml", SET);
    let ran = place.run_words(&["compare", "staging", "production", "--selector", "client=example"]);
    ran.ends(0).quietly().is_golden("compare/agents-of-a-set.txt", &[]);
}

#[test]
fn its_record_is_as_its_schema_says_and_no_form_shows_what_is_hidden() {
    let place = targets();
    let schemas = flowops::cli::schemas::all();
    let (_, schema) = schemas.iter().find(|(name, _)| *name == "compare").unwrap();
    let schema: Json = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for other in ["production", "twin"] {
        let ran = place.run(&format!("compare staging {other} --format json")).ends(0).quietly();
        let errors: Vec<String> = validator.iter_errors(&ran.json()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    for form in ["text", "json", "markdown", "html", "junit", "sarif", "github"] {
        let ran = place.run(&format!("compare staging production --format {form}")).ends(0).quietly();
        assert!(!ran.stdout.contains("0f8fad5b") && !ran.stdout.contains("7c9e6679"), "{}", ran.all());
    }
}

#[test]
fn a_target_that_is_not_there_and_an_agent_that_is_not_are_wrong_usage() {
    let place = targets();
    place.run("compare staging prodution").ends(64).says("did you mean `production`?");
    place.run("compare stagin production").ends(64).says("did you mean `staging`?");
    place.run("compare staging production --agent dispath").ends(64).says("did you mean `dispatch`?");
    place.run("compare staging production --selector team=nobody").ends(64).says("no agent is selected");
    place.run("compare staging").ends(64);
}

#[test]
fn manifests_that_are_not_valid_for_a_target_are_shown_with_its_name() {
    let place = targets();
    let project = std::fs::read_to_string(place.path("flowops.yaml")).unwrap();
    let lacking = project.replace("  variables:\n    api: https://api.staging.example.com\n", "  variables:\n");
    place.write("flowops.yaml", &lacking);
    let of_one = place.run("compare staging production").ends(1).says("error[M022]");
    of_one.says("not valid for target `staging`, so there is nothing to compare");
    place.run("compare production staging").ends(1).says("not valid for target `staging`");
    place.write("flowops.yaml", &lacking.replace("        api: https://api.example.com\n", ""));
    place.run("compare staging production").ends(1).says("not valid for target `staging` and `production`");
    let json = place.run("compare staging production --format json").ends(1).json();
    assert_eq!(json["format"], "flowops.error/v1");
}
