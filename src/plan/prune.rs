//! What must not be there: tombstones, and on an agent that is pruned whole, whatever no manifest declares.

use std::collections::{BTreeMap, BTreeSet};

use super::agent::ByName;
use super::part::Part;
use super::skill::{Going, delete};
use super::step::{Action, Hold, Subject, Verb};
use crate::diag::{Code, Finding};
use crate::diff::{self, DeclaredWords, LiveWords};
use crate::model::{Absent, Field, LiveSkill, Place, Protection, Prune, SkillName, SkillType, Tombstone, Value};

/// From so many per cent on, a skill that comes is taken for one that goes, under a new name.
pub const ALIKE: usize = 80;

/// A live skill that is to go.
struct Unwanted<'a> {
    live: &'a LiveSkill,
    place: &'a Place,
    why: Why,
}

/// Why a live skill is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// `absent` names it.
    Stated,
    /// The base revision declared it, and the manifests no longer do.
    Removed,
    /// No manifest declares it, and the agent is pruned whole.
    Undeclared,
}

impl Why {
    const fn reason(self) -> &'static str {
        match self {
            Self::Stated => "the manifest says that it must be absent",
            Self::Removed => "the manifests no longer declare it, and the agent says `prune`",
            Self::Undeclared => "no manifest declares it, and the agent says `prune: all`",
        }
    }
}

/// Plans what must not be there. What would go while one like it comes is held, together with what comes: a rename keeps
/// the skill's id and everything that refers to it.
pub(super) fn plan_unwanted<'l, 'a: 'l>(part: &mut Part<'a>, skills: &'l [LiveSkill], names: &ByName<'l>) {
    let mut unwanted = absent(part, names);
    unwanted.extend(undeclared(part, skills));
    let pruned = unwanted.iter().filter(|unwanted| unwanted.why != Why::Stated);
    let made = made(part);
    let alike: BTreeMap<&str, Vec<Alike>> =
        pruned.map(|unwanted| (unwanted.live.id.as_str(), alike(&made, unwanted.live))).collect();
    hold_made(part, &unwanted, &alike);
    for Unwanted { live, place, why } in unwanted {
        let subject = || Subject::live_skill(&live.name, live);
        if let Some(Alike { percent, made, .. }) = alike.get(live.id.as_str()).and_then(|all| all.first()) {
            let message = format!("`{made}`, which would be made, is {percent} % the same; see there");
            part.hold(Verb::Delete, subject(), place, Hold::Rename, message);
        } else if let (Why::Removed | Why::Undeclared, Some(why)) = (why, &part.agent.guards.no_prune) {
            part.hold(Verb::Delete, subject(), place, Hold::Uncertain, why.clone());
        } else {
            let going = Going { live, by: None, protection: Protection::None, place, reason: why.reason() };
            let _settled = delete(part, &going, Vec::new());
        }
    }
}

/// The live skills that tombstones name.
fn absent<'l, 'a: 'l>(part: &mut Part<'a>, names: &ByName<'l>) -> Vec<Unwanted<'l>> {
    let agent = part.agent;
    let mut unwanted = Vec::new();
    for Absent { name, tombstone, place } in &agent.absent {
        let Some(live) = names.get(name).and_then(|skills| skills.first()) else { continue };
        let is_preset = agent.guards.has_preset(name) && *tombstone == Tombstone::Removed;
        if !is_preset && part.touched.insert(live.id.clone()) {
            let why = match tombstone {
                Tombstone::Stated => Why::Stated,
                Tombstone::Removed => Why::Removed,
            };
            unwanted.push(Unwanted { live, place, why });
        }
    }
    unwanted
}

/// The live skills that no manifest speaks of, on an agent of which the manifests are all there should be. What a pack
/// installed, or may have, is spoken of; and of two skills of one name flowops picks none.
fn undeclared<'l, 'a: 'l>(part: &mut Part<'a>, skills: &'l [LiveSkill]) -> Vec<Unwanted<'l>> {
    let agent = part.agent;
    if agent.prune != Prune::All {
        return Vec::new();
    }
    let recorded: BTreeSet<&SkillName> = part.context.desired.recorded().map(|recorded| &recorded.name).collect();
    let unrecorded = part.context.desired.unrecorded(agent);
    let mut unwanted = Vec::new();
    for live in skills {
        let is_preset = recorded.contains(&live.name) || agent.guards.has_preset(&live.name);
        if is_preset || !part.touched.insert(live.id.clone()) {
            continue;
        }
        let subject = || Subject::live_skill(&live.name, live);
        let twins = skills.iter().filter(|other| other.name == live.name).count();
        if part.renamed.contains(&live.id) {
            let message = "it looks like a preset of a pack under another name; see there";
            part.hold(Verb::Delete, subject(), &agent.place, Hold::PresetRenamed, message);
        } else if let Some(kind) = unrecorded {
            let message = format!("whether it is a preset of `{kind}` cannot be told; record that pack");
            part.hold(Verb::Delete, subject(), &agent.place, Hold::NotRecorded, message);
        } else if twins > 1 {
            let message = format!("{twins} live skills have this name; remove or rename them in the dashboard");
            part.hold(Verb::Delete, subject(), &agent.place, Hold::Uncertain, message);
        } else {
            unwanted.push(Unwanted { live, place: &agent.place, why: Why::Undeclared });
        }
    }
    unwanted
}

