//! How two targets differ.

use super::fence::{Fence, Mark};
use super::inline::{code, prose};
use super::room::{Document, Item, Section, Weight};
use crate::record::{ApartV1, CauseOfV1, CompareV1, ReasonV1, SidesV1};
use crate::render::compare::{UNEXPLAINED, agents, defined, found_by, what, written};
use crate::render::origin::short;
use crate::render::side::stated;
use crate::render::value::dotted;
use crate::render::verdict;

/// How two targets differ.
pub(super) fn compare(tree: &CompareV1) -> Document {
    let CompareV1 { format: _, a, b, equal: _, agents: _, unexplained, causes } = tree;
    let (_, verdict) = verdict::compare(tree);
    let section = |title: &str, note: String, items: Vec<Item>| Section { title: title.to_owned(), note, items };
    let unknown = (!unexplained.is_empty()).then(|| {
        let items = unexplained.iter().map(|apart| item(apart, Weight::Trouble)).collect();
        section(UNEXPLAINED, String::new(), items)
    });
    let causes = causes.iter().map(|CauseOfV1 { reason, differences }| {
        let items = differences.iter().map(|apart| item(apart, Weight::Update)).collect();
        match reason {
            ReasonV1::Variable { name, a, b } => {
                let values = format!("{} → {}", code(&short(&a.value)), code(&short(&b.value)));
                let note = format!("{values}, defined in {} → {}", code(&defined(a)), code(&defined(b)));
                section(&format!("Variable {}", code(name)), note, items)
            }
            ReasonV1::AgentIds | ReasonV1::Match => section(&prose(found_by(reason)), String::new(), items),
        }
    });
    let top = format!("## flowops: {} and {}\n\n**{}**\n", code(a), code(b), prose(&verdict));
    Document { top, sections: unknown.into_iter().chain(causes).collect(), bottom: String::new() }
}

fn item(apart: &ApartV1, weight: Weight) -> Item {
    let mut fence = Fence::default();
    match &apart.values {
        SidesV1::Shown { a, b } => fence.change(&apart.path, stated(a), stated(b)),
        SidesV1::Hidden { sensitive: _ } => {
            fence.line(Mark::Changed, &format!("{}: (sensitive, differs)", dotted(&apart.path)));
        }
    }
    let why = format!(": {}", code(&format!("{}{}", agents(apart), written(apart))));
    Item { weight, name: code(&what(apart)), why, details: fence.markdown(), lines: fence.len() }
}
