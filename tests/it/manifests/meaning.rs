//! What documents mean together: shared skills, overrides, presets, targets, one broken file among others.

use std::sync::Arc;

use flowops::diag::{Code, Sources};
use flowops::manifest::{NoSideFiles, Reading, TargetError, read};
use flowops::model::{Agent, Desired, Field, Lookup, Value};
use flowops::render::{Style, findings};
use serde_json::{Value as Json, json};

fn sources(files: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.insert(*path, *text);
    }
    sources
}

fn reading(files: &[(&str, &str)], target: Option<&str>) -> Result<Reading, TargetError> {
    read(&sources(files), &NoSideFiles, target)
}

fn desired(files: &[(&str, &str)], target: Option<&str>) -> Desired {
    let reading = reading(files, target).unwrap();
    let shown = findings(&reading.findings, &sources(files), Style::Plain);
    assert_eq!(shown, "");
    reading.desired.unwrap()
}

fn field(desired: &Desired, field: Field) -> Json {
    let skill = desired.agents.first().unwrap().skills.first().unwrap();
    skill.fields.get(&field).map_or(Json::Null, Value::to_shown_json)
}

const SHARED: &str = "
apiVersion: flowops/v1
kind: SkillSet
metadata: { name: shared }
spec:
  skills:
    - name: Look up
      description: Looks up.
      skillType: http_webhook
      channels: [voice, chat]
      executionConfig:
        url: https://api.example.com
        method: POST
        timeout_ms: 4000
        headers: { Accept: text/plain, X-Api-Key: { fromEnv: FLOWOPS_SECRET_ONE } }
      errorHandling: { retry: { times: 3, wait: { first: 1, most: 9 } }, message: Sorry. }
      parametersSchema: { type: object, properties: { a: { type: string } }, required: [a] }
";

#[test]
fn overrides_join_settings_at_every_depth_and_replace_everything_else_whole() {
    let agent = "
apiVersion: flowops/v1
kind: Agent
metadata: { name: front-desk }
spec:
  use: [shared]
  overrides:
    - name: Look up
      channels: [chat]
      executionConfig: { timeout_ms: 900, headers: { X-Api-Key: { fromEnv: FLOWOPS_SECRET_TWO } } }
      errorHandling: { retry: { wait: { most: 5 } } }
      parametersSchema: { type: object, properties: {} }
";
    let desired = desired(&[("agent.yaml", agent), ("shared.yaml", SHARED)], None);
    assert_eq!(field(&desired, Field::Description), json!("Looks up."));
    assert_eq!(field(&desired, Field::Channels), json!(["chat"]));
    assert_eq!(
        field(&desired, Field::ExecutionConfig),
        json!({
            "url": "https://api.example.com",
            "method": "POST",
            "timeout_ms": 900,
            "headers": { "X-Api-Key": { "fromEnv": "FLOWOPS_SECRET_TWO" } },
        }),
    );
    let handling = json!({ "retry": { "times": 3, "wait": { "first": 1, "most": 5 } }, "message": "Sorry." });
    assert_eq!(field(&desired, Field::ErrorHandling), handling);
    assert_eq!(field(&desired, Field::ParametersSchema), json!({ "type": "object", "properties": {} }));
}

#[test]
fn a_roster_is_overridden_whole() {
    let skill = "{ name: Nearest, description: Finds., skillType: geo, executionConfig: { action: find_nearest_location, roster: [{ label: A, address: B, phone: 503 555 0131 }] } }";
    let set = format!(
        "apiVersion: flowops/v1\nkind: SkillSet\nmetadata: {{ name: shared }}\nspec: {{ skills: [{skill}] }}\n"
    );
    let agent = "apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: a }\nspec: { use: [shared], overrides: [{ name: Nearest, executionConfig: { roster: [{ label: C, address: D, phone: 503 555 0132 }] } }] }\n";
    let desired = desired(&[("agent.yaml", agent), ("shared.yaml", &set)], None);
    let roster = json!([{ "label": "C", "address": "D", "phone": "503 555 0132" }]);
    assert_eq!(field(&desired, Field::ExecutionConfig), json!({ "action": "find_nearest_location", "roster": roster }));
}

#[test]
fn an_override_of_a_recorded_preset_manages_only_its_fields() {
    let pack = "apiVersion: flowops/v1\nkind: ConnectorPack\nmetadata: { name: hubspot }\nspec: { kind: hubspot, skills: [{ name: Look up contact, skillType: crm }] }\n";
    let agent = "apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: a }\nspec: { packs: [{ kind: hubspot }], overrides: [{ name: Look up contact, stakes: high }] }\n";
    let desired = desired(&[("agent.yaml", agent), ("pack.yaml", pack)], None);
    let preset = desired.agents.first().unwrap().presets.first().unwrap().clone();
    assert_eq!(preset.name.as_str(), "Look up contact");
    assert_eq!(preset.fields.into_iter().collect::<Vec<_>>(), [(Field::Stakes, Value::text("high"))]);
}

const PROJECT: &str = "
apiVersion: flowops/v1
kind: Project
metadata: { name: p }
spec:
  variables: { host: common }
  targets: { staging: {}, production: { variables: { host: real } } }
