//! What stands on top of a plan as text: its worst risk, the other ones, and how far what is shared reaches.

use std::fmt;

use super::label::Label;
use super::page::Page;
use crate::plan::{Concern, Plan, Reach, Risky, Toward, concerns, reaches};

/// Concerns before the rest is only counted.
pub(super) const MOST: usize = 20;

/// Writes what a reviewer looks at first, if there is anything.
pub(super) fn first(page: &mut Page<'_>, plan: &Plan, toward: Toward) -> fmt::Result {
    let (concerns, reaches) = (concerns(plan, toward), reaches(plan, toward));
    if concerns.is_empty() && reaches.is_empty() {
        return Ok(());
    }
    for concern in concerns.iter().take(MOST) {
        page.put(Label::Warning, &concern.sentence())?;
        values(page, concern)?;
        page.end()?;
    }
    if let Some(more) = concerns.len().checked_sub(MOST).filter(|more| *more > 0) {
        page.line(Label::Muted, &format!("… and {more} more risks"))?;
    }
    reaches.iter().map(Reach::sentence).try_for_each(|sentence| page.line(Label::Emphasis, &sentence))?;
    page.end()
}

fn values(page: &mut Page<'_>, concern: &Concern) -> fmt::Result {
    let Risky { risk: _, field: _, of: _, what: _, from, to } = &concern.risky;
    match (from, to) {
        (Some(from), Some(to)) => {
            page.plain(" (")?;
            page.put(Label::Removed, from)?;
            page.plain(" → ")?;
            page.put(Label::Added, to)?;
            page.plain(")")
        }
        (None, Some(only)) | (Some(only), None) => page.plain(&format!(" ({only})")),
        (None, None) => Ok(()),
    }
}
