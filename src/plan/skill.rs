//! Declared and absent skills × live ones → steps.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Context;
use super::agent::ByName;
use super::ignored::Names;
use super::part::Part;
use super::step::{Action, Former, Hold, Subject, Verb};
use crate::diag::{Code, Finding};
use crate::diff::{self, Seen};
use crate::model::{
    Field, Geocode, LiveSkill, Moved, Place, Preset, Protection, References, Replace, Skill, SkillName, SkillType,
    Value,
};

/// Whether the declared type is another than the live one.
pub(super) fn changes_type(skill: &Skill, live: &LiveSkill) -> bool {
    live.skill_type().is_some_and(|current| SkillType::read(current) != skill.skill_type)
}

/// A skill, or a preset, as it must be.
pub(super) struct Wanted<'a> {
    name: &'a SkillName,
    names: Names<'a>,
    fields: &'a BTreeMap<Field, Value>,
    place: &'a Place,
    geocode: Geocode,
}

impl<'a> From<&'a Skill> for Wanted<'a> {
    fn from(skill: &'a Skill) -> Self {
        Self {
            name: &skill.name,
            names: skill.into(),
            fields: &skill.fields,
            place: &skill.place,
            geocode: skill.geocode,
        }
    }
}

impl<'a> From<&'a Preset> for Wanted<'a> {
    fn from(preset: &'a Preset) -> Self {
        Self {
            name: &preset.name,
            names: preset.into(),
            fields: &preset.fields,
            place: &preset.place,
            geocode: Geocode::Never,
        }
    }
}

/// What became of something that others may need: the step's id, if there has to be one; or that it was held.
pub(super) type Planned = Result<Option<String>, OnHold>;

/// Something is held, so what needs it is held, too.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnHold;

/// Plans the declared skills: renames first, each once its new name is free, then the others by name.
///
/// Whoever takes a name that a rename frees needs that rename: if it is held or fails, the name is still another's.
pub(super) fn plan_skills(part: &mut Part<'_>, names: &ByName<'_>) {
    let (order, contested) = renames(&part.agent.skills, names);
    let moved: BTreeSet<&SkillName> = order.iter().map(|(skill, _)| &skill.name).collect();
    let mut freed: BTreeMap<&SkillName, Planned> = BTreeMap::new();
    for (skill, old) in &order {
        let planned = if let Ok(needs) = waiting_for(&freed, &skill.name) {
            compare(part, skill, old, Some(&old.name), needs)
        } else {
            part.touched.insert(old.id.clone());
            Err(hold_for_name(part, skill, Some(old)))
        };
        freed.insert(&old.name, planned);
    }
    for skill in part.agent.skills.iter().filter(|skill| !moved.contains(&skill.name)) {
        let live = names.get(&skill.name).and_then(|skills| skills.first());
        let _settled = match (live.filter(|live| !freed.contains_key(&live.name)), waiting_for(&freed, &skill.name)) {
            (Some(live), _) => match contested.iter().find(|(other, _)| other.name == skill.name) {
                Some((_, former)) if skill.replace == Replace::Allowed && changes_type(skill, live) => {
                    part.touched.insert(live.id.clone());
                    Err(hold_for_former_name(part, skill, live, former))
                }
                Some(_) | None => compare(part, skill, live, None, Vec::new()),
            },
            (None, Ok(needs)) => Ok(Some(create(part, skill, &skill.fields, "it is declared and not there", needs))),
            (None, Err(OnHold)) => Err(hold_for_name(part, skill, None)),
        };
    }
}

fn waiting_for(freed: &BTreeMap<&SkillName, Planned>, name: &SkillName) -> Result<Vec<String>, OnHold> {
    match freed.get(name) {
        None => Ok(Vec::new()),
        Some(Ok(step)) => Ok(step.iter().cloned().collect()),
        Some(Err(OnHold)) => Err(OnHold),
    }
}

/// Holds the rename of a live skill, or a new one, since its name is still another's.
fn hold_for_name(part: &mut Part<'_>, skill: &Skill, live: Option<&LiveSkill>) -> OnHold {
    let (verb, subject) = match live {
        Some(live) => (Verb::Update, Subject::live_skill(&skill.name, live)),
        None => (Verb::Create, Subject::new_skill(&skill.name)),
    };
    let message =
        format!("the live skill that is called `{}` now keeps its name, since its change is held", skill.name);
    part.hold(verb, subject, &skill.place, Hold::Needs, message);
    OnHold
}

