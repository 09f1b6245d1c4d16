//! Rules that leave a place to others: a law over generated worlds.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowops::cli::exit::Exit;
use flowops::cli::transport::Local;
use flowops::model::{Day, Field, Ignore, Place};
use flowops::plan::Hold;
use flowops::report::Verdict;
use flowops::sandbox::{Sandbox, Store};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::laws::{apply, config, look};
use super::scene::{Scene, read};
use super::world::world;

/// Fields, and keys within them.
const PLACES: [(Field, &[&str]); 5] = [
    (Field::Description, &[]),
    (Field::Stakes, &[]),
    (Field::ExecutionConfig, &["url"]),
    (Field::ExecutionConfig, &["timeout_ms"]),
    (Field::ErrorHandling, &["fallback", "message"]),
];

fn rule((field, keys): (Field, &[&str])) -> Ignore {
    Ignore {
        address: "*/*".to_owned(),
        field,
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        owner: "a test".to_owned(),
        reason: "to see".to_owned(),
        expires: Day::parse("2027-01-31").unwrap(),
        place: Place::start_of("flowops.yaml"),
    }
}

/// What stands at a place of each live skill, by id.
fn there(sandbox: &Sandbox, rule: &Ignore) -> BTreeMap<String, Option<Json>> {
    let all = sandbox.with_store(|store| {
        let agents: Vec<_> = store.agents().map(|(id, _)| id.clone()).collect();
        agents.iter().flat_map(|agent| store.skills_of(agent)).collect::<Vec<_>>()
    });
    let value = |fields: &serde_json::Map<String, Json>| {
        rule.keys.iter().try_fold(fields.get(rule.field.key())?, |value, key| value.get(key)).cloned()
    };
    all.unwrap().into_iter().map(|(id, fields)| (id.to_string(), value(&fields))).collect()
}

proptest! {
    #![proptest_config(config())]

    /// It stays as it is on every skill that was there, and nothing is left to do for it.
    #[test]
    fn what_is_left_to_others_is_not_written_and_not_wanted(world in world(), place in 0..PLACES.len()) {
        let sandbox = Arc::new(world.sandbox());
        let mut desired = world.desired();
        let rule = rule(PLACES[place]);
        desired.policy.ignore.push(rule.clone());
        let before = there(&sandbox, &rule);
        let report = apply(&sandbox, &desired, 1);
        for (id, value) in there(&sandbox, &rule) {
            // A value that was never there may be cleared or made with the skill; one that was there stays.
            if let Some(Some(before)) = before.get(&id) {
                prop_assert_eq!(value.as_ref(), Some(before), "{} of {}", rule.path(), id);
            }
        }
        prop_assume!(matches!(report.verdict(), Verdict::Applied | Verdict::Guarded));
        let (_, again) = look(&Local::new(Arc::clone(&sandbox)), &desired);
        prop_assert!(again.steps.is_empty(), "{:?}", again.steps);
    }
}

/// A secret that others keep, and that the server shows as a mask, holds nothing as long as it need not be sent.
#[test]
fn a_masked_value_that_a_rule_leaves_to_others_holds_nothing_that_can_be_sent_without_it() {
    let manifest = |description: &str, url: &str| {
        format!(
            "apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: desk }}\nspec:\n  match: {{ name: Front Desk }}\n  \
             skills:\n    - name: First\n      description: {description}\n      skillType: http_webhook\n      \
             executionConfig: {{ url: '{url}', headers: {{ X-Api-Key: {{ fromEnv: FLOWOPS_SECRET_KEY }} }} }}\n"
        )
    };
    let mut store = Store::new(3);
    let agent = store.seed_agent(None, "Front Desk");
    let stored = json!({
        "name": "First", "description": "One.", "skillType": "http_webhook",
        "executionConfig": { "url": "https://api.example.com/x", "headers": { "X-Api-Key": "kept-by-others" } },
    });
    store.seed_skill(&agent, stored.as_object().cloned().unwrap());
    let scene = |description: &str, url: &str| {
        let mut desired = read(&manifest(description, url));
        desired.policy.ignore.push(rule((Field::ExecutionConfig, &["headers"])));
        Scene::new(desired, store.clone()).quirks("secrets=masked")
    };
    scene("One.", "https://api.example.com/x").plans(Exit::Ok);
    let played = scene("Other.", "https://api.example.com/x").plays(Exit::Ok);
    assert_eq!(played.skill("First")["executionConfig"]["headers"]["X-Api-Key"], "kept-by-others");
    // The field can only be sent as a whole, and the mask would be written over what others keep.
    let plan = scene("One.", "https://api.example.com/other").plans(Exit::Guarded);
    assert_eq!(plan.held.iter().map(|held| held.hold).collect::<Vec<_>>(), [Hold::Masked]);
}
