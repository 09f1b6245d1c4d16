//! What a finding code or a field of a manifest means, as text.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::diag::Code;
use crate::manifest::{Kind, schema};

/// Explains a finding code.
pub fn code(code: Code) -> String {
    let severity = code.severity().as_str();
    format!("{severity}[{code}]: {}\n\n{}\n", code.summary(), wrapped(code.about()))
}

/// The root of a skill's fields, beside the kinds' own.
const SKILL: &str = "skill";

/// The words with which a field's path may begin.
pub fn roots() -> impl Iterator<Item = &'static str> {
    Kind::ALL.iter().map(|kind| kind.file()).chain([SKILL])
}

/// Explains a field by its path, such as `agent.spec.publish` or `skill.stakes`; `None` if there is none.
///
/// Everything that is said comes from the manifest's JSON Schema, so this and an editor say the same.
pub fn field(path: &str) -> Option<String> {
    let mut parts = path.split('.');
    let root = parts.next()?.to_lowercase().replace('-', "");
    let is_skill = root == SKILL;
    let mut kinds = Kind::ALL.iter().copied();
    let kind = if is_skill { Kind::Agent } else { kinds.find(|kind| kind.word().to_lowercase() == root)? };
    let schema = schema(kind);
    let mut at = if is_skill { definition(&schema, "Skill")? } else { &schema };
    for part in parts {
        at = step(&schema, at, part)?;
    }
    let about = description(&schema, at).map(|about| format!(": {about}")).unwrap_or_default();
    let mut text = format!("{path}{about}\n");
    if let Some(kind) = kind_of(&schema, at) {
        let _infallible = writeln!(text, "takes {kind}");
    }
    let fields = properties(&schema, at);
    if !fields.is_empty() {
        let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let needed = required(&schema, at);
        let legend = if needed.is_empty() { "" } else { " (* must be there)" };
        let _infallible = writeln!(text, "\nfields{legend}:");
        for (name, field) in fields {
            let mark = if needed.contains(&name) { '*' } else { ' ' };
            let about = description(&schema, field).unwrap_or_default();
            let _infallible = writeln!(text, "  {mark} {name:width$}  {about}");
        }
    }
    Some(text.lines().map(str::trim_end).fold(String::new(), |all, line| all + line + "\n"))
}

fn definition<'a>(schema: &'a Json, name: &str) -> Option<&'a Json> {
    schema.get("$defs")?.get(name)
}

/// What a schema stands for: references followed, and of alternatives the one that says most.
fn meant<'a>(schema: &'a Json, at: &'a Json) -> Vec<&'a Json> {
    let mut found = vec![at];
    if let Some(name) = at.get("$ref").and_then(Json::as_str).and_then(|path| path.rsplit('/').next())
        && let Some(target) = definition(schema, name)
    {
        found.extend(meant(schema, target));
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        for choice in at.get(word).and_then(Json::as_array).into_iter().flatten() {
            found.extend(meant(schema, choice));
        }
    }
    if let Some(items) = at.get("items") {
        found.extend(meant(schema, items));
    }
    found
}

/// The field of a name; in a map whose keys are anybody's, any name leads to what stands under each.
fn step<'a>(schema: &'a Json, at: &'a Json, name: &str) -> Option<&'a Json> {
    let all = meant(schema, at);
    let field = all.iter().find_map(|meant| meant.get("properties")?.get(name));
    field.or_else(|| all.iter().find_map(|meant| meant.get("additionalProperties").filter(|each| each.is_object())))
}

fn description<'a>(schema: &'a Json, at: &'a Json) -> Option<&'a str> {
    meant(schema, at).into_iter().find_map(|meant| meant.get("description")?.as_str())
}

/// The fields of every alternative, each once.
fn properties<'a>(schema: &'a Json, at: &'a Json) -> Vec<(&'a str, &'a Json)> {
    let mut found: Vec<(&str, &Json)> = Vec::new();
    let all = meant(schema, at).into_iter().filter_map(|meant| meant.get("properties")?.as_object());
    let nothing = serde_json::json!({ "type": "null" });
    for (name, field) in all.flatten().filter(|(_, field)| **field != nothing) {
        if !found.iter().any(|(known, _)| known == name) {
            found.push((name, field));
        }
    }
    found
}

/// The fields that must be there, whatever the alternative.
fn required<'a>(schema: &'a Json, at: &'a Json) -> Vec<&'a str> {
    let mut all = meant(schema, at).into_iter().filter(|meant| meant.get("properties").is_some());
    let (Some(only), None) = (all.next(), all.next()) else { return Vec::new() };
    only.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect()
}

fn kind_of(schema: &Json, at: &Json) -> Option<String> {
    let all = meant(schema, at);
    if let Some(words) = all.iter().find_map(|meant| meant.get("enum")?.as_array()) {
        let words: Vec<&str> = words.iter().filter_map(Json::as_str).collect();
        return Some(format!("one of {}", words.join(", ")));
    }
    let choices: Vec<&str> = all.iter().filter_map(|meant| meant.get("const")?.as_str()).collect();
    if !choices.is_empty() {
        return Some(choices.join(" or "));
    }
    let word = |word: &str| match word {
        "array" => "a list",
        "object" => "a mapping",
        "boolean" => "true or false",
        "integer" | "number" => "a number",
        _ => "a text",
    };
    all.iter().find_map(|meant| match meant.get("type")? {
        Json::String(kind) => Some(word(kind).to_owned()),
        Json::Array(kinds) => {
            kinds.iter().filter_map(Json::as_str).find(|kind| *kind != "null").map(|kind| word(kind).to_owned())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => None,
    })
}

/// Breaks prose into lines of at most 100 characters.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < 100 => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}
