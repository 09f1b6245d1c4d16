//! What a document may say, field by field: the shapes that manifests are read into and their JSON Schemas come from.
//!
//! The doc comments here become the descriptions that editors show.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value as Json, json};

use super::agent_set::{self, AgentSetSpec};
use super::kind::Kind;
use super::literal::Literal;
use super::reader::Located;
use super::target::AgentIds;
use super::{reference, settings};
use crate::model::{
    ActionSlug, AgentId, Arrives, Field, Ignore, Lookup, Place, ProviderKind, Prune, Reference, Risk, Shape, SkillName,
    SkillType, Slug, Value,
};

/// A document of a kind that is known.
#[derive(Debug)]
pub(super) enum Document {
    /// There is only one, so its name is checked but not kept.
    Project(Box<ProjectSpec>),
    Agent(Box<Doc<AgentSpec>>),
    SkillSet(Doc<SkillSetSpec>),
    AgentSet(Box<Doc<AgentSetSpec>>),
    ConnectorPack(Doc<ConnectorPackSpec>),
}

/// Name and labels of a document.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Metadata {
    /// The address in the repository, unique among documents of its kind.
    pub(super) name: Located<Slug>,
    /// Free labels, for `--selector`.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub(super) labels: BTreeMap<String, String>,
}

/// A document: its name and what it says.
#[derive(Debug)]
pub(super) struct Doc<S> {
    pub(super) metadata: Metadata,
    pub(super) spec: S,
}

/// What an agent has.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AgentSpec {
    /// How the agent is found on the server; by the manifest's own name if nothing is said.
    #[schemars(rename = "match")]
    pub(super) lookup: Option<LookupDoc>,
    /// When the agent is published: `never` (default), or `onChange`: whenever its draft differs.
    #[schemars(with = "Option<PublishWord>")]
    pub(super) publish: Option<crate::model::Publish>,
    /// What is deleted besides `absent`: `never` (default); `removed`, what the base revision declared and the manifests no
    /// longer do; `all`, whatever they do not declare.
    #[schemars(with = "Option<PruneWord>")]
    pub(super) prune: Option<Prune>,
    /// SkillSets whose skills this agent also gets.
    #[schemars(rename = "use", with = "Option<Vec<Slug>>")]
    pub(super) uses: Vec<Located<Slug>>,
    /// Connector packs that must be installed.
    #[schemars(with = "Option<Vec<PackDoc>>")]
    pub(super) packs: Vec<PackDoc>,
    /// Actions of providers that must be there as skills.
    #[schemars(with = "Option<Vec<ProvisionDoc>>")]
    pub(super) provision: Vec<ProvisionDoc>,
    /// The agent's own skills.
    #[schemars(with = "Option<Vec<SkillDoc>>")]
    pub(super) skills: Vec<SkillDoc>,
    /// Fields that differ here from the shared skill or the preset of the same name.
    #[schemars(with = "Option<Vec<OverrideDoc>>")]
    pub(super) overrides: Vec<OverrideDoc>,
    /// Names of skills that must not exist.
    #[schemars(with = "Option<Vec<SkillName>>")]
    pub(super) absent: Vec<Located<SkillName>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
enum PublishWord {
    Never,
    OnChange,
}

// What is deleted besides `absent`; a doc comment would stand in the schema beside the field's own.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "only its schema is used")]
enum PruneWord {
    Never,
    Removed,
    All,
}

/// How an agent is found: by name, by id, or in another way for each target.
#[derive(Debug, Clone)]
pub(super) enum LookupDoc {
    One(Located<Lookup>),
    ByTarget(BTreeMap<String, Located<Lookup>>, Place),
}

impl LookupDoc {
    /// The place of what is said.
    pub(super) const fn place(&self) -> &Place {
        match self {
            Self::One(lookup) => &lookup.place,
            Self::ByTarget(_, place) => place,
        }
    }

    /// The same for one row of an AgentSet, which says how its agent is found.
    pub(super) fn of_row(self, row: &Place) -> Self {
        let move_to = |lookup: Located<Lookup>| Located { value: lookup.value, place: row.clone() };
        match self {
            Self::One(lookup) => Self::One(move_to(lookup)),
            Self::ByTarget(targets, place) => {
                let moved = targets.into_iter().map(|(target, lookup)| (target, move_to(lookup)));
                Self::ByTarget(moved.collect(), place)
            }
        }
    }
}

