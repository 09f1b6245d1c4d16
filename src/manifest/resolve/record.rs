//! What is recorded of providers: the skills that their packs and actions make.

use std::collections::{BTreeMap, BTreeSet};

use super::{plain, report_repeated, twice};
use crate::diag::Finding;
use crate::manifest::kind::Kind;
use crate::manifest::reader::Located;
use crate::manifest::schema::{ConnectorPackSpec, Doc, Metadata, RecordedAction, RecordedPreset};
use crate::model::{ActionSlug, Actions, Pack, PackUse, ProviderKind, ProvisionUse, Recorded, SkillName, Slug};

/// What is recorded of providers.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Records {
    pub(in crate::manifest) packs: BTreeMap<ProviderKind, Pack>,
    pub(in crate::manifest) actions: BTreeMap<ProviderKind, Actions>,
}

/// The recorded skills that an agent gets, each with its provider.
pub(super) type Brought<'r> = [(&'r ProviderKind, &'r Recorded)];

pub(super) fn recorded(packs: Vec<Doc<ConnectorPackSpec>>, findings: &mut Vec<Finding>) -> Records {
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

/// The recorded skills that an agent gets.
pub(super) fn brought<'r>(
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

/// What brings a skill of this name, and what is recorded of it.
pub(super) fn bringer<'r>(name: &SkillName, brought: &Brought<'r>) -> Option<(&'r ProviderKind, &'r Recorded)> {
    brought.iter().find(|(_, recorded)| recorded.name == *name).copied()
}
