//! Manifests × what they should say instead → their new texts. Comments, order, anchors, quoting and line ends stay.
//!
//! Every change is made in the text, one at a time, the smallest that will do; what is not touched keeps its bytes. The
//! result is read again as any manifests are, and what it means is held against what was asked for: a change that would
//! move anything else, as in an anchor that others use, is taken back and refused.

mod document;
mod fold;
mod record;
mod side;
mod spell;
mod splice;
mod syntax;
mod value;
mod variable;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::read;
use super::side::SideFiles;
use crate::diag::{Finding, Sources};
use crate::model::{Agent, Desired, Field, Lookup, ProviderKind, Recorded, SkillName, Slug, Value};
use document::Editor;
pub use record::{Additions, new_record, record};
use side::Overlay;

/// Something that manifests should say instead.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The agent, by its address.
    pub agent: Slug,
    /// What of it.
    pub what: What,
}

/// What a manifest should say of an agent instead.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Other values of fields of a skill or a preset; all that is declared of them, wherever it is declared. All or none.
    Set {
        /// The skill.
        skill: SkillName,
        /// What each should be.
        fields: BTreeMap<Field, Value>,
    },
    /// One skill more.
    Add {
        /// Its name.
        skill: SkillName,
        /// Its fields.
        fields: BTreeMap<Field, Value>,
    },
    /// A skill that is not declared any more.
    Remove(SkillName),
    /// A skill under another name.
    Rename {
        /// The name now.
        skill: SkillName,
        /// The name then.
        to: SkillName,
    },
    /// A skill that may be there again.
    Allow(SkillName),
    /// One pack more.
    AddPack(ProviderKind),
    /// A pack that is not declared any more.
    RemovePack(ProviderKind),
}

impl What {
    /// The skill that it is about, by its name before.
    pub const fn skill(&self) -> Option<&SkillName> {
        match self {
            Self::Set { skill, .. }
            | Self::Add { skill, .. }
            | Self::Rename { skill, .. }
            | Self::Remove(skill)
            | Self::Allow(skill) => Some(skill),
            Self::AddPack(_) | Self::RemovePack(_) => None,
        }
    }

    /// The values that it puts into a manifest.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        let all = match self {
            Self::Set { fields, .. } | Self::Add { fields, .. } => Some(fields.values()),
            Self::Remove(_) | Self::Rename { .. } | Self::Allow(_) | Self::AddPack(_) | Self::RemovePack(_) => None,
        };
        all.into_iter().flatten()
    }
}

/// An agent that gets a manifest of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAgent {
    /// Where the manifest will stand, as paths are shown.
    pub file: String,
    /// Its address.
    pub name: Slug,
    /// How it is found.
    pub lookup: Lookup,
    /// Its packs.
    pub packs: Vec<ProviderKind>,
    /// Its skills.
    pub skills: Vec<(SkillName, BTreeMap<Field, Value>)>,
}

/// Texts after edits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edited {
    /// The manifests that changed, by the path under which they are shown.
    pub manifests: BTreeMap<Arc<str>, String>,
    /// The files beside them that changed, by their path from the project root.
    pub side_files: BTreeMap<String, SideEdit>,
    /// The edits that were not made, by position, and why, as a fragment.
    pub refused: BTreeMap<usize, String>,
}

/// A file beside the manifests, before and after edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideEdit {
    /// What stood in it.
    pub before: String,
    /// What should.
    pub after: String,
}

/// Makes edits in manifests that are sound; `desired` is what they ask for now.
pub fn edit(sources: &Sources, side_files: &dyn SideFiles, desired: &Desired, edits: &[Edit]) -> Edited {
    let manifests = Manifests { sources, side_files, desired };
    let all: Vec<usize> = (0..edits.len()).collect();
    let together = manifests.attempt(edits, &all.iter().copied().collect());
    if together.is_meant || edits.is_empty() {
        let Attempt { manifests, side_files, refused, .. } = together;
        return Edited { manifests, side_files, refused };
    }
    let (mut made, mut refused) = (BTreeSet::new(), BTreeMap::new());
    manifests.admit(edits, &all, &mut made, &mut refused);
    let Attempt { manifests, side_files, .. } = manifests.attempt(edits, &made);
    Edited { manifests, side_files, refused }
}