impl JsonSchema for LookupDoc {
    fn schema_name() -> Cow<'static, str> {
        "Match".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = |key: &str, value: Schema, other: &str| {
            let properties = json!({ key: value, other: { "type": "null" } });
            json!({ "type": "object", "properties": properties, "required": [key], "additionalProperties": false })
        };
        let by_name = one("name", schemars::json_schema!({ "type": "string" }), "id");
        let by_id = one("id", generator.subschema_for::<AgentId>(), "name");
        schemars::json_schema!({
            "description": "How the agent is found: `name`, `id`, or `byTarget` with one of these for each target.",
            "anyOf": [
                by_name, by_id,
                {
                    "type": "object",
                    "properties": { "byTarget": { "type": "object", "additionalProperties": { "anyOf": [by_name, by_id] } } },
                    "required": ["byTarget"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// A connector pack that an agent must have.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct PackDoc {
    /// The provider.
    pub(super) kind: Located<ProviderKind>,
}

/// Actions of a provider that an agent must have as skills.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ProvisionDoc {
    /// The provider.
    pub(super) kind: Located<ProviderKind>,
    /// The platform's words for the actions.
    #[schemars(length(min = 1))]
    pub(super) actions: Vec<Located<ActionSlug>>,
}

/// Skills that many agents share.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct SkillSetSpec {
    /// The skills.
    #[schemars(with = "Option<Vec<SkillDoc>>")]
    pub(super) skills: Vec<SkillDoc>,
}

/// What a provider's pack installs.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct ConnectorPackSpec {
    /// The provider.
    pub(super) kind: Located<ProviderKind>,
    /// The skills that an install of the pack makes; missing where only actions are recorded.
    pub(super) skills: Option<Vec<RecordedPreset>>,
    /// The skills that single actions make.
    #[schemars(with = "Option<Vec<RecordedAction>>")]
    pub(super) actions: Vec<RecordedAction>,
}

/// A skill that an action makes.
#[derive(Debug)]
pub(super) struct RecordedAction {
    pub(super) action: Located<ActionSlug>,
    pub(super) made: RecordedPreset,
}

/// A skill that a pack makes.
#[derive(Debug)]
pub(super) struct RecordedPreset {
    pub(super) name: Located<SkillName>,
    pub(super) skill_type: SkillType,
    pub(super) arrives: Arrives,
    pub(super) fields: BTreeMap<Field, Located<Value>>,
}

/// Targets, variables and policy.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ProjectSpec {
    /// Variables of every target.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub(super) variables: BTreeMap<String, Located<String>>,
    /// Targets, such as staging and production.
    #[schemars(with = "Option<BTreeMap<String, Option<TargetDoc>>>")]
    pub(super) targets: BTreeMap<String, TargetDoc>,
    /// The target that is meant when none is named.
    pub(super) default_target: Option<Located<String>>,
    /// Limits and rules.
    pub(super) policy: Option<PolicyDoc>,
}

/// A target.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct TargetDoc {
    /// Variables of this target; they win over the project's.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub(super) variables: BTreeMap<String, Located<String>>,
    /// Ids of agents in this target, by the addresses of their manifests; they win over names in `match`.
    #[schemars(with = "Option<AgentIds>")]
    pub(super) agents: AgentIds,
}

/// Limits and rules.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct PolicyDoc {
    /// What the name of a secret's variable must begin with; `FLOWOPS_SECRET_` if nothing is said.
    #[schemars(inner(length(min = 1)))]
    pub(super) secret_prefixes: Option<Vec<String>>,
    /// Globs over `AGENT/SKILL` that are never deleted or replaced.
    #[schemars(with = "Option<Vec<String>>")]
    pub(super) protected: Vec<String>,
    /// How much one run may delete.
    pub(super) delete_budget: Option<DeleteBudgetDoc>,
    /// Places that are left to others, for a time.
    #[schemars(with = "Option<Vec<IgnoreDoc>>")]
    pub(super) ignore: Vec<Ignore>,
    /// Risks that a step may have only with somebody's yes: `apply --allow risk=DIGEST`.
    #[schemars(with = "Option<BTreeSet<RiskWord>>")]
    pub(super) risk: BTreeSet<Risk>,
    /// Places where a value may stand that looks like a secret and is none.
    #[schemars(with = "Option<Vec<LiteralDoc>>")]
    pub(super) literals: Vec<Literal>,
}

// A doc comment would stand in the schema beside the field's own.
struct RiskWord;

impl JsonSchema for RiskWord {
    fn schema_name() -> Cow<'static, str> {
        "Risk".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |risk: &Risk| json!({ "const": risk.word(), "description": risk.about() });
        schemars::json_schema!({ "oneOf": Risk::ALL.iter().map(one).collect::<Vec<_>>() })
    }
}

