//! Rules that leave a place to others: a law over generated worlds.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowops::cli::transport::Local;
use flowops::model::{Day, Field, Ignore, Place};
use flowops::report::Verdict;
use flowops::sandbox::Sandbox;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::laws::{apply, config, look};
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
