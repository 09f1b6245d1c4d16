//! Documents → what they ask for together: sets joined in, overrides laid over, every name unique, every reference closed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::check::{self, Checks, Knowledge};
use super::kind::Kind;
use super::reader::{Located, did_you_mean};
use super::schema::{
    AgentSpec, ConnectorPackSpec, Doc, LookupDoc, Metadata, OverrideDoc, PackDoc, PresetDoc, ProvisionDoc,
    RecordedAction, RecordedPreset, SkillDoc, SkillSetSpec,
};
use crate::diag::{Code, Finding, closest};
use crate::model::{
    Absent, ActionSlug, Actions, Agent, Compare, Field, Geocode, Guards, Lookup, Pack, PackUse, Preset, Protection,
    ProviderKind, ProvisionUse, Recorded, Replace, Skill, SkillName, SkillType, Slug, Standing, Tombstone, Value,
};

/// Everything that was read, before it is joined.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) agents: Vec<Doc<AgentSpec>>,
    pub(super) skill_sets: Vec<Doc<SkillSetSpec>>,
    pub(super) packs: Vec<Doc<ConnectorPackSpec>>,
}

/// What is recorded of providers.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) packs: BTreeMap<ProviderKind, Pack>,
    pub(super) actions: BTreeMap<ProviderKind, Actions>,
}

/// The recorded skills that an agent gets, each with its provider.
type Brought<'r> = [(&'r ProviderKind, &'r Recorded)];

/// What the documents ask for; findings are added where they contradict each other, and by the checks of what they mean.
/// `checks` is `None` where no value can be told.
pub(super) fn resolve(
    documents: Documents,
    target: Option<&str>,
    mut checks: Option<Checks<'_>>,
    findings: &mut Vec<Finding>,
) -> (Vec<Agent>, Records) {
    let Documents { agents, skill_sets, packs } = documents;
    let records = recorded(packs, findings);
    let mut sets: BTreeMap<Slug, Doc<SkillSetSpec>> = BTreeMap::new();
    for set in skill_sets {
        match sets.get(&set.metadata.name.value) {
            Some(first) => findings.push(twice(Kind::SkillSet.word(), &first.metadata.name, &set.metadata.name)),
            None => {
                sets.insert(set.metadata.name.value.clone(), set);
            }
        }
    }
    for set in sets.values() {
        report_repeated(set.spec.skills.iter().map(|skill| &skill.name), findings);
    }
    if let Some(checks) = &mut checks {
        checks.sets(sets.values());
    }
    let mut resolved: BTreeMap<Slug, (Located<Slug>, Agent)> = BTreeMap::new();
    for document in agents {
        let name = Located { value: document.metadata.name.value.clone(), place: document.metadata.name.place.clone() };
        match resolved.get(&name.value) {
            Some((first, _)) => findings.push(twice(Kind::Agent.word(), first, &name)),
            None => {
                if let Some(agent) = agent(document, &sets, &records, target, checks.as_mut(), findings) {
                    resolved.insert(name.value.clone(), (name, agent));
                }
            }
        }
    }
    let agents: Vec<Agent> = resolved.into_values().map(|(_, agent)| agent).collect();
    findings.extend(checks.into_iter().flat_map(|checks| checks.close(agents.iter())));
    report_same_lookup(&agents, findings);
    (agents, records)
}

