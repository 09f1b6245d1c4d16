use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// Why a name is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or only white space.
    #[error("it is empty")]
    Empty,
    /// Longer than the limit, in characters.
    #[error("it is longer than {0} characters")]
    TooLong(usize),
    /// White space at an end.
    #[error("it begins or ends with white space")]
    Edges,
    /// A control character or a line break.
    #[error("it holds a control character")]
    Control,
    /// Something outside the allowed letters.
    #[error("only {0} may stand in it")]
    Letters(&'static str),
}

/// A manifest's own name: the address in the repository, `[a-z0-9][a-z0-9-]*`, at most 63 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slug(String);

impl Slug {
    /// Checks a text and makes it a slug.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !text.chars().all(allowed) || text.starts_with('-') || text.ends_with('-') {
            return Err(NameError::Letters("a-z, 0-9 and inner hyphens"));
        }
        if text.len() > 63 {
            return Err(NameError::TooLong(63));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A skill's name, unique within its agent; NFC, one line, at most 200 characters.
///
/// The API states no rules for it ("free text"), so these only keep out what could not be shown or matched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkillName(String);

impl SkillName {
    /// Checks a text and makes it a skill name.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.trim().is_empty() {
            return Err(NameError::Empty);
        }
        if text.trim() != text {
            return Err(NameError::Edges);
        }
        if text.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        if text.chars().count() > 200 {
            return Err(NameError::TooLong(200));
        }
        Ok(Self::live(text))
    }

    /// The server's spelling of a name, whatever it holds; compared in NFC.
    pub fn live(text: &str) -> Self {
        Self(if text.is_ascii() { text.to_owned() } else { text.nfc().collect() })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn parse_id(text: &str) -> Result<String, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > 128 {
        return Err(NameError::TooLong(128));
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(NameError::Letters("letters, digits, `_` and `-`"));
    }
    Ok(text.to_owned())
}

/// The server's word for an agent. It becomes part of a path, so only `[A-Za-z0-9_-]{1,128}` is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AgentId(String);

/// The server's word for a skill, under the same rule as [`AgentId`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkillId(String);

impl AgentId {
    /// Checks a text and makes it an agent id.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        parse_id(text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SkillId {
    /// Checks a text and makes it a skill id.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        parse_id(text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The server's word for a published version, under the same rule as [`AgentId`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionId(String);

impl VersionId {
    /// Checks a text and makes it a version id.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        parse_id(text).map(Self)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! shown_as_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

shown_as_text!(Slug, SkillName, AgentId, SkillId, VersionId, ActionSlug);

/// The platform's word for one of a provider's actions: letters, digits, `_`, `-` and `.`, at most 128.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActionSlug(String);

impl ActionSlug {
    /// Checks a text and makes it the word of an action.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.chars().any(|c| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.')) {
            return Err(NameError::Letters("letters, digits, `_`, `-` and `.`"));
        }
        if text.len() > 128 {
            return Err(NameError::TooLong(128));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
