//! The files that `init` writes: templates as they are read, with a few places in them that are filled in.

use std::fmt;
use std::num::NonZeroU16;

use super::args::Ci;
use super::schemas;
use crate::model::Digest;

/// The repository of flowops at a commit, as workflows name the action in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRef {
    repository: String,
    commit: String,
}

impl ActionRef {
    /// Reads `OWNER/NAME@COMMIT`; a tag or a branch is none, since others can move it.
    ///
    /// # Errors
    /// Why it is none, as a fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (repository, commit) = text.split_once('@').ok_or("it is `OWNER/NAME@COMMIT`")?;
        let is_word = |word: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !word.is_empty() && !word.starts_with('.') && word.bytes().all(is_plain)
        };
        let is_repository = repository.split_once('/').is_some_and(|(owner, name)| is_word(owner) && is_word(name));
        if !is_repository {
            return Err(format!("`{repository}` is no `OWNER/NAME`"));
        }
        let is_lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if commit.len() != 40 || !commit.bytes().all(is_lower_hex) {
            return Err(
                "the commit is its whole hash, of 40 hexadecimal digits; a tag or branch can be moved".to_owned()
            );
        }
        Ok(Self { repository: repository.to_owned(), commit: commit.to_owned() })
    }

    /// The repository and commit that this program was built from, if its release could name them.
    pub fn of_this_build() -> Option<Self> {
        let (repository, commit) = (option_env!("FLOWOPS_REPOSITORY")?, option_env!("FLOWOPS_COMMIT")?);
        Self::parse(&format!("{repository}@{commit}")).ok()
    }
}

/// What stands after `uses:`, with the version that the commit is of, or later.
impl fmt::Display for ActionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = env!("CARGO_PKG_VERSION");
        write!(f, "{}/.github/actions/flowops@{} # v{version}", self.repository, self.commit)
    }
}

/// An image by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    name: String,
    digest: Digest,
}

impl ImageRef {
    /// Reads `NAME@sha256:DIGEST`; a tag alone is none, since others can move it.
    ///
    /// # Errors
    /// Why it is none, as a fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, digest) = text.split_once('@').ok_or("it is `NAME@sha256:DIGEST`; a tag can be moved")?;
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'A'..=b'Z') || b"-_./:".contains(&byte);
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.bytes().all(is_plain) {
            return Err(format!("`{name}` is no name of an image"));
        }
        let digest = Digest::parse(digest).map_err(|error| error.to_string())?;
        Ok(Self { name: name.to_owned(), digest })
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.digest)
    }
}

/// What is filled into the templates.
#[derive(Debug, Clone, Default)]
pub(super) struct Filling {
    pub(super) action: Option<ActionRef>,
    pub(super) image: Option<ImageRef>,
    /// Among how many runs the agents are shared out; none for a single one.
    pub(super) partitions: Option<NonZeroU16>,
}

/// A place in a template that is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Action,
    Image,
    Partitions,
    Shares,
}

impl Slot {
    const ALL: [Self; 4] = [Self::Action, Self::Image, Self::Partitions, Self::Shares];

    const fn mark(self) -> &'static str {
        match self {
            Self::Action => "__ACTION__",
            Self::Image => "__IMAGE__",
            Self::Partitions => "__PARTITIONS__",
            Self::Shares => "__SHARES__",
        }
    }

    fn is_in(self, text: &str) -> bool {
        text.contains(self.mark())
    }
}

impl Filling {
    fn value(&self, slot: Slot) -> Option<String> {
        match slot {
            Slot::Action => self.action.as_ref().map(ToString::to_string),
            Slot::Image => self.image.as_ref().map(ToString::to_string),
            Slot::Partitions => self.partitions.as_ref().map(ToString::to_string),
            Slot::Shares => self.partitions.map(|total| {
                let shares: Vec<String> = (1..=total.get()).map(|index| index.to_string()).collect();
                format!("[{}]", shares.join(", "))
            }),
        }
    }
}

/// A file, by its path below the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewFile {
    pub(super) path: String,
    pub(super) text: String,
}

