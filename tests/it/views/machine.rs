//! The forms that machines read: goldens, and each read back as its readers read it.

pub(super) mod runner;

use std::collections::BTreeSet;

use flowops::record::{Record, Watch};
use flowops::render::{self, Form};
use quick_xml::events::Event;
use serde_json::{Value as Json, json};

use self::runner::Obeyed;
use super::{golden, plans, reports, world};

/// The forms, with the folder of their goldens and how these files end.
const FORMS: [(Form, &str, &str); 3] =
    [(Form::Github, "github", "txt"), (Form::Sarif, "sarif", "json"), (Form::Junit, "junit", "xml")];

/// A pull that takes over something of each kind and leaves something.
fn pulled() -> Record {
    let change = |action: &str, skill: Option<&str>, to: Option<&str>, fields: Json| {
        let mut change =
            json!({ "action": action, "agent": "front-desk", "file": "manifests/front-desk.yaml", "fields": fields });
        change.as_object_mut().unwrap().extend(skill.map(|skill| ("skill".to_owned(), skill.into())));
        change.as_object_mut().unwrap().extend(to.map(|to| ("to".to_owned(), to.into())));
        change
    };
    let record = json!({
        "format": "flowops.pull/v1",
        "target": "production",
        "files": [{ "path": "manifests/front-desk.yaml", "action": "update" }, { "path": "manifests/tire.yaml", "action": "create" }],
        "changes": [
            change("set", Some("Book a visit"), None, json!([
                { "path": "/stakes", "before": "low", "after": "high" },
                { "path": "/executionConfig/api_token", "sensitive": true }
            ])),
            change("rename", Some("Old name"), Some("New name"), json!([])),
            change("add-pack", None, Some("hubspot"), json!([])),
            { "action": "add-agent", "agent": "tire", "file": "manifests/tire.yaml", "fields": [] }
        ],
        "left": [{ "agent": "front-desk", "skill": "Quote a price", "reason": "`executionConfig.prompt` comes from a variable" }],
        "secrets": ["$FLOWOPS_SECRET_BOOK_A_VISIT_API_TOKEN"]
    });
    Record::read(&record.to_string()).unwrap()
}

/// The origin of a value that an override changes, and of one that is hidden.
pub(super) fn traced() -> Record {
    let source = |line: u32| json!({ "file": "manifests/front-desk.yaml", "line": line, "column": 7 });
    let layer = |kind: &str, line: u32, written: Json, inserted: Json| {
        let home = json!({ "kind": kind, "name": "front-desk" });
        json!({ "home": home, "source": source(line), "written": written, "files": [], "inserted": inserted })
    };
    let variable = json!([{ "name": "var.stakes", "value": "high", "source": source(3), "target": "production" }]);
    let record = json!({
        "format": "flowops.origin/v1",
        "target": "production",
        "agent": "front-desk",
        "skill": "Book a visit",
        "entries": [
            { "path": "/stakes", "value": "high", "layers": [
                layer("override", 30, json!({ "value": "${var.stakes}" }), variable),
                layer("skill-set", 8, json!({ "value": "low" }), json!([])),
            ] },
            { "path": "/executionConfig/api_token", "sensitive": true, "layers": [
                layer("agent", 12, json!({ "sensitive": true }), json!([])),
            ] },
            { "path": "/publish", "value": "never", "layers": [] },
        ]
    });
    Record::read(&record.to_string()).unwrap()
}

