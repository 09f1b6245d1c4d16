use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{AgentId, Field, ProviderKind, SkillId, SkillName, Slug, VersionId, is_sensitive_key};

/// What the server said, for the selected agents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    /// What was found for each desired agent.
    pub agents: BTreeMap<Slug, Found>,
    /// What is known of the providers; empty where no pack is declared.
    pub catalog: Catalog,
    /// Reads that were sent for it, retries not counted.
    pub reads: u64,
}

/// What was found for one desired agent.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Exactly one.
    One(Box<LiveAgent>),
    /// None, and the listing was complete.
    Missing {
        /// The names that do exist, for "did you mean".
        names: Arc<[String]>,
    },
    /// More than one of that name.
    Several(Vec<AgentId>),
    /// It cannot be told, since the listing of agents could not be proved complete.
    Unproven(String),
}

/// A list that the server gave, and whether it is all of it.
///
/// Nothing is created, changed or deleted on the strength of a list that is not proved complete.
#[derive(Debug, Clone, PartialEq)]
pub enum Listing<T> {
    /// All of it.
    Complete(Vec<T>),
    /// Perhaps not all of it.
    Unproven {
        /// What was received.
        items: Vec<T>,
        /// Why it cannot be told.
        reason: String,
    },
}

impl<T> Listing<T> {
    /// What was received.
    pub fn items(&self) -> &[T] {
        match self {
            Self::Complete(items) | Self::Unproven { items, reason: _ } => items,
        }
    }
}

/// An agent on the server.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveAgent {
    /// Its id.
    pub id: AgentId,
    /// Whether it has business hours.
    pub hours: BusinessHours,
    /// Its skills.
    pub skills: Listing<LiveSkill>,
    /// Which of its skills something else refers to.
    pub references: References,
    /// How the draft differs from what callers hear.
    pub draft: Draft,
    /// What callers hear.
    pub published: Published,
}

/// Whether an agent has business hours, by which `availabilityWindow` of its skills is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusinessHours {
    /// It has.
    Set,
    /// It says that it has none.
    None,
    /// The answer does not say, as a list's items may be shorter than the agent itself.
    Unstated,
}

/// A skill on the server, as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveSkill {
    /// Its id.
    pub id: SkillId,
    /// Its name.
    pub name: SkillName,
    /// Everything, fields that this version does not know among it.
    pub raw: Map<String, Json>,
}

impl LiveSkill {
    /// The word of its type, if it came with one.
    pub fn skill_type(&self) -> Option<&str> {
        self.raw.get(Field::SkillType.key())?.as_str()
    }
}

/// Skills whose id something else holds, so that deleting or replacing them would break it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum References {
    /// Not asked for, since nothing would be deleted or replaced.
    NotNeeded,
    /// All that caller verification refers to.
    Known(BTreeSet<SkillId>),
    /// They could not be read.
    Unknown(String),
}

/// How an agent's draft differs from its published version.
#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    /// Not asked for, since the manifest publishes never.
    NotNeeded,
    /// There is no published version.
    NeverPublished,
    /// There is one.
    Differs {
        /// The published version.
        version: VersionId,
        /// In what the draft differs from it; none if callers hear the draft.
        changes: Vec<DraftChange>,
    },
    /// It could not be read.
    Unknown(String),
}

/// One place in which a draft differs from what is published, as the server says it.
#[derive(Clone, PartialEq)]
pub struct DraftChange {
    /// The place, in the server's own words: how it names fields is not documented.
    pub field: String,
    /// What callers hear; `None` if nothing was there.
    pub before: Option<Json>,
    /// What the draft says; `None` if it is gone.
    pub after: Option<Json>,
}

impl DraftChange {
    /// The last word of its place.
    pub fn key(&self) -> &str {
        self.words().next_back().unwrap_or_default()
    }

    /// Whether a word of its place says that its values are never shown.
    pub fn is_sensitive(&self) -> bool {
        self.words().any(|word| word.eq_ignore_ascii_case("headers") || is_sensitive_key(word))
    }

    fn words(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.field.split(['/', '.', '[', ']']).filter(|word| !word.is_empty())
    }
}

/// The values may hold what nobody may see.
impl std::fmt::Debug for DraftChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { field, before: _, after: _ } = self;
        f.debug_struct("DraftChange").field("field", field).finish_non_exhaustive()
    }
}

/// What callers hear of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// This version.
    Version(VersionId),
    /// Nothing: it was never published.
    Never,
    /// The server's answer does not say.
    Unstated,
}

/// What is known of the providers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Catalog {
    /// Not asked for, since no pack is declared.
    #[default]
    NotNeeded,
    /// What the server lists.
    Known(BTreeMap<ProviderKind, CatalogEntry>),
    /// It could not be read.
    Unknown(String),
}

/// A provider in the catalog. `None` where the server's words do not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogEntry {
    /// Whether it ships a pack.
    pub has_pack: Option<bool>,
    /// Whether it offers actions.
    pub has_actions: Option<bool>,
    /// Whether it is connected for the organization.
    pub connected: Option<bool>,
}
