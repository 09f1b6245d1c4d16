//! Who moved: base × declared × live, place by place.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{Difference, Facts, differences};
use crate::model::{Compare, Field, Moved, Value};

/// What tells of each place of a skill who moved since a base.
pub struct Told<'a> {
    declared: &'a BTreeMap<Field, Value>,
    base: &'a BTreeMap<Field, Value>,
    /// Where live parts from what was stated at the base.
    before: Vec<(Field, Difference)>,
}

impl<'a> Told<'a> {
    /// Takes what a manifest states, what it stated at the base, and what is live.
    pub fn new(
        declared: &'a BTreeMap<Field, Value>,
        base: &'a BTreeMap<Field, Value>,
        live: &Map<String, Json>,
        facts: Facts,
    ) -> Self {
        Self { declared, base, before: differences(base, live, facts) }
    }

    /// Who moved at a place: a JSON pointer that begins with the field.
    ///
    /// A place that the manifest did not state then is one that it began to manage, so the manifest moved.
    pub fn moved(&self, field: Field, path: &str) -> Moved {
        let Self { declared, base, before } = self;
        let is_managed = base.contains_key(&field);
        let manifest = !is_managed || !is_same(field, stated(base, field, path), stated(declared, field, path));
        let live = is_managed && before.iter().any(|(_, before)| is_within(&before.path, path));
        Moved::of(manifest, live)
    }
}

/// Whether two places are the same, or one lies within the other.
fn is_within(one: &str, other: &str) -> bool {
    let is_below = |low: &str, high: &str| low.strip_prefix(high).is_some_and(|rest| rest.starts_with('/'));
    one == other || is_below(one, other) || is_below(other, one)
}

/// What a manifest states at a place: a JSON pointer that begins with the field.
fn stated<'v>(fields: &'v BTreeMap<Field, Value>, field: Field, path: &str) -> Option<&'v Value> {
    path.split('/').skip(2).try_fold(fields.get(&field)?, |value, token| {
        let key = token.replace("~1", "/").replace("~0", "~");
        let map = value.as_map()?;
        map.get(&*key).or_else(|| map.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key)).map(|(_, value)| value))
    })
}

fn is_same(field: Field, one: Option<&Value>, other: Option<&Value>) -> bool {
    match (field.compare(), one, other) {
        (Compare::Set, Some(Value::List(one)), Some(Value::List(other))) => {
            one.iter().all(|item| other.contains(item)) && other.iter().all(|item| one.contains(item))
        }
        (Compare::Set | Compare::Whole | Compare::DeclaredKeys, one, other) => one == other,
    }
}
