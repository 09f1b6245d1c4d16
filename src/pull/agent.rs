//! One agent's manifest × its live skills → what it takes over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::accept::Accept;
use super::name::SecretNames;
use super::{Left, Take};
use crate::diff::{self, Adopt, DeclaredWords, Difference, Facts, LiveWords, NotDeclarable};
use crate::manifest::edit::{Edit, What};
use crate::model::{
    Agent, Desired, Field, LiveSkill, Pack, Preset, ProviderKind, Recorded, Skill, SkillName, SkillType, Value,
};
use crate::plan::{self, Ignored};

/// What was found to be taken over, and what not.
#[derive(Debug, Default)]
pub(super) struct Takes {
    pub(super) takes: Vec<Take>,
    pub(super) left: Vec<Left>,
}

impl Takes {
    pub(super) fn leave(&mut self, agent: &Agent, skill: Option<&SkillName>, why: impl Into<String>) {
        self.left.push(Left { agent: agent.name.clone(), skill: skill.cloned(), why: why.into() });
    }

    fn take(&mut self, agent: &Agent, what: What, differences: Vec<Difference>) {
        let file = Arc::clone(&agent.place.file);
        self.takes.push(Take { edit: Edit { agent: agent.name.clone(), what }, file, differences });
    }
}

/// What taking over draws on.
#[derive(Clone, Copy)]
pub(super) struct Agents<'a> {
    pub(super) desired: &'a Desired,
    pub(super) facts: Facts,
    pub(super) accept: &'a Accept,
    pub(super) ignored: &'a Ignored<'a>,
    pub(super) secrets: &'a SecretNames,
}

/// A declared skill or preset, and the live one that it is about.
struct Pair<'a> {
    name: &'a SkillName,
    fields: &'a BTreeMap<Field, Value>,
    live: &'a LiveSkill,
}

