//! Documents → what they ask for together: sets joined in, overrides laid over, every name unique, every reference closed.

mod agent;
mod over;
mod record;
mod set;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agent_set::{self, AgentSetSpec};
use super::check::Checks;
use super::each_of;
use super::kind::Kind;
use super::reader::Located;
use super::schema::{AgentSpec, ConnectorPackSpec, Doc, SkillDoc, SkillSetSpec};
use super::target::AgentIds;
use super::value::Scope;
use crate::diag::{Code, Few, Finding};
use crate::model::{Agent, Field, Geocode, Lookup, Protection, Replace, Skill, SkillName, SkillType, Slug, Value};

use agent::Made;
pub(super) use agent::Stated;
pub(super) use over::is_whole;
pub(super) use record::Records;

/// Everything that was read, before it is joined.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) agents: Vec<Doc<AgentSpec>>,
    pub(super) skill_sets: Vec<Doc<SkillSetSpec>>,
    pub(super) agent_sets: Vec<Doc<AgentSetSpec>>,
    pub(super) packs: Vec<Doc<ConnectorPackSpec>>,
}

impl Documents {
    /// How many agents they make, if nothing is wrong with any.
    pub(super) fn agents(&self) -> usize {
        let rows = self.agent_sets.iter().map(|set| set.spec.table.rows.len());
        self.agents.len() + rows.sum::<usize>()
    }
}

/// A skill that an agent gets.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    pub(super) doc: Arc<SkillDoc>,
    owner: Owner,
}

/// Who has a skill.
#[derive(Debug, Clone)]
enum Owner {
    /// One agent.
    One,
    /// All that use the place where it is declared; with what it means as long as nothing is laid over it, unless it
    /// lacks something.
    Many(Option<Arc<Skill>>),
}

impl Declared {
    /// A skill of one agent.
    pub(super) fn own(doc: SkillDoc) -> Self {
        Self { doc: Arc::new(doc), owner: Owner::One }
    }

    /// A skill that many agents get, which stands in memory once for all of them.
    pub(super) fn common(doc: SkillDoc) -> Self {
        let made = skill(doc.clone()).map(Arc::new);
        Self { doc: Arc::new(doc), owner: Owner::Many(made) }
    }

    pub(super) fn name(&self) -> &Located<SkillName> {
        &self.doc.name
    }

    /// Whether other agents have it, too, or would if nothing were laid over it here.
    pub(super) fn is_common(&self) -> bool {
        match self.owner {
            Owner::One => false,
            Owner::Many(_) => true,
        }
    }

    /// What it means; `None` if it lacks something.
    fn into_skill(self) -> Option<Arc<Skill>> {
        match self.owner {
            Owner::Many(made) if !self.doc.is_changed() => made,
            Owner::One | Owner::Many(_) => skill(Arc::unwrap_or_clone(self.doc)).map(Arc::new),
        }
    }
}

/// What is asked of the documents.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// What values draw on.
    pub(super) scope: &'a Scope<'a>,
    /// `None` where no target can be told.
    pub(super) target: Option<&'a str>,
    /// By which ids agents are found there.
    pub(super) ids: &'a AgentIds,
}

/// What has come of the documents.
pub(super) struct Resolved<'a> {
    pub(super) agents: BTreeMap<Slug, Agent>,
    pub(super) findings: &'a mut Vec<Finding>,
    pub(super) beside: &'a mut BTreeMap<Arc<str>, Arc<str>>,
}

impl Resolved<'_> {
    /// Adds an agent, unless there is one of its name; gives what was found of it.
    fn add(&mut self, made: Made, checks: Option<&mut Checks<'_>>) -> Vec<Finding> {
        let Made { agent, findings, waited } = made;
        let named = |agent: &Agent| Located { value: agent.name.clone(), place: agent.place.clone() };
        if let Some(first) = self.agents.get(&agent.name) {
            return vec![twice(Kind::Agent.word(), &named(first), &named(&agent))];
        }
        self.agents.insert(agent.name.clone(), agent);
        if let Some(checks) = checks {
            checks.add(waited);
        }
        findings
    }
}

/// The skills of each SkillSet, and where it is declared.
type Sets = BTreeMap<Slug, (Located<Slug>, Vec<Declared>)>;

/// What an agent's document may refer to.
struct Others<'a> {
    sets: &'a Sets,
    records: &'a Records,
    target: Option<&'a str>,
}

