//! The template of an AgentSet: what is the same for every row, read once, and the form that each row fills.

use std::collections::BTreeMap;

use super::column::Column;
use super::known::Known;
use super::mold::{self, After, Mold};
use super::table::Cells;
use crate::diag::{Code, Finding};
use crate::manifest::document::{self, text_map};
use crate::manifest::node::{Key, Node, Span, Tree};
use crate::manifest::reader::{Located, Reader};
use crate::manifest::reference;
use crate::manifest::resolve::{Declared, Stated};
use crate::manifest::schema::AgentSpec;
use crate::manifest::value::{Filling, Scope};
use crate::model::{Field, Place, SkillName, Slug};

/// What agents are made of.
#[derive(Debug)]
pub(in crate::manifest) struct Template {
    name: Mold,
    labels: Option<Mold>,
    /// What mentions no column; its skills stand in `common`.
    fixed: AgentSpec,
    /// The skills that mention no column.
    common: Vec<Declared>,
    /// What mentions columns.
    varying: Vec<(Key, Mold)>,
    known: Known,
    /// Fields of skills that vary under a name that does not, for those who look for places by name.
    stated: Vec<(SkillName, Field, Place)>,
    place: Place,
    /// Whether a row needs files beside the manifest.
    needs_file: bool,
}

/// The lists whose items are read one by one, so that one that varies does not make the others vary.
const LISTS: [&str; 2] = ["skills", "overrides"];

/// The fields whose texts are taken as they are, without variables.
const VERBATIM: [&str; 3] = ["use", "packs", "provision"];

/// Reads a template; `None` once it was reported that no agent can be made of it.
pub(super) fn read(reader: &mut Reader, scope: &Scope<'_>, columns: &[Column], node: &Node) -> Option<Template> {
    let mut known = Known::default();
    let is_sound = mold::search(reader, scope, columns, node, &mut |span, columns| known.note(span, columns));
    let mut fields = reader.fields(node)?;
    let metadata = fields.need(reader, "metadata").and_then(|node| metadata(reader, node));
    let spec = fields.need(reader, "spec");
    fields.close(reader);
    let spec = spec?;
    let entries = reader.map(spec)?;
    let varies = |node: &Node| known.varies(node.span);
    let (mut fixed, mut varying) = (Vec::new(), Vec::new());
    for (key, value) in entries {
        let (one, other) = split(key, value, &varies);
        fixed.extend(one.map(|node| (key.clone(), node)));
        varying.extend(other.map(|node| (key.clone(), node)));
    }
    let fixed = Node { tree: Tree::Map(fixed.into()), ..spec.clone() };
    let mut fixed = document::agent(reader, scope, &fixed)?;
    let common = std::mem::take(&mut fixed.skills).into_iter().map(Declared::common).collect();
    let stated = varying.iter().flat_map(|(key, list)| stated(reader, key, list)).collect();
    let varying = varying.into_iter().map(|(key, node)| (key, Mold::new(&node))).collect();
    let (name, labels) = metadata?;
    let (place, needs_file) = (reader.place(node.span), reference::needs_file(node));
    let template = Template { name, labels, fixed, common, varying, known, stated, place, needs_file };
    is_sound.then_some(template)
}

fn metadata(reader: &mut Reader, node: &Node) -> Option<(Mold, Option<Mold>)> {
    let mut fields = reader.fields(node)?;
    let name = fields.need(reader, "name");
    let name = name.filter(|name| reader.text(name).is_some()).map(Mold::new);
    let labels = fields.take("labels").map(Mold::new);
    fields.close(reader);
    Some((name?, labels))
}

/// The part of a field that does not vary, and the part that does.
fn split(key: &Key, value: &Node, varies: &dyn Fn(&Node) -> bool) -> (Option<Node>, Option<Node>) {
    match &value.tree {
        _ if !varies(value) => (Some(value.clone()), None),
        Tree::List(items) if LISTS.contains(&&*key.text) => {
            let (other, one): (Vec<Node>, Vec<Node>) = items.iter().cloned().partition(|item| varies(item));
            let list = |items: Vec<Node>| Node { tree: Tree::List(items.into()), ..value.clone() };
            (Some(list(one)), Some(list(other)))
        }
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => {
            (None, Some(value.clone()))
        }
    }
}

/// The fields of those skills and overrides that vary under a name that does not.
fn stated(reader: &Reader, key: &Key, list: &Node) -> Vec<(SkillName, Field, Place)> {
    let (Tree::List(items), true) = (&list.tree, LISTS.contains(&&*key.text)) else { return Vec::new() };
    let mut stated = Vec::new();
    for item in items.iter() {
        let Tree::Map(entries) = &item.tree else { continue };
        let name = entries.iter().find(|(key, _)| &*key.text == "name").and_then(|(_, node)| match &node.tree {
            Tree::Text(text) if !text.contains("${") => SkillName::parse(text).ok(),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => None,
        });
        let Some(name) = name else { continue };
        let fields = entries.iter().filter_map(|(key, _)| Some((Field::read(&key.text)?, reader.place(key.span))));
        stated.extend(fields.map(|(field, place)| (name.clone(), field, place)));
    }
    stated
}

