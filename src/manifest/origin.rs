//! Where a value comes from: like a blame for what manifests come to, once sets are joined in, overrides laid over and
//! variables put in.
//!
//! It goes over the documents once more and answers for manifests that are sound; nothing else is made of it.

mod account;
mod agent;
mod question;
mod text;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value as Json;

use super::agent_set::AgentSetSpec;
use super::check::{Pages, Step};
use super::node::{Node, Tree};
use super::project::ProjectSettings;
use super::reader::Located;
use super::reference::reference;
use super::resolve::Documents;
use super::schema::{ConnectorPackSpec, Doc, OverrideDoc, SkillDoc, SkillSetSpec};
use super::side::{self, SideFiles};
use super::target::AgentIds;
use super::value::{Given, Scope};
use super::{documents, settled};
use crate::diag::Sources;
use crate::model::{Agent, Compare, Desired, Field, Place, ProviderKind, Reference, SkillName, Slug, Value};

use account::{Account, RowOf};
pub use question::{AskError, Asked};
pub(super) use text::inserted;

/// Where something that an agent has comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    /// The target for which it is so.
    pub target: String,
    /// The agent's address.
    pub agent: Slug,
    /// The skill, if one was asked for.
    pub skill: Option<SkillName>,
    /// What was asked for, each part that can come from elsewhere on its own.
    pub entries: Vec<Entry>,
}

/// A value, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// A JSON pointer within the skill, or within the agent.
    pub path: String,
    /// The value as it is for the target.
    pub value: Value,
    /// Where it is stated: what wins, then what lies under that. None if nobody states it.
    pub layers: Vec<Layer>,
}

/// A place at which a value is stated.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// What states it.
    pub home: Home,
    /// Where.
    pub place: Place,
    /// The value as it is written there.
    pub written: Json,
    /// What is put into its texts, each once.
    pub inserted: Vec<Inserted>,
    /// Files beside the manifest in which it stands, as they are shown.
    pub files: Vec<String>,
}

/// What states a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Home {
    /// The agent's own manifest.
    Agent(Slug),
    /// A SkillSet that the agent uses.
    SkillSet(Slug),
    /// An override in the agent's manifest.
    Override(Slug),
    /// An AgentSet: its template, or the labels that it gives to all its agents.
    AgentSet {
        /// The set's name.
        name: Slug,
        /// Where the row stands that makes the agent.
        row: Place,
    },
    /// What an AgentSet says of the agent alone.
    Exception {
        /// The set's name.
        name: Slug,
        /// Where the row stands that makes the agent.
        row: Place,
    },
    /// The record of what a provider brings.
    ConnectorPack(ProviderKind),
    /// What the project says of the agents of a target.
    Target(String),
}

/// What a `${…}` in a text stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Inserted {
    /// A variable of the project.
    Variable(Variable),
    /// A cell of the row that makes the agent.
    Cell(Cell),
}

/// A cell of an AgentSet's table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// The name of its column.
    pub column: String,
    /// What it holds, once variables are put in.
    pub value: String,
    /// Where it stands: in a file its row, and if the row leaves it out the default of its column.
    pub place: Place,
    /// Whether the row leaves it out.
    pub is_default: bool,
}

/// A variable as it is for a target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it is defined.
    pub place: Place,
    /// The target that defines it; `None` if it is every target's.
    pub target: Option<String>,
}

/// Manifests as they are written.
#[derive(Debug)]
pub struct Written(Vec<(Arc<str>, Node)>, Box<ProjectSettings>);

impl Written {
    /// Takes in manifests that are sound.
    pub fn new(sources: &Sources, side_files: &dyn SideFiles) -> Self {
        let (nodes, settings) = settled(sources, side_files);
        Self(nodes, Box::new(settings))
    }
}

/// Where everything comes from that manifests ask for, for one target.
pub struct Origins<'w> {
    /// The documents of each file, in order.
    roots: BTreeMap<&'w str, Vec<&'w Node>>,
    pages: Pages<'w>,
    side_files: &'w dyn SideFiles,
    target: String,
    variables: BTreeMap<String, Variable>,
    /// What the variables stand for.
    texts: BTreeMap<String, String>,
    secret_prefixes: &'w [String],
    ids: AgentIds,
    /// Those with a manifest of their own.
    agents: BTreeMap<Slug, Rc<Account>>,
    agent_sets: Vec<Doc<AgentSetSpec>>,
    rows: BTreeMap<Slug, RowOf>,
    /// The last agent of an AgentSet that was asked about.
    last: RefCell<Option<(Slug, Rc<Account>)>>,
    sets: BTreeMap<Slug, Doc<SkillSetSpec>>,
    packs: Vec<Doc<ConnectorPackSpec>>,
}

