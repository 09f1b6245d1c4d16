//! What a change of a skill's parameters breaks.

use flowops::diff::{Class, Sides, parameters};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

/// What is said of a change, each as `class: what`.
fn said(before: &Json, after: &Json) -> Vec<String> {
    let side = |schema| Sides { schema: Some(schema), required: None };
    let found = parameters(side(before), side(after));
    found.iter().map(|change| format!("{}: {}", change.class.word(), change.what)).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn object(properties: Json, required: &[&str]) -> Json {
    json!({ "type": "object", "properties": properties, "required": required })
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn one(before: Json, after: Json, expected: &[&str]) {
    let (before, after) = (object(json!({ "a": before }), &[]), object(json!({ "a": after }), &[]));
    assert_eq!(said(&before, &after), expected, "{before} → {after}");
}

#[test]
fn what_is_gone_new_or_needed_is_told_apart() {
    let text = json!({ "type": "string" });
    let empty = object(json!({}), &[]);
    let a = object(json!({ "a": text }), &[]);
    let needed = object(json!({ "a": text }), &["a"]);
    assert_eq!(said(&a, &a), [""; 0]);
    assert_eq!(said(&a, &empty), ["breaking: parameter `a` is removed"]);
    assert_eq!(said(&empty, &a), ["compatible: parameter `a` is new and optional"]);
    assert_eq!(said(&empty, &needed), ["breaking: parameter `a` is new and required"]);
    assert_eq!(said(&a, &needed), ["breaking: parameter `a` becomes required"]);
    assert_eq!(said(&needed, &a), ["behavioural: parameter `a` becomes optional"]);
    let b = object(json!({ "b": text }), &[]);
    assert_eq!(said(&a, &b), ["breaking: parameter `a` is renamed to `b`"]);
    let c = object(json!({ "c": { "type": "number" } }), &[]);
    assert_eq!(
        said(&a, &c),
        ["breaking: parameter `a` is removed", "compatible: parameter `c` is new and optional"],
        "another type is another parameter"
    );
}

#[test]
fn either_list_of_required_parameters_counts() {
    let schema = object(json!({ "a": { "type": "string" } }), &[]);
    let with = |required: &Json| -> Vec<Class> {
        let before = Sides { schema: Some(&schema), required: None };
        let after = Sides { schema: Some(&schema), required: Some(required) };
        parameters(before, after).iter().map(|change| change.class).collect()
    };
    assert_eq!(with(&json!(["a"])), [Class::Breaking]);
    assert_eq!(with(&json!([])), []);
    let none = parameters(Sides::default(), Sides::default());
    assert_eq!(none, []);
}

#[test]
fn what_takes_less_breaks_and_what_takes_more_does_not() {
    one(json!({ "type": "string" }), json!({ "type": "number" }), &["breaking: parameter `a` has another type"]);
    one(json!({ "type": "number" }), json!({ "type": "integer" }), &["breaking: parameter `a` takes fewer types"]);
    one(json!({ "type": "integer" }), json!({ "type": "number" }), &["compatible: parameter `a` takes more types"]);
    one(
        json!({ "type": ["string", "null"] }),
        json!({ "type": "string" }),
        &["breaking: parameter `a` takes fewer types"],
    );
    one(json!({}), json!({ "type": "string" }), &["breaking: parameter `a` takes fewer types"]);
    one(
        json!({ "enum": ["x", "y"] }),
        json!({ "enum": ["x"] }),
        &["breaking: parameter `a` no longer takes every listed value"],
    );
    one(
        json!({ "enum": ["x"] }),
        json!({ "enum": ["y", "x"] }),
        &["compatible: parameter `a` takes more listed values"],
    );
    one(json!({ "enum": ["x", "y"] }), json!({ "enum": ["y", "x"] }), &[]);
    one(json!({}), json!({ "enum": ["x"] }), &["breaking: parameter `a` takes listed values only"]);
    one(json!({ "enum": ["x"] }), json!({}), &["compatible: parameter `a` takes unlisted values, too"]);
    one(json!({ "maxLength": 9 }), json!({ "maxLength": 5 }), &["breaking: parameter `a` allows less by `maxLength`"]);
    one(
        json!({ "maxLength": 5 }),
        json!({ "maxLength": 9 }),
        &["compatible: parameter `a` allows more by `maxLength`"],
    );
    one(json!({}), json!({ "minimum": 1 }), &["breaking: parameter `a` allows less by `minimum`"]);
    one(json!({ "minimum": 1 }), json!({}), &["compatible: parameter `a` allows more by `minimum`"]);
    one(json!({}), json!({ "pattern": "^x" }), &["breaking: parameter `a` has another `pattern`"]);
    one(json!({ "pattern": "^x" }), json!({}), &["compatible: parameter `a` has no `pattern` any more"]);
}

#[test]
fn what_only_tells_the_model_something_is_behavioural() {
    one(
        json!({ "type": "string", "description": "One." }),
        json!({ "type": "string", "description": "Two." }),
        &["behavioural: parameter `a`: the note `description` differs"],
    );
    one(
        json!({ "anyOf": [] }),
        json!({ "anyOf": [{}] }),
        &["behavioural: parameter `a`: what is meant by `anyOf` differs"],
    );
}

#[test]
fn what_stands_inside_a_parameter_is_named_by_its_path() {
    let address = |properties: Json| json!({ "type": "object", "properties": properties });
    one(
        address(json!({ "zip": { "type": "string" } })),
        address(json!({})),
        &["breaking: parameter `a.zip` is removed"],
    );
    one(
        json!({ "type": "array", "items": { "type": "number" } }),
        json!({ "type": "array", "items": { "type": "string" } }),
        &["breaking: parameter `a[]` has another type"],
    );
}

#[test]
fn what_is_said_of_all_parameters_together_counts_as_well() {
    let open = object(json!({}), &[]);
    let with = |key: &str, value: Json| {
        let mut schema = open.clone();
        schema[key] = value;
        schema
    };
    let closed = with("additionalProperties", json!(false));
    assert_eq!(said(&open, &closed), ["breaking: the whole of the parameters takes fewer unlisted names"]);
    assert_eq!(said(&closed, &open), ["compatible: the whole of the parameters takes any unlisted name"]);
    let texts = with("additionalProperties", json!({ "type": "string" }));
    assert_eq!(said(&open, &texts), ["breaking: the whole of the parameters takes fewer unlisted names"]);
    let numbers = with("additionalProperties", json!({ "type": "number" }));
    assert_eq!(said(&texts, &numbers), ["breaking: parameter `*` has another type"]);
    let few = with("minProperties", json!(1));
    assert_eq!(said(&open, &few), ["breaking: the whole of the parameters allows less by `minProperties`"]);
    let odd = with("anyOf", json!([{}]));
    assert_eq!(said(&open, &odd), ["behavioural: the whole of the parameters: what is meant by `anyOf` differs"]);
}

/// A schema of a parameter, of the keywords that are compared by their meaning.
fn schema() -> impl Strategy<Value = Json> {
    let kinds = prop::option::of(prop::sample::subsequence(vec!["string", "integer", "number", "boolean"], 1..3));
    let members = prop::option::weighted(
        0.3,
        prop::sample::subsequence(vec![json!("x"), json!("xyz"), json!(1), json!(2.5)], 1..4),
    );
    let bound = || prop::option::weighted(0.3, 0..4_u32);
    (kinds, members, bound(), bound(), bound(), bound(), prop::bool::ANY).prop_map(
        |(kinds, members, least, most, shortest, longest, is_closed)| {
            let mut map = Map::new();
            let mut set = |key: &str, value: Option<Json>| value.map(|value| map.insert(key.to_owned(), value));
            set("type", kinds.map(|kinds| json!(kinds)));
            set("enum", members.map(|members| json!(members)));
            set("minimum", least.map(|bound| json!(bound)));
            set("maximum", most.map(|bound| json!(bound)));
            set("minLength", shortest.map(|bound| json!(bound)));
            set("maxLength", longest.map(|bound| json!(bound)));
            set("additionalProperties", is_closed.then_some(json!(false)));
            Json::Object(map)
        },
    )
}

fn schemas() -> impl Strategy<Value = Json> {
    let properties = prop::collection::btree_map("[ab]", schema(), 0..3);
    (properties, prop::sample::subsequence(vec!["a", "b"], 0..3)).prop_map(|(properties, required)| {
        let required: Vec<&str> = required.into_iter().filter(|name| properties.contains_key(*name)).collect();
        object(json!(properties), &required)
    })
}

fn call() -> impl Strategy<Value = Json> {
    let values = vec![json!("x"), json!("xyz"), json!(""), json!(1), json!(2.5), json!(true), json!(0), json!(3)];
    prop::collection::btree_map("[ab]", prop::sample::select(values), 0..3).prop_map(|map| json!(map))
}

proptest! {
    /// Where nothing is breaking, every call that was good is good still; the judge is a validator of its own.
    #[test]
    fn where_nothing_breaks_every_good_call_stays_good(before in schemas(), after in schemas(), calls in prop::collection::vec(call(), 24)) {
        let said = parameters(Sides { schema: Some(&before), required: None }, Sides { schema: Some(&after), required: None });
        if said.iter().all(|change| change.class != Class::Breaking) {
            // Nobody was asked for what was not listed.
            let is_listed = |call: &Json| call.as_object().unwrap().keys().all(|name| before["properties"].get(name).is_some());
            for call in calls.iter().filter(|call| is_listed(call) && jsonschema::is_valid(&before, call)) {
                prop_assert!(jsonschema::is_valid(&after, call), "{} is good in {} and not in {}", call, before, after);
            }
        }
        let mut sorted = said.clone();
        sorted.sort();
        prop_assert_eq!(&said, &sorted);
        prop_assert_eq!(said.is_empty(), parameters(Sides { schema: Some(&after), required: None }, Sides { schema: Some(&before), required: None }).is_empty());
    }
}
