//! What is taken over of all that differs.

use crate::model::{Desired, Found, Live, SkillName, Slug, skill_and_keys};

/// What a pull takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accept {
    /// All that differs.
    All,
    /// Only these.
    Only(Vec<Accepted>),
}

/// A skill, or a place in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    agent: Slug,
    skill: SkillName,
    /// The keys that lead to the place; none for the whole skill.
    keys: Vec<String>,
}

/// Why a text names nothing that could be taken over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    /// It has no slash.
    #[error("`{0}` is not `AGENT/SKILL` or `AGENT/SKILL/FIELD`")]
    Form(String),
    /// No selected agent has this address.
    #[error("`{0}`: no selected agent has this address")]
    Agent(String),
    /// Neither the manifest nor the server has this skill.
    #[error("`{text}`: neither the manifests nor the server have a skill of that name on `{agent}`")]
    Skill {
        /// As it was given.
        text: String,
        /// The agent.
        agent: Slug,
    },
}

impl Accept {
    /// Reads `AGENT/SKILL` and `AGENT/SKILL/FIELD`, where the field may go on with `.key` or `/key`. A skill's name may
    /// hold slashes itself, so the names that there are decide.
    ///
    /// # Errors
    /// [`AcceptError`] for the first text that names nothing.
    pub fn read(texts: &[String], desired: &Desired, live: &Live) -> Result<Self, AcceptError> {
        if texts.is_empty() {
            return Ok(Self::All);
        }
        texts.iter().map(|text| Accepted::read(text, desired, live)).collect::<Result<_, _>>().map(Self::Only)
    }

    /// Whether anything of a skill is taken over.
    pub(super) fn skill(&self, agent: &Slug, skill: &SkillName) -> bool {
        match self {
            Self::All => true,
            Self::Only(accepted) => accepted.iter().any(|accepted| accepted.is_of(agent, skill)),
        }
    }

    /// Whether a skill is taken over as a whole.
    pub(super) fn whole(&self, agent: &Slug, skill: &SkillName) -> bool {
        match self {
            Self::All => true,
            Self::Only(accepted) => {
                accepted.iter().any(|accepted| accepted.is_of(agent, skill) && accepted.keys.is_empty())
            }
        }
    }

    /// Whether a place in a skill is taken over: a JSON pointer that begins with the field.
    pub(super) fn place(&self, agent: &Slug, skill: &SkillName, path: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(accepted) => accepted.iter().any(|accepted| {
                let keys: Vec<String> =
                    path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
                accepted.is_of(agent, skill) && keys.starts_with(&accepted.keys)
            }),
        }
    }

    /// Whether packs and new agents are taken over.
    pub(super) fn rest(&self) -> bool {
        match self {
            Self::All => true,
            Self::Only(_) => false,
        }
    }
}

impl Accepted {
    fn read(text: &str, desired: &Desired, live: &Live) -> Result<Self, AcceptError> {
        let (agent, rest) = text.split_once('/').ok_or_else(|| AcceptError::Form(text.to_owned()))?;
        let found = desired.agents.iter().find(|known| known.name.as_str() == agent);
        let found = found.ok_or_else(|| AcceptError::Agent(text.to_owned()))?;
        let skills = match live.agents.get(&found.name) {
            Some(Found::One(one)) => one.skills.items(),
            Some(Found::Missing { .. } | Found::Several(_) | Found::Unproven(_)) | None => &[],
        };
        let declared =
            found.skills.iter().map(|skill| &skill.name).chain(found.presets.iter().map(|preset| &preset.name));
        let names = declared.chain(skills.iter().map(|skill| &skill.name));
        let meant = skill_and_keys(rest, names);
        let (skill, keys) =
            meant.ok_or_else(|| AcceptError::Skill { text: text.to_owned(), agent: found.name.clone() })?;
        Ok(Self { agent: found.name.clone(), skill: skill.clone(), keys })
    }

    fn is_of(&self, agent: &Slug, skill: &SkillName) -> bool {
        self.agent == *agent && self.skill == *skill
    }
}
