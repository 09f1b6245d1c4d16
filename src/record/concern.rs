//! What a reviewer looks at first, as a record says it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cover::cover;
use crate::diff::{Class, ParameterChange};
use crate::plan::{Concern, Reach, Reached, Risky, Toward};

/// One risk of one skill, on however many agents.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Concern")]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConcernV1 {
    /// What it is, such as `loses-confirmation`.
    pub(crate) risk: String,
    /// The same in a sentence, without a value.
    pub(crate) sentence: String,
    /// The skill's name after the steps.
    pub(crate) skill: String,
    /// The SkillSet that it comes from, if it comes from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skill_set: Option<String>,
    /// Whether the skill changes data elsewhere.
    pub(crate) writes: bool,
    /// Whether its stakes are high.
    pub(crate) high_stakes: bool,
    /// In what it lies, where it can lie in several things: `number`, `host`, `addresses`, `times` or `channels`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) what: Option<String>,
    /// Whether it comes with a pack or an action that a step installs; absent if it does not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) preset: bool,
    /// The value before, where there is one that may be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// The value after, where there is one that may be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    /// The agents, by their names in the manifests.
    pub(crate) agents: Vec<String>,
    /// The steps, held ones among them, by id.
    pub(crate) steps: Vec<String>,
}

/// How far a SkillSet reaches that changes more than one agent.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Reach")]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReachV1 {
    /// The SkillSet.
    pub(crate) skill_set: String,
    /// The same in a sentence.
    pub(crate) sentence: String,
    /// The agents that it changes.
    pub(crate) agents: u64,
    /// The skills that it changes, those of each agent counted.
    pub(crate) skills: u64,
    /// How many of these change data elsewhere.
    pub(crate) writing: u64,
    /// How many of these have high stakes.
    pub(crate) high_stakes: u64,
}

/// One change of the parameters that the agent collects.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "ParameterChange")]
pub(crate) struct ParameterV1 {
    /// What it may break.
    pub(crate) class: ClassV1,
    /// What changes.
    pub(crate) what: String,
}

/// `breaking`: what was a good call before is none now; `behavioural`: the agent may behave in another way; `compatible`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum ClassV1 {
    Breaking,
    Behavioural,
    Compatible,
}

impl ClassV1 {
    /// The word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Breaking => Class::Breaking.word(),
            Self::Behavioural => Class::Behavioural.word(),
            Self::Compatible => Class::Compatible.word(),
        }
    }
}

impl ConcernV1 {
    pub(super) fn new(concern: &Concern) -> Self {
        let Concern { risky, skill, shared, writes, is_high_stakes, agents, steps, toward: _ } = concern;
        let Risky { risk, field: _, of, what, from, to } = risky;
        let text = |text: &str| cover(text).into_owned();
        Self {
            risk: risk.word().to_owned(),
            sentence: text(&concern.sentence()),
            skill: text(skill.as_str()),
            skill_set: shared.as_ref().map(|set| text(set.as_str())),
            writes: *writes,
            high_stakes: *is_high_stakes,
            what: what.map(|what| what.word().to_owned()),
            preset: of.is_some(),
            from: from.as_deref().map(text),
            to: to.as_deref().map(text),
            agents: agents.iter().map(|agent| text(agent.as_str())).collect(),
            steps: steps.iter().map(|id| text(id)).collect(),
        }
    }

    /// The values that tell it: `before → after`, or what comes.
    pub(crate) fn values(&self) -> Option<String> {
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => Some(format!("{from} → {to}")),
            (None, Some(only)) | (Some(only), None) => Some(only.clone()),
            (None, None) => None,
        }
    }
}

impl ReachV1 {
    pub(super) fn new(reach: &Reach) -> Self {
        let Reach { set, reached, toward } = reach;
        Self::of(cover(set.as_str()).into_owned(), *reached, *toward)
    }

    /// How far a SkillSet of this name reaches.
    pub(super) fn of(skill_set: String, reached: Reached, toward: Toward) -> Self {
        let Reached { agents, skills, writing, high_stakes } = reached;
        let sentence = cover(&reached.sentence(&skill_set, toward)).into_owned();
        Self { skill_set, sentence, agents, skills, writing, high_stakes }
    }
}

impl ParameterV1 {
    pub(crate) fn new(change: &ParameterChange) -> Self {
        let ParameterChange { class, what } = change;
        let class = match class {
            Class::Breaking => ClassV1::Breaking,
            Class::Behavioural => ClassV1::Behavioural,
            Class::Compatible => ClassV1::Compatible,
        };
        Self { class, what: cover(what).into_owned() }
    }
}
