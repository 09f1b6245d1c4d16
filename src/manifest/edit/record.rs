//! What is recorded of a provider: completed where it stands, or written anew. What is recorded already stays as it is.

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
use crate::model::{ActionSlug, Arrives, Desired, ProviderKind, Recorded, Slug};

/// More changes than any record needs.
const MOST_CHANGES: usize = 10_000;

/// What a record is to say besides what it says already.
#[derive(Debug, Clone, PartialEq)]
pub struct Additions {
    /// The provider.
    pub kind: ProviderKind,
    /// Presets of its pack.
    pub skills: Vec<Recorded>,
    /// What its actions make.
    pub actions: Vec<(ActionSlug, Recorded)>,
}

/// Completes the record of a provider that has one: adds skills that it lacks, and of the others fields that it does not
/// state.
///
/// # Errors
/// Why it cannot be, as a fragment; nothing is changed then.
pub fn record(
    sources: &Sources,
    side_files: &dyn SideFiles,
    desired: &Desired,
    additions: &Additions,
) -> Result<(Arc<str>, String), String> {
    let pack = desired.packs.get(&additions.kind).map(|pack| &pack.place);
    let place = pack.or_else(|| desired.actions.get(&additions.kind).map(|known| &known.place));
    let place = place.ok_or_else(unwritable)?;
    let (file, before) = sources.iter().find(|(path, _)| **path == place.file).ok_or_else(unwritable)?;
    let mut text = before.to_string();
    for _ in 0..MOST_CHANGES {
        let Some(splice) = next(file, &text, additions)? else {
            check(sources, side_files, desired, (file, &text), additions)?;
            return Ok((Arc::clone(file), text));
        };
        text = splice.apply(&text).filter(|changed| *changed != text).ok_or_else(unwritable)?;
    }
    Err(unwritable())
}

/// The manifest of a provider that has none: its text, read beside the others.
///
/// # Errors
/// Why it cannot be, as a fragment.
pub fn new_record(
    sources: &Sources,
    side_files: &dyn SideFiles,
    desired: &Desired,
    (file, name): (&str, &Slug),
    additions: &Additions,
) -> Result<String, String> {
    let head = json!({
        "apiVersion": "flowops/v1", "kind": Kind::ConnectorPack.word(), "metadata": { "name": name.as_str() },
        "spec": { "kind": additions.kind.as_str() },
    });
    let mut text = spell::document(&head).ok_or_else(unwritable)?;
    for List { key, id: _, items } in lists(additions)? {
        for (at, (_, item)) in items.iter().enumerate() {
            let head = if at == 0 { format!("  {key}:") } else { String::new() };
            let item = spell::item(item, None, 4).ok_or_else(unwritable)?;
            writeln!(text, "{head}\n    {item}").map_err(|_| unwritable())?;
        }
    }
    check(sources, side_files, desired, (file, &text), additions)?;
    Ok(text)
}

/// Whether the manifests are still valid with a text, and the record says what it should.
fn check(
    sources: &Sources,
    side_files: &dyn SideFiles,
    desired: &Desired,
    (file, text): (&str, &str),
    additions: &Additions,
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
    let now = reading.desired.ok_or_else(unwritable)?;
    let Additions { kind, skills, actions } = additions;
    let is_said = |said: Option<&Recorded>, skill: &Recorded| {
        let stated = |said: &Recorded| skill.fields.iter().all(|(field, value)| said.fields.get(field) == Some(value));
        said.is_some_and(|said| said.skill_type == skill.skill_type && stated(said))
    };
    let preset = |skill: &&Recorded| is_said(now.packs.get(kind).and_then(|pack| pack.presets.get(&skill.name)), skill);
    let made = |(action, skill): &&(ActionSlug, Recorded)| {
        is_said(now.actions.get(kind).and_then(|known| known.actions.get(action)), skill)
    };
    let is_meant =
        skills.iter().filter(preset).count() == skills.len() && actions.iter().filter(made).count() == actions.len();
    if is_meant { Ok(()) } else { Err("it would be read as something else".to_owned()) }
}

