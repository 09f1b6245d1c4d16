//! Declared fields × a live skill → what differs, and what to send. Knows no YAML and no HTTP.
//!
//! Only what a manifest states is compared, so a server's defaults, its own fields and its spelling of the same value
//! are never a difference.

mod adopt;
mod carry;
mod declared;
mod equal;
mod likeness;
mod merge;
mod moved;
mod parameters;
mod seen;
mod text;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::model::{
    Compare, Entries, Field, LiveSkill, Moved, SkillType, Value, is_masked, is_sensitive_key, looks_like_secret,
    may_be_secret,
};
use equal::Masks;

pub use adopt::{Adopt, NotDeclarable};
pub use carry::{Carried, carried};
pub use declared::{Parted, parted};
pub use likeness::{DeclaredWords, LiveWords, likeness, may_be_alike};
pub use merge::Masked;
pub use moved::Told;
pub use parameters::{Class, ParameterChange, Sides, parameters};
pub use seen::Seen;
pub use text::{Change as TextChange, Line, Piece, lines};

/// A field that must be sent, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field.
    pub field: Field,
    /// Where the declared and the live value part, innermost places first to last in the manifest's order.
    pub differences: Vec<Difference>,
    /// The whole field to send: what is declared, over what is live and nobody declared.
    pub send: Value,
}

/// One place where the declared and the live value part.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// A JSON pointer (RFC 6901) within the skill.
    pub path: String,
    /// The live value; `None` if there is none.
    pub before: Option<Json>,
    /// The declared value, with references in place of secrets; `None` if the key goes.
    pub after: Option<Json>,
    /// Whether both values must stay hidden.
    pub is_sensitive: bool,
    /// Who moved since a base revision; [`Told`] says it.
    pub moved: Moved,
}

/// What is known of the server that decides how a missing value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Whether any live skill shows headers. If none does, a missing header may just be unreadable.
    pub shows_headers: bool,
}

impl Facts {
    /// What some live skills show.
    pub fn of<'a>(skills: impl IntoIterator<Item = &'a LiveSkill>) -> Self {
        let shows = |skill: &LiveSkill| {
            let headers = skill.raw.get(Field::ExecutionConfig.key()).and_then(|config| config.get("headers"));
            headers.is_some_and(Json::is_object)
        };
        Self { shows_headers: skills.into_iter().any(shows) }
    }
}

/// Compares every declared field with a live skill.
///
/// # Errors
/// [`Masked`] if a field must be sent whole, but would carry a live value that the server masked.
pub fn fields(
    declared: &BTreeMap<Field, Value>,
    live: &Map<String, Json>,
    facts: Facts,
) -> Result<Vec<FieldChange>, Masked> {
    let changes = differing(declared, live, facts).into_iter().map(|(field, value, differences)| {
        let send = merge::over(field, value, live.get(field.key()))?;
        Ok(FieldChange { field, differences, send })
    });
    changes.collect()
}

/// The declared fields that differ from a live skill, each with its value and the places where it differs.
pub fn differing<'d>(
    declared: &'d BTreeMap<Field, Value>,
    live: &Map<String, Json>,
    facts: Facts,
) -> Vec<(Field, &'d Value, Vec<Difference>)> {
    let all = declared.iter();
    let all = all.map(|(field, value)| (*field, value, Walk::of(*field, value, live.get(field.key()), facts)));
    all.filter(|(_, _, differences)| !differences.is_empty()).collect()
}

/// The places where the declared fields and a live skill part, whether or not anything could be sent.
pub fn differences(
    declared: &BTreeMap<Field, Value>,
    live: &Map<String, Json>,
    facts: Facts,
) -> Vec<(Field, Difference)> {
    let differing = differing(declared, live, facts).into_iter();
    differing.flat_map(|(field, _, found)| found.into_iter().map(move |difference| (field, difference))).collect()
}

/// Whether changes would send an `executionConfig` from which a server that hides headers may have left some out.
pub fn may_drop_headers(changes: &[FieldChange], skill_type: &SkillType, facts: Facts) -> bool {
    let stated = |change: &FieldChange| change.send.as_map().is_some_and(|config| config.contains_key("headers"));
    let config = changes.iter().find(|change| change.field == Field::ExecutionConfig);
    !facts.shows_headers && *skill_type == SkillType::HttpWebhook && config.is_some_and(|change| !stated(change))
}

