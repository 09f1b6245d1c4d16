//! An agent's document: where in it something is declared, and the next change that an edit needs there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::side::{self, Overlay};
use super::splice::{self, Splice};
use super::syntax::{self, Form, Layout, Syntax};
use super::value::{Content, Holder, Next, Page, Pairs, Refusal, unwritable};
use super::variable::Variables;
use super::{Edit, NewAgent, SideEdit, What, spell};
use crate::diag::Sources;
use crate::manifest::kind::Kind;
use crate::manifest::node::{self, Node, Tree};
use crate::manifest::reader::Reader;
use crate::manifest::schema::{AgentSpec, Document, OverrideDoc, ProvisionDoc, SkillDoc};
use crate::manifest::value::{Given, Scope};
use crate::manifest::{SideFiles, document, resolve, settled};
use crate::model::{Compare, Desired, Entries, Field, Lookup, ProviderKind, Recorded, SkillName, Slug, Value};

/// More changes than any edit needs.
const MOST_CHANGES: usize = 10_000;

/// Manifests while they are edited.
pub(super) struct Editor<'a> {
    texts: BTreeMap<Arc<str>, String>,
    before: &'a Sources,
    /// The file of each agent.
    homes: BTreeMap<Slug, Arc<str>>,
    sides: Overlay<'a>,
    variables: BTreeMap<String, String>,
    secret_prefixes: Vec<String>,
    /// The skills of every SkillSet.
    sets: BTreeMap<Slug, Vec<SkillDoc>>,
    desired: &'a Desired,
}

impl<'a> Editor<'a> {
    pub(super) fn new(sources: &'a Sources, side_files: &'a dyn SideFiles, desired: &'a Desired) -> Self {
        let (nodes, settings) = settled(sources, side_files);
        let mut editor = Self {
            texts: sources.iter().map(|(path, text)| (Arc::clone(path), text.to_string())).collect(),
            before: sources,
            sides: Overlay::new(side_files, BTreeMap::new()),
            homes: desired.agents.iter().map(|agent| (agent.name.clone(), Arc::clone(&agent.place.file))).collect(),
            variables: settings.variables_of(&desired.target),
            secret_prefixes: settings.policy.secret_prefixes,
            sets: BTreeMap::new(),
            desired,
        };
        let is_set = |node: &Node| document::kind_of(node) == Some(Kind::SkillSet);
        for (file, node) in nodes.iter().filter(|(_, node)| is_set(node)) {
            if let Some(Document::SkillSet(set)) = document::read(&mut Reader::new(file), &editor.scope(), node) {
                editor.sets.insert(set.metadata.name.value, set.spec.skills);
            }
        }
        editor
    }

    /// The texts that are not as they were: of manifests, and of the files beside them.
    pub(super) fn into_changed(self) -> (BTreeMap<Arc<str>, String>, BTreeMap<String, SideEdit>) {
        let Self { mut texts, before, sides, .. } = self;
        texts.retain(|path, text| before.text(path) != Some(text.as_str()));
        (texts, sides.into_texts())
    }

    /// Makes an edit, change by change; none of them is left if one cannot be made.
    pub(super) fn make(&mut self, edit: &Edit) -> Result<(), Refusal> {
        let home = self.homes.get(&edit.agent).cloned().unwrap_or_default();
        let (text, sides) = (self.texts.get(&home).cloned(), self.sides.texts().clone());
        let made = self.converge(edit);
        if made.is_err() {
            self.texts.extend(text.map(|text| (home, text)));
            self.sides.restore(sides);
        }
        made
    }

