//! Two targets' desired states × where each value comes from → what differs, and why. Knows no server.
//!
//! Manifests are every target's, so whatever differs comes from a variable, or from how agents are found. What does not
//! is told apart from the rest: nobody meant it.

mod agent;
mod skill;

use std::collections::{BTreeMap, BTreeSet};

use crate::manifest::origin::{Home, Inserted, Layer, Origins, Variable};
use crate::model::{Agent, Desired, Place, SkillName, Slug, Value};

/// What manifests ask for in a target, and where it comes from.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// What is asked for.
    pub desired: &'a Desired,
    /// Where that comes from.
    pub origins: &'a Origins<'a>,
}

/// How two targets differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The one target.
    pub a: String,
    /// The other one.
    pub b: String,
    /// How many agents were compared.
    pub agents: usize,
    /// What neither a variable nor the way in which agents are found explains.
    pub unexplained: Vec<Difference>,
    /// What is explained, by the cause; what has several causes stands below each.
    pub causes: Vec<(Cause, Vec<Difference>)>,
}

/// Why targets differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A variable has another value.
    Variable {
        /// As the one target has it.
        a: Box<Variable>,
        /// As the other one has it.
        b: Box<Variable>,
    },
    /// The project gives agents other ids.
    AgentIds,
    /// The agents' manifests match something else in each target.
    Match,
}

/// A place at which two targets ask for something else, on every agent for which it is the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The agents, by their addresses.
    pub agents: BTreeSet<Slug>,
    /// The skill, if it is about one.
    pub skill: Option<SkillName>,
    /// A JSON pointer within the skill, or within the agent.
    pub path: String,
    /// What the one target asks for; `None` if it asks for nothing there.
    pub a: Option<Value>,
    /// What the other one asks for.
    pub b: Option<Value>,
    /// Where the one and the other are written; mostly in one place.
    pub places: (Option<Place>, Option<Place>),
}

/// A difference on one agent, with where each side of it comes from.
struct Found {
    skill: Option<SkillName>,
    path: String,
    a: Option<Value>,
    b: Option<Value>,
    /// What states the one side, what wins first.
    layers_a: Vec<Layer>,
    /// What states the other one.
    layers_b: Vec<Layer>,
    /// What else decides about it, such as the names by which it is found.
    names: Vec<Layer>,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        self.unexplained.is_empty() && self.causes.is_empty()
    }
}

/// Compares what manifests ask for in two targets.
pub fn compare(a: Side<'_>, b: Side<'_>) -> Comparison {
    let theirs: BTreeMap<&Slug, &Agent> = b.desired.agents.iter().map(|agent| (&agent.name, agent)).collect();
    let ours: BTreeSet<&Slug> = a.desired.agents.iter().map(|agent| &agent.name).collect();
    let mut sorted = Sorted { sides: (a, b), unexplained: Group::default(), causes: BTreeMap::new() };
    for mine in &a.desired.agents {
        let found = match theirs.get(&mine.name) {
            Some(other) => agent::both((a, mine), (b, other)),
            None => vec![agent::only((a, mine), Of::A)],
        };
        for found in found {
            sorted.add(&mine.name, &found);
        }
    }
    let strangers: Vec<&Agent> = b.desired.agents.iter().filter(|other| !ours.contains(&other.name)).collect();
    for other in &strangers {
        sorted.add(&other.name, &agent::only((b, other), Of::B));
    }
    let Sorted { sides: _, unexplained, causes } = sorted;
    Comparison {
        a: a.desired.target.clone(),
        b: b.desired.target.clone(),
        agents: ours.len() + strangers.len(),
        unexplained: unexplained.0.into_values().collect(),
        causes: causes.into_iter().map(|(cause, group)| (cause, group.0.into_values().collect())).collect(),
    }
}

/// Of which target something is that the other one does not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    A,
    B,
}

impl Of {
    /// A value of that target, and nothing of the other one.
    fn sides(self, value: Value) -> (Option<Value>, Option<Value>) {
        match self {
            Self::A => (Some(value), None),
            Self::B => (None, Some(value)),
        }
    }
}

/// Differences by their causes.
struct Sorted<'a> {
    sides: (Side<'a>, Side<'a>),
    unexplained: Group,
    causes: BTreeMap<Cause, Group>,
}

/// Differences, each once: the same one on several agents stands together.
#[derive(Default)]
struct Group(BTreeMap<What, Difference>);

/// What makes two differences the same: two agents may have skills of one name that have nothing else in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct What {
    skill: Option<SkillName>,
    path: String,
    places: (Option<Place>, Option<Place>),
    values: (Option<String>, Option<String>),
}

impl Sorted<'_> {
    fn add(&mut self, agent: &Slug, found: &Found) {
        let causes = self.causes_of(found);
        if causes.is_empty() {
            self.unexplained.add(agent, found);
        }
        for cause in causes {
            self.causes.entry(cause).or_default().add(agent, found);
        }
    }

    /// Why something differs: the variables that have another value, or what is said for each target alone.
    fn causes_of(&self, found: &Found) -> BTreeSet<Cause> {
        let Found { skill, path, a: _, b: _, layers_a, layers_b, names } = found;
        let (first_a, first_b) = (layers_a.first(), layers_b.first());
        let firsts = || first_a.into_iter().chain(first_b);
        if firsts().any(|layer| is_by_target(&layer.home)) {
            return [Cause::AgentIds].into();
        }
        let (a, b) = self.sides;
        let inserted = firsts().chain(names).flat_map(|layer| &layer.inserted);
        let named = inserted.filter_map(|inserted| match inserted {
            Inserted::Variable(Variable { name, .. }) => Some(name),
            // What is put into the cell is listed beside it.
            Inserted::Cell(_) => None,
        });
        let variables = named.filter_map(|name| {
            let (a, b) = (a.origins.variable(name)?, b.origins.variable(name)?);
            (a.value != b.value).then(|| Cause::Variable { a: Box::new(a.clone()), b: Box::new(b.clone()) })
        });
        let mut causes: BTreeSet<Cause> = variables.collect();
        let is_match = skill.is_none() && path == agent::MATCH;
        if is_match && first_a.map(|layer| &layer.written) != first_b.map(|layer| &layer.written) {
            causes.insert(Cause::Match);
        }
        causes
    }
}

const fn is_by_target(home: &Home) -> bool {
    match home {
        Home::Target(_) => true,
        Home::Agent(_)
        | Home::SkillSet(_)
        | Home::Override(_)
        | Home::AgentSet { .. }
        | Home::Exception { .. }
        | Home::ConnectorPack(_) => false,
    }
}

impl Group {
    fn add(&mut self, agent: &Slug, found: &Found) {
        let Found { skill, path, a, b, layers_a, layers_b, names: _ } = found;
        let place = |layers: &[Layer]| layers.first().map(|layer| layer.place.clone());
        let places = (place(layers_a), place(layers_b));
        let text = |value: &Option<Value>| value.as_ref().map(|value| value.to_shown_json().to_string());
        let values = (text(a), text(b));
        let what = What { skill: skill.clone(), path: path.clone(), places: places.clone(), values };
        let difference = self.0.entry(what).or_insert_with(|| Difference {
            agents: BTreeSet::new(),
            skill: skill.clone(),
            path: path.clone(),
            a: a.clone(),
            b: b.clone(),
            places,
        });
        difference.agents.insert(agent.clone());
    }
}