fn twice<T: std::fmt::Display>(what: &str, first: &Located<T>, second: &Located<T>) -> Finding {
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

fn report_same_lookup(agents: &[Agent], findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&Lookup, &Agent> = BTreeMap::new();
    for agent in agents {
        if let Some(first) = seen.insert(&agent.lookup, agent) {
            let message = format!("`{}` and `{}` match the same agent", first.name, agent.name);
            findings.push(
                Finding::at(Code::DeclaredTwice, agent.lookup_place.clone(), message)
                    .help(format!("the first one is at {}", first.lookup_place)),
            );
        }
    }
}

fn recorded(packs: Vec<Doc<ConnectorPackSpec>>, findings: &mut Vec<Finding>) -> Records {
    let mut names: BTreeMap<Slug, Located<Slug>> = BTreeMap::new();
    let mut kinds: BTreeMap<ProviderKind, Located<ProviderKind>> = BTreeMap::new();
    let mut records = Records::default();
    for Doc { metadata: Metadata { name, labels: _ }, spec } in packs {
        let ConnectorPackSpec { kind, skills, actions } = spec;
        if let Some(first) = kinds.get(&kind.value) {
            findings.push(twice("the pack of", first, &kind));
            continue;
        }
        if let Some(first) =
            names.insert(name.value.clone(), Located { value: name.value.clone(), place: name.place.clone() })
        {
            findings.push(twice(Kind::ConnectorPack.word(), &first, &name));
        }
        let place = || kind.place.clone();
        if let Some(skills) = skills {
            report_repeated(skills.iter().map(|preset| &preset.name), findings);
            let presets = skills.into_iter().map(preset).map(|preset| (preset.name.clone(), preset)).collect();
            let pack = Pack { kind: kind.value.clone(), presets, place: place() };
            records.packs.insert(kind.value.clone(), pack);
        }
        if !actions.is_empty() {
            report_repeated(actions.iter().map(|action| &action.made.name), findings);
            let mut known: BTreeMap<ActionSlug, Recorded> = BTreeMap::new();
            for RecordedAction { action: Located { value: slug, place }, made } in actions {
                let made = preset(made);
                if let Some(first) = known.get(&slug) {
                    let first = Located { value: slug.clone(), place: first.place.clone() };
                    findings.push(twice("action", &first, &Located { value: slug.clone(), place }));
                }
                known.insert(slug, made);
            }
            let actions = Actions { kind: kind.value.clone(), actions: known, place: place() };
            records.actions.insert(kind.value.clone(), actions);
        }
        kinds.insert(kind.value.clone(), kind);
    }
    records
}

fn preset(document: RecordedPreset) -> Recorded {
    let RecordedPreset { name: Located { value: name, place }, skill_type, arrives, fields } = document;
    Recorded { name, skill_type, arrives, fields: plain(fields), place }
}

fn agent(
    document: Doc<AgentSpec>,
    sets: &BTreeMap<Slug, Doc<SkillSetSpec>>,
    records: &Records,
    target: Option<&str>,
    checks: Option<&mut Checks<'_>>,
    findings: &mut Vec<Finding>,
) -> Option<Agent> {
    let Doc { metadata: Metadata { name, labels }, spec } = document;
    let AgentSpec { lookup, publish, prune, uses, packs: pack_docs, provision, skills, overrides, absent } = spec;
    let Located { value: lookup, place: lookup_place } = match lookup {
        None => Located { value: Lookup::Name(name.value.to_string()), place: name.place.clone() },
        Some(LookupDoc::One(lookup)) => lookup,
        Some(LookupDoc::ByTarget(mut targets, place)) => {
            // Where the targets are unknown, any entry will do: nothing comes of the reading but its findings.
            let chosen = match target {
                Some(target) => targets.remove(target),
                None => targets.pop_first().map(|(_, any)| any),
            };
            let Some(lookup) = chosen else {
                let target = target.unwrap_or("default");
                let known: Vec<&str> = targets.keys().map(String::as_str).collect();
                let help = format!("it has {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") });
                let message = format!("`{}` has no match for target `{target}`", name.value);
                findings.push(Finding::at(Code::NoMatchForTarget, place, message).help(help));
                return None;
            };
            lookup
        }
    };
    let pack_uses = pack_uses(pack_docs, findings);
    let provision = provision_uses(provision, records, findings);
    let brought = brought(&pack_uses, &provision, records);
    let mut declared = shared_skills(&uses, sets, findings);
    let shared = declared.len();
    declared.extend(skills);
    report_repeated(declared.iter().map(|skill| &skill.name), findings);
    report_preset_clashes(&declared, &brought, findings);
    let mut found = Vec::new();
    let presets = lay_over(overrides, &mut declared, &brought, &mut found);
    // What a SkillSet that is not there would have held cannot be told.
    let is_certain = uses.iter().all(|used| sets.contains_key(&used.value));
    findings.extend(found.into_iter().filter(|finding| is_certain || finding.code != Code::OverrideOfNothing));
    if let Some(checks) = checks {
        let is_recorded = pack_uses.iter().all(|used| records.packs.contains_key(&used.kind))
            && provision.iter().all(|used| used.is_recorded(&records.actions));
        let knowledge = match (is_certain, is_recorded) {
            (true, true) => Knowledge::Whole,
            (true, false) => Knowledge::NoRecord,
            (false, _) => Knowledge::Broken,
        };
        let (name, skills, presets, absent) = (&name.value, &*declared, &*presets, &*absent);
        checks.agent(&check::Agent { name, skills, shared, presets, absent, brought: &brought, knowledge });
    }
    report_renames(&declared, &brought, findings);
    report_absent(&declared, &presets, &brought, &absent, findings);
    let presets = managed_presets(presets, &brought);
    let mut skills: Vec<Arc<Skill>> = declared.into_iter().filter_map(skill).map(Arc::new).collect();
    skills.sort_by(|a, b| a.name.cmp(&b.name));
    Some(Agent {
        name: name.value,
        labels,
        lookup,
        lookup_place,
        publish: publish.unwrap_or_default(),
        prune: prune.unwrap_or_default(),
        standing: Standing::Declared,
        guards: Guards::default(),
        packs: pack_uses,
        provision,
        skills,
        presets,
        absent: absent.into_iter().map(stated_absent).collect(),
        place: name.place,
    })
}

