//! What an AgentSet looks like, for editors.

use schemars::SchemaGenerator;
use serde_json::{Map, Value as Json, json};

use super::column::Kind;
use crate::manifest::reference;
use crate::manifest::schema::AgentSpec;
use crate::model::{Reference, Slug};

/// Where the schema of a text that mentions a column stands.
const ROW: &str = "Row";

/// The JSON Schema of what an AgentSet says. [`loosen`] makes room for columns in what an Agent may say.
pub(in crate::manifest) fn schema(generator: &mut SchemaGenerator) -> Json {
    let spec = generator.subschema_for::<AgentSpec>();
    let slug = generator.subschema_for::<Slug>();
    let column = column();
    let rows = json!({
        "type": "array",
        "minItems": 1,
        "items": { "type": "object", "additionalProperties": { "type": ["string", "number", "boolean", "null"] } },
    });
    let metadata = metadata();
    let exception = json!({
        "type": "object",
        "required": ["agent", "spec"],
        "properties": { "agent": slug, "spec": spec },
        "additionalProperties": false,
    });
    json!({
        "description": "One template and a table that make many agents.",
        "type": "object",
        "required": ["columns", "rows", "template"],
        "properties": {
            "columns": {
                "description": "Every column that a row may state, by its name.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "pattern": "^[A-Za-z0-9_-]{1,64}$" },
                "additionalProperties": column,
            },
            "rows": {
                "description": "A row for each agent, here or in a CSV file.",
                "anyOf": [rows, reference::schema(Reference::Csv)],
            },
            "template": {
                "description": "An Agent, with `${row.COLUMN}` in its texts.",
                "type": "object",
                "required": ["metadata", "spec"],
                "properties": { "metadata": metadata, "spec": spec },
                "additionalProperties": false,
            },
            "exceptions": {
                "description": "What the agents of some rows have besides, or otherwise.",
                "anyOf": [{ "type": "array", "items": exception }, { "type": "null" }],
            },
        },
        "additionalProperties": false,
    })
}

fn column() -> Json {
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    json!({
        "description": "What the cells of a column are; text if nothing is said.",
        "type": ["object", "null"],
        "properties": {
            "type": { "description": "What a cell may be.", "enum": kinds },
            "default": {
                "description": "What a row has that leaves the column out.",
                "type": ["string", "number", "boolean"],
            },
        },
        "additionalProperties": false,
    })
}

fn metadata() -> Json {
    let labels = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    json!({
        "description": "The address of each agent, and its labels over those of the set.",
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": { "description": "The address, such as `tire-${row.branch}`.", "type": "string" },
            "labels": { "description": "Free labels, for `--selector`.", "anyOf": [labels, { "type": "null" }] },
        },
        "additionalProperties": false,
    })
}

/// Lets a text that mentions a column stand for every value that is no text of any kind.
pub(in crate::manifest) fn loosen(definitions: &mut Map<String, Json>) {
    definitions.values_mut().for_each(loosen_one);
    let row = json!({
        "description": "A text that mentions a column: `${row.COLUMN}`.",
        "type": "string",
        "pattern": "\\$\\{row\\.[^}]+\\}",
    });
    definitions.insert(ROW.to_owned(), row);
}

fn loosen_one(schema: &mut Json) {
    let Json::Object(map) = schema else { return };
    for (key, below) in map.iter_mut() {
        match (key.as_str(), below) {
            ("properties", Json::Object(properties)) => properties.values_mut().for_each(loosen_one),
            ("anyOf" | "oneOf" | "allOf", Json::Array(all)) => all.iter_mut().for_each(loosen_one),
            ("items" | "additionalProperties" | "then", below) => loosen_one(below),
            _ => {}
        }
    }
    if is_strict(map) {
        let about = map.remove("description");
        let strict = Json::Object(std::mem::take(map));
        map.extend(about.map(|about| ("description".to_owned(), about)));
        map.insert("anyOf".to_owned(), json!([strict, { "$ref": format!("#/$defs/{ROW}") }]));
    }
}

/// Whether a schema takes some texts only, or no text but a value that a column may be.
fn is_strict(schema: &Map<String, Json>) -> bool {
    let is_typed = |word: &Json| matches!(word.as_str(), Some("boolean" | "number" | "integer"));
    let is_value = match schema.get("type") {
        Some(Json::Array(words)) => words.iter().any(is_typed),
        Some(word) => is_typed(word),
        None => false,
    };
    is_value || schema.contains_key("enum") || schema.contains_key("pattern")
}
