//! `explain origin`: like a blame for what manifests come to.

use serde_json::Value as Json;

use super::Place;
use crate::support::{copy, repository};

/// Two agents, a SkillSet, a pack, variables and a file beside the manifests; three targets.
pub(super) fn targets() -> Place {
    let place = Place::with(&[]);
    copy(&repository("tests/targets"), &place.path(""));
    place
}

fn origin(place: &Place, address: &str, target: &str) -> super::Ran {
    place.run_words(&["explain", "origin", address, "--target", target])
}

#[test]
fn what_it_shows_of_an_agent_a_skill_and_a_value_is_as_committed() {
    let place = targets();
    for (address, target, name) in [
        ("front-desk", "production", "agent"),
        ("dispatch", "production", "agent-by-name"),
        ("front-desk/Take a message", "staging", "skill"),
        ("front-desk/Look up contact", "staging", "preset"),
        ("front-desk/Create contact", "staging", "preset-unmanaged"),
        ("front-desk/Check warranty status/executionConfig/url", "production", "value"),
        ("front-desk/Check warranty status/executionConfig.headers", "production", "hidden"),
        ("front-desk/Check warranty status/description", "production", "side-file"),
        ("front-desk/Take a message/stakes", "staging", "override"),
        ("front-desk/Look up contact/isEnabled", "staging", "override-of-a-preset"),
    ] {
        let ran = origin(&place, address, target).ends(0).quietly();
        ran.is_golden(&format!("origin/{name}.txt"), &[]);
    }
}

#[test]
fn what_it_shows_of_an_agent_of_a_set_is_as_committed() {
    let place = Place::with(&[]);
    copy(&repository("manifests"), &place.path("manifests"));
    for (address, name) in [
        ("tire-northgate", "agent-of-a-set"),
        ("tire-northgate/Check roadside area", "skill-of-a-set"),
        ("tire-riverside/Check roadside area/executionConfig/radius_miles", "default-of-a-column"),
        ("tire-northgate/Book a bay/executionConfig/url", "cell"),
        ("tire-northgate/Look up stored wheels/stakes", "exception"),
    ] {
        origin(&place, address, "staging").ends(0).quietly().is_golden(&format!("origin/{name}.txt"), &[]);
    }
    let words = ["explain", "origin", "tire-riverside/Check roadside area", "--target", "staging", "--format"];
    let form = |form: &'static str| place.run_words(&[&words[..], &[form]].concat()).ends(0).quietly();
    form("markdown").is_golden("origin/skill-of-a-set.md", &[]);
    form("json").is_golden("origin/skill-of-a-set.json", &[]);
    assert!(form("html").stdout.contains("${row.van_miles} = &quot;25&quot;, default of the column"));
}

#[test]
fn a_cell_in_the_manifest_says_its_place_and_the_variables_in_it() {
    let place = targets();
    place.write("manifests/set.yaml", SET);
    for (address, name) in [
        ("branch-hill", "agent-of-inline-rows"),
        ("branch-hill/Greet/executionConfig/message", "cell-with-a-variable"),
        ("branch-lake/Greet/executionConfig/message", "default-with-a-variable"),
        ("branch-lake/Greet/stakes", "exception-over-a-template"),
    ] {
        origin(&place, address, "production").ends(0).quietly().is_golden(&format!("origin/{name}.txt"), &[]);
    }
}

/// Two branches of which one has what the columns say by default, and something of its own.
pub(super) const SET: &str = r#"apiVersion: flowops/v1
kind: AgentSet
metadata: { name: branches, labels: { client: example } }
spec:
  columns:
    branch: { type: slug }
    greeting: { default: "Write to ${var.api}" }
  rows:
    - { branch: hill, greeting: "The hill branch, ${var.api}" }
    - { branch: lake }
  template:
    metadata: { name: "branch-${row.branch}" }
    spec:
      match:
        byTarget:
          production: { name: "Branch ${row.branch}" }
          staging: { name: "Branch ${row.branch} (test)" }
          twin: { name: "Branch ${row.branch} (twin)" }
      skills:
        - name: Greet
          skillType: custom
          description: Greets.
          executionConfig: { message: "Hello. ${row.greeting}, via ${var.api}" }
          stakes: low
  exceptions:
    - agent: branch-lake
      spec:
        overrides:
          - { name: Greet, stakes: high }
"#;

#[test]
fn its_help_is_as_committed() {
    Place::with(&[]).run("explain origin --help").ends(0).quietly().is_golden("help/explain-origin.txt", &[]);
}

#[test]
fn what_there_is_not_is_wrong_usage_with_a_way_out() {
    let place = targets();
    let refused = |address: &str, help: &str| {
        let ran = origin(&place, address, "staging").ends(64).says(help);
        assert_eq!(ran.stdout, "");
    };
    refused("front-dsk", "did you mean `front-desk`?");
    refused("front-desk/Take a mesage", "did you mean `Take a message`?");
    refused("front-desk/Nothing of the kind", "`flowops explain origin front-desk` lists its skills");
    refused("front-desk/Take a message/stake", "did you mean `stakes`?");
    refused("front-desk/Take a message/isWrite", "no manifest states `isWrite`");
    refused("front-desk/Check warranty status/executionConfig/methd", "did you mean `method`?");
    place.run("explain origin front-desk --target prodution").ends(64).says("there is no target `prodution`");
    place.run("explain origin").ends(64);
}

#[test]
fn manifests_that_are_not_valid_are_shown_instead() {
    let place = targets();
    place.write(
        "manifests/agents/dispatch.yaml",
        "apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: dispatch }\nspec: { use: [nothing] }\n",
    );
    place.run("explain origin front-desk").ends(1).says("error[M021]").says("are not valid");
}

#[test]
fn its_record_is_as_its_schema_says_and_no_form_shows_what_is_hidden() {
    let place = targets();
    let schemas = flowops::cli::schemas::all();
    let (_, schema) = schemas.iter().find(|(name, _)| *name == "origin").unwrap();
    let schema: Json = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for address in ["front-desk", "front-desk/Check warranty status", "front-desk/Look up contact"] {
        let ran = place.run_words(&["explain", "origin", address, "--format", "json"]).ends(0).quietly();
        let errors: Vec<String> = validator.iter_errors(&ran.json()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    for form in ["text", "json", "markdown", "html", "junit", "sarif", "github"] {
        let address = "front-desk/Check warranty status";
        let ran = place.run_words(&["explain", "origin", address, "--format", form]).ends(0).quietly();
        assert!(!ran.stdout.contains("0f8fad5b"), "{}", ran.all());
    }
    let markdown = place.run_words(&["explain", "origin", "front-desk/Take a message", "--format", "markdown"]).ends(0);
    markdown.is_golden("origin/skill.md", &[]);
}