    fn converge(&mut self, edit: &Edit) -> Result<(), Refusal> {
        for _ in 0..MOST_CHANGES {
            let (file, next) = self.next(edit)?;
            match next {
                Next::Nothing => return Ok(()),
                Next::Splice(splice) => {
                    let text = self.texts.get_mut(&file).ok_or_else(unwritable)?;
                    let changed = splice.apply(text).filter(|changed| changed != text).ok_or_else(unwritable)?;
                    *text = changed;
                }
                Next::Side { path, content } => {
                    let before = self.sides.text(&file, &path)?;
                    let text = match content {
                        Content::Text(text) => {
                            side::like(&before, &Variables(&self.variables).spell(&text, Some(&before))?)
                        }
                        Content::Roster(rows) => side::roster(&before, &rows)?,
                    };
                    if text == before {
                        return Err(unwritable());
                    }
                    self.sides.put(&file, &path, text)?;
                }
            }
        }
        Err(unwritable())
    }

    fn scope(&self) -> Scope<'_> {
        let given = Given { variables: &self.variables, secret_prefixes: &self.secret_prefixes };
        Scope { project: Some(given), side_files: &self.sides, row: None }
    }

    fn next(&self, edit: &Edit) -> Result<(Arc<str>, Next), Refusal> {
        let home = self.homes.get(&edit.agent).and_then(|file| self.texts.get_key_value(file));
        let (file, text) = home.ok_or_else(of_a_set)?;
        let nodes = node::parse(file, text).map_err(|_| unwritable())?;
        let node = nodes.iter().find(|node| is_agent(node, &edit.agent)).ok_or_else(of_a_set)?;
        let Some(Document::Agent(agent)) = document::read(&mut Reader::new(file), &self.scope(), node) else {
            return Err(unwritable());
        };
        let documents = syntax::parse(text).ok_or_else(unwritable)?;
        let start = node.span.bytes().start;
        let root = documents.iter().find(|document| document.bytes.start == start).ok_or_else(unwritable)?;
        let page = Page { text, variables: Variables(&self.variables) };
        let spec = Whole { node, syntax: root }.key("spec").ok_or_else(unwritable)?;
        let open = Open { page, spec, declared: &agent.spec, sets: &self.sets, desired: self.desired };
        Ok((Arc::clone(file), open.next(&edit.what)?))
    }
}

/// What a template says counts for other agents, too, so it is nothing to edit for one.
fn of_a_set() -> Refusal {
    "an AgentSet makes the agent, and others like it; change its table, its template or its `exceptions`".to_owned()
}

fn is_agent(node: &Node, name: &Slug) -> bool {
    let text = |node: &Node, key: &str| match &node.tree {
        Tree::Map(entries) => entries.iter().find(|(other, _)| &*other.text == key).map(|(_, node)| node.clone()),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => None,
    };
    let stated = text(node, "metadata").and_then(|metadata| text(&metadata, "name"));
    document::kind_of(node) == Some(Kind::Agent)
        && stated.is_some_and(|node| node.tree == Tree::Text(name.as_str().into()))
}

/// A node in both its forms.
#[derive(Clone, Copy)]
pub(super) struct Whole<'a> {
    pub(super) node: &'a Node,
    pub(super) syntax: &'a Syntax,
}

impl<'a> Whole<'a> {
    pub(super) fn pairs(self) -> Option<Pairs<'a>> {
        match (&self.syntax.form, &self.node.tree) {
            (Form::Map(layout, entries), Tree::Map(nodes)) => Some(Pairs { layout: *layout, entries, nodes }),
            _ => None,
        }
    }

    pub(super) fn key(self, key: &str) -> Option<Self> {
        let (_, entry, node) = self.pairs()?.find(key)?;
        Some(Whole { node, syntax: &entry.value })
    }

    pub(super) fn items(self) -> Option<(Layout, &'a [Syntax], &'a [Node])> {
        match (&self.syntax.form, &self.node.tree) {
            (Form::List(layout, items), Tree::List(nodes)) => Some((*layout, items, nodes)),
            _ => None,
        }
    }

    pub(super) fn item(self, at: usize) -> Option<Self> {
        let (_, items, nodes) = self.items()?;
        Some(Whole { node: nodes.get(at)?, syntax: items.get(at)? })
    }
}

