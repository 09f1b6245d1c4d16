use super::{Code, Severity};
use crate::model::Place;

/// Something that a person should know about, with a way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its stable code.
    pub code: Code,
    /// Where it is; `None` where no file says it.
    pub place: Option<Place>,
    /// What is so, in a sentence without a period.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Finding {
    /// A finding at a place.
    pub fn at(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { code, place: Some(place), message: message.into(), help: None }
    }

    /// A finding that no file says.
    pub fn nowhere(code: Code, message: impl Into<String>) -> Self {
        Self { code, place: None, message: message.into(), help: None }
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a way out, if there is one.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Adds to the way out.
    #[must_use]
    pub fn also(mut self, more: &str) -> Self {
        self.help = Some(match self.help {
            None => more.to_owned(),
            Some(help) if help.ends_with('?') => format!("{help} {more}"),
            Some(help) => format!("{help}; {more}"),
        });
        self
    }

    /// Whether it stops the run.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }
}

/// Puts findings in their one order, by place, then code, then message, and drops repetitions.
///
/// What many agents share is found on each of them, with a way out that may be another each time; the first one counts.
pub fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| (&a.place, a.code, &a.message).cmp(&(&b.place, b.code, &b.message)));
    findings.dedup_by(|a, b| (&a.place, a.code, &a.message) == (&b.place, b.code, &b.message));
}
