//! When a declared and a live value mean the same.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Map, Number, Value as Json};
use unicode_normalization::UnicodeNormalization as _;

use crate::model::{Channel, Entries, Field, Value, e164, is_masked};

/// Keys whose values are phone numbers, which the server may rewrite to E.164.
pub(super) const PHONES: [&str; 2] = ["destination", "phone"];

/// What the server adds to a row of a roster.
pub(super) const COORDINATES: [&str; 2] = ["lat", "lng"];

/// Whether a live value is what clearing a field leaves: nothing, or the field's default.
///
/// Only the defaults of `stakes` and `availabilityWindow` are documented; the others are the obvious ones.
pub(super) fn is_cleared(field: Field, live: Option<&Json>) -> bool {
    let Some(live) = live.filter(|live| !is_nothing(live)) else { return true };
    match field {
        Field::Stakes => live == "low",
        Field::AvailabilityWindow => live == "both",
        Field::VerificationLevel => live == "none",
        Field::ToolMode => live == "two_way",
        Field::IsEnabled => live == &Json::Bool(true),
        Field::IsWrite | Field::RequiresVerifiedIdentity | Field::RequiresConfirmation | Field::NonParallelizable => {
            live == &Json::Bool(false)
        }
        Field::Channels => live.as_array().is_some_and(|live| {
            let words: BTreeSet<&str> = live.iter().filter_map(Json::as_str).collect();
            words == Channel::KNOWN.iter().copied().collect()
        }),
        Field::Description
        | Field::SkillType
        | Field::ParametersSchema
        | Field::RequiredParams
        | Field::ExecutionConfig
        | Field::DataEgressMap
        | Field::AllowedFields
        | Field::ErrorHandling => false,
    }
}

fn is_nothing(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

fn is_nothing_declared(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Secret(_) => false,
    }
}

/// Whether a live text that looks masked may be any declared one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Masks {
    /// It may: the place is one where secrets are allowed.
    Count,
    /// It is what it says.
    DoNotCount,
}

/// Whether a value under a key is the same on both sides.
pub(super) fn same(key: &str, value: &Value, live: Option<&Json>, masks: Masks) -> bool {
    let Some(live) = live.filter(|live| !live.is_null()) else { return is_nothing_declared(value) };
    match (value, live) {
        (Value::Null, live) => is_nothing(live),
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Number(a), Json::Number(b)) => same_number(a, b),
        (Value::Text(a), Json::String(b)) => {
            same_text(a, b)
                || (PHONES.contains(&key) && is_same_phone(a, b))
                || masks == Masks::Count && is_masked(b) && !is_masked(a)
        }
        // The reference's value is not known here: what is there may well be it.
        (Value::Secret(_), Json::String(_)) => true,
        (Value::List(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(key, a, Some(b), masks))
        }
        (Value::Map(a), Json::Object(b)) => same_map(a, b, &[], masks),
        (Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) | Value::List(_) | Value::Map(_), _) => {
            false
        }
    }
}

/// Whether two maps are the same; live keys in `filled` do not count where they are not declared.
fn same_map(declared: &Entries, live: &Map<String, Json>, filled: &[&str], masks: Masks) -> bool {
    declared.iter().all(|(key, value)| {
        let live = live.get(&**key);
        if &**key == "required" { same_set(value, live) } else { same(key, value, live, masks) }
    }) && live
        .iter()
        .all(|(key, value)| declared.contains_key(key.as_str()) || value.is_null() || filled.contains(&key.as_str()))
}

/// A value that may be hidden on read: masked, or a reference.
pub(super) fn same_hidden(value: &Value, live: Option<&Json>) -> bool {
    same("", value, live, Masks::Count) || live.and_then(Json::as_str).is_some_and(is_masked)
}

/// Rows in their order; coordinates that the manifest does not state are the server's.
pub(super) fn same_roster(value: &Value, live: Option<&Json>) -> bool {
    match (value, live) {
        (Value::List(rows), Some(Json::Array(current))) => {
            rows.len() == current.len()
                && rows.iter().zip(current).all(|(row, current)| match (row, current) {
                    (Value::Map(row), Json::Object(current)) => same_map(row, current, &COORDINATES, Masks::DoNotCount),
                    _ => same("", row, Some(current), Masks::DoNotCount),
                })
        }
        _ => same("", value, live, Masks::DoNotCount),
    }
}

/// Whether a declared and a live row of a roster are about the same place.
pub(super) fn same_place(row: &Value, live: &Json) -> bool {
    let stated = |key: &str| row.as_map().and_then(|cells| cells.get(key)).and_then(Value::as_text);
    ["label", "address"].iter().all(|key| stated(key) == live.get(key).and_then(Json::as_str))
}

/// Whether two lists hold the same members; order and repetition do not count.
pub(super) fn same_set(value: &Value, live: Option<&Json>) -> bool {
    match (value, live) {
        (Value::List(declared), Some(Json::Array(current))) => {
            declared.iter().all(|item| current.iter().any(|other| same("", item, Some(other), Masks::DoNotCount)))
                && current
                    .iter()
                    .all(|other| declared.iter().any(|item| same("", item, Some(other), Masks::DoNotCount)))
        }
        _ => same("", value, live, Masks::DoNotCount),
    }
}

pub(super) fn same_number(a: &Number, b: &Number) -> bool {
    match (a.as_i64(), b.as_i64(), a.as_u64(), b.as_u64()) {
        (Some(a), Some(b), _, _) => a == b,
        (_, _, Some(a), Some(b)) => a == b,
        _ => a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a.partial_cmp(&b).is_some_and(Ordering::is_eq)),
    }
}

/// Prose is the same in any Unicode normal form, with any line ends, with or without white space at its end.
pub(super) fn same_text(a: &str, b: &str) -> bool {
    a == b || plain(a).eq(plain(b))
}

/// The characters of a text without what does not count; letter by letter, since most texts part at the first.
fn plain(text: &str) -> impl Iterator<Item = char> {
    let lines = text.trim_end().split("\r\n").enumerate();
    lines.flat_map(|(number, line)| (number > 0).then_some('\n').into_iter().chain(line.chars())).nfc()
}

/// Whether two spellings mean one phone number: punctuation does not count, and a 10-digit one is a US number.
pub(super) fn is_same_phone(a: &str, b: &str) -> bool {
    matches!((e164(a), e164(b)), (Some(a), Some(b)) if a == b)
}