/// An agent's document, opened.
struct Open<'a> {
    page: Page<'a>,
    spec: Whole<'a>,
    declared: &'a AgentSpec,
    sets: &'a BTreeMap<Slug, Vec<SkillDoc>>,
    desired: &'a Desired,
}

impl Open<'_> {
    fn next(&self, what: &What) -> Result<Next, Refusal> {
        match what {
            What::Set { skill, fields } => {
                for (field, value) in fields {
                    let next = self.set(skill, *field, value)?;
                    if !matches!(next, Next::Nothing) {
                        return Ok(next);
                    }
                }
                Ok(Next::Nothing)
            }
            What::Add { skill, fields } => match self.own(skill) {
                Some(_) => Ok(Next::Nothing),
                None => self.push("skills", &self.skill(skill, fields)?),
            },
            What::Remove(skill) => match (self.over(skill), self.own(skill)) {
                (Some((at, _)), _) => self.take_out("overrides", at),
                (None, Some((at, _))) => self.take_out("skills", at),
                (None, None) if self.shared(skill).is_some() => {
                    Err("it comes from a SkillSet, which others may use".to_owned())
                }
                (None, None) => Ok(Next::Nothing),
            },
            What::Rename { skill, to } => self.rename(skill, to),
            What::Allow(skill) => match self.declared.absent.iter().position(|absent| absent.value == *skill) {
                Some(at) => self.take_out("absent", at),
                None => Ok(Next::Nothing),
            },
            What::AddPack(kind) => match self.pack(kind) {
                Some(_) => Ok(Next::Nothing),
                None => self.push("packs", &json!({ "kind": kind.as_str() })),
            },
            What::RemovePack(kind) => self.pack(kind).map_or(Ok(Next::Nothing), |at| self.take_out("packs", at)),
        }
    }

    fn own(&self, name: &SkillName) -> Option<(usize, &SkillDoc)> {
        self.declared.skills.iter().enumerate().find(|(_, skill)| skill.name.value == *name)
    }

    fn over(&self, name: &SkillName) -> Option<(usize, &OverrideDoc)> {
        self.declared.overrides.iter().enumerate().find(|(_, over)| over.name.value == *name)
    }

    fn shared(&self, name: &SkillName) -> Option<&SkillDoc> {
        let used = self.declared.uses.iter().filter_map(|used| self.sets.get(&used.value)).flatten();
        used.into_iter().find(|skill| skill.name.value == *name)
    }

    /// What is recorded of a preset.
    fn recorded(&self, name: &SkillName) -> Option<&Recorded> {
        let Desired { packs, actions, .. } = self.desired;
        let AgentSpec { packs: used, provision, .. } = self.declared;
        let preset = used.iter().find_map(|used| packs.get(&used.kind.value)?.presets.get(name));
        let made = |used: &ProvisionDoc| {
            let known = actions.get(&used.kind.value)?;
            let mut made = used.actions.iter().filter_map(|action| known.actions.get(&action.value));
            made.find(|recorded| recorded.name == *name)
        };
        preset.or_else(|| provision.iter().find_map(made))
    }

    fn pack(&self, kind: &ProviderKind) -> Option<usize> {
        self.declared.packs.iter().position(|pack| pack.kind.value == *kind)
    }

    fn set(&self, skill: &SkillName, field: Field, value: &Value) -> Result<Next, Refusal> {
        let own = self.own(skill);
        let base =
            own.map(|(_, skill)| skill).or_else(|| self.shared(skill)).and_then(|skill| skill.fields.get(&field));
        let base = base.map(|base| &base.value).or_else(|| self.recorded(skill)?.fields.get(&field));
        let base = base.filter(|_| field.compare() == Compare::DeclaredKeys);
        let over = self.over(skill);
        if let Some((at, current)) = over.and_then(|(at, over)| Some((at, &over.fields.get(&field)?.value))) {
            let wanted = base.map_or_else(|| value.clone(), |base| over_for(base, Some(current), value));
            return self.update("overrides", at, field, current, &wanted);
        }
        if let Some((at, own)) = own {
            return match own.fields.get(&field) {
                Some(current) => self.update("skills", at, field, &current.value, value),
                None => self.insert("skills", at, field.key(), value),
            };
        }
        if field == Field::SkillType {
            return Err("its type is the SkillSet's or the pack's".to_owned());
        }
        let patch = base.map_or_else(|| value.clone(), |base| over_for(base, None, value));
        match over {
            Some((at, _)) => self.insert("overrides", at, field.key(), &patch),
            None => self.push("overrides", &self.skill(skill, &BTreeMap::from([(field, patch)]))?),
        }
    }

    fn update(&self, list: &str, at: usize, field: Field, current: &Value, wanted: &Value) -> Result<Next, Refusal> {
        let pairs = self.listed(list, at)?.pairs().ok_or_else(unwritable)?;
        let (_, entry, node) = pairs.find(field.key()).ok_or_else(|| format!("`{field}` comes from an anchor"))?;
        self.page.next(Holder::Entry(pairs.layout, entry), node, current, wanted)
    }

    fn insert(&self, list: &str, at: usize, key: &str, value: &Value) -> Result<Next, Refusal> {
        let json = self.page.spelled(value, None)?;
        one(splice::insert(self.page.text, self.listed(list, at)?.syntax, key, &json))
    }

    fn rename(&self, skill: &SkillName, to: &SkillName) -> Result<Next, Refusal> {
        let spelled = |before: &Whole<'_>| self.page.spelled(&Value::text(to.as_str()), text_of(before.node));
        let named = self.own(skill).map(|(at, _)| ("skills", at)).or(self.over(skill).map(|(at, _)| ("overrides", at)));
        if let Some((list, at)) = named {
            if self.own(skill).is_none() && self.own(to).is_none() {
                return Err("it comes from a SkillSet or a pack".to_owned());
            }
            let pairs = self.listed(list, at)?.pairs().ok_or_else(unwritable)?;
            let (_, entry, node) = pairs.find("name").ok_or_else(unwritable)?;
            let name = spelled(&Whole { node, syntax: &entry.value })?;
            return one(splice::set(self.page.text, pairs.layout, entry, &name));
        }
        let Some((at, own)) = self.own(to) else { return Err("it comes from a SkillSet".to_owned()) };
        if own.was.as_ref().is_none_or(|was| was.value != *to) {
            return Ok(Next::Nothing);
        }
        let item = self.listed("skills", at)?;
        let (at, ..) = item.pairs().and_then(|pairs| pairs.find("was")).ok_or_else(unwritable)?;
        one(splice::remove(self.page.text, item.syntax, at))
    }

    /// An item of one of the lists of the document.
    fn listed(&self, list: &str, at: usize) -> Result<Whole<'_>, Refusal> {
        self.spec.key(list).and_then(|list| list.item(at)).ok_or_else(unwritable)
    }

    fn push(&self, list: &str, item: &Json) -> Result<Next, Refusal> {
        let alone = Json::Array(vec![item.clone()]);
        let pairs = self.spec.pairs().ok_or_else(unwritable)?;
        let Some((_, entry, _)) = pairs.find(list) else {
            return one(splice::insert(self.page.text, self.spec.syntax, list, &alone));
        };
        match &entry.value.form {
            Form::List(Layout::Block, items) if !items.is_empty() => {
                one(splice::push(self.page.text, &entry.value, item))
            }
            Form::List(Layout::Flow, items) if !items.is_empty() => {
                one(splice::push(self.page.text, &entry.value, item))
            }
            Form::List(..) | Form::Scalar(_) => one(splice::set(self.page.text, pairs.layout, entry, &alone)),
            Form::Alias | Form::Map(..) => Err(unwritable()),
        }
    }

    /// Takes an item out of a list, and the list with its last item.
    fn take_out(&self, list: &str, at: usize) -> Result<Next, Refusal> {
        let pairs = self.spec.pairs().ok_or_else(unwritable)?;
        let (entry_at, entry, _) = pairs.find(list).ok_or_else(unwritable)?;
        let Form::List(_, items) = &entry.value.form else { return Err(unwritable()) };
        if items.len() > 1 {
            return one(splice::remove_item(self.page.text, &entry.value, at));
        }
        if pairs.entries.len() > 1 {
            return one(splice::remove(self.page.text, self.spec.syntax, entry_at));
        }
        one(splice::set(self.page.text, pairs.layout, entry, &json!([])))
    }

    fn skill(&self, name: &SkillName, fields: &BTreeMap<Field, Value>) -> Result<Json, Refusal> {
        skill(&self.page, name, fields)
    }
}

