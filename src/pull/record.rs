//! What installs showed → the records of their packs. It takes over what an install gives and nothing else, and nothing of
//! which the live agents do not all agree: after it, a plan wants no more than before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diag::Sources;
use crate::diff::{self, Adopt, Facts};
use crate::manifest::SideFiles;
use crate::manifest::edit::{Additions, new_record, record};
use crate::model::{
    ActionSlug, Agent, Arrives, Desired, Field, Found, Installed, Live, LiveSkill, Place, ProviderKind, ProvisionUse,
    Provisioned, Recorded, SecretRef, SkillName, SkillType, Slug, Via,
};
use crate::plan;

/// Records that are written, and what is not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Records {
    /// Manifests that change, by the path under which they are shown.
    pub manifests: BTreeMap<Arc<str>, String>,
    /// Manifests that are new, by the path under which they will be shown.
    pub new_manifests: BTreeMap<String, String>,
    /// What is not recorded, and why: sentences without a period.
    pub left: Vec<String>,
}

/// Of which agents the live state is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Of all that the manifests declare.
    All,
    /// Of some: what the others would be given cannot be told, so only names and types are recorded.
    Some,
}

/// Records what installs showed. `live` is what the agents have after them, `above` the folder under which new records go.
pub fn records(
    sources: &Sources,
    side_files: &dyn SideFiles,
    desired: &Desired,
    live: &Live,
    installed: &[Installed],
    known: Known,
    above: &str,
) -> Records {
    let mut records = Records::default();
    if known == Known::Some && !installed.is_empty() {
        records.left.push("what presets were given is not recorded, since not all agents were looked at".to_owned());
    }
    let kinds: BTreeSet<&ProviderKind> = installed.iter().map(|one| &one.kind).collect();
    let all = All { desired, live, facts: plan::facts(live), known };
    let mut sources = sources.clone();
    for kind in kinds {
        let additions = all.additions(kind, installed, &mut records.left);
        if additions.skills.is_empty() && additions.actions.is_empty() {
            continue;
        }
        let is_known = desired.packs.contains_key(kind) || desired.actions.contains_key(kind);
        let written = if is_known {
            record(&sources, side_files, desired, &additions).map(|(file, text)| {
                sources.insert(Arc::clone(&file), text.as_str());
                records.manifests.insert(file, text);
            })
        } else {
            all.place(&sources, kind, above).ok_or_else(|| "no name is free for its manifest".to_owned()).and_then(
                |(file, name)| {
                    let text = new_record(&sources, side_files, desired, (&file, &name), &additions)?;
                    sources.insert(file.as_str(), text.as_str());
                    records.new_manifests.insert(file, text);
                    Ok(())
                },
            )
        };
        if let Err(why) = written {
            records.left.push(format!("what `{kind}` installed is not recorded: {why}"));
        }
    }
    records
}

/// What recording draws on.
struct All<'a> {
    desired: &'a Desired,
    live: &'a Live,
    facts: Facts,
    known: Known,
}

