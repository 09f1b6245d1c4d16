use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{
    ActionSlug, Actions, AgentId, Day, Digest, Field, Ignore, Pack, Place, ProviderKind, Publish, Risk, SkillName,
    SkillType, Slug, Value,
};

/// All that the manifests ask for, for one target: every reference closed, every address unique.
///
/// [`crate::manifest::read`] makes it, after its checks, so that what works with it need not check again. Whoever
/// selects agents from it may take some away, and adds none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Desired {
    /// The target's name; `default` where the project names none.
    pub target: String,
    /// The agents, by name.
    pub agents: Vec<Agent>,
    /// What each recorded pack installs.
    pub packs: BTreeMap<ProviderKind, Pack>,
    /// What each provider's actions make, as far as it is recorded.
    pub actions: BTreeMap<ProviderKind, Actions>,
    /// Limits and rules.
    pub policy: Policy,
    /// Where the project is declared, if it is.
    pub project: Option<Place>,
    /// How much of what a base revision declared is gone.
    pub shrunk: Shrunk,
}

/// How many of the agents that a base revision declared no manifest declares any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shrunk {
    /// Those that are gone.
    pub gone: usize,
    /// All of them.
    pub of: usize,
}

/// How an agent is found on the server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// By its id.
    Id(AgentId),
    /// By its name, exactly; it must be the only one of that name.
    Name(String),
}

/// One agent's skills and packs. Agents themselves are never made or deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// The address in the repository.
    pub name: Slug,
    /// Labels for `--selector`.
    pub labels: BTreeMap<String, String>,
    /// How it is found.
    pub lookup: Lookup,
    /// Where the manifest says how it is found.
    pub lookup_place: Place,
    /// When it is published.
    pub publish: Publish,
    /// What is deleted besides what `absent` names.
    pub prune: Prune,
    /// Whether the manifests still declare it.
    pub standing: Standing,
    /// What must not be forgotten of the base revision.
    pub guards: Guards,
    /// Packs that must be installed.
    pub packs: Vec<PackUse>,
    /// Actions of providers that must be there as skills.
    pub provision: Vec<ProvisionUse>,
    /// Skills that must exist as stated, by name; those that several agents share stand in memory once.
    pub skills: Vec<Arc<Skill>>,
    /// Fields of presets that must be as stated: what is recorded of them, and over it what the agent states.
    pub presets: Vec<Preset>,
    /// Skills that must not exist.
    pub absent: Vec<Absent>,
    /// Where the manifest begins.
    pub place: Place,
}

/// What is deleted of an agent besides what `absent` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prune {
    /// Nothing.
    #[default]
    Never,
    /// What the base revision declared and the manifests no longer do.
    Removed,
    /// Whatever the manifests do not declare.
    All,
}

/// Whether the manifests declare an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// They do.
    Declared,
    /// Only the base revision did; tombstones are all that is left.
    Removed,
}

impl Standing {
    /// Whether an agent that is not on the server is an error.
    pub const fn must_exist(self) -> bool {
        match self {
            Self::Declared => true,
            Self::Removed => false,
        }
    }
}

/// What keeps an agent's skills from being deleted, whatever asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guards {
    /// Skills that were protected.
    pub protected: BTreeSet<SkillName>,
    /// Addresses that the agent had, for which protected addresses count, too.
    pub addresses: BTreeSet<Slug>,
    /// Presets of packs that it had: they are nobody's to prune.
    pub presets: BTreeSet<SkillName>,
    /// The same of all that it may have been, where that cannot be told; they stand in memory once.
    pub beside: Option<Arc<Self>>,
    /// Why nothing of it may be deleted at all, as a fragment.
    pub no_deletes: Option<String>,
    /// Why nothing of it may be pruned, as a fragment.
    pub no_prune: Option<String>,
}

impl Guards {
    /// Whether a skill was protected.
    pub fn protects(&self, name: &SkillName) -> bool {
        self.all().any(|guards| guards.protected.contains(name))
    }

    /// Whether a skill was a preset of a pack.
    pub fn has_preset(&self, name: &SkillName) -> bool {
        self.all().any(|guards| guards.presets.contains(name))
    }

    /// Addresses for which protected addresses count, too.
    pub fn addresses(&self) -> impl Iterator<Item = &Slug> {
        self.all().flat_map(|guards| &guards.addresses)
    }

    fn all(&self) -> impl Iterator<Item = &Self> {
        [Some(self), self.beside.as_deref()].into_iter().flatten()
    }
}

/// Whether a skill may be deleted or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protection {
    /// It may.
    #[default]
    None,
    /// It may not, whatever the manifests say.
    Protected,
}

/// Whether a skill may be deleted and made anew to change its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replace {
    /// No: the change is held.
    #[default]
    Never,
    /// Yes, unless something refers to its id.
    Allowed,
}

/// Whether the coordinates of a roster's addresses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Geocode {
    /// No: the roster is sent as it is stated.
    #[default]
    Never,
    /// When the skill is created, or its settings are sent; for rows that have none.
    OnApply,
}

