//! The record of a pack: completed where it stands, or written anew. What is recorded already stays as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::document::Whole;
use super::splice::{self, Splice};
use super::syntax::{self, Layout};
use super::value::{Page, Refusal, unwritable};
use super::variable::Variables;
use super::{read, spell};
use crate::diag::{Finding, Sources};
use crate::manifest::kind::Kind;
use crate::manifest::node::{self, Node, Tree};
use crate::manifest::{SideFiles, document};
use crate::model::{Arrives, Desired, Field, ProviderKind, Recorded, Slug, Value};

/// More changes than any record needs.
const MOST_CHANGES: usize = 10_000;

/// Completes the record of a pack that has one: adds skills that it lacks, and of the others fields that it does not state.
///
/// # Errors
/// Why it cannot be, as a fragment; nothing is changed then.
pub fn record(
    sources: &Sources,
    side_files: &dyn SideFiles,
    desired: &Desired,
    kind: &ProviderKind,
    skills: &[Recorded],
) -> Result<(Arc<str>, String), String> {
    let pack = desired.packs.get(kind).ok_or_else(unwritable)?;
    let (file, before) = sources.iter().find(|(path, _)| **path == pack.place.file).ok_or_else(unwritable)?;
    let mut text = before.to_string();
    for _ in 0..MOST_CHANGES {
        let Some(splice) = next(file, &text, kind, skills)? else {
            check(sources, side_files, desired, (file, &text), kind, skills)?;
            return Ok((Arc::clone(file), text));
        };
        text = splice.apply(&text).filter(|changed| *changed != text).ok_or_else(unwritable)?;
    }
    Err(unwritable())
}

/// The manifest of a pack that has none: its text, read beside the others.
///
/// # Errors
/// Why it cannot be, as a fragment.
pub fn new_record(
    sources: &Sources,
    side_files: &dyn SideFiles,
    desired: &Desired,
    (file, name): (&str, &Slug),
    (kind, skills): (&ProviderKind, &[Recorded]),
) -> Result<String, String> {
    let head = json!({
        "apiVersion": "flowops/v1", "kind": Kind::ConnectorPack.word(), "metadata": { "name": name.as_str() },
        "spec": { "kind": kind.as_str() },
    });
    let mut text = spell::document(&head).ok_or_else(unwritable)?;
    for (at, skill) in skills.iter().enumerate() {
        text.push_str(if at == 0 { "  skills:\n" } else { "\n" });
        let item = spell::item(&whole(skill)?, None, 4).ok_or_else(unwritable)?;
        writeln!(text, "    {item}").map_err(|_| unwritable())?;
    }
    check(sources, side_files, desired, (file, &text), kind, skills)?;
    Ok(text)
}

/// Whether the manifests are still valid with a text, and the record says what it should.
fn check(
    sources: &Sources,
    side_files: &dyn SideFiles,
    desired: &Desired,
    (file, text): (&str, &str),
    kind: &ProviderKind,
    skills: &[Recorded],
) -> Result<(), String> {
    let mut after = Sources::default();
    for (path, before) in sources.iter().filter(|(path, _)| ***path != *file) {
        after.insert(Arc::clone(path), Arc::clone(before));
    }
    after.insert(file, text);
    let reading = read(&after, side_files, Some(&desired.target)).map_err(|error| error.to_string())?;
    if let Some(error) = reading.findings.into_iter().find(Finding::is_error) {
        return Err(error.message);
    }
    let now = reading.desired.and_then(|mut desired| desired.packs.remove(kind));
    let now = now.ok_or_else(unwritable)?;
    let is_said = |skill: &Recorded| {
        now.presets.get(&skill.name).is_some_and(|said| {
            let stated = |(field, value): (&Field, &Value)| said.fields.get(field) == Some(value);
            said.skill_type == skill.skill_type && skill.fields.iter().all(stated)
        })
    };
    if skills.iter().all(is_said) { Ok(()) } else { Err("it would be read as something else".to_owned()) }
}

/// The next change of a text, if it needs one.
fn next(file: &Arc<str>, text: &str, kind: &ProviderKind, skills: &[Recorded]) -> Result<Option<Splice>, Refusal> {
    let nodes = node::parse(file, text).map_err(|_| unwritable())?;
    let node = nodes.iter().find(|node| is_record(node, kind)).ok_or_else(unwritable)?;
    let documents = syntax::parse(text).ok_or_else(unwritable)?;
    let start = node.span.bytes().start;
    let syntax = documents.iter().find(|document| document.bytes.start == start).ok_or_else(unwritable)?;
    let list = Whole { node, syntax }.key("spec").and_then(|spec| spec.key("skills")).ok_or_else(unwritable)?;
    let (layout, items, nodes) = list.items().ok_or_else(unwritable)?;
    for skill in skills {
        let Some(at) = nodes.iter().position(|node| is_text(entry(node, "name"), skill.name.as_str())) else {
            return splice::push(text, list.syntax, &whole(skill)?).map(Some).ok_or_else(unwritable);
        };
        let item = list.item(at).ok_or_else(unwritable)?;
        let pairs = item.pairs().ok_or_else(unwritable)?;
        let is_stated = |key: &str| pairs.nodes.iter().any(|(stated, _)| stated.text == key);
        let wanted = whole(skill)?;
        let Json::Object(entries) = &wanted else { return Err(unwritable()) };
        let mut missing = entries.iter().filter(|(key, _)| !is_stated(key));
        let Some((key, value)) = missing.next() else { continue };
        let is_bare = pairs.nodes.iter().all(|(key, _)| matches!(key.text.as_str(), "name" | "skillType" | "arrives"));
        // What fits into brackets is no place for texts.
        let splice = match (pairs.layout, items.get(at)) {
            (Layout::Flow, Some(bare)) if is_bare && layout == Layout::Block => {
                splice::set_item(text, layout, bare, &wanted)
            }
            (Layout::Flow | Layout::Block, _) => splice::insert(text, item.syntax, key, value),
        };
        return splice.map(Some).ok_or_else(unwritable);
    }
    Ok(None)
}

/// A recorded skill as it stands in a list.
fn whole(skill: &Recorded) -> Result<Json, Refusal> {
    let Recorded { name, skill_type, arrives, fields, place: _ } = skill;
    let nothing = BTreeMap::new();
    let page = Page { text: "", variables: Variables(&nothing) };
    let mut entries = Map::from_iter([("name".to_owned(), json!(name.as_str()))]);
    entries.insert("skillType".to_owned(), json!(skill_type.as_str()));
    match arrives {
        Arrives::Enabled => {}
        Arrives::Disabled => {
            entries.insert("arrives".to_owned(), json!("disabled"));
        }
    }
    for (field, value) in fields {
        entries.insert(field.key().to_owned(), page.spelled(value, None)?);
    }
    Ok(Json::Object(entries))
}

fn is_record(node: &Node, kind: &ProviderKind) -> bool {
    let stated = entry(node, "spec").and_then(|spec| entry(spec, "kind"));
    document::kind_of(node) == Some(Kind::ConnectorPack) && is_text(stated, kind.as_str())
}

fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.tree {
        Tree::Map(entries) => entries.iter().find(|(other, _)| other.text == key).map(|(_, node)| node),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => None,
    }
}

fn is_text(node: Option<&Node>, text: &str) -> bool {
    node.is_some_and(|node| matches!(&node.tree, Tree::Text(stated) if stated == text))
}
