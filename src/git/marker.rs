//! The commit that was applied last, kept in a ref of a remote: so that an older one is not applied over it.
//!
//! Only here the git program is run, since remotes and their credentials are its business: without a prompt, without
//! hooks, and never with anything on its command line that could be taken for an option.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gix::{ObjectId, Repository};

use super::GitError;

/// A target's ref on a remote, and what it said.
#[derive(Debug)]
pub struct Marker {
    top: PathBuf,
    remote: String,
    name: String,
    /// The commit that is applied now.
    commit: ObjectId,
    /// The one that was applied last.
    seen: Option<ObjectId>,
}

/// Why a commit may not be applied, or the ref not moved.
#[derive(Debug, thiserror::Error)]
pub enum MarkerError {
    /// A later commit was applied already.
    #[error("commit {now} is older than {last}, which was applied last")]
    Older {
        /// This one.
        now: String,
        /// That one.
        last: String,
    },
    /// Neither comes before the other.
    #[error("commit {now} does not follow {last}, which was applied last")]
    Apart {
        /// This one.
        now: String,
        /// That one.
        last: String,
    },
    /// The repository cannot be read.
    #[error("cannot tell which commit this is")]
    Repository(#[source] GitError),
    /// There is no commit yet.
    #[error("there is no commit yet")]
    NoCommit,
    /// A remote is named, or addressed, in a way that git could take for something else.
    #[error("`{0}` cannot be a remote")]
    Remote(String),
    /// The git program is not there, or failed.
    #[error("`git {what}` failed: {why}")]
    Git {
        /// What it was asked for.
        what: &'static str,
        /// What it said, in one line.
        why: String,
    },
}

impl MarkerError {
    /// Whether the ref itself says no.
    pub const fn is_refusal(&self) -> bool {
        match self {
            Self::Older { .. } | Self::Apart { .. } => true,
            Self::Repository(_) | Self::NoCommit | Self::Remote(_) | Self::Git { .. } => false,
        }
    }
}

impl Marker {
    /// Reads which commit of a target was applied last, and refuses the present one if it does not follow that.
    ///
    /// # Errors
    /// [`MarkerError`]; nothing was changed.
    pub fn look(remote: &str, target: &str, given: &[PathBuf], cwd: &Path) -> Result<Self, MarkerError> {
        let is_strange = remote.is_empty() || remote.starts_with('-') || remote.contains("::");
        if is_strange || remote.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(MarkerError::Remote(remote.to_owned()));
        }
        let (repository, top) = super::repository("HEAD", given, &super::real(cwd)).map_err(MarkerError::Repository)?;
        let commit = repository.head_id().map_err(|_| MarkerError::NoCommit)?.detach();
        let name = format!("refs/flowops/applied/{}", in_ref(target));
        let mut marker = Self { top, remote: remote.to_owned(), name, commit, seen: None };
        let listed = marker.git("ls-remote", &["ls-remote", "--quiet", "--", remote, &marker.name])?;
        marker.seen = listed.split_whitespace().next().and_then(|hash| ObjectId::from_hex(hash.as_bytes()).ok());
        if let Some(last) = marker.seen.filter(|last| *last != commit) {
            if repository.find_object(last).is_err() {
                marker.git("fetch", &["fetch", "--quiet", "--no-tags", "--", remote, &marker.name])?;
            }
            marker.refuse_unless_follows(&repository, last)?;
        }
        Ok(marker)
    }

    fn refuse_unless_follows(&self, repository: &Repository, last: ObjectId) -> Result<(), MarkerError> {
        let now = self.commit;
        let both = || (now.to_hex_with_len(12).to_string(), last.to_hex_with_len(12).to_string());
        match repository.merge_base(last, now).ok().flatten().map(gix::Id::detach) {
            Some(met) if met == last => Ok(()),
            Some(met) if met == now => {
                let (now, last) = both();
                Err(MarkerError::Older { now, last })
            }
            Some(_) | None => {
                let (now, last) = both();
                Err(MarkerError::Apart { now, last })
            }
        }
    }

    /// Moves the ref to the commit that was applied, if it still says what it said: of two runs one wins.
    ///
    /// # Errors
    /// [`MarkerError`]; the ref is as it was.
    pub fn set(&self) -> Result<(), MarkerError> {
        if self.seen == Some(self.commit) {
            return Ok(());
        }
        let before = self.seen.map(|seen| seen.to_string()).unwrap_or_default();
        let lease = format!("--force-with-lease={}:{before}", self.name);
        let to = format!("{}:{}", self.commit, self.name);
        self.git("push", &["push", "--quiet", "--no-verify", &lease, "--", &self.remote, &to]).map(drop)
    }

    fn git(&self, what: &'static str, line: &[&str]) -> Result<String, MarkerError> {
        let mut command = Command::new("git");
        command.current_dir(&self.top).args(["-c", "core.hooksPath=/dev/null"]).args(line);
        command.env("GIT_TERMINAL_PROMPT", "0").stdin(Stdio::null());
        let failed = |why: String| MarkerError::Git { what, why };
        let ran = command.output().map_err(|error| failed(error.to_string()))?;
        if ran.status.success() {
            return Ok(String::from_utf8_lossy(&ran.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&ran.stderr);
        Err(failed(said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it said nothing").to_owned()))
    }
}

/// A target's name as part of a ref: what git does not allow there is written by its bytes.
fn in_ref(target: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    target
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") })
        .collect::<Vec<_>>()
        .concat()
}