fn pack_uses(docs: Vec<PackDoc>, findings: &mut Vec<Finding>) -> Vec<PackUse> {
    let mut seen: BTreeMap<ProviderKind, Located<ProviderKind>> = BTreeMap::new();
    for PackDoc { kind } in docs {
        match seen.get(&kind.value) {
            Some(first) => findings.push(twice("pack", first, &kind)),
            None => {
                seen.insert(kind.value.clone(), kind);
            }
        }
    }
    seen.into_values().map(|Located { value: kind, place }| PackUse { kind, place }).collect()
}

fn provision_uses(docs: Vec<ProvisionDoc>, records: &Records, findings: &mut Vec<Finding>) -> Vec<ProvisionUse> {
    let mut seen: BTreeMap<ProviderKind, ProvisionUse> = BTreeMap::new();
    for ProvisionDoc { kind, actions } in docs {
        if let Some(first) = seen.get(&kind.value) {
            let first = Located { value: kind.value.clone(), place: first.place.clone() };
            findings.push(twice("provision of", &first, &kind));
            continue;
        }
        let known = records.actions.get(&kind.value);
        for action in &actions {
            let words = known.iter().flat_map(|known| known.actions.keys()).map(ActionSlug::as_str);
            let is_known = known.is_some_and(|known| known.actions.contains_key(&action.value));
            // One that is not spelled almost like another may just not be recorded yet.
            let is_slip = |near: &&str| strsim::damerau_levenshtein(near, action.value.as_str()) <= 2;
            if let Some(near) = closest(action.value.as_str(), words).filter(is_slip).filter(|_| !is_known) {
                let message = format!("no action of `{}` is recorded as `{}`", kind.value, action.value);
                let finding = Finding::at(Code::UnknownAction, action.place.clone(), message);
                findings.push(finding.help(did_you_mean(near)));
            }
        }
        let Located { value: kind, place } = kind;
        let actions = actions.into_iter().map(|action| action.value).collect();
        seen.insert(kind.clone(), ProvisionUse { kind, actions, place });
    }
    seen.into_values().collect()
}

