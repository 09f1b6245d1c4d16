use std::collections::BTreeMap;

use super::digest;
use super::draft::Ours;
use super::meaning::Meaning;
use crate::diff::{Difference, FieldChange, Seen};
use crate::model::{
    AgentId, Digest, Field, Geocode, LiveSkill, Moved, Place, ProviderKind, SkillId, SkillName, Slug, Value, VersionId,
    Via,
};

/// One write that apply would send.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its address, unique in the plan: `AGENT/skill/NAME`, `AGENT/pack/KIND`, `AGENT/provision/KIND`, `AGENT/publish`.
    pub id: String,
    /// On which agent.
    pub agent: AgentRef,
    /// What is done.
    pub action: Action,
    /// Where the manifests ask for it.
    pub place: Place,
    /// Why, for people; nothing branches on it.
    pub reason: String,
    /// Steps that must have been done before, by id.
    pub needs: Vec<String>,
    /// Who moved since the base revision, so that it is wanted.
    pub moved: Moved,
    /// What it means, beyond the lines that it changes.
    pub meaning: Meaning,
    /// Whether the coordinates of what it sends of a roster are asked for before.
    pub geocode: Geocode,
}

impl Step {
    /// The name of exactly this step: `sha256:` and 64 hexadecimal digits over what is done and over which live values.
    pub fn digest(&self) -> Digest {
        digest::of_step(self)
    }

    /// Whether it is only not applied yet: the manifests moved since the base revision, and live did not.
    pub fn is_pending(&self) -> bool {
        is_pending(self.moved)
    }

    /// What it stands for since the base revision.
    pub fn origin(&self) -> Origin {
        Origin::of(self.moved)
    }
}

/// What a step stands for since a base revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The manifests changed, whatever live did.
    Changed,
    /// Live moved, and the manifests did not.
    Drifted,
    /// Who moved cannot be told.
    Untold,
}

impl Origin {
    /// All of them, in the order in which they are shown.
    pub const ALL: &'static [Self] = &[Self::Changed, Self::Drifted, Self::Untold];

    /// Of that of which this moved.
    pub const fn of(moved: Moved) -> Self {
        match moved {
            Moved::Manifest | Moved::Both => Self::Changed,
            Moved::Live => Self::Drifted,
            Moved::Unknown => Self::Untold,
        }
    }
}

const fn is_pending(moved: Moved) -> bool {
    match moved {
        Moved::Manifest => true,
        Moved::Live | Moved::Both | Moved::Unknown => false,
    }
}

/// An agent by both its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgentRef {
    /// The address in the repository.
    pub name: Slug,
    /// The server's word.
    pub id: AgentId,
}

/// What is done, in a word: a closed set, the same in every format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Something is made.
    Create,
    /// Something is changed.
    Update,
    /// Something is removed.
    Delete,
    /// A pack is installed.
    Install,
    /// A draft is published.
    Publish,
}

impl Verb {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Install => "install",
            Self::Publish => "publish",
        }
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Creates a skill.
    Create {
        /// Its name.
        name: SkillName,
        /// Its declared fields.
        fields: BTreeMap<Field, Value>,
    },
    /// Changes a live skill.
    Update {
        /// Its id.
        id: SkillId,
        /// Its name after the step.
        name: SkillName,
        /// Its name before, if the step renames it.
        was: Option<Former>,
        /// The fields to send.
        changes: Vec<FieldChange>,
        /// What the skill must still be when it is sent.
        seen: Seen,
    },
    /// Changes a preset that an earlier step of the plan makes: its id and its fields are known only then.
    UpdatePreset {
        /// Its name.
        name: SkillName,
        /// Its declared fields; those that the install left as declared are not sent.
        fields: BTreeMap<Field, Value>,
    },
    /// Deletes a live skill.
    Delete {
        /// Its id.
        id: SkillId,
        /// Its name.
        name: SkillName,
        /// The skill that is made in its stead, if its type changes.
        by: Option<SkillName>,
        /// What the skill must still be when it is sent.
        seen: Seen,
    },
    /// Installs a pack, or provisions actions.
    Install {
        /// The provider.
        kind: ProviderKind,
        /// Its pack, or which of its actions.
        via: Via,
        /// The recorded presets that are not there; empty where nothing is recorded.
        missing: Vec<SkillName>,
    },
    /// Publishes the draft.
    Publish {
        /// The version that callers hear now, if there is one.
        over: Option<VersionId>,
        /// Fields of the draft that already differ from it.
        draft: Vec<String>,
        /// What the draft may differ in when it is published.
        ours: Ours,
    },
}

