//! One agent's part of a plan.

use std::collections::BTreeMap;

use super::part::Part;
use super::step::Unmanaged;
use super::{Context, hours, pack, prune, skill};
use crate::diag::{Code, Finding};
use crate::diff;
use crate::model::{Agent, LiveSkill, Prune, Replace, SkillName};

/// Live skills by name; a name that stands twice keeps both.
pub(super) type ByName<'a> = BTreeMap<&'a SkillName, Vec<&'a LiveSkill>>;

pub(super) fn by_name(skills: &[LiveSkill]) -> ByName<'_> {
    let mut names: ByName<'_> = BTreeMap::new();
    for skill in skills {
        names.entry(&skill.name).or_default().push(skill);
    }
    names
}

/// Whether planning this agent may delete or replace something, so that references to its skills must be known.
pub fn needs_references(agent: &Agent, skills: &[LiveSkill]) -> bool {
    let replaced = || agent.skills.iter().filter(|skill| skill.replace == Replace::Allowed);
    if agent.absent.is_empty() && agent.prune != Prune::All && replaced().next().is_none() {
        return false;
    }
    let names = by_name(skills);
    let is_declared = |name: &SkillName| agent.skills.iter().any(|skill| skill.name == *name);
    agent.absent.iter().any(|absent| names.contains_key(&absent.name))
        || (agent.prune == Prune::All && skills.iter().any(|skill| !is_declared(&skill.name)))
        || replaced().any(|skill| {
            let live = [Some(&skill.name), skill.was.as_ref()].into_iter().flatten().filter_map(|name| names.get(name));
            live.flatten().any(|live| skill::changes_type(skill, live))
        })
}

/// Plans an agent's skills and packs; publishing comes once it is known what is held.
pub(super) fn plan(part: &mut Part<'_>, skills: &[LiveSkill]) {
    let names = by_name(skills);
    let ambiguous = ambiguous(part.agent, part.context, &names);
    if !ambiguous.is_empty() {
        part.findings.extend(ambiguous);
        part.unmanaged = unmanaged(part, skills);
        return;
    }
    skill::plan_skills(part, &names);
    pack::plan_packs(part, &names);
    prune::plan_unwanted(part, skills, &names);
    prune::find_renames(part, skills);
    hours::find_undecided(part);
    for skill in &part.agent.skills {
        let live = names.get(&skill.name).and_then(|live| live.first());
        let managed = part.managed(skill.as_ref().into(), &skill.fields);
        if live.is_some_and(|live| diff::has_unreadable_headers(&managed, &live.raw, part.facts)) {
            let message = format!("the headers of `{}` cannot be compared", skill.name);
            part.findings.push(Finding::at(Code::HeadersUnreadable, skill.place.clone(), message));
        }
    }
    part.unmanaged = unmanaged(part, skills);
}

/// The live skills that no manifest speaks of.
fn unmanaged(part: &Part<'_>, skills: &[LiveSkill]) -> Vec<Unmanaged> {
    let strangers = skills.iter().filter(|skill| !part.touched.contains(&skill.id));
    let unmanaged = strangers.map(|skill| Unmanaged {
        agent: part.reference.clone(),
        name: skill.name.clone(),
        id: skill.id.clone(),
        skill_type: skill.skill_type().map(str::to_owned),
    });
    unmanaged.collect()
}

/// A name that the manifest speaks of must be one live skill's at most.
fn ambiguous(agent: &Agent, context: &Context<'_>, names: &ByName<'_>) -> Vec<Finding> {
    let skills = agent.skills.iter().map(|skill| (&skill.name, &skill.place));
    let former = agent.skills.iter().filter_map(|skill| Some((skill.was.as_ref()?, &skill.place)));
    let presets = agent.packs.iter().filter_map(|used| Some((context.desired.packs.get(&used.kind)?, &used.place)));
    let presets = presets.flat_map(|(pack, place)| pack.presets.keys().map(move |name| (name, place)));
    let made = agent.provision.iter().filter_map(|used| Some((used, context.desired.actions.get(&used.kind)?)));
    let made = made.flat_map(|(used, known)| {
        let made = used.actions.iter().filter_map(|action| known.actions.get(action));
        made.map(move |recorded| (&recorded.name, &used.place))
    });
    let absent = agent.absent.iter().map(|absent| (&absent.name, &absent.place));
    skills
        .chain(former)
        .chain(presets)
        .chain(made)
        .chain(absent)
        .filter_map(|(name, place)| {
            let live = names.get(name).filter(|live| live.len() > 1)?;
            let ids = live.iter().map(|skill| format!("`{}`", skill.id)).collect::<Vec<_>>().join(" and ");
            let message = format!("`{}` has more than one live skill called `{name}`: {ids}", agent.name);
            Some(
                Finding::at(Code::SkillAmbiguous, place.clone(), message)
                    .help("remove or rename one of them in the dashboard"),
            )
        })
        .collect()
}
