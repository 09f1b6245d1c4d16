//! What the checks find, each at the innermost place that can be had.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::subject::{Step, Subject};
use crate::diag::{Code, Finding};
use crate::manifest::node::{Key, Node, Tree};
use crate::manifest::reference::reference;
use crate::model::{Field, Place, Slug};

/// The documents of all files: where the places within a value are looked for, once something is found there.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Pages<'n>(BTreeMap<&'n str, Vec<&'n Node>>);

impl<'n> Pages<'n> {
    /// Takes the documents in.
    pub(in crate::manifest) fn new(nodes: &'n [(Arc<str>, Node)]) -> Self {
        let mut pages: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for (file, node) in nodes {
            pages.entry(file).or_default().push(node);
        }
        Self(pages)
    }

    /// The value below a key, by the place of the key.
    fn below(&self, key: &Place) -> Option<&'n Node> {
        self.0.get(&*key.file)?.iter().find_map(|document| below(document, key.offset))
    }

    /// The value at the end of a way from a field's key, and its place.
    pub(in crate::manifest) fn at(&self, field: &Place, way: &[Step<'_>]) -> Option<(&'n Node, Place)> {
        let node = way.iter().try_fold(self.below(field)?, |node, step| inner(node, *step))?;
        Some((node, self.innermost(field, way).1))
    }

    /// The innermost place on a way from a field's key, and how many steps of the way lead there.
    fn innermost(&self, field: &Place, way: &[Step<'_>]) -> (usize, Place) {
        let Some(mut node) = self.below(field) else { return (0, field.clone()) };
        let mut taken = 0;
        for step in way {
            let Some(inner) = inner(node, *step) else { break };
            node = inner;
            taken += 1;
        }
        let span = match reference(&node.tree) {
            Some((_, _, argument)) => argument,
            None if taken == 0 && (way.is_empty() || matches!(node.tree, Tree::Map(_))) => {
                return (taken, field.clone());
            }
            None => node.span,
        };
        (taken, span.place(&field.file))
    }
}

fn inner<'n>(node: &'n Node, step: Step<'_>) -> Option<&'n Node> {
    match (&node.tree, step) {
        (Tree::Map(entries), Step::Key(name)) => {
            entries.iter().find(|(key, _)| &*key.text == name).map(|(_, value)| value)
        }
        (Tree::List(items), Step::Item(at)) => items.get(at),
        (Tree::List(items), Step::Key(name)) => items.get(name.parse::<usize>().ok()?),
        (Tree::Map(_) | Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_), _) => None,
    }
}

/// The value whose key begins at a byte. Keys stand in the order of the file, except for those that a merge brought in.
fn below(node: &Node, offset: usize) -> Option<&Node> {
    let start = |(key, _): &(Key, Node)| key.span.bytes().start;
    match &node.tree {
        Tree::Map(entries) => {
            if let Some((_, value)) = entries.iter().find(|entry| start(entry) == offset) {
                return Some(value);
            }
            let around = entries.iter().filter(|entry| start(entry) < offset).max_by_key(|entry| start(entry));
            around.and_then(|(_, value)| below(value, offset))
        }
        Tree::List(items) => {
            let around = items.iter().filter(|item| item.span.bytes().start <= offset);
            around.max_by_key(|item| item.span.bytes().start).and_then(|item| below(item, offset))
        }
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) => None,
    }
}

/// What was found in SkillSets, so that it is not said again of an agent that has a skill from one.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Shared(BTreeSet<(Code, Option<Place>, String)>);

impl Shared {
    pub(super) fn new(findings: &[Finding]) -> Self {
        let all = findings.iter();
        Self(all.map(|Finding { code, place, message, help: _ }| (*code, place.clone(), message.clone())).collect())
    }

    fn has(&self, finding: &Finding) -> bool {
        let Finding { code, place, message, help: _ } = finding;
        self.0.contains(&(*code, place.clone(), message.clone()))
    }
}

/// The findings of the checks, and what it takes to place them.
#[derive(Debug)]
pub(in crate::manifest) struct Found<'n> {
    pages: &'n Pages<'n>,
    /// Files of which a value could not be made out, so that nothing is said of what stands in them.
    unsure: &'n BTreeSet<Arc<str>>,
    pub(in crate::manifest) findings: Vec<Finding>,
}

/// The agent that has a shared skill, and what was found of the skills as they are shared.
pub(super) type On<'a> = (&'a Slug, &'a Shared);

impl<'n> Found<'n> {
    pub(in crate::manifest) fn new(pages: &'n Pages<'n>, unsure: &'n BTreeSet<Arc<str>>) -> Self {
        Self { pages, unsure, findings: Vec::new() }
    }

    /// Whether every file in which something of a skill stands could be made out.
    pub(super) fn is_sure_of(&self, subject: &Subject<'_>) -> bool {
        let mut places = subject.fields.values().map(|located| &located.place).chain([&subject.name.place]);
        self.unsure.is_empty() || !places.any(|place| self.unsure.contains(&place.file))
    }

    /// Adds a finding about a value within a field.
    ///
    /// What an override brought about may stand in the SkillSet, where it is right; so the agent is named with it.
    pub(super) fn at(
        &mut self,
        subject: &Subject<'_>,
        (field, way): (Field, &[Step<'_>]),
        code: Code,
        message: String,
        help: Option<String>,
    ) {
        let (layer, place) = self.place(subject, field, way);
        let mut finding = Finding::at(code, place, message).maybe_help(help);
        if let (Layer::Shared, Some((agent, shared))) = (layer, subject.on) {
            if shared.has(&finding) {
                return;
            }
            finding.message = format!("{}, as `{agent}` has the skill", finding.message);
        }
        self.findings.push(finding);
    }

    /// The innermost place on a way from a field's key.
    pub(super) fn within(&self, field: &Place, way: &[Step<'_>]) -> Place {
        self.pages.innermost(field, way).1
    }

    /// Where a value within a field stands: in what was laid over, or in what that was laid over.
    fn place(&self, subject: &Subject<'_>, field: Field, way: &[Step<'_>]) -> (Layer, Place) {
        let Some(stated) = subject.fields.get(&field) else { return (Layer::Shared, subject.name.place.clone()) };
        let (taken, place) = self.pages.innermost(&stated.place, way);
        let Some(under) = subject.under.get(&field) else { return (Layer::Shared, place) };
        let Some(under) = under.as_ref().filter(|_| taken < way.len()) else { return (Layer::Override, place) };
        let (deeper, lower) = self.pages.innermost(under, way);
        if deeper > taken { (Layer::Shared, lower) } else { (Layer::Override, place) }
    }
}

/// Which of two manifests states a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    /// The one that declares the skill.
    Shared,
    /// The one that lays something over it.
    Override,
}