/// A list of a record, and what it must hold.
struct List {
    key: &'static str,
    /// The key by which its items are known.
    id: &'static str,
    items: Vec<(String, Json)>,
}

fn lists(additions: &Additions) -> Result<[List; 2], Refusal> {
    let Additions { kind: _, skills, actions } = additions;
    let skills = skills.iter().map(|skill| Ok((skill.name.to_string(), whole(Map::new(), skill)?)));
    let actions = actions.iter().map(|(action, skill)| {
        let head = Map::from_iter([("action".to_owned(), json!(action.as_str()))]);
        Ok((action.to_string(), whole(head, skill)?))
    });
    Ok([
        List { key: "skills", id: "name", items: skills.collect::<Result<_, Refusal>>()? },
        List { key: "actions", id: "action", items: actions.collect::<Result<_, Refusal>>()? },
    ])
}

/// The next change of a text, if it needs one.
fn next(file: &Arc<str>, text: &str, additions: &Additions) -> Result<Option<Splice>, Refusal> {
    let nodes = node::parse(file, text).map_err(|_| unwritable())?;
    let node = nodes.iter().find(|node| is_record(node, &additions.kind)).ok_or_else(unwritable)?;
    let documents = syntax::parse(text).ok_or_else(unwritable)?;
    let start = node.span.bytes().start;
    let syntax = documents.iter().find(|document| document.bytes.start == start).ok_or_else(unwritable)?;
    let spec = Whole { node, syntax }.key("spec").ok_or_else(unwritable)?;
    for list in lists(additions)? {
        let Some(place) = spec.key(list.key) else {
            if list.items.is_empty() {
                continue;
            }
            let items: Json = list.items.into_iter().map(|(_, item)| item).collect();
            return splice::insert(text, spec.syntax, list.key, &items).map(Some).ok_or_else(unwritable);
        };
        if let Some(splice) = next_in(text, place, &list)? {
            return Ok(Some(splice));
        }
    }
    Ok(None)
}

fn next_in(text: &str, place: Whole<'_>, list: &List) -> Result<Option<Splice>, Refusal> {
    let (layout, items, nodes) = place.items().ok_or_else(unwritable)?;
    for (id, wanted) in &list.items {
        let Some(at) = nodes.iter().position(|node| is_text(entry(node, list.id), id)) else {
            return splice::push(text, place.syntax, wanted).map(Some).ok_or_else(unwritable);
        };
        let item = place.item(at).ok_or_else(unwritable)?;
        let pairs = item.pairs().ok_or_else(unwritable)?;
        let is_stated = |key: &str| pairs.nodes.iter().any(|(stated, _)| &*stated.text == key);
        let Json::Object(entries) = wanted else { return Err(unwritable()) };
        let mut missing = entries.iter().filter(|(key, _)| !is_stated(key));
        let Some((key, value)) = missing.next() else { continue };
        let bare = ["action", "name", "skillType", "arrives"];
        let is_bare = pairs.nodes.iter().all(|(key, _)| bare.contains(&&*key.text));
        // What fits into brackets is no place for texts.
        let splice = match (pairs.layout, items.get(at)) {
            (Layout::Flow, Some(bare)) if is_bare && layout == Layout::Block => {
                splice::set_item(text, layout, bare, wanted)
            }
            (Layout::Flow | Layout::Block, _) => splice::insert(text, item.syntax, key, value),
        };
        return splice.map(Some).ok_or_else(unwritable);
    }
    Ok(None)
}

/// A recorded skill as it stands in a list, after some entries.
fn whole(mut entries: Map<String, Json>, skill: &Recorded) -> Result<Json, Refusal> {
    let Recorded { name, skill_type, arrives, fields, place: _ } = skill;
    let nothing = BTreeMap::new();
    let page = Page { text: "", variables: Variables(&nothing) };
    entries.insert("name".to_owned(), json!(name.as_str()));
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
        Tree::Map(entries) => entries.iter().find(|(other, _)| &*other.text == key).map(|(_, node)| node),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => None,
    }
}

fn is_text(node: Option<&Node>, text: &str) -> bool {
    node.is_some_and(|node| matches!(&node.tree, Tree::Text(stated) if &**stated == text))
}
