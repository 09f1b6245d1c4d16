//! Declared and absent skills × live ones → steps.

use std::collections::{BTreeMap, BTreeSet};

use super::agent::{ByName, Part};
use super::step::{Action, Hold};
use crate::diff;
use crate::model::{Field, LiveSkill, Place, References, Replace, Skill, SkillName, SkillType};

/// Whether the declared type is another than the live one.
pub(super) fn changes_type(skill: &Skill, live: &LiveSkill) -> bool {
    let current = live.raw.get(Field::SkillType.key()).and_then(|word| word.as_str());
    current.is_some_and(|current| SkillType::read(current) != skill.skill_type)
}

/// Plans the declared skills: renames first, each once its new name is free, then the others by name.
pub(super) fn plan_skills(part: &mut Part<'_>, names: &ByName<'_>) {
    let live = |name: &SkillName| names.get(name).and_then(|skills| skills.first()).copied();
    let renames = renames(&part.agent.skills, names);
    let renamed: BTreeSet<&SkillName> = renames.iter().map(|(skill, _)| &skill.name).collect();
    let taken: BTreeSet<&SkillName> = renames.iter().map(|(_, old)| &old.name).collect();
    for (skill, old) in &renames {
        compare(part, skill, old, Some(&old.name));
    }
    for skill in part.agent.skills.iter().filter(|skill| !renamed.contains(&skill.name)) {
        match live(&skill.name).filter(|live| !taken.contains(&live.name)) {
            Some(live) => compare(part, skill, live, None),
            None => create(part, skill, "it is declared and not there", Vec::new()),
        }
    }
}

/// Which live skills are renamed, in an order in which every new name is free when its turn comes.
fn renames<'a>(skills: &'a [Skill], names: &ByName<'a>) -> Vec<(&'a Skill, &'a LiveSkill)> {
    let mut order: Vec<(&Skill, &LiveSkill)> = Vec::new();
    let mut waiting: Vec<(&Skill, &LiveSkill)> =
        skills.iter().filter_map(|skill| Some((skill, *names.get(skill.was.as_ref()?)?.first()?))).collect();
    loop {
        let left: BTreeSet<&SkillName> = order.iter().map(|(_, old)| &old.name).collect();
        let next = waiting.iter().position(|(skill, _)| !names.contains_key(&skill.name) || left.contains(&skill.name));
        match next {
            Some(at) => order.push(waiting.remove(at)),
            None => return order,
        }
    }
}

fn create(part: &mut Part<'_>, skill: &Skill, reason: &str, needs: Vec<String>) {
    let fields: BTreeMap<Field, _> = skill
        .fields
        .iter()
        .filter(|(_, value)| **value != crate::model::Value::Null)
        .map(|(field, value)| (*field, value.clone()))
        .collect();
    let id = part.skill_step_id(&skill.name);
    part.step(id, Action::Create { name: skill.name.clone(), fields }, &skill.place, reason, needs);
}

fn compare(part: &mut Part<'_>, skill: &Skill, live: &LiveSkill, was: Option<&SkillName>) {
    part.touched.insert(live.id.clone());
    if changes_type(skill, live) {
        replace(part, skill, live);
        return;
    }
    update(part, &skill.name, &skill.fields, &skill.place, live, was);
}

/// Plans an update if anything differs.
pub(super) fn update(
    part: &mut Part<'_>,
    name: &SkillName,
    fields: &BTreeMap<Field, crate::model::Value>,
    place: &Place,
    live: &LiveSkill,
    was: Option<&SkillName>,
) {
    let id = part.skill_step_id(name);
    match diff::fields(fields, &live.raw, part.context.facts) {
        Ok(changes) if changes.is_empty() && was.is_none() => part.draft.unchanged += 1,
        Ok(changes) => {
            let reason = match was {
                Some(was) => format!("it was called `{was}`"),
                None => "the live skill differs from the manifest".to_owned(),
            };
            let action = Action::Update { id: live.id.clone(), name: name.clone(), was: was.cloned(), changes };
            part.step(id, action, place, reason, Vec::new());
        }
        Err(masked) => {
            let message = format!("{masked}; declare it");
            part.hold(id, "update", place, Hold::Masked, message);
        }
    }
}

/// A change of type: the API has no known way to do it in place, so the skill is deleted and made anew, with a new id.
fn replace(part: &mut Part<'_>, skill: &Skill, live: &LiveSkill) {
    let id = part.skill_step_id(&skill.name);
    let current = live.raw.get(Field::SkillType.key()).and_then(|word| word.as_str()).unwrap_or("unknown");
    let change = format!("its type changes from `{current}` to `{}`", skill.skill_type);
    if skill.replace == Replace::Never {
        let message = format!("{change}, which needs a new skill with a new id; say `replace: true` to allow it");
        part.hold(id, "update", &skill.place, Hold::Replace, message);
        return;
    }
    let delete_id = format!("{id}/delete");
    if delete(part, delete_id.clone(), live, &skill.place, &change) {
        create(part, skill, &change, vec![delete_id]);
    }
}

/// Plans what `absent` names.
pub(super) fn plan_absent(part: &mut Part<'_>, names: &ByName<'_>) {
    for absent in &part.agent.absent {
        let Some(live) = names.get(&absent.name).and_then(|skills| skills.first()) else { continue };
        if !part.touched.insert(live.id.clone()) {
            continue;
        }
        let id = part.skill_step_id(&absent.name);
        delete(part, id, live, &absent.place, "the manifest says that it must be absent");
    }
}

/// Plans a delete, or holds it: nothing is deleted that is protected, or that something may refer to.
fn delete(part: &mut Part<'_>, id: String, live: &LiveSkill, place: &Place, reason: &str) -> bool {
    let address = format!("{}/{}", part.agent.name, live.name);
    if part.context.protected.is_match(&address) {
        part.hold(id, "delete", place, Hold::Protected, format!("`policy.protected` covers `{address}`"));
        return false;
    }
    match part.references {
        References::Known(referenced) if !referenced.contains(&live.id) => {
            let action = Action::Delete { id: live.id.clone(), name: live.name.clone() };
            part.step(id, action, place, reason, Vec::new());
            true
        }
        References::Known(_) => {
            let message = format!("caller verification refers to the skill's id `{}`; change that first", live.id);
            part.hold(id, "delete", place, Hold::Referenced, message);
            false
        }
        References::Unknown(why) => {
            let message = format!("whether caller verification refers to it cannot be told ({why})");
            part.hold(id, "delete", place, Hold::Referenced, message);
            false
        }
        References::NotNeeded => {
            let message = "whether caller verification refers to it was not read";
            part.hold(id, "delete", place, Hold::Referenced, message);
            false
        }
    }
}
