//! What holds for every view of every plan.

use std::collections::BTreeMap;

use flowops::diff::{Class, ParameterChange};
use flowops::model::{ActionSlug, Field, Geocode, Moved, ProviderKind, Risk, Slug, Value, Via, looks_like_secret};
use flowops::plan::{Action, Meaning, Plan, Risky, Step};
use flowops::record::{Record, Schema};
use flowops::render::{Style, drift, plan, report};
use flowops::report::{Outcome, Proof, Report, Status};
use proptest::prelude::{Strategy, any, prop, prop_oneof};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use super::{check, json_of, machine, text, validator, world};

/// No view may ever show it.
pub(super) const SENTINEL: &str = "SENTINEL";

fn in_every_style(value: &Plan, applied: &Report) -> Vec<(Style, String)> {
    let mut shown = Vec::new();
    for style in [Style::Plain, Style::Ansi] {
        shown.push((style, text(|out| plan::plan(value, style, out))));
        shown.push((style, text(|out| drift::drift(value, style, out))));
        shown.push((style, text(|out| report::report(applied, style, out))));
    }
    shown
}

fn in_json(value: &Plan, applied: &Report) -> Vec<(Schema, String)> {
    vec![
        (Schema::Plan, json_of(&Record::plan(value))),
        (Schema::Plan, json_of(&Record::drift(value))),
        (Schema::Report, json_of(&Record::report(applied))),
    ]
}

/// A report in which everything that the plan wants was done and nothing took.
pub(super) fn bounced(plan: &Plan) -> Report {
    let done = |step: &Step| Outcome {
        step: step.id.clone(),
        verb: step.action.verb(),
        agent: step.agent.clone(),
        place: step.place.clone(),
        status: Status::Done,
        sent: 1,
        notes: Vec::new(),
    };
    Report {
        plan: plan.clone(),
        outcomes: plan.steps.iter().map(done).collect(),
        proof: Proof::Fresh(Box::new(plan.clone())),
        reads: 1,
        writes: plan.writes(),
        lookups: 0,
        installed: Vec::new(),
        after: BTreeMap::new(),
    }
}

fn harmless(shown: &str, style: Style) {
    let mut bare = shown.to_owned();
    if style == Style::Ansi {
        bare = without_sgr(shown);
    }
    for line in bare.split('\n') {
        assert!(!line.chars().any(char::is_control), "{line:?}");
        assert_eq!(flowops::render::inert(line), line);
        assert!(!line.trim_start().starts_with("::"), "a CI system would take this for a command: {line:?}");
        assert!(
            !line.contains("##[") && !line.contains("##vso["),
            "a CI system would take this for a command: {line:?}"
        );
        assert_eq!(line.trim_end_matches(' '), line, "nothing trails");
    }
    assert!(shown.ends_with('\n') && !shown.ends_with("\n\n"));
}

/// The text without `ESC [ digits ; … m`, the only sequences that there may be; none goes on after its line.
fn without_sgr(shown: &str) -> String {
    let mut out = String::new();
    let mut is_open = false;
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        assert!(!is_open || !before.contains('\n'), "a style goes on after its line: {before:?}");
        out.push_str(before);
        let (numbers, after) = after.split_once('m').unwrap();
        assert!(numbers.chars().all(|c| c.is_ascii_digit() || c == ';'), "not a style: {numbers:?}");
        is_open = numbers != "0";
        rest = after;
    }
    assert!(!is_open);
    out + rest
}

#[test]
fn colours_change_nothing_but_colours() {
    for (_, value) in super::plans() {
        let applied = bounced(&value);
        let shown = in_every_style(&value, &applied);
        let (plain, styled) = shown.split_at(shown.len() / 2);
        for ((_, plain), (_, styled)) in plain.iter().zip(styled) {
            assert_eq!(plain, &without_sgr(styled));
            assert!(!plain.contains('\u{1b}'));
        }
    }
}

#[test]
fn nothing_that_is_shown_moves_hides_or_commands() {
    for (_, value) in super::plans() {
        for (style, shown) in in_every_style(&value, &bounced(&value)) {
            harmless(&shown, style);
            assert!(!shown.contains(SENTINEL), "{shown}");
        }
        for (_, shown) in in_json(&value, &bounced(&value)) {
            assert!(!shown.contains(SENTINEL), "{shown}");
            assert_eq!(flowops::render::inert(&shown), shown);
        }
    }
}

pub(super) fn awkward() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}( [a-z]{1,8}){0,40}",
        any::<String>(),
        "(::|##\\[|\n|\u{1b}|\u{202e}|\u{200b}|\t|a| ){1,12}",
        "(word |line\n){0,60}",
        "(word |/|:|\\{|\\.|#)ghp_SENTINEL0123456789012345( x|/x|\\})?",
    ]
}

/// JSON in which a sentinel stands wherever something must hide it.
fn live() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        awkward().prop_map(Json::String),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        proptest::strategy::Just(Json::Null),
        awkward().prop_map(|text| Json::String(format!("{text} flowyte_sk_{SENTINEL}0123456789 x"))),
        awkward().prop_map(|text| json!({ "headers": { "X": format!("{SENTINEL}{text}") } })),
        awkward().prop_map(|text| json!({ "api_key": [format!("{SENTINEL}{text}")] })),
        proptest::strategy::Just(json!({ "fromEnv": "FLOWOPS_X" })),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec((awkward(), inner), 0..4).prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

fn declared() -> impl Strategy<Value = BTreeMap<Field, Value>> {
    prop::collection::btree_map(
        prop::sample::select(Field::ALL),
        live().prop_map(|json| crate::support::value(&json)),
        0..5,
    )
}