/// What the documents ask for; findings are added where they contradict each other, and by the checks of what they mean.
/// `checks` is `None` where no value can be told.
pub(super) fn resolve(
    documents: Documents,
    asked: Asked<'_>,
    mut checks: Option<Checks<'_>>,
    into: &mut Resolved<'_>,
) -> (Vec<Agent>, Records) {
    let Documents { agents, skill_sets, agent_sets, packs } = documents;
    let Asked { scope, target, ids } = asked;
    let records = record::recorded(packs, into.findings);
    let sets = sets(skill_sets, into.findings);
    let agent_sets = named_once(agent_sets, into.findings);
    if let Some(checks) = &mut checks {
        let shared = sets.values().flat_map(|(_, skills)| skills);
        into.findings.extend(checks.common(shared.chain(agent_sets.iter().flat_map(|set| set.spec.template.common()))));
    }
    let others = Others { sets: &sets, records: &records, target };
    let begin = || checks.as_ref().map(Checks::begin);
    let made =
        each_of(agents, begin, |checking, document| agent::agent(Stated::from(document), &others, checking.as_mut()));
    for made in made {
        let found = into.add(made, checks.as_mut());
        into.findings.extend(found);
    }
    for set in agent_sets {
        set::agents(set, scope, &others, checks.as_mut(), into);
    }
    let mut agents: Vec<Agent> = std::mem::take(&mut into.agents).into_values().collect();
    ids.find(&mut agents, into.findings);
    into.findings.extend(checks.into_iter().flat_map(|checks| checks.close(agents.iter())));
    report_same_lookup(&agents, into.findings);
    (agents, records)
}

/// The AgentSets of which none has the name of another.
fn named_once(documents: Vec<Doc<AgentSetSpec>>, findings: &mut Vec<Finding>) -> Vec<Doc<AgentSetSpec>> {
    let mut sets: BTreeMap<Slug, Doc<AgentSetSpec>> = BTreeMap::new();
    for set in documents {
        match sets.get(&set.metadata.name.value) {
            Some(first) => findings.push(twice(Kind::AgentSet.word(), &first.metadata.name, &set.metadata.name)),
            None => {
                sets.insert(set.metadata.name.value.clone(), set);
            }
        }
    }
    sets.into_values().collect()
}

fn sets(documents: Vec<Doc<SkillSetSpec>>, findings: &mut Vec<Finding>) -> Sets {
    let mut sets = Sets::new();
    for Doc { metadata, spec: SkillSetSpec { skills } } in documents {
        let name = metadata.name;
        if let Some((first, _)) = sets.get(&name.value) {
            findings.push(twice(Kind::SkillSet.word(), first, &name));
            continue;
        }
        let shared = |skill| Declared::common(SkillDoc { shared: Some(name.value.clone()), ..skill });
        let skills: Vec<Declared> = skills.into_iter().map(shared).collect();
        report_repeated(skills.iter().map(Declared::name), findings);
        sets.insert(name.value.clone(), (name, skills));
    }
    sets
}

pub(super) fn twice<T: std::fmt::Display>(what: &str, first: &Located<T>, second: &Located<T>) -> Finding {
    let message = format!("{what} `{}` is declared a second time", second.value);
    Finding::at(Code::DeclaredTwice, second.place.clone(), message).help(format!("the first one is at {}", first.place))
}

fn report_repeated<'a>(names: impl Iterator<Item = &'a Located<SkillName>>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&SkillName, &Located<SkillName>> = BTreeMap::new();
    for name in names {
        if let Some(first) = seen.insert(&name.value, name) {
            findings.push(twice("skill", first, name));
        }
    }
}

/// Agents that are one and the same on the server. A table can make any number of them, of which few are shown.
fn report_same_lookup(agents: &[Agent], findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&Lookup, &Agent> = BTreeMap::new();
    let mut found: Few<()> = Few::new(agent_set::MOST_ALIKE);
    for agent in agents {
        let first = *seen.entry(&agent.lookup).or_insert(agent);
        if first.name != agent.name {
            let message = format!("`{}` and `{}` match the same agent", first.name, agent.name);
            let finding = Finding::at(Code::DeclaredTwice, agent.lookup_place.clone(), message);
            found.add((), finding.help(format!("the first one is at {}", first.lookup_place)));
        }
    }
    findings.extend(found.close());
}

fn plain(fields: BTreeMap<Field, Located<Value>>) -> BTreeMap<Field, Value> {
    fields.into_iter().map(|(field, located)| (field, located.value)).collect()
}

fn skill(document: SkillDoc) -> Option<Skill> {
    let SkillDoc { name, was, replace, protect, geocode, fields, shared, under: _ } = document;
    let skill_type = SkillType::read(fields.get(&Field::SkillType)?.value.as_text()?);
    Some(Skill {
        name: name.value,
        was: was.map(|was| was.value),
        replace: if replace { Replace::Allowed } else { Replace::Never },
        protection: if protect { Protection::Protected } else { Protection::None },
        geocode: if geocode { Geocode::OnApply } else { Geocode::Never },
        skill_type,
        fields: plain(fields),
        shared,
        place: name.place,
    })
}
