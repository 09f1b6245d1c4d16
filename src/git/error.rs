//! Why a revision cannot be read, and what to do about it.

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// A path is in no repository.
    #[error("`{path}` is in no git repository, so it has no revision `{revision}`")]
    NoRepository {
        /// The path.
        path: String,
        /// The revision.
        revision: String,
    },
    /// Two paths are in two repositories.
    #[error("`{0}` and `{1}` lie in two repositories, and a base revision is of one")]
    Two(String, String),
    /// There is nothing but history in it.
    #[error("the repository `{0}` is bare, so there are no manifests in it to compare")]
    Bare(String),
    /// Its hashes are others.
    #[error("the repository of `{0}` uses SHA-256, which is not read")]
    Sha256(String),
    /// It is not as it must be.
    #[error("the repository of `{path}` cannot be read: {reason}")]
    Damaged {
        /// The path.
        path: String,
        /// Why, as a fragment.
        reason: String,
    },
    /// It is not one, or it is not here.
    #[error("the repository has no revision `{0}`")]
    Unknown(String),
    /// It is not one here, and a shallow clone lacks most of the history.
    #[error("the repository has no revision `{0}`, and is a shallow clone")]
    Shallow(String),
    /// It names something else than a commit.
    #[error("`{0}` is no commit")]
    NotACommit(String),
    /// Part of it is not here, as in a partial clone.
    #[error("part of revision `{revision}` is not in this clone: {what}")]
    Incomplete {
        /// The revision.
        revision: String,
        /// What is missing.
        what: String,
    },
    /// A path is not in the repository.
    #[error("`{0}` is not in the repository, so it has no earlier revision")]
    Outside(String),
}

impl GitError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Shallow(revision) => Some(way_to(revision)),
            Self::Unknown(_) => Some("give a branch, a tag or a commit that `git log` shows here".to_owned()),
            Self::Incomplete { .. } => Some("fetch it first: `git fetch --refetch --filter=blob:limit=1m`".to_owned()),
            Self::Two(..) => Some("run once for each repository".to_owned()),
            Self::NoRepository { .. }
            | Self::Bare(_)
            | Self::Sha256(_)
            | Self::Damaged { .. }
            | Self::NotACommit(_)
            | Self::Outside(_) => None,
        }
    }
}

/// How a shallow clone gets the history, in words.
pub(super) const UNSHALLOW: &str =
    "fetch the history first: `git fetch --unshallow origin`, or clone with it (`fetch-depth: 0`)";

/// How a shallow clone gets a revision: what has a name on the server is fetched by that, which may be one of those that
/// the clone does not follow.
fn way_to(revision: &str) -> String {
    let name = revision.strip_prefix("origin/").unwrap_or(revision);
    let is_hash = name.len() >= 4 && name.chars().all(|c| c.is_ascii_hexdigit());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if is_hash
        || name == "HEAD"
        || name.starts_with(['-', '/'])
        || name.starts_with("refs/")
        || !name.chars().all(is_plain)
    {
        return UNSHALLOW.to_owned();
    }
    let then = if name == revision { format!(" and give `--since origin/{name}`") } else { String::new() };
    format!(
        "fetch it with its history: `git fetch --unshallow origin {name}:refs/remotes/origin/{name}`{then}, or clone with \
         history (`fetch-depth: 0`)"
    )
}
