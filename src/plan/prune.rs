//! What must not be there: tombstones, and on an agent that is pruned whole, whatever no manifest declares.

use super::agent::ByName;
use super::part::Part;
use super::skill::delete;
use super::step::{Action, Hold, Step, Subject, Verb};
use crate::diag::{Code, Finding};
use crate::diff;
use crate::model::{Absent, Field, LiveSkill, Place, Protection, Prune, SkillType, Tombstone, Value};

/// From so many per cent on, a skill that comes is taken for one that goes, under a new name.
const ALIKE: u32 = 80;

/// Plans what `absent` names, and what the manifests no longer declare.
pub(super) fn plan_absent(part: &mut Part<'_>, names: &ByName<'_>) {
    let agent = part.agent;
    for Absent { name, tombstone, protection, place } in &agent.absent {
        let Some(live) = names.get(name).and_then(|skills| skills.first()) else { continue };
        if !part.touched.insert(live.id.clone()) {
            continue;
        }
        let reason = match tombstone {
            Tombstone::Stated => "the manifest says that it must be absent",
            Tombstone::Removed => "the manifests no longer declare it, and the agent says `prune`",
        };
        if *tombstone == Tombstone::Stated || !is_rename(part, live, place) {
            let _settled = delete(part, part.skill_id(name), live, *protection, place, reason, Vec::new());
        }
    }
}

/// Plans the live skills that no manifest speaks of, on an agent of which the manifests are all there should be.
pub(super) fn plan_rest(part: &mut Part<'_>) {
    let agent = part.agent;
    if agent.prune != Prune::All {
        return;
    }
    let unrecorded = agent.packs.iter().find(|used| !part.context.packs.contains_key(&used.kind));
    for live in part.skills {
        if !part.touched.insert(live.id.clone()) {
            continue;
        }
        let id = part.skill_id(&live.name);
        if let Some(pack) = unrecorded {
            let message = format!("whether it is a preset of `{}` cannot be told; record that pack", pack.kind);
            part.hold(id, Verb::Delete, &agent.place, Hold::NotRecorded, message);
        } else if !is_rename(part, live, &agent.place) {
            let reason = "no manifest declares it, and the agent says `prune: all`";
            let _settled = delete(part, id, live, Protection::None, &agent.place, reason, Vec::new());
        }
    }
}

/// Says which new skills look like live ones that no manifest speaks of: a rename that nobody stated leaves both.
pub(super) fn find_renames(part: &mut Part<'_>) {
    let mut found = Vec::new();
    for live in part.skills.iter().filter(|live| !part.touched.contains(&live.id)) {
        let Some(Alike { percent, at }) = most_alike(part, live) else { continue };
        let Some(step) = part.steps.get(at) else { continue };
        let message =
            format!("{} is {percent} % the same as the live `{}`, which no manifest declares", step.id, live.name);
        let help = format!("if it was renamed, say `was: {}` on it", live.name);
        found.push(Finding::at(Code::LooksRenamed, step.place.clone(), message).help(help));
    }
    part.findings.extend(found);
}

/// Whether a skill that would be deleted looks like one that would be made, under another name. Then neither is done,
/// since a rename keeps the skill's id and everything that refers to it.
fn is_rename(part: &mut Part<'_>, live: &LiveSkill, place: &Place) -> bool {
    let Some(Alike { percent, at }) = most_alike(part, live) else { return false };
    let Step { id, action, place: made, .. } = part.steps.remove(at);
    let way_out =
        format!("say `was: {}` on it to rename, or name `{0}` in `absent` to delete it and make a new one", live.name);
    let message = format!("it is {percent} % the same as `{}`, which would be deleted: {way_out}", live.name);
    let gone = match action.subject() {
        Subject::Skill(name) => format!("`{name}`, which would be made, is {percent} % the same; see there"),
        Subject::Pack(_) | Subject::Draft => String::new(),
    };
    part.hold(id, Verb::Create, &made, Hold::Rename, message);
    part.hold(part.skill_id(&live.name), Verb::Delete, place, Hold::Rename, gone);
    true
}

/// A step that would make a skill much like a live one.
struct Alike {
    percent: u32,
    /// Which step of the part.
    at: usize,
}

/// The step that would make the skill that is most like a live one, if any is enough.
fn most_alike(part: &Part<'_>, live: &LiveSkill) -> Option<Alike> {
    let made = part.steps.iter().enumerate().filter_map(|(at, step)| match &step.action {
        Action::Create { name: _, fields } if step.needs.is_empty() && is_type(fields.get(&Field::SkillType), live) => {
            Some((diff::likeness(fields, &live.raw), at))
        }
        Action::Create { .. }
        | Action::Update { .. }
        | Action::UpdatePreset { .. }
        | Action::Delete { .. }
        | Action::Install { .. }
        | Action::Publish { .. } => None,
    });
    made.max().filter(|(percent, _)| *percent >= ALIKE).map(|(percent, at)| Alike { percent, at })
}

fn is_type(declared: Option<&Value>, live: &LiveSkill) -> bool {
    let declared = declared.and_then(Value::as_text).map(SkillType::read);
    declared.is_some() && declared == live.skill_type().map(SkillType::read)
}
