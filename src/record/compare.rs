//! `flowops.compare/v1`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::cover::{cover, is_covered};
use super::finding::SourceV1;
use super::hidden::{covered_path, is_hidden_at};
use super::origin::ValueV1;
use crate::compare::{Cause, Comparison, Difference};
use crate::manifest::origin::Variable;
use crate::model::{Place, Value};

/// How two targets differ (`flowops compare --format json`).
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(title = "flowops compare")]
pub(crate) struct CompareV1 {
    /// What this is, with its version.
    pub(crate) format: CompareFormat,
    /// The one target's name.
    pub(crate) a: String,
    /// The other one's.
    pub(crate) b: String,
    /// Whether they ask for the same.
    pub(crate) equal: bool,
    /// How many agents were compared.
    pub(crate) agents: u64,
    /// What neither a variable nor the way in which agents are found explains; there should be nothing.
    pub(crate) unexplained: Vec<ApartV1>,
    /// What is explained, by the cause; what has several causes stands below each.
    pub(crate) causes: Vec<CauseOfV1>,
}

/// What this is, with its version.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) enum CompareFormat {
    #[serde(rename = "flowops.compare/v1")]
    Compare,
}

/// Why targets differ, and where they do for that reason.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Cause", inline)]
pub(crate) struct CauseOfV1 {
    /// Why.
    #[serde(flatten)]
    pub(crate) reason: ReasonV1,
    /// Where.
    pub(crate) differences: Vec<ApartV1>,
}

/// Why targets differ.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum ReasonV1 {
    /// A variable has another value.
    Variable {
        /// Its name.
        name: String,
        /// As the one target has it.
        a: Box<DefinedV1>,
        /// As the other one has it.
        b: Box<DefinedV1>,
    },
    /// The project gives agents other ids: `targets.NAME.agents`.
    AgentIds,
    /// The agents' manifests match something else in each target: `match.byTarget`.
    Match,
}

/// The value of a variable, and where it is defined.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Defined", inline)]
pub(crate) struct DefinedV1 {
    /// The value.
    #[serde(flatten)]
    pub(crate) value: ValueV1,
    /// Where it is defined.
    pub(crate) source: SourceV1,
    /// The target that defines it; `null` if it is every target's.
    pub(crate) target: Option<String>,
}

/// A place at which two targets ask for something else, on every agent for which it is the same.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Apart", inline)]
pub(crate) struct ApartV1 {
    /// The agents, by their addresses.
    pub(crate) agents: Vec<String>,
    /// The skill, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skill: Option<String>,
    /// A JSON pointer (RFC 6901) within the skill, or within the agent.
    pub(crate) path: String,
    /// What they ask for.
    #[serde(flatten)]
    pub(crate) values: SidesV1,
    /// Where that is written; `null` where no one line says it.
    pub(crate) sources: SourcesV1,
}

/// What two targets ask for, or that it may not be shown.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub(crate) enum SidesV1 {
    /// Values that may be shown, with references in place of secrets.
    #[schemars(extend("not" = { "required": ["sensitive"] }))]
    Shown {
        /// What the one asks for; `null` if it asks for nothing there.
        a: Json,
        /// What the other one asks for.
        b: Json,
    },
    /// Values of which one is a secret, or may be one.
    #[schemars(extend("not" = { "anyOf": [{ "required": ["a"] }, { "required": ["b"] }] }))]
    Hidden {
        /// Both values are hidden.
        #[schemars(extend("const" = true))]
        sensitive: bool,
    },
}

/// Where what two targets ask for is written.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct SourcesV1 {
    /// What the one asks for.
    pub(crate) a: Option<SourceV1>,
    /// What the other one asks for.
    pub(crate) b: Option<SourceV1>,
}

impl CompareV1 {
    pub(crate) fn new(comparison: &Comparison) -> Self {
        let Comparison { a, b, agents, unexplained, causes } = comparison;
        Self {
            format: CompareFormat::Compare,
            a: cover(a).into_owned(),
            b: cover(b).into_owned(),
            equal: comparison.is_equal(),
            agents: *agents as u64,
            unexplained: unexplained.iter().map(ApartV1::new).collect(),
            causes: causes.iter().map(|(cause, differences)| CauseOfV1::new(cause, differences)).collect(),
        }
    }
}

impl CauseOfV1 {
    fn new(cause: &Cause, differences: &[Difference]) -> Self {
        let reason = match cause {
            Cause::AgentIds => ReasonV1::AgentIds,
            Cause::Match => ReasonV1::Match,
            Cause::Variable { a, b } => ReasonV1::Variable {
                name: cover(&a.name).into_owned(),
                a: Box::new(DefinedV1::new(a, differences)),
                b: Box::new(DefinedV1::new(b, differences)),
            },
        };
        Self { reason, differences: differences.iter().map(ApartV1::new).collect() }
    }
}

impl DefinedV1 {
    /// What is put into a value that may not be shown may not be shown either, nor what looks like a secret at a place
    /// where it is put.
    fn new(variable: &Variable, differences: &[Difference]) -> Self {
        let Variable { name: _, value, place, target } = variable;
        let value = Json::from(value.as_str());
        let is_hidden = is_covered(&value)
            || differences
                .iter()
                .any(|difference| is_hidden_at(&difference.path, &value) || sides(difference).is_none());
        Self {
            value: if is_hidden { ValueV1::Hidden { sensitive: true } } else { ValueV1::Shown { value } },
            source: SourceV1::new(place),
            target: target.as_ref().map(|target| cover(target).into_owned()),
        }
    }
}

/// Both values of a difference, if they may be shown.
fn sides(difference: &Difference) -> Option<(Json, Json)> {
    let Difference { agents: _, skill: _, path, a, b, places: _ } = difference;
    let shown = |value: &Option<Value>| match value {
        None => Some(Json::Null),
        Some(value) => Some(value.to_shown_json()).filter(|shown| !is_hidden_at(path, shown)),
    };
    shown(a).zip(shown(b))
}

impl ApartV1 {
    fn new(difference: &Difference) -> Self {
        let Difference { agents, skill, path, a: _, b: _, places: (place_a, place_b) } = difference;
        let source = |place: &Option<Place>| place.as_ref().map(SourceV1::new);
        Self {
            agents: agents.iter().map(|agent| cover(agent.as_str()).into_owned()).collect(),
            skill: skill.as_ref().map(|skill| cover(skill.as_str()).into_owned()),
            path: covered_path(path),
            values: sides(difference).map_or(SidesV1::Hidden { sensitive: true }, |(a, b)| SidesV1::Shown { a, b }),
            sources: SourcesV1 { a: source(place_a), b: source(place_b) },
        }
    }
}
