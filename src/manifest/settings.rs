//! What `executionConfig` holds for each type of skill, as the OpenAPI's prose and the platform's guides say.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::node::Node;
use super::reader::{Located, Reader, did_you_mean};
use crate::diag::{Code, Finding, closest};
use crate::model::{Field, SkillType, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
    Map,
    List,
}

#[derive(Debug, Clone, Copy)]
struct Setting {
    key: &'static str,
    kind: Kind,
    is_needed: bool,
}

const fn needs(key: &'static str, kind: Kind) -> Setting {
    Setting { key, kind, is_needed: true }
}

const fn takes(key: &'static str, kind: Kind) -> Setting {
    Setting { key, kind, is_needed: false }
}

const EMAIL: &[Setting] = &[
    needs("to", Kind::Text),
    needs("subject", Kind::Text),
    takes("from_name", Kind::Text),
    takes("intro", Kind::Text),
    takes("reply_to", Kind::Text),
];
const HTTP_WEBHOOK: &[Setting] = &[
    needs("url", Kind::Text),
    takes("method", Kind::Text),
    takes("headers", Kind::Map),
    takes("timeout_ms", Kind::Number),
];
const DB_QUERY: &[Setting] = &[takes("sql_template", Kind::Text)];
const TRANSFER: &[Setting] = &[takes("destination", Kind::Text)];
const BUILTIN: &[Setting] = &[takes("action", Kind::Text)];
const GEO: &[Setting] = &[
    takes("action", Kind::Text),
    takes("origin_address", Kind::Text),
    takes("radius_miles", Kind::Number),
    takes("roster", Kind::List),
    takes("route_by_caller_number", Kind::Flag),
];

/// The settings of a type; `None` where nothing is documented, so that anything may stand there.
///
/// Only `email.to`, `email.subject` and `http_webhook.url` are marked as required by the API.
fn of(skill_type: &SkillType) -> Option<&'static [Setting]> {
    match skill_type {
        SkillType::Email => Some(EMAIL),
        SkillType::HttpWebhook => Some(HTTP_WEBHOOK),
        SkillType::DbQuery => Some(DB_QUERY),
        SkillType::Transfer => Some(TRANSFER),
        SkillType::Builtin => Some(BUILTIN),
        SkillType::Geo => Some(GEO),
        SkillType::Sms
        | SkillType::Calendar
        | SkillType::GoogleSheets
        | SkillType::Crm
        | SkillType::Mcp
        | SkillType::Playbook
        | SkillType::KnowledgeQuery
        | SkillType::NativeGraphql
        | SkillType::NativeRest
        | SkillType::NativeSql
        | SkillType::Other(_) => None,
    }
}

const DOCUMENTED: [SkillType; 6] = [
    SkillType::Email,
    SkillType::HttpWebhook,
    SkillType::DbQuery,
    SkillType::Transfer,
    SkillType::Builtin,
    SkillType::Geo,
];

/// The type that has a setting of this name: for a setting that was written beside `executionConfig`, not in it.
pub(super) fn owner(key: &str) -> Option<&'static str> {
    DOCUMENTED.iter().find_map(|skill_type| {
        let found = of(skill_type)?.iter().any(|setting| setting.key == key);
        let known = SkillType::KNOWN.iter().find(|word| **word == skill_type.as_str());
        if found { known.copied() } else { None }
    })
}

/// Checks a skill's settings against its type.
pub(super) fn check(reader: &mut Reader, skill: &Node, fields: &BTreeMap<Field, Located<Value>>) {
    let Some(word) = fields.get(&Field::SkillType).and_then(|field| field.value.as_text()) else { return };
    let Some(settings) = of(&SkillType::read(word)) else { return };
    let config = fields.get(&Field::ExecutionConfig);
    let place = config.map_or_else(|| reader.place(skill.span), |config| config.place.clone());
    let empty = indexmap::IndexMap::new();
    let stated = config.and_then(|config| config.value.as_map()).unwrap_or(&empty);
    let mut findings = Vec::new();
    for Setting { key, kind, is_needed } in settings {
        match stated.get(*key) {
            None | Some(Value::Null) if *is_needed => findings.push(
                Finding::at(Code::MissingSetting, place.clone(), format!("a `{word}` skill needs `executionConfig.{key}`")),
            ),
            Some(value) if !fits(*kind, value) => {
                let help = (*kind == Kind::Text).then(|| "put it in quotes".to_owned());
                let message = format!("`executionConfig.{key}` wants {}", kind.wanted());
                findings.push(Finding::at(Code::WrongType, place.clone(), message).maybe_help(help));
            }
            None | Some(_) => {}
        }
    }
    for key in stated.keys().filter(|key| !settings.iter().any(|setting| setting.key == key.as_str())) {
        let help = closest(key, settings.iter().map(|setting| setting.key)).map(did_you_mean);
        let message = format!("`{key}` is not a documented setting of `{word}`");
        findings.push(Finding::at(Code::UnknownSetting, place.clone(), message).maybe_help(help));
    }
    reader.findings.extend(findings);
}

impl Kind {
    fn wanted(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Map => "a mapping",
            Self::List => "a list",
        }
    }

    fn schema(self) -> Json {
        let reference = |key: &str| {
            json!({ "type": "object", "properties": { key: { "type": "string" } }, "required": [key], "additionalProperties": false })
        };
        match self {
            Self::Text => json!({ "anyOf": [{ "type": ["string", "null"] }, reference("fromFile"), reference("fromEnv")] }),
            Self::Number => json!({ "type": ["number", "null"] }),
            Self::Flag => json!({ "type": ["boolean", "null"] }),
            Self::Map => json!({ "type": ["object", "null"] }),
            Self::List => json!({ "anyOf": [{ "type": ["array", "null"] }, reference("fromCsv")] }),
        }
    }
}

fn fits(kind: Kind, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) => kind == Kind::Flag,
        Value::Number(_) => kind == Kind::Number,
        Value::Text(_) | Value::Secret(_) => kind == Kind::Text,
        Value::List(_) => kind == Kind::List,
        Value::Map(_) => kind == Kind::Map,
    }
}

/// The same rules for editors: for each documented type, what its `executionConfig` looks like.
pub(super) fn conditions() -> Json {
    let condition = |skill_type: &SkillType| {
        let settings = of(skill_type).unwrap_or_default();
        let mut properties = Map::new();
        for Setting { key, kind, is_needed } in settings {
            let mut schema = kind.schema();
            if *is_needed && let Json::Object(map) = &mut schema {
                map.insert("not".to_owned(), json!({ "type": "null" }));
            }
            properties.insert((*key).to_owned(), schema);
        }
        let needed: Vec<&str> = settings.iter().filter(|setting| setting.is_needed).map(|setting| setting.key).collect();
        let config = json!({ "type": ["object", "null"], "properties": properties, "required": needed });
        let mut then = json!({ "properties": { "executionConfig": config } });
        if !needed.is_empty() && let Json::Object(map) = &mut then {
            map.insert("required".to_owned(), json!(["executionConfig"]));
            map.insert("not".to_owned(), json!({ "properties": { "executionConfig": { "type": "null" } } }));
        }
        json!({
            "if": { "properties": { "skillType": { "const": skill_type.as_str() } }, "required": ["skillType"] },
            "then": then,
        })
    };
    Json::Array(DOCUMENTED.iter().map(condition).collect())
}
