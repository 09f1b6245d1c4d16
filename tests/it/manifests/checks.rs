//! What holds for every check of what manifests mean: none panics, none shows a secret, none says a thing twice.

use flowops::diag::{Code, Sources};
use flowops::manifest::{NoSideFiles, Reading, read};
use flowops::render::{Style, findings};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

fn sources(files: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.insert(*path, *text);
    }
    sources
}

fn reading(text: &str) -> Reading {
    read(&sources(&[("a.yaml", text)]), &NoSideFiles, None).unwrap()
}

fn shown(text: &str) -> String {
    findings(&reading(text).findings, &sources(&[("a.yaml", text)]), Style::Plain)
}

/// Settings that some check looks at, and one that none does.
const SETTINGS: [&str; 14] = [
    "to",
    "reply_to",
    "subject",
    "url",
    "method",
    "destination",
    "action",
    "sql_template",
    "roster",
    "origin_address",
    "timezone",
    "timeout_ms",
    "intro",
    "channel",
];

/// What a person, or a machine, might write anywhere.
fn value() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        any::<String>(),
        "[ -~]{0,24}",
        "[{}a-z@.,:/#+()\"`0-9-]{0,24}",
        "https?://[a-z0-9.:@{}\\[\\]]{0,16}(/[a-z{}#?=]{0,8})?",
        "[A-Z][a-z]{0,8}/[A-Z][a-z_ ]{0,8}",
        Just("911".to_owned()),
        Just("Look up order".to_owned()),
    ];
    let leaf = prop_oneof![
        text.prop_map(Json::from),
        any::<f64>().prop_filter_map("finite", |number| serde_json::Number::from_f64(number).map(Json::Number)),
        any::<i64>().prop_map(Json::from),
        any::<bool>().prop_map(Json::from),
        Just(Json::Null),
    ];
    let key = prop_oneof![
        proptest::sample::select(&SETTINGS[..]).prop_map(str::to_owned),
        "[a-z_]{1,6}",
        Just("phone".to_owned())
    ];
    leaf.prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
            proptest::collection::vec((key.clone(), inner), 0..3)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

fn skill(name: &str, skill_type: &str, settings: &Map<String, Json>, more: &Json) -> Json {
    let mut skill = json!({
        "name": name, "description": "See `Look up oder` and \"Look up cart\".", "skillType": skill_type,
        "executionConfig": settings, "errorHandling": { "message": more }, "requiredParams": ["a", "b c"],
        "parametersSchema": { "type": "object", "properties": { "a": more } },
    });
    skill["parametersSchema"]["required"] = json!(["a"]);
    skill
}

fn document(kind: &str, name: &str, spec: &Json) -> String {
    json!({ "apiVersion": "flowops/v1", "kind": kind, "metadata": { "name": name }, "spec": spec }).to_string()
}

const TYPES: [&str; 7] = ["email", "http_webhook", "transfer", "geo", "builtin", "db_query", "playbook"];

