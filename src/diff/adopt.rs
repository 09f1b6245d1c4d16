//! A declared field × the live one → what to declare instead, so that nothing differs any more.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{Facts, Keys, equal, holds_random, pointer};
use crate::model::{Compare, Entries, Field, SecretRef, Value, is_masked, is_sensitive_key, looks_like_secret};
use equal::Masks;

/// What the manifests are to take over, and what stands there in the stead of a secret.
pub struct Adopt<'a> {
    /// What is known of the server.
    pub facts: Facts,
    /// Whether a place is taken over: a JSON pointer within the skill.
    pub takes: &'a dyn Fn(&str) -> bool,
    /// The reference for a live secret that no manifest refers to yet: by its place and by what the server shows there.
    pub secret: &'a dyn Fn(&str, &Json) -> SecretRef,
}

/// Why a live value cannot be declared, as a fragment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDeclarable {
    /// It has the shape of a credential, where no reference may stand.
    #[error("the live `{0}` holds what looks like a secret, and no reference to one may stand there")]
    Secret(String),
    /// A secret is declared and the server shows nothing in its place.
    #[error("the server shows no value at `{0}`, where a secret is declared")]
    Unshown(String),
}

impl Adopt<'_> {
    /// The declared field with the live value in every place that is taken over and differs.
    ///
    /// What is the same but for its form stays as it is declared, and so does every reference to a secret.
    ///
    /// # Errors
    /// [`NotDeclarable`] if a live value cannot stand in a manifest.
    pub fn field(&self, field: Field, declared: &Value, live: Option<&Json>) -> Result<Value, NotDeclarable> {
        let path = format!("/{}", field.key());
        if *declared == Value::Null {
            let is_kept = equal::is_cleared(field, live) || !(self.takes)(&path);
            return if is_kept { Ok(Value::Null) } else { self.new_field(field, live) };
        }
        match field.compare() {
            Compare::Set => self.set(&path, field, declared, live),
            Compare::Whole => {
                self.value(&path, field.key(), declared, live, In { field, keys: Keys::Whole, hidden: false })
            }
            Compare::DeclaredKeys => {
                self.value(&path, field.key(), declared, live, In { field, keys: Keys::Declared, hidden: false })
            }
        }
    }

    /// The settings of a skill that is of another type now: what is live and nothing else, but for what is declared of it
    /// and the same.
    ///
    /// # Errors
    /// [`NotDeclarable`] if a live value cannot stand in a manifest.
    pub fn settings(&self, declared: &Value, live: Option<&Json>) -> Result<Value, NotDeclarable> {
        let field = Field::ExecutionConfig;
        let (Value::Map(declared), Some(Json::Object(live))) = (declared, live) else {
            return self.new_field(field, live);
        };
        let place = In { field, keys: Keys::Declared, hidden: false };
        let settings = live.iter().filter(|(_, current)| !current.is_null()).map(|(key, current)| {
            let path = format!("/{}/{}", field.key(), pointer(key));
            let value = match declared.get(key.as_str()) {
                Some(value) => self.value(&path, key, value, Some(current), place),
                None => self.undeclared(&path, key, current, place),
            };
            Ok((key.as_str().into(), value?))
        });
        settings.collect::<Result<_, _>>().map(Value::map)
    }

    /// The live value of a field that is not declared yet; nothing is `null`.
    ///
    /// # Errors
    /// [`NotDeclarable`] if it cannot stand in a manifest.
    pub fn new_field(&self, field: Field, live: Option<&Json>) -> Result<Value, NotDeclarable> {
        let keys = if field.compare() == Compare::DeclaredKeys { Keys::Declared } else { Keys::Whole };
        let place = In { field, keys, hidden: false };
        live.map_or(Ok(Value::Null), |live| self.undeclared(&format!("/{}", field.key()), field.key(), live, place))
    }

    fn set(&self, path: &str, field: Field, declared: &Value, live: Option<&Json>) -> Result<Value, NotDeclarable> {
        if equal::same_set(declared, live) || !(self.takes)(path) {
            return Ok(declared.clone());
        }
        let (Value::List(declared), Some(Json::Array(live))) = (declared, live) else {
            return self.new_field(field, live);
        };
        let is = |item: &Value, other: &Json| equal::same("", item, Some(other), Masks::DoNotCount);
        let kept = declared.iter().filter(|item| live.iter().any(|other| is(item, other))).cloned();
        let mut members: Vec<Value> = kept.collect();
        for other in live {
            if !members.iter().any(|item| is(item, other)) {
                members.push(self.undeclared(path, "", other, In { field, keys: Keys::Whole, hidden: false })?);
            }
        }
        Ok(Value::List(members.into()))
    }

    fn value(
        &self,
        path: &str,
        key: &str,
        declared: &Value,
        live: Option<&Json>,
        place: In,
    ) -> Result<Value, NotDeclarable> {
        let place = place.below(key);
        match (declared, live) {
            (Value::Map(declared), live) if place.keys != Keys::Whole && key == "headers" => {
                self.headers(path, declared, live, place)
            }
            (declared, live) if place.keys != Keys::Whole && key == "roster" => {
                self.roster(path, declared, live, place)
            }
            (Value::Map(declared), Some(Json::Object(live))) => self.map(path, declared, live, place),
            (Value::Map(declared), None | Some(Json::Null)) if place.keys == Keys::Declared => {
                self.map(path, declared, &Map::new(), place)
            }
            (declared, live) => {
                let masks = if place.hidden { Masks::Count } else { Masks::DoNotCount };
                let is_same = if key == "required" {
                    equal::same_set(declared, live)
                } else {
                    equal::same(key, declared, live, masks)
                };
                if is_same || !(self.takes)(path) {
                    return Ok(declared.clone());
                }
                match live.filter(|live| !live.is_null()) {
                    None if declared.holds_secret() => Err(NotDeclarable::Unshown(path.to_owned())),
                    None => Ok(Value::Null),
                    Some(live) => self.undeclared(path, key, live, place),
                }
            }
        }
    }

    fn map(&self, path: &str, declared: &Entries, live: &Map<String, Json>, place: In) -> Result<Value, NotDeclarable> {
        let mut map = Entries::with_capacity(declared.len());
        for (key, value) in declared {
            let below = format!("{path}/{}", pointer(key));
            let current = live.get(&**key).filter(|current| !current.is_null());
            let adopted = self.value(&below, key, value, current, place)?;
            let is_gone = place.keys == Keys::Whole && adopted == Value::Null && *value != Value::Null;
            if !is_gone {
                map.insert(key.clone(), adopted);
            }
        }
        if place.keys == Keys::Whole {
            for (key, current) in
                live.iter().filter(|(key, live)| !declared.contains_key(key.as_str()) && !live.is_null())
            {
                let below = format!("{path}/{}", pointer(key));
                if (self.takes)(&below) {
                    map.insert(key.as_str().into(), self.undeclared(&below, key, current, place)?);
                }
            }
        }
        Ok(Value::map(map))
    }

    /// Headers keep their declared values wherever the server shows any: it may mask them.
    fn headers(&self, path: &str, declared: &Entries, live: Option<&Json>, place: In) -> Result<Value, NotDeclarable> {
        let live = match live {
            Some(Json::Object(live)) => live,
            None | Some(Json::Null) if !self.facts.shows_headers => return Ok(Value::map(declared.clone())),
            None | Some(_) => &Map::new(),
        };
        let mut headers = Entries::with_capacity(live.len());
        for (name, value) in declared {
            let below = format!("{path}/{}", pointer(name));
            let found = live.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            match found.filter(|found| !found.is_null()) {
                _ if !(self.takes)(&below) || equal::same_hidden(value, found) => {
                    headers.insert(name.clone(), value.clone());
                }
                Some(found) => {
                    headers.insert(name.clone(), self.undeclared(&below, name, found, place)?);
                }
                None => {}
            }
        }
        for (name, value) in live {
            let below = format!("{path}/{}", pointer(name));
            if !declared.keys().any(|other| other.eq_ignore_ascii_case(name)) && (self.takes)(&below) {
                headers.insert(name.as_str().into(), self.undeclared(&below, name, value, place)?);
            }
        }
        Ok(Value::map(headers))
    }

    /// Rows as they are live. Coordinates are the server's, unless the row's declaration stated them.
    fn roster(&self, path: &str, declared: &Value, live: Option<&Json>, place: In) -> Result<Value, NotDeclarable> {
        if equal::same_roster(declared, live) || !(self.takes)(path) {
            return Ok(declared.clone());
        }
        let Some(Json::Array(live)) = live else {
            return live.map_or(Ok(Value::Null), |live| self.undeclared(path, "", live, place));
        };
        let before: &[Value] = if let Value::List(rows) = declared { rows } else { &[] };
        let mut rows = Vec::with_capacity(live.len());
        for current in live {
            let stated = before.iter().find(|row| equal::same_place(row, current));
            rows.push(match stated {
                Some(row)
                    if equal::same_roster(
                        &Value::List([row.clone()].into()),
                        Some(&Json::Array(vec![current.clone()])),
                    ) =>
                {
                    row.clone()
                }
                Some(_) | None => {
                    let mut row = self.undeclared(path, "", current, place)?;
                    if let Value::Map(cells) = &mut row {
                        let is_declared =
                            |key: &str| stated.and_then(Value::as_map).is_some_and(|row| row.contains_key(key));
                        Arc::make_mut(cells).retain(|key, _| !equal::COORDINATES.contains(&&**key) || is_declared(key));
                    }
                    row
                }
            });
        }
        Ok(Value::List(rows.into()))
    }

    /// A live value as a manifest may state it: with references in the stead of what is or may be secret.
    fn undeclared(&self, path: &str, key: &str, live: &Json, place: In) -> Result<Value, NotDeclarable> {
        let place = place.below(key);
        match live {
            Json::Null => Ok(Value::Null),
            Json::Bool(flag) => Ok(Value::Bool(*flag)),
            Json::Number(_) | Json::String(_) if place.hidden && may_be_secret(key, live) => {
                self.reference(path, live, place)
            }
            Json::Number(number) => Ok(Value::Number(number.clone())),
            Json::String(text) => {
                let is_only_mask = is_masked(text) && text.chars().all(|c| matches!(c, '*' | '•'));
                let is_secret =
                    looks_like_secret(text) || holds_random(path, live) || (place.holds_references() && is_only_mask);
                if is_secret { self.reference(path, live, place) } else { Ok(Value::text(text.as_str())) }
            }
            Json::Array(items) if key == "roster" && place.keys != Keys::Whole => {
                let rows = items.iter().map(|item| {
                    let mut row = self.undeclared(path, "", item, place)?;
                    if let Value::Map(cells) = &mut row {
                        Arc::make_mut(cells).retain(|key, _| !equal::COORDINATES.contains(&&**key));
                    }
                    Ok(row)
                });
                rows.collect::<Result<_, _>>().map(Value::List)
            }
            Json::Array(items) => {
                let items = items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| self.undeclared(&format!("{path}/{at}"), "", item, place));
                items.collect::<Result<_, _>>().map(Value::List)
            }
            Json::Object(map) => {
                let entries = map.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| {
                    Ok((key.as_str().into(), self.undeclared(&format!("{path}/{}", pointer(key)), key, value, place)?))
                });
                entries.collect::<Result<_, _>>().map(Value::map)
            }
        }
    }

    fn reference(&self, path: &str, live: &Json, place: In) -> Result<Value, NotDeclarable> {
        if place.holds_references() {
            Ok(Value::Secret((self.secret)(path, live).into()))
        } else {
            Err(NotDeclarable::Secret(path.to_owned()))
        }
    }
}

