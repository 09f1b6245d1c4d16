//! What is known of drift beside its places: how much is managed, since when it is there.

use std::fmt;

use super::label::{Label, Style};
use super::page::Page;
use super::words::{count, strange};
use crate::record::{CoverageV1, DriftV1, Record};

/// Writes how much is managed, and whether it is as it was the last time.
pub fn watched(record: &Record, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let page = &mut Page::new(style, out);
    let Some(drift) = record.watch() else { return Ok(()) };
    coverage(page, drift)?;
    match (drift.drifted, drift.unchanged, &drift.checked) {
        (true, Some(false), _) => page.line(Label::Plain, "It is not what the earlier record says."),
        (true, Some(true) | None, _) | (false, _, _) => Ok(()),
    }
}

/// Writes that there is nothing new.
pub fn known(record: &Record, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let page = &mut Page::new(style, out);
    let Some(drift) = record.watch() else { return Ok(()) };
    let since = drift.since.values().min().map(|since| format!(", the oldest since {since}"));
    page.put(Label::Warning, "Drift: ")?;
    let places = count(drift.since.len(), "place");
    page.line(Label::Plain, &format!("the same as in the earlier record: {places}{}.", since.unwrap_or_default()))?;
    coverage(page, drift)
}

fn coverage(page: &mut Page<'_>, drift: &DriftV1) -> fmt::Result {
    if drift.strange() > 0 {
        page.line(Label::Warning, &format!("{}.", strange(drift.strange())))?;
    }
    let CoverageV1 { managed, live, percent } = drift.coverage;
    let skills = count(live, "live skill");
    page.line(Label::Plain, &format!("Coverage: {percent} % ({managed} of {skills} managed)."))
}
