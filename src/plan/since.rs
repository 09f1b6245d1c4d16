//! A base revision: what the manifests asked for then, and so who moved since.

use std::collections::BTreeMap;

use super::ignored::{Ignored, Names};
use super::remember::{counterpart, is_uncertain};
use super::step::{Action, Step};
use super::{Plan, facts};
use crate::diff::{self, Facts, FieldChange};
use crate::model::{
    Agent, Desired, Field, Found, Live, LiveSkill, Moved, Prune, Publish, Skill, SkillId, SkillName, Value,
};

/// What the manifests asked for at a base revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Base {
    /// The revision.
    pub since: Since,
    /// What was asked for.
    pub desired: Desired,
}

/// A base revision by both its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// As it was given: a branch, a tag, a hash.
    pub revision: String,
    /// The commit's hash, in hexadecimal.
    pub commit: String,
}

/// Says of every step, and of every place in it, who moved since the base. What is done does not depend on it.
pub fn attribute(plan: &mut Plan, desired: &Desired, live: &Live, base: &Base) {
    let facts = facts(live);
    for step in &mut plan.steps {
        let now = desired.agents.iter().find(|agent| agent.name == step.agent.name);
        let then = now.and_then(|now| counterpart(&base.desired, now));
        if then.is_none() && now.is_some_and(|now| is_uncertain(desired, &base.desired, now)) {
            continue;
        }
        let ignored = Ignored::new(&base.desired.policy.ignore);
        let sides = Sides { facts, now, then, base: &base.desired, ignored, skills: skills(live, step) };
        step.moved = sides.step(&step.id, &mut step.action);
    }
    let moved: Vec<(usize, Moved)> = publishes(plan).collect();
    for (at, joined) in moved {
        if let Some(step) = plan.steps.get_mut(at) {
            step.moved = joined;
        }
    }
    plan.since = Some(base.since.clone());
}

/// A draft that other steps change is published for the same cause.
fn publishes(plan: &Plan) -> impl Iterator<Item = (usize, Moved)> {
    let is_publish = |step: &Step| matches!(step.action, Action::Publish { .. });
    plan.steps.iter().enumerate().filter(move |(_, step)| is_publish(step)).filter_map(move |(at, publish)| {
        let others = plan.steps.iter().filter(|step| step.agent == publish.agent && !is_publish(step));
        Some((at, Moved::any(others.map(|step| step.moved))?))
    })
}

fn skills<'a>(live: &'a Live, step: &Step) -> &'a [LiveSkill] {
    match live.agents.get(&step.agent.name) {
        Some(Found::One(one)) => one.skills.items(),
        Some(Found::Missing { .. } | Found::Several(_) | Found::Unproven(_)) | None => &[],
    }
}

/// The three sides of one agent.
struct Sides<'a> {
    facts: Facts,
    now: Option<&'a Agent>,
    then: Option<&'a Agent>,
    base: &'a Desired,
    /// The base's rules.
    ignored: Ignored<'a>,
    skills: &'a [LiveSkill],
}

