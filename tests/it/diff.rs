//! When a declared and a live value mean the same, and what is sent where they do not.

use std::collections::BTreeMap;

use flowops::diff::{
    DeclaredWords, Facts, FieldChange, LiveWords, Masked, fields, has_unreadable_headers, likeness, may_be_alike,
};
use flowops::model::{Field, Value};
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::support::value;

/// Compares one field; a live value that is `Json::Null` in the table is `null` on the server, `None` is absent.
fn compare(
    field: Field,
    declared: &Json,
    live: Option<&Json>,
    shows_headers: bool,
) -> Result<Vec<FieldChange>, Masked> {
    let declared = BTreeMap::from([(field, value(declared))]);
    let live: Map<String, Json> = live.map(|live| (field.key().to_owned(), live.clone())).into_iter().collect();
    fields(&declared, &live, Facts { shows_headers })
}

/// The paths at which the two part.
fn paths(field: Field, declared: &Json, live: Option<&Json>) -> Vec<String> {
    let changes = compare(field, declared, live, true).unwrap();
    changes.iter().flat_map(|change| &change.differences).map(|difference| difference.path.clone()).collect()
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn same(field: Field, declared: Json, live: Json) {
    let found = paths(field, &declared, Some(&live));
    assert!(found.is_empty(), "{field}: {declared} and {live} part at {found:?}");
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a table reads better without borrows")]
fn differs(field: Field, declared: Json, live: Json, at: &[&str]) {
    assert_eq!(paths(field, &declared, Some(&live)), at, "{field}: {declared} and {live}");
}

use Field::{
    AllowedFields, AvailabilityWindow, Channels, DataEgressMap, Description, ErrorHandling, ExecutionConfig, IsEnabled,
    IsWrite, ParametersSchema, RequiredParams, Stakes, ToolMode, VerificationLevel,
};

#[test]
fn prose_is_the_same_in_any_spelling_of_the_same_characters() {
    same(Description, json!("One\nTwo"), json!("One\r\nTwo"));
    same(Description, json!("One\n"), json!("One"));
    same(Description, json!("One"), json!("One \n\n"));
    same(Description, json!("Gr\u{f6}\u{df}e"), json!("Gro\u{308}\u{df}e"));
    differs(Description, json!("One"), json!(" One"), &["/description"]);
    differs(Description, json!("One Two"), json!("One  Two"), &["/description"]);
    differs(Description, json!("One\nTwo"), json!("One Two"), &["/description"]);
    differs(Description, json!("one"), json!("One"), &["/description"]);
    differs(Description, json!("One"), json!(1), &["/description"]);
}

#[test]
fn asterisks_in_prose_are_no_mask() {
    differs(Description, json!("Looks up an order."), json!("*** DO NOT USE ***"), &["/description"]);
    differs(Description, json!("Looks up an order."), json!("********"), &["/description"]);
    differs(DataEgressMap, json!({ "name": "CRM" }), json!({ "name": "***" }), &["/dataEgressMap/name"]);
    let (declared, live) = (json!({ "intro": "A caller asks." }), json!({ "intro": "*** A robot asks, beware! ***" }));
    differs(ExecutionConfig, declared, live, &["/executionConfig/intro"]);
}

#[test]
fn numbers_are_the_same_by_their_value() {
    let config = |number: Json| json!({ "radius_miles": number });
    same(ExecutionConfig, config(json!(1)), config(json!(1.0)));
    same(ExecutionConfig, config(json!(0.1)), config(json!(0.1)));
    same(ExecutionConfig, config(json!(u64::MAX)), config(json!(u64::MAX)));
    differs(ExecutionConfig, config(json!(1)), config(json!(1.5)), &["/executionConfig/radius_miles"]);
    differs(ExecutionConfig, config(json!(-1)), config(json!(u64::MAX)), &["/executionConfig/radius_miles"]);
    differs(ExecutionConfig, config(json!(1)), config(json!("1")), &["/executionConfig/radius_miles"]);
    differs(ExecutionConfig, config(json!(1)), config(json!(true)), &["/executionConfig/radius_miles"]);
    differs(
        ExecutionConfig,
        config(json!(9_007_199_254_740_993_i64)),
        config(json!(9_007_199_254_740_992_i64)),
        &["/executionConfig/radius_miles"],
    );
}

#[test]
fn phone_numbers_are_the_same_in_any_punctuation() {
    let config = |phone: &str| json!({ "destination": phone });
    for phone in ["+15035550199", "503-555-0199", "(503) 555-0199", "1 503 555 0199", "+1.503.555.0199"] {
        same(ExecutionConfig, config(phone), config("+15035550199"));
        same(ExecutionConfig, config("+1 503 555 0199"), config(phone));
    }
    for phone in ["+15035550198", "+445035550199", "5550199", "sip:desk@example.com", "+1503555019x", ""] {
        differs(ExecutionConfig, config("+15035550199"), config(phone), &["/executionConfig/destination"]);
    }
    let subject = |text: &str| json!({ "subject": text });
    differs(ExecutionConfig, subject("503-555-0199"), subject("+15035550199"), &["/executionConfig/subject"]);
}

#[test]
fn a_roster_keeps_the_coordinates_that_the_server_found() {
    let row = |label: &str, phone: &str| json!({ "label": label, "address": "1 Main St", "phone": phone });
    let found = |label: &str| json!({ "label": label, "address": "1 Main St", "phone": "+15035550199", "lat": 45.5, "lng": -122.6 });
    let roster = |rows: &[Json]| json!({ "roster": rows });
    let (a, b) = (row("A", "503-555-0199"), row("B", "503-555-0199"));
    same(ExecutionConfig, roster(&[a.clone(), b.clone()]), roster(&[found("A"), found("B")]));
    let at = ["/executionConfig/roster"];
    differs(ExecutionConfig, roster(&[a.clone(), b.clone()]), roster(&[found("B"), found("A")]), &at);
    differs(ExecutionConfig, roster(std::slice::from_ref(&a)), roster(&[found("A"), found("B")]), &at);
    differs(ExecutionConfig, roster(&[row("A", "+15035550100")]), roster(&[found("A")]), &at);
    let placed = json!({ "label": "A", "address": "1 Main St", "phone": "+15035550199", "lat": 1, "lng": -122.6 });
    differs(ExecutionConfig, roster(&[placed]), roster(&[found("A")]), &at);
    differs(ExecutionConfig, roster(&[]), roster(&[found("A")]), &at);
}

#[test]
fn sets_have_no_order_and_count_nothing_twice() {
    for field in [RequiredParams, AllowedFields, Channels] {
        same(field, json!(["a", "b"]), json!(["b", "a"]));
        same(field, json!(["a", "b", "a"]), json!(["a", "b"]));
        same(field, json!([]), json!(null));
        differs(field, json!(["a"]), json!(["a", "b"]), &[&format!("/{field}")]);
        differs(field, json!(["a", "b"]), json!(["a"]), &[&format!("/{field}")]);
        differs(field, json!([]), json!(["a"]), &[&format!("/{field}")]);
        assert_eq!(paths(field, &json!(["a"]), None), [format!("/{field}")]);
        assert!(paths(field, &json!([]), None).is_empty());
    }
}

#[test]
fn null_clears_and_a_default_is_as_good_as_cleared() {
    for (field, live) in [
        (Description, json!("")),
        (ExecutionConfig, json!({})),
        (RequiredParams, json!([])),
        (Stakes, json!("low")),
        (AvailabilityWindow, json!("both")),
        (VerificationLevel, json!("none")),
        (ToolMode, json!("two_way")),
        (IsEnabled, json!(true)),
        (IsWrite, json!(false)),
        (Channels, json!(["chat", "voice"])),
        (Channels, json!(null)),
    ] {
        same(field, Json::Null, live);
        assert!(paths(field, &Json::Null, None).is_empty());
    }
    for (field, live) in [
        (Description, json!("x")),
        (ErrorHandling, json!({ "retries": 1 })),
        (Stakes, json!("high")),
        (IsEnabled, json!(false)),
        (IsWrite, json!(true)),
        (Channels, json!(["chat"])),
    ] {
        differs(field, Json::Null, live, &[&format!("/{field}")]);
        // A default that is stated is not the same as nothing.
    }
    assert_eq!(paths(Stakes, &json!("low"), None), ["/stakes"]);
    let cleared = compare(ErrorHandling, &Json::Null, Some(&json!({ "retries": 1 })), true).unwrap();
    assert_eq!(cleared[0].send, Value::Null);
}

#[test]
fn header_names_have_no_case_and_a_secret_is_taken_for_what_is_there() {
    let config = |headers: Json| json!({ "headers": headers });
    same(ExecutionConfig, config(json!({ "X-Api-Key": { "fromEnv": "K" } })), config(json!({ "x-api-key": "abc" })));
    same(ExecutionConfig, config(json!({ "Accept": "text/plain" })), config(json!({ "accept": "text/plain" })));
    same(ExecutionConfig, config(json!({ "Accept": "text/plain" })), config(json!({ "accept": "********" })));
    same(ExecutionConfig, config(json!({ "A": "Bearer x" })), config(json!({ "A": "Bearer ****" })));
    let declared = config(json!({ "Accept": "text/plain" }));
    differs(
        ExecutionConfig,
        declared.clone(),
        config(json!({ "Accept": "x/y" })),
        &["/executionConfig/headers/Accept"],
    );
    differs(
        ExecutionConfig,
        declared.clone(),
        config(json!({ "Accept": "text/plain", "X": "****" })),
        &["/executionConfig/headers/X"],
    );
    differs(ExecutionConfig, declared.clone(), config(json!({})), &["/executionConfig/headers/Accept"]);
    differs(ExecutionConfig, declared, json!({}), &["/executionConfig/headers/Accept"]);
    differs(ExecutionConfig, config(json!({})), config(json!({ "X": "y" })), &["/executionConfig/headers/X"]);
    let secret = config(json!({ "K": { "fromEnv": "K" } }));
    differs(ExecutionConfig, secret, config(json!({ "K": 7 })), &["/executionConfig/headers/K"]);
}

#[test]
fn every_difference_in_headers_is_hidden() {
    let declared = json!({ "headers": { "Accept": "a" }, "url": "https://a.example", "api_token": "b" });
    let live = json!({ "headers": { "Accept": "b", "X": "c" }, "url": "https://b.example", "api_token": "c" });
    let changes = compare(ExecutionConfig, &declared, Some(&live), true).unwrap();
    let hidden: Vec<(&str, bool)> =
        changes[0].differences.iter().map(|difference| (difference.path.as_str(), difference.is_sensitive)).collect();
    assert_eq!(
        hidden,
        [
            ("/executionConfig/headers/Accept", true),
            ("/executionConfig/headers/X", true),
            ("/executionConfig/url", false),
            ("/executionConfig/api_token", true),
        ]
    );
}

#[test]
fn headers_that_no_skill_shows_are_no_difference_but_are_said() {
    let declared = json!({ "headers": { "Accept": "a" } });
    for live in [json!({}), json!({ "headers": null })] {
        assert!(compare(ExecutionConfig, &declared, Some(&live), false).unwrap().is_empty());
    }
    let shown = json!({ "headers": {} });
    assert_eq!(compare(ExecutionConfig, &declared, Some(&shown), false).unwrap().len(), 1);
    let declared = BTreeMap::from([(ExecutionConfig, value(&declared))]);
    let live = |config: Json| Map::from_iter([("executionConfig".to_owned(), config)]);
    let unreadable =
        |config: Json, shows_headers: bool| has_unreadable_headers(&declared, &live(config), Facts { shows_headers });
    assert!(unreadable(json!({}), false));
    assert!(!unreadable(json!({}), true));
    assert!(!unreadable(json!({ "headers": {} }), false));
}

#[test]
fn in_settings_only_declared_keys_count_at_any_depth() {
    let live = json!({ "url": "u", "timeout_ms": 4000, "retry": { "count": 1, "wait": 2 }, "list": [1, 2] });
    same(ExecutionConfig, json!({ "url": "u" }), live.clone());
    same(ExecutionConfig, json!({}), live.clone());
    same(ExecutionConfig, json!({ "retry": { "count": 1 } }), live.clone());
    same(ExecutionConfig, json!({ "absent": null }), live.clone());
    differs(ExecutionConfig, json!({ "retry": { "count": 2 } }), live.clone(), &["/executionConfig/retry/count"]);
    differs(ExecutionConfig, json!({ "url": null }), live.clone(), &["/executionConfig/url"]);
    differs(ExecutionConfig, json!({ "list": [2, 1] }), live.clone(), &["/executionConfig/list"]);
    differs(ExecutionConfig, json!({ "a/b~c": 1 }), live, &["/executionConfig/a~1b~0c"]);
    same(ErrorHandling, json!({ "retries": 1 }), json!({ "retries": 1, "more": 2 }));
}

#[test]
fn a_schema_counts_as_a_whole_but_for_what_has_no_order() {
    let schema = |required: Json| json!({ "type": "object", "properties": { "a": { "type": "string" }, "b": {} }, "required": required });
    same(ParametersSchema, schema(json!(["a", "b"])), schema(json!(["b", "a"])));
    same(
        ParametersSchema,
        json!({ "properties": {}, "type": "object" }),
        json!({ "type": "object", "properties": {}, "title": null }),
    );
    differs(ParametersSchema, schema(json!(["a"])), schema(json!(["b"])), &["/parametersSchema/required"]);
    differs(
        ParametersSchema,
        json!({ "type": "object", "properties": {} }),
        schema(json!([])),
        &["/parametersSchema/properties/a", "/parametersSchema/properties/b", "/parametersSchema/required"],
    );
    differs(DataEgressMap, json!({ "a": "x" }), json!({ "a": "x", "b": "y" }), &["/dataEgressMap/b"]);
}

fn sent(declared: &Json, live: &Json) -> Json {
    let changes = compare(ExecutionConfig, declared, Some(live), true).unwrap();
    changes[0].send.to_shown_json()
}

#[test]
fn what_is_sent_is_declared_over_live() {
    let live = json!({ "url": "u", "timeout_ms": 4000, "retry": { "count": 1, "wait": 2 }, "headers": { "old": "x" } });
    let declared =
        json!({ "url": "v", "retry": { "count": 2 }, "method": "POST", "headers": { "K": { "fromEnv": "K" } } });
    assert_eq!(
        sent(&declared, &live),
        json!({
            "url": "v", "timeout_ms": 4000, "retry": { "count": 2, "wait": 2 },
            "headers": { "K": { "fromEnv": "K" } }, "method": "POST",
        }),
        "headers are one value: what is not declared goes"
    );
    let cleared = sent(&json!({ "timeout_ms": null }), &live);
    assert_eq!((&cleared["timeout_ms"], &cleared["url"]), (&Json::Null, &json!("u")));
    let whole = compare(DataEgressMap, &json!({ "a": "x" }), Some(&json!({ "b": "y" })), true).unwrap();
    assert_eq!(whole[0].send.to_shown_json(), json!({ "a": "x" }));
}

#[test]
fn a_roster_that_is_sent_keeps_coordinates_of_the_same_place() {
    let live = json!({ "roster": [
        { "label": "A", "address": "1 Main St", "phone": "+15035550100", "lat": 45.5, "lng": -122.6 },
        { "label": "B", "address": "2 Main St", "phone": "+15035550101", "lat": 45.6, "lng": -122.7 },
    ] });
    let declared = json!({ "roster": [
        { "label": "B", "address": "2 Main St", "phone": "+15035550199" },
        { "label": "A", "address": "9 Other St", "phone": "+15035550100" },
        { "label": "C", "address": "3 Main St", "lat": 1.0, "lng": 2.0 },
    ] });
    assert_eq!(
        sent(&declared, &live)["roster"],
        json!([
            { "label": "B", "address": "2 Main St", "phone": "+15035550199", "lat": 45.6, "lng": -122.7 },
            { "label": "A", "address": "9 Other St", "phone": "+15035550100" },
            { "label": "C", "address": "3 Main St", "lat": 1.0, "lng": 2.0 },
        ])
    );
}

#[test]
fn a_mask_that_nobody_declares_is_never_sent_back() {
    let masked = |live: Json| compare(ExecutionConfig, &json!({ "url": "v" }), Some(&live), true).unwrap_err().path;
    assert_eq!(masked(json!({ "url": "u", "headers": { "K": "****" } })), "/executionConfig/headers");
    assert_eq!(masked(json!({ "url": "u", "api_key": "sk_live_****1234" })), "/executionConfig/api_key");
    assert_eq!(masked(json!({ "url": "u", "deep": [{ "x": "\u{2022}\u{2022}\u{2022}" }] })), "/executionConfig/deep");
    let declared = json!({ "url": "v", "headers": { "K": { "fromEnv": "K" } } });
    let live = json!({ "url": "u", "headers": { "K": "****" } });
    assert_eq!(sent(&declared, &live), declared, "what is declared replaces the mask");
    let same = compare(ExecutionConfig, &json!({ "url": "u" }), Some(&live), true).unwrap();
    assert!(same.is_empty(), "nothing is sent, so nothing is in danger");
}

/// A declared and a live skill of a few words each, out of few, so that many are the same.
fn two_skills() -> impl Strategy<Value = (DeclaredWords, LiveWords)> {
    let text = || prop::collection::vec("[a-d]{1,2}", 0..12).prop_map(|words| words.join(" "));
    (text(), text(), text(), text(), any::<bool>()).prop_map(|(one, other, live, live_other, is_whole)| {
        let mut declared = BTreeMap::from([(Description, value(&json!(one)))]);
        if is_whole {
            declared.insert(ExecutionConfig, value(&json!({ "message": other })));
        }
        let live = json!({ "description": live, "executionConfig": { "message": live_other }, "stakes": "low" });
        (DeclaredWords::new(&declared), LiveWords::new(live.as_object().unwrap()))
    })
}

proptest! {
    #![proptest_config(crate::laws::config())]

    /// What is told at a glance is never alike, however closely one looks.
    #[test]
    fn whether_two_skills_may_be_alike_is_never_told_wrong((declared, live) in two_skills(), percent in 0..=100_usize) {
        if likeness(&declared, &live) >= percent {
            prop_assert!(may_be_alike(&declared, &live, percent));
        }
    }
}

/// Of hundreds of new skills and hundreds of live ones only those are compared word by word that may be the same.
#[test]
fn of_many_skills_only_those_that_may_be_alike_are_compared_closely() {
    let text = |number: usize| format!("Looks up order {number} in shop s{number} and says so {}.", number % 13);
    let declared = |number: usize| {
        let config = json!({ "url": format!("https://api.example.com/{number}"), "method": "GET" });
        let fields = [(Description, value(&json!(text(number)))), (ExecutionConfig, value(&config))];
        DeclaredWords::new(&BTreeMap::from(fields))
    };
    let live = |number: usize| {
        let config = json!({ "url": format!("https://api.example.com/{number}"), "method": "POST" });
        let live = json!({ "description": text(number), "executionConfig": config });
        LiveWords::new(live.as_object().unwrap())
    };
    let (new, there): (Vec<_>, Vec<_>) = (0..400).map(|number| (declared(number), live(number))).unzip();
    let close: Vec<(usize, usize)> = (0..400)
        .flat_map(|one| (0..400).map(move |other| (one, other)))
        .filter(|(one, other)| may_be_alike(&new[*one], &there[*other], 80))
        .collect();
    assert!(close.iter().all(|(one, other)| one == other), "{} pairs", close.len());
    assert_eq!(close.len(), 400);
}
