//! `flowops.origin/v1`, and how every record says where a value stands and what is put into it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::cover::cover;
use super::finding::SourceV1;
use super::hidden::{Content, Part, covered_path, is_hidden_at, keys, parts_at};
use crate::manifest::origin::{Cell, Entry, Home, Inserted, Layer, Origin, Variable};
use crate::model::Value;

/// Where values come from (`flowops explain origin --format json`).
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(title = "flowops explain origin")]
pub(crate) struct OriginV1 {
    /// What this is, with its version.
    pub(crate) format: OriginFormat,
    /// The target's name.
    pub(crate) target: String,
    /// The agent's address.
    pub(crate) agent: String,
    /// The skill, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skill: Option<String>,
    /// What was asked for, each part that can come from elsewhere on its own.
    pub(crate) entries: Vec<EntryV1>,
}

/// What this is, with its version.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) enum OriginFormat {
    #[serde(rename = "flowops.origin/v1")]
    Origin,
}

/// A value, and where it comes from.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Entry", inline)]
pub(crate) struct EntryV1 {
    /// A JSON pointer (RFC 6901) within the skill, or within the agent.
    pub(crate) path: String,
    /// The value as it is for the target, with references in place of secrets.
    #[serde(flatten)]
    pub(crate) value: ValueV1,
    /// Where it is stated: what wins, then what lies under that. None if nobody states it.
    pub(crate) layers: Vec<LayerV1>,
}

/// A value, or that it may not be shown.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Value", inline)]
pub(crate) enum ValueV1 {
    /// A value that may be shown.
    #[schemars(extend("not" = { "required": ["sensitive"] }))]
    Shown {
        /// The value.
        value: Json,
    },
    /// A value that is a secret, or may be one.
    #[schemars(extend("not" = { "required": ["value"] }))]
    Hidden {
        /// The value is hidden.
        #[schemars(extend("const" = true))]
        sensitive: bool,
    },
}

/// A place at which a value is stated.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Layer", inline)]
pub(crate) struct LayerV1 {
    /// What states it.
    pub(crate) home: HomeV1,
    /// Where.
    pub(crate) source: SourceV1,
    /// The value as it is written there, before anything is put into it.
    pub(crate) written: ValueV1,
    /// Files beside the manifest in which it stands.
    pub(crate) files: Vec<String>,
    /// What is put into its texts.
    pub(crate) inserted: Vec<InsertedV1>,
}

/// What states a value.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Home", inline)]
pub(crate) struct HomeV1 {
    /// Of what kind it is.
    pub(crate) kind: HomeKindV1,
    /// The agent's address, the name of the SkillSet or the AgentSet, the provider, or the target.
    pub(crate) name: String,
    /// Where the row stands that makes the agent, if an AgentSet states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<SourceV1>,
}

/// The kinds of what states values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum HomeKindV1 {
    /// The agent's own manifest.
    Agent,
    /// A SkillSet that the agent uses.
    SkillSet,
    /// An override in the agent's manifest.
    Override,
    /// An AgentSet: its template, or the labels that it gives to all its agents.
    AgentSet,
    /// What an AgentSet says of the agent alone.
    Exception,
    /// The record of what a provider brings.
    ConnectorPack,
    /// What the project says of the agents of a target.
    Target,
}

/// What a `${…}` in a text stands for.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Inserted", inline)]
pub(crate) struct InsertedV1 {
    /// What is between the braces, such as `var.api` or `row.town`.
    pub(crate) name: String,
    /// What it stands for.
    #[serde(flatten)]
    pub(crate) value: ValueV1,
    /// Where that is defined.
    pub(crate) source: SourceV1,
    /// What defines it.
    #[serde(default)]
    pub(crate) by: DefinedByV1,
    /// The target that defines it; `null` if it is every target's.
    pub(crate) target: Option<String>,
}

/// What defines what a `${…}` stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum DefinedByV1 {
    /// A variable of the project.
    #[default]
    Variable,
    /// A cell of the row that makes the agent.
    Cell,
    /// The default of a column, for a row that leaves it out.
    Default,
}

