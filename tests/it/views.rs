//! Views as people and programs see them: goldens under `tests/views/`, and what must hold for all of them.

mod laws;
mod world;

use std::fmt;

use flowops::plan::Plan;
use flowops::plan::Verb;
use flowops::render::json::{self, Schema};
use flowops::render::{Style, drift, plan, report};
use flowops::report::{Event, Report};

use crate::support;

fn text(view: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut out = String::new();
    view(&mut out).unwrap();
    out
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
        golden(&format!("plan-{name}.json"), &text(|out| json::plan(&value, out)));
    }
}

#[test]
fn drift_reads_as_it_did() {
    for (name, value) in plans() {
        golden(&format!("drift-{name}.txt"), &text(|out| drift::drift(&value, Style::Plain, out)));
    }
    golden("drift-empty.json", &text(|out| json::drift(&world::empty(9), out)));
}

#[test]
fn reports_read_as_they_did() {
    for (name, value) in reports() {
        golden(&format!("report-{name}.txt"), &text(|out| report::report(&value, Style::Plain, out)));
        golden(&format!("report-{name}.json"), &text(|out| json::report(&value, out)));
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
    golden("findings.json", &text(|out| json::findings(&findings, out)));
    golden("error.json", &text(|out| json::error("cannot reach `https://builder.flowyte.com`", &findings, out)));
}

#[test]
fn colours_only_add_to_the_text() {
    let shown = text(|out| plan::plan(&world::every_action(), Style::Ansi, out));
    golden("plan-every-action.ansi", &shown);
}

fn validator(schema: Schema) -> jsonschema::Validator {
    let schema = serde_json::from_str(&json::schema(schema)).unwrap();
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
        check(&schema, &text(|out| json::plan(&value, out)));
        check(&schema, &text(|out| json::drift(&value, out)));
    }
    let schema = validator(Schema::Report);
    for (_, value) in reports() {
        check(&schema, &text(|out| json::report(&value, out)));
    }
    assert!(!schema.is_valid(&serde_json::json!({ "format": "flowops.plan/v1" })));
}