/// A skill that must exist. A field that is missing here is not managed.
#[derive(Debug, Clone, PartialEq)]
pub struct Skill {
    /// Its name.
    pub name: SkillName,
    /// The name it had before, if it is being renamed.
    pub was: Option<SkillName>,
    /// Whether a change of type may replace it.
    pub replace: Replace,
    /// Whether it may be deleted or replaced at all.
    pub protection: Protection,
    /// Whether the coordinates of its roster are asked for.
    pub geocode: Geocode,
    /// Its type.
    pub skill_type: SkillType,
    /// Its managed fields, the type among them.
    pub fields: BTreeMap<Field, Value>,
    /// The SkillSet that it comes from, if it comes from one.
    pub shared: Option<Slug>,
    /// Where it is declared.
    pub place: Place,
}

/// Managed fields of a skill that a pack makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// Its name.
    pub name: SkillName,
    /// The pack that makes it.
    pub kind: ProviderKind,
    /// Its managed fields.
    pub fields: BTreeMap<Field, Value>,
    /// Where they are declared.
    pub place: Place,
}

/// A pack that an agent must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackUse {
    /// The provider.
    pub kind: ProviderKind,
    /// Where it is declared.
    pub place: Place,
}

/// Actions of a provider that an agent must have as skills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionUse {
    /// The provider.
    pub kind: ProviderKind,
    /// The actions, in order, each once.
    pub actions: BTreeSet<ActionSlug>,
    /// Where it is declared.
    pub place: Place,
}

impl ProvisionUse {
    /// Whether it is recorded what each of its actions makes.
    pub fn is_recorded(&self, records: &BTreeMap<ProviderKind, Actions>) -> bool {
        let known = records.get(&self.kind);
        self.actions.iter().all(|action| known.is_some_and(|known| known.actions.contains_key(action)))
    }
}

/// A tombstone: a skill that is deleted if it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// Its name.
    pub name: SkillName,
    /// Who says so.
    pub tombstone: Tombstone,
    /// Where it is declared.
    pub place: Place,
}

/// Why a skill must not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tombstone {
    /// `absent` names it.
    Stated,
    /// The base revision declared it, the manifests no longer do, and the agent is pruned.
    Removed,
}

/// Limits and rules of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What a secret's variable name must begin with.
    pub secret_prefixes: Vec<String>,
    /// Globs over `AGENT/SKILL`: never deleted, never replaced.
    pub protected: Vec<String>,
    /// How much one run may delete.
    pub delete_budget: DeleteBudget,
    /// Places that are left to others.
    pub ignore: Vec<Ignore>,
    /// Risks that a person must let through.
    pub risk: BTreeSet<Risk>,
    /// What a person lets through for once; no manifest says so.
    pub allowed: Vec<Allowance>,
}

/// A guard that may be passed, for exactly what has this digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The guard's word.
    pub guard: Guard,
    /// The digest of what it would hold.
    pub digest: Digest,
}

/// A guard that a person may let something through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// More deletes than the policy allows.
    DeleteBudget,
    /// Deletes on agents that no manifest declares any more.
    GivenUp,
    /// Steps with a risk that the policy names.
    Risk,
    /// Changes in drafts that no manifest declares.
    ForeignDraft,
}

impl Guard {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::DeleteBudget, Self::GivenUp, Self::Risk, Self::ForeignDraft];

    /// Its word on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::DeleteBudget => "delete-budget",
            Self::GivenUp => "given-up",
            Self::Risk => "risk",
            Self::ForeignDraft => "foreign-draft",
        }
    }
}

/// How much one run may delete: no more than `count`, and no more than `percent` of the live skills of the selected
/// agents where there are at least `minimum` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeleteBudget {
    /// Skills.
    pub count: u32,
    /// Per cent of the live skills, 0 to 100.
    pub percent: u32,
    /// The population from which on `percent` counts.
    pub minimum: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            secret_prefixes: vec!["FLOWOPS_SECRET_".to_owned()],
            protected: Vec::new(),
            delete_budget: DeleteBudget::default(),
            ignore: Vec::new(),
            risk: BTreeSet::new(),
            allowed: Vec::new(),
        }
    }
}

impl Default for DeleteBudget {
    fn default() -> Self {
        Self { count: 10, percent: 30, minimum: 10 }
    }
}

impl Policy {
    /// Drops the rules that no longer hold on a day, and gives them.
    pub fn expire(&mut self, today: Day) -> Vec<Ignore> {
        let (kept, expired) = std::mem::take(&mut self.ignore).into_iter().partition(|rule| today <= rule.expires);
        self.ignore = kept;
        expired
    }
}

impl Agent {
    /// The names by which it may be meant: its address, how it is found, and its other name among live agents.
    pub fn names<'a>(&'a self, live: &'a [(AgentId, String)]) -> Vec<&'a str> {
        let (found_by, other) = match &self.lookup {
            Lookup::Id(id) => (id.as_str(), live.iter().find(|(live, _)| live == id).map(|(_, name)| name.as_str())),
            Lookup::Name(name) => {
                (name.as_str(), live.iter().find(|(_, live)| live == name).map(|(id, _)| id.as_str()))
            }
        };
        [self.name.as_str(), found_by].into_iter().chain(other).collect()
    }
}

impl Desired {
    /// The same for somebody who only looks, as drift does: nobody publishes, since an unpublished draft is nothing that
    /// live changed, and no risk waits for a yes, since nothing is done.
    #[must_use]
    pub fn observed(mut self) -> Self {
        self.policy.risk.clear();
        for agent in &mut self.agents {
            agent.publish = Publish::Never;
        }
        self
    }
}