/// A value that looks like a secret and is none: it may stand as it is, and is hidden all the same.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct LiteralDoc {
    /// A glob over `AGENT/SKILL` and `SKILLSET/SKILL`: where the value is written.
    address: String,
    /// The way to one value in `executionConfig` or `errorHandling`, such as `executionConfig.headers.X-Tenant`.
    #[schemars(regex(pattern = "^(executionConfig|errorHandling)\\..+$"))]
    field: String,
    /// Who answers for it.
    #[schemars(length(min = 1))]
    owner: String,
    /// Why it is no secret.
    #[schemars(length(min = 1))]
    reason: String,
}

/// A place of a skill that is neither compared nor written once the skill is there.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is used")]
struct IgnoreDoc {
    /// A glob over `AGENT/SKILL`.
    address: String,
    /// A field such as `description`, or a place within `executionConfig` or `errorHandling` such as
    /// `executionConfig.timeout_ms`.
    field: String,
    /// Who answers for it.
    #[schemars(length(min = 1))]
    owner: String,
    /// Why.
    #[schemars(length(min = 1))]
    reason: String,
    /// The last day on which it holds, in UTC: `2027-01-31`.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    expires: String,
}

/// How much one run may delete.
#[derive(Debug, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct DeleteBudgetDoc {
    /// Skills; 10 if nothing is said.
    pub(super) count: Option<u32>,
    /// Per cent of the live skills; 30 if nothing is said.
    #[schemars(range(max = 100))]
    pub(super) percent: Option<u32>,
    /// The population from which on `percent` counts; 10 if nothing is said.
    pub(super) minimum: Option<u32>,
}

/// A skill as declared.
#[derive(Debug, Clone)]
pub(super) struct SkillDoc {
    pub(super) name: Located<SkillName>,
    pub(super) was: Option<Located<SkillName>>,
    pub(super) replace: bool,
    pub(super) protect: bool,
    pub(super) geocode: bool,
    pub(super) fields: BTreeMap<Field, Located<Value>>,
    /// The SkillSet that it was taken from.
    pub(super) shared: Option<Slug>,
    /// The fields that an override changed, each with where it stood before, if it did.
    pub(super) under: BTreeMap<Field, Option<Place>>,
}

impl SkillDoc {
    /// Whether an override changed it.
    pub(super) fn is_changed(&self) -> bool {
        !self.under.is_empty()
    }
}

/// Fields that replace those of a shared skill or a preset.
#[derive(Debug, Clone)]
pub(super) struct OverrideDoc {
    pub(super) name: Located<SkillName>,
    pub(super) fields: BTreeMap<Field, Located<Value>>,
}

/// Fields that replace those of a preset, with its recorded type.
#[derive(Debug)]
pub(super) struct PresetDoc {
    pub(super) skill_type: SkillType,
    pub(super) over: OverrideDoc,
}

impl JsonSchema for SkillDoc {
    fn schema_name() -> Cow<'static, str> {
        "Skill".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = skill_properties(generator, Field::ALL);
        properties.insert(
            "was".to_owned(),
            described::<Option<SkillName>>(generator, "The name it had before: a rename, never a delete and a create."),
        );
        properties.insert(
            "replace".to_owned(),
            described::<Option<bool>>(
                generator,
                "Whether a change of `skillType` may delete it and make it anew, with a new id.",
            ),
        );
        properties.insert(
            "protect".to_owned(),
            described::<Option<bool>>(
                generator,
                "Whether it must never be deleted or replaced. The base revision's word counts, too: who removes the skill does not remove this.",
            ),
        );
        properties.insert(
            "geocode".to_owned(),
            described::<Option<bool>>(
                generator,
                "Whether apply asks the platform for the coordinates of those places of its `roster` that have none, whenever it sends the roster.",
            ),
        );
        schemars::json_schema!({
            "description": "A skill that must exist as stated. A field that is missing is not managed; `null` clears.",
            "type": "object",
            "required": ["name", "description", "skillType"],
            "properties": properties,
            "additionalProperties": false,
            "allOf": settings::conditions(),
        })
    }
}

