use std::collections::{BTreeMap, BTreeSet};

use super::{ActionSlug, Agent, Desired, Field, LiveSkill, Place, ProviderKind, SkillName, SkillType, Slug, Value};

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

/// What a provider's actions make, as a `ConnectorPack` manifest records it.
#[derive(Debug, Clone, PartialEq)]
pub struct Actions {
    /// The provider.
    pub kind: ProviderKind,
    /// The skill of each action that is recorded.
    pub actions: BTreeMap<ActionSlug, Recorded>,
    /// Where it is recorded.
    pub place: Place,
}

/// How skills come from a provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// All presets of its pack.
    Pack,
    /// These of its actions.
    Actions(BTreeSet<ActionSlug>),
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
    /// What was asked for.
    pub via: Via,
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
        let packs = agent.packs.iter().filter_map(|used| self.packs.get(&used.kind));
        packs.flat_map(|pack| pack.presets.values()).chain(self.made(agent))
    }

    /// The recorded skills that an agent's actions make.
    pub fn made<'d>(&'d self, agent: &'d Agent) -> impl Iterator<Item = &'d Recorded> {
        let known = agent.provision.iter().filter_map(|used| Some((used, self.actions.get(&used.kind)?)));
        known.flat_map(|(used, known)| used.actions.iter().filter_map(|action| known.actions.get(action)))
    }

    /// A provider of which an agent gets something that nobody recorded.
    pub fn unrecorded<'d>(&self, agent: &'d Agent) -> Option<&'d ProviderKind> {
        let pack = agent.packs.iter().find(|used| !self.packs.contains_key(&used.kind)).map(|used| &used.kind);
        let action = || agent.provision.iter().find(|used| !used.is_recorded(&self.actions)).map(|used| &used.kind);
        pack.or_else(action)
    }

    /// Every recorded skill, whether or not an agent gets it.
    pub fn recorded(&self) -> impl Iterator<Item = &Recorded> {
        let presets = self.packs.values().flat_map(|pack| pack.presets.values());
        presets.chain(self.actions.values().flat_map(|known| known.actions.values()))
    }

    /// What is recorded of a skill that an agent gets from a provider.
    pub fn preset<'d>(&'d self, agent: &'d Agent, name: &SkillName) -> Option<&'d Recorded> {
        self.presets(agent).find(|recorded| recorded.name == *name)
    }
}