/// Two targets that differ for each kind of cause, and for none.
pub(super) fn compared() -> Record {
    let source = |line: u32| json!({ "file": "flowops.yaml", "line": line, "column": 12 });
    let sources = json!({ "a": source(40), "b": source(40) });
    let apart = |skill: Option<&str>, path: &str, values: Json| {
        let mut apart = json!({ "agents": ["dispatch", "front-desk"], "path": path, "sources": sources });
        apart.as_object_mut().unwrap().extend(skill.map(|skill| ("skill".to_owned(), skill.into())));
        apart.as_object_mut().unwrap().extend(values.as_object().cloned().unwrap());
        apart
    };
    let api =
        |value: &str, line: u32, target: Json| json!({ "value": value, "source": source(line), "target": target });
    let by_id = json!({ "a": { "name": "Front Desk" }, "b": { "id": "agt_9" } });
    let record = json!({
        "format": "flowops.compare/v1",
        "a": "staging",
        "b": "production",
        "equal": false,
        "agents": 2,
        "unexplained": [apart(None, "/publish", json!({ "a": "never", "b": "onChange" }))],
        "causes": [
            {
                "kind": "variable",
                "name": "api",
                "a": api("https://api.staging.example.com", 6, Json::Null),
                "b": api("https://api.example.com", 14, "production".into()),
                "differences": [
                    apart(Some("Book a visit"), "/executionConfig/url", json!({ "a": "https://api.staging.example.com/v", "b": "https://api.example.com/v" })),
                    apart(Some("Book a visit"), "/executionConfig/headers/X-Tenant", json!({ "sensitive": true })),
                ]
            },
            { "kind": "agent-ids", "differences": [apart(None, "/match", by_id)] },
            { "kind": "match", "differences": [apart(None, "/match", json!({ "a": { "name": "A" }, "b": { "name": "B" } }))] },
        ]
    });
    Record::read(&record.to_string()).unwrap()
}

/// Every record that there is a golden of.
pub(super) fn records() -> Vec<(String, Record)> {
    let found = world::blocked().findings;
    let plans = plans().into_iter().flat_map(|(name, value)| {
        [(format!("plan-{name}"), Record::plan(&value)), (format!("drift-{name}"), Record::drift(&value))]
    });
    let reports = reports().into_iter().map(|(name, value)| (format!("report-{name}"), Record::report(&value)));
    let told = [
        ("findings".to_owned(), Record::findings(&found)),
        ("valid".to_owned(), Record::findings(&[])),
        ("error".to_owned(), Record::error("cannot reach `https://builder.flowyte.com`", &found)),
        ("pull".to_owned(), pulled()),
        ("origin".to_owned(), traced()),
        ("compare".to_owned(), compared()),
    ];
    plans.chain(reports).chain(told).collect()
}

#[test]
fn machine_forms_read_as_they_did() {
    for (name, record) in records() {
        for (form, folder, end) in FORMS {
            let shown = render::view(form, &record).replace(env!("CARGO_PKG_VERSION"), "VERSION");
            golden(&format!("{folder}/{name}.{end}"), &shown);
        }
    }
}

/// Checks that a record is well formed in every machine form, and gives the forms.
pub(super) fn sound(record: &Record) -> Vec<String> {
    let shown = FORMS.map(|(form, _, _)| render::view(form, record));
    assert!(shown == FORMS.map(|(form, _, _)| render::view(form, record)), "the same record gives the same bytes");
    for text in &shown {
        assert!(text.is_empty() || text.ends_with('\n'));
        assert_eq!(render::inert(text), *text, "nothing moves or hides");
    }
    let [github, sarif, junit] = &shown;
    annotations(github);
    log(&serde_json::from_str(sarif).unwrap());
    suites(junit);
    // Printed into a log, only annotations may be obeyed.
    assert_eq!([runner::obeyed(sarif), runner::obeyed(junit)], [vec![], vec![]]);
    shown.into()
}

/// Each line is one annotation, and both kinds of runners read the same in it.
fn annotations(text: &str) -> Vec<Obeyed> {
    let obeyed = runner::obeyed(text);
    assert_eq!(obeyed.len(), text.matches('\n').count(), "one a line: {text}");
    assert_eq!(obeyed, text.lines().filter_map(runner::obeyed_by_gitea).collect::<Vec<_>>());
    for Obeyed { command, properties, message } in &obeyed {
        assert!(["error", "warning", "notice"].contains(&command.as_str()), "{command}");
        assert!(message.encode_utf16().count() <= 4_096 && !message.is_empty());
        let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).collect();
        assert!(matches!(*names, ["file", "line", "col", "title"] | ["title"]), "{names:?}");
    }
    for command in ["error", "warning", "notice"] {
        assert!(obeyed.iter().filter(|obeyed| obeyed.command == command).count() <= 10);
    }
    obeyed
}

fn members<'a>(value: &'a Json, known: &[&str]) -> &'a serde_json::Map<String, Json> {
    let map = value.as_object().unwrap();
    for key in map.keys() {
        assert!(known.contains(&key.as_str()), "`{key}` is no member: {value:#}");
    }
    map
}

fn list(value: &Json) -> &[Json] {
    value.as_array().unwrap()
}

