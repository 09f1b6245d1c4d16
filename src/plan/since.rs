//! A base revision: what the manifests asked for then, and so who moved since.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::agent::by_name;
use super::ignored::{Ignored, Names};
use super::pairs::Pairs;
use super::part::Part;
use super::skill::{Renames, changes_type, made_of, renames};
use super::step::{Action, Former, Held, Hold, Step, Subject, Verb};
use crate::diff::{self, Facts, FieldChange, Told};
use crate::model::{
    ActionSlug, Agent, Desired, Field, LiveSkill, Moved, ProviderKind, Prune, Publish, Skill, SkillId, SkillName,
    SkillType, Value, Via,
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

/// What planning knows of a base revision.
pub(super) struct History<'a> {
    pub(super) since: &'a Since,
    base: &'a Desired,
    /// The rules of the base.
    was_ignored: Ignored<'a>,
    pairs: Pairs<'a>,
}

impl<'a> History<'a> {
    pub(super) fn new(desired: &'a Desired, base: &'a Base) -> Self {
        let Base { since, desired: base } = base;
        Self { since, base, was_ignored: Ignored::new(&base.policy.ignore), pairs: Pairs::new(desired, base) }
    }
}

/// Says of every step of an agent, of every place in it, and of everything that is held who moved since the base. What is
/// done does not depend on it.
pub(super) fn attribute(part: &mut Part<'_>, history: &History<'_>, skills: &[LiveSkill]) {
    let agent = part.agent;
    let then = history.pairs.then(agent);
    if then.is_none() && history.pairs.is_uncertain(agent) {
        return;
    }
    part.draft_moved = then.map_or(Moved::Manifest, |then| either(then.publish == Publish::OnChange));
    if part.steps.is_empty() && part.held.is_empty() {
        return;
    }
    let (claims, _contested) = then.map(|then| renames(&then.skills, &by_name(skills))).unwrap_or_default();
    let sides = Sides { context: part.context, history, facts: part.facts, now: agent, then, skills, claims };
    for step in &mut part.steps {
        step.moved = sides.step(&mut step.action);
    }
    for held in &mut part.held {
        held.moved = sides.held(held);
    }
    make_as_replaced(part);
}

/// What is made in another's stead is made for the cause for which that one goes.
fn make_as_replaced(part: &mut Part<'_>) {
    let steps = part.steps.iter().map(|step| (step.action.subject(), step.moved));
    let held = part.held.iter().map(|held| (held.subject.clone(), held.moved));
    let gone = steps.chain(held).filter_map(|(subject, moved)| match subject {
        Subject::Replaced { id: _, name: _, by } => Some((by, moved)),
        Subject::Skill { .. } | Subject::Pack(_) | Subject::Provision(_) | Subject::Draft => None,
    });
    let gone: BTreeMap<SkillName, Moved> = gone.collect();
    let cause = |verb: Verb, subject: Subject| match (verb, subject) {
        (Verb::Create, Subject::Skill { name, id: _ }) => gone.get(&name).copied(),
        (Verb::Create | Verb::Update | Verb::Delete | Verb::Install | Verb::Publish, _) => None,
    };
    for step in &mut part.steps {
        step.moved = cause(step.action.verb(), step.action.subject()).unwrap_or(step.moved);
    }
    for held in &mut part.held {
        held.moved = cause(held.verb, held.subject.clone()).unwrap_or(held.moved);
    }
}

/// Says the same of the publish of an agent, once it is known what is held: a draft that other steps change is published
/// for their cause, and one that waits for something that is held waits for the cause of that.
pub(super) fn attribute_publish(part: &mut Part<'_>) {
    let is_publish = |step: &Step| matches!(step.action, Action::Publish { .. });
    let is_waiting = |held: &Held| held.verb == Verb::Publish && held.hold == Hold::Needs;
    let steps = part.steps.iter().filter(|step| !is_publish(step)).map(|step| step.moved);
    let by_steps = Moved::any(steps.clone());
    let others = part.held.iter().filter(|held| !is_waiting(held)).map(|held| held.moved);
    let by_all = Moved::any(steps.chain(others));
    let own = part.draft_moved;
    for step in part.steps.iter_mut().filter(|step| is_publish(step)) {
        step.moved = by_steps.unwrap_or(own);
    }
    for held in part.held.iter_mut().filter(|held| held.verb == Verb::Publish) {
        held.moved = if is_waiting(held) { by_all.unwrap_or(own) } else { own };
    }
}