fn brought<'r>(
    packs: &[PackUse],
    provision: &[ProvisionUse],
    records: &'r Records,
) -> Vec<(&'r ProviderKind, &'r Recorded)> {
    let packs = packs.iter().filter_map(|used| records.packs.get(&used.kind));
    let presets = packs.flat_map(|pack| pack.presets.values().map(|recorded| (&pack.kind, recorded)));
    let actions = provision.iter().filter_map(|used| Some((used, records.actions.get(&used.kind)?)));
    let made = actions.flat_map(|(used, known)| {
        let made = used.actions.iter().filter_map(|action| known.actions.get(action));
        made.map(|recorded| (&known.kind, recorded))
    });
    // A skill has one record on an agent: what its pack makes is no action's.
    let mut seen: BTreeSet<&SkillName> = BTreeSet::new();
    presets.chain(made).filter(|(_, recorded)| seen.insert(&recorded.name)).collect()
}

fn shared_skills(
    uses: &[Located<Slug>],
    sets: &BTreeMap<Slug, Doc<SkillSetSpec>>,
    findings: &mut Vec<Finding>,
) -> Vec<SkillDoc> {
    let mut skills = Vec::new();
    for used in uses {
        let Some(set) = sets.get(&used.value) else {
            let help = closest(used.value.as_str(), sets.keys().map(Slug::as_str)).map(did_you_mean);
            let message = format!("no SkillSet is called `{}`", used.value);
            findings.push(Finding::at(Code::UnknownReference, used.place.clone(), message).maybe_help(help));
            continue;
        };
        let shared = |skill: &SkillDoc| SkillDoc { shared: Some(used.value.clone()), ..skill.clone() };
        skills.extend(set.spec.skills.iter().map(shared));
    }
    skills
}

fn bringer<'r>(name: &SkillName, brought: &Brought<'r>) -> Option<(&'r ProviderKind, &'r Recorded)> {
    brought.iter().find(|(_, recorded)| recorded.name == *name).copied()
}

fn report_preset_clashes(skills: &[SkillDoc], brought: &Brought<'_>, findings: &mut Vec<Finding>) {
    for skill in skills {
        if let Some((kind, _)) = bringer(&skill.name.value, brought) {
            let message = format!("skill `{}` is also a preset of the pack `{kind}`", skill.name.value);
            let help = "to change a preset's fields, name it in `overrides`";
            findings.push(Finding::at(Code::DeclaredTwice, skill.name.place.clone(), message).help(help));
        }
    }
}

/// Lays overrides over shared skills; those on presets are what is left.
fn lay_over(
    overrides: Vec<OverrideDoc>,
    skills: &mut [SkillDoc],
    brought: &Brought<'_>,
    findings: &mut Vec<Finding>,
) -> Vec<PresetDoc> {
    report_repeated(overrides.iter().map(|over| &over.name), findings);
    let mut presets = Vec::new();
    for OverrideDoc { name, fields } in overrides {
        if let Some(skill) = skills.iter_mut().find(|skill| skill.name.value == name.value) {
            for (field, Located { value: over, place }) in fields {
                let base = skill.fields.remove(&field);
                skill.under.insert(field, base.as_ref().map(|base| base.place.clone()));
                let value = laid_over(field, base.map(|base| base.value), over);
                skill.fields.insert(field, Located { value, place });
            }
            continue;
        }
        if let Some((_, recorded)) = bringer(&name.value, brought) {
            let skill_type = recorded.skill_type.clone();
            presets.push(PresetDoc { skill_type, over: OverrideDoc { name, fields } });
            continue;
        }
        let own = skills.iter().map(|skill| skill.name.value.as_str());
        let preset = brought.iter().map(|(_, recorded)| recorded.name.as_str());
        let help = closest(name.value.as_str(), own.chain(preset)).map(did_you_mean);
        let message = format!("the agent gets no skill called `{}`", name.value);
        findings.push(Finding::at(Code::OverrideOfNothing, name.place, message).maybe_help(help));
    }
    presets
}

/// A field's value under one that is laid over it.
fn laid_over(field: Field, base: Option<Value>, over: Value) -> Value {
    match base {
        Some(base) if field.compare() == Compare::DeclaredKeys => merge(base, over),
        Some(_) | None => over,
    }
}

