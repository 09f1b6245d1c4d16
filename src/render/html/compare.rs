//! How two targets differ.

use std::fmt;

use super::change::changes;
use super::entry::{Folding, Head, Kind, entry, group, part, remark, tally};
use super::front::{Fact, Front, page};
use super::markup::Markup;
use crate::record::{ApartV1, CauseOfV1, CompareV1, ReasonV1, SidesV1};
use crate::render::compare::{UNEXPLAINED, agents, defined, found_by, what, written};
use crate::render::origin::short;
use crate::render::side::{Change, Values};
use crate::render::verdict;

/// Writes how two targets differ.
pub(super) fn compare(tree: &CompareV1, out: &mut dyn fmt::Write) -> fmt::Result {
    let CompareV1 { format: _, a, b, equal: _, agents: _, unexplained, causes } = tree;
    let (mood, verdict) = verdict::compare(tree);
    let explained = causes.iter().flat_map(|cause| &cause.differences);
    let kinds = tally(unexplained.iter().chain(explained).map(|_| Kind::SET));
    let folding = Folding::of(&kinds);
    let front = Front {
        what: "Comparison",
        target: None,
        mood,
        verdict,
        first: Vec::new(),
        counts: Vec::new(),
        facts: vec![Fact::code("Values", format!("{a} → {b}"))],
        kinds,
        format: "flowops.compare/v1",
    };
    page(out, &front, |page| {
        if !unexplained.is_empty() {
            part(page, UNEXPLAINED, "", |page| all(page, folding, unexplained))?;
        }
        causes.iter().try_for_each(|CauseOfV1 { reason, differences }| match reason {
            ReasonV1::Variable { name, a, b } => part(page, &format!("variable {name}"), "", |page| {
                remark(page, &format!("{} → {}", short(&a.value), short(&b.value)))?;
                remark(page, &format!("{} → {}", defined(a), defined(b)))?;
                all(page, folding, differences)
            }),
            ReasonV1::AgentIds | ReasonV1::Match => {
                part(page, found_by(reason), "", |page| all(page, folding, differences))
            }
        })
    })
}

fn all(page: &mut Markup<'_>, folding: Folding, all: &[ApartV1]) -> fmt::Result {
    group(page, None, |page| all.iter().try_for_each(|apart| one(page, folding, apart)))
}

fn one(page: &mut Markup<'_>, folding: Folding, apart: &ApartV1) -> fmt::Result {
    let name = what(apart);
    let gist = format!("{}{}", agents(apart), written(apart));
    let head = Head { kind: Kind::SET, action: None, agent: None, was: None, name: &name, gist, source: None };
    let values = match &apart.values {
        SidesV1::Shown { a, b } => Values::Shown { old: a, new: b },
        SidesV1::Hidden { sensitive: _ } => Values::Hidden,
    };
    let change = || Change { path: &apart.path, values, note: None };
    entry(page, folding, &head, Some(&|page| changes(page, std::iter::once(change()))))
}
