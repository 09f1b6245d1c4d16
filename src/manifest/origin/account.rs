//! What is stated of one agent, and who states it: a manifest of its own, or the AgentSet one of whose rows makes it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{Cell, Home, Inserted, Origins};
use crate::manifest::agent_set::{AgentSetSpec, Cells, Exception, Told};
use crate::manifest::node::{Node, Tree};
use crate::manifest::reader::{Located, Reader};
use crate::manifest::resolve::Stated;
use crate::manifest::schema::{AgentSpec, Doc, Metadata, OverrideDoc, PackDoc, ProvisionDoc, SkillDoc};
use crate::manifest::value::Scope;
use crate::model::{Place, Slug};

/// What is stated of an agent.
#[derive(Debug)]
pub(super) struct Account {
    /// Where the name of the document stands.
    pub(super) document: Place,
    pub(super) uses: Vec<Located<Slug>>,
    pub(super) packs: Vec<PackDoc>,
    pub(super) provision: Vec<ProvisionDoc>,
    pub(super) skills: Vec<(Home, Arc<SkillDoc>)>,
    /// What lies on top first.
    pub(super) overrides: Vec<(Home, OverrideDoc)>,
}

/// Which row of which AgentSet makes an agent: the places of both in their lists.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowOf {
    set: usize,
    row: usize,
}

/// The row of each agent that an AgentSet makes. Nothing else of them is kept in mind.
pub(super) fn rows(sets: &[Doc<AgentSetSpec>], scope: &Scope<'_>) -> BTreeMap<Slug, RowOf> {
    let of_set = |(set, Doc { metadata: _, spec }): (usize, &Doc<AgentSetSpec>)| {
        let rows = spec.table.rows.iter().enumerate();
        let named = rows.filter_map(|(at, row)| {
            let name = spec.template.name(scope, Cells { columns: &spec.columns, row })?;
            Some((name, RowOf { set, row: at }))
        });
        named.collect::<Vec<_>>()
    };
    sets.iter().enumerate().flat_map(of_set).collect()
}

impl From<Doc<AgentSpec>> for Account {
    fn from(document: Doc<AgentSpec>) -> Self {
        let Doc { metadata: Metadata { name, labels: _ }, spec } = document;
        let (agent, over) = (Home::Agent(name.value.clone()), Home::Override(name.value));
        let AgentSpec { lookup: _, publish: _, prune: _, uses, packs, provision, skills, overrides, absent: _ } = spec;
        let skills = skills.into_iter().map(|skill| (agent.clone(), Arc::new(skill))).collect();
        let overrides = overrides.into_iter().map(|stated| (over.clone(), stated)).collect();
        Self { document: name.place, uses, packs, provision, skills, overrides }
    }
}

impl Account {
    /// What a template states once a row has filled it.
    fn of_row(document: &Place, home: &Home, stated: Stated) -> Self {
        let Stated {
            name: _,
            labels: _,
            lookup: _,
            publish: _,
            prune: _,
            uses,
            packs,
            provision,
            skills,
            overrides,
            absent: _,
        } = stated;
        let skills = skills.into_iter().map(|skill| (home.clone(), skill.doc)).collect();
        let overrides = overrides.into_iter().rev().flatten().map(|over| (home.clone(), over)).collect();
        Self { document: document.clone(), uses, packs, provision, skills, overrides }
    }

    /// Adds what the agent has besides, or otherwise.
    fn except(&mut self, home: &Home, spec: &AgentSpec) {
        let AgentSpec { lookup: _, publish: _, prune: _, uses, packs, provision, skills, overrides, absent: _ } = spec;
        self.uses.extend_from_slice(uses);
        self.packs.extend_from_slice(packs);
        self.provision.extend_from_slice(provision);
        self.skills.extend(skills.iter().map(|skill| (home.clone(), Arc::new(skill.clone()))));
        self.overrides.splice(0..0, overrides.iter().map(|over| (home.clone(), over.clone())));
    }
}

impl<'w> Origins<'w> {
    /// What is stated of an agent. A template is filled only once a question is about its agent; who asks goes from
    /// agent to agent, so that the last one is all that is kept.
    pub(super) fn account(&self, agent: &Slug) -> Option<Rc<Account>> {
        if let Some(own) = self.agents.get(agent) {
            return Some(Rc::clone(own));
        }
        if let Some((known, account)) = &*self.last.borrow()
            && known == agent
        {
            return Some(Rc::clone(account));
        }
        let account = Rc::new(self.filled(agent)?);
        *self.last.borrow_mut() = Some((agent.clone(), Rc::clone(&account)));
        Some(account)
    }