fn said(value: &Json) {
    assert!(!members(value, &["text"])["text"].as_str().unwrap().is_empty());
}

/// A SARIF log by the rules of the standard for the members that are written, and by those of GitHub.
fn log(value: &Json) {
    let log = members(value, &["$schema", "version", "runs"]);
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(list(&log["runs"]).len(), 1);
    let run = members(&log["runs"][0], &["tool", "automationDetails", "invocations", "columnKind", "results"]);
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = members(
        &members(&run["tool"], &["driver"])["driver"],
        &["name", "version", "semanticVersion", "rules", "notifications"],
    );
    assert_eq!((&driver["name"], &driver["version"]), (&"flowops".into(), &env!("CARGO_PKG_VERSION").into()));
    let mut ids = BTreeSet::new();
    for descriptor in list(&driver["rules"]).iter().chain(list(&driver["notifications"])) {
        let known = ["id", "shortDescription", "fullDescription", "help", "defaultConfiguration"];
        let descriptor = members(descriptor, &known);
        for text in ["shortDescription", "fullDescription", "help"] {
            said(&descriptor[text]);
        }
        ids.insert(descriptor["id"].as_str().unwrap());
    }
    let level = |value: &Json| assert!(["error", "warning", "note"].contains(&value.as_str().unwrap()));
    let invocation = members(&run["invocations"][0], &["executionSuccessful", "toolExecutionNotifications"]);
    assert!(invocation["executionSuccessful"].is_boolean());
    for notification in list(&invocation["toolExecutionNotifications"]) {
        let notification = members(notification, &["descriptor", "level", "message"]);
        said(&notification["message"]);
        level(&notification["level"]);
        if let Some(descriptor) = notification.get("descriptor") {
            assert!(ids.contains(descriptor["id"].as_str().unwrap()));
        }
    }
    let results = list(&run["results"]);
    assert!(results.len() <= 5_000);
    let mut marks = BTreeSet::new();
    for result in results {
        let known = ["ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"];
        let result = members(result, &known);
        said(&result["message"]);
        level(&result["level"]);
        let rule = &driver["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(list(&result["locations"]).len(), 1, "GitHub refuses a file with a result without a place");
        let place = members(&result["locations"][0], &["physicalLocation"])["physicalLocation"].clone();
        members(&place, &["artifactLocation", "region"]);
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(uri.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/%".contains(c)), "{uri}");
        let region = members(&place["region"], &["startLine", "startColumn"]);
        assert!(region.values().all(|number| number.as_u64().unwrap() >= 1));
        assert!(marks.insert(result["partialFingerprints"]["flowopsItem/v1"].as_str().unwrap()), "told apart");
    }
}

/// `JUnit` XML by what its readers rely on; gives the cases as `suite/name`.
fn suites(text: &str) -> Vec<String> {
    let is_xml = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(text.chars().all(is_xml));
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut open, mut cases, mut wanted, mut counted) = (Vec::new(), Vec::new(), [0_usize; 4], [0_usize; 4]);
    loop {
        let event = reader.read_event().unwrap();
        let (element, is_empty) = match &event {
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(_) => {
                open.pop().unwrap();
                continue;
            }
            Event::Eof => break,
            Event::Text(_) | Event::GeneralRef(_) | Event::Decl(_) => continue,
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => panic!("{event:?}"),
        };
        let name = element.name().as_ref().to_owned();
        let attribute = |name: &str| -> Option<String> {
            let found = element.attributes().map(Result::unwrap).find(|one| one.key.as_ref() == name);
            found.map(|one| quick_xml::escape::unescape(&one.value).unwrap().into_owned())
        };
        let within = open.last().map_or("", String::as_str);
        let expected = match name.as_str() {
            "testsuites" => "",
            "testsuite" => "testsuites",
            "testcase" => "testsuite",
            "failure" | "error" | "skipped" | "system-out" => "testcase",
            other => panic!("{other}"),
        };
        assert_eq!(within, expected, "{name}");
        match name.as_str() {
            "testsuites" => {
                let numbers = ["tests", "failures", "errors", "skipped"];
                wanted = numbers.map(|name| attribute(name).unwrap().parse().unwrap());
            }
            "testcase" => {
                counted[0] += 1;
                cases.push(format!("{}/{}", attribute("classname").unwrap(), attribute("name").unwrap()));
            }
            "failure" => counted[1] += 1,
            "error" => counted[2] += 1,
            "skipped" => counted[3] += 1,
            _ => {}
        }
        for never in ["time", "timestamp", "hostname"] {
            assert_eq!(attribute(never), None);
        }
        if !is_empty {
            open.push(name);
        }
    }
    assert!(open.is_empty());
    assert_eq!(wanted, counted);
    assert!(counted[0] > 0, "Jenkins takes a file without a case for a failure");
    cases
}

#[test]
fn every_record_is_well_formed_in_every_machine_form() {
    for (name, record) in records() {
        for shown in sound(&record) {
            assert!(!shown.contains(super::laws::SENTINEL), "{name}: {shown}");
        }
    }
}

#[test]
fn no_machine_form_shows_a_value() {
    let value = world::every_action();
    for record in [Record::plan(&value), Record::drift(&value), Record::report(&world::partial())] {
        for shown in sound(&record) {
            for text in ["Mill Lane", "labor", "brindlecombe", "8000", "Old Town"] {
                assert!(!shown.contains(text), "{text} in {shown}");
            }
        }
    }
}

/// A plan with many deletions, each on its own line.
fn many(number: u32) -> Record {
    let mut record: Json = serde_json::from_str(&super::json_of(&Record::plan(&world::every_action()))).unwrap();
    let delete = list(&record["steps"]).iter().find(|step| step["action"] == "delete").unwrap().clone();
    let deletes = (1..=number).map(|line| {
        let mut step = delete.clone();
        step["id"] = format!("front-desk/skill/Skill {line}").into();
        step["source"]["line"] = line.into();
        step
    });
    record["steps"] = deletes.collect();
    record["concerns"] = json!([]);
    Record::read(&record.to_string()).unwrap()
}

#[test]
fn ten_annotations_of_a_level_are_shown_and_the_last_counts_the_rest() {
    let shown = annotations(&render::view(Form::Github, &many(30)));
    let warnings: Vec<&Obeyed> = shown.iter().filter(|obeyed| obeyed.command == "warning").collect();
    assert_eq!(warnings.len(), 10);
    // Thirty deletions, one that is held, and one finding.
    assert!(warnings[9].message.starts_with("23 warnings more, "), "{:?}", warnings[9]);
    assert!(warnings[..9].iter().all(|warning| warning.message.contains("will be deleted")));
    let shown = annotations(&render::view(Form::Github, &many(8)));
    let warnings: Vec<&Obeyed> = shown.iter().filter(|obeyed| obeyed.command == "warning").collect();
    assert!(warnings.len() == 10 && !warnings[9].message.contains("more"), "ten are shown as they are");
}

#[test]
fn five_thousand_results_are_kept_and_the_run_counts_the_rest() {
    let value: Json = serde_json::from_str(&render::view(Form::Sarif, &many(5_100))).unwrap();
    log(&value);
    let run = &value["runs"][0];
    assert_eq!(list(&run["results"]).len(), 5_000);
    let notifications = list(&run["invocations"][0]["toolExecutionNotifications"]);
    let said = notifications.iter().any(|one| one["message"]["text"].as_str().unwrap().starts_with("102 results more"));
    assert!(said, "{notifications:#?}");
    let rules: Vec<&str> =
        list(&run["tool"]["driver"]["rules"]).iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(rules, ["delete"], "only rules that have a result");
}

#[test]
fn a_long_message_is_cut_where_a_character_ends() {
    for (text, length) in [("x".repeat(5_000), 4_096), ("x".repeat(4_096), 4_096), ("👋".repeat(3_000), 4_095)] {
        let shown = annotations(&render::view(Form::Github, &Record::error(&text, &[])));
        assert_eq!(shown[0].message.encode_utf16().count(), length);
        assert_eq!(shown[0].message.ends_with('…'), text.encode_utf16().count() > 4_096);
    }
}

#[test]
fn a_secret_in_a_manifest_comes_before_other_errors() {
    use flowops::diag::{Code, Finding};
    let mut found: Vec<Finding> = (1..=12)
        .map(|line| Finding::at(Code::UnknownField, world::place("a.yaml", line), "there is no field `x`"))
        .collect();
    found.push(Finding::at(Code::LiteralSecret, world::place("z.yaml", 1), "a literal secret"));
    let shown = annotations(&render::view(Form::Github, &Record::findings(&found)));
    assert_eq!(shown[0].message, "a literal secret");
    assert_eq!(shown[0].properties[0], ("file".to_owned(), "z.yaml".to_owned()));
}

#[test]
fn a_fingerprint_stays_when_lines_move_and_changes_with_the_fields() {
    let marks = |record: &Record| -> Vec<Json> {
        let value: Json = serde_json::from_str(&render::view(Form::Sarif, record)).unwrap();
        list(&value["runs"][0]["results"]).iter().map(|result| result["partialFingerprints"].clone()).collect()
    };
    let value = world::every_action();
    let before = marks(&Record::drift(&value));
    let mut moved = value.clone();
    moved.steps.iter_mut().for_each(|step| step.place.line += 5);
    assert_eq!(marks(&Record::drift(&moved)), before);
    let mut other = value;
    for step in &mut other.steps {
        if let flowops::plan::Action::Update { changes, .. } = &mut step.action {
            changes.pop();
        }
    }
    let after = marks(&Record::drift(&other));
    assert_eq!(after.len(), before.len() - 1, "a risk goes with its field");
    assert_eq!(after.iter().filter(|mark| !before.contains(mark)).count(), 3, "one for each update");
}

#[test]
fn a_path_stands_in_sarif_as_a_uri() {
    use flowops::diag::{Code, Finding};
    let file = "manifests/bäcker & co/a:b#1%.yaml";
    let found = [Finding::at(Code::UnknownField, world::place(file, 3), "there is no field `x`")];
    let value: Json = serde_json::from_str(&render::view(Form::Sarif, &Record::findings(&found))).unwrap();
    log(&value);
    let place = &value["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "manifests/b%C3%A4cker%20%26%20co/a%3Ab%231%25.yaml");
    assert_eq!(place["region"], json!({ "startLine": 3, "startColumn": 7 }));
}

#[test]
fn no_link_is_made_of_what_others_say() {
    let record = Record::error("see [the log](javascript:alert(1)) or [](https://evil.example)", &[]);
    let value: Json = serde_json::from_str(&render::view(Form::Sarif, &record)).unwrap();
    let said = &value["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
    assert_eq!(said, r"see [the log]\(javascript:alert(1)) or []\(https://evil.example)");
}

#[test]
fn a_case_has_the_same_name_before_and_after_it_drifts() {
    let value = world::every_action();
    let drifted = suites(&render::view(Form::Junit, &Record::drift(&value)));
    let planned = suites(&render::view(Form::Junit, &Record::plan(&value)));
    assert_eq!(drifted, planned);
    assert!(drifted.contains(&"front-desk/skill/Book a visit".to_owned()), "{drifted:?}");
    assert_eq!(drifted.iter().collect::<BTreeSet<_>>().len(), drifted.len(), "each has a name of its own");
}

#[test]
fn a_finding_of_a_later_version_is_shown_with_what_is_known_of_it() {
    let record = json!({
        "format": "flowops.findings/v1",
        "valid": true,
        "findings": [{
            "code": "Z999", "severity": "warning", "message": "news", "help": null,
            "source": { "file": "a.yaml", "line": 0, "column": 0 }
        }]
    });
    sound(&Record::read(&record.to_string()).unwrap());
}

#[test]
fn what_no_manifest_declares_is_drift_only_where_that_counts() {
    let watched = |is_strict| Record::watched(&world::crowded(), &Watch { is_strict, live: 24, earlier: None });
    let [lax, strict] = [watched(false), watched(true)];
    assert_eq!(render::view(Form::Github, &lax), "");
    let shown = annotations(&render::view(Form::Github, &strict));
    assert_eq!(shown.iter().map(|one| one.command.as_str()).collect::<Vec<_>>(), ["warning", "notice"]);
    let said = &shown[0].message;
    assert!(said.starts_with("`front-desk` has 23 live skills that no manifest declares: `Preset 1`, "), "{said}");
    assert!(said.ends_with(", and 11 more"), "{said}");
    for (record, count) in
        [(lax, "failures=\"0\" errors=\"0\" skipped=\"23\""), (strict, "failures=\"23\" errors=\"0\"")]
    {
        assert!(sound(&record)[2].contains(count));
        let again = Record::read(&super::json_of(&record)).unwrap();
        assert_eq!(sound(&again), sound(&record), "from the file it reads the same");
    }
}
