use std::fmt;

/// A commit, by its whole hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit(String);

/// Why a text names no commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a commit is 40 or 64 hexadecimal digits")]
pub struct CommitError;

impl Commit {
    /// Reads a hash; a branch or a part of a hash is none.
    pub fn parse(text: &str) -> Result<Self, CommitError> {
        let text = text.trim().to_ascii_lowercase();
        let is_one = matches!(text.len(), 40 | 64) && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        if is_one { Ok(Self(text)) } else { Err(CommitError) }
    }

    /// The hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