    fn filled(&self, agent: &Slug) -> Option<Account> {
        let (Doc { metadata, spec }, cells) = self.row_of(agent)?;
        let mut reader = Reader::new(&metadata.name.place.file);
        let stated = spec.template.stated(&mut reader, &self.scope(), cells, &metadata.labels)?;
        let home = made_by(&metadata.name.value, cells);
        let mut account = Account::of_row(&metadata.name.place, &home, stated);
        if let Some(Exception { agent: _, spec }) = spec.exceptions.get(agent) {
            account.except(&excepted(&metadata.name.value, cells), spec);
        }
        Some(account)
    }

    /// The AgentSet that makes an agent, and the row of which.
    fn row_of(&self, agent: &Slug) -> Option<(&Doc<AgentSetSpec>, Cells<'_>)> {
        let RowOf { set, row } = self.rows.get(agent)?;
        let set = self.agent_sets.get(*set)?;
        let row = set.spec.table.rows.get(*row)?;
        Some((set, Cells { columns: &set.spec.columns, row }))
    }

    /// The documents that speak of an agent, or the parts of them, what lies on top first.
    pub(super) fn pages_of(&self, agent: &Slug) -> Vec<(Home, &'w Node)> {
        let Some(account) = self.account(agent) else { return Vec::new() };
        let Some(root) = self.root(&account.document) else { return Vec::new() };
        let Some((Doc { metadata, spec: _ }, cells)) = self.row_of(agent) else {
            return vec![(Home::Agent(agent.clone()), root)];
        };
        let is_of_agent = |item: &&Node| match child(item, "agent").map(|node| &node.tree) {
            Some(Tree::Text(name)) => **name == *agent.as_str(),
            Some(Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::List(_) | Tree::Map(_)) | None => false,
        };
        let spec = child(root, "spec");
        let exception = match spec.and_then(|spec| child(spec, "exceptions")).map(|node| &node.tree) {
            Some(Tree::List(items)) => items.iter().find(is_of_agent),
            Some(Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::Map(_)) | None => None,
        };
        let exception = exception.map(|node| (excepted(&metadata.name.value, cells), node));
        let home = made_by(&metadata.name.value, cells);
        let template = spec.and_then(|spec| child(spec, "template")).map(|node| (home.clone(), node));
        exception.into_iter().chain(template).chain([(home, root)]).collect()
    }

    /// What names in `${…}` stand for in what is stated of an agent, each once; with what stands in cells itself.
    pub(super) fn known<'n>(&self, agent: &Slug, names: impl Iterator<Item = &'n str>) -> Vec<Inserted> {
        let mut known = Vec::new();
        let mut add = |inserted: Inserted| {
            if !known.contains(&inserted) {
                known.push(inserted);
            }
        };
        let variable = |name: &str| {
            let variable = self.variables.get(name.strip_prefix("var.")?)?;
            Some(Inserted::Variable(variable.clone()))
        };
        for name in names {
            let Some(column) = name.strip_prefix("row.") else {
                variable(name).into_iter().for_each(&mut add);
                continue;
            };
            let told = self.row_of(agent).and_then(|(_, cells)| cells.told(column));
            let Some(Told { text, place, is_default, inserted }) = told else { continue };
            let (column, value, place) = (column.to_owned(), text.to_string(), place.clone());
            add(Inserted::Cell(Cell { column, value, place, is_default }));
            inserted.iter().filter_map(|name| variable(name)).for_each(&mut add);
        }
        known
    }
}

fn made_by(set: &Slug, Cells { columns: _, row }: Cells<'_>) -> Home {
    Home::AgentSet { name: set.clone(), row: row.place.clone() }
}

fn excepted(set: &Slug, Cells { columns: _, row }: Cells<'_>) -> Home {
    Home::Exception { name: set.clone(), row: row.place.clone() }
}

/// What stands under a key.
pub(super) fn child<'w>(node: &'w Node, key: &str) -> Option<&'w Node> {
    match &node.tree {
        Tree::Map(entries) => entries.iter().find(|(known, _)| &*known.text == key).map(|(_, node)| node),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) => None,
    }
}