/// What states fields of a skill.
struct Stated<'o> {
    home: Home,
    name: &'o Located<SkillName>,
    was: &'o Option<Located<SkillName>>,
    fields: &'o BTreeMap<Field, Located<Value>>,
}

impl<'w> Origins<'w> {
    /// Goes over the manifests for a target that they have.
    pub fn new(written: &'w Written, side_files: &'w dyn SideFiles, target: &str) -> Self {
        let Written(nodes, settings) = written;
        let texts = settings.variables_of(target);
        let secret_prefixes = &settings.policy.secret_prefixes;
        let scope = Scope { project: Some(Given { variables: &texts, secret_prefixes }), side_files, row: None };
        // The manifests are sound: whatever could be found was found when they were read.
        let Documents { agents, skill_sets, agent_sets, packs } =
            documents(nodes, &scope, &mut Vec::new(), &mut BTreeMap::new());
        let rows = account::rows(&agent_sets, &scope);
        Self {
            roots: roots(nodes),
            pages: Pages::new(nodes),
            side_files,
            target: target.to_owned(),
            variables: defined(settings, target),
            texts,
            secret_prefixes,
            ids: settings.targets.get(target).map(|target| target.agents.clone()).unwrap_or_default(),
            agents: agents
                .into_iter()
                .map(|agent| (agent.metadata.name.value.clone(), Rc::new(agent.into())))
                .collect(),
            agent_sets,
            rows,
            last: RefCell::default(),
            sets: skill_sets.into_iter().map(|set| (set.metadata.name.value.clone(), set)).collect(),
            packs,
        }
    }

