//! Live agents that no manifest declares: which of them get one, and what it says.

use std::collections::BTreeMap;
use std::path::Path;

use globset::GlobSet;
use unicode_normalization::UnicodeNormalization as _;

use super::agent::{Agents, Takes};
use super::{Left, Pull, name};
use crate::diag::Sources;
use crate::manifest::SideFiles;
use crate::manifest::edit::{NewAgent, What, new_manifest};
use crate::manifest::layout::is_manifest;
use crate::model::{
    Agent, AgentId, Desired, Found, Guards, Listing, Live, Lookup, Place, Prune, Publish, Slug, Standing,
};

/// Which agents are pulled at all: globs over the address, the live name and the id; none for all.
#[derive(Debug, Clone, Default)]
pub struct Only(Option<GlobSet>);

impl Only {
    /// Reads globs.
    ///
    /// # Errors
    /// Why one of them is none, as a fragment.
    pub fn read(patterns: &[String]) -> Result<Self, String> {
        if patterns.is_empty() {
            return Ok(Self(None));
        }
        let mut globs = GlobSet::builder();
        for pattern in patterns {
            globs.add(
                globset::Glob::new(pattern).map_err(|error| format!("`{pattern}` is not a glob: {}", error.kind()))?,
            );
        }
        globs.build().map(|globs| Self(Some(globs))).map_err(|error| error.to_string())
    }

    /// Whether an agent is meant by any of its names.
    pub fn is_meant(&self, names: &[&str]) -> bool {
        self.0.as_ref().is_none_or(|globs| names.iter().any(|name| globs.is_match(name)))
    }
}

/// The agents of the server that no manifest declares, with an address for each. They are matched by name, unless
/// another may have the same.
pub fn strangers(desired: &Desired, heads: &[(AgentId, String)], is_complete: bool, only: &Only) -> Desired {
    let is_same = |one: &str, other: &str| one.nfc().eq(other.nfc());
    let is_declared = |id: &AgentId, name: &str| {
        desired.agents.iter().any(|agent| match &agent.lookup {
            Lookup::Id(declared) => declared == id,
            Lookup::Name(declared) => is_same(declared, name),
        })
    };
    let mut agents: Vec<Agent> = Vec::new();
    let mut ordered: Vec<&(AgentId, String)> = heads.iter().collect();
    ordered.sort_by(|one, other| (&one.1, &one.0).cmp(&(&other.1, &other.0)));
    for (id, live_name) in ordered.into_iter().filter(|(id, name)| !is_declared(id, name)) {
        let is_alone = is_complete && heads.iter().filter(|(_, name)| is_same(name, live_name)).count() == 1;
        let lookup = if is_alone { Lookup::Name(live_name.clone()) } else { Lookup::Id(id.clone()) };
        let is_taken = |slug: &str| desired.agents.iter().chain(&agents).any(|agent| agent.name.as_str() == slug);
        let Some(slug) = name::address(live_name, is_taken) else { continue };
        if only.is_meant(&[slug.as_str(), live_name, id.as_str()]) {
            agents.push(stranger(slug, lookup));
        }
    }
    Desired { agents, ..Desired::default() }
}

fn stranger(name: Slug, lookup: Lookup) -> Agent {
    let nowhere = Place::start_of("");
    Agent {
        name,
        labels: BTreeMap::new(),
        lookup,
        lookup_place: nowhere.clone(),
        publish: Publish::Never,
        prune: Prune::Never,
        standing: Standing::Declared,
        guards: Guards::default(),
        packs: Vec::new(),
        provision: Vec::new(),
        skills: Vec::new(),
        presets: Vec::new(),
        absent: Vec::new(),
        place: nowhere,
    }
}

/// Writes the manifest of a live agent that has none.
pub(super) fn declare(
    pull: &mut Pull,
    agents: &Agents<'_>,
    stranger: &Agent,
    live: &Live,
    (sources, side_files): (&Sources, &dyn SideFiles),
    folder: &str,
) {
    let leave = |pull: &mut Pull, why: String| pull.left.push(Left { agent: stranger.name.clone(), skill: None, why });
    let skills = match live.agents.get(&stranger.name) {
        Some(Found::One(one)) => match &one.skills {
            Listing::Complete(skills) => skills,
            Listing::Unproven { reason, .. } => {
                return leave(pull, format!("its list of skills cannot be proved complete: {reason}"));
            }
        },
        Some(Found::Missing { .. } | Found::Several(_) | Found::Unproven(_)) | None => {
            return leave(pull, "it went away while it was read".to_owned());
        }
    };
    let mut found = Takes::default();
    agents.take(stranger, skills, &mut found);
    pull.left.append(&mut found.left);
    let mut new = NewAgent {
        file: format!("{folder}/{}.yaml", stranger.name),
        name: stranger.name.clone(),
        lookup: stranger.lookup.clone(),
        packs: Vec::new(),
        skills: Vec::new(),
    };
    for take in found.takes {
        match take.edit.what {
            What::Add { skill, fields } => new.skills.push((skill, fields)),
            What::AddPack(kind) => new.packs.push(kind),
            // Nothing is declared of it yet, so nothing else can change.
            What::Set { .. } | What::Remove(_) | What::Rename { .. } | What::Allow(_) | What::RemovePack(_) => {}
        }
    }
    // Each skill by itself first, so that one that cannot be declared does not keep the others out.
    let alone = |skill: &_| NewAgent { skills: vec![Clone::clone(skill)], packs: Vec::new(), ..new.clone() };
    let mut sound = Vec::new();
    for skill in &new.skills {
        match new_manifest(&alone(skill), sources, side_files, &agents.desired.target) {
            Ok(_) => sound.push(skill.clone()),
            Err(why) => pull.left.push(Left { agent: stranger.name.clone(), skill: Some(skill.0.clone()), why }),
        }
    }
    new.skills = sound;
    match new_manifest(&new, sources, side_files, &agents.desired.target) {
        Ok(text) => {
            pull.new_manifests.insert(new.file.clone(), text);
            pull.new_agents.push(new);
        }
        Err(why) => leave(pull, why),
    }
}

/// The folder in which most manifests of agents stand; if none do, `agents` in another one. As paths are shown.
pub fn folder_of_agents(desired: &Desired, above: &str) -> String {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    // The agents of an AgentSet stand in its table, which may be no manifest.
    for agent in desired.agents.iter().filter(|agent| is_manifest(Path::new(&*agent.place.file))) {
        *folders.entry(agent.place.file.rsplit_once('/').map_or(".", |(folder, _)| folder)).or_default() += 1;
    }
    let most = folders.into_iter().max_by_key(|(folder, count)| (*count, std::cmp::Reverse(*folder)));
    most.map_or_else(|| format!("{above}/agents"), |(folder, _)| folder.to_owned())
}