impl JsonSchema for OverrideDoc {
    fn schema_name() -> Cow<'static, str> {
        "Override".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields: Vec<Field> = Field::ALL.iter().copied().filter(|field| *field != Field::SkillType).collect();
        let properties = skill_properties(generator, &fields);
        schemars::json_schema!({
            "description": "Fields that differ here from the shared skill or the preset of this name.",
            "type": "object",
            "required": ["name"],
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

impl JsonSchema for RecordedPreset {
    fn schema_name() -> Cow<'static, str> {
        "Recorded".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields: Vec<Field> = Field::ALL.iter().copied().filter(|field| *field != Field::SkillType).collect();
        let mut properties = skill_properties(generator, &fields);
        properties.insert("name".to_owned(), described::<SkillName>(generator, "What the install calls it."));
        properties.insert("skillType".to_owned(), described::<SkillType>(generator, "Its type."));
        let about = "`disabled` where somebody must enable it after an install.";
        properties.insert("arrives".to_owned(), json!({ "enum": ["enabled", "disabled"], "description": about }));
        schemars::json_schema!({
            "description": "A skill that an install of the pack makes. What is stated besides name and type is managed on every agent that gets it; an override wins over it.",
            "type": "object",
            "required": ["name", "skillType"],
            "properties": properties,
            "additionalProperties": false,
        })
    }
}

impl JsonSchema for RecordedAction {
    fn schema_name() -> Cow<'static, str> {
        "RecordedAction".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = RecordedPreset::json_schema(generator);
        let action = described::<ActionSlug>(generator, "The platform's word for the action.");
        if let Some(Json::Object(properties)) = schema.get_mut("properties") {
            properties.insert("action".to_owned(), action);
        }
        schema.insert("required".to_owned(), json!(["action", "name", "skillType"]));
        let about = "A skill that an action makes, with the same fields as one that a pack makes.";
        schema.insert("description".to_owned(), about.into());
        schema
    }
}

fn described<T: JsonSchema>(generator: &mut SchemaGenerator, about: &str) -> Json {
    let mut schema = generator.subschema_for::<T>();
    schema.insert("description".to_owned(), about.into());
    schema.to_value()
}

fn skill_properties(generator: &mut SchemaGenerator, fields: &[Field]) -> Map<String, Json> {
    let mut properties = Map::new();
    properties
        .insert("name".to_owned(), described::<SkillName>(generator, "What the skill is called, unique on its agent."));
    for field in fields {
        let clears = !matches!(field, Field::Description | Field::SkillType);
        properties.insert(field.key().to_owned(), field_schema(*field, clears));
    }
    properties
}

fn field_schema(field: Field, clears: bool) -> Json {
    let from_file = reference::schema(Reference::File);
    let word = |known: &[&str]| json!({ "anyOf": [{ "enum": known }, { "type": "string" }] });
    let mut schema = match field.shape() {
        Shape::Text => json!({ "anyOf": [{ "type": "string" }, from_file] }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Word(known) => word(known),
        Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Words(known) => json!({ "type": "array", "items": word(known) }),
        Shape::Object if field == Field::ParametersSchema => json!({
            "type": "object",
            "properties": {
                "type": { "const": "object" },
                "properties": { "type": "object" },
                "required": { "type": "array", "items": { "type": "string" } },
            },
            "required": ["type", "properties"],
        }),
        Shape::Object => json!({ "type": "object" }),
        Shape::TextMap => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
    };
    if clears {
        schema = json!({ "anyOf": [schema, { "type": "null" }] });
    }
    if let Json::Object(map) = &mut schema {
        map.insert("description".to_owned(), field.about().into());
    }
    schema
}

macro_rules! text_schema {
    ($($name:ty, $title:literal, $schema:tt;)*) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $title.into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schemars::json_schema!($schema)
            }
        }
    )*};
}

text_schema! {
    Slug, "Slug", { "type": "string", "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "maxLength": 63 };
    SkillName, "SkillName", { "type": "string", "minLength": 1, "pattern": "^\\S([^\\x00-\\x1f]*\\S)?$", "maxLength": 200 };
    AgentId, "AgentId", { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^([A-Za-z0-9_-]|\\$\\{var\\.[^}]*\\})*$" };
    ActionSlug, "ActionSlug", { "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[A-Za-z0-9_.-]+$" };
    ProviderKind, "ProviderKind", { "anyOf": [{ "enum": ProviderKind::KNOWN }, { "type": "string", "pattern": "^[a-z0-9_]+$" }] };
    SkillType, "SkillType", { "anyOf": [{ "enum": SkillType::KNOWN }, { "type": "string" }] };
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The JSON Schema (draft 2020-12) of a kind.
pub fn schema(kind: Kind) -> Json {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let metadata = generator.subschema_for::<Metadata>();
    let spec = match kind {
        Kind::Agent => generator.subschema_for::<AgentSpec>().to_value(),
        Kind::SkillSet => generator.subschema_for::<SkillSetSpec>().to_value(),
        Kind::AgentSet => agent_set::schema(&mut generator),
        Kind::ConnectorPack => generator.subschema_for::<ConnectorPackSpec>().to_value(),
        Kind::Project => generator.subschema_for::<ProjectSpec>().to_value(),
    };
    let mut definitions = generator.take_definitions(true);
    if kind == Kind::AgentSet {
        agent_set::loosen(&mut definitions);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:flowops:v1:{}", kind.file()),
        "title": kind.word(),
        "description": kind.about(),
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": { "const": "flowops/v1" },
            "kind": { "const": kind.word() },
            "metadata": metadata,
            "spec": spec,
        },
        "additionalProperties": false,
        "$defs": definitions,
    })
}
