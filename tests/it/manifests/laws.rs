//! What is true of reading any text, and of showing what was found in it.

use std::collections::BTreeMap;

use flowops::diag::{Finding, Sources};
use flowops::manifest::{NoSideFiles, Reading, SideFiles, hidden, read};
use flowops::model::{Lookup, SkillType, Value};
use flowops::render::{Style, findings, inert, one_line};
use proptest::prelude::*;

fn source(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.insert("agent.yaml", text);
    sources
}

fn reading(text: &str) -> Reading {
    read(&source(text), &NoSideFiles, None).unwrap_or_else(|_| Reading {
        desired: None,
        findings: Vec::new(),
        beside: BTreeMap::new(),
    })
}

/// What is shown of a text's findings.
fn shown(text: &str) -> String {
    findings(&reading(text).findings, &source(text), Style::Plain)
}

/// Text that looks like a manifest more often than not.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: a }\nspec:\n".to_owned()),
        Just("kind: Project\n".to_owned()),
        Just("  skills:\n    - name: A\n      description: B\n      skillType: email\n".to_owned()),
        Just("      executionConfig: { to: &a x, headers: { X-Api-Key: *a } }\n".to_owned()),
        Just("      description: { fromFile: ../x }\n".to_owned()),
        Just("      parametersSchema: { type: object }\n".to_owned()),
        Just("---\n".to_owned()),
        Just("<<: *a\n".to_owned()),
        Just("${var.x} $${ ${".to_owned()),
        "[ \\-:{}\\[\\],&*!|>'\"%#\n\ta-c0-9~]{0,20}",
        "\\PC{0,8}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_and_its_findings_shown(text in any::<String>()) {
        let seen = shown(&text);
        prop_assert_eq!(reading(&text).desired.is_none(), reading(&text).findings.iter().any(Finding::is_error));
        prop_assert!(!seen.chars().any(|c| c.is_control() && c != '\n'));
    }

    #[test]
    fn any_text_like_a_manifest_is_read_and_its_findings_shown(text in yamlish()) {
        let seen = shown(&text);
        prop_assert!(!seen.chars().any(|c| c.is_control() && c != '\n'));
        prop_assert_eq!(seen, shown(&text), "same input, same bytes");
    }

    #[test]
    fn hidden_ranges_are_in_order_apart_and_on_characters(text in yamlish()) {
        let mut end = None;
        for range in hidden(&text) {
            prop_assert!(range.start <= range.end && end.is_none_or(|end| range.start > end));
            prop_assert!(text.get(range.clone()).is_some(), "{range:?} cuts a character of {text:?}");
            end = Some(range.end);
        }
    }

    /// The secret is a word that stands nowhere else, put wherever a person might put one.
    #[test]
    fn a_secret_below_a_sensitive_key_is_never_shown(
        key in prop_oneof![Just("X-Api-Key"), Just("Authorization"), Just("password"), Just("client_secret"), Just("'access token'")],
        place in prop_oneof![
            Just("KEY: SECRET\n          BROKEN"),
            Just("KEY: \"SECRET\nSECRET: SECRET\"\n          BROKEN"),
            Just("KEY: |\n            SECRET\n            more: SECRET\n          BROKEN"),
            Just("KEY: >-\n            a\n            SECRET\n          BROKEN"),
            Just("KEY: { a: SECRET, b: [SECRET] } # SECRET\n          BROKEN"),
            Just("KEY:\n            - SECRET\n            - a: SECRET BROKEN"),
            Just("a: { KEY: SECRET, BROKEN }"),
            Just("a: { 'KEY': SECRET, \"b\": x }\n          BROKEN # KEY: SECRET"),
            Just("a: &x SECRET\n          KEY: *x\n          BROKEN"),
            Just("KEY: { fromEnv: SECRET }\n          BROKEN"),
            Just("# KEY: SECRET\n          BROKEN # SECRET"),
            Just("KEY: SECRET: BROKEN"),
            Just("? KEY\n          : SECRET\n          BROKEN"),
            Just("KEY: 'SECRET' SECRET\n          BROKEN"),
            Just("KEY: [SECRET, {SECRET\n          BROKEN"),
        ],
        broken in prop_oneof![
            Just("zebra: 1"), Just("a: b: c"), Just("a: @"), Just("\"a"), Just("a: [1"), Just("a: 1\n          a: 1"), Just("\ta: 1"), Just(""),
        ],
        extra in prop_oneof![Just(""), Just("      stakse: low\n"), Just("      isEnabled: 5\n"), Just("  zebra: x: y\n"), Just("---\n- a\n")],
    ) {
        let secret = "hunter2hunter2";
        let key = key.trim_matches('\'');
        let inner = place.replace("KEY", key).replace("SECRET", secret).replace("BROKEN", broken);
        let text = format!(
            "apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: a }}\nspec:\n  skills:\n    - name: A\n      description: B\n      \
             skillType: http_webhook\n      executionConfig:\n        url: https://api.example.com\n        headers:\n          {inner}\n{extra}"
        );
        let seen = shown(&text);
        prop_assert!(!seen.contains("hunter2"), "{seen}\nof\n{text}");
    }

    #[test]
    fn a_secret_of_a_known_shape_is_not_shown_wherever_it_stands(
        before in "[ -~]{0,10}", after in "[ -~]{0,10}",
        secret in prop_oneof![Just("ghp_0123456789abcdefghijABCDEFGHIJ012345"), Just("sk_live_0123456789abcdefghij"), Just("https://a:hunter2hunter2@b.example")],
        line in prop_oneof![Just("  VALUE\n"), Just("  use: [VALUE]\n"), Just("  VALUE: 1\n"), Just("  publish: VALUE\n"), Just("  match: { id: VALUE }\n")],
    ) {
        let value = format!("{before} {secret} {after}");
        let text = format!("apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: a }}\nspec:\n{}", line.replace("VALUE", &value));
        let seen = shown(&text);
        prop_assert!(!seen.contains(secret), "{seen}\nof\n{text}");
    }

    #[test]
    fn inert_text_has_nothing_active_and_the_rest_is_kept(text in any::<String>(), plain in "[a-zA-Zäöü電話🙂 .,\n]{0,40}") {
        prop_assert_eq!(inert(&plain), plain.as_str());
        prop_assert!(!inert(&text).chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')));
        prop_assert!(!one_line(&text).contains(['\n', '\r', '\t']));
    }
}

