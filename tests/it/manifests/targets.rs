//! Targets: the ids that they give to agents.

use flowops::diag::{Code, Sources};
use flowops::manifest::{NoSideFiles, Reading, read};
use flowops::model::{Agent, Lookup};

const PROJECT: &str = "
apiVersion: flowops/v1
kind: Project
metadata: { name: larkfield }
spec:
  targets:
    staging: {}
    production:
      agents: { front-desk: agt_9 }
";

fn agent(spec: &str) -> String {
    format!("apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: front-desk }}\nspec: {spec}\n")
}

fn sources(spec: &str) -> Sources {
    let mut sources = Sources::default();
    sources.insert("flowops.yaml", PROJECT);
    sources.insert("agent.yaml", agent(spec));
    sources
}

fn reading(spec: &str, target: &str) -> Reading {
    read(&sources(spec), &NoSideFiles, Some(target)).unwrap()
}

fn found(spec: &str, target: &str) -> Agent {
    let reading = reading(spec, target);
    assert_eq!(reading.findings, []);
    reading.desired.unwrap().agents.remove(0)
}

fn by_name(agent: &Agent) -> Option<&str> {
    match &agent.lookup {
        Lookup::Name(name) => Some(name),
        Lookup::Id(_) => None,
    }
}

fn by_id(agent: &Agent) -> Option<&str> {
    match &agent.lookup {
        Lookup::Id(id) => Some(id.as_str()),
        Lookup::Name(_) => None,
    }
}

#[test]
fn the_id_that_a_target_gives_wins_over_a_name_and_over_nothing_and_counts_in_that_target_alone() {
    for (spec, name) in [("{}", "front-desk"), ("{ match: { name: Front Desk } }", "Front Desk")] {
        let there = found(spec, "production");
        assert_eq!(by_id(&there), Some("agt_9"));
        assert_eq!(there.lookup_place.to_string(), "flowops.yaml:9:29");
        let elsewhere = found(spec, "staging");
        assert_eq!(by_name(&elsewhere), Some(name));
        assert_eq!(&*elsewhere.lookup_place.file, "agent.yaml");
    }
}

#[test]
fn the_same_id_in_both_places_is_no_contradiction_and_another_one_is() {
    for spec in
        ["{ match: { id: agt_9 } }", "{ match: { byTarget: { production: { id: agt_9 }, staging: { name: A } } } }"]
    {
        assert_eq!(by_id(&found(spec, "production")), Some("agt_9"));
    }
    for spec in ["{ match: { id: agt_1 } }", "{ match: { byTarget: { production: { id: agt_1 } } } }"] {
        let reading = reading(spec, "production");
        let codes: Vec<Code> = reading.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::DeclaredTwice], "{spec}");
        assert!(reading.findings[0].help.as_ref().unwrap().contains("agent.yaml:4:"));
    }
}

#[test]
fn a_target_that_gives_the_id_needs_no_entry_in_by_target() {
    let spec = "{ match: { byTarget: { staging: { name: Front Desk } } } }";
    assert_eq!(by_id(&found(spec, "production")), Some("agt_9"));
    assert_eq!(by_name(&found(spec, "staging")), Some("Front Desk"));
    let lacking = reading("{ match: { byTarget: { production: { id: agt_9 } } } }", "staging");
    assert_eq!(lacking.findings[0].code, Code::NoMatchForTarget);
}

/// Somebody who asks for one file does not say that there are no others.
#[test]
fn an_address_that_may_stand_in_a_file_that_was_not_asked_for_is_no_finding() {
    let mut sources = Sources::default();
    sources.insert("flowops.yaml", PROJECT);
    sources.insert("agent.yaml", agent("{}").replace("front-desk", "dispatch"));
    let codes = |sources: &Sources| -> Vec<Code> {
        let reading = read(sources, &NoSideFiles, Some("staging")).unwrap();
        reading.findings.iter().map(|finding| finding.code).collect()
    };
    assert_eq!(codes(&sources), [Code::UnknownReference]);
    sources.narrow();
    assert_eq!(codes(&sources), []);
}

/// One that cannot be understood is still there.
#[test]
fn an_address_is_not_called_unknown_where_a_manifest_cannot_be_understood() {
    let reading = reading("{ publish: sometimes, skills: 7 }", "production");
    assert!(reading.findings.iter().all(|finding| finding.code != Code::UnknownReference), "{:?}", reading.findings);
}