/// The name that a skill has before it is renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    /// The name.
    pub name: SkillName,
    /// Who moved it since the base revision.
    pub moved: Moved,
}

impl Action {
    /// The word for it.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Create { .. } => Verb::Create,
            Self::Update { .. } | Self::UpdatePreset { .. } => Verb::Update,
            Self::Delete { .. } => Verb::Delete,
            Self::Install { .. } => Verb::Install,
            Self::Publish { .. } => Verb::Publish,
        }
    }

    /// The places at which it changes a live skill that the plan saw.
    pub fn differences(&self) -> impl Iterator<Item = &Difference> {
        let changes = match self {
            Self::Update { changes, .. } => changes.as_slice(),
            Self::Create { .. }
            | Self::UpdatePreset { .. }
            | Self::Delete { .. }
            | Self::Install { .. }
            | Self::Publish { .. } => &[],
        };
        changes.iter().flat_map(|change| &change.differences)
    }

    /// What it would change, place by place: of what is new each field as a whole.
    pub(super) fn foreseen(&self) -> Vec<Difference> {
        let new = |(field, value): (&Field, &Value)| Difference {
            path: format!("/{field}"),
            before: None,
            after: Some(value.to_shown_json()),
            is_sensitive: value.holds_secret(),
            moved: Moved::Unknown,
        };
        match self {
            Self::Create { name: _, fields } | Self::UpdatePreset { name: _, fields } => {
                fields.iter().map(new).collect()
            }
            Self::Update { .. } | Self::Delete { .. } | Self::Install { .. } | Self::Publish { .. } => {
                self.differences().cloned().collect()
            }
        }
    }

    /// The skill that it is done to, by its name after the step; `None` if it is done to none.
    pub fn skill(&self) -> Option<&SkillName> {
        match self {
            Self::Create { name, .. }
            | Self::Update { name, .. }
            | Self::UpdatePreset { name, .. }
            | Self::Delete { name, .. } => Some(name),
            Self::Install { .. } | Self::Publish { .. } => None,
        }
    }

    /// What it is done to, besides the agent.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Create { name, .. } | Self::UpdatePreset { name, .. } => Subject::new_skill(name),
            Self::Update { id, name, .. } | Self::Delete { id, name, by: None, .. } => {
                Subject::Skill { name: name.clone(), id: Some(id.clone()) }
            }
            Self::Delete { id, name, by: Some(by), .. } => {
                Subject::Replaced { id: id.clone(), name: name.clone(), by: by.clone() }
            }
            Self::Install { kind, via: Via::Pack, .. } => Subject::Pack(kind.clone()),
            Self::Install { kind, via: Via::Actions(_), .. } => Subject::Provision(kind.clone()),
            Self::Publish { .. } => Subject::Draft,
        }
    }
}

/// What a step is done to, besides the agent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A skill.
    Skill {
        /// Its name after the step.
        name: SkillName,
        /// Its id, if the plan saw it live.
        id: Option<SkillId>,
    },
    /// A skill that goes so that one of another type can be made in its stead.
    Replaced {
        /// Its id.
        id: SkillId,
        /// Its name.
        name: SkillName,
        /// The name of the one that is made.
        by: SkillName,
    },
    /// A pack.
    Pack(ProviderKind),
    /// Actions of a provider.
    Provision(ProviderKind),
    /// The agent's draft.
    Draft,
}

impl Subject {
    /// A skill that was not seen live.
    pub(super) fn new_skill(name: &SkillName) -> Self {
        Self::Skill { name: name.clone(), id: None }
    }

    /// A live skill, by its name after the step.
    pub(super) fn live_skill(name: &SkillName, live: &LiveSkill) -> Self {
        Self::Skill { name: name.clone(), id: Some(live.id.clone()) }
    }

    /// The address of a step on an agent that is done to it.
    pub(super) fn address(&self, agent: &Slug) -> String {
        match self {
            Self::Skill { name, id: _ } => format!("{agent}/skill/{name}"),
            Self::Replaced { id: _, name: _, by } => format!("{agent}/skill/{by}/delete"),
            Self::Pack(kind) => format!("{agent}/pack/{kind}"),
            Self::Provision(kind) => format!("{agent}/provision/{kind}"),
            Self::Draft => format!("{agent}/publish"),
        }
    }