/// The manifests before the edits.
#[derive(Clone, Copy)]
struct Manifests<'a> {
    sources: &'a Sources,
    side_files: &'a dyn SideFiles,
    desired: &'a Desired,
}

/// What came of making some edits.
struct Attempt {
    manifests: BTreeMap<Arc<str>, String>,
    side_files: BTreeMap<String, SideEdit>,
    refused: BTreeMap<usize, String>,
    /// Whether the manifests mean then what they should and nothing else.
    is_meant: bool,
    /// What would be wrong with them, in a sentence without a period.
    error: Option<String>,
}

impl Manifests<'_> {
    /// Makes some edits besides those that are made already. If together they mean something else than each of them says,
    /// those that do are found by halves.
    fn admit(
        &self,
        edits: &[Edit],
        chosen: &[usize],
        made: &mut BTreeSet<usize>,
        refused: &mut BTreeMap<usize, String>,
    ) {
        if chosen.is_empty() {
            return;
        }
        let with: BTreeSet<usize> = made.iter().chain(chosen).copied().collect();
        let attempt = self.attempt(edits, &with);
        if attempt.is_meant {
            made.extend(chosen.iter().filter(|at| !attempt.refused.contains_key(at)));
            refused.extend(attempt.refused);
        } else if let [at] = chosen {
            let why = attempt.refused.get(at).cloned().or(attempt.error);
            refused.insert(*at, why.unwrap_or_else(|| "what stands there is shared with other places".to_owned()));
        } else {
            let (one, other) = chosen.split_at(chosen.len() / 2);
            self.admit(edits, one, made, refused);
            self.admit(edits, other, made, refused);
        }
    }

    fn attempt(&self, edits: &[Edit], chosen: &BTreeSet<usize>) -> Attempt {
        let Self { sources, side_files, desired } = *self;
        let mut editor = Editor::new(sources, side_files, desired);
        let mut refused = BTreeMap::new();
        let mut made: Vec<&Edit> = Vec::new();
        for (at, edit) in edits.iter().enumerate().filter(|(at, _)| chosen.contains(at)) {
            match editor.make(edit) {
                Ok(()) => made.push(edit),
                Err(why) => {
                    refused.insert(at, why);
                }
            }
        }
        let (manifests, side_texts) = editor.into_changed();
        let mut after = Sources::default();
        for (path, text) in sources.iter() {
            after.insert(Arc::clone(path), manifests.get(path).map_or(&**text, String::as_str));
        }
        let overlay = Overlay::new(side_files, side_texts);
        let reading = read(&after, &overlay, Some(&desired.target)).ok();
        let error = reading.as_ref().and_then(|reading| reading.findings.iter().find(|finding| finding.is_error()));
        let error = error.map(|error| error.message.clone());
        let now = reading.and_then(|reading| reading.desired);
        let is_meant = now.is_some_and(|now| unix(meaning(&now)) == unix(wanted(desired, &made)));
        Attempt { manifests, side_files: overlay.into_texts(), refused, is_meant, error }
    }
}

/// What manifests mean, with every place forgotten.
type Meaning = BTreeMap<Slug, Said>;

/// What is said of an agent, by name.
#[derive(Debug, PartialEq)]
struct Said {
    skills: BTreeMap<SkillName, BTreeMap<Field, Value>>,
    packs: BTreeSet<ProviderKind>,
    absent: BTreeSet<SkillName>,
}

impl Said {
    fn of(agent: &Agent) -> Self {
        let skills = agent.skills.iter().map(|skill| (skill.name.clone(), skill.fields.clone()));
        let presets = agent.presets.iter().map(|preset| (preset.name.clone(), preset.fields.clone()));
        Self {
            skills: skills.chain(presets).collect(),
            packs: agent.packs.iter().map(|used| used.kind.clone()).collect(),
            absent: agent.absent.iter().map(|absent| absent.name.clone()).collect(),
        }
    }
}