";
const AGENT: &str = "
apiVersion: flowops/v1
kind: Agent
metadata: { name: a }
spec:
  match: { byTarget: { staging: { name: 'On ${var.host}' }, production: { id: agt_9 } } }
  skills: [{ name: A, description: 'On ${var.host}', skillType: sms }]
";

#[test]
fn a_target_has_its_own_variables_over_the_common_ones() {
    let files = [("flowops.yaml", PROJECT), ("agent.yaml", AGENT)];
    let staging = desired(&files, Some("staging"));
    assert_eq!(staging.agents.first().unwrap().lookup, Lookup::Name("On common".to_owned()));
    assert_eq!(field(&desired(&files, Some("production")), Field::Description), json!("On real"));
    assert!(matches!(reading(&files, None), Err(TargetError::Choose(_))));
    assert!(
        matches!(reading(&files, Some("productoin")), Err(TargetError::Unknown { name: _, hint: _, near: Some(near) }) if near == "production")
    );
}

#[test]
fn a_broken_project_is_one_finding_and_no_other_document_pays_for_it() {
    for project in [
        "kind: Project\nspec: [",
        "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\n",
        "a: b: c",
        "kind: Porject",
        "[a]",
    ] {
        let agent = AGENT.replace("skillType: sms", "skillType: sms, executionConfig: { a: { fromEnv: OWN_A } }");
        let files = [("flowops.yaml", project), ("agent.yaml", agent.as_str())];
        for target in [None, Some("production")] {
            let reading = reading(&files, target).unwrap();
            assert_eq!(reading.findings.len(), 1, "{:?}", reading.findings);
            assert_eq!(reading.desired, None);
        }
    }
}

#[test]
fn a_file_that_is_not_yaml_is_one_finding_and_the_others_are_still_read() {
    let broken = "a: [\nb: @\nc: d: e\n---\nf: *g\n";
    let files = [("one.yaml", broken), ("three.yaml", broken), ("two.yaml", "apiVersion: flowops/v1\nkind: Agnet\n")];
    let reading = reading(&files, None).unwrap();
    let codes: Vec<Code> = reading.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::Syntax, Code::Syntax, Code::UnknownKind]);
}

#[test]
fn findings_do_not_depend_on_the_order_of_documents() {
    let agent = AGENT.replace("sms", "sns").replace("${var.host}", "${var.hots}");
    let one = format!("{agent}---{SHARED}");
    let two = format!("{SHARED}---{agent}");
    let codes = |text: &str| {
        let found = reading(&[("flowops.yaml", PROJECT), ("all.yaml", text)], Some("staging")).unwrap().findings;
        let mut codes: Vec<(Code, String)> = found.into_iter().map(|finding| (finding.code, finding.message)).collect();
        codes.sort();
        codes
    };
    assert_eq!(codes(&one), codes(&two));
    assert_eq!(codes(&one).len(), 3);
}

#[test]
fn places_that_share_a_town_or_a_phone_are_places_of_their_own() {
    let rows = "[{ label: A, address: '1 St, X', phone: '+15035550100' }, { label: B, address: '2 St, X', phone: '+15035550100', lat: -90, lng: 180 }, \
                { label: C, address: '3 St, X', phone: '+15035550100', lat: null, lng: null }]";
    let config = format!("{{ action: find_nearest_location, roster: {rows} }}");
    let skill = format!("{{ name: Nearest, description: Finds., skillType: geo, executionConfig: {config} }}");
    // What only has the name of a roster may hold whatever its type of skill takes there.
    let other = "{ name: Crew, description: Asks., skillType: crm, executionConfig: { roster: [Ann, { who: Bo }] } }";
    let text = format!(
        "apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: a }}\nspec: {{ skills: [{skill}, {other}], overrides: [{{ name: Crew, executionConfig: {{ roster: [{{ who: Cy }}] }} }}] }}\n"
    );
    desired(&[("agent.yaml", &text)], None);
}

#[test]
fn a_skill_of_a_set_stands_in_memory_once_for_all_agents_that_change_nothing_of_it() {
    let set = "apiVersion: flowops/v1\nkind: SkillSet\nmetadata: { name: set }\nspec: { skills: [{ name: One, description: d, skillType: sms }, { name: Two, description: d, skillType: sms }] }\n";
    let agent = |name: &str, more: &str| {
        format!(
            "---\napiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: {name} }}\nspec: {{ use: [set]{more} }}\n"
        )
    };
    let changed = agent("c", ", overrides: [{ name: Two, stakes: high }]");
    let text = [set, &agent("a", ""), &agent("b", ""), &changed].concat();
    let agents = desired(&[("all.yaml", &text)], None).agents;
    let [one, other, changed] = agents.as_slice() else { panic!("there are {} agents", agents.len()) };
    let is_one = |at: usize, agent: &Agent| Arc::ptr_eq(&one.skills[at], &agent.skills[at]);
    assert!(is_one(0, other) && is_one(1, other) && is_one(0, changed));
    assert!(!is_one(1, changed));
}