impl Template {
    /// The agent of a row as a document states it; `None` once it was reported that the row cannot be one.
    pub(in crate::manifest) fn stated(
        &self,
        reader: &mut Reader,
        scope: &Scope<'_>,
        cells: Cells<'_>,
        labels: &BTreeMap<String, String>,
    ) -> Option<Stated> {
        let scope = Scope { row: Some(Filling { cells, known: &self.known }), ..*scope };
        let name = self.name.fill(reader, &scope, cells, After::Name);
        let name = reader.name(&name, Slug::parse);
        let own = self.labels.as_ref().map(|labels| labels.fill(reader, &scope, cells, After::Text));
        let mut labels = labels.clone();
        labels.extend(text_map(reader, own.as_ref()).into_iter().map(|(key, label)| (key, label.value)));
        let entries = self.varying.iter().map(|(key, mold)| {
            let after = if VERBATIM.contains(&&*key.text) { After::Verbatim } else { After::Variables };
            (key.clone(), mold.fill(reader, &scope, cells, after))
        });
        let tree = Tree::Map(entries.collect());
        let spec =
            document::agent(reader, &scope, &Node { tree, span: Span::at(&self.place), source: Span::at(&self.place) });
        let place = cells.row.place.clone();
        let name = Located { value: name?.value, place: place.clone() };
        Some(self.joined(name, labels, spec?, &place))
    }

    /// The name of the agent of a row; `None` if it cannot be one.
    pub(in crate::manifest) fn name(&self, scope: &Scope<'_>, cells: Cells<'_>) -> Option<Slug> {
        let mut apart = Reader::new(&self.place.file);
        let scope = Scope { row: Some(Filling { cells, known: &self.known }), ..*scope };
        let name = self.name.fill(&mut apart, &scope, cells, After::Name);
        apart.name(&name, Slug::parse).map(|name| name.value)
    }

    /// What varies, with what does not.
    fn joined(
        &self,
        name: Located<Slug>,
        labels: BTreeMap<String, String>,
        varying: AgentSpec,
        place: &Place,
    ) -> Stated {
        let AgentSpec { lookup, publish, prune, uses, packs, provision, skills, overrides, absent } = varying;
        let fixed = self.fixed.clone();
        let join = |lookup: crate::manifest::schema::LookupDoc| lookup.of_row(place);
        let own = skills.into_iter().map(Declared::own);
        Stated {
            name,
            labels,
            lookup: lookup.or(fixed.lookup).map(join),
            publish: publish.or(fixed.publish),
            prune: prune.or(fixed.prune),
            uses: [fixed.uses, uses].concat(),
            packs: [fixed.packs, packs].concat(),
            provision: [fixed.provision, provision].concat(),
            skills: self.common.iter().cloned().chain(own).collect(),
            overrides: vec![[fixed.overrides, overrides].concat()],
            absent: [fixed.absent, absent].concat(),
        }
    }

    /// Whether a row needs files beside the manifest.
    pub(in crate::manifest) fn needs_file(&self) -> bool {
        self.needs_file
    }

    /// The skills that are the same for every row.
    pub(in crate::manifest) fn common(&self) -> &[Declared] {
        &self.common
    }

    /// Why all rows would make one and the same agent, if they would.
    pub(in crate::manifest) fn sameness(&self) -> Option<Finding> {
        let report = |place: Place, what: &str| {
            let help = "mention a column there that tells the rows apart, as in `${row.branch}`";
            Finding::at(Code::DeclaredTwice, place, format!("every row makes an agent with the same {what}")).help(help)
        };
        if let Mold::Fixed(node) = &self.name {
            return Some(report(node.span.place(&self.place.file), "name"));
        }
        self.fixed.lookup.as_ref().map(|lookup| report(lookup.place().clone(), "`match`"))
    }

    /// The columns that nothing mentions.
    pub(super) fn idle<'c>(&self, columns: &'c [Column]) -> Vec<&'c Column> {
        let used = self.known.columns();
        columns.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, column)| column).collect()
    }

    /// The columns that have a part in what stands at a place; `None` if it is no place of the template.
    pub(super) fn mentioned(&self, place: &Place) -> Option<Vec<usize>> {
        self.known.at(place).filter(|_| place.file == self.place.file)
    }

    /// Shows a field of every skill and override that states it under a name that does not vary.
    pub(in crate::manifest) fn each_field(&self, field: Field, see: &mut dyn FnMut(&SkillName, &Place)) {
        let skills = self.common.iter().map(|skill| (&skill.doc.name.value, &skill.doc.fields));
        let overrides = self.fixed.overrides.iter().map(|over| (&over.name.value, &over.fields));
        for (name, fields) in skills.chain(overrides) {
            if let Some(stated) = fields.get(&field) {
                see(name, &stated.place);
            }
        }
        for (name, _, place) in self.stated.iter().filter(|(_, stated, _)| *stated == field) {
            see(name, place);
        }
    }
}
