//! One agent: what its document states, joined with the sets, packs and actions that it names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::over::{lay_over, managed_presets};
use super::record::{Brought, Records, bringer, brought};
use super::{Declared, Others, Sets, report_repeated, twice};
use crate::diag::{Code, Finding, closest};
use crate::manifest::check::{self, Checked, Checking, Knowledge, Waited};
use crate::manifest::reader::{Located, did_you_mean};
use crate::manifest::schema::{AgentSpec, Doc, LookupDoc, Metadata, OverrideDoc, PackDoc, PresetDoc, ProvisionDoc};
use crate::model::{
    Absent, ActionSlug, Agent, Guards, Lookup, PackUse, Place, ProviderKind, ProvisionUse, Prune, Publish, Skill,
    SkillName, Slug, Standing, Tombstone,
};

/// An agent as its document states it.
#[derive(Debug)]
pub(in crate::manifest) struct Stated {
    pub(in crate::manifest) name: Located<Slug>,
    pub(in crate::manifest) labels: BTreeMap<String, String>,
    pub(in crate::manifest) lookup: Option<LookupDoc>,
    pub(in crate::manifest) publish: Option<Publish>,
    pub(in crate::manifest) prune: Option<Prune>,
    pub(in crate::manifest) uses: Vec<Located<Slug>>,
    pub(in crate::manifest) packs: Vec<PackDoc>,
    pub(in crate::manifest) provision: Vec<ProvisionDoc>,
    pub(in crate::manifest) skills: Vec<Declared>,
    /// Overrides in layers, the lower ones first.
    pub(in crate::manifest) overrides: Vec<Vec<OverrideDoc>>,
    pub(in crate::manifest) absent: Vec<Located<SkillName>>,
}

impl From<Doc<AgentSpec>> for Stated {
    fn from(document: Doc<AgentSpec>) -> Self {
        let Doc { metadata: Metadata { name, labels }, spec } = document;
        let AgentSpec { lookup, publish, prune, uses, packs, provision, skills, overrides, absent } = spec;
        let (skills, overrides) = (skills.into_iter().map(Declared::own).collect(), vec![overrides]);
        Self { name, labels, lookup, publish, prune, uses, packs, provision, skills, overrides, absent }
    }
}

/// An agent as it was made, with what was found on the way.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) agent: Agent,
    pub(super) findings: Vec<Finding>,
    pub(super) waited: Vec<Waited>,
}

/// Joins an agent with what it names, and checks it.
pub(super) fn agent(stated: Stated, others: &Others<'_>, checking: Option<&mut Checking<'_, '_>>) -> Made {
    let Others { sets, records, target } = *others;
    let Stated { name, labels, lookup, publish, prune, uses, packs, provision, skills: own, overrides, absent } =
        stated;
    let mut findings = Vec::new();
    let Located { value: lookup, place: lookup_place } = lookup_of(lookup, &name, target, &mut findings);
    let packs = pack_uses(packs, &mut findings);
    let provision = provision_uses(provision, records, &mut findings);
    let brought = brought(&packs, &provision, records);
    let mut skills = shared_skills(&uses, sets, &mut findings);
    skills.extend(own);
    report_repeated(skills.iter().map(Declared::name), &mut findings);
    report_preset_clashes(&skills, &brought, &mut findings);
    let (mut found, mut presets) = (Vec::new(), Vec::new());
    for layer in overrides {
        lay_over(layer, &mut skills, &mut presets, &brought, &mut found);
    }
    // What a SkillSet that is not there would have held cannot be told.
    let is_certain = uses.iter().all(|used| sets.contains_key(&used.value));
    findings.extend(found.into_iter().filter(|finding| is_certain || finding.code != Code::OverrideOfNothing));
    let checked = checking.map(|checking| {
        let knowledge = if is_certain { knowledge(&packs, &provision, records) } else { Knowledge::Broken };
        let (name, skills, presets, absent) = (&name.value, &*skills, &*presets, &*absent);
        checking.agent(&check::Agent { name, skills, presets, absent, brought: &brought, knowledge })
    });
    let Checked { findings: found, waited } = checked.unwrap_or_default();
    findings.extend(found);
    report_renames(&skills, &brought, &mut findings);
    report_absent(&skills, &presets, &brought, &absent, &mut findings);
    let presets = managed_presets(presets, &brought);
    let mut made: Vec<Arc<Skill>> = Vec::with_capacity(skills.len());
    made.extend(skills.into_iter().filter_map(Declared::into_skill));
    made.sort_by(|a, b| a.name.cmp(&b.name));
    let agent = Agent {
        name: name.value,
        labels,
        lookup,
        lookup_place,
        publish: publish.unwrap_or_default(),
        prune: prune.unwrap_or_default(),
        standing: Standing::Declared,
        guards: Guards::default(),
        packs,
        provision,
        skills: made,
        presets,
        absent: absent.into_iter().map(stated_absent).collect(),
        place: name.place,
    };
    Made { agent, findings, waited }
}