fn one(splice: Option<Splice>) -> Result<Next, Refusal> {
    splice.map(Next::Splice).ok_or_else(unwritable)
}

fn text_of(node: &Node) -> Option<&str> {
    match &node.tree {
        Tree::Text(text) => Some(text),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::List(_) | Tree::Map(_) => None,
    }
}

/// A skill as it stands in a list.
fn skill(page: &Page<'_>, name: &SkillName, fields: &BTreeMap<Field, Value>) -> Result<Json, Refusal> {
    let mut skill = Map::from_iter([("name".to_owned(), page.spelled(&Value::text(name.as_str()), None)?)]);
    for (field, value) in fields {
        skill.insert(field.key().to_owned(), page.spelled(value, None)?);
    }
    Ok(Json::Object(skill))
}

/// What an override must say so that, laid over a base, it makes a value: what it says already, and what differs.
fn over_for(base: &Value, current: Option<&Value>, wanted: &Value) -> Value {
    let (Value::Map(base), Value::Map(wanted)) = (base, wanted) else { return wanted.clone() };
    let current = current.and_then(Value::as_map);
    let mut over = Entries::new();
    let stated = current.into_iter().flat_map(Entries::keys);
    let others = wanted.keys().filter(|key| !current.is_some_and(|current| current.contains_key(*key)));
    for key in stated.chain(others) {
        let (below, stated) = (base.get(key), current.and_then(|current| current.get(key)));
        let Some(value) = wanted.get(key) else { continue };
        if stated.is_none() && below == Some(value) {
            continue;
        }
        let value = match below {
            Some(below) if !resolve::is_whole(key) => over_for(below, stated, value),
            Some(_) | None => value.clone(),
        };
        over.insert(key.clone(), value);
    }
    Value::map(over)
}

