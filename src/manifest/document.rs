//! A node → a document of its kind.

use std::collections::BTreeMap;

use super::kind::Kind;
use super::node::{Node, Tree};
use super::reader::{Fields, Located, Reader, did_you_mean};
use super::schema::{
    AgentSpec, DeleteBudgetDoc, Doc, Document, LookupDoc, Metadata, PackDoc, PolicyDoc, ProjectSpec, SkillSetSpec,
};
use super::value::{self, Scope, substitute};
use super::{agent_set, ignore, literal, pack, skill, target};
use crate::diag::{Code, Finding, closest};
use crate::model::{AgentId, Lookup, ProviderKind, Prune, Publish, Risk, Slug, looks_like_secret};

/// The kind that a document says it is; `None` if it says none, or none that is known.
pub(super) fn kind_of(node: &Node) -> Option<Kind> {
    let Tree::Map(entries) = &node.tree else { return None };
    entries.iter().find_map(|(key, node)| match &node.tree {
        Tree::Text(text) if &*key.text == "kind" => Kind::read(text),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_) => None,
    })
}

/// Reads a document; `None` once everything that is wrong with it was reported.
pub(super) fn read(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<Document> {
    let Tree::Map(_) = &node.tree else {
        reader.report(Code::NotAManifest, node.span, format!("a manifest is a mapping, this is {}", node.tree.kind()));
        return None;
    };
    let mut fields = reader.fields(node)?;
    let version = fields.take("apiVersion").and_then(|node| reader.text(node));
    if version.as_ref().is_none_or(|version| version.value != "flowops/v1") {
        let help = "begin the document with `apiVersion: flowops/v1`".to_owned();
        let message = match version {
            Some(Located { value, .. }) => format!("`apiVersion: {value}` is not known"),
            None => "`apiVersion` is missing".to_owned(),
        };
        reader.report_with(Code::NotAManifest, node.span, message, Some(help));
        return None;
    }
    let kind_node = fields.need(reader, "kind")?;
    let word = reader.text(kind_node)?.value;
    let Some(kind) = Kind::read(&word) else {
        let help = closest(&word, Kind::ALL.iter().map(|kind| kind.word())).map(did_you_mean);
        reader.report_with(Code::UnknownKind, kind_node.span, format!("`{word}` is not a kind"), help);
        return None;
    };
    let metadata = fields.need(reader, "metadata").and_then(|node| metadata(reader, node));
    let spec = fields.need(reader, "spec");
    fields.close(reader);
    let spec = spec?;
    Some(match kind {
        Kind::Agent => {
            let spec = agent(reader, scope, spec);
            Document::Agent(Box::new(Doc { metadata: metadata?, spec: spec? }))
        }
        Kind::SkillSet => {
            let spec = skill_set(reader, scope, spec);
            Document::SkillSet(Doc { metadata: metadata?, spec: spec? })
        }
        Kind::AgentSet => {
            let spec = agent_set::read(reader, scope, spec);
            Document::AgentSet(Box::new(Doc { metadata: metadata?, spec: spec? }))
        }
        Kind::ConnectorPack => {
            let spec = pack::read(reader, scope, spec);
            Document::ConnectorPack(Doc { metadata: metadata?, spec: spec? })
        }
        Kind::Project => {
            let spec = project(reader, spec);
            metadata?;
            Document::Project(Box::new(spec?))
        }
    })
}

fn metadata(reader: &mut Reader, node: &Node) -> Option<Metadata> {
    let mut fields = reader.fields(node)?;
    let name = fields.need(reader, "name").and_then(|node| reader.name(node, Slug::parse));
    let labels = text_map(reader, fields.take("labels"));
    let labels = labels.into_iter().map(|(key, label)| (key, label.value)).collect();
    fields.close(reader);
    Some(Metadata { name: name?, labels })
}

pub(super) fn text_map(reader: &mut Reader, node: Option<&Node>) -> BTreeMap<String, Located<String>> {
    let mut map = BTreeMap::new();
    for (key, node) in node.and_then(|node| reader.map(node)).unwrap_or_default() {
        if let Some(text) = reader.text(node) {
            if looks_like_secret(&text.value) {
                value::literal_secret(reader, node.span);
            }
            map.insert(key.text.to_string(), text);
        }
    }
    map
}

/// Reads what an agent has.
pub(super) fn agent(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<AgentSpec> {
    let mut fields = reader.fields(node)?;
    let lookup = fields.take("match").and_then(|node| lookup(reader, scope, node));
    let publish = fields
        .take("publish")
        .and_then(|node| reader.word(node, &[("never", Publish::Never), ("onChange", Publish::OnChange)]));
    let words = [("never", Prune::Never), ("removed", Prune::Removed), ("all", Prune::All)];
    let prune = fields.take("prune").and_then(|node| reader.word(node, &words));
    let uses = names(reader, fields.take("use"), Slug::parse);
    let packs = list(reader, fields.take("packs"), |reader, node| {
        let mut fields = reader.fields(node)?;
        let kind = provider(reader, &mut fields);
        fields.close(reader);
        Some(PackDoc { kind: kind? })
    });
    let provision = list(reader, fields.take("provision"), pack::read_provision);
    let skills = list(reader, fields.take("skills"), |reader, node| skill::read(reader, scope, node));
    let overrides = list(reader, fields.take("overrides"), |reader, node| skill::read_override(reader, scope, node));
    let absent = list(reader, fields.take("absent"), |reader, node| skill::skill_name(reader, scope, node));
    fields.close(reader);
    Some(AgentSpec { lookup, publish, prune, uses, packs, provision, skills, overrides, absent })
}

pub(super) fn list<'n, T>(
    reader: &mut Reader,
    node: Option<&'n Node>,
    mut read: impl FnMut(&mut Reader, &'n Node) -> Option<T>,
) -> Vec<T> {
    let Some(node) = node else { return Vec::new() };
    reader.list(node).iter().filter_map(|item| read(reader, item)).collect()
}

pub(super) fn names<T>(
    reader: &mut Reader,
    node: Option<&Node>,
    parse: impl Fn(&str) -> Result<T, crate::model::NameError>,
) -> Vec<Located<T>> {
    list(reader, node, |reader, item| reader.name(item, &parse))
}

fn lookup(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<LookupDoc> {
    let mut fields = reader.fields(node)?;
    let Some(by_target) = fields.take("byTarget") else {
        return one_lookup(reader, scope, node).map(LookupDoc::One);
    };
    fields.close(reader);
    let mut targets = BTreeMap::new();
    for (key, node) in reader.map(by_target)? {
        if let Some(lookup) = one_lookup(reader, scope, node) {
            targets.insert(key.text.to_string(), lookup);
        }
    }
    Some(LookupDoc::ByTarget(targets, reader.place(by_target.span)))
}

fn one_lookup(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<Located<Lookup>> {
    let mut fields = reader.fields(node)?;
    let by_name = fields.take("name");
    let by_id = fields.take("id");
    let place = reader.place(node.span);
    if by_name.is_some() == by_id.is_some() {
        let message = "an agent is matched by `name`, by `id`, or by `byTarget`: by exactly one of them";
        reader.report(Code::MissingField, fields.span, message);
        fields.close(reader);
        return None;
    }
    fields.close(reader);
    let mut text = |node: &Node| {
        let text = reader.text(node)?.value;
        Some(substitute(reader, scope, node.span, &text))
    };
    let value = match (by_name, by_id) {
        (Some(node), _) => Lookup::Name(text(node)?),
        (None, Some(node)) => {
            let text = text(node)?;
            Lookup::Id(reader.parsed(node.span, &text, AgentId::parse)?)
        }
        (None, None) => return None,
    };
    Some(Located { value, place })
}

pub(super) fn provider(reader: &mut Reader, fields: &mut Fields<'_>) -> Option<Located<ProviderKind>> {
    let node = fields.need(reader, "kind")?;
    let Located { value, place } = reader.text(node)?;
    let kind = ProviderKind::read(&value);
    if !kind.is_addressable() {
        reader.report(Code::BadName, node.span, format!("`{value}` cannot be a provider: a-z, 0-9 and `_` only"));
        return None;
    }
    if let ProviderKind::Other(word) = &kind {
        unknown_word(reader, node, word, ProviderKind::KNOWN);
    }
    Some(Located { value: kind, place })
}

pub(super) fn unknown_word(reader: &mut Reader, node: &Node, word: &str, known: &[&str]) {
    let help = closest(word, known.iter().copied()).map(did_you_mean);
    reader.report_with(Code::UnknownWord, node.span, format!("`{word}` is not a word that the API documents"), help);
}

fn skill_set(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<SkillSetSpec> {
    let mut fields = reader.fields(node)?;
    let skills = list(reader, fields.take("skills"), |reader, node| skill::read(reader, scope, node));
    fields.close(reader);
    Some(SkillSetSpec { skills })
}

fn project(reader: &mut Reader, node: &Node) -> Option<ProjectSpec> {
    let mut fields = reader.fields(node)?;
    let variables = text_map(reader, fields.take("variables"));
    let targets = target::read(reader, fields.take("targets"));
    let default_target = fields.take("defaultTarget").and_then(|node| reader.text(node));
    let policy = fields.take("policy").and_then(|node| policy(reader, node));
    fields.close(reader);
    Some(ProjectSpec { variables, targets, default_target, policy })
}

pub(super) fn pattern(reader: &mut Reader, node: &Node) -> Option<String> {
    let text = reader.text(node)?.value;
    if let Err(error) = globset::Glob::new(&text) {
        reader.report(Code::BadPattern, node.span, format!("`{text}` is not a glob: {}", error.kind()));
        return None;
    }
    Some(text)
}

fn per_cent(reader: &mut Reader, node: &Node) -> Option<u32> {
    let percent = reader.number(node)?;
    if percent > 100 {
        reader.report(Code::UnknownValue, node.span, format!("{percent} per cent are more than all, which is 100"));
        return None;
    }
    Some(percent)
}

fn prefixes(reader: &mut Reader, node: &Node) -> Vec<String> {
    let texts = reader.texts(node);
    for Located { value: _, place } in texts.iter().filter(|text| text.value.is_empty()) {
        let message = "every name begins with an empty prefix, so every variable would be allowed";
        reader.findings.push(Finding::at(Code::UnknownValue, place.clone(), message));
    }
    texts.into_iter().map(|text| text.value).collect()
}

fn policy(reader: &mut Reader, node: &Node) -> Option<PolicyDoc> {
    let mut fields = reader.fields(node)?;
    let secret_prefixes = fields.take("secretPrefixes").map(|node| prefixes(reader, node));
    let protected = fields.take("protected").map(|node| reader.list(node)).unwrap_or_default();
    let protected = protected.iter().filter_map(|node| pattern(reader, node)).collect();
    let delete_budget = fields.take("deleteBudget").and_then(|node| {
        let mut fields = reader.fields(node)?;
        let count = fields.take("count").and_then(|node| reader.number(node));
        let percent = fields.take("percent").and_then(|node| per_cent(reader, node));
        let minimum = fields.take("minimum").and_then(|node| reader.number(node));
        fields.close(reader);
        Some(DeleteBudgetDoc { count, percent, minimum })
    });
    let ignore = list(reader, fields.take("ignore"), ignore::read);
    let risks: Vec<(&str, Risk)> = Risk::ALL.iter().map(|risk| (risk.word(), *risk)).collect();
    let risk = list(reader, fields.take("risk"), |reader, node| reader.word(node, &risks)).into_iter().collect();
    let literals = list(reader, fields.take("literals"), literal::read);
    fields.close(reader);
    Some(PolicyDoc { secret_prefixes, protected, delete_budget, ignore, risk, literals })
}
