//! What `executionConfig` holds for each type of skill, as the OpenAPI's prose and the platform's guides say.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::node::{Key, Node, Tree};
use super::reader::{Located, Reader, did_you_mean};
use super::reference::{self, reference};
use super::roster;
use crate::diag::{Code, Finding, closest};
use crate::model::{Field, Reference, SkillType, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Number,
    Flag,
    Map,
    List,
}

#[derive(Debug, Clone, Copy)]
struct Setting {
    key: &'static str,
    kind: Type,
    is_needed: bool,
}

const fn needs(key: &'static str, kind: Type) -> Setting {
    Setting { key, kind, is_needed: true }
}

const fn takes(key: &'static str, kind: Type) -> Setting {
    Setting { key, kind, is_needed: false }
}

/// The setting that may come from a CSV file.
const ROSTER: &str = "roster";

const EMAIL: &[Setting] = &[
    needs("to", Type::Text),
    needs("subject", Type::Text),
    takes("from_name", Type::Text),
    takes("intro", Type::Text),
    takes("reply_to", Type::Text),
];
const HTTP_WEBHOOK: &[Setting] = &[
    needs("url", Type::Text),
    takes("method", Type::Text),
    takes("headers", Type::Map),
    takes("timeout_ms", Type::Number),
];
const DB_QUERY: &[Setting] = &[takes("sql_template", Type::Text)];
const TRANSFER: &[Setting] = &[takes("destination", Type::Text)];
const BUILTIN: &[Setting] = &[takes("action", Type::Text)];
const GEO: &[Setting] = &[
    takes("action", Type::Text),
    takes("origin_address", Type::Text),
    takes("radius_miles", Type::Number),
    takes(ROSTER, Type::List),
    takes("route_by_caller_number", Type::Flag),
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

/// Each type for which settings are documented, with them.
fn documented() -> impl Iterator<Item = (&'static str, &'static [Setting])> {
    SkillType::KNOWN.iter().filter_map(|word| Some((*word, of(&SkillType::read(word))?)))
}

/// The type that has a setting of this name: for a setting that was written beside `executionConfig`, not in it.
pub(super) fn owner(key: &str) -> Option<&'static str> {
    let has = |settings: &[Setting]| settings.iter().any(|setting| setting.key == key);
    documented().find(|(_, settings)| has(settings)).map(|(word, _)| word)
}

/// Checks a skill's settings against its type.
pub(super) fn check(reader: &mut Reader, skill: &Node, fields: &BTreeMap<Field, Located<Value>>) {
    let Some(declared) = fields.get(&Field::SkillType) else { return };
    let Some(word) = declared.value.as_text() else { return };
    let Some(settings) = of(&SkillType::read(word)) else { return };
    let config = entries(skill).iter().find(|(key, _)| &*key.text == Field::ExecutionConfig.key());
    let (place, stated) = match config {
        Some((key, Node { tree: Tree::Map(stated), .. })) => (reader.place(key.span), &**stated),
        Some((key, Node { tree: Tree::Null, .. })) => (reader.place(key.span), [].as_slice()),
        Some(_) => return,
        None => (declared.place.clone(), [].as_slice()),
    };
    for Setting { key, kind, is_needed } in settings {
        let value = stated.iter().find(|(stated, _)| *stated.text == **key).map(|(_, value)| value);
        match value {
            None | Some(Node { tree: Tree::Null, .. }) if *is_needed => {
                let message = format!("a skill of type `{word}` needs `executionConfig.{key}`");
                reader.findings.push(Finding::at(Code::MissingSetting, place.clone(), message));
            }
            Some(value) if !kind.fits(&value.tree) => reader.wrong_type(value, kind.wanted()),
            Some(value) if *key == ROSTER => check_roster(reader, value, stated_roster(fields)),
            None | Some(_) => {}
        }
    }
    for (key, _) in stated.iter().filter(|(key, _)| !settings.iter().any(|setting| setting.key == &*key.text)) {
        let help = closest(&key.text, settings.iter().map(|setting| setting.key)).map(did_you_mean);
        let message = format!("`{}` is not a documented setting of `{word}`", key.text);
        reader.report_with(Code::UnknownSetting, key.span, message, help);
    }
}

