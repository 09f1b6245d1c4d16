//! What the server makes of fields before it keeps them.

use serde_json::{Map, Value as Json};

use super::geocode::coordinates;
use super::quirk::{Phones, Quirks, Rosters, Sets, Text};
use crate::model::{Compare, Field};

/// Rewrites fields as the quirks say.
pub(super) fn rewrite(quirks: Quirks, fields: &mut Map<String, Json>) {
    if quirks.text == Text::Trimmed {
        fields.values_mut().for_each(trim);
    }
    if quirks.sets == Sets::Sorted {
        for set in Field::ALL.iter().filter(|field| field.compare() == Compare::Set) {
            sort(fields, set.key());
        }
    }
    let Some(config) = fields.get_mut(Field::ExecutionConfig.key()).and_then(Json::as_object_mut) else { return };
    if quirks.phones == Phones::Rewritten {
        dial(config, "destination");
    }
    let roster = config.get_mut("roster").and_then(Json::as_array_mut);
    for entry in roster.into_iter().flatten().filter_map(Json::as_object_mut) {
        if quirks.phones == Phones::Rewritten {
            dial(entry, "phone");
        }
        if quirks.rosters == Rosters::Geocoded {
            geocode(entry);
        }
    }
}

fn trim(value: &mut Json) {
    match value {
        Json::String(text) => text.truncate(text.trim_end().len()),
        Json::Array(items) => items.iter_mut().for_each(trim),
        Json::Object(map) => map.values_mut().for_each(trim),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn sort(fields: &mut Map<String, Json>, set: &str) {
    if let Some(Json::Array(items)) = fields.get_mut(set) {
        items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
        items.dedup();
    }
}

fn dial(settings: &mut Map<String, Json>, phone: &str) {
    if let Some(Json::String(text)) = settings.get_mut(phone)
        && let Some(number) = e164(text)
    {
        *text = number;
    }
}

/// The E.164 form of a phone number; `None` for what is none, such as a template.
fn e164(text: &str) -> Option<String> {
    let is_punctuation = |c: char| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}');
    let plain: String = text.chars().filter(|c| !is_punctuation(*c)).collect();
    let (plus, digits) = plain.strip_prefix('+').map_or((false, plain.as_str()), |digits| (true, digits));
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(match (plus, digits.len()) {
        (false, 10) => format!("+1{digits}"),
        (false, 11) if digits.starts_with('1') => format!("+{digits}"),
        (true | false, _) => plain,
    })
}

/// Gives an entry without coordinates some that depend on nothing but its address.
fn geocode(entry: &mut Map<String, Json>) {
    let Some(address) = entry.get("address").and_then(Json::as_str) else { return };
    let (lat, lng) = coordinates(address);
    entry.entry("lat").or_insert_with(|| Json::from(lat));
    entry.entry("lng").or_insert_with(|| Json::from(lng));
}
