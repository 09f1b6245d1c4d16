use std::fmt;
use std::time::UNIX_EPOCH;

use super::{Field, Place};

/// A rule that leaves a place to others: it is neither compared nor written, until the rule expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// A glob over `AGENT/SKILL`.
    pub address: String,
    /// The field.
    pub field: Field,
    /// The keys that lead to the place within the field; none for the field as a whole.
    pub keys: Vec<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Day,
    /// Where it stands.
    pub place: Place,
}

impl Ignore {
    /// The place within a skill, as plans show it.
    pub fn path(&self) -> String {
        std::iter::once(self.field.key()).chain(self.keys.iter().map(String::as_str)).collect::<Vec<_>>().join(".")
    }
}

/// A day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(u64);

const SECONDS: u64 = 24 * 60 * 60;

impl Day {
    /// Reads `YYYY-MM-DD` (RFC 3339's full-date); no day before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let is_day = text.len() == 10;
        let midnight = humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).ok().filter(|_| is_day)?;
        Some(Self::of_seconds(midnight.duration_since(UNIX_EPOCH).ok()?.as_secs()))
    }

    /// The day of a time, in seconds since 1970.
    pub const fn of_seconds(seconds: u64) -> Self {
        Self(seconds / SECONDS)
    }
}

/// `YYYY-MM-DD`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let midnight = UNIX_EPOCH + std::time::Duration::from_secs(self.0 * SECONDS);
        let text = humantime::format_rfc3339_seconds(midnight).to_string();
        f.write_str(text.get(..10).unwrap_or(&text))
    }
}
