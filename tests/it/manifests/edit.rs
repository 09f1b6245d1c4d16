//! Edits in place: what changes, and that nothing else does.

use std::collections::BTreeMap;

use flowops::diag::Sources;
use flowops::manifest::edit::{Edit, Edited, What, edit};
use flowops::manifest::{self, NoSideFiles, SideFiles};
use flowops::model::{Field, ProviderKind, SkillName, Slug, Value};
use serde_json::{Value as Json, json};

use crate::support::{golden, repository, value};

const FILE: &str = "agent.yaml";

const AGENT: &str = "\
# Front desk.
apiVersion: flowops/v1
kind: Agent
metadata: { name: front-desk } # the address
spec:
  skills:
    # What people ask first.
    - name: Check warranty
      description: Looks up a warranty. # short
      skillType: http_webhook
      parametersSchema:
        type: object
        # In the order in which they are asked.
        properties:
          serial: { type: string, description: 'The serial number' }   # on the back
          phone:
            type: string
        required: [serial, phone]
      executionConfig:
        url: \"https://api.example.com/v1\"
        headers: { X-Api-Key: { fromEnv: FLOWOPS_SECRET_KEY } } # never a value
        timeout_ms: 4000
      channels: [voice, chat]

    # Whom it reaches.
    - name: Transfer
      description: >-
        Puts a caller through,
        day and night.
      skillType: transfer
      executionConfig: { destination: \"+12025550100\" }
      stakes: low
# The end.
";

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.insert(FILE, text);
    sources
}

fn name(text: &str) -> SkillName {
    SkillName::parse(text).unwrap()
}

fn set(skill: &str, field: Field, to: &Json) -> What {
    What::Set { skill: name(skill), fields: BTreeMap::from([(field, value(to))]) }
}

fn edited_with(text: &str, side_files: &dyn SideFiles, what: &[What]) -> Edited {
    let sources = sources(text);
    let desired = manifest::read(&sources, side_files, None).unwrap().desired.unwrap();
    let agent = Slug::parse("front-desk").unwrap();
    let edits: Vec<Edit> = what.iter().map(|what| Edit { agent: agent.clone(), what: what.clone() }).collect();
    edit(&sources, side_files, &desired, &edits)
}

/// The text after edits, all of which are made.
fn edited(text: &str, what: &[What]) -> String {
    let Edited { manifests, side_files: _, refused } = edited_with(text, &NoSideFiles, what);
    assert_eq!(refused, BTreeMap::new());
    manifests.get(FILE).cloned().unwrap_or_else(|| text.to_owned())
}

/// The lines that went and came, with one around them.
fn changes(before: &str, after: &str) -> String {
    similar::TextDiff::from_lines(before, after).unified_diff().context_radius(1).to_string()
}

/// Makes edits in a manifest and compares what changed with a file that somebody has read; the same with the line ends of
/// Windows.
#[track_caller]
fn check(case: &str, text: &str, what: &[What]) {
    let after = edited(text, what);
    golden(&repository(&format!("tests/edits/{case}.diff")), &changes(text, &after));
    let windows = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(edited(&windows(text), what), windows(&after));
    assert_eq!(edited(&after, what), after, "what is done is not done again");
}

#[test]
fn a_text_keeps_its_quotes_and_the_comment_behind_it() {
    let what = [
        set("Check warranty", Field::Description, &json!("Looks it up: now.")),
        set("Transfer", Field::ExecutionConfig, &json!({ "destination": "+12025550199" })),
        set("Transfer", Field::Stakes, &json!("high")),
    ];
    check("short-texts", AGENT, &what);
}

#[test]
fn a_value_deep_inside_changes_alone_and_a_reference_stays() {
    let headers = json!({ "X-Api-Key": { "fromEnv": "FLOWOPS_SECRET_KEY" } });
    let config =
        json!({ "url": "https://api.example.com/v2", "headers": headers, "timeout_ms": 6000, "method": "POST" });
    check("settings", AGENT, &[set("Check warranty", Field::ExecutionConfig, &config)]);
}

