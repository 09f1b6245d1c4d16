//! Which names the agent fills in: the properties of `parametersSchema`, and the variables of every call.

use super::subject::Subject;
use crate::model::{Field, Value};

/// Variables that every call has, by the platform's reference of interaction variables.
const OF_EVERY_CALL: [&str; 4] = ["caller_info", "caller_number", "caller_name", "verified"];

/// Keywords of JSON Schema by which properties may come from elsewhere than `properties`.
const FROM_ELSEWHERE: [&str; 9] = [
    "$ref",
    "$dynamicRef",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "patternProperties",
    "additionalProperties",
    "dependentSchemas",
];

/// The names of a skill's parameters; `None` if they cannot be told.
pub(super) fn parameters<'a>(subject: &Subject<'a>) -> Option<Vec<&'a str>> {
    let schema = subject.value(Field::ParametersSchema)?.as_map()?;
    let is_open = |key: &&str| !matches!(schema.get(*key), None | Some(Value::Bool(false) | Value::Null));
    if FROM_ELSEWHERE.iter().any(is_open) {
        return None;
    }
    Some(schema.get("properties")?.as_map()?.keys().map(|name| &**name).collect())
}

/// Whether a name is one that every call has.
pub(super) fn is_of_every_call(name: &str) -> bool {
    OF_EVERY_CALL.contains(&name)
}

/// The names that may be meant by a placeholder.
pub(super) fn with_those_of_every_call<'a>(parameters: &[&'a str]) -> impl Iterator<Item = &'a str> {
    parameters.iter().copied().chain(OF_EVERY_CALL).collect::<Vec<_>>().into_iter()
}

/// The placeholders of a text, `{name}`, in order. Doubled braces, and `${…}`, are another template's.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('{').filter_map(move |(at, _)| {
        let (before, rest) = (text.get(..at)?, text.get(at + 1..)?);
        let (name, after) = rest.split_once('}')?;
        let is_doubled = before.ends_with(['{', '$']) || after.starts_with('}');
        (is_name(name) && !is_doubled).then_some(name)
    })
}

/// A text with a character in place of each placeholder, so that what stands around them can be read.
pub(super) fn filled(text: &str, with: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let placeholder = after.split_once('}').filter(|(name, _)| is_name(name));
        out.push(if placeholder.is_some() { with } else { '{' });
        rest = placeholder.map_or(after, |(_, after)| after);
    }
    out + rest
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