/// A run that ends between the delete and the create would leave the next one to take the other skill for this one.
fn hold_for_former_name(part: &mut Part<'_>, skill: &Skill, live: &LiveSkill, former: &LiveSkill) -> OnHold {
    let message = format!(
        "its type changes, which needs a new skill, and its former name `{}` is another live skill's; remove `was`, or that skill, first",
        former.name
    );
    part.hold(Verb::Update, Subject::live_skill(&skill.name, live), &skill.place, Hold::Replace, message);
    OnHold
}

pub(super) type Renames<'a> = Vec<(&'a Skill, &'a LiveSkill)>;

/// Which live skills are renamed, in an order in which every new name is free when its turn comes; and which are not,
/// since the new name never is.
///
/// A `was` stays in the manifest after its rename. So a live skill that stands under a declared name is renamed away only
/// if another one comes to take that name; otherwise it is the declared skill itself.
pub(super) fn renames<'a>(skills: &'a [Arc<Skill>], names: &ByName<'a>) -> (Renames<'a>, Renames<'a>) {
    let mut order: Renames<'a> = Vec::new();
    let mut waiting: Renames<'a> =
        skills.iter().filter_map(|skill| Some((&**skill, *names.get(skill.was.as_ref()?)?.first()?))).collect();
    loop {
        let coming: BTreeSet<&SkillName> = waiting.iter().map(|(skill, _)| &skill.name).collect();
        let stays = |name: &SkillName| skills.iter().any(|skill| skill.name == *name) && !coming.contains(name);
        let Some(stale) = waiting.iter().position(|(_, old)| stays(&old.name)) else { break };
        waiting.remove(stale);
    }
    loop {
        let left: BTreeSet<&SkillName> = order.iter().map(|(_, old)| &old.name).collect();
        let next = waiting.iter().position(|(skill, _)| !names.contains_key(&skill.name) || left.contains(&skill.name));
        match next {
            Some(at) => order.push(waiting.remove(at)),
            None => return (order, waiting),
        }
    }
}

fn create(
    part: &mut Part<'_>,
    skill: &Skill,
    fields: &BTreeMap<Field, Value>,
    reason: &str,
    needs: Vec<String>,
) -> String {
    let fields = made_of(fields).map(|(field, value)| (*field, value.clone())).collect();
    let id = part.step(Action::Create { name: skill.name.clone(), fields }, &skill.place, reason, needs);
    part.geocode(skill.geocode);
    id
}

/// What a skill is made of: `null` clears, and there is nothing to clear yet.
pub(super) fn made_of(fields: &BTreeMap<Field, Value>) -> impl Iterator<Item = (&Field, &Value)> {
    fields.iter().filter(|(_, value)| **value != Value::Null)
}

/// Compares a declared skill with its live one. What is given back is the step after which its old name is free.
fn compare(
    part: &mut Part<'_>,
    skill: &Skill,
    live: &LiveSkill,
    was: Option<&SkillName>,
    needs: Vec<String>,
) -> Planned {
    part.touched.insert(live.id.clone());
    if changes_type(skill, live) {
        return replace(part, skill, live, needs);
    }
    update(part, &Wanted::from(skill), live, was, needs)
}

/// Counts the places in which live differs from what is declared, and not from what rules leave of it.
fn count_ignored(
    part: &mut Part<'_>,
    declared: &BTreeMap<Field, Value>,
    left: &BTreeMap<Field, Value>,
    live: &LiveSkill,
) {
    let of = |fields| diff::differences(fields, &live.raw, part.facts).len() as u64;
    part.ignored += of(declared).saturating_sub(of(left));
}

/// Plans an update if anything differs.
pub(super) fn update(
    part: &mut Part<'_>,
    wanted: &Wanted<'_>,
    live: &LiveSkill,
    was: Option<&SkillName>,
    needs: Vec<String>,
) -> Planned {
    let Wanted { name, names, fields, place, geocode } = *wanted;
    let managed = part.managed(names, fields);
    if let Cow::Owned(managed) = &managed {
        count_ignored(part, fields, managed, live);
    }
    match diff::fields(&managed, &live.raw, part.facts) {
        Ok(changes) if changes.is_empty() && was.is_none() => {
            part.unchanged += 1;
            Ok(None)
        }
        Ok(changes) => {
            let reason = match was {
                Some(was) => format!("it was called `{was}`"),
                None => "the live skill differs from the manifest".to_owned(),
            };
            if diff::may_drop_headers(&changes, &SkillType::read(live.skill_type().unwrap_or_default()), part.facts) {
                let message = format!("headers of `{name}` that no manifest states may be lost with this change");
                let help = "state `headers` in its `executionConfig`, or `headers: {}` if it has none";
                part.findings.push(Finding::at(Code::HeadersUnreadable, place.clone(), message).help(help));
            }
            let seen = Seen::new(live, managed.keys());
            let was = was.map(|was| Former { name: was.clone(), moved: Moved::Unknown });
            let action = Action::Update { id: live.id.clone(), name: name.clone(), was, changes, seen };
            let id = part.step(action, place, reason, needs);
            part.geocode(geocode);
            Ok(Some(id))
        }
        Err(masked) => {
            part.hold(
                Verb::Update,
                Subject::live_skill(name, live),
                place,
                Hold::Masked,
                format!("{masked}; declare it"),
            );
            Err(OnHold)
        }
    }
}