/// Keys of `over` win; maps are joined at every depth, but headers and rosters are whole values.
fn merge(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Map(mut base), Value::Map(over)) => {
            for (key, value) in over {
                let merged = match base.shift_remove(&key) {
                    Some(below) if !is_whole(&key) => merge(below, value),
                    Some(_) | None => value,
                };
                base.insert(key, merged);
            }
            Value::Map(base)
        }
        (_, over) => over,
    }
}

/// Whether an override replaces what stands under a key as a whole.
pub(super) fn is_whole(key: &str) -> bool {
    matches!(key, "headers" | "roster")
}

fn report_renames(skills: &[SkillDoc], brought: &Brought<'_>, findings: &mut Vec<Finding>) {
    let mut former: BTreeMap<&SkillName, &Located<SkillName>> = BTreeMap::new();
    for skill in skills {
        let Some(was) = &skill.was else { continue };
        let keeps = skills.iter().find(|other| other.name.value == was.value && other.was.is_none());
        let why = if was.value == skill.name.value {
            Some("it is the name that the skill has now".to_owned())
        } else if keeps.is_some() {
            Some(format!("`{}` is declared as a skill of its own", was.value))
        } else if let Some((kind, _)) = bringer(&was.value, brought) {
            Some(format!("`{}` is a preset of the pack `{kind}`, which would make it again", was.value))
        } else {
            former.insert(&was.value, was).map(|_| format!("`{}` became two skills", was.value))
        };
        if let Some(why) = why {
            let message = format!("`{}` cannot have been `{}`: {why}", skill.name.value, was.value);
            findings.push(Finding::at(Code::RenameConflict, was.place.clone(), message));
        }
    }
}

fn report_absent(
    skills: &[SkillDoc],
    presets: &[PresetDoc],
    brought: &Brought<'_>,
    absent: &[Located<SkillName>],
    findings: &mut Vec<Finding>,
) {
    report_repeated(absent.iter(), findings);
    for gone in absent {
        let skill = skills.iter().find(|skill| {
            skill.name.value == gone.value || skill.was.as_ref().is_some_and(|was| was.value == gone.value)
        });
        let place = skill.map(|skill| &skill.name.place);
        let preset = presets.iter().find(|preset| preset.over.name.value == gone.value);
        let preset = preset.map(|preset| &preset.over.name.place);
        let pack = bringer(&gone.value, brought).map(|(_, recorded)| &recorded.place);
        if let Some(place) = place.or(preset).or(pack) {
            let message = format!("`{}` is declared and absent at once", gone.value);
            findings.push(
                Finding::at(Code::DeclaredAndAbsent, gone.place.clone(), message)
                    .help(format!("it is declared at {place}")),
            );
        }
    }
}

fn stated_absent(absent: Located<SkillName>) -> Absent {
    let Located { value: name, place } = absent;
    Absent { name, tombstone: Tombstone::Stated, place }
}

fn plain(fields: BTreeMap<Field, Located<Value>>) -> BTreeMap<Field, Value> {
    fields.into_iter().map(|(field, located)| (field, located.value)).collect()
}

/// What is managed of the recorded skills that an agent gets: what an override states, over what their records do.
fn managed_presets(docs: Vec<PresetDoc>, brought: &Brought<'_>) -> Vec<Preset> {
    let mut over: BTreeMap<SkillName, OverrideDoc> =
        docs.into_iter().map(|PresetDoc { skill_type: _, over }| (over.name.value.clone(), over)).collect();
    let managed = brought.iter().filter_map(|(kind, recorded)| {
        let Recorded { name, skill_type: _, arrives: _, fields, place } = recorded;
        let (mut fields, mut place) = (fields.clone(), place.clone());
        match over.remove(name) {
            None if fields.is_empty() => return None,
            None => {}
            Some(over) => {
                for (field, Located { value, place: _ }) in over.fields {
                    let base = fields.remove(&field);
                    fields.insert(field, laid_over(field, base, value));
                }
                place = over.name.place;
            }
        }
        Some(Preset { name: name.clone(), kind: (*kind).clone(), fields, place })
    });
    managed.collect()
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
