//! The journal of an apply: what was about to be sent, written down before it was sent.
//!
//! A journal is lines of JSON, each with a checksum. It holds ids, names and how steps ended, never a body or a secret.
//! It is no state: a run that finds one of an interrupted run only learns what it should wait for before it plans.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What the first line of a journal says it is.
pub const FORMAT: &str = "flowops.journal/v1";

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Entry {
    /// An apply begins.
    Begun(Begun),
    /// A write is about to be sent.
    Intent(Intent),
    /// What became of it.
    Ended(Ended),
}

/// Which apply it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begun {
    /// [`FORMAT`].
    pub format: String,
    /// A number that no other run has.
    pub run: String,
    /// The server, as its base URL or the sandbox's file.
    pub server: String,
    /// The target's name.
    pub target: String,
    /// The share of the agents that it is about, as `hash:I/N`; none if it is about all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The digest of the plan that is applied.
    pub plan: String,
    /// How many steps it has.
    pub steps: usize,
}

/// A write that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The step, by its address.
    pub step: String,
    /// What it does, in a word.
    pub action: String,
    /// The agent's id.
    pub agent: String,
    /// The skill's name, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// The idempotency key that is sent with it, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// The step, by its address.
    pub step: String,
    /// How, in a word.
    pub how: How,
}

/// How a step that was sent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It was done, or was so already.
    Done,
    /// It was not done.
    Failed,
    /// It could not be found out.
    Unknown,
}

/// Why a journal cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// A line other than the last is not as it was written.
    #[error("line {0} is damaged")]
    Damaged(usize),
    /// It begins with something else than the beginning of an apply.
    #[error("it is no journal that this version can read (`{FORMAT}`)")]
    Format,
}

/// A journal that was read: what an earlier run left behind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Journal {
    /// The run, if anything was written.
    pub begun: Option<Begun>,
    /// Writes of which it does not say how they ended, or that it could not be found out.
    pub open: Vec<Intent>,
}

impl Entry {
    /// The line that stands for it, with its checksum and its end.
    pub fn line(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        let open = text.strip_suffix('}').unwrap_or_default();
        format!("{open}{SUM}{}\"}}\n", sum(&text))
    }

    /// Reads a line without its end; `None` if it is not as it was written.
    fn read(line: &str) -> Option<Self> {
        let (open, sum_and_end) = line.rsplit_once(SUM)?;
        let text = format!("{open}}}");
        let is_whole = sum_and_end.strip_suffix("\"}") == Some(sum(&text).as_str());
        serde_json::from_str(&text).ok().filter(|_| is_whole)
    }
}

/// What stands between an entry and its checksum.
const SUM: &str = ",\"sum\":\"";

/// What every journal begins with.
const BEGIN: &str = "{\"begun\":{\"format\":\"flowops.journal/";

/// The first eight hexadecimal digits of a text's SHA-256.
fn sum(text: &str) -> String {
    hex::encode(Sha256::digest(text)).chars().take(8).collect()
}

impl Journal {
    /// Whether a text begins as a journal does, of whatever version; one that was never written to has nothing in it.
    pub fn is_one(text: &str) -> bool {
        text.starts_with(BEGIN) || BEGIN.starts_with(text)
    }

    /// Reads a journal. A last line that was not written to its end is dropped: what it says was not sent yet.
    ///
    /// # Errors
    /// [`JournalError`] if a line before the last is damaged, or the first says that it is something else.
    pub fn read(text: &str) -> Result<Self, JournalError> {
        let mut journal = Self::default();
        let count = text.lines().count();
        for (at, line) in text.lines().enumerate() {
            let is_torn = at + 1 == count && !text.ends_with('\n');
            let entry = match Entry::read(line) {
                Some(entry) => entry,
                None if is_torn && Self::is_one(text) => break,
                None if at == 0 => return Err(JournalError::Format),
                None => return Err(JournalError::Damaged(at + 1)),
            };
            match (entry, &journal.begun) {
                (Entry::Begun(begun), None) if begun.format == FORMAT => journal.begun = Some(begun),
                (Entry::Begun(_), _) | (_, None) => return Err(JournalError::Format),
                (Entry::Intent(intent), Some(_)) => {
                    journal.open.retain(|open| open.step != intent.step);
                    journal.open.push(intent);
                }
                (Entry::Ended(Ended { step, how }), Some(_)) => match how {
                    How::Done | How::Failed => journal.open.retain(|open| open.step != step),
                    How::Unknown => {}
                },
            }
        }
        Ok(journal)
    }
}