/// Whether a declared header could not be compared, since the server shows none.
pub fn has_unreadable_headers(declared: &BTreeMap<Field, Value>, live: &Map<String, Json>, facts: Facts) -> bool {
    let declared = declared.get(&Field::ExecutionConfig).and_then(Value::as_map).and_then(|map| map.get("headers"));
    let shown = live.get(Field::ExecutionConfig.key()).and_then(|config| config.get("headers"));
    !facts.shows_headers && shown.is_none() && declared.and_then(Value::as_map).is_some_and(|map| !map.is_empty())
}

struct Walk {
    facts: Facts,
    found: Vec<Difference>,
}

/// The way to a value within a skill; spelled out only where something differs.
#[derive(Debug, Clone, Copy)]
struct Way<'a> {
    above: Option<&'a Self>,
    key: &'a str,
}

impl<'a> Way<'a> {
    fn below(&'a self, key: &'a str) -> Self {
        Self { above: Some(self), key }
    }

    fn path(&self) -> String {
        let above = self.above.map(Way::path).unwrap_or_default();
        format!("{above}/{}", pointer(self.key))
    }

    /// Whether a word on it says that its value is never shown.
    fn is_sensitive(&self) -> bool {
        is_sensitive_key(self.key) || self.above.is_some_and(Way::is_sensitive)
    }
}

/// How the keys of a map count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    Declared,
    Whole,
    Headers,
}

/// Whether a value that differs may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Unless a word on its way, or the value itself, says otherwise.
    ByItsWay,
    Never,
}

impl Walk {
    fn of(field: Field, value: &Value, live: Option<&Json>, facts: Facts) -> Vec<Difference> {
        let mut walk = Self { facts, found: Vec::new() };
        walk.field(field, value, live);
        walk.found
    }

    fn field(&mut self, field: Field, value: &Value, live: Option<&Json>) {
        let way = &Way { above: None, key: field.key() };
        if *value == Value::Null {
            if !equal::is_cleared(field, live) {
                self.differ(way, value, live, Shown::ByItsWay);
            }
            return;
        }
        match field.compare() {
            Compare::Set => {
                if !equal::same_set(value, live) {
                    self.differ(way, value, live, Shown::ByItsWay);
                }
            }
            Compare::Whole => self.value(way, value, live, Keys::Whole),
            Compare::DeclaredKeys => self.value(way, value, live, Keys::Declared),
        }
    }

    fn value(&mut self, way: &Way<'_>, value: &Value, live: Option<&Json>, keys: Keys) {
        let key = way.key;
        if keys != Keys::Whole && key == "headers" {
            self.headers(way, value, live);
            return;
        }
        if keys != Keys::Whole && key == "roster" {
            if !equal::same_roster(value, live) {
                self.differ(way, value, live, Shown::ByItsWay);
            }
            return;
        }
        match (value, live) {
            (Value::Map(declared), Some(Json::Object(current))) => {
                self.map(way, declared, current, keys);
            }
            (Value::Map(declared), None | Some(Json::Null)) if keys == Keys::Declared => {
                self.map(way, declared, &Map::new(), keys);
            }
            _ => {
                let is_same = |masks| equal::same(key, value, live, masks);
                let is_same = match key {
                    "required" => equal::same_set(value, live),
                    _ => is_same(Masks::DoNotCount) || (way.is_sensitive() && is_same(Masks::Count)),
                };
                if !is_same {
                    self.differ(way, value, live, Shown::ByItsWay);
                }
            }
        }
    }

    fn map(&mut self, way: &Way<'_>, declared: &Entries, live: &Map<String, Json>, keys: Keys) {
        for (key, value) in declared {
            self.value(&way.below(key), value, live.get(&**key), keys);
        }
        if keys == Keys::Whole {
            for (key, current) in
                live.iter().filter(|(key, current)| !declared.contains_key(key.as_str()) && !current.is_null())
            {
                let way = way.below(key);
                self.found.push(Difference {
                    path: way.path(),
                    before: Some(current.clone()),
                    after: None,
                    is_sensitive: way.is_sensitive() || holds_secret(current),
                    moved: Moved::Unknown,
                });
            }
        }
    }