    /// What values draw on.
    fn scope(&self) -> Scope<'_> {
        let Self { texts, secret_prefixes, side_files, .. } = self;
        Scope { project: Some(Given { variables: texts, secret_prefixes }), side_files: *side_files, row: None }
    }

    /// Answers a question.
    pub fn answer(&self, asked: &Asked<'_>, desired: &Desired) -> Origin {
        let (agent, skill, entries) = match asked {
            Asked::Agent(agent) => (*agent, None, self.of_agent(agent, desired)),
            Asked::Skill { agent, skill } => (*agent, Some(*skill), self.of_skill(agent, skill)),
            Asked::Value { agent, skill, field, keys, value } => {
                let mut entries = Vec::new();
                self.add(agent, skill, (*field, keys.clone()), value, &mut entries);
                (*agent, Some(*skill), entries)
            }
        };
        Origin { target: self.target.clone(), agent: agent.name.clone(), skill: skill.cloned(), entries }
    }

    /// A skill's name and all its fields.
    fn of_skill(&self, agent: &Agent, skill: &SkillName) -> Vec<Entry> {
        let name = Value::text(skill.as_str());
        let mut entries = vec![Entry { path: "/name".to_owned(), value: name, layers: self.name(agent, skill) }];
        for (field, value) in question::fields(agent, skill) {
            self.add(agent, skill, (*field, Vec::new()), value, &mut entries);
        }
        entries
    }

    /// Adds a value; one of which an override may have changed a part, part by part.
    fn add(
        &self,
        agent: &Agent,
        skill: &SkillName,
        (field, keys): (Field, Vec<String>),
        value: &Value,
        into: &mut Vec<Entry>,
    ) {
        match value {
            Value::Map(map) if !map.is_empty() && field.compare() == Compare::DeclaredKeys => {
                for (key, value) in map.iter() {
                    let keys = keys.iter().cloned().chain([key.to_string()]).collect();
                    self.add(agent, skill, (field, keys), value, into);
                }
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::Secret(_)
            | Value::List(_)
            | Value::Map(_) => {
                let layers = self.layers(agent, skill, field, &keys);
                let path = std::iter::once(field.key()).chain(keys.iter().map(String::as_str));
                let path = path.map(|key| format!("/{}", pointer(key))).collect::<Vec<_>>().concat();
                into.push(Entry { path, value: value.clone(), layers });
            }
        }
    }

    /// Where the value at a place of a skill is stated, what wins first.
    pub fn layers(&self, agent: &Agent, skill: &SkillName, field: Field, keys: &[String]) -> Vec<Layer> {
        let Some(account) = self.account(&agent.name) else { return Vec::new() };
        let stated = self.stated(&account, skill);
        let layers = stated.iter().filter_map(|Stated { home, name: _, was: _, fields }| {
            let Located { value, place } = fields.get(&field)?;
            Some(self.layer((&agent.name, home), place, (field, keys), within(value, keys)?))
        });
        layers.collect()
    }

    /// A variable as it is for the target.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }

    /// Where the former name of a skill is stated, if it is.
    pub fn former_name(&self, agent: &Agent, skill: &SkillName) -> Vec<Layer> {
        let Some(account) = self.account(&agent.name) else { return Vec::new() };
        let stated = self.stated(&account, skill);
        let former = stated.iter().filter_map(|Stated { home, name: _, was, fields: _ }| Some((home, was.as_ref()?)));
        former.map(|(home, name)| self.named(&agent.name, home, name)).collect()
    }

    /// Where a skill is named: what declares it, under the overrides of it.
    pub fn names(&self, agent: &Agent, skill: &SkillName) -> Vec<Layer> {
        let Some(account) = self.account(&agent.name) else { return Vec::new() };
        let stated = self.stated(&account, skill);
        stated.iter().map(|Stated { home, name, was: _, fields: _ }| self.named(&agent.name, home, name)).collect()
    }

    /// Where a skill is declared.
    fn name(&self, agent: &Agent, skill: &SkillName) -> Vec<Layer> {
        self.names(agent, skill).pop().into_iter().collect()
    }

    fn named(&self, agent: &Slug, home: &Home, Located { value, place }: &Located<SkillName>) -> Layer {
        let node = self.text_at(place);
        let written = node.map_or_else(|| Json::from(value.as_str()), text::written);
        let names = match &written {
            Json::String(text) => inserted(text),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => Vec::new(),
        };
        let inserted = self.known(agent, names.into_iter());
        Layer { home: home.clone(), place: place.clone(), inserted, written, files: Vec::new() }
    }

    /// What states fields of a skill, what wins first.
    fn stated<'o>(&'o self, account: &'o Account, skill: &SkillName) -> Vec<Stated<'o>> {
        let over = account.overrides.iter().filter(|(_, over)| over.name.value == *skill);
        let over = over.map(|(home, OverrideDoc { name, fields })| {
            let home = home.clone();
            Stated { home, name, was: &None, fields }
        });
        let own = account.skills.iter().map(|(home, skill)| (home.clone(), &**skill));
        let sets = account.uses.iter().filter_map(|used| self.sets.get(&used.value));
        let shared = sets.flat_map(|set| {
            set.spec.skills.iter().map(|skill| (Home::SkillSet(set.metadata.name.value.clone()), skill))
        });
        let declared = own.chain(shared).find(|(_, declared)| declared.name.value == *skill);
        let declared = declared.map(|(home, SkillDoc { name, was, fields, .. })| Stated { home, name, was, fields });
        let recorded = || self.recorded(account, skill);
        over.chain(declared.or_else(recorded)).collect()
    }

    /// The record of a skill that a pack of the agent brings; or else one of the actions.
    fn recorded(&self, account: &Account, skill: &SkillName) -> Option<Stated<'_>> {
        let used = |kind: &ProviderKind| account.packs.iter().any(|pack| pack.kind.value == *kind);
        let packs = self.packs.iter().filter(|pack| used(&pack.spec.kind.value));
        let presets =
            packs.flat_map(|pack| pack.spec.skills.iter().flatten().map(|made| (&pack.spec.kind.value, made)));
        let wanted: BTreeSet<_> = account
            .provision
            .iter()
            .flat_map(|used| used.actions.iter().map(|action| (&used.kind.value, &action.value)))
            .collect();
        let actions =
            self.packs.iter().flat_map(|pack| pack.spec.actions.iter().map(|made| (&pack.spec.kind.value, made)));
        let made = actions.filter(|(kind, made)| wanted.contains(&(*kind, &made.action.value)));
        let made = made.map(|(kind, action)| (kind, &action.made));
        let (kind, made) = presets.chain(made).find(|(_, made)| made.name.value == *skill)?;
        Some(Stated { home: Home::ConnectorPack(kind.clone()), name: &made.name, was: &None, fields: &made.fields })
    }

    fn layer(
        &self,
        (agent, home): (&Slug, &Home),
        field: &Place,
        (name, keys): (Field, &[String]),
        value: &Value,
    ) -> Layer {
        let home = home.clone();
        let way: Vec<Step<'_>> = keys.iter().map(|key| Step::Key(key)).collect();
        // What stands within a file beside the manifest has the place of the reference to it.
        let deepest = (0..=way.len()).rev().find_map(|len| self.pages.at(field, way.get(..len)?));
        let Some((node, place)) = deepest else {
            let place = field.clone();
            return Layer { home, place, written: Json::Null, inserted: Vec::new(), files: Vec::new() };
        };
        let mut found = Found { file: &field.file, side_files: self.side_files, names: Vec::new(), files: Vec::new() };
        if name == Field::ParametersSchema {
            found.texts(node);
        } else {
            found.all(node, value);
        }
        let Found { names, files, .. } = found;
        let inserted = self.known(agent, names.iter().map(String::as_str));
        Layer { home, place, written: text::written(node), inserted, files }
    }

    /// The node of a text, by its place.
    fn text_at(&self, place: &Place) -> Option<&'w Node> {
        at(self.root(place)?, place.offset)
    }

    /// The document in which a place lies.
    fn root(&self, place: &Place) -> Option<&'w Node> {
        let roots = self.roots.get(&*place.file)?;
        roots.iter().rfind(|root| root.span.bytes().start <= place.offset).copied()
    }
}