/// Where a value stands.
#[derive(Debug, Clone, Copy)]
struct In {
    field: Field,
    keys: Keys,
    hidden: bool,
}

impl In {
    /// The place under a key of this one.
    fn below(self, key: &str) -> Self {
        let is_headers = self.keys != Keys::Whole && key == "headers";
        let keys = if is_headers { Keys::Headers } else { self.keys };
        let hidden = self.hidden || is_headers || (self.holds_references() && is_sensitive_key(key));
        Self { field: self.field, keys, hidden }
    }

    /// Whether a reference to a secret may stand in the field.
    fn holds_references(self) -> bool {
        Field::SETTINGS.contains(&self.field)
    }
}

/// Headers that say in which form data comes, and to whom.
const HARMLESS: [&str; 4] = ["accept", "accept-language", "content-type", "user-agent"];

/// Whether a value in a place for secrets may be one: anything but a harmless header, and a small number such as a count
/// of tokens.
fn may_be_secret(key: &str, live: &Json) -> bool {
    let is_harmless = HARMLESS.contains(&key.to_ascii_lowercase().as_str());
    match live {
        Json::String(text) if is_harmless => is_masked(text),
        Json::Number(number) => number.to_string().len() >= 6,
        Json::String(text) => !text.is_empty(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => false,
    }
}
