//! Where values come from.

use std::fmt;

use super::entry::{Folding, Head, Kind, entry, group, part, remark, tally};
use super::front::{Front, page};
use super::markup::Markup;
use crate::record::{EntryV1, InsertedV1, LayerV1, OriginV1};
use crate::render::origin::{gist, place, put_in_by, short, stated_by};
use crate::render::value::dotted;
use crate::render::verdict;

/// Writes where values come from.
pub(super) fn origin(tree: &OriginV1, out: &mut dyn fmt::Write) -> fmt::Result {
    let OriginV1 { format: _, target, agent, skill, entries } = tree;
    let (mood, verdict) = verdict::origin(tree);
    let kinds = tally(entries.iter().map(|_| Kind::VALUE));
    let folding = Folding::of(&kinds);
    let front = Front {
        what: "Origin",
        target: Some(target),
        mood,
        verdict,
        first: Vec::new(),
        counts: Vec::new(),
        facts: Vec::new(),
        kinds,
        format: "flowops.origin/v1",
    };
    page(out, &front, |page| {
        part(page, "Values", "", |page| {
            group(page, Some((agent, skill.as_deref().unwrap_or_default())), |page| {
                entries.iter().try_for_each(|entry| one(page, folding, entry))
            })
        })
    })
}

fn one(page: &mut Markup<'_>, folding: Folding, shown: &EntryV1) -> fmt::Result {
    let EntryV1 { path, value, layers } = shown;
    let name = dotted(path);
    let source = layers.first().map(|layer| &layer.source);
    let head =
        Head { kind: Kind::VALUE, action: None, agent: None, was: None, name: &name, gist: short(value), source };
    entry(
        page,
        folding,
        &head,
        Some(&|page| {
            if layers.is_empty() {
                return remark(page, &gist(layers));
            }
            layers.iter().try_for_each(|layer| self::layer(page, layer))
        }),
    )
}

fn layer(page: &mut Markup<'_>, layer: &LayerV1) -> fmt::Result {
    let LayerV1 { home, source, written, files, inserted } = layer;
    remark(page, &format!("{}, {}: {}", stated_by(home), place(source), short(written)))?;
    files.iter().try_for_each(|file| remark(page, &format!("in the file {file}")))?;
    inserted.iter().try_for_each(|InsertedV1 { name, value, source, by, target }| {
        let defined = put_in_by(*by, target.as_deref());
        remark(page, &format!("${{{name}}} = {}, {defined}, {}", short(value), place(source)))
    })
}