/// How the target's agent is found; by its own name if nothing is said.
fn lookup_of(
    stated: Option<LookupDoc>,
    name: &Located<Slug>,
    target: Option<&str>,
    findings: &mut Vec<Finding>,
) -> Located<Lookup> {
    let by_name = |place: &Place| Located { value: Lookup::Name(name.value.to_string()), place: place.clone() };
    let (mut targets, place) = match stated {
        None => return by_name(&name.place),
        Some(LookupDoc::One(lookup)) => return lookup,
        Some(LookupDoc::ByTarget(targets, place)) => (targets, place),
    };
    // Where the targets are unknown, any entry will do: nothing comes of the reading but its findings.
    let chosen = match target {
        Some(target) => targets.remove(target),
        None => targets.pop_first().map(|(_, any)| any),
    };
    chosen.unwrap_or_else(|| {
        let target = target.unwrap_or("default");
        let known: Vec<&str> = targets.keys().map(String::as_str).collect();
        let help = format!("it has {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") });
        let message = format!("`{}` has no match for target `{target}`", name.value);
        findings.push(Finding::at(Code::NoMatchForTarget, place.clone(), message).help(help));
        // The target itself may still say how the agent is found there.
        by_name(&place)
    })
}

/// How much is known of the skills that packs and actions bring.
fn knowledge(packs: &[PackUse], provision: &[ProvisionUse], records: &Records) -> Knowledge {
    let is_recorded = packs.iter().all(|used| records.packs.contains_key(&used.kind))
        && provision.iter().all(|used| used.is_recorded(&records.actions));
    if is_recorded { Knowledge::Whole } else { Knowledge::NoRecord }
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

fn shared_skills(uses: &[Located<Slug>], sets: &Sets, findings: &mut Vec<Finding>) -> Vec<Declared> {
    let mut skills = Vec::new();
    for used in uses {
        let Some((_, shared)) = sets.get(&used.value) else {
            let help = closest(used.value.as_str(), sets.keys().map(Slug::as_str)).map(did_you_mean);
            let message = format!("no SkillSet is called `{}`", used.value);
            findings.push(Finding::at(Code::UnknownReference, used.place.clone(), message).maybe_help(help));
            continue;
        };
        skills.extend(shared.iter().cloned());
    }
    skills
}

fn report_preset_clashes(skills: &[Declared], brought: &Brought<'_>, findings: &mut Vec<Finding>) {
    for skill in skills.iter().map(|skill| &skill.doc) {
        if let Some((kind, _)) = bringer(&skill.name.value, brought) {
            let message = format!("skill `{}` is also a preset of the pack `{kind}`", skill.name.value);
            let help = "to change a preset's fields, name it in `overrides`";
            findings.push(Finding::at(Code::DeclaredTwice, skill.name.place.clone(), message).help(help));
        }
    }
}

fn report_renames(skills: &[Declared], brought: &Brought<'_>, findings: &mut Vec<Finding>) {
    let mut former: BTreeMap<&SkillName, &Located<SkillName>> = BTreeMap::new();
    for skill in skills.iter().map(|skill| &skill.doc) {
        let Some(was) = &skill.was else { continue };
        let keeps = skills.iter().find(|other| other.name().value == was.value && other.doc.was.is_none());
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
    skills: &[Declared],
    presets: &[PresetDoc],
    brought: &Brought<'_>,
    absent: &[Located<SkillName>],
    findings: &mut Vec<Finding>,
) {
    report_repeated(absent.iter(), findings);
    for gone in absent {
        let skill = skills.iter().map(|skill| &skill.doc).find(|skill| {
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