/// A change of type: the API has no known way to do it in place, so the skill is deleted and made anew, with a new id.
/// It is not even deleted before its new name is free, or nothing might come in its place.
fn replace(part: &mut Part<'_>, skill: &Skill, live: &LiveSkill, mut needs: Vec<String>) -> Planned {
    let subject = || Subject::live_skill(&skill.name, live);
    let current = live.skill_type().unwrap_or("unknown");
    let change = format!("its type changes from `{current}` to `{}`", skill.skill_type);
    if skill.replace == Replace::Never {
        let message = format!("{change}, which needs a new skill with a new id; say `replace: true` to allow it");
        part.hold(Verb::Update, subject(), &skill.place, Hold::Replace, message);
        return Err(OnHold);
    }
    let Context { ignored, .. } = part.context;
    let fields = match ignored.carried(&part.agent.name, skill.into(), &skill.fields, live, part.facts) {
        Ok(fields) => fields,
        Err(lost) => {
            part.hold(Verb::Update, subject(), &skill.place, Hold::Ignored, lost.to_string());
            return Err(OnHold);
        }
    };
    let (protection, place) = (skill.protection, &skill.place);
    let going = Going { live, by: Some(&skill.name), protection, place, reason: &change };
    let deleted = delete(part, &going, needs.clone())?;
    needs.extend(deleted.clone());
    if let Cow::Owned(fields) = &fields {
        count_ignored(part, &skill.fields, fields, live);
    }
    create(part, skill, &fields, &change, needs);
    Ok(deleted)
}

/// A live skill that is to go.
pub(super) struct Going<'a> {
    pub(super) live: &'a LiveSkill,
    /// The skill that is made in its stead.
    pub(super) by: Option<&'a SkillName>,
    pub(super) protection: Protection,
    pub(super) place: &'a Place,
    pub(super) reason: &'a str,
}

/// Plans a delete, or holds it: nothing is deleted that is protected, or that something may refer to.
pub(super) fn delete(part: &mut Part<'_>, going: &Going<'_>, needs: Vec<String>) -> Planned {
    let Going { live, by, protection, place, reason } = *going;
    let head = Arc::clone(&part.live);
    let action = || {
        let seen = Seen::new(live, Field::ALL);
        Action::Delete { id: live.id.clone(), name: live.name.clone(), by: by.cloned(), seen }
    };
    let address = format!("{}/{}", part.agent.name, live.name);
    let guards = &part.agent.guards;
    let names = guards.addresses().chain([&part.agent.name]);
    let is_protected = names.map(|name| format!("{name}/{}", live.name)).any(|it| part.context.protected.is_match(it));
    let (hold, message) = match &head.references {
        _ if guards.no_deletes.is_some() => (Hold::Uncertain, guards.no_deletes.clone().unwrap_or_default()),
        _ if protection == Protection::Protected || guards.protects(&live.name) => {
            (Hold::Protected, format!("`protect: true` covers `{address}`, or did at the base revision"))
        }
        _ if is_protected => (Hold::Protected, format!("`policy.protected` covers `{address}`")),
        References::Known(referenced) if !referenced.contains(&live.id) => {
            return Ok(Some(part.step(action(), place, reason, needs)));
        }
        References::Known(_) => {
            let message = format!("caller verification refers to the skill's id `{}`; change that first", live.id);
            (Hold::Referenced, message)
        }
        References::Unknown(why) => {
            (Hold::Referenced, format!("whether caller verification refers to it cannot be told ({why})"))
        }
        References::NotNeeded => (Hold::Referenced, "whether caller verification refers to it was not read".to_owned()),
    };
    part.hold(Verb::Delete, action().subject(), place, hold, message);
    Err(OnHold)
}