impl Agents<'_> {
    /// Finds what an agent's manifest takes over.
    pub(super) fn take(&self, agent: &Agent, skills: &[LiveSkill], found: &mut Takes) {
        let mut names: BTreeMap<&SkillName, &LiveSkill> = BTreeMap::new();
        let mut twins: BTreeSet<&SkillName> = BTreeSet::new();
        for skill in skills {
            if names.insert(&skill.name, skill).is_some() {
                twins.insert(&skill.name);
            }
        }
        for twin in twins.iter().filter(|twin| self.accept.skill(&agent.name, twin)) {
            found.leave(
                agent,
                Some(twin),
                "the server has several skills of this name; remove or rename them in the dashboard",
            );
        }
        names.retain(|name, _| !twins.contains(name));
        let strangers = self.strangers(agent, &names);
        let mut adopted: BTreeSet<&SkillName> = BTreeSet::new();
        let mut gone: Vec<&Skill> = Vec::new();
        for skill in agent.skills.iter().filter(|skill| !twins.contains(&skill.name)) {
            let former = skill.was.as_ref().and_then(|was| strangers.get(was));
            match (names.get(&skill.name), former) {
                (Some(live), _) => self.adopt(agent, &Pair { name: &skill.name, fields: &skill.fields, live }, found),
                (None, Some(live)) => {
                    adopted.insert(&live.name);
                    self.rename(agent, skill, live, found);
                }
                (None, None) => gone.push(skill),
            }
        }
        for skill in &gone {
            let free = strangers.values().copied().filter(|live| !adopted.contains(&live.name));
            if let Some(live) = renamed(skill, &gone, free) {
                adopted.insert(&live.name);
                self.rename(agent, skill, live, found);
            } else if self.accept.whole(&agent.name, &skill.name) {
                found.take(agent, What::Remove(skill.name.clone()), Vec::new());
            }
        }
        for preset in &agent.presets {
            if let Some(live) = names.get(&preset.name) {
                self.adopt(agent, &Pair { name: &preset.name, fields: &preset.fields, live }, found);
            }
        }
        self.packs(agent, &names, found);
        self.actions(agent, &names, found);
        let installed = self.installed(agent, &strangers);
        for kind in installed.iter().filter(|_| self.accept.rest()) {
            found.take(agent, What::AddPack(kind.clone()), Vec::new());
            let presets = self.desired.packs.get(kind).into_iter().flat_map(|pack| pack.presets.values());
            for Recorded { name, skill_type: _, arrives: _, fields, place: _ } in presets {
                if let Some(live) = names.get(name) {
                    self.adopt(agent, &Pair { name, fields, live }, found);
                }
            }
        }
        let of_pack = |name: &SkillName| {
            installed.iter().filter_map(|kind| self.desired.packs.get(kind)).any(|pack| pack.presets.contains_key(name))
        };
        for (name, live) in strangers {
            if !adopted.contains(name) && !of_pack(name) && self.accept.whole(&agent.name, name) {
                self.add(agent, live, found);
            }
        }
    }

    /// The live skills that the manifest does not speak of, or says should not be there.
    fn strangers<'l>(
        &self,
        agent: &Agent,
        names: &BTreeMap<&'l SkillName, &'l LiveSkill>,
    ) -> BTreeMap<&'l SkillName, &'l LiveSkill> {
        let presets: BTreeSet<&SkillName> = self.desired.presets(agent).map(|recorded| &recorded.name).collect();
        let is_declared =
            |name: &SkillName| presets.contains(name) || agent.skills.iter().any(|skill| skill.name == *name);
        names.iter().filter(|(name, _)| !is_declared(name)).map(|(name, live)| (*name, *live)).collect()
    }

    /// Takes over every field that differs.
    fn adopt(&self, agent: &Agent, pair: &Pair<'_>, found: &mut Takes) {
        let Pair { name, fields, live } = *pair;
        let managed = self.ignored.managed(&agent.name, name.into(), fields);
        let changes_type = fields.get(&Field::SkillType).and_then(Value::as_text).is_some_and(|declared| {
            live.skill_type().is_some_and(|current| SkillType::read(current) != SkillType::read(declared))
        });
        let mut coupled = (BTreeMap::new(), Vec::new());
        for (field, value, mut differences) in diff::differing(&managed, &live.raw, self.facts) {
            differences.retain(|difference| self.accept.place(&agent.name, name, &difference.path));
            if differences.is_empty() {
                continue;
            }
            let current = live.raw.get(field.key());
            let declared = fields.get(&field).unwrap_or(value);
            let is_of_type = changes_type && matches!(field, Field::SkillType | Field::ExecutionConfig);
            let adopted = self.adopter(agent, name, |adopt| {
                if changes_type && field == Field::ExecutionConfig {
                    adopt.settings(declared, current)
                } else {
                    adopt.field(field, declared, current)
                }
            });
            match adopted {
                Ok(value) if is_of_type => {
                    coupled.0.insert(field, value);
                    coupled.1.append(&mut differences);
                }
                Ok(value) => {
                    found.take(agent, What::Set { skill: name.clone(), fields: [(field, value)].into() }, differences);
                }
                Err(why) => found.leave(agent, Some(name), why.to_string()),
            }
        }
        // The settings of one type are none of another, so both change or neither.
        if let (fields, differences) = coupled
            && !fields.is_empty()
        {
            found.take(agent, What::Set { skill: name.clone(), fields }, differences);
        }
    }

    fn adopter<T>(&self, agent: &Agent, skill: &SkillName, work: impl FnOnce(&Adopt<'_>) -> T) -> T {
        let takes = |path: &str| {
            self.accept.place(&agent.name, skill, path) && !self.ignored.leaves(&agent.name, skill.into(), path)
        };
        work(&Adopt {
            facts: self.facts,
            takes: &takes,
            secret: &|path, live| self.secrets.give(&agent.name, skill, path, live),
        })
    }

    /// Takes over another name, and what else differs.
    fn rename(&self, agent: &Agent, skill: &Skill, live: &LiveSkill, found: &mut Takes) {
        let is_accepted = self.accept.whole(&agent.name, &skill.name) || self.accept.whole(&agent.name, &live.name);
        if !is_accepted {
            return;
        }
        found.take(agent, What::Rename { skill: skill.name.clone(), to: live.name.clone() }, Vec::new());
        self.adopt(agent, &Pair { name: &live.name, fields: &skill.fields, live }, found);
    }

    /// Gives up packs of which nothing is left.
    fn packs(&self, agent: &Agent, names: &BTreeMap<&SkillName, &LiveSkill>, found: &mut Takes) {
        if !self.accept.rest() {
            return;
        }
        let recorded = agent.packs.iter().filter_map(|used| self.desired.packs.get(&used.kind));
        for Pack { kind, presets, place: _ } in recorded {
            let missing: Vec<&SkillName> = presets.keys().filter(|name| !names.contains_key(name)).collect();
            if missing.len() == presets.len() && !presets.is_empty() {
                // What the record alone says goes with the pack.
                let is_stated =
                    |preset: &&Preset| presets.get(&preset.name).is_none_or(|recorded| recorded.place != preset.place);
                let overrides = agent.presets.iter().filter(|preset| preset.kind == *kind).filter(is_stated);
                overrides.for_each(|preset| found.take(agent, What::Remove(preset.name.clone()), Vec::new()));
                found.take(agent, What::RemovePack(kind.clone()), Vec::new());
            } else {
                for name in missing {
                    found.leave(agent, Some(name), format!("the pack `{kind}` is declared, and this preset of it is gone; only an apply installs it again"));
                }
            }
            for (name, Recorded { skill_type, .. }) in presets {
                let current = names.get(name).and_then(|live| live.skill_type());
                if current.is_some_and(|current| SkillType::read(current) != *skill_type) {
                    found.leave(
                        agent,
                        Some(name),
                        format!("the pack `{kind}` is recorded with another type; correct the ConnectorPack manifest"),
                    );
                }
            }
        }
    }

    /// Says which recorded actions have lost their skill.
    fn actions(&self, agent: &Agent, names: &BTreeMap<&SkillName, &LiveSkill>, found: &mut Takes) {
        let gone = self.desired.made(agent).filter(|recorded| !names.contains_key(&recorded.name));
        for Recorded { name, .. } in gone.filter(|_| self.accept.rest()) {
            found.leave(
                agent,
                Some(name),
                "an action that is declared makes it, and it is gone; only an apply provisions it again",
            );
        }
    }

    /// The recorded packs that the manifest does not declare and of which everything is there.
    fn installed(&self, agent: &Agent, strangers: &BTreeMap<&SkillName, &LiveSkill>) -> Vec<ProviderKind> {
        let is_used = |kind: &ProviderKind| agent.packs.iter().any(|used| used.kind == *kind);
        // The manifest of an agent that has none yet is read without the records, so nothing in it can override them.
        let is_new = agent.place.file.is_empty();
        let is_as_recorded = |live: &LiveSkill, recorded: &Recorded| {
            let managed = self.ignored.managed(&agent.name, (&recorded.name).into(), &recorded.fields);
            diff::differing(&managed, &live.raw, self.facts).is_empty()
        };
        let is_there = |(name, recorded): (&SkillName, &Recorded)| {
            let live = strangers.get(name).filter(|live| !is_new || is_as_recorded(live, recorded));
            live.and_then(|live| live.skill_type()).is_some_and(|word| SkillType::read(word) == recorded.skill_type)
        };
        let packs = self.desired.packs.values().filter(|pack| !is_used(&pack.kind) && !pack.presets.is_empty());
        packs.filter(|pack| pack.presets.iter().all(is_there)).map(|pack| pack.kind.clone()).collect()
    }

    /// Declares a live skill.
    fn add(&self, agent: &Agent, live: &LiveSkill, found: &mut Takes) {
        if let Some(kind) = self.desired.unrecorded(agent) {
            let why = format!("whether it is a preset of `{kind}` cannot be told; record that pack");
            found.leave(agent, Some(&live.name), why);
            return;
        }
        match self.new_skill(agent, live) {
            Ok(fields) => {
                if agent.absent.iter().any(|absent| absent.name == live.name) {
                    found.take(agent, What::Allow(live.name.clone()), Vec::new());
                }
                found.take(agent, What::Add { skill: live.name.clone(), fields }, Vec::new());
            }
            Err(why) => found.leave(agent, Some(&live.name), why),
        }
    }

    /// All that a manifest may say of a live skill.
    pub(super) fn new_skill(&self, agent: &Agent, live: &LiveSkill) -> Result<BTreeMap<Field, Value>, String> {
        SkillName::parse(live.name.as_str()).map_err(|why| format!("its name cannot stand in a manifest: {why}"))?;
        let stated = Field::ALL.iter().filter_map(|field| {
            let current = live.raw.get(field.key()).filter(|current| !is_nothing(current))?;
            Some(
                self.adopter(agent, &live.name, |adopt| adopt.new_field(*field, Some(current)))
                    .map(|value| (*field, value)),
            )
        });
        let fields = stated.collect::<Result<BTreeMap<_, _>, NotDeclarable>>().map_err(|why| why.to_string())?;
        Ok(self.ignored.managed(&agent.name, (&live.name).into(), &fields).into_owned())
    }
}

pub(super) fn is_nothing(value: &serde_json::Value) -> bool {
    use serde_json::Value as Json;

    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

fn is_much_alike(declared: &DeclaredWords, live: &LiveWords) -> bool {
    diff::may_be_alike(declared, live, plan::ALIKE) && diff::likeness(declared, live) >= plan::ALIKE
}

/// The live skill that a declared one, which is gone, was renamed to in the dashboard: the only one much like it, if no
/// other that is gone is much like that one, too.
fn renamed<'l>(skill: &Skill, gone: &[&Skill], free: impl Iterator<Item = &'l LiveSkill>) -> Option<&'l LiveSkill> {
    let is_alike = |skill: &Skill, live: &LiveSkill| {
        live.skill_type().is_some_and(|word| SkillType::read(word) == skill.skill_type)
            && is_much_alike(&DeclaredWords::new(&skill.fields), &LiveWords::new(&live.raw))
    };
    let mut alike = free.filter(|live| is_alike(skill, live));
    let only = alike.next().filter(|_| alike.next().is_none())?;
    let rivals = gone.iter().filter(|other| is_alike(other, only)).count();
    (rivals == 1).then_some(only)
}
