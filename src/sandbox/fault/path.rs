//! Paths that a fault means.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

/// A pattern of paths below `/api/v1`, such as `/agents/*/skills`: `*` stands for one segment, `**` for any number.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PathGlob {
    text: String,
    matcher: GlobMatcher,
}

/// Why a text is no pattern of paths.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathGlobError {
    /// It begins so that it fits no path.
    #[error("the path `{0}` fits nothing: every path below `/api/v1` begins with `/`")]
    Relative(String),
    /// It is not a pattern.
    #[error("the path `{text}` cannot be used: {reason}")]
    Pattern {
        /// What was written.
        text: String,
        /// Why.
        reason: String,
    },
}

impl PathGlob {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, PathGlobError> {
        if !text.starts_with('/') && !text.starts_with("**") {
            return Err(PathGlobError::Relative(text.to_owned()));
        }
        let glob = GlobBuilder::new(text).literal_separator(true).empty_alternates(true).build();
        let glob =
            glob.map_err(|error| PathGlobError::Pattern { text: text.to_owned(), reason: error.kind().to_string() })?;
        Ok(Self { text: text.to_owned(), matcher: glob.compile_matcher() })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a path below `/api/v1` fits.
    pub fn fits(&self, path: &str) -> bool {
        self.matcher.is_match(path)
    }
}

impl PartialEq for PathGlob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for PathGlob {}

impl fmt::Display for PathGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<PathGlob> for String {
    fn from(glob: PathGlob) -> Self {
        glob.text
    }
}

impl TryFrom<String> for PathGlob {
    type Error = PathGlobError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}
