//! Where values come from, as people read it.

use std::fmt;

use super::label::{Label, Style};
use super::page::Page;
use super::value::{block, cut, dotted, flow};
use crate::record::{
    DefinedByV1, EntryV1, HomeKindV1, HomeV1, InsertedV1, LayerV1, OriginV1, Record, SourceV1, Tree, ValueV1,
};

/// Characters of a value that shares its line with where it comes from.
const SHORT: usize = 60;
/// The path of a skill's name, which is there in any case.
const NAME: &str = "/name";
/// Columns of a path before the rest of its line is pushed to the right.
const WIDEST: usize = 36;

/// Writes where values come from: one value with all that there is to it, several with a line each.
pub fn origin(record: &Record, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let Tree::Origin(tree) = &record.tree else { return Ok(()) };
    let OriginV1 { format: _, target, agent, skill, entries } = tree;
    let page = &mut Page::new(style, out);
    page.put(Label::Emphasis, agent)?;
    if let Some(skill) = skill {
        page.plain(" / ")?;
        page.put(Label::Emphasis, skill)?;
    }
    let alone = match entries.as_slice() {
        [entry] if entry.path != NAME => Some(entry),
        _ => None,
    };
    if let Some(entry) = alone {
        page.plain(" / ")?;
        page.put(Label::Emphasis, &dotted(&entry.path))?;
    }
    page.line(Label::Muted, &format!("  for target {target}"))?;
    if let Some(row) = row(tree) {
        page.line(Label::Muted, &format!("  {row}"))?;
    }
    if let Some(entry) = alone {
        return one(page, entry);
    }
    let width = entries.iter().map(|entry| dotted(&entry.path).chars().count()).max().unwrap_or_default();
    entries.iter().try_for_each(|entry| among(page, entry, width.min(WIDEST)))?;
    if entries.len() == 1 {
        page.line(Label::Muted, "  No field of it is managed; only that it is there.")?;
    }
    Ok(())
}

/// A value, then every place that states it.
fn one(page: &mut Page<'_>, entry: &EntryV1) -> fmt::Result {
    let EntryV1 { path: _, value, layers } = entry;
    lines(page, "  ", value)?;
    if layers.is_empty() {
        page.end()?;
        return page.line(Label::Muted, "No manifest states it: it is the default.");
    }
    for (at, layer) in layers.iter().enumerate() {
        let LayerV1 { home, source, written, files, inserted } = layer;
        page.end()?;
        page.plain(if at == 0 { "from " } else { "over " })?;
        page.put(Label::Address, &stated_by(home))?;
        page.line(Label::Muted, &format!("  {}", place(source)))?;
        lines(page, "  ", written)?;
        for file in files {
            page.line(Label::Muted, &format!("  in the file {file}"))?;
        }
        inserted.iter().try_for_each(|one| self::inserted(page, one))?;
    }
    Ok(())
}

fn inserted(page: &mut Page<'_>, inserted: &InsertedV1) -> fmt::Result {
    let InsertedV1 { name, value, source, by, target } = inserted;
    page.plain("  ")?;
    page.put(Label::Address, &format!("${{{name}}}"))?;
    page.plain(&format!(" = {}", short(value)))?;
    page.line(Label::Muted, &format!("  {}, {}", put_in_by(*by, target.as_deref()), place(source)))
}

/// A value on one line with where it comes from.
fn among(page: &mut Page<'_>, entry: &EntryV1, width: usize) -> fmt::Result {
    let EntryV1 { path, value, layers } = entry;
    page.put(Label::Emphasis, &format!("  {:width$}", dotted(path)))?;
    page.plain(&format!("  {}", short(value)))?;
    page.line(Label::Muted, &format!("  {}", gist(layers)))
}

/// Where a value comes from, on a line.
pub(super) fn gist(layers: &[LayerV1]) -> String {
    let Some((first, under)) = layers.split_first() else { return "default".to_owned() };
    let LayerV1 { home, source, written: _, files, inserted } = first;
    let names: Vec<String> = inserted.iter().map(|inserted| format!("${{{}}}", inserted.name)).collect();
    let mut parts = vec![format!("{}, {}", stated_by(home), place(source))];
    parts.extend(under.iter().map(|layer| format!("over {}, {}", stated_by(&layer.home), place(&layer.source))));
    parts.extend((!names.is_empty()).then(|| format!("with {}", names.join(", "))));
    parts.extend(files.iter().map(|file| format!("in {file}")));
    parts.join("; ")
}

/// The row that makes the agent, in words, if one does.
pub(super) fn row(tree: &OriginV1) -> Option<String> {
    let homes = tree.entries.iter().flat_map(|entry| &entry.layers).map(|layer| &layer.home);
    homes.into_iter().find_map(|HomeV1 { kind: _, name, row }| {
        row.as_ref().map(|row| format!("made by the row {} of AgentSet {name}", place(row)))
    })
}

/// What states a value, in words.
pub(super) fn stated_by(home: &HomeV1) -> String {
    let HomeV1 { kind, name, row: _ } = home;
    match kind {
        HomeKindV1::Agent => format!("Agent {name}"),
        HomeKindV1::SkillSet => format!("SkillSet {name}"),
        HomeKindV1::Override => format!("override in Agent {name}"),
        HomeKindV1::AgentSet => format!("AgentSet {name}"),
        HomeKindV1::Exception => format!("exception in AgentSet {name}"),
        HomeKindV1::ConnectorPack => format!("ConnectorPack {name}"),
        HomeKindV1::Target => format!("targets.{name}.agents"),
    }
}

/// What defines what a `${…}` stands for, in words.
pub(super) fn put_in_by(by: DefinedByV1, target: Option<&str>) -> String {
    match by {
        DefinedByV1::Variable => defined_in(target),
        DefinedByV1::Cell => "cell of the row".to_owned(),
        DefinedByV1::Default => "default of the column".to_owned(),
    }
}

/// Where a variable is defined, as a path in the project.
pub(super) fn defined_in(target: Option<&str>) -> String {
    target.map_or_else(|| "variables".to_owned(), |target| format!("targets.{target}.variables"))
}

/// Where something stands, as editors and terminals open it.
pub(super) fn place(source: &SourceV1) -> String {
    let SourceV1 { file, line, column } = source;
    format!("{file}:{line}:{column}")
}

/// A value on as many lines as it takes.
fn lines(page: &mut Page<'_>, before: &str, value: &ValueV1) -> fmt::Result {
    let shown = match value {
        ValueV1::Shown { value } => block(value),
        ValueV1::Hidden { sensitive: _ } => HIDDEN.to_owned(),
    };
    shown.trim_end().split('\n').try_for_each(|line| page.line(Label::Plain, &format!("{before}{line}")))
}

/// What stands in place of a value that nobody may read.
const HIDDEN: &str = "(sensitive)";

/// The beginning of a value, on one line.
pub(super) fn short(value: &ValueV1) -> String {
    match value {
        ValueV1::Shown { value } => cut(&flow(value), SHORT),
        ValueV1::Hidden { sensitive: _ } => HIDDEN.to_owned(),
    }
}