type Template = (&'static str, &'static str);

/// The example agent.
pub(super) const EXAMPLE: Template = ("manifests/agents/front-desk.yaml", include_str!("init/project/front-desk.yaml"));

/// The project's file.
pub(super) const PROJECT: Template = ("flowops.yaml", include_str!("init/project/flowops.yaml"));

/// What git is not to keep.
pub(super) const IGNORED: Template = (".gitignore", include_str!("init/project/gitignore"));

const ALWAYS: &[Template] = &[
    PROJECT,
    ("manifests/README.md", include_str!("init/project/README.md")),
    (".pre-commit-config.yaml", include_str!("init/project/pre-commit-config.yaml")),
];

const KUBERNETES: &[Template] = &[
    ("kubernetes/drift.yaml", include_str!("init/kubernetes/drift.yaml")),
    ("kubernetes/apply.yaml", include_str!("init/kubernetes/apply.yaml")),
];

/// The same for many pods, each with a share of the agents.
const KUBERNETES_PARTITIONED: &[Template] = &[
    ("kubernetes/drift.yaml", include_str!("init/kubernetes/partitioned/drift.yaml")),
    ("kubernetes/apply.yaml", include_str!("init/kubernetes/partitioned/apply.yaml")),
];

const fn workflows(ci: Ci) -> &'static [Template] {
    match ci {
        Ci::None => &[],
        Ci::Github => &[
            (".github/workflows/plan.yml", include_str!("init/github/plan.yml")),
            (".github/workflows/deploy.yml", include_str!("init/github/deploy.yml")),
            (".github/workflows/drift.yml", include_str!("init/github/drift.yml")),
        ],
        Ci::Gitea => &[
            (".gitea/workflows/plan.yml", include_str!("init/gitea/plan.yml")),
            (".gitea/workflows/deploy.yml", include_str!("init/gitea/deploy.yml")),
            (".gitea/workflows/drift.yml", include_str!("init/gitea/drift.yml")),
        ],
        Ci::Gitlab => &[(".gitlab-ci.yml", include_str!("init/gitlab/gitlab-ci.yml"))],
    }
}

/// The workflows of GitHub with a job for each share, and one that joins them.
const GITHUB_PARTITIONED: &[Template] = &[
    (".github/workflows/plan.yml", include_str!("init/github/partitioned/plan.yml")),
    (".github/workflows/deploy.yml", include_str!("init/github/partitioned/deploy.yml")),
    (".github/workflows/drift.yml", include_str!("init/github/partitioned/drift.yml")),
];

/// Every file but the manifests and `.gitignore`, in order.
///
/// # Errors
/// The place for which there is nothing.
pub(super) fn files(ci: Ci, with_kubernetes: bool, filling: &Filling) -> Result<Vec<NewFile>, Slot> {
    let kubernetes = match (with_kubernetes, filling.partitions) {
        (false, _) => &[],
        (true, None) => KUBERNETES,
        (true, Some(_)) => KUBERNETES_PARTITIONED,
    };
    let mut files = Vec::new();
    let workflows = match (ci, filling.partitions) {
        (Ci::Github, Some(_)) => GITHUB_PARTITIONED,
        (Ci::None | Ci::Gitlab | Ci::Gitea, Some(_)) | (_, None) => workflows(ci),
    };
    for (path, template) in ALWAYS.iter().chain(workflows).chain(kubernetes) {
        files.push(NewFile { path: (*path).to_owned(), text: fill(template, filling)? });
    }
    // What manifests point to for an editor.
    for (name, text) in schemas::all() {
        if ["agent", "skill-set", "connector-pack", "project"].contains(&name) {
            files.push(NewFile { path: format!("schemas/{name}.schema.json"), text });
        }
    }
    Ok(files)
}

fn fill(template: &str, filling: &Filling) -> Result<String, Slot> {
    let mut text = template.to_owned();
    for slot in Slot::ALL.into_iter().filter(|slot| slot.is_in(template)) {
        text = text.replace(slot.mark(), &filling.value(slot).ok_or(slot)?);
    }
    Ok(text)
}
