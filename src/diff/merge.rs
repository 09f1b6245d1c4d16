//! What is sent for a field that differs: the declared value, over what is live and nobody declared.

use serde_json::Value as Json;

use super::{equal, hides_secret};
use crate::model::{Compare, Entries, Field, Value};

/// A live value that the server masked and that no manifest declares: sending it back would destroy the real one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the live `{path}` is masked and no manifest declares it; sending the field would write the mask over it")]
pub struct Masked {
    /// A JSON pointer to it within the skill.
    pub path: String,
}

/// The whole field to send, right whether the server merges or replaces.
pub(super) fn over(field: Field, declared: &Value, live: Option<&Json>) -> Result<Value, Masked> {
    match (field.compare(), declared, live) {
        (Compare::DeclaredKeys, Value::Map(_), Some(live)) => join(&format!("/{}", field.key()), declared, live),
        (Compare::DeclaredKeys | Compare::Whole | Compare::Set, _, _) => Ok(declared.clone()),
    }
}

fn join(path: &str, declared: &Value, live: &Json) -> Result<Value, Masked> {
    let (Value::Map(declared), Json::Object(live)) = (declared, live) else { return Ok(declared.clone()) };
    let mut joined = Entries::new();
    for (key, current) in live {
        let below = format!("{path}/{}", super::pointer(key));
        match declared.get(key.as_str()) {
            None if hides_secret(key, current) => return Err(Masked { path: below }),
            None => {
                joined.insert(key.as_str().into(), from_json(current));
            }
            Some(value) if key == "headers" => {
                joined.insert(key.as_str().into(), value.clone());
            }
            Some(value) if key == "roster" => {
                joined.insert(key.as_str().into(), with_coordinates(value, current));
            }
            Some(value) => {
                joined.insert(key.as_str().into(), join(&below, value, current)?);
            }
        }
    }
    for (key, value) in declared.iter() {
        if !live.contains_key(&**key) {
            joined.insert(key.clone(), value.clone());
        }
    }
    Ok(Value::map(joined))
}

/// Rows keep the coordinates that the server found for the same label and address.
fn with_coordinates(declared: &Value, live: &Json) -> Value {
    let (Value::List(rows), Json::Array(current)) = (declared, live) else { return declared.clone() };
    let row = |row: &Value| {
        let Value::Map(cells) = row else { return row.clone() };
        let mut cells = Entries::clone(cells);
        if let Some(found) = current.iter().find(|other| equal::same_place(row, other)) {
            for key in equal::COORDINATES {
                if let Some(number) = found.get(key).filter(|number| number.is_number() && !cells.contains_key(key)) {
                    cells.insert(key.into(), from_json(number));
                }
            }
        }
        Value::map(cells)
    };
    Value::List(rows.iter().map(row).collect())
}

pub(super) fn from_json(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => Value::List(items.iter().map(from_json).collect()),
        Json::Object(map) => {
            Value::map(map.iter().map(|(key, value)| (key.as_str().into(), from_json(value))).collect())
        }
    }
}
