//! What a body must look like: the wire's own schemas, and what the platform's pages say beyond them.

use std::sync::LazyLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use schemars::JsonSchema;
use serde_json::{Map, Value as Json};

use super::reply::Refusal;
use crate::api::body::{
    FieldError, GeocodeBody, ProvisionBody, PublishBody, RollbackBody, SkillCreate, SkillUpdate, schema_of,
};
use crate::model::{Field, Shape, SkillType};

/// The schema of one body, compiled once. `None` never happens: the schemas are our own.
type Check = LazyLock<Option<Validator>>;

static CREATE: Check = LazyLock::new(compile::<SkillCreate>);
static UPDATE: Check = LazyLock::new(compile::<SkillUpdate>);
static PUBLISH: Check = LazyLock::new(compile::<PublishBody>);
static PROVISION: Check = LazyLock::new(compile::<ProvisionBody>);
static GEOCODE: Check = LazyLock::new(compile::<GeocodeBody>);
static ROLLBACK: Check = LazyLock::new(compile::<RollbackBody>);

fn compile<T: JsonSchema>() -> Option<Validator> {
    jsonschema::validator_for(&schema_of::<T>()).ok()
}

/// The fields of a skill to be made.
pub(super) fn create(body: Option<&Json>) -> Result<Map<String, Json>, Refusal> {
    let fields = object(&CREATE, Some(body.unwrap_or(&Json::Null)))?;
    let mut errors = meanings(&fields);
    errors.extend(missing_settings(&fields));
    refuse(errors)?;
    Ok(fields)
}

/// The fields of a skill to be changed; `null` clears one.
pub(super) fn update(body: Option<&Json>) -> Result<Map<String, Json>, Refusal> {
    let fields = object(&UPDATE, Some(body.unwrap_or(&Json::Null)))?;
    let mut errors = meanings(&fields);
    let required = [Field::Description, Field::SkillType].map(Field::key);
    let cleared = required.into_iter().filter(|key| fields.get(*key).is_some_and(Json::is_null));
    errors.extend(cleared.map(|key| wrong(key, "it is required and cannot be cleared")));
    refuse(errors)?;
    Ok(fields)
}

/// The note of a publish; the body may be missing.
pub(super) fn publish(body: Option<&Json>) -> Result<Option<String>, Refusal> {
    Ok(object(&PUBLISH, body)?.get("note").and_then(Json::as_str).map(str::to_owned))
}

/// The action slugs of a provision; the body may be missing.
pub(super) fn provision(body: Option<&Json>) -> Result<Vec<String>, Refusal> {
    let body = object(&PROVISION, body)?;
    let actions = body.get("actions").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(actions.iter().filter_map(Json::as_str).map(str::to_owned).collect())
}

/// The entries of a roster whose coordinates are wanted.
pub(super) fn roster(body: Option<&Json>) -> Result<Vec<Json>, Refusal> {
    let body = object(&GEOCODE, Some(body.unwrap_or(&Json::Null)))?;
    Ok(body.get("entries").and_then(Json::as_array).cloned().unwrap_or_default())
}

/// The version id of a rollback.
pub(super) fn rollback(body: Option<&Json>) -> Result<String, Refusal> {
    let body = object(&ROLLBACK, Some(body.unwrap_or(&Json::Null)))?;
    Ok(body.get("versionId").and_then(Json::as_str).unwrap_or_default().to_owned())
}

/// Settings that a skill of its type cannot do without.
pub(super) fn settings(fields: &Map<String, Json>) -> Result<(), Refusal> {
    refuse(missing_settings(fields))
}

fn object(check: &Check, body: Option<&Json>) -> Result<Map<String, Json>, Refusal> {
    let Some(body) = body else { return Ok(Map::new()) };
    let Some(validator) = check.as_ref() else {
        return Err(Refusal::Broken("The schema of the body cannot be compiled.".to_owned()));
    };
    refuse(validator.iter_errors(body).flat_map(|error| misfits(&error)).collect())?;
    Ok(body.as_object().cloned().unwrap_or_default())
}

