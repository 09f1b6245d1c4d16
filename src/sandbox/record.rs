//! What the store keeps of an agent, a skill and a version.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::model::{AgentId, SkillId};

/// An agent: its draft, and the versions that were published of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredAgent {
    /// Its id.
    #[serde(with = "agent_id")]
    pub(super) id: AgentId,
    /// Its name.
    pub(super) name: String,
    /// Counts its changes.
    pub(super) version: u64,
    /// When it was made.
    pub(super) created: u64,
    /// When it was changed last.
    pub(super) updated: u64,
    /// The version that callers hear.
    pub(super) published: Option<String>,
    /// What else the dashboard knows of it, such as a greeting.
    pub(super) settings: Map<String, Json>,
    /// The draft's skills, the oldest first.
    pub(super) skills: Vec<StoredSkill>,
    /// What was published, the oldest first.
    pub(super) versions: Vec<StoredVersion>,
    /// Skills that caller verification refers to.
    #[serde(with = "skill_ids")]
    pub(super) verifiers: Vec<SkillId>,
}

/// A skill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredSkill {
    /// Its id.
    #[serde(with = "skill_id")]
    pub(super) id: SkillId,
    /// Which preset made it; no answer shows it.
    pub(super) preset: Option<String>,
    /// When it was made.
    pub(super) created: u64,
    /// When it was changed last.
    pub(super) updated: u64,
    /// Its name and every field that is set.
    pub(super) fields: Map<String, Json>,
}

/// A published version: the draft as it was then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredVersion {
    /// Its id.
    pub(super) id: String,
    /// Counts the agent's versions from 1.
    pub(super) number: u64,
    /// What the publisher said of it.
    pub(super) note: Option<String>,
    /// When it was published.
    pub(super) published: u64,
    /// The agent's name then.
    pub(super) name: String,
    /// The agent's settings then.
    pub(super) settings: Map<String, Json>,
    /// The agent's skills then.
    pub(super) skills: Vec<StoredSkill>,
}

impl StoredAgent {
    /// An agent without skills.
    pub(super) fn new(id: AgentId, name: &str, now: u64) -> Self {
        Self {
            id,
            name: name.to_owned(),
            version: 1,
            created: now,
            updated: now,
            published: None,
            settings: Map::new(),
            skills: Vec::new(),
            versions: Vec::new(),
            verifiers: Vec::new(),
        }
    }

    /// The skill of an id.
    pub(super) fn skill(&self, id: &SkillId) -> Option<&StoredSkill> {
        self.skills.iter().find(|skill| skill.id == *id)
    }

    /// The skill of an id, to be changed.
    pub(super) fn skill_mut(&mut self, id: &SkillId) -> Option<&mut StoredSkill> {
        self.skills.iter_mut().find(|skill| skill.id == *id)
    }

    /// Whether a skill other than `except` has a name.
    pub(super) fn has_name(&self, name: &str, except: Option<&SkillId>) -> bool {
        self.skills.iter().any(|skill| skill.name() == name && Some(&skill.id) != except)
    }
}

impl StoredSkill {
    /// Its name; empty if it has none.
    pub(super) fn name(&self) -> &str {
        self.text("name")
    }

    /// A text field; empty if it is not set.
    pub(super) fn text(&self, key: &str) -> &str {
        self.fields.get(key).and_then(Json::as_str).unwrap_or_default()
    }
}

macro_rules! stored_as_text {
    ($module:ident, $Type:ty) => {
        mod $module {
            use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

            pub(super) fn serialize<S: Serializer>(id: &$Type, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(id.as_str())
            }

            pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$Type, D::Error> {
                let text = String::deserialize(from)?;
                <$Type>::parse(&text).map_err(|why| D::Error::custom(format!("`{text}` is no id: {why}")))
            }
        }
    };
}

stored_as_text!(agent_id, crate::model::AgentId);
stored_as_text!(skill_id, crate::model::SkillId);

mod skill_ids {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::model::SkillId;

    #[derive(Serialize, Deserialize)]
    #[serde(transparent)]
    struct Entry(#[serde(with = "super::skill_id")] SkillId);

    pub(super) fn serialize<S: Serializer>(ids: &[SkillId], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(ids.iter().cloned().map(Entry))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<SkillId>, D::Error> {
        let entries = Vec::<Entry>::deserialize(from)?;
        Ok(entries.into_iter().map(|Entry(id)| id).collect())
    }
}
