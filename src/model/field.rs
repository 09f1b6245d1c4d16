use std::fmt;

use super::{Channel, SkillType};

/// What JSON a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A text.
    Text,
    /// True or false.
    Bool,
    /// A word of a list that the API may extend.
    Word(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A list of words of a list that the API may extend.
    Words(&'static [&'static str]),
    /// A map of anything.
    Object,
    /// A map of texts.
    TextMap,
}

/// How a declared field is compared with the live one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// As one value; object keys have no order.
    Whole,
    /// As a set: order and repetition do not count.
    Set,
    /// Only the declared keys, at any depth; live keys that nobody declared stay.
    DeclaredKeys,
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $variant:ident = $key:literal, $shape:expr, $compare:ident;)*) => {
        /// A field of a skill that a manifest may manage: every property of the OpenAPI's `SkillCreate` but `name`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Field { $($(#[doc = $doc])* $variant,)* }

        impl Field {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The API's spelling.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key,)* }
            }

            /// What JSON it takes.
            pub const fn shape(self) -> Shape {
                match self { $(Self::$variant => $shape,)* }
            }

            /// How it is compared.
            pub const fn compare(self) -> Compare {
                match self { $(Self::$variant => Compare::$compare,)* }
            }

            /// What it means, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim(),)* }
            }
        }
    };
}

fields! {
    /// What the agent reads to decide when to call the skill.
    Description = "description", Shape::Text, Whole;
    /// What the skill does when it is called; changing it needs a replacement.
    SkillType = "skillType", Shape::Word(SkillType::KNOWN), Whole;
    /// JSON Schema of the values that the agent collects from the caller.
    ParametersSchema = "parametersSchema", Shape::Object, Whole;
    /// Parameters that must be collected.
    RequiredParams = "requiredParams", Shape::Texts, Set;
    /// Whether the agent waits for an answer.
    ToolMode = "toolMode", Shape::Word(&["two_way", "one_way"]), Whole;
    /// The operator's settings; its keys depend on the skill's type.
    ExecutionConfig = "executionConfig", Shape::Object, DeclaredKeys;
    /// Which data leaves, and where to.
    DataEgressMap = "dataEgressMap", Shape::TextMap, Whole;
    /// Fields of the answer that the agent may use.
    AllowedFields = "allowedFields", Shape::Texts, Set;
    /// Whether it changes data elsewhere.
    IsWrite = "isWrite", Shape::Bool, Whole;
    /// Whether the caller must be verified first.
    RequiresVerifiedIdentity = "requiresVerifiedIdentity", Shape::Bool, Whole;
    /// Whether the caller must confirm first.
    RequiresConfirmation = "requiresConfirmation", Shape::Bool, Whole;
    /// How strongly the caller must be verified.
    VerificationLevel = "verificationLevel", Shape::Word(&["none", "basic", "step_up"]), Whole;
    /// Whether it must not run beside other skills.
    NonParallelizable = "nonParallelizable", Shape::Bool, Whole;
    /// Where it may be used.
    Channels = "channels", Shape::Words(Channel::KNOWN), Set;
    /// What the agent does when a call of it fails.
    ErrorHandling = "errorHandling", Shape::Object, DeclaredKeys;
    /// Whether the agent may use it.
    IsEnabled = "isEnabled", Shape::Bool, Whole;
    /// How much is at stake, for the confirmation gate; the server's default is `low`.
    Stakes = "stakes", Shape::Word(&["low", "medium", "high"]), Whole;
    /// When it may be used, by the agent's business hours; the server's default is `both`.
    AvailabilityWindow = "availabilityWindow", Shape::Word(&["both", "open", "closed"]), Whole;
}

impl Field {
    /// Fields that only the server sets: never in a manifest, a comparison or a body.
    pub const SERVER_OWNED: &'static [&'static str] =
        &["id", "agentId", "organizationId", "createdAt", "updatedAt", "expectedLatencyMs"];

    /// Fields in which secrets have a place, and with them what may be taken for one.
    pub const SETTINGS: [Self; 2] = [Self::ExecutionConfig, Self::ErrorHandling];

    /// Reads the API's spelling.
    pub fn read(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.key() == key)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