impl OriginV1 {
    pub(crate) fn new(origin: &Origin) -> Self {
        let Origin { target, agent, skill, entries } = origin;
        Self {
            format: OriginFormat::Origin,
            target: cover(target).into_owned(),
            agent: cover(agent.as_str()).into_owned(),
            skill: skill.as_ref().map(|skill| cover(skill.as_str()).into_owned()),
            entries: entries.iter().flat_map(EntryV1::all).collect(),
        }
    }
}

impl EntryV1 {
    /// An entry, apart where only some of it may be shown.
    fn all(entry: &Entry) -> Vec<Self> {
        let Entry { path, value, layers } = entry;
        let depth = keys(path).count();
        let one = |Part { path, content }: Part<'_>| {
            let below: Vec<String> = keys(&path).skip(depth).collect();
            let (value, is_hidden) = match content {
                Content::Shown(value) => (ValueV1::Shown { value }, false),
                Content::Reference(secret) => {
                    (ValueV1::Shown { value: Value::Secret(secret.clone().into()).to_shown_json() }, false)
                }
                Content::Hidden => (ValueV1::HIDDEN, true),
            };
            let layers = layers.iter().map(|layer| LayerV1::new(layer, &path, &below, is_hidden)).collect();
            Self { path: covered_path(&path), value, layers }
        };
        parts_at(path, value).into_iter().map(one).collect()
    }
}

impl ValueV1 {
    const HIDDEN: Self = Self::Hidden { sensitive: true };

    /// What is written at a place of a skill.
    fn written(path: &str, written: &Json) -> Self {
        if is_hidden_at(path, written) { Self::HIDDEN } else { Self::Shown { value: written.clone() } }
    }
}

impl LayerV1 {
    /// The part of a layer at the end of some keys; a reference is written for all that stands in its file.
    fn new(layer: &Layer, path: &str, below: &[String], is_hidden: bool) -> Self {
        let Layer { home, place, written, inserted, files } = layer;
        let part = below.iter().try_fold(written, |written, key| written.get(key)).unwrap_or(written);
        Self {
            home: HomeV1::new(home),
            source: SourceV1::new(place),
            written: ValueV1::written(path, part),
            files: files.iter().map(|file| cover(file).into_owned()).collect(),
            inserted: inserted.iter().map(|inserted| InsertedV1::new(inserted, path, is_hidden)).collect(),
        }
    }
}

impl HomeV1 {
    pub(crate) fn new(home: &Home) -> Self {
        let (kind, name, row) = match home {
            Home::AgentSet { name, row } => (HomeKindV1::AgentSet, name.as_str(), Some(row)),
            Home::Exception { name, row } => (HomeKindV1::Exception, name.as_str(), Some(row)),
            Home::Agent(name) => (HomeKindV1::Agent, name.as_str(), None),
            Home::SkillSet(name) => (HomeKindV1::SkillSet, name.as_str(), None),
            Home::Override(name) => (HomeKindV1::Override, name.as_str(), None),
            Home::ConnectorPack(kind) => (HomeKindV1::ConnectorPack, kind.as_str(), None),
            Home::Target(name) => (HomeKindV1::Target, name.as_str(), None),
        };
        Self { kind, name: cover(name).into_owned(), row: row.map(SourceV1::new) }
    }
}

impl InsertedV1 {
    /// What is put into a value that may not be shown may not be shown either.
    fn new(inserted: &Inserted, path: &str, is_hidden: bool) -> Self {
        let (name, by, value, place, target) = match inserted {
            Inserted::Variable(Variable { name, value, place, target }) => {
                (format!("var.{name}"), DefinedByV1::Variable, value, place, target.as_ref())
            }
            Inserted::Cell(Cell { column, value, place, is_default }) => {
                let by = if *is_default { DefinedByV1::Default } else { DefinedByV1::Cell };
                (format!("row.{column}"), by, value, place, None)
            }
        };
        let value = if is_hidden { ValueV1::HIDDEN } else { ValueV1::written(path, &Json::from(value.as_str())) };
        Self {
            name: cover(&name).into_owned(),
            value,
            source: SourceV1::new(place),
            by,
            target: target.map(|target| cover(target).into_owned()),
        }
    }
}
