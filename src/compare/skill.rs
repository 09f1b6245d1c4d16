//! The skills of one agent in two targets.

use std::collections::BTreeMap;

use super::{Found, Of, Side};
use crate::diff::{Parted, parted};
use crate::model::{Agent, Field, Geocode, Preset, Protection, Replace, Skill, SkillName, Value};

/// What a target asks of a skill.
struct Asked<'a> {
    fields: &'a BTreeMap<Field, Value>,
    /// What is said of it besides its fields; nothing of what a provider makes.
    terms: BTreeMap<&'static str, Value>,
}

/// Adds what differs of the skills of an agent, and of the presets that it gets.
pub(super) fn compare((side_a, a): (Side<'_>, &Agent), (side_b, b): (Side<'_>, &Agent), found: &mut Vec<Found>) {
    let (asked_a, mut asked_b) = (asked(a), asked(b));
    for (name, here) in asked_a {
        let names = || {
            let names = side_a.origins.names(a, name).into_iter();
            names.chain(side_b.origins.names(b, name)).collect()
        };
        let Some(there) = asked_b.remove(name) else {
            found.push(only(side_a, a, name, Of::A));
            continue;
        };
        for Parted { path, field, keys, a: value_a, b: value_b } in parted(here.fields, there.fields) {
            let layers_a = side_a.origins.layers(a, name, field, &keys);
            let layers_b = side_b.origins.layers(b, name, field, &keys);
            // Where both are stated in one place, no name decides that they are.
            let is_one_place = layers_a.first().map(|layer| &layer.place) == layers_b.first().map(|layer| &layer.place);
            found.push(Found {
                skill: Some(name.clone()),
                path,
                a: value_a.cloned(),
                b: value_b.cloned(),
                layers_a,
                layers_b,
                names: if is_one_place { Vec::new() } else { names() },
            });
        }
        for ((path, value_a), (_, value_b)) in here.terms.into_iter().zip(there.terms) {
            if value_a != value_b {
                found.push(Found {
                    skill: Some(name.clone()),
                    path: path.to_owned(),
                    a: Some(value_a),
                    b: Some(value_b),
                    layers_a: side_a.origins.former_name(a, name),
                    layers_b: side_b.origins.former_name(b, name),
                    names: names(),
                });
            }
        }
    }
    found.extend(asked_b.into_keys().map(|name| only(side_b, b, name, Of::B)));
}

/// A skill that only one of the targets asks for: its name is another one there.
fn only(side: Side<'_>, agent: &Agent, name: &SkillName, of: Of) -> Found {
    let (a, b) = of.sides(Value::text(name.as_str()));
    let declared = side.origins.names(agent, name);
    let (layers_a, layers_b) = match of {
        Of::A => (declared.clone(), Vec::new()),
        Of::B => (Vec::new(), declared.clone()),
    };
    Found { skill: Some(name.clone()), path: "/name".to_owned(), a, b, layers_a, layers_b, names: declared }
}

fn asked(agent: &Agent) -> BTreeMap<&SkillName, Asked<'_>> {
    let own = agent.skills.iter().map(|skill| (&skill.name, Asked { fields: &skill.fields, terms: terms(skill) }));
    let presets = agent
        .presets
        .iter()
        .map(|Preset { name, kind: _, fields, place: _ }| (name, Asked { fields, terms: BTreeMap::new() }));
    own.chain(presets).collect()
}

/// What is said of a skill besides its fields.
fn terms(skill: &Skill) -> BTreeMap<&'static str, Value> {
    // The type is one of the fields, and who shares the skill makes no difference to what it is.
    let Skill { name: _, was, replace, protection, geocode, skill_type: _, fields: _, shared: _, place: _ } = skill;
    let was = was.as_ref().map_or(Value::Null, |was| Value::text(was.as_str()));
    let is_replaced = match replace {
        Replace::Never => false,
        Replace::Allowed => true,
    };
    let is_protected = match protection {
        Protection::None => false,
        Protection::Protected => true,
    };
    let is_geocoded = match geocode {
        Geocode::Never => false,
        Geocode::OnApply => true,
    };
    let flags = [("/replace", is_replaced), ("/protect", is_protected), ("/geocode", is_geocoded)];
    flags.map(|(path, flag)| (path, Value::Bool(flag))).into_iter().chain([("/was", was)]).collect()
}