#[test]
fn parameters_come_and_go_beside_comments() {
    let serial = json!({ "type": "string", "description": "It's on the back" });
    let street = json!({ "type": "string", "description": "Where" });
    let schema = json!({
        "type": "object", "properties": { "serial": serial, "street": street }, "required": ["serial", "street"],
    });
    let what = [
        set("Check warranty", Field::ParametersSchema, &schema),
        set("Check warranty", Field::Channels, &json!(["voice", "sms"])),
    ];
    check("parameters", AGENT, &what);
}

#[test]
fn a_folded_text_keeps_the_lines_that_stay() {
    let text =
        AGENT.replace("day and night.", "day and night.\n        Ask for the reason first,\n        and say it.");
    let new = "Puts a caller through, day and night. Ask for the name and the reason first, and say it.";
    check("folded", &text, &[set("Transfer", Field::Description, &json!(new))]);
}

#[test]
fn a_text_of_several_lines_becomes_a_block() {
    check("block", AGENT, &[set("Check warranty", Field::Description, &json!("One.\n\nTwo # three: four\n"))]);
}

fn text_skill() -> BTreeMap<Field, Value> {
    let config = json!({
        "to": "{phone}", "rows": [{ "a": 1, "b": [1, 2] }, { "a": "${x}" }], "no": "no", "key": { "fromEnv": "FLOWOPS_SECRET_A" },
    });
    BTreeMap::from([
        (Field::Description, value(&json!("Sends it."))),
        (Field::SkillType, value(&json!("sms"))),
        (Field::ExecutionConfig, value(&config)),
        (Field::Channels, value(&json!(["voice"]))),
    ])
}

#[test]
fn skills_and_packs_come_and_go_with_the_comments_above_them() {
    let what = [
        What::Add { skill: name("Text: a \"link\""), fields: text_skill() },
        What::Remove(name("Check warranty")),
        What::AddPack(ProviderKind::read("hubspot")),
        What::Rename { skill: name("Transfer"), to: name("Put through") },
    ];
    check("skills", AGENT, &what);
    check("last-skill", AGENT, &[What::Remove(name("Transfer"))]);
    check("no-skill", AGENT, &[What::Remove(name("Transfer")), What::Remove(name("Check warranty"))]);
}

#[test]
fn a_document_in_brackets_stays_in_brackets() {
    let text = "{apiVersion: flowops/v1, kind: Agent, metadata: {name: front-desk}, spec: {skills: [{name: Transfer, description: 'Puts \
                through', skillType: transfer, executionConfig: {destination: \"1\"}, channels: [voice, chat,]}], absent: [Old one]}}\n";
    let what = [
        set("Transfer", Field::Description, &json!("Puts: through")),
        set("Transfer", Field::ExecutionConfig, &json!({ "destination": "2", "more": true })),
        set("Transfer", Field::Channels, &json!(["voice", "sms"])),
        What::Allow(name("Old one")),
        What::Add { skill: name("Old one"), fields: text_skill() },
    ];
    check("brackets", text, &what);
}

/// What an anchor names is another's, too.
#[test]
fn an_alias_is_overruled_where_it_stands_and_what_others_share_is_refused() {
    let text = AGENT
        .replace("channels: [voice, chat]\n", "channels: [voice, chat]\n      stakes: &stakes low\n")
        .replace("stakes: low", "stakes: *stakes");
    check("alias", &text, &[set("Transfer", Field::Stakes, &json!("high"))]);
    let Edited { manifests, refused, .. } =
        edited_with(&text, &NoSideFiles, &[set("Check warranty", Field::Stakes, &json!("high"))]);
    assert_eq!((manifests.len(), refused[&0].as_str()), (0, "what stands there is shared with other places"));
    // Once the other one has a value of its own, the anchor's may change.
    let both = [set("Transfer", Field::Stakes, &json!("medium")), set("Check warranty", Field::Stakes, &json!("high"))];
    check("anchor", &text, &both);
}