/// One that people issue and one that is only random, both in places where a check might quote them.
const SECRETS: [&str; 2] = ["ghp_0123456789abcdefghijABCDEFGHIJ012345", "q7Rk2Lw9Xz4Mv8Bn3Tp6Yh1J"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_settings_are_checked_and_what_is_found_is_found_again(
        skill_type in proptest::sample::select(&TYPES[..]),
        settings in proptest::collection::vec((proptest::sample::select(&SETTINGS[..]), value()), 0..6),
        over in proptest::collection::vec((proptest::sample::select(&SETTINGS[..]), value()), 0..3),
        more in value(),
    ) {
        let map = |entries: &[(&str, Json)]| entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect::<Map<_, _>>();
        let set = json!({ "skills": [skill("Look up order", skill_type, &map(&settings), &more), skill("Look up orders", skill_type, &map(&over), &more)] });
        let agent = json!({ "use": ["s"], "overrides": [{ "name": "Look up order", "executionConfig": map(&over) }], "absent": ["Look up cart"] });
        let text = format!("{}\n---\n{}\n", document("SkillSet", "s", &set), document("Agent", "a", &agent));
        let found = reading(&text).findings;
        prop_assert_eq!(shown(&text), shown(&text));
        for (one, other) in found.iter().zip(found.iter().skip(1)) {
            prop_assert!((&one.place, one.code, &one.message) != (&other.place, other.code, &other.message), "{:?}", one);
        }
    }

    #[test]
    fn no_check_shows_a_secret(
        skill_type in proptest::sample::select(&TYPES[..]),
        key in proptest::sample::select(&SETTINGS[..]),
        secret in proptest::sample::select(&SECRETS[..]),
        around in prop_oneof![
            Just("SECRET"), Just("{SECRET}"), Just("https://SECRET"), Just("http://a.example.com/SECRET#SECRET"), Just("SECRET, a@b.example"),
            Just("911 SECRET"), Just("Europe/SECRET"), Just("a b SECRET c"),
        ],
        place in prop_oneof![Just("plain"), Just("list"), Just("map"), Just("roster"), Just("error")],
    ) {
        let text = Json::from(around.replace("SECRET", secret));
        // A name of a host is public by design, however random it looks.
        prop_assume!(!(around == "https://SECRET" && secret == SECRETS[1]));
        let mut settings = Map::new();
        let more = if place == "error" { text.clone() } else { Json::from("x") };
        match place {
            "plain" => settings.insert(key.to_owned(), text),
            "list" => settings.insert(key.to_owned(), json!([text])),
            "map" => settings.insert("deep".to_owned(), json!({ key: { "timezone": text } })),
            "roster" => settings.insert("roster".to_owned(), json!([{ "label": text, "address": text, "phone": text }])),
            _ => settings.insert("action".to_owned(), json!("find_nearest_location")),
        };
        let mut skill = skill("A", skill_type, &settings, &Json::from("x"));
        skill["errorHandling"]["message"] = more;
        let text = document("Agent", "a", &json!({ "skills": [skill] }));
        let yaml = serde_json::to_string_pretty(&serde_json::from_str::<Json>(&text).unwrap()).unwrap();
        let seen = shown(&yaml);
        prop_assert!(seen.contains("M040"), "{seen}\nof\n{yaml}");
        prop_assert!(!seen.contains(secret), "{seen}\nof\n{yaml}");
    }
}

const SHARED: &str = "
apiVersion: flowops/v1
kind: SkillSet
metadata: { name: shared }
spec:
  skills:
    - name: Look up order
      description: Not \"Old lookup\".
      skillType: http_webhook
      executionConfig: { url: http://api.example.com/orders, timeout_ms: 5 }
    - name: Look up  order
      description: Says it.
      skillType: transfer
      executionConfig: { destination: 555-0199 }
";

#[test]
fn what_many_agents_share_is_found_once() {
    let agent = |number: u32| {
        let over = json!({ "name": "Look up order", "executionConfig": { "timeout_ms": 5000 + number } });
        let spec = json!({ "use": ["shared"], "absent": ["Old lookup"], "overrides": [over] });
        document("Agent", &format!("agent-{number}"), &spec)
    };
    let agents = (0..50).map(agent).collect::<Vec<_>>().join("\n---\n");
    let mut codes: Vec<Code> =
        reading(&format!("{SHARED}---\n{agents}\n")).findings.iter().map(|found| found.code).collect();
    codes.sort();
    let expected = [Code::BadPhone, Code::UnlikelyTimeout, Code::MentionOfNothing, Code::NamesAlike, Code::DoubtfulUrl];
    assert_eq!(codes, expected);
}

#[test]
fn a_finding_points_to_the_manifest_that_states_the_value() {
    let agent = "
apiVersion: flowops/v1
kind: Agent
metadata: { name: desk }
spec:
  use: [shared]
  overrides:
    - name: Look up order
      executionConfig: { timeout_ms: 7 }
  absent: [Other]
";
    let files = [("agent.yaml", agent), ("shared.yaml", SHARED)];
    let reading = read(&sources(&files), &NoSideFiles, None).unwrap();
    let places: Vec<String> = reading
        .findings
        .iter()
        .filter(|finding| finding.code != Code::NamesAlike)
        .map(|finding| format!("{} {}", finding.code, finding.place.as_ref().unwrap()))
        .collect();
    let expected =
        ["M050 agent.yaml:9:38", "M055 shared.yaml:10:31", "M050 shared.yaml:10:74", "M046 shared.yaml:14:39"];
    assert_eq!(places, expected);
}

#[test]
fn nothing_is_said_of_values_that_cannot_be_made_out() {
    let agent = "
apiVersion: flowops/v1
kind: Agent
metadata: { name: desk }
spec:
  skills:
    - name: Look up order
      description: A
      skillType: http_webhook
      executionConfig: { url: '${var.nothing}/orders', timeout_ms: 5 }
";
    let codes: Vec<Code> = reading(agent).findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::UnknownVariable]);
}