/// The documents of each file, in order.
fn roots(nodes: &[(Arc<str>, Node)]) -> BTreeMap<&str, Vec<&Node>> {
    let mut roots: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for (file, root) in nodes {
        roots.entry(file).or_default().push(root);
    }
    roots
}

/// What a value draws on: the texts in it, and in the files beside the manifest.
struct Found<'f> {
    file: &'f str,
    side_files: &'f dyn SideFiles,
    names: Vec<String>,
    files: Vec<String>,
}

impl Found<'_> {
    /// Goes through a value with its references; `value` is what it came to. Nothing is read for a secret.
    fn all(&mut self, node: &Node, value: &Value) {
        if matches!(value, Value::Secret(_)) {
            return;
        }
        match (reference(&node.tree), &node.tree) {
            (Some((Reference::Env, ..)), _) => {}
            (Some((Reference::File, path, _)), _) => {
                self.files.push(side::shown(self.file, path));
                if let Ok(text) = self.side_files.text(self.file, path) {
                    self.names.extend(inserted(&text).into_iter().map(str::to_owned));
                }
            }
            // Nothing is put into a table.
            (Some((Reference::Csv, path, _)), _) => self.files.push(side::shown(self.file, path)),
            (None, Tree::Map(entries)) => {
                for (key, node) in entries.iter() {
                    if let Some(value) = value.as_map().and_then(|map| map.get(&key.text)) {
                        self.all(node, value);
                    }
                }
            }
            (None, Tree::List(items)) => {
                let Value::List(values) = value else { return };
                items.iter().zip(values.iter()).for_each(|(node, value)| self.all(node, value));
            }
            (None, Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_)) => self.texts(node),
        }
    }

    /// Goes through the texts alone: in free JSON what looks like a reference is none.
    fn texts(&mut self, node: &Node) {
        match &node.tree {
            Tree::Text(text) => self.names.extend(inserted(text).into_iter().map(str::to_owned)),
            Tree::List(items) => items.iter().for_each(|item| self.texts(item)),
            Tree::Map(entries) => entries.iter().for_each(|(_, node)| self.texts(node)),
            Tree::Null | Tree::Bool(_) | Tree::Number(_) => {}
        }
    }
}

/// The variables of a target, each with where it is defined.
fn defined(settings: &ProjectSettings, target: &str) -> BTreeMap<String, Variable> {
    let variable = |name: &String, stated: &Located<String>, target: Option<&str>| {
        let Located { value, place } = stated;
        let (value, place, target) = (value.clone(), place.clone(), target.map(str::to_owned));
        (name.clone(), Variable { name: name.clone(), value, place, target })
    };
    let all = settings.variables.iter().map(|(name, stated)| variable(name, stated, None));
    let own = settings.targets.get(target).into_iter().flat_map(|target| &target.variables);
    all.chain(own.map(|(name, stated)| variable(name, stated, Some(target)))).collect()
}

/// The part of a value at the end of some keys.
fn within<'v>(value: &'v Value, keys: &[String]) -> Option<&'v Value> {
    keys.iter().try_fold(value, |value, key| match value {
        Value::Map(map) => map.get(key.as_str()),
        Value::List(items) => items.get(key.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) => None,
    })
}

/// The node that begins at a byte.
fn at(node: &Node, offset: usize) -> Option<&Node> {
    match &node.tree {
        Tree::Map(entries) => entries.iter().find_map(|(_, node)| at(node, offset)),
        Tree::List(items) => items.iter().find_map(|item| at(item, offset)),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => {
            (node.span.bytes().start == offset).then_some(node)
        }
    }
}

/// Escapes a key for a JSON pointer (RFC 6901).
fn pointer(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
