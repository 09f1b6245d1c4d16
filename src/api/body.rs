//! The wire's own shapes, restated from the OpenAPI excerpts: what a body must look like, for both sides.
//!
//! The client builds bodies from the model and the sandbox answers from its store, so these types exist for their
//! JSON Schemas: the sandbox refuses a body that does not fit, and tests hold every request and answer to them.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::model::{Field, Shape};

/// `SkillCreate`: the body of `POST /agents/{id}/skills`.
#[derive(Debug)]
pub struct SkillCreate;

/// A partial skill: the body of `PATCH /agents/{id}/skills/{skillId}`. `null` clears a field.
#[derive(Debug)]
pub struct SkillUpdate;

/// `Skill`: what the server answers with.
#[derive(Debug)]
pub struct SkillAnswer;

/// The body of `POST /agents/{id}/publish`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishBody {
    /// A note that the version keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The body of `POST /agents/{id}/integrations/{kind}/provision`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisionBody {
    /// Slugs of the actions; none means every important one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
}

/// The body of `POST /agents/{id}/geocode-roster`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeocodeBody {
    /// What is looked for; a request takes only so many.
    pub entries: Vec<GeocodeEntry>,
}

/// A row of a roster whose coordinates are wanted.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeocodeEntry {
    /// What the place is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Its address.
    pub address: String,
    /// Its phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// The body of `POST /agents/{id}/rollback`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RollbackBody {
    /// The version that callers get again.
    pub version_id: String,
}

/// `ProvisionedSkill`: an entry of a pack's or a provision's answer.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "camelCase")]
pub struct ProvisionedSkill {
    /// The skill.
    pub skill: SkillAnswer,
    /// `false` when one existed already and was left alone.
    pub created: bool,
}

/// RFC 9457 problem details with the platform's extensions; every member is optional.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ProblemDetails {
    /// A URI; its last segment may be the slug.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_uri: Option<String>,
    /// What kind of problem, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The status again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What happened, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// A URI of this occurrence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The slug, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Fields that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// A field that a body got wrong.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// Its path.
    #[serde(default)]
    pub field: String,
    /// What is wrong with it.
    #[serde(default)]
    pub message: String,
}

fn field_schema(field: Field) -> Map<String, Json> {
    let words = |known: &[&str]| serde_json::json!({ "type": "string", "x-known": known });
    let schema = match field.shape() {
        Shape::Text => serde_json::json!({ "type": "string" }),
        Shape::Bool => serde_json::json!({ "type": "boolean" }),
        Shape::Word(known) => words(known),
        Shape::Texts => serde_json::json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Words(known) => serde_json::json!({ "type": "array", "items": words(known) }),
        Shape::Object => serde_json::json!({ "type": "object" }),
        Shape::TextMap => serde_json::json!({ "type": "object", "additionalProperties": { "type": "string" } }),
    };
    match schema {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => Map::new(),
    }
}

fn skill_schema(required: &[&str], nullable: bool, server_fields: bool) -> Schema {
    let mut properties = Map::new();
    properties.insert("name".to_owned(), serde_json::json!({ "type": "string" }));
    for field in Field::ALL {
        let mut schema = field_schema(*field);
        if nullable && let Some(Json::String(kind)) = schema.remove("type") {
            schema.insert("type".to_owned(), serde_json::json!([kind, "null"]));
        }
        properties.insert(field.key().to_owned(), Json::Object(schema));
    }
    if server_fields {
        for key in Field::SERVER_OWNED {
            let kind = if *key == "expectedLatencyMs" { "integer" } else { "string" };
            properties.insert((*key).to_owned(), serde_json::json!({ "type": kind }));
        }
    }
    let closed = !server_fields;
    schemars::json_schema!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": !closed,
    })
}

macro_rules! skill_shape {
    ($name:ident, $required:expr, $nullable:expr, $server:expr) => {
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
                skill_schema($required, $nullable, $server)
            }
        }
    };
}

skill_shape!(SkillCreate, &["name", "description", "skillType"], false, false);
skill_shape!(SkillUpdate, &[], true, false);
skill_shape!(SkillAnswer, &["id", "agentId", "organizationId", "name", "description", "skillType"], true, true);

/// The JSON Schema (draft 2020-12) of a wire type.
pub fn schema_of<T: JsonSchema>() -> Json {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}
