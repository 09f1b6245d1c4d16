//! `flowops.pull/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::cover::cover;
use super::hidden::{covered_path, is_hidden};
use crate::diff::Difference;
use crate::manifest::edit::{NewAgent, What};
use crate::pull::{Left, Pull, Take};

/// What the manifests take over from live (`flowops pull --format json`).
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(title = "flowops pull")]
pub(crate) struct PullV1 {
    /// What this is, with its version.
    pub(crate) format: PullFormat,
    /// The target's name.
    pub(crate) target: String,
    /// The files that change or are new, in order; with `--check` they would.
    pub(crate) files: Vec<FileV1>,
    /// What the manifests take over.
    pub(crate) changes: Vec<ChangeV1>,
    /// What stays different.
    pub(crate) left: Vec<LeftV1>,
    /// Secrets that stand in manifests by reference now, and must be set before the next apply.
    pub(crate) secrets: Vec<String>,
}

/// What this is, with its version.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) enum PullFormat {
    #[serde(rename = "flowops.pull/v1")]
    Pull,
}

/// A file.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "File", inline)]
pub(crate) struct FileV1 {
    /// Its path: of a manifest from the working directory, of a file beside one from the project root.
    pub(crate) path: String,
    /// Whether it is there already.
    pub(crate) action: FileActionV1,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum FileActionV1 {
    Update,
    Create,
}

/// What becomes of what a manifest says.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum ChangeActionV1 {
    /// A field of a skill gets its live value.
    Set,
    /// A live skill is declared.
    Add,
    /// A skill that is not live is not declared any more.
    Remove,
    /// A skill gets its live name.
    Rename,
    /// A skill that is live is not in `absent` any more.
    Allow,
    /// A pack that is there is declared.
    AddPack,
    /// A pack that is not there is not declared any more.
    RemovePack,
    /// An agent gets a manifest.
    AddAgent,
}

/// Something that a manifest takes over.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Change", inline)]
pub(crate) struct ChangeV1 {
    /// What becomes of what the manifest says.
    pub(crate) action: ChangeActionV1,
    /// The agent's address.
    pub(crate) agent: String,
    /// Its manifest.
    pub(crate) file: String,
    /// The skill, if it is about one; after a rename by its former name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skill: Option<String>,
    /// The name or the provider that comes, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    /// The values that change.
    pub(crate) fields: Vec<PlaceV1>,
}

/// A value that changes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Place", inline)]
pub(crate) enum PlaceV1 {
    /// A value that may be shown.
    #[schemars(extend("not" = { "required": ["sensitive"] }))]
    Shown {
        /// A JSON pointer (RFC 6901) within the skill.
        path: String,
        /// What the manifest said; `null` if it said nothing.
        before: Json,
        /// The live value; `null` if there is none.
        after: Json,
    },
    /// A value that is a secret, or may be one.
    #[schemars(extend("not" = { "anyOf": [{ "required": ["before"] }, { "required": ["after"] }] }))]
    Hidden {
        /// A JSON pointer (RFC 6901) within the skill.
        path: String,
        /// Both values are hidden.
        #[schemars(extend("const" = true))]
        sensitive: bool,
    },
}

/// Something that stays different.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Left", inline)]
pub(crate) struct LeftV1 {
    /// The agent's address.
    pub(crate) agent: String,
    /// The skill, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skill: Option<String>,
    /// Why, for people.
    pub(crate) reason: String,
}

impl PullV1 {
    pub(crate) fn new(pull: &Pull) -> Self {
        let Pull { target, manifests, side_files, new_manifests, takes, new_agents, left, secrets } = pull;
        let file = |path: &str, action| FileV1 { path: cover(path).into_owned(), action };
        let changed = manifests.keys().map(|path| file(path, FileActionV1::Update));
        let beside = side_files.keys().map(|path| file(path, FileActionV1::Update));
        let new = new_manifests.keys().map(|path| file(path, FileActionV1::Create));
        let agents = new_agents.iter().map(ChangeV1::of_agent);
        Self {
            format: PullFormat::Pull,
            target: cover(target).into_owned(),
            files: changed.chain(beside).chain(new).collect(),
            changes: takes.iter().map(ChangeV1::new).chain(agents).collect(),
            left: left.iter().map(LeftV1::new).collect(),
            secrets: secrets.iter().map(ToString::to_string).collect(),
        }
    }
}

impl ChangeV1 {
    fn new(take: &Take) -> Self {
        let Take { edit, file, differences } = take;
        let (action, to) = match &edit.what {
            What::Set { .. } => (ChangeActionV1::Set, None),
            What::Add { .. } => (ChangeActionV1::Add, None),
            What::Remove(_) => (ChangeActionV1::Remove, None),
            What::Rename { skill: _, to } => (ChangeActionV1::Rename, Some(to.as_str())),
            What::Allow(_) => (ChangeActionV1::Allow, None),
            What::AddPack(kind) => (ChangeActionV1::AddPack, Some(kind.as_str())),
            What::RemovePack(kind) => (ChangeActionV1::RemovePack, Some(kind.as_str())),
        };
        Self {
            action,
            agent: edit.agent.to_string(),
            file: cover(file).into_owned(),
            skill: edit.what.skill().map(|skill| cover(skill.as_str()).into_owned()),
            to: to.map(|to| cover(to).into_owned()),
            fields: differences.iter().map(PlaceV1::new).collect(),
        }
    }

    fn of_agent(agent: &NewAgent) -> Self {
        Self {
            action: ChangeActionV1::AddAgent,
            agent: agent.name.to_string(),
            file: cover(&agent.file).into_owned(),
            skill: None,
            to: None,
            fields: Vec::new(),
        }
    }
}

impl PlaceV1 {
    fn new(difference: &Difference) -> Self {
        let path = covered_path(&difference.path);
        if is_hidden(difference) {
            return Self::Hidden { path, sensitive: true };
        }
        // A plan goes from live to the manifest, a pull the other way.
        let (before, after) =
            (difference.after.clone().unwrap_or_default(), difference.before.clone().unwrap_or_default());
        Self::Shown { path, before, after }
    }
}

impl LeftV1 {
    fn new(left: &Left) -> Self {
        let Left { agent, skill, why } = left;
        Self {
            agent: agent.to_string(),
            skill: skill.as_ref().map(|skill| cover(skill.as_str()).into_owned()),
            reason: cover(why).into_owned(),
        }
    }
}
