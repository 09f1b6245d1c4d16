//! How two targets differ, as people read it: by cause, since one variable changes many places.

use std::fmt;

use super::change::{change, hidden_change};
use super::label::{Label, Style};
use super::origin::{defined_in, place, short};
use super::page::Page;
use super::side::stated;
use super::value::{Presence, dotted};
use super::verdict;
use super::words::count;
use crate::record::{ApartV1, CauseOfV1, CompareV1, DefinedV1, ReasonV1, Record, SidesV1, Tree};

/// Indentation of what stands below a place.
const BELOW: &str = "      ";
/// Places below one cause before the rest is counted.
const MOST_PLACES: usize = 20;
/// Agents that are named before the rest is counted.
const MOST_AGENTS: usize = 3;

/// What stands above what nothing explains.
pub(super) const UNEXPLAINED: &str =
    "Differs, and neither a variable nor the way in which agents are found explains it";

/// Writes how two targets differ; each value as `the one target's → the other one's`.
pub fn compare(record: &Record, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let Tree::Compare(tree) = &record.tree else { return Ok(()) };
    let CompareV1 { format: _, a, b, equal, agents: _, unexplained, causes } = tree;
    let page = &mut Page::new(style, out);
    if !equal {
        page.line(Label::Muted, &format!("Values are shown as: {a} → {b}."))?;
        page.end()?;
    }
    if !unexplained.is_empty() {
        page.line(Label::Error, UNEXPLAINED)?;
        page.line(
            Label::Muted,
            "  Every target has the same manifests, so there should be nothing; please report it.",
        )?;
        places(page, unexplained, Values::Shown)?;
        page.end()?;
    }
    for CauseOfV1 { reason, differences } in causes {
        let values = head(page, reason)?;
        places(page, differences, values)?;
        page.end()?;
    }
    let (_, verdict) = verdict::compare(tree);
    page.line(Label::Emphasis, &verdict)
}

/// Whether the values at a place say more than what stands above them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    Shown,
    /// The variable tells them.
    Told,
}

/// Writes a cause.
fn head(page: &mut Page<'_>, reason: &ReasonV1) -> Result<Values, fmt::Error> {
    match reason {
        ReasonV1::Variable { name, a, b } => {
            page.put(Label::Emphasis, &format!("variable {name}"))?;
            page.plain(": ")?;
            page.put(Label::Removed, &short(&a.value))?;
            page.plain(" → ")?;
            page.line(Label::Added, &short(&b.value))?;
            page.line(Label::Muted, &format!("  {} → {}", defined(a), defined(b)))?;
            Ok(Values::Told)
        }
        ReasonV1::AgentIds | ReasonV1::Match => {
            page.line(Label::Emphasis, found_by(reason))?;
            Ok(Values::Shown)
        }
    }
}

/// What a cause is that is no variable.
pub(super) const fn found_by(reason: &ReasonV1) -> &'static str {
    match reason {
        ReasonV1::Variable { .. } => "variable",
        ReasonV1::AgentIds => "ids of agents (targets.NAME.agents)",
        ReasonV1::Match => "how agents are found (match)",
    }
}

/// Where a variable is defined.
pub(super) fn defined(defined: &DefinedV1) -> String {
    let DefinedV1 { value: _, source, target } = defined;
    format!("{}, {}", defined_in(target.as_deref()), place(source))
}

/// Writes the places at which targets differ, the first ones if there are many.
fn places(page: &mut Page<'_>, all: &[ApartV1], values: Values) -> fmt::Result {
    // Leaving out a single one would save nothing.
    let shown = if all.len() > MOST_PLACES + 1 { MOST_PLACES } else { all.len() };
    for one in all.iter().take(shown) {
        page.plain("  ")?;
        page.put(Label::Changed, "~ ")?;
        page.put(Label::Address, &what(one))?;
        page.line(Label::Muted, &format!("  {}{}", agents(one), written(one)))?;
        if values == Values::Shown || one.path == "/name" {
            pair(page, one)?;
        }
    }
    if shown < all.len() {
        page.line(Label::Muted, &format!("    and {}", count(all.len() - shown, "more place")))?;
    }
    Ok(())
}

fn pair(page: &mut Page<'_>, apart: &ApartV1) -> fmt::Result {
    match &apart.values {
        SidesV1::Shown { a, b } => change(page, BELOW, &apart.path, stated(a), stated(b)),
        SidesV1::Hidden { sensitive: _ } => {
            hidden_change(page, BELOW, &apart.path, Presence::Present, Presence::Present)
        }
    }
}

/// What differs: a place in a skill, or in an agent.
pub(super) fn what(apart: &ApartV1) -> String {
    let path = dotted(&apart.path);
    apart.skill.as_ref().map_or_else(|| path.clone(), |skill| format!("{skill} / {path}"))
}

/// The agents on which it differs, the first ones if there are many.
pub(super) fn agents(apart: &ApartV1) -> String {
    let ApartV1 { agents, .. } = apart;
    let named = agents.iter().take(MOST_AGENTS).map(String::as_str).collect::<Vec<_>>().join(", ");
    let rest = agents.len().saturating_sub(MOST_AGENTS);
    match agents.len() {
        1 => format!("on {named}"),
        all if rest == 0 => format!("on {}: {named}", count(all, "agent")),
        all => format!("on {}: {named} and {rest} more", count(all, "agent")),
    }
}

/// Where what differs is written, if one line says it for both targets.
pub(super) fn written(apart: &ApartV1) -> String {
    match (&apart.sources.a, &apart.sources.b) {
        (Some(a), Some(b)) if place(a) == place(b) => format!(", {}", place(a)),
        (Some(a), Some(b)) => format!(", {} → {}", place(a), place(b)),
        (Some(one), None) | (None, Some(one)) => format!(", {}", place(one)),
        (None, None) => String::new(),
    }
}