fn refuse(errors: Vec<FieldError>) -> Result<(), Refusal> {
    if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors)) }
}

fn wrong(field: impl Into<String>, message: impl Into<String>) -> FieldError {
    FieldError { field: field.into(), message: message.into() }
}

/// Says what a schema found, with values left out, since one may be a secret.
fn misfits(error: &ValidationError<'_>) -> Vec<FieldError> {
    let place = error.instance_path().as_str().trim_start_matches('/').replace('/', ".");
    let inside = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
        let is_owned = |key: &str| Field::SERVER_OWNED.contains(&key);
        let why = |key: &str| if is_owned(key) { "only the server sets it" } else { "there is no such field" };
        return unexpected.iter().map(|key| wrong(inside(key), why(key))).collect();
    }
    if let ValidationErrorKind::Required { property } = error.kind() {
        return vec![wrong(inside(property.as_str().unwrap_or_default()), "it is required")];
    }
    vec![wrong(place, error.masked_with("the value").to_string())]
}

/// What is wrong with fields beyond their JSON types.
fn meanings(fields: &Map<String, Json>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for key in ["name", Field::Description.key()] {
        if fields.get(key).and_then(Json::as_str).is_some_and(|text| text.trim().is_empty()) {
            errors.push(wrong(key, "it is blank"));
        }
    }
    for field in Field::ALL {
        let Some(value) = fields.get(field.key()) else { continue };
        match field.shape() {
            Shape::Word(known) => errors.extend(unknown_word(field.key().to_owned(), value, known)),
            Shape::Words(known) => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default().iter().enumerate();
                errors.extend(items.filter_map(|(at, item)| unknown_word(format!("{field}.{at}"), item, known)));
            }
            Shape::Text | Shape::Bool | Shape::Texts | Shape::Object | Shape::TextMap => {}
        }
    }
    errors.extend(fields.get(Field::ParametersSchema.key()).and_then(misshapen_parameters));
    errors
}

fn unknown_word(field: String, value: &Json, known: &[&str]) -> Option<FieldError> {
    let word = value.as_str()?;
    (!known.contains(&word)).then(|| wrong(field, format!("it must be one of {}", known.join(", "))))
}

/// The platform asks for `{ "type": "object", "properties": { … } }`, not for a flat map of parameters.
fn misshapen_parameters(schema: &Json) -> Option<FieldError> {
    let schema = schema.as_object()?;
    let is_object = schema.get("type").and_then(Json::as_str) == Some("object");
    let properties = schema.get("properties").and_then(Json::as_object);
    let fits = is_object && properties.is_some_and(|properties| properties.values().all(Json::is_object));
    let message = "it must be { type: object, properties: { … } }, with an object for each parameter";
    (!fits).then(|| wrong(Field::ParametersSchema.key(), message))
}

fn missing_settings(fields: &Map<String, Json>) -> Vec<FieldError> {
    let skill_type = fields.get(Field::SkillType.key()).and_then(Json::as_str).map(SkillType::read);
    let required: &[&str] = match skill_type {
        Some(SkillType::Email) => &["to", "subject"],
        Some(SkillType::HttpWebhook) => &["url"],
        Some(
            SkillType::DbQuery
            | SkillType::Transfer
            | SkillType::Sms
            | SkillType::Calendar
            | SkillType::GoogleSheets
            | SkillType::Crm
            | SkillType::Mcp
            | SkillType::Playbook
            | SkillType::KnowledgeQuery
            | SkillType::Builtin
            | SkillType::Geo
            | SkillType::NativeGraphql
            | SkillType::NativeRest
            | SkillType::NativeSql
            | SkillType::Other(_),
        )
        | None => &[],
    };
    let config = fields.get(Field::ExecutionConfig.key());
    let is_set = |key: &str| {
        config.and_then(|config| config.get(key)).and_then(Json::as_str).is_some_and(|text| !text.trim().is_empty())
    };
    let missing = required.iter().filter(|key| !is_set(key));
    missing.map(|key| wrong(format!("{}.{key}", Field::ExecutionConfig), "it is required")).collect()
}
