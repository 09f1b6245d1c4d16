//! Views as people and programs see them: goldens under `tests/views/`, and what must hold for all of them.

mod laws;
mod machine;
mod markdown;
mod page;
mod threats;
mod world;

use std::fmt;

use flowops::plan::Plan;
use flowops::plan::Verb;
use flowops::record::{self, Record, Schema};
use flowops::render::{self, Form, Style, drift, plan, report};
use flowops::report::{Event, Report};

use crate::support;

fn text(view: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut out = String::new();
    view(&mut out).unwrap();
    out
}

fn json_of(record: &Record) -> String {
    render::view(Form::Json, record)
}

/// Compares with a file below `tests/views`.
fn golden(name: &str, shown: &str) {
    support::golden(&support::repository("tests/views").join(name), shown);
}

fn plans() -> Vec<(&'static str, Plan)> {
    vec![
        ("every-action", world::every_action()),
        ("since", world::since()),
        ("empty", world::empty(9)),
        ("nothing-declared", world::empty(0)),
        ("crowded", world::crowded()),
        ("blocked", world::blocked()),
        ("hostile", world::hostile()),
        ("long", world::long()),
    ]
}

fn reports() -> Vec<(&'static str, Report)> {
    vec![
        ("converged", world::converged()),
        ("partial", world::partial()),
        ("unread", world::unread()),
        ("idle", world::idle()),
    ]
}

#[test]
fn plans_read_as_they_did() {
    for (name, value) in plans() {
        golden(&format!("plan-{name}.txt"), &text(|out| plan::plan(&value, Style::Plain, out)));
        golden(&format!("plan-{name}.json"), &json_of(&Record::plan(&value)));
        golden(&format!("plan-{name}.md"), &render::view(Form::Markdown, &Record::plan(&value)));
    }
}

#[test]
fn drift_reads_as_it_did() {
    for (name, value) in plans() {
        golden(&format!("drift-{name}.txt"), &text(|out| drift::drift(&value, Style::Plain, out)));
        golden(&format!("drift-{name}.md"), &render::view(Form::Markdown, &Record::drift(&value)));
    }
    golden("drift-empty.json", &json_of(&Record::drift(&world::empty(9))));
}

#[test]
fn reports_read_as_they_did() {
    for (name, value) in reports() {
        golden(&format!("report-{name}.txt"), &text(|out| report::report(&value, Style::Plain, out)));
        golden(&format!("report-{name}.json"), &json_of(&Record::report(&value)));
        golden(&format!("report-{name}.md"), &render::view(Form::Markdown, &Record::report(&value)));
    }
}

#[test]
fn an_event_is_one_line() {
    let value = world::partial();
    let mut events = vec![Event::Started { step: "front-desk/publish".to_owned(), verb: Verb::Publish }];
    events.extend(value.outcomes.into_iter().map(Event::Ended));
    events.push(Event::Proving { agent: world::agent("front-desk", "agt_1").name });
    let lines: Vec<String> = events.iter().map(|event| text(|out| report::event(event, Style::Plain, out))).collect();
    assert!(lines.iter().all(|line| line.matches('\n').count() == 1 && line.ends_with('\n')), "{lines:?}");
    golden("events.txt", &lines.concat());
}

#[test]
fn findings_and_errors_have_a_format_of_their_own() {
    let findings = world::blocked().findings;
    golden("findings.json", &json_of(&Record::findings(&findings)));
    golden("error.json", &json_of(&Record::error("cannot reach `https://builder.flowyte.com`", &findings)));
}

#[test]
fn a_record_is_read_as_it_was_written() {
    let plans = plans().into_iter().flat_map(|(_, value)| [Record::plan(&value), Record::drift(&value)]);
    let reports = reports().into_iter().map(|(_, value)| Record::report(&value));
    let found = world::blocked().findings;
    let told =
        [Record::findings(&found), Record::error("cannot reach it", &found), machine::traced(), machine::compared()];
    for record in plans.chain(reports).chain(told) {
        let written = json_of(&record);
        assert_eq!(json_of(&Record::read(&written).unwrap()), written);
        // A later version of the same format may say more.
        let mut later: serde_json::Value = serde_json::from_str(&written).unwrap();
        later["news"] = true.into();
        assert_eq!(json_of(&Record::read(&later.to_string()).unwrap()), written);
    }
}

#[test]
fn what_is_no_record_is_refused() {
    let why = |text: &str| Record::read(text).unwrap_err().to_string();
    assert_eq!(why("{"), "it is not JSON");
    assert_eq!(
        why("{}"),
        "it is none of `flowops.plan/v1`, `drift`, `report`, `pull`, `origin`, `compare`, `findings` and `error`"
    );
    assert_eq!(why(r#"{"format": "flowops.plan/v2"}"#), why("{}"));
    assert_eq!(why(r#"{"format": "flowops.plan/v1"}"#), "it is not as its format says");
}

#[test]
fn colours_only_add_to_the_text() {
    let shown = text(|out| plan::plan(&world::every_action(), Style::Ansi, out));
    golden("plan-every-action.ansi", &shown);
}

fn validator(schema: Schema) -> jsonschema::Validator {
    let schema = serde_json::from_str(&record::schema(schema)).unwrap();
    jsonschema::draft202012::options().build(&schema).unwrap()
}

fn check(validator: &jsonschema::Validator, shown: &str) {
    let value = serde_json::from_str(shown).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{shown}");
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = validator(Schema::Plan);
    for (_, value) in plans() {
        check(&schema, &json_of(&Record::plan(&value)));
        check(&schema, &json_of(&Record::drift(&value)));
    }
    let schema = validator(Schema::Report);
    for (_, value) in reports() {
        check(&schema, &json_of(&Record::report(&value)));
    }
    assert!(!schema.is_valid(&serde_json::json!({ "format": "flowops.plan/v1" })));
}