/// A file that is beside every manifest.
struct OneFile(&'static str);

impl SideFiles for OneFile {
    fn text(&self, _: &str, _: &str) -> Result<String, String> {
        Ok(self.0.to_owned())
    }

    fn locate(&self, _: &str, path: &str) -> Result<String, String> {
        Ok(path.to_owned())
    }
}

#[test]
fn no_line_of_a_finding_commands_a_ci_system() {
    let said = shown(
        "apiVersion: flowops/v1\nkind: '##vso[task.setvariable variable=a]b'\nmetadata: { name: '##[group]x' }\n",
    );
    assert!(said.contains("M006") && !said.contains("##vso[") && !said.contains("##["), "{said}");
    let said = shown("apiVersion: flowops/v1\nkind: A\n'##[error]': ghp_0123456789abcdefghijABCDEFGHIJ012345\n");
    assert!(!said.contains("##[") && !said.contains("ghp_"), "{said}");
}

#[test]
fn active_characters_are_made_visible() {
    let active =
        ["\u{1b}[31m", "\u{7}", "\u{85}", "\u{202e}", "\u{2066}", "\u{200b}", "\u{2028}", "\u{e0041}", "\u{7f}", "\r"];
    for text in active {
        let shown = inert(text);
        assert!(shown.starts_with("\\u{"), "{shown:?}");
    }
    assert_eq!(one_line("a\r\nb\nc\td"), "a⏎b⏎c d");
}

#[test]
fn a_text_from_a_file_loses_one_line_break_and_gets_its_variables() {
    let project = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { variables: { who: us } }\n";
    let agent = "apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: a }\nspec:\n  skills:\n    - { name: A, skillType: sms, description: { fromFile: x.md } }\n";
    for (file, expected) in [("From ${var.who}.\n\n", "From us.\n"), ("a\r\n", "a"), ("a", "a"), ("", "")] {
        let mut sources = source(agent);
        sources.insert("flowops.yaml", project);
        let desired = read(&sources, &OneFile(file), None).unwrap().desired.unwrap();
        let skill = desired.agents.first().unwrap().skills.first().unwrap();
        assert_eq!(skill.fields.get(&flowops::model::Field::Description), Some(&Value::text(expected)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Names and texts go through as they are, whatever YAML would make of them unquoted.
    #[test]
    fn a_valid_agent_means_what_it_says(
        name in "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?",
        matched in "[A-Za-z ]{1,20}",
        skills in proptest::collection::btree_map("[A-Za-zäé][A-Za-z 電0-9]{0,15}[a-z]", ("[ -#%-~\n]{0,60}", any::<bool>(), 0..4_usize), 0..6),
    ) {
        let types = ["sms", "transfer", "geo", "later_type"];
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let mut text = format!("apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: {} }}\nspec:\n  match: {{ name: {} }}\n  skills:\n", quoted(&name), quoted(&matched));
        for (skill, (description, enabled, kind)) in &skills {
            let lines = [
                format!("    - name: {}\n", quoted(skill)),
                format!("      description: {}\n", quoted(description)),
                format!("      skillType: {}\n      isEnabled: {enabled}\n", types[*kind]),
            ];
            text.extend(lines);
        }
        if skills.is_empty() {
            text += "    []\n";
        }
        let got = reading(&text);
        prop_assert!(got.desired.is_some(), "{:?}", got.findings);
        let desired = got.desired.unwrap();
        let agent = desired.agents.first().unwrap();
        prop_assert_eq!(agent.name.as_str(), name);
        prop_assert_eq!(&agent.lookup, &Lookup::Name(matched));
        prop_assert_eq!(agent.skills.len(), skills.len());
        for skill in &agent.skills {
            let (description, enabled, kind) = &skills[skill.name.as_str()];
            prop_assert_eq!(&skill.skill_type, &SkillType::read(types[*kind]));
            prop_assert_eq!(skill.fields.get(&flowops::model::Field::Description), Some(&Value::text(description.as_str())));
            prop_assert_eq!(skill.fields.get(&flowops::model::Field::IsEnabled), Some(&Value::Bool(*enabled)));
        }
    }

    #[test]
    fn variables_are_put_in_once_and_only_where_they_are_named(value in "[ -~]{0,20}", before in "[a-z {}]{0,10}", after in "[a-z {}]{0,10}") {
        prop_assume!(!flowops::model::looks_like_secret(&value));
        let quoted = |text: &str| serde_json::to_string(text).unwrap();
        let project = format!("apiVersion: flowops/v1\nkind: Project\nmetadata: {{ name: p }}\nspec: {{ variables: {{ x: {} }} }}\n", quoted(&value));
        let description = format!("{before}${{var.x}}{after}$${{var.x}}{{param}}");
        let agent = format!("apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: a }}\nspec:\n  skills:\n    - {{ name: A, skillType: sms, description: {} }}\n", quoted(&description));
        let mut sources = source(&agent);
        sources.insert("flowops.yaml", project);
        let got = read(&sources, &NoSideFiles, None).unwrap();
        prop_assert!(got.desired.is_some(), "{:?}", got.findings);
        let desired = got.desired.unwrap();
        let skill = desired.agents.first().unwrap().skills.first().unwrap();
        let expected = format!("{before}{value}{after}${{var.x}}{{param}}");
        prop_assert_eq!(skill.fields.get(&flowops::model::Field::Description), Some(&Value::text(expected)));
    }
}