/// The three sides of one agent.
struct Sides<'a> {
    context: &'a Context<'a>,
    history: &'a History<'a>,
    facts: Facts,
    now: &'a Agent,
    then: Option<&'a Agent>,
    skills: &'a [LiveSkill],
    /// The live skills that the base would have renamed, each with what it would have been.
    claims: Renames<'a>,
}

impl Sides<'_> {
    fn step(&self, action: &mut Action) -> Moved {
        // What was not declared then is new.
        let since = |moved: &dyn Fn(&Agent) -> Moved| self.then.map_or(Moved::Manifest, moved);
        match action {
            Action::Update { id, name, was, changes, seen: _ } => self.update(id, name, was.as_mut(), changes),
            Action::Create { name, fields: _ } => since(&|then| self.made(name, then)),
            Action::UpdatePreset { name, fields: _ } => since(&|then| {
                let preset = |agent: &Agent| agent.presets.iter().find(|preset| preset.name == *name).cloned();
                let was_brought = self.history.base.preset(then, name).is_some();
                Moved::of(preset(then).is_none(), was_brought)
            }),
            Action::Delete { id, name, by, seen: _ } => since(&|then| match (&by, self.live(id)) {
                (Some(by), Some(live)) => self.replaced(by, live, then),
                (Some(by), None) => self.made(by, then),
                (None, _) => self.unwanted(name, then),
            }),
            Action::Install { kind, via: Via::Pack, missing } => since(&|then| self.installed(kind, missing, then)),
            Action::Install { kind, via: Via::Actions(actions), missing } => {
                since(&|then| self.provisioned(kind, actions, missing, then))
            }
            Action::Publish { .. } => since(&|then| either(then.publish == Publish::OnChange)),
        }
    }

    /// The same of what is held, as far as it would be a step.
    fn held(&self, held: &Held) -> Moved {
        let Some(then) = self.then else { return Moved::Manifest };
        match &held.subject {
            Subject::Skill { name, id } => match (held.verb, id) {
                (Verb::Delete, _) => self.unwanted(name, then),
                (Verb::Update, Some(id)) => self.not_updated(id, name, held.hold, then),
                (Verb::Create | Verb::Update | Verb::Install | Verb::Publish, _) => self.made(name, then),
            },
            Subject::Replaced { id, name: _, by } => match self.live(id) {
                Some(live) => self.replaced(by, live, then),
                None => self.made(by, then),
            },
            Subject::Pack(kind) => self.installed(kind, &self.missing(kind), then),
            Subject::Provision(kind) => {
                let used = self.now.provision.iter().find(|used| used.kind == *kind);
                used.map_or(Moved::Manifest, |used| self.provisioned(kind, &used.actions, &[], then))
            }
            Subject::Draft => either(then.publish == Publish::OnChange),
        }
    }

    fn live(&self, id: &SkillId) -> Option<&LiveSkill> {
        self.skills.iter().find(|skill| skill.id == *id)
    }

    /// What the base called a live skill that is called so now, or is to be.
    fn base_name<'n>(&'n self, name: &'n SkillName, live: &'n LiveSkill, then: &Agent) -> &'n SkillName {
        let claimed = self.claims.iter().find(|(_, old)| old.id == live.id).map(|(skill, _)| &skill.name);
        let own = || Some(&live.name).filter(|own| declares(then, own));
        claimed.or_else(own).unwrap_or(name)
    }

    /// Who moved a name, where a live skill gets another one.
    fn renamed(&self, name: &SkillName, live: &LiveSkill, then: &Agent) -> Option<Moved> {
        let was_asked_for = self.base_name(name, live, then) == name && declares(then, name);
        (live.name != *name).then(|| either(was_asked_for))
    }

    /// What the sides state of a skill that keeps its id: today's part that is managed, and the base's.
    fn stated(
        &self,
        name: &SkillName,
        live: &LiveSkill,
        then: &Agent,
    ) -> Option<(BTreeMap<Field, Value>, BTreeMap<Field, Value>)> {
        let agent = self.now;
        // A rename that was done long ago, unless another live skill still has the former name.
        let former = agent.skills.iter().find(|skill| skill.name == *name).and_then(|skill| skill.was.as_ref());
        let former = former.filter(|former| !self.skills.iter().any(|skill| skill.name == **former));
        let (names, now) = stated(agent, name)?;
        let (base_names, base) = stated(then, self.base_name(name, live, then)).or_else(|| stated(then, former?))?;
        let now = self.context.ignored.managed(&agent.name, names, now);
        // What a rule left to others then was not managed, whatever was stated.
        let base = self.history.was_ignored.managed(&then.name, base_names, base);
        Some((now.into_owned(), base.into_owned()))
    }

    fn update(&self, id: &SkillId, name: &SkillName, was: Option<&mut Former>, changes: &mut [FieldChange]) -> Moved {
        let sides = self.then.zip(self.live(id));
        let sides = sides.and_then(|(then, live)| Some((then, live, self.stated(name, live, then)?)));
        let Some((then, live, (now, base))) = sides else { return declared_now(was, changes) };
        let told = Told::new(&now, &base, &live.raw, self.facts);
        for change in &mut *changes {
            for difference in &mut change.differences {
                difference.moved = told.moved(change.field, &difference.path);
            }
        }
        let renamed = self.renamed(name, live, then);
        if let Some(was) = was {
            was.moved = renamed.unwrap_or_default();
        }
        let places = changes.iter().flat_map(|change| &change.differences).map(|difference| difference.moved);
        Moved::any(places.chain(renamed)).unwrap_or_default()
    }

    /// A live skill that would be updated, or replaced.
    fn not_updated(&self, id: &SkillId, name: &SkillName, hold: Hold, then: &Agent) -> Moved {
        let Some(live) = self.live(id) else { return Moved::Unknown };
        if hold == Hold::PresetType {
            return self.retyped(name, live, then);
        }
        let skill = self.now.skills.iter().find(|skill| skill.name == *name);
        if skill.is_some_and(|skill| changes_type(skill, live)) {
            return self.replaced(name, live, then);
        }
        let Some((now, base)) = self.stated(name, live, then) else { return Moved::Manifest };
        let told = Told::new(&now, &base, &live.raw, self.facts);
        let differences = diff::differences(&now, &live.raw, self.facts);
        let places = differences.iter().map(|(field, difference)| told.moved(*field, &difference.path));
        Moved::any(places.chain(self.renamed(name, live, then))).unwrap_or_default()
    }

    /// A preset that is of another type than its pack's manifest records.
    fn retyped(&self, name: &SkillName, live: &LiveSkill, then: &Agent) -> Moved {
        let recorded =
            |desired: &Desired, agent: &Agent| desired.preset(agent, name).map(|recorded| recorded.skill_type.clone());
        let now = recorded(self.context.desired, self.now);
        let Some(before) = recorded(self.history.base, then) else { return Moved::Manifest };
        let current = live.skill_type().map(SkillType::read);
        Moved::of(now.as_ref() != Some(&before), current != Some(before))
    }

    /// The recorded presets of a pack that are not there.
    fn missing(&self, kind: &ProviderKind) -> Vec<SkillName> {
        let presets = self.context.desired.packs.get(kind).into_iter().flat_map(|pack| pack.presets.keys());
        presets.filter(|name| !self.skills.iter().any(|skill| skill.name == **name)).cloned().collect()
    }

    fn installed(&self, kind: &ProviderKind, missing: &[SkillName], then: &Agent) -> Moved {
        let was_used = then.packs.iter().any(|used| used.kind == *kind);
        let recorded = self.history.base.packs.get(kind);
        let was_recorded = |name: &SkillName| recorded.is_some_and(|pack| pack.presets.contains_key(name));
        either(was_used && missing.iter().all(was_recorded))
    }

    fn provisioned(
        &self,
        kind: &ProviderKind,
        actions: &BTreeSet<ActionSlug>,
        missing: &[SkillName],
        then: &Agent,
    ) -> Moved {
        let was_used = then.provision.iter().any(|used| used.kind == *kind && used.actions.is_superset(actions));
        let was_recorded = |name: &SkillName| self.history.base.preset(then, name).is_some();
        either(was_used && missing.iter().all(was_recorded))
    }

    /// A skill that must not be there: what was declared then the manifests gave up; what was unwanted already live got.
    fn unwanted(&self, name: &SkillName, then: &Agent) -> Moved {
        if let Some(before) = then.skills.iter().find(|skill| skill.name == *name) {
            let live = self.skills.iter().find(|skill| skill.name == *name);
            let managed = self.history.was_ignored.managed(&then.name, before.as_ref().into(), &before.fields);
            let is_as_declared = live.is_none_or(|live| diff::differences(&managed, &live.raw, self.facts).is_empty());
            return Moved::of(true, !is_as_declared);
        }
        let is_stated = |agent: &Agent| agent.absent.iter().any(|absent| absent.name == *name);
        let was_unwanted = is_stated(then) || (!is_stated(self.now) && then.prune == Prune::All);
        either(was_unwanted)
    }

    /// A live skill in whose stead one of another type is made.
    fn replaced(&self, by: &SkillName, live: &LiveSkill, then: &Agent) -> Moved {
        let now = self.now.skills.iter().find(|skill| skill.name == *by);
        let name = self.base_name(by, live, then);
        let before = then.skills.iter().find(|skill| skill.name == *name);
        let (Some(now), Some(before)) = (now, before) else { return self.made(by, then) };
        Moved::of(is_made_otherwise(now, before), live.skill_type() != Some(before.skill_type.as_str()))
    }

    /// A skill that is made.
    fn made(&self, name: &SkillName, then: &Agent) -> Moved {
        let now = self.now.skills.iter().find(|skill| skill.name == *name);
        let before = |name: &SkillName| then.skills.iter().find(|skill| skill.name == *name);
        let before = before(name).or_else(|| before(now?.was.as_ref()?));
        let Some(before) = before else { return Moved::Manifest };
        let is_other = now.is_some_and(|now| is_made_otherwise(now, before));
        let live = self.skills.iter().find(|skill| skill.name == before.name).and_then(LiveSkill::skill_type);
        Moved::of(is_other, live.is_none_or(|live| live != before.skill_type.as_str()))
    }
}

