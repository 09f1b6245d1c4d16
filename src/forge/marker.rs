//! The first line of what is ours: an HTML comment that says what the rest is about.
//!
//! No value can end the comment, since whatever is not a letter, a digit or harmless stands in it as an escape.

use serde_json::{Map, Value as Json};

use super::commit::Commit;
use crate::api::json;
use crate::model::Digest;

const BEGIN: &str = "<!-- flowops ";
const END: &str = " -->";
const VERSION: u64 = 1;

/// What a comment or an issue is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A plan, and later what became of it.
    Plan,
    /// The drift of a target.
    Drift,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Drift => "drift",
        }
    }

    /// What the digest of such a thing is called.
    const fn digest(self) -> &'static str {
        match self {
            Self::Plan => "digest",
            Self::Drift => "fingerprint",
        }
    }
}

/// What the first line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// What it is about.
    pub kind: Kind,
    /// Of which target, or whatever tells several of a kind apart.
    pub key: String,
    /// The digest of the plan, or the fingerprint of the drift.
    pub digest: Option<Digest>,
    /// The commit that was looked at.
    pub commit: Option<Commit>,
    /// Whether it is done with.
    pub closed: bool,
}

impl Marker {
    /// The line.
    pub fn line(&self) -> String {
        let Self { kind, key, digest, commit, closed } = self;
        let mut map = Map::new();
        map.insert("version".to_owned(), VERSION.into());
        map.insert("kind".to_owned(), kind.word().into());
        map.insert("key".to_owned(), key.as_str().into());
        if let Some(digest) = digest {
            map.insert(kind.digest().to_owned(), digest.as_str().into());
        }
        if let Some(commit) = commit {
            map.insert("commit".to_owned(), commit.as_str().into());
        }
        map.insert("closed".to_owned(), (*closed).into());
        format!("{BEGIN}{}{END}", escaped(&Json::Object(map).to_string()))
    }

    /// Reads a line. Whatever [`Self::line`] would write in another way is no marker.
    pub fn read(line: &str) -> Option<Self> {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let text = line.strip_prefix(BEGIN)?.strip_suffix(END)?;
        let Ok(Json::Object(map)) = json(text.as_bytes()) else { return None };
        let word = |name: &str| map.get(name).and_then(Json::as_str);
        let kind = [Kind::Plan, Kind::Drift].into_iter().find(|kind| Some(kind.word()) == word("kind"))?;
        let marker = Self {
            kind,
            key: word("key")?.to_owned(),
            digest: word(kind.digest()).and_then(|digest| Digest::parse(digest).ok()),
            commit: word("commit").and_then(|commit| Commit::parse(commit).ok()),
            closed: map.get("closed")?.as_bool()?,
        };
        (marker.line() == line).then_some(marker)
    }

    /// The whole of a comment or an issue: the line, and a text below it.
    pub(super) fn over(&self, text: &str) -> String {
        format!("{}\n{}\n", self.line(), text.trim_end())
    }
}

/// JSON in which nothing but letters, digits and what JSON itself needs stands as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "{}\":,\\ ._/".contains(c) {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}