/// Checks the roster of an override, if it looks like one: the type of the skill that it changes is not known here.
pub(super) fn check_override(reader: &mut Reader, over: &Node, fields: &BTreeMap<Field, Located<Value>>) {
    let of = |entries: &'_ [(Key, Node)], name: &str| entries.iter().position(|(key, _)| &*key.text == name);
    let config = of(entries(over), Field::ExecutionConfig.key()).and_then(|at| entries(over).get(at));
    let stated = config.map(|(_, config)| entries(config)).unwrap_or_default();
    let Some((_, roster)) = of(stated, ROSTER).and_then(|at| stated.get(at)) else { return };
    let Tree::List(rows) = &roster.tree else { return };
    let is_place = |row: &Node| entries(row).iter().any(|(key, _)| matches!(&*key.text, "label" | "address"));
    if rows.iter().all(is_place) {
        check_roster(reader, roster, stated_roster(fields));
    }
}

fn stated_roster(fields: &BTreeMap<Field, Located<Value>>) -> Option<&Value> {
    fields.get(&Field::ExecutionConfig)?.value.as_map()?.get(ROSTER)
}

/// Checks a roster that stands in the manifest: a phone number without quotes is a number.
fn check_roster(reader: &mut Reader, roster: &Node, value: Option<&Value>) {
    let Tree::List(rows) = &roster.tree else { return };
    for row in rows.iter() {
        for (key, value) in reader.map(row).unwrap_or_default() {
            let kind = match &*key.text {
                "label" | "address" | "phone" => Type::Text,
                "lat" | "lng" => Type::Number,
                _ => continue,
            };
            if !kind.fits(&value.tree) {
                reader.wrong_type(value, kind.wanted());
            }
        }
    }
    roster::check_stated(reader, roster, value);
}

fn entries(node: &Node) -> &[(Key, Node)] {
    match &node.tree {
        Tree::Map(entries) => entries,
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => &[],
    }
}

impl Type {
    fn wanted(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Map => "a mapping",
            Self::List => "a list",
        }
    }

    /// A reference fits where the value that it stands for would.
    fn fits(self, tree: &Tree) -> bool {
        match tree {
            Tree::Null => true,
            Tree::Bool(_) => self == Self::Flag,
            Tree::Number(_) => self == Self::Number,
            Tree::Text(_) => self == Self::Text,
            Tree::List(_) => self == Self::List,
            Tree::Map(_) => match reference(tree) {
                Some((Reference::Csv, ..)) => self == Self::List,
                Some((Reference::Env | Reference::File, ..)) => self == Self::Text,
                None => self == Self::Map,
            },
        }
    }

    fn schema(self) -> Json {
        match self {
            Self::Text => {
                let text = json!({ "type": ["string", "null"] });
                json!({ "anyOf": [text, reference::schema(Reference::File), reference::schema(Reference::Env)] })
            }
            Self::Number => json!({ "type": ["number", "null"] }),
            Self::Flag => json!({ "type": ["boolean", "null"] }),
            Self::Map => json!({ "type": ["object", "null"] }),
            Self::List => json!({ "anyOf": [{ "type": ["array", "null"] }, reference::schema(Reference::Csv)] }),
        }
    }
}

fn roster_schema() -> Json {
    let rows = json!({ "type": ["array", "null"], "items": roster::row_schema(&Type::Text.schema()) });
    json!({ "anyOf": [rows, reference::schema(Reference::Csv)] })
}

/// The same rules for editors: for each documented type, what its `executionConfig` looks like.
pub(super) fn conditions() -> Json {
    let condition = |(word, settings): (&str, &[Setting])| {
        let mut properties = Map::new();
        for Setting { key, kind, is_needed } in settings {
            let mut schema = if *key == ROSTER { roster_schema() } else { kind.schema() };
            if *is_needed && let Json::Object(map) = &mut schema {
                map.insert("not".to_owned(), json!({ "type": "null" }));
            }
            properties.insert((*key).to_owned(), schema);
        }
        let needed: Vec<&str> =
            settings.iter().filter(|setting| setting.is_needed).map(|setting| setting.key).collect();
        let config = json!({ "type": ["object", "null"], "properties": properties, "required": needed });
        let mut then = json!({ "properties": { "executionConfig": config } });
        if !needed.is_empty()
            && let Json::Object(map) = &mut then
        {
            map.insert("required".to_owned(), json!(["executionConfig"]));
            map.insert("not".to_owned(), json!({ "properties": { "executionConfig": { "type": "null" } } }));
        }
        json!({
            "if": { "properties": { "skillType": { "const": word } }, "required": ["skillType"] },
            "then": then,
        })
    };
    Json::Array(documented().map(condition).collect())
}
