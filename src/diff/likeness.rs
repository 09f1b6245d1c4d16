//! How much alike a declared and a live skill are: evidence that one is the other under a new name.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use similar::{Algorithm, capture_diff_slices, diff_ratio};

use crate::model::{Field, Value};

/// How many of the words of both are the same and in the same order, in per cent. Only declared fields count.
pub fn likeness(declared: &BTreeMap<Field, Value>, live: &Map<String, Json>) -> u32 {
    let now: Vec<String> = declared.values().flat_map(|value| words(&value.to_shown_json())).collect();
    let then = declared.keys().filter_map(|field| live.get(field.key()));
    let then: Vec<String> = then.flat_map(words).collect();
    let operations = capture_diff_slices(Algorithm::Myers, &then, &now);
    let share = diff_ratio(&operations, then.len(), now.len());
    // A share is between 0 and 1.
    (0..=100).rev().find(|percent| f64::from(*percent) <= f64::from(share) * 100.0 + 1e-6).unwrap_or(0)
}

/// The words of a value, keys among them; a map's in the order of its keys.
fn words(value: &Json) -> Vec<String> {
    let split = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    match value {
        Json::String(text) => split(text),
        Json::Array(items) => items.iter().flat_map(words).collect(),
        Json::Object(map) => {
            let sorted: BTreeMap<&String, &Json> = map.iter().collect();
            sorted.into_iter().flat_map(|(key, value)| [vec![key.clone()], words(value)].concat()).collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => vec![value.to_string()],
    }
}