impl All<'_> {
    /// What is to be added to the record of a provider, by what its installs showed.
    fn additions(&self, kind: &ProviderKind, installed: &[Installed], left: &mut Vec<String>) -> Additions {
        let mut presets: BTreeMap<&SkillName, Vec<&Provisioned>> = BTreeMap::new();
        let mut made: BTreeMap<&ActionSlug, Vec<&Provisioned>> = BTreeMap::new();
        let known = self.desired.actions.get(kind).map(|known| &known.actions);
        for Installed { agent: _, kind: _, via, skills } in installed.iter().filter(|one| one.kind == *kind) {
            match via {
                Via::Pack => {
                    for one in skills {
                        presets.entry(&one.skill.name).or_default().push(one);
                    }
                }
                Via::Actions(actions) => {
                    let (told, untold) = assigned(actions, known, skills);
                    for (action, one) in told {
                        made.entry(action).or_default().push(one);
                    }
                    let untold = untold.iter().map(|one| &one.skill.name);
                    left.extend(untold.map(|name| {
                        format!("which action of `{kind}` made `{name}` cannot be told, so it is not recorded")
                    }));
                }
            }
        }
        let mut additions = Additions { kind: kind.clone(), skills: Vec::new(), actions: Vec::new() };
        let mut leave =
            |name: &SkillName, why: String| left.push(format!("`{name}` of `{kind}` is not recorded: {why}"));
        for (name, shown) in presets {
            let known = self.desired.packs.get(kind).and_then(|pack| pack.presets.get(name));
            match self.one(kind, known, name, &shown) {
                Ok(recorded) => additions.skills.extend(recorded),
                Err(why) => leave(name, why),
            }
        }
        for (action, shown) in made {
            let Some(name) = shown.first().map(|one| &one.skill.name) else { continue };
            match self.one(kind, known.and_then(|known| known.get(action)), name, &shown) {
                Ok(recorded) => additions.actions.extend(recorded.map(|recorded| (action.clone(), recorded))),
                Err(why) => leave(name, why),
            }
        }
        additions
    }

    fn one(
        &self,
        kind: &ProviderKind,
        known: Option<&Recorded>,
        name: &SkillName,
        shown: &[&Provisioned],
    ) -> Result<Option<Recorded>, String> {
        SkillName::parse(name.as_str()).map_err(|why| format!("its name cannot stand in a manifest: {why}"))?;
        let words: Vec<&str> = shown.iter().filter_map(|one| one.skill.skill_type()).collect();
        let Some(word) = words.first().filter(|first| words.iter().all(|word| word == *first)) else {
            return Err("the installs do not agree on its type".to_owned());
        };
        let skill_type = SkillType::read(word);
        if known.is_some_and(|known| known.skill_type != skill_type || known.name != *name) {
            return Err("it is recorded with another name or type".to_owned());
        }
        let is_disabled = |one: &&Provisioned| {
            one.created && one.skill.raw.get(Field::IsEnabled.key()) == Some(&serde_json::Value::Bool(false))
        };
        // What was there already may be another's work; what an install made comes first.
        let best = shown.iter().find(|one| one.created).or(shown.first());
        let given = best.map(|one| self.given(kind, known, &one.skill)).unwrap_or_default();
        let arrives = if shown.iter().any(is_disabled) { Arrives::Disabled } else { Arrives::Enabled };
        let is_new = known.is_none_or(|known| known.arrives != arrives && arrives == Arrives::Disabled);
        let place = Place::start_of("");
        let recorded = Recorded { name: name.clone(), skill_type, arrives, fields: given, place };
        Ok((is_new || !recorded.fields.is_empty()).then_some(recorded))
    }

    /// The fields that an install gives, on which every live agent with the pack agrees, and which are not recorded yet.
    fn given(
        &self,
        kind: &ProviderKind,
        known: Option<&Recorded>,
        skill: &LiveSkill,
    ) -> BTreeMap<Field, crate::model::Value> {
        // A place that holds something secret is left out, so no reference is ever needed.
        let adopt = Adopt { facts: self.facts, takes: &|_| true, secret: &|_, _| SecretRef::Env(String::new()) };
        let all: &[Field] = match self.known {
            Known::All => Field::ALL,
            Known::Some => &[],
        };
        let fields = all.iter().copied();
        let fields = fields.filter(|field| *field != Field::SkillType && !Recorded::OPERATORS.contains(field));
        let fields = fields.filter(|field| !known.is_some_and(|known| known.fields.contains_key(field)));
        let fields = fields.filter_map(|field| {
            let shown = skill.raw.get(field.key()).filter(|shown| !super::agent::is_nothing(shown))?;
            let value = adopt.new_field(field, Some(shown)).ok().filter(|value| !value.holds_secret())?;
            let stated = BTreeMap::from([(field, value)]);
            let gets = |agent: &&Agent| {
                let is_used = |used: &ProvisionUse| used.kind == *kind;
                agent.packs.iter().any(|used| used.kind == *kind) || agent.provision.iter().any(is_used)
            };
            let users = self.desired.agents.iter().filter(gets);
            let mut users = users.filter_map(|agent| self.live_of(agent, &skill.name, field));
            users.all(|live| diff::differences(&stated, &live.raw, self.facts).is_empty()).then_some(stated)
        });
        fields.flatten().collect()
    }

    /// An agent's live skill, unless its manifest states the field itself.
    fn live_of(&self, agent: &Agent, name: &SkillName, field: Field) -> Option<&LiveSkill> {
        let states = agent.presets.iter().any(|preset| preset.name == *name && preset.fields.contains_key(&field));
        let skills = match self.live.agents.get(&agent.name) {
            Some(Found::One(one)) if !states => one.skills.items(),
            Some(Found::One(_) | Found::Missing { .. } | Found::Several(_) | Found::Unproven(_)) | None => &[],
        };
        skills.iter().find(|skill| skill.name == *name)
    }

    /// Where a new record goes, beside the others: its path as it is shown, and its name.
    fn place(&self, sources: &Sources, kind: &ProviderKind, above: &str) -> Option<(String, Slug)> {
        let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
        for pack in self.desired.packs.values() {
            *folders.entry(pack.place.file.rsplit_once('/').map_or(".", |(folder, _)| folder)).or_default() += 1;
        }
        let most = folders.into_iter().max_by_key(|(folder, count)| (*count, std::cmp::Reverse(*folder)));
        let folder = most.map_or_else(|| format!("{above}/packs"), |(folder, _)| folder.to_owned());
        let name = super::name::address(kind.as_str(), |slug| {
            let file = format!("{folder}/{slug}.yaml");
            sources.iter().any(|(path, _)| **path == *file)
        })?;
        Some((format!("{folder}/{name}.yaml"), name))
    }
}