fn meaning(desired: &Desired) -> Meaning {
    desired.agents.iter().map(|agent| (agent.name.clone(), Said::of(agent))).collect()
}

/// The same with one form of line ends: a file keeps its own.
fn unix(mut meaning: Meaning) -> Meaning {
    let skills = meaning.values_mut().flat_map(|said| said.skills.values_mut());
    skills.flat_map(BTreeMap::values_mut).for_each(value::to_unix);
    meaning
}

/// What the manifests should mean after edits.
fn wanted(desired: &Desired, edits: &[&Edit]) -> Meaning {
    let mut meaning = meaning(desired);
    for Edit { agent, what } in edits {
        let Some(Said { skills, packs, absent }) = meaning.get_mut(agent) else { continue };
        let presets = |kind| desired.packs.get(kind).into_iter().flat_map(|pack| pack.presets.values());
        let made = desired.agents.iter().find(|other| other.name == *agent);
        match what {
            What::Set { skill, fields } => {
                if let Some(said) = skills.get_mut(skill) {
                    said.extend(fields.clone());
                }
            }
            What::Add { skill, fields } => {
                skills.insert(skill.clone(), fields.clone());
            }
            What::Remove(skill) => {
                skills.remove(skill);
                let recorded = packs.iter().flat_map(presets).find(|recorded| recorded.name == *skill);
                let recorded = recorded.or_else(|| desired.made(made?).find(|recorded| recorded.name == *skill));
                skills.extend(recorded.and_then(recorded_meaning));
            }
            What::Rename { skill, to } => {
                if let Some(fields) = skills.remove(skill) {
                    skills.insert(to.clone(), fields);
                }
            }
            What::Allow(skill) => {
                absent.remove(skill);
            }
            What::AddPack(kind) => {
                packs.insert(kind.clone());
                for (name, fields) in presets(kind).filter_map(recorded_meaning) {
                    skills.entry(name).or_insert(fields);
                }
            }
            What::RemovePack(kind) => {
                packs.remove(kind);
                presets(kind).for_each(|recorded| {
                    skills.remove(&recorded.name);
                });
            }
        }
    }
    meaning
}

/// What a record says of a skill by itself, if it says anything that is managed.
fn recorded_meaning(recorded: &Recorded) -> Option<(SkillName, BTreeMap<Field, Value>)> {
    (!recorded.fields.is_empty()).then(|| (recorded.name.clone(), recorded.fields.clone()))
}

/// The text of a new agent's manifest, beside those of its project.
///
/// # Errors
/// What would be wrong with it, in a sentence without a period.
pub fn new_manifest(
    agent: &NewAgent,
    sources: &Sources,
    side_files: &dyn SideFiles,
    target: &str,
) -> Result<String, String> {
    let strange = || "it would be read as something else".to_owned();
    let text = document::new(agent).ok_or_else(strange)?;
    let mut alone = Sources::default();
    for (path, project) in sources.iter().filter(|(path, _)| super::layout::is_project(Path::new(&***path))) {
        alone.insert(Arc::clone(path), Arc::clone(project));
    }
    alone.insert(agent.file.as_str(), text.as_str());
    let reading = read(&alone, side_files, Some(target)).map_err(|error| error.to_string())?;
    if let Some(error) = reading.findings.into_iter().find(Finding::is_error) {
        return Err(error.message);
    }
    let now = reading.desired.and_then(|desired| desired.agents.into_iter().next()).ok_or_else(strange)?;
    let said = Said {
        skills: agent.skills.iter().cloned().collect(),
        packs: agent.packs.iter().cloned().collect(),
        absent: BTreeSet::new(),
    };
    let is_meant = now.lookup == agent.lookup && Said::of(&now) == said;
    if is_meant { Ok(text) } else { Err(strange()) }
}
