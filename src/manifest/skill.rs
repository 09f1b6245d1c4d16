//! A node → a skill's fields, each of the shape that the API wants.

use std::collections::{BTreeMap, BTreeSet};

use super::document::unknown_word;
use super::node::{Node, Tree};
use super::reader::{Fields, Located, Reader, did_you_mean, unknown_field};
use super::reference::reference;
use super::schema::{OverrideDoc, RecordedPreset, SkillDoc};
use super::settings;
use super::value::{self, Position, Scope, substitute};
use crate::diag::{Code, Finding, closest};
use crate::model::{Arrives, Field, Shape, SkillName, SkillType, Value};

/// Reads a skill that is declared whole; one that lacks something is kept by its name, for those that refer to it.
pub(super) fn read(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<SkillDoc> {
    let mut fields = reader.fields(node)?;
    let name = fields.need(reader, "name").and_then(|node| skill_name(reader, scope, node));
    let was = fields.take("was").and_then(|node| skill_name(reader, scope, node));
    let replace = fields.take("replace").and_then(|node| reader.flag(node)).unwrap_or(false);
    let protect = fields.take("protect").and_then(|node| reader.flag(node)).unwrap_or(false);
    let geocode = fields.take("geocode");
    let geocodes = geocode.and_then(|node| reader.flag(node)).unwrap_or(false);
    for needed in [Field::Description, Field::SkillType] {
        fields.need(reader, needed.key());
    }
    let values = managed(reader, scope, &fields, Field::ALL, &["name", "was", "replace", "protect", "geocode"]);
    settings::check(reader, node, &values);
    let kind = values.get(&Field::SkillType).and_then(|kind| kind.value.as_text());
    if let (Some(node), Some(kind)) =
        (geocode.filter(|_| geocodes), kind.filter(|kind| SkillType::read(kind) != SkillType::Geo))
    {
        let message = format!("`geocode` does nothing for a skill of type `{kind}`");
        let help = "only skills of type `geo` have a roster of places".to_owned();
        reader.report_with(Code::UnknownSetting, node.span, message, Some(help));
    }
    Some(SkillDoc {
        name: name?,
        was,
        replace,
        protect,
        geocode: geocodes,
        fields: values,
        shared: None,
        under: BTreeMap::new(),
    })
}

/// Reads fields that differ from a shared skill or a preset.
pub(super) fn read_override(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<OverrideDoc> {
    let mut fields = reader.fields(node)?;
    let name = fields.need(reader, "name").and_then(|node| skill_name(reader, scope, node));
    let allowed: Vec<Field> = Field::ALL.iter().copied().filter(|field| *field != Field::SkillType).collect();
    let values = managed(reader, scope, &fields, &allowed, &["name"]);
    settings::check_override(reader, node, &values);
    Some(OverrideDoc { name: name?, fields: values })
}

/// Reads a skill that an install makes. Its name is the provider's, so nothing is put in its place.
/// `others` are keys of the item that are read elsewhere.
pub(super) fn read_recorded(
    reader: &mut Reader,
    scope: &Scope<'_>,
    node: &Node,
    others: &[&'static str],
) -> Option<RecordedPreset> {
    let mut fields = reader.fields(node)?;
    let name = fields.need(reader, "name").and_then(|node| reader.name(node, SkillName::parse));
    let skill_type = fields.need(reader, "skillType").and_then(|node| {
        let skill_type = SkillType::read(&reader.text(node)?.value);
        if let SkillType::Other(word) = &skill_type {
            unknown_word(reader, node, word, SkillType::KNOWN);
        }
        Some(skill_type)
    });
    let words = [("enabled", Arrives::Enabled), ("disabled", Arrives::Disabled)];
    let arrives = fields.take("arrives").and_then(|node| reader.word(node, &words)).unwrap_or_default();
    let allowed: Vec<Field> = Field::ALL.iter().copied().filter(|field| *field != Field::SkillType).collect();
    let values = managed(reader, scope, &fields, &allowed, &[&["name", "skillType", "arrives"], others].concat());
    Some(RecordedPreset { name: name?, skill_type: skill_type?, arrives, fields: values })
}

/// Reads the name of a skill of ours, into which variables are put.
pub(super) fn skill_name(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<Located<SkillName>> {
    let Located { value, place } = reader.text(node)?;
    let text = substitute(reader, scope, node.span, &value);
    reader.parsed(node.span, &text, SkillName::parse).map(|value| Located { value, place })
}

/// Both lists say what must be collected, so they had better say the same.
fn check_required(reader: &mut Reader, values: &BTreeMap<Field, Located<Value>>) {
    let names = |value: &Value| match value {
        Value::List(items) => Some(items.iter().filter_map(Value::as_text).map(str::to_owned).collect::<BTreeSet<_>>()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) | Value::Map(_) => None,
    };
    let Some(stated) = values.get(&Field::RequiredParams) else { return };
    let schema = values.get(&Field::ParametersSchema).and_then(|schema| schema.value.as_map()?.get("required"));
    let (Some(here), Some(there)) = (names(&stated.value), schema.and_then(names)) else { return };
    let differing: Vec<String> = here.symmetric_difference(&there).map(|name| format!("`{name}`")).collect();
    if !differing.is_empty() {
        let message =
            format!("only one of `requiredParams` and `parametersSchema.required` has {}", differing.join(", "));
        reader.findings.push(Finding::at(Code::RequiredDiffers, stated.place.clone(), message));
    }
}

fn managed(
    reader: &mut Reader,
    scope: &Scope<'_>,
    fields: &Fields<'_>,
    allowed: &[Field],
    others: &[&'static str],
) -> BTreeMap<Field, Located<Value>> {
    let mut values = BTreeMap::new();
    for (key, node) in fields.all() {
        if others.contains(&&*key.text) {
            continue;
        }
        if Field::SERVER_OWNED.contains(&&*key.text) {
            let help = Some("remove it: the server sets it".to_owned());
            reader.report_with(Code::ServerOwned, key.span, format!("`{}` belongs to the server", key.text), help);
            continue;
        }
        let Some(field) = Field::read(&key.text).filter(|field| allowed.contains(field)) else {
            if Field::read(&key.text).is_some() {
                let message = format!("`{}` may not stand in an override", key.text);
                let help = "declare a skill of the agent's own instead".to_owned();
                reader.report_with(Code::UnknownField, key.span, message, Some(help));
            } else if let Some(kind) = settings::owner(&key.text) {
                let message = format!("`{}` is not a field of a skill", key.text);
                let help = format!("`{}` is a setting of `{kind}`: it belongs in `executionConfig`", key.text);
                reader.report_with(Code::UnknownField, key.span, message, Some(help));
            } else {
                let fields = allowed.iter().map(|field| field.key());
                let known: Vec<&'static str> = others.iter().copied().chain(fields).collect();
                unknown_field(reader, key, &known);
            }
            continue;
        };
        if let Some(value) =
            value::below_key(reader, scope, (key, node), |reader| field_value(reader, scope, field, node))
        {
            values.insert(field, Located { value, place: reader.place(key.span) });
        }
    }
    check_required(reader, &values);
    values
}

fn field_value(reader: &mut Reader, scope: &Scope<'_>, field: Field, node: &Node) -> Option<Value> {
    let position = match field {
        Field::ExecutionConfig | Field::ErrorHandling => Position::Settings,
        Field::ParametersSchema => Position::Schema,
        Field::Description
        | Field::SkillType
        | Field::RequiredParams
        | Field::ToolMode
        | Field::DataEgressMap
        | Field::AllowedFields
        | Field::IsWrite
        | Field::RequiresVerifiedIdentity
        | Field::RequiresConfirmation
        | Field::VerificationLevel
        | Field::NonParallelizable
        | Field::Channels
        | Field::IsEnabled
        | Field::Stakes
        | Field::AvailabilityWindow => Position::Prose,
    };
    if node.tree == Tree::Null {
        // A missing name, description or type was reported where the skill was opened.
        return (!matches!(field, Field::Description | Field::SkillType)).then_some(Value::Null);
    }
    if !has_shape(reader, field, node) {
        return None;
    }
    value::read(reader, scope, node, position)
}

fn has_shape(reader: &mut Reader, field: Field, node: &Node) -> bool {
    match field.shape() {
        Shape::Text => match &node.tree {
            Tree::Map(_) if reference(&node.tree).is_some() => true,
            Tree::Map(_) | Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => {
                reader.text(node).is_some()
            }
        },
        Shape::Bool => reader.flag(node).is_some(),
        Shape::Word(known) => is_word(reader, node, known, field),
        Shape::Texts => all_texts(reader, node).is_some(),
        Shape::Words(known) => {
            let Some(items) = all_texts(reader, node) else { return false };
            for item in items {
                is_word(reader, item, known, field);
            }
            true
        }
        Shape::Object if field == Field::ParametersSchema => is_object_schema(reader, node),
        Shape::Object => reader.map(node).is_some(),
        Shape::TextMap => {
            let Some(entries) = reader.map(node) else { return false };
            let texts = entries.iter().filter(|(_, value)| reader.text(value).is_some()).count();
            texts == entries.len()
        }
    }
}

fn all_texts<'n>(reader: &mut Reader, node: &'n Node) -> Option<&'n [Node]> {
    let before = reader.findings.len();
    let items = reader.list(node);
    for item in items {
        reader.text(item);
    }
    (reader.findings.len() == before).then_some(items)
}

fn is_word(reader: &mut Reader, node: &Node, known: &'static [&'static str], field: Field) -> bool {
    let Some(text) = reader.text(node) else { return false };
    if !known.contains(&text.value.as_str()) {
        unknown_word(reader, node, &text.value, known);
    }
    let connected = [
        SkillType::Calendar,
        SkillType::GoogleSheets,
        SkillType::Mcp,
        SkillType::NativeGraphql,
        SkillType::NativeRest,
        SkillType::NativeSql,
    ];
    if field == Field::SkillType && connected.contains(&SkillType::read(&text.value)) {
        let message = format!("skills of type `{}` are made by connecting a provider", text.value);
        let help = "install its pack with `packs: [{kind: …}]`".to_owned();
        reader.report_with(Code::MadeByConnecting, node.span, message, Some(help));
    }
    true
}

/// The platform's own rule: an object schema with a top-level `properties` map, not a bare map of names.
fn is_object_schema(reader: &mut Reader, node: &Node) -> bool {
    let Some(entries) = reader.map(node) else { return false };
    let entry = |name: &str| entries.iter().find(|(key, _)| &*key.text == name).map(|(_, node)| node);
    let is_object = entry("type").is_some_and(|node| node.tree == Tree::Text("object".into()));
    let has_properties = entry("properties").is_some_and(|node| matches!(node.tree, Tree::Map(_)));
    let required = entry("required").is_none_or(|node| match &node.tree {
        Tree::List(items) => items.iter().all(|item| matches!(item.tree, Tree::Text(_))),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Map(_) => false,
    });
    if is_object && has_properties && required {
        return true;
    }
    let message = if is_object && has_properties {
        "`required` in `parametersSchema` is a list of names".to_owned()
    } else {
        let missing = if is_object { "a `properties` map" } else { "`type: object`" };
        format!("`parametersSchema` needs {missing}")
    };
    let near = closest("properties", entries.iter().map(|(key, _)| &*key.text)).filter(|near| *near != "properties");
    let help = near.map(|near| format!("{} It is spelled `{near}` here", did_you_mean("properties")));
    let help = help.unwrap_or_else(|| "write `{type: object, properties: {…}, required: […]}`".to_owned());
    reader.report_with(Code::ParametersSchema, node.span, message, Some(help));
    false
}
