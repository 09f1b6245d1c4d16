use std::fmt;

/// What a document can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One agent's skills and packs.
    Agent,
    /// Skills that many agents share.
    SkillSet,
    /// One template and a table that make many agents.
    AgentSet,
    /// What a provider's pack installs.
    ConnectorPack,
    /// Targets, variables and policy.
    Project,
}

impl Kind {
    /// All of them, in the order in which they are shown.
    pub const ALL: &'static [Self] = &[Self::Agent, Self::SkillSet, Self::AgentSet, Self::ConnectorPack, Self::Project];

    /// Reads what stands after `kind:`.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    /// What stands after `kind:`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Agent => "Agent",
            Self::SkillSet => "SkillSet",
            Self::AgentSet => "AgentSet",
            Self::ConnectorPack => "ConnectorPack",
            Self::Project => "Project",
        }
    }

    /// What such a document says, in a few words.
    pub const fn about(self) -> &'static str {
        match self {
            Self::Agent => "one agent's skills and packs",
            Self::SkillSet => "skills that many agents share",
            Self::AgentSet => "one template and a table that make many agents",
            Self::ConnectorPack => "what a provider's pack installs",
            Self::Project => "targets, variables and policy",
        }
    }

    /// The name of its schema: the file is called `NAME.schema.json`.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::SkillSet => "skill-set",
            Self::AgentSet => "agent-set",
            Self::ConnectorPack => "connector-pack",
            Self::Project => "project",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
