//! JSON as strictly as an answer must be read: what two readers could read in two ways is refused.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value as Json};

use super::error::short;

/// How many lists and objects may stand in each other.
const DEEPEST: usize = 64;

/// Why a body is not read. It says where, and never repeats a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It begins with a byte order mark.
    #[error("it begins with a byte order mark")]
    Mark,
    /// It is no text or no JSON, or says something twice, or is too deep; the text says at which line and column.
    #[error("{0}")]
    Syntax(String),
}

/// Reads a body whole. A key that stands twice in an object, more than 64 levels, a byte order mark and anything after
/// the end are errors.
pub fn json(body: &[u8]) -> Result<Json, JsonError> {
    if body.starts_with(b"\xEF\xBB\xBF") {
        return Err(JsonError::Mark);
    }
    let syntax = |error: serde_json::Error| JsonError::Syntax(error.to_string());
    // Once for all texts in it.
    let text = std::str::from_utf8(body).map_err(|error| no_text(body, error.valid_up_to()))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { place: &Place::Root, depth: 0, entries: 0 }.deserialize(&mut reader).map_err(syntax)?;
    reader.end().map_err(syntax)?;
    Ok(value)
}

/// Why a body is no text; the place is counted as the parser counts.
fn no_text(body: &[u8], sound: usize) -> JsonError {
    let before = body.get(..sound).unwrap_or_default();
    let is_break = |byte: &&u8| **byte == b'\n';
    let line = 1 + before.iter().filter(is_break).count();
    let column = 1 + before.iter().rev().take_while(|byte| !is_break(byte)).count();
    JsonError::Syntax(format!("it is not UTF-8 at line {line} column {column}"))
}

/// Where a value stands; written down only if something is wrong there.
enum Place<'a> {
    Root,
    Key(&'a Self, &'a str),
    Item(&'a Self, usize),
}

/// A JSON pointer (RFC 6901).
impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(around, key) => write!(f, "{around}/{}", key.replace('~', "~0").replace('/', "~1")),
            Self::Item(around, index) => write!(f, "{around}/{index}"),
        }
    }
}

struct Strict<'a> {
    place: &'a Place<'a>,
    depth: usize,
    /// For how many entries room is made: the items of a list mostly have as many as the one before.
    entries: usize,
}

impl Strict<'_> {
    fn deeper<E: de::Error>(&self) -> Result<usize, E> {
        if self.depth < DEEPEST { Ok(self.depth + 1) } else { Err(E::custom("it is deeper than 64 levels")) }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("it holds a number that is none"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let depth = self.deeper()?;
        let (mut list, mut entries) = (Vec::new(), 0);
        while let Some(item) =
            items.next_element_seed(Strict { place: &Place::Item(self.place, list.len()), depth, entries })?
        {
            entries = item.as_object().map_or(0, Map::len);
            list.push(item);
        }
        Ok(Json::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let depth = self.deeper()?;
        let mut map = Map::with_capacity(self.entries);
        while let Some(key) = entries.next_key::<String>()? {
            match map.entry(key) {
                Entry::Occupied(entry) => {
                    let place = Place::Key(self.place, entry.key()).to_string();
                    return Err(de::Error::custom(format_args!("`{}` stands there twice", short(&place))));
                }
                Entry::Vacant(entry) => {
                    let place = &Place::Key(self.place, entry.key());
                    let value = entries.next_value_seed(Strict { place, depth, entries: 0 })?;
                    entry.insert(value);
                }
            }
        }
        Ok(Json::Object(map))
    }
}