    /// Headers are one value whose names have no case; every value in it is hidden.
    fn headers(&mut self, way: &Way<'_>, value: &Value, live: Option<&Json>) {
        let Value::Map(declared) = value else {
            if !equal::same("headers", value, live, Masks::Count) {
                self.differ(way, value, live, Shown::Never);
            }
            return;
        };
        let current = match live {
            Some(Json::Object(current)) => current,
            None | Some(Json::Null) if !self.facts.shows_headers => return,
            None | Some(_) => &Map::new(),
        };
        for (name, value) in declared.iter() {
            let found = current.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            if !equal::same_hidden(value, found) {
                self.differ(&way.below(name), value, found, Shown::Never);
            }
        }
        for (name, current) in current {
            if !declared.keys().any(|other| other.eq_ignore_ascii_case(name)) {
                self.found.push(Difference {
                    path: way.below(name).path(),
                    before: Some(current.clone()),
                    after: None,
                    is_sensitive: true,
                    moved: Moved::Unknown,
                });
            }
        }
    }

    fn differ(&mut self, way: &Way<'_>, value: &Value, live: Option<&Json>, shown: Shown) {
        let path = way.path();
        let (before, after) = (live.cloned(), Some(value.to_shown_json()));
        let is_random = [&before, &after].into_iter().flatten().any(|value| holds_random(&path, value));
        let is_hidden = match shown {
            Shown::ByItsWay => way.is_sensitive(),
            Shown::Never => true,
        };
        let is_sensitive = is_hidden || value.holds_secret() || live.is_some_and(holds_secret) || is_random;
        self.found.push(Difference { path, before, after, is_sensitive, moved: Moved::Unknown });
    }
}

/// Whether a live value holds something that must not be shown.
pub(crate) fn holds_secret(value: &Json) -> bool {
    match value {
        Json::String(text) => looks_like_secret(text),
        Json::Array(items) => items.iter().any(holds_secret),
        Json::Object(map) => map
            .iter()
            .any(|(key, value)| key == "headers" || holds_secret(value) || (is_sensitive_key(key) && !value.is_null())),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Whether a value at a place of a skill, by its JSON pointer, holds what looks like a random secret. Only settings do.
pub(crate) fn holds_random(path: &str, value: &Json) -> bool {
    let is_index = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
    let mut keys = path.split('/').skip(1).filter(|part| !is_index(part));
    let is_settings = |key: &&str| Field::SETTINGS.iter().any(|field| field.key() == *key);
    let Some(field) = keys.next().filter(is_settings) else { return false };
    is_random_below(keys.last().unwrap_or(field), value)
}

/// Whether a value holds a random secret, or perhaps one, wherever it stands: of a draft nobody knows what its fields are.
pub(crate) fn may_hold_secret(key: &str, value: &Json) -> bool {
    holds_secret(value) || is_random_below(key, value)
}

fn is_random_below(key: &str, value: &Json) -> bool {
    match value {
        Json::String(text) => may_be_secret(key, text),
        Json::Array(items) => items.iter().any(|item| is_random_below(key, item)),
        Json::Object(map) => map.iter().any(|(key, value)| is_random_below(key, value)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// A live value under a key without whatever may be a secret; `None` where nothing is left, or nothing was there.
pub(crate) fn shown(key: &str, value: &Json) -> Option<Json> {
    if key == "headers" || is_sensitive_key(key) {
        return None;
    }
    match value {
        Json::Null => None,
        Json::String(text) if looks_like_secret(text) || may_be_secret(key, text) => None,
        Json::Bool(_) | Json::Number(_) | Json::String(_) => Some(value.clone()),
        Json::Array(items) => Some(items.iter().map(|item| shown(key, item).unwrap_or_default()).collect()),
        Json::Object(map) => {
            Some(Json::Object(map.iter().filter_map(|(key, value)| Some((key.clone(), shown(key, value)?))).collect()))
        }
    }
}

/// Escapes a key for a JSON pointer (RFC 6901).
pub fn pointer(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Whether a live value, or any value in it, looks masked.
fn holds_mask(value: &Json) -> bool {
    match value {
        Json::String(text) => is_masked(text),
        Json::Array(items) => items.iter().any(holds_mask),
        Json::Object(map) => map.values().any(holds_mask),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

/// Whether a live value under a key holds a mask: where a secret would stand, or a text that is nothing else. Asterisks
/// in prose are none.
fn hides_secret(key: &str, value: &Json) -> bool {
    if key == "headers" || is_sensitive_key(key) {
        return holds_mask(value);
    }
    match value {
        Json::Object(map) => map.iter().any(|(key, value)| hides_secret(key, value)),
        Json::Array(items) => items.iter().any(|item| hides_secret("", item)),
        Json::String(text) => is_masked(text) && text.chars().all(|c| matches!(c, '*' | '•')),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
