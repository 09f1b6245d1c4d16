//! Where values come from.

use super::inline::{code, prose};
use super::room::{Document, Item, Section, Weight};
use crate::record::{EntryV1, OriginV1};
use crate::render::origin::{gist, short};
use crate::render::value::dotted;
use crate::render::verdict;

/// Where values come from.
pub(super) fn origin(tree: &OriginV1) -> Document {
    let OriginV1 { format: _, target, agent, skill, entries } = tree;
    let (_, verdict) = verdict::origin(tree);
    let skill = skill.as_ref().map(|skill| format!(" / {}", code(skill))).unwrap_or_default();
    let top = format!("## flowops: origin in {}\n\n**{}**{skill}: {}\n", code(target), code(agent), prose(&verdict));
    let items: Vec<Item> = entries.iter().map(item).collect();
    let section = Section { title: "Values".to_owned(), note: String::new(), items };
    Document { top, sections: vec![section], bottom: String::new() }
}

fn item(entry: &EntryV1) -> Item {
    let EntryV1 { path, value, layers } = entry;
    let why = format!(": {}, from {}", code(&short(value)), code(&gist(layers)));
    Item { weight: Weight::Rest, name: code(&dotted(path)), why, details: String::new(), lines: 0 }
}
