use super::dialect::Dialect;
use super::gitea::Gitea;
use super::github::GitHub;
use super::gitlab::GitLab;

/// A family of forges: whoever is of one speaks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// GitHub and GitHub Enterprise Server.
    GitHub,
    /// Gitea and Forgejo.
    Gitea,
    /// GitLab.
    GitLab,
}

impl Family {
    pub(super) fn dialect(self) -> &'static dyn Dialect {
        match self {
            Self::GitHub => &GitHub,
            Self::Gitea => &Gitea,
            Self::GitLab => &GitLab,
        }
    }
}

/// A repository on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub(super) family: Family,
    /// Its path in the API, safe as it is.
    pub(super) path: String,
}

/// Why a text names no repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// On GitHub and Gitea.
    #[error("a repository is `OWNER/NAME`")]
    OwnerAndName,
    /// On GitLab.
    #[error("a project is its number, or `GROUP/NAME` with all its groups")]
    Project,
}

impl Repository {
    /// Reads a repository's name: `OWNER/NAME`, on GitLab a number or all groups and the name.
    pub fn parse(family: Family, text: &str) -> Result<Self, RepositoryError> {
        let segments: Vec<&str> = text.trim().split('/').collect();
        let is_named = segments.iter().all(|segment| is_safe(segment));
        let path = match (family, segments.as_slice()) {
            (Family::GitHub | Family::Gitea, [owner, name]) if is_named => format!("/repos/{owner}/{name}"),
            (Family::GitHub | Family::Gitea, _) => return Err(RepositoryError::OwnerAndName),
            (Family::GitLab, [number]) if is_number(number) => format!("/projects/{number}"),
            (Family::GitLab, [_, _, ..]) if is_named => format!("/projects/{}", segments.join("%2F")),
            (Family::GitLab, _) => return Err(RepositoryError::Project),
        };
        Ok(Self { family, path })
    }

    /// The family that its forge is of.
    pub const fn family(&self) -> Family {
        self.family
    }
}

/// Whether a word is a segment of a path as it stands, and leads neither here nor up.
fn is_safe(segment: &str) -> bool {
    let is_dots = matches!(segment, "" | "." | "..");
    !is_dots && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_number(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit())
}