/// Takes out of the plan what would be made in the stead of something that would go.
fn hold_made(part: &mut Part<'_>, unwanted: &[Unwanted<'_>], alike: &BTreeMap<&str, Vec<Alike>>) {
    let steps = std::mem::take(&mut part.steps);
    for step in steps {
        let of_step = |one: &&Unwanted<'_>| {
            let all = alike.get(one.live.id.as_str()).map(Vec::as_slice).unwrap_or_default();
            all.iter().find(|alike| alike.step == step.id).map(|alike| alike.percent)
        };
        let closest = unwanted.iter().filter_map(|one| Some((of_step(&one)?, one))).max_by_key(|(percent, _)| *percent);
        let Some((percent, one)) = closest else {
            part.steps.push(step);
            continue;
        };
        let name = &one.live.name;
        let message = format!(
            "it is {percent} % the same as `{name}`, which would be deleted: say `was: {name}` on it to rename, or name \
             `{name}` in `absent` to delete it and make a new one"
        );
        part.hold(Verb::Create, step.action.subject(), &step.place, Hold::Rename, message);
    }
}

/// Says which new skills look like live ones that no manifest speaks of: a rename that nobody stated leaves both.
pub(super) fn find_renames(part: &mut Part<'_>, skills: &[LiveSkill]) {
    let mut found = Vec::new();
    let made = made(part);
    for live in skills.iter().filter(|live| !part.touched.contains(&live.id)) {
        let all = alike(&made, live);
        let Some(Alike { percent, step, .. }) = all.first() else { continue };
        let Some(place) = part.steps.iter().find(|other| other.id == *step).map(|step| step.place.clone()) else {
            continue;
        };
        let message = format!("{step} is {percent} % the same as the live `{}`, which no manifest declares", live.name);
        let help = format!("if it was renamed, say `was: {}` on it", live.name);
        found.push(Finding::at(Code::LooksRenamed, place, message).help(help));
    }
    part.findings.extend(found);
}

/// A step that would make a skill much like a live one.
struct Alike {
    percent: usize,
    /// The step's id.
    step: String,
    /// The skill that it would make.
    made: SkillName,
}

/// A step that would make a skill.
struct Made {
    /// The step's id.
    step: String,
    name: SkillName,
    skill_type: Option<SkillType>,
    words: DeclaredWords,
}

/// The steps that would make skills, but for those that are made in another's stead.
fn made(part: &Part<'_>) -> Vec<Made> {
    let made = part.steps.iter().filter(|step| step.needs.is_empty()).filter_map(|step| match &step.action {
        Action::Create { name, fields } => Some(Made {
            step: step.id.clone(),
            name: name.clone(),
            skill_type: fields.get(&Field::SkillType).and_then(Value::as_text).map(SkillType::read),
            words: DeclaredWords::new(fields),
        }),
        Action::Update { .. }
        | Action::UpdatePreset { .. }
        | Action::Delete { .. }
        | Action::Install { .. }
        | Action::Publish { .. } => None,
    });
    made.collect()
}

/// The steps that would make skills much like a live one, the most alike first.
fn alike(made: &[Made], live: &LiveSkill) -> Vec<Alike> {
    let skill_type = live.skill_type().map(SkillType::read);
    let mut same_type =
        made.iter().filter(|made| made.skill_type.is_some() && made.skill_type == skill_type).peekable();
    if same_type.peek().is_none() {
        return Vec::new();
    }
    let words = LiveWords::new(&live.raw);
    let near = same_type.filter(|made| diff::may_be_alike(&made.words, &words, ALIKE));
    let near = near.map(|made| Alike {
        percent: diff::likeness(&made.words, &words),
        step: made.step.clone(),
        made: made.name.clone(),
    });
    let mut alike: Vec<Alike> = near.filter(|alike| alike.percent >= ALIKE).collect();
    alike.sort_by(|one, other| other.percent.cmp(&one.percent).then_with(|| one.step.cmp(&other.step)));
    alike
}
