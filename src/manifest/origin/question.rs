//! What is asked for: `AGENT`, `AGENT/SKILL` or a place in a skill.

use std::collections::BTreeMap;

use super::within;
use crate::diag::closest;
use crate::manifest::reader::did_you_mean;
use crate::model::{Agent, Desired, Field, SkillName, Value, skill_and_keys};

/// Something that manifests come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked<'d> {
    /// How an agent is found and treated.
    Agent(&'d Agent),
    /// A skill with all its fields.
    Skill {
        /// The agent that has it.
        agent: &'d Agent,
        /// Its name.
        skill: &'d SkillName,
    },
    /// A place in a skill.
    Value {
        /// The agent that has the skill.
        agent: &'d Agent,
        /// The skill's name.
        skill: &'d SkillName,
        /// The field.
        field: Field,
        /// The keys within it.
        keys: Vec<String>,
        /// What stands there.
        value: &'d Value,
    },
}

/// Why a question asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AskError {
    message: String,
    /// What may have been meant, or what there is.
    pub help: Option<String>,
}

impl<'d> Asked<'d> {
    /// Reads a question: `AGENT`, `AGENT/SKILL` or `AGENT/SKILL/FIELD`, which may go on with `.key` or `/key`.
    ///
    /// # Errors
    /// [`AskError`] if there is no such thing.
    pub fn read(text: &str, desired: &'d Desired) -> Result<Self, AskError> {
        let (address, rest) = text.split_once('/').unwrap_or((text, ""));
        let Some(agent) = desired.agents.iter().find(|agent| agent.name.as_str() == address) else {
            let known = desired.agents.iter().map(|agent| agent.name.as_str());
            return Err(refused(format!("no manifest declares the agent `{address}`"), address, known));
        };
        if rest.is_empty() {
            return Ok(Self::Agent(agent));
        }
        let names = || {
            let own = agent.skills.iter().map(|skill| &skill.name);
            own.chain(desired.presets(agent).map(|recorded| &recorded.name))
        };
        let Some((skill, keys)) = skill_and_keys(rest, names()) else {
            let near = rest.split('/').next().unwrap_or(rest);
            let message = format!("the manifests give `{address}` no skill called `{rest}`");
            let error = refused(message, near, names().map(SkillName::as_str));
            let help = error.help.or_else(|| Some(format!("`flowops explain origin {address}` lists its skills")));
            return Err(AskError { help, ..error });
        };
        let Some((first, keys)) = keys.split_first() else { return Ok(Self::Skill { agent, skill }) };
        Self::place(agent, skill, first, keys)
    }

    fn place(agent: &'d Agent, skill: &'d SkillName, first: &str, keys: &[String]) -> Result<Self, AskError> {
        let mut stated = fields(agent, skill);
        let Some(field) = Field::read(first) else {
            let known = Field::ALL.iter().map(|field| field.key());
            return Err(refused(format!("`{first}` is not a field of a skill"), first, known));
        };
        let Some((_, value)) = stated.find(|(known, _)| **known == field) else {
            let message = format!("no manifest states `{field}` of `{}/{skill}`: it is not managed", agent.name);
            return Err(AskError { message, help: None });
        };
        for end in 1..=keys.len() {
            let (way, above) = (keys.get(..end).unwrap_or(keys), keys.get(..end - 1).unwrap_or_default());
            if within(value, way).is_none() {
                let known = within(value, above).and_then(Value::as_map).into_iter().flat_map(|map| map.keys());
                let last = way.last().map_or("", String::as_str);
                let message = format!("no manifest states `{}.{}` of `{}/{skill}`", field, way.join("."), agent.name);
                return Err(refused(message, last, known.map(|key| &**key)));
            }
        }
        let value = within(value, keys).unwrap_or(value);
        Ok(Self::Value { agent, skill, field, keys: keys.to_vec(), value })
    }
}

/// The managed fields of a skill, whoever brings it.
pub(super) fn fields<'d>(
    agent: &'d Agent,
    skill: &SkillName,
) -> impl Iterator<Item = (&'d Field, &'d Value)> + use<'d> {
    let own = agent.skills.iter().find(|own| own.name == *skill).map(|own| &own.fields);
    let preset = || agent.presets.iter().find(|preset| preset.name == *skill).map(|preset| &preset.fields);
    // Of one that is recorded by name and type alone there are none.
    let fields: Option<&BTreeMap<Field, Value>> = own.or_else(preset);
    fields.into_iter().flatten()
}

fn refused<'k>(message: String, word: &str, known: impl Iterator<Item = &'k str>) -> AskError {
    AskError { message, help: closest(word, known).map(did_you_mean) }
}