/// The text of a new agent's manifest; `None` if YAML cannot hold it.
pub(super) fn new(agent: &NewAgent) -> Option<String> {
    let NewAgent { file: _, name, lookup, packs, skills } = agent;
    let nothing = BTreeMap::new();
    let page = Page { text: "", variables: Variables(&nothing) };
    let lookup = match lookup {
        Lookup::Name(name) => json!({ "name": page.spelled(&Value::text(name.as_str()), None).ok()? }),
        Lookup::Id(id) => json!({ "id": id.as_str() }),
    };
    let mut spec = Map::from_iter([("match".to_owned(), lookup)]);
    if !packs.is_empty() {
        let packs = packs.iter().map(|kind| json!({ "kind": kind.as_str() }));
        spec.insert("packs".to_owned(), packs.collect());
    }
    let head = json!({ "apiVersion": "flowops/v1", "kind": Kind::Agent.word(), "metadata": { "name": name.as_str() }, "spec": spec });
    let mut text = spell::document(&head)?;
    for (at, (name, fields)) in skills.iter().enumerate() {
        text.push_str(if at == 0 { "  skills:\n" } else { "\n" });
        let item = spell::item(&skill(&page, name, fields).ok()?, None, 4)?;
        writeln!(text, "    {item}").ok()?;
    }
    Some(text)
}
