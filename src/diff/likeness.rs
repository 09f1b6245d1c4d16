//! How much alike a declared and a live skill are: evidence that one is the other under a new name.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::model::{Field, Value};

/// The words of a declared skill, so that it can be compared with many.
#[derive(Debug, Clone)]
pub struct DeclaredWords {
    fields: Vec<Field>,
    words: Vec<String>,
    sorted: Vec<String>,
}

/// The words of a live skill, so that it can be compared with many.
#[derive(Debug, Clone)]
pub struct LiveWords {
    fields: BTreeMap<Field, Vec<String>>,
    /// All of them in the order of the alphabet, each with its field.
    sorted: Vec<(String, Field)>,
}

impl DeclaredWords {
    /// Splits the fields into words.
    pub fn new(declared: &BTreeMap<Field, Value>) -> Self {
        let words: Vec<String> = declared.values().flat_map(|value| words(&value.to_shown_json())).collect();
        let mut sorted = words.clone();
        sorted.sort_unstable();
        Self { fields: declared.keys().copied().collect(), words, sorted }
    }
}

impl LiveWords {
    /// Splits the fields that a manifest may manage into words.
    pub fn new(live: &Map<String, Json>) -> Self {
        let of = |field: &Field| Some((*field, words(live.get(field.key())?)));
        let fields: BTreeMap<Field, Vec<String>> = Field::ALL.iter().filter_map(of).collect();
        let all = fields.iter().flat_map(|(field, words)| words.iter().map(|word| (word.clone(), *field)));
        let mut sorted: Vec<(String, Field)> = all.collect();
        sorted.sort_unstable();
        Self { fields, sorted }
    }

    /// How many there are in some fields.
    fn count(&self, fields: &[Field]) -> usize {
        fields.iter().filter_map(|field| self.fields.get(field)).map(Vec::len).sum()
    }
}

/// How many of the words of both are the same and in the same order, in per cent. Only declared fields count.
pub fn likeness(declared: &DeclaredWords, live: &LiveWords) -> usize {
    let then: Vec<&str> =
        declared.fields.iter().filter_map(|field| live.fields.get(field)).flatten().map(String::as_str).collect();
    let now: Vec<&str> = declared.words.iter().map(String::as_str).collect();
    let kept = |operation: &DiffOp| match *operation {
        DiffOp::Equal { len, .. } => len,
        DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => 0,
    };
    let same = capture_diff_slices(Algorithm::Myers, &then, &now).iter().map(kept).sum();
    share(same, then.len() + now.len())
}

/// Whether [`likeness`] may come to so many per cent, at a fraction of its price: no more words can be the same and in the
/// same order than are the same in any order.
pub fn may_be_alike(declared: &DeclaredWords, live: &LiveWords, percent: usize) -> bool {
    let (now, then) = (declared.words.len(), live.count(&declared.fields));
    share(now.min(then), now + then) >= percent && share(common(declared, live), now + then) >= percent
}

/// What part of all words of both sides is on both, in per cent; all where there are none.
fn share(same: usize, all: usize) -> usize {
    (200 * same).checked_div(all).unwrap_or(100)
}

/// How many words stand on both sides, in any order.
fn common(declared: &DeclaredWords, live: &LiveWords) -> usize {
    let mut live = live.sorted.iter().filter(|(_, field)| declared.fields.contains(field)).peekable();
    let mut common = 0;
    for word in &declared.sorted {
        while live.next_if(|(other, _)| other < word).is_some() {}
        common += usize::from(live.next_if(|(other, _)| other == word).is_some());
    }
    common
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