/// What was not declared then: whatever is asked for is new.
fn declared_now(was: Option<&mut Former>, changes: &mut [FieldChange]) -> Moved {
    if let Some(was) = was {
        was.moved = Moved::Manifest;
    }
    let places = changes.iter_mut().flat_map(|change| &mut change.differences);
    places.for_each(|difference| difference.moved = Moved::Manifest);
    Moved::Manifest
}

/// Whether another skill would be made.
fn is_made_otherwise(now: &Skill, before: &Skill) -> bool {
    let is_same = made_of(&now.fields).eq(made_of(&before.fields));
    now.skill_type != before.skill_type || now.name != before.name || !is_same
}

fn declares(agent: &Agent, name: &SkillName) -> bool {
    agent.skills.iter().any(|skill| skill.name == *name)
}

/// What was asked for then already is not there since live moved; what was not, since the manifest did.
const fn either(was_asked_for: bool) -> Moved {
    Moved::of(!was_asked_for, was_asked_for)
}

/// The fields that an agent's manifest states of a skill, or of a preset.
fn stated<'a>(agent: &'a Agent, name: &SkillName) -> Option<(Names<'a>, &'a BTreeMap<Field, Value>)> {
    let skill = agent.skills.iter().find(|skill| skill.name == *name);
    let skill = skill.map(|skill| (skill.as_ref().into(), &skill.fields));
    let preset = || agent.presets.iter().find(|preset| preset.name == *name);
    skill.or_else(|| preset().map(|preset| (preset.into(), &preset.fields)))
}