impl Sides<'_> {
    fn step(&self, id: &str, action: &mut Action) -> Moved {
        let Some(then) = self.then else { return declared_now(action.changes_mut()) };
        match action {
            Action::Update { id: live, name, was, changes, seen: _ } => {
                self.update(live, name, was.as_ref(), changes, then)
            }
            Action::Create { name, fields: _ } => self.made(name, then),
            Action::UpdatePreset { name, fields: _ } => {
                let preset = |agent: &Agent| agent.presets.iter().find(|preset| preset.name == *name).cloned();
                let kind = self.now.and_then(preset).map(|preset| preset.kind);
                let was_used = then.packs.iter().any(|used| Some(&used.kind) == kind.as_ref());
                Moved::of(preset(then).is_none(), was_used)
            }
            Action::Delete { id: _, name, seen: _ } => match self.replacement(id) {
                Some(new) => self.made(&new.name, then),
                None => self.unwanted(name, then),
            },
            Action::Install { kind, missing } => {
                let was_used = then.packs.iter().any(|used| used.kind == *kind);
                let was_recorded =
                    |name: &SkillName| self.base.packs.get(kind).is_some_and(|pack| pack.presets.contains_key(name));
                either(was_used && missing.iter().all(was_recorded))
            }
            Action::Publish { .. } => either(then.publish == Publish::OnChange),
        }
    }

    fn update(
        &self,
        id: &SkillId,
        name: &SkillName,
        was: Option<&SkillName>,
        changes: &mut [FieldChange],
        then: &Agent,
    ) -> Moved {
        let live = self.skills.iter().find(|skill| skill.id == *id);
        // A rename that was done long ago, unless another live skill still has the former name.
        let former = self.now.and_then(|now| now.skills.iter().find(|skill| skill.name == *name)?.was.as_ref());
        let former = former.filter(|former| !self.skills.iter().any(|skill| skill.name == **former));
        let base = stated(then, name).or_else(|| stated(then, was.or(former)?));
        let now = self.now.and_then(|now| stated(now, name));
        let (Some(live), Some((_, now)), Some((names, base))) = (live, now, base) else {
            return declared_now(changes);
        };
        // What a rule left to others then was not managed, whatever was stated.
        let base = self.ignored.managed(&then.name, names, base);
        diff::attribute(changes, now, &base, &live.raw, self.facts);
        let places = changes.iter().flat_map(|change| &change.differences).map(|difference| difference.moved);
        let renamed = was.map(|_| either(then.skills.iter().any(|skill| skill.name == *name)));
        Moved::any(places.chain(renamed)).unwrap_or_default()
    }

    /// A skill that must not be there: what was declared then the manifests gave up; what was unwanted already live got.
    fn unwanted(&self, name: &SkillName, then: &Agent) -> Moved {
        if let Some(before) = then.skills.iter().find(|skill| skill.name == *name) {
            let live = self.skills.iter().find(|skill| skill.name == *name);
            let changes = live.map(|live| diff::fields(&before.fields, &live.raw, self.facts));
            let is_as_declared = changes.is_none_or(|changes| changes.is_ok_and(|changes| changes.is_empty()));
            return Moved::of(true, !is_as_declared);
        }
        let is_stated = |agent: &Agent| agent.absent.iter().any(|absent| absent.name == *name);
        let was_unwanted = is_stated(then) || (!self.now.is_some_and(is_stated) && then.prune == Prune::All);
        either(was_unwanted)
    }

    /// The skill in whose stead a delete takes place, if its type changes.
    fn replacement(&self, step: &str) -> Option<&Skill> {
        let agent = self.now?;
        agent.skills.iter().find(|skill| step == format!("{}/skill/{}/delete", agent.name, skill.name))
    }

    /// A skill that is made, or made anew since its type changes.
    fn made(&self, name: &SkillName, then: &Agent) -> Moved {
        let now = self.now.and_then(|now| now.skills.iter().find(|skill| skill.name == *name));
        let before = |name: &SkillName| then.skills.iter().find(|skill| skill.name == *name);
        let before = before(name).or_else(|| before(now?.was.as_ref()?));
        let Some(before) = before else { return Moved::Manifest };
        let is_other = now.is_some_and(|now| now.skill_type != before.skill_type || now.name != before.name);
        let live = self.skills.iter().find(|skill| skill.name == before.name).and_then(LiveSkill::skill_type);
        Moved::of(is_other, live.is_none_or(|live| live != before.skill_type.as_str()))
    }
}

/// What was not declared then: whatever is asked for is new.
fn declared_now(changes: &mut [FieldChange]) -> Moved {
    let places = changes.iter_mut().flat_map(|change| &mut change.differences);
    places.for_each(|difference| difference.moved = Moved::Manifest);
    Moved::Manifest
}

/// What was asked for then already is not there since live moved; what was not, since the manifest did.
const fn either(was_asked_for: bool) -> Moved {
    Moved::of(!was_asked_for, was_asked_for)
}

/// The fields that an agent's manifest states of a skill, or of a preset.
fn stated<'a>(agent: &'a Agent, name: &SkillName) -> Option<(Names<'a>, &'a BTreeMap<Field, Value>)> {
    let skill = agent.skills.iter().find(|skill| skill.name == *name).map(|skill| (skill.into(), &skill.fields));
    let preset = || agent.presets.iter().find(|preset| preset.name == *name);
    skill.or_else(|| preset().map(|preset| (preset.into(), &preset.fields)))
}
