//! One agent in two targets: how it is found and treated, then its skills.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Found, Of, Side, skill};
use crate::model::{Absent, Agent, Lookup, PackUse, ProvisionUse, Prune, Publish, Value};

/// The path of how an agent is found.
pub(super) const MATCH: &str = "/match";

/// An agent that only one of the targets has: its address is another one there.
pub(super) fn only((side, agent): (Side<'_>, &Agent), of: Of) -> Found {
    let (a, b) = of.sides(Value::text(agent.name.as_str()));
    let stated = side.origins.address(agent);
    let (layers_a, layers_b) = match of {
        Of::A => (stated, Vec::new()),
        Of::B => (Vec::new(), stated),
    };
    Found { skill: None, path: "/name".to_owned(), a, b, layers_a, layers_b, names: Vec::new() }
}

/// What differs of an agent that both have.
pub(super) fn both((side_a, a): (Side<'_>, &Agent), (side_b, b): (Side<'_>, &Agent)) -> Vec<Found> {
    let mut found = Vec::new();
    if a.lookup != b.lookup {
        found.push(Found {
            skill: None,
            path: MATCH.to_owned(),
            a: Some(lookup(&a.lookup)),
            b: Some(lookup(&b.lookup)),
            layers_a: side_a.origins.found_by(a),
            layers_b: side_b.origins.found_by(b),
            names: Vec::new(),
        });
    }
    let (facts_a, facts_b) = (facts(a), facts(b));
    let all = facts_a.into_iter().zip(facts_b).filter(|((_, a), (_, b))| a != b);
    found.extend(all.map(|((path, value_a), (_, value_b))| {
        let stated = |side: Side<'_>, agent| side.origins.facts(agent, &way(path));
        let (layers_a, layers_b) = (stated(side_a, a), stated(side_b, b));
        // What an exception adds to does not lie under it.
        let names = [&*layers_a, &*layers_b].concat();
        let (path, a, b) = (path.to_owned(), Some(value_a), Some(value_b));
        Found { skill: None, path, a, b, layers_a, layers_b, names }
    }));
    skill::compare((side_a, a), (side_b, b), &mut found);
    found
}

/// Where a document states what is asked of an agent.
fn way(path: &str) -> [&str; 2] {
    match path.trim_start_matches('/') {
        "labels" => ["metadata", "labels"],
        key => ["spec", key],
    }
}

fn lookup(lookup: &Lookup) -> Value {
    let (key, found_by) = match lookup {
        Lookup::Id(id) => ("id", id.as_str()),
        Lookup::Name(name) => ("name", name.as_str()),
    };
    Value::map([(key.into(), Value::text(found_by))].into_iter().collect())
}

/// What is asked of an agent besides its skills, wherever it is said.
fn facts(agent: &Agent) -> [(&'static str, Value); 6] {
    let Agent {
        name: _,
        labels,
        lookup: _,
        lookup_place: _,
        publish,
        prune,
        standing: _,
        guards: _,
        packs,
        provision,
        skills: _,
        presets: _,
        absent,
        place: _,
    } = agent;
    let publish = match publish {
        Publish::Never => "never",
        Publish::OnChange => "onChange",
    };
    let prune = match prune {
        Prune::Never => "never",
        Prune::Removed => "removed",
        Prune::All => "all",
    };
    let labels = labels.iter().map(|(key, label)| (key.as_str().into(), Value::text(label.as_str()))).collect();
    let packs = packs.iter().map(|PackUse { kind, place: _ }| Value::text(kind.as_str())).collect();
    let actions = |ProvisionUse { kind, actions, place: _ }: &ProvisionUse| {
        let actions = actions.iter().map(|action| Value::text(action.as_str())).collect();
        (kind.as_str().into(), Value::List(actions))
    };
    let provision: BTreeMap<Arc<str>, Value> = provision.iter().map(actions).collect();
    let gone = absent.iter().map(|Absent { name, tombstone: _, place: _ }| name.as_str());
    let mut gone: Vec<&str> = gone.collect();
    gone.sort_unstable();
    [
        ("/labels", Value::map(labels)),
        ("/publish", Value::text(publish)),
        ("/prune", Value::text(prune)),
        ("/packs", Value::List(packs)),
        ("/provision", Value::map(provision.into_iter().collect())),
        ("/absent", Value::List(gone.into_iter().map(Value::text).collect())),
    ]
}
