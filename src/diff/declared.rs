//! Two declared values, by what they mean: where two targets ask for something else.

use std::collections::BTreeMap;

use super::equal::{PHONES, is_same_phone, same_number, same_text};
use super::pointer;
use crate::model::{Compare, Field, Value};

/// A place at which two declarations part. `None` is what one of them does not state.
#[derive(Debug, Clone, PartialEq)]
pub struct Parted<'v> {
    /// A JSON pointer (RFC 6901) within the skill.
    pub path: String,
    /// The field, and the keys within it.
    pub field: Field,
    /// The keys that lead to the place within the field.
    pub keys: Vec<String>,
    /// What the one states.
    pub a: Option<&'v Value>,
    /// What the other states.
    pub b: Option<&'v Value>,
}

/// The places at which two declarations of a skill part, in order. Sets are compared as sets, texts by what is read, and
/// secrets by what they refer to; nobody knows their values.
pub fn parted<'v>(a: &'v BTreeMap<Field, Value>, b: &'v BTreeMap<Field, Value>) -> Vec<Parted<'v>> {
    let mut found = Vec::new();
    for field in Field::ALL {
        part(*field, Vec::new(), (a.get(field), b.get(field)), &mut found);
    }
    found.sort_by(|a, b| (a.field, &a.path).cmp(&(b.field, &b.path)));
    found
}

type Both<'v> = (Option<&'v Value>, Option<&'v Value>);

fn part<'v>(field: Field, keys: Vec<String>, (a, b): Both<'v>, found: &mut Vec<Parted<'v>>) {
    if let (Some(Value::Map(mine)), Some(Value::Map(theirs))) = (a, b) {
        let has_case = keys.last().is_none_or(|key| key != "headers");
        let is_key = |one: &str, other: &str| one == other || (!has_case && one.eq_ignore_ascii_case(other));
        for (key, a) in mine.iter() {
            let b = theirs.iter().find(|(other, _)| is_key(key, other)).map(|(_, value)| value);
            part(field, below(&keys, key), (Some(a), b), found);
        }
        for (key, b) in theirs.iter().filter(|(key, _)| !mine.keys().any(|other| is_key(key, other))) {
            part(field, below(&keys, key), (None, Some(b)), found);
        }
        return;
    }
    let is_set = field.compare() == Compare::Set || keys.last().is_some_and(|key| key == "required");
    let is_same = match (a, b) {
        (None, None) => true,
        (Some(Value::List(a)), Some(Value::List(b))) if is_set => same_members(a, b),
        (Some(a), Some(b)) => same(keys.last().map_or(field.key(), String::as_str), a, b),
        (Some(_), None) | (None, Some(_)) => false,
    };
    if !is_same {
        let path = std::iter::once(field.key()).chain(keys.iter().map(String::as_str));
        let path = path.map(|key| format!("/{}", pointer(key))).collect::<Vec<_>>().concat();
        found.push(Parted { path, field, keys, a, b });
    }
}

fn below(keys: &[String], key: &str) -> Vec<String> {
    keys.iter().cloned().chain([key.to_owned()]).collect()
}

/// Whether two declared values under a key mean the same.
fn same(key: &str, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        (Value::Text(a), Value::Text(b)) => same_text(a, b) || (PHONES.contains(&key) && is_same_phone(a, b)),
        (Value::Secret(a), Value::Secret(b)) => a == b,
        (Value::List(a), Value::List(b)) if key == "required" => same_members(a, b),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(key, a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(key, a, b)))
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Secret(_)
            | Value::List(_)
            | Value::Map(_),
            _,
        ) => false,
    }
}

fn same_members(a: &[Value], b: &[Value]) -> bool {
    let within = |some: &[Value], all: &[Value]| some.iter().all(|one| all.iter().any(|other| same("", one, other)));
    within(a, b) && within(b, a)
}