    /// The skill's name, if it is one.
    pub fn skill(&self) -> Option<&SkillName> {
        match self {
            Self::Skill { name, id: _ } | Self::Replaced { id: _, name, by: _ } => Some(name),
            Self::Pack(_) | Self::Provision(_) | Self::Draft => None,
        }
    }
}

/// Something that the manifests ask for and the plan does not do.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Its address, as a step's would be.
    pub id: String,
    /// On which agent.
    pub agent: AgentRef,
    /// What would be done.
    pub verb: Verb,
    /// What it would be done to.
    pub subject: Subject,
    /// Where the manifests ask for it.
    pub place: Place,
    /// The kind of reason.
    pub hold: Hold,
    /// The reason, with the way out, in a sentence without a period.
    pub message: String,
    /// Who moved since the base revision, so that it is wanted.
    pub moved: Moved,
    /// What it would mean, if it was a step before a guard held it.
    pub meaning: Meaning,
    /// What it would change or ship, where a person's yes is asked for.
    pub differences: Vec<Difference>,
}

impl Held {
    /// Whether only the manifests moved since the base revision: live is as it was asked for then.
    pub fn is_pending(&self) -> bool {
        is_pending(self.moved)
    }
}

/// Why something is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// A change of type needs a replacement, and `replace: true` is not stated or would not be safe.
    Replace,
    /// Something refers to the skill's id, or it cannot be told.
    Referenced,
    /// The policy protects the skill.
    Protected,
    /// It looks like a rename that nobody stated.
    Rename,
    /// What it may be done to cannot be told.
    Uncertain,
    /// No manifest declares the agent any more.
    GivenUp,
    /// The run would delete more than the policy allows.
    DeleteBudget,
    /// The policy wants a person's yes for what it risks.
    Risk,
    /// The provider is not connected for the organization.
    NotConnected,
    /// The provider is reserved for later.
    Reserved,
    /// The provider ships no pack.
    NoPack,
    /// The provider offers no actions.
    NoActions,
    /// Another pack of the agent is not recorded either, so only one of them can be installed.
    NotRecorded,
    /// A live value is masked and not declared.
    Masked,
    /// What a rule leaves to others cannot be carried over into the skill that replaces this one.
    Ignored,
    /// A preset is not of the recorded type.
    PresetType,
    /// A preset is missing, and a live skill that no manifest declares looks like it.
    PresetRenamed,
    /// Publishing would ship changes that no manifest declares, or it cannot be told.
    ForeignDraft,
    /// It needs something that is held itself.
    Needs,
}

impl Hold {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Replace,
        Self::Referenced,
        Self::Protected,
        Self::Rename,
        Self::Uncertain,
        Self::GivenUp,
        Self::DeleteBudget,
        Self::Risk,
        Self::NotConnected,
        Self::Reserved,
        Self::NoPack,
        Self::NoActions,
        Self::NotRecorded,
        Self::Masked,
        Self::Ignored,
        Self::PresetType,
        Self::PresetRenamed,
        Self::ForeignDraft,
        Self::Needs,
    ];

    /// The word for it in every format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Referenced => "referenced",
            Self::Protected => "protected",
            Self::Rename => "rename",
            Self::Uncertain => "uncertain",
            Self::GivenUp => "given-up",
            Self::DeleteBudget => "delete-budget",
            Self::Risk => "risk",
            Self::NotConnected => "not-connected",
            Self::Reserved => "reserved",
            Self::NoPack => "no-pack",
            Self::NoActions => "no-actions",
            Self::NotRecorded => "not-recorded",
            Self::Masked => "masked",
            Self::Ignored => "ignored",
            Self::PresetType => "preset-type",
            Self::PresetRenamed => "preset-renamed",
            Self::ForeignDraft => "foreign-draft",
            Self::Needs => "needs",
        }
    }
}

/// A live skill that no manifest declares. It is reported and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmanaged {
    /// On which agent.
    pub agent: AgentRef,
    /// Its name.
    pub name: SkillName,
    /// Its id.
    pub id: SkillId,
    /// Its type, as the server says.
    pub skill_type: Option<String>,
}