/// Which action made which skill, as far as it can be told: by the record, by what is written on it, or since only one is
/// left on each side; and the skills of which it cannot.
fn assigned<'a>(
    actions: &'a BTreeSet<ActionSlug>,
    known: Option<&BTreeMap<ActionSlug, Recorded>>,
    skills: &'a [Provisioned],
) -> (Vec<(&'a ActionSlug, &'a Provisioned)>, Vec<&'a Provisioned>) {
    let is_recorded = |action: &ActionSlug, skill: &LiveSkill| {
        known.and_then(|known| known.get(action)).is_some_and(|recorded| recorded.name == skill.name)
    };
    let (mut told, mut open): (Vec<_>, Vec<&ActionSlug>) = (Vec::new(), actions.iter().collect());
    let mut untold: Vec<&Provisioned> = skills.iter().collect();
    for is_made_by in [&is_recorded as &dyn Fn(&ActionSlug, &LiveSkill) -> bool, &says] {
        let pairs: Vec<(&ActionSlug, &Provisioned)> = open
            .iter()
            .filter_map(|action| {
                let mut skills = untold.iter().filter(|one| is_made_by(action, &one.skill));
                let only = skills.next().filter(|_| skills.next().is_none())?;
                let rivals = open.iter().filter(|other| is_made_by(other, &only.skill)).count();
                (rivals == 1).then_some((*action, *only))
            })
            .collect();
        open.retain(|action| !pairs.iter().any(|(taken, _)| taken == action));
        untold.retain(|one| !pairs.iter().any(|(_, taken)| taken.skill.id == one.skill.id));
        told.extend(pairs);
    }
    if let ([action], [one]) = (open.as_slice(), untold.as_slice()) {
        told.push((action, one));
        untold.clear();
    }
    (told, untold)
}

/// Whether a skill says in its settings, or by its name, that it is an action's.
fn says(action: &ActionSlug, skill: &LiveSkill) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let settings = skill.raw.get(Field::ExecutionConfig.key()).and_then(serde_json::Value::as_object);
    let mut settings = settings.into_iter().flat_map(serde_json::Map::values);
    settings.any(|value| value.as_str() == Some(action.as_str()))
        || plain(skill.name.as_str()) == plain(action.as_str())
}
