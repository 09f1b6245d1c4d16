//! Allowances: places where a value may stand that looks like a secret and is none (`policy.literals`).

use std::collections::{BTreeMap, BTreeSet};

use globset::Glob;

use super::check::{Pages, Step};
use super::ignore::words;
use super::node::{Node, Tree};
use super::reader::{Located, Reader, did_you_mean};
use super::resolve::Documents;
use super::schema::AgentSpec;
use crate::diag::{Code, Finding, closest};
use crate::model::{Field, Place, SkillName, Slug, Value};

/// A place where a literal may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    /// A glob over `AGENT/SKILL` and `SKILLSET/SKILL`: where the value is written, not who has it.
    address: String,
    field: Field,
    keys: Vec<String>,
    owner: String,
    reason: String,
    place: Place,
}

/// Reads an allowance; whoever lets something through says who answers for it, and why.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Literal> {
    let mut fields = reader.fields(node)?;
    let address = fields.need(reader, "address").and_then(|node| super::document::pattern(reader, node));
    let place = fields.need(reader, "field").and_then(|node| path(reader, node));
    let owner = words(reader, &mut fields, "owner");
    let reason = words(reader, &mut fields, "reason");
    fields.close(reader);
    let (field, keys) = place?;
    let place = reader.place(node.span);
    Some(Literal { address: address?, field, keys, owner: owner?, reason: reason?, place })
}

/// The way to one value: `executionConfig.headers.X-Tenant`.
fn path(reader: &mut Reader, node: &Node) -> Option<(Field, Vec<String>)> {
    let text = reader.text(node)?.value;
    let mut parts = text.split('.').map(str::to_owned);
    let first = parts.next().unwrap_or_default();
    let keys: Vec<String> = parts.collect();
    let Some(field) = Field::SETTINGS.into_iter().find(|field| field.key() == first) else {
        let help = closest(&first, Field::SETTINGS.iter().map(|field| field.key())).map(did_you_mean);
        let message = format!("`{first}` is not a field in which a literal can be let through");
        reader.report_with(Code::UnknownValue, node.span, message, help);
        return None;
    };
    if keys.is_empty() || keys.iter().any(String::is_empty) {
        let help = Some(format!("name one value in it, such as `{}.headers.X-Tenant`", field.key()));
        reader.report_with(Code::UnknownValue, node.span, format!("`{text}` does not name one value"), help);
        return None;
    }
    Some((field, keys))
}

/// Where each allowance lets a literal through.
#[derive(Debug)]
pub(super) struct Allowed(Vec<(Literal, BTreeSet<Place>, Certainty)>);

/// Whether it can be told that nothing stands at a place that an allowance would have to let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    Known,
    /// A variable stands there, which is another text for another target.
    Varies,
}

/// Finds the places that allowances name. They stand in the document that states the value.
pub(super) fn allowed(literals: Vec<Literal>, documents: &Documents, pages: &Pages<'_>) -> Allowed {
    let all = literals.into_iter().filter_map(|literal| {
        let glob = Glob::new(&literal.address).ok()?.compile_matcher();
        let way: Vec<Step<'_>> = literal.keys.iter().map(|key| Step::Key(key)).collect();
        let (mut places, mut certainty) = (BTreeSet::new(), Certainty::Known);
        documents.each_field(literal.field, &mut |owner: &Slug, name: &SkillName, field: &Place| {
            if !glob.is_match(format!("{owner}/{name}")) {
                return;
            }
            let Some((node, place)) = pages.at(field, &way) else { return };
            if matches!(&node.tree, Tree::Text(text) if text.contains("${")) {
                certainty = Certainty::Varies;
            }
            places.insert(place);
        });
        Some((literal, places, certainty))
    });
    Allowed(all.collect())
}

/// Takes the findings away that allowances let through, and reports the allowances that let nothing through.
///
/// A mask is another finding, and is never let through. `is_whole` says whether all manifests could be read: what an
/// allowance is for may stand in one that could not.
pub(super) fn let_through(allowed: Allowed, is_whole: bool, findings: &mut Vec<Finding>) {
    let mut used: BTreeSet<Place> = BTreeSet::new();
    findings.retain(|finding| {
        let place = finding.place.as_ref().filter(|_| finding.code == Code::LiteralSecret);
        let is_allowed = |place: &&Place| allowed.0.iter().any(|(_, places, _)| places.contains(place));
        let Some(place) = place.filter(is_allowed) else { return true };
        used.insert(place.clone());
        false
    });
    let is_whole =
        is_whole && !findings.iter().any(|finding| finding.is_error() && finding.code != Code::LiteralSecret);
    for (Literal { address, field, keys, owner, reason, place }, places, certainty) in allowed.0 {
        if is_whole && certainty == Certainty::Known && places.is_disjoint(&used) {
            let message = format!("nothing at `{field}.{}` of what `{address}` matches would be held", keys.join("."));
            let help = format!("ask {owner}: {reason}");
            findings.push(Finding::at(Code::LiteralIdle, place, message).help(help));
        }
    }
}

impl Documents {
    /// Shows a field of every skill and override that states it, with the name of the document.
    fn each_field(&self, field: Field, see: &mut dyn FnMut(&Slug, &SkillName, &Place)) {
        let mut stated = |owner: &Slug, name: &SkillName, place: Option<&Place>| {
            if let Some(place) = place {
                see(owner, name, place);
            }
        };
        let at = |fields: &'_ BTreeMap<Field, Located<Value>>| fields.get(&field).map(|field| field.place.clone());
        for set in &self.skill_sets {
            for skill in &set.spec.skills {
                stated(&set.metadata.name.value, &skill.name.value, at(&skill.fields).as_ref());
            }
        }
        let mut specs: Vec<(&Slug, &AgentSpec)> = Vec::new();
        for set in &self.agent_sets {
            let owner = &set.metadata.name.value;
            set.spec.template.each_field(field, &mut |name, place| stated(owner, name, Some(place)));
            specs.extend(set.spec.exceptions.values().map(|exception| (owner, &exception.spec)));
        }
        specs.extend(self.agents.iter().map(|agent| (&agent.metadata.name.value, &agent.spec)));
        for (owner, spec) in specs {
            let skills = spec.skills.iter().map(|skill| (&skill.name, &skill.fields));
            let overrides = spec.overrides.iter().map(|over| (&over.name, &over.fields));
            for (name, fields) in skills.chain(overrides) {
                stated(owner, &name.value, at(fields).as_ref());
            }
        }
    }
}
