use std::collections::BTreeMap;

use super::{Agent, Desired, Field, LiveSkill, Place, ProviderKind, SkillName, SkillType, Slug, Value};

/// What a provider's pack installs, as a `ConnectorPack` manifest records it.
#[derive(Debug, Clone, PartialEq)]
pub struct Pack {
    /// The provider.
    pub kind: ProviderKind,
    /// Its presets.
    pub presets: BTreeMap<SkillName, Recorded>,
    /// Where it is recorded.
    pub place: Place,
}

/// A skill that an install makes, as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its name.
    pub name: SkillName,
    /// Its type.
    pub skill_type: SkillType,
    /// Whether the agent may use it at once.
    pub arrives: Arrives,
    /// What an install gives it, as far as it is recorded: managed on every agent that declares the pack.
    pub fields: BTreeMap<Field, Value>,
    /// Where it is recorded.
    pub place: Place,
}

impl Recorded {
    /// What operators fill in for themselves, so that nobody takes it from an install; a record states it only by hand.
    pub const OPERATORS: &'static [Field] =
        &[Field::IsEnabled, Field::ExecutionConfig, Field::ErrorHandling, Field::AvailabilityWindow];
}

/// How a skill stands after its install.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arrives {
    /// The agent may use it, or nobody says.
    #[default]
    Enabled,
    /// Somebody has to enable it, since an operator's settings are still to be filled in.
    Disabled,
}

/// What an install showed that it made, or that was there already.
#[derive(Debug, Clone, PartialEq)]
pub struct Installed {
    /// On which agent, by its address.
    pub agent: Slug,
    /// Of which provider.
    pub kind: ProviderKind,
    /// Every skill that it spoke of.
    pub skills: Vec<Provisioned>,
}

/// A skill in the answer to an install.
#[derive(Debug, Clone, PartialEq)]
pub struct Provisioned {
    /// The skill.
    pub skill: LiveSkill,
    /// Whether the install made it; otherwise it was there already, and somebody may have edited it.
    pub created: bool,
}

impl Desired {
    /// The recorded skills that an agent gets from providers.
    pub fn presets<'d>(&'d self, agent: &'d Agent) -> impl Iterator<Item = &'d Recorded> {
        agent.packs.iter().filter_map(|used| self.packs.get(&used.kind)).flat_map(|pack| pack.presets.values())
    }

    /// What is recorded of a skill that an agent gets from a provider.
    pub fn preset<'d>(&'d self, agent: &'d Agent, name: &SkillName) -> Option<&'d Recorded> {
        self.presets(agent).find(|recorded| recorded.name == *name)
    }
}