fn action() -> impl Strategy<Value = Action> {
    let field = prop::sample::select(Field::ALL);
    let pair = (field, awkward(), prop::option::of(live()), prop::option::of(live()), any::<bool>());
    let change = pair.prop_map(|(field, key, before, after, is_open)| {
        let path = format!("/{}/{}", field.key(), flowops::diff::pointer(&key));
        if is_open {
            let mut change = world::sensitive(&path, Json::Null, Json::Null);
            for difference in &mut change.differences {
                (difference.before, difference.after, difference.is_sensitive) = (before.clone(), after.clone(), false);
            }
            flowops::diff::FieldChange { field, ..change }
        } else {
            world::sensitive(&path, json!(format!("{SENTINEL} {before:?}")), json!([SENTINEL, after]))
        }
    });
    let id = flowops::model::SkillId::parse("skl_1").unwrap();
    prop_oneof![
        (awkward(), declared()).prop_map(|(name, fields)| Action::Create { name: world::name(&name), fields }),
        (awkward(), declared()).prop_map(|(name, fields)| Action::UpdatePreset { name: world::name(&name), fields }),
        (awkward(), prop::option::of(awkward()), prop::collection::vec(change, 0..4)).prop_map({
            let id = id.clone();
            move |(name, was, changes)| Action::Update {
                id: id.clone(),
                name: world::name(&name),
                was: was.as_deref().map(world::former),
                changes,
                seen: world::seen(),
            }
        }),
        awkward().prop_map(move |name| Action::Delete {
            id: id.clone(),
            name: world::name(&name),
            by: None,
            seen: world::seen()
        }),
        prop::collection::vec(awkward(), 0..3).prop_map(world::publish),
        (awkward(), any::<bool>(), prop::collection::vec(awkward(), 0..3)).prop_map(|(kind, is_pack, missing)| {
            Action::Install {
                kind: ProviderKind::read(&kind),
                via: if is_pack { Via::Pack } else { Via::Actions([ActionSlug::parse("book").unwrap()].into()) },
                missing: missing.iter().map(|name| world::name(name)).collect(),
            }
        }),
    ]
}

/// What a step may mean, in odd words. A value that looks like a secret is none of a risk's.
fn meaning() -> impl Strategy<Value = Meaning> {
    let value = || prop::option::of(awkward().prop_filter("no secret", |text| !looks_like_secret(text)));
    let risk = prop::sample::select(Risk::ALL);
    let risky = (risk, value(), value()).prop_map(|(risk, from, to)| {
        let field = Field::ExecutionConfig;
        Risky { risk, field, of: None, what: None, from, to }
    });
    let class = prop::sample::select(vec![Class::Breaking, Class::Behavioural, Class::Compatible]);
    let change = (class, awkward()).prop_map(|(class, what)| ParameterChange { class, what });
    let changes = prop::collection::vec(change, 0..3);
    (prop::collection::vec(risky, 0..3), changes, any::<bool>()).prop_map(|(risks, parameters, writes)| Meaning {
        shared: Slug::parse("a-set").ok(),
        writes,
        is_high_stakes: !writes,
        drifted: risks.clone(),
        risks,
        parameters,
    })
}

/// Any plan, with odd names and texts wherever there can be one.
pub(super) fn any_plan() -> impl Strategy<Value = Plan> {
    let plans = (prop::collection::vec((action(), awkward(), meaning()), 0..5), awkward(), any::<u64>());
    plans.prop_map(|(actions, odd, number)| {
        let mut value = world::hostile();
        value.unchanged = number;
        value.target.clone_from(&odd);
        let steps = actions.into_iter().map(|(action, reason, meaning)| Step {
            id: format!("front-desk/skill/{odd}"),
            agent: world::agent("front-desk", "agt_1"),
            action,
            place: world::place("manifests/agents/front-desk.yaml", 3),
            reason,
            needs: vec![odd.clone()],
            moved: Moved::of(number & 1 == 0, number & 2 == 0),
            meaning,
            geocode: if number & 4 == 0 { Geocode::OnApply } else { Geocode::Never },
        });
        value.steps.extend(steps);
        value
    })
}

#[test]
fn no_view_of_any_plan_fails_shows_a_secret_or_changes_its_mind() {
    let plan_schema = validator(Schema::Plan);
    let report_schema = validator(Schema::Report);
    let mut runner = TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() });
    runner
        .run(&any_plan(), |value| {
            let applied = bounced(&value);
            let views = in_every_style(&value, &applied);
            let (plain, styled) = views.split_at(views.len() / 2);
            for ((_, plain), (_, styled)) in plain.iter().zip(styled) {
                assert_eq!(plain, &without_sgr(styled), "rendered twice, it reads the same");
            }
            for (style, shown) in views {
                harmless(&shown, style);
                assert!(!shown.contains(SENTINEL), "{shown}");
            }
            let formats = in_json(&value, &applied);
            assert!(formats == in_json(&value, &applied), "the same plan gives the same bytes");
            for (schema, shown) in formats {
                assert!(!shown.contains(SENTINEL), "{shown}");
                check(if schema == Schema::Plan { &plan_schema } else { &report_schema }, &shown);
            }
            for record in [Record::plan(&value), Record::drift(&value), Record::report(&applied)] {
                for shown in machine::sound(&record) {
                    assert!(!shown.contains(SENTINEL), "{shown}");
                }
            }
            Ok(())
        })
        .unwrap();
}
