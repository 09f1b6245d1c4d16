//! One agent's part of a plan.

use std::collections::{BTreeMap, BTreeSet};

use super::step::{Action, AgentRef, Held, Hold, Step, Unmanaged};
use super::{Context, Draft, pack, skill};
use crate::diag::{Code, Finding};
use crate::diff;
use crate::model::{Agent, Draft as LiveDraft, Field, LiveAgent, LiveSkill, Publish, Replace, SkillId, SkillName};

/// Live skills by name; a name that stands twice keeps both.
pub(super) type ByName<'a> = BTreeMap<&'a SkillName, Vec<&'a LiveSkill>>;

pub(super) fn by_name(skills: &[LiveSkill]) -> ByName<'_> {
    let mut names: ByName<'_> = BTreeMap::new();
    for skill in skills {
        names.entry(&skill.name).or_default().push(skill);
    }
    names
}

/// Whether planning this agent may delete or replace something, so that references to its skills must be known.
pub fn needs_references(agent: &Agent, skills: &[LiveSkill]) -> bool {
    let names = by_name(skills);
    agent.absent.iter().any(|absent| names.contains_key(&absent.name))
        || agent.skills.iter().filter(|skill| skill.replace == Replace::Allowed).any(|skill| {
            let live = [Some(&skill.name), skill.was.as_ref()].into_iter().flatten().filter_map(|name| names.get(name));
            live.flatten().any(|live| skill::changes_type(skill, live))
        })
}

/// Whether planning this agent must know how its draft differs from what callers hear.
pub fn needs_draft(agent: &Agent) -> bool {
    agent.publish == Publish::OnChange
}

/// Plans an agent whose live skills are completely known.
pub(super) fn plan(context: &Context<'_>, agent: &Agent, live: &LiveAgent, skills: &[LiveSkill], draft: &mut Draft) {
    let reference = AgentRef { name: agent.name.clone(), id: live.id.clone() };
    let names = by_name(skills);
    let ambiguous = ambiguous(agent, context, &names);
    if !ambiguous.is_empty() {
        draft.findings.extend(ambiguous);
        return;
    }
    let mut part = Part { context, agent, reference, references: &live.references, draft, touched: BTreeSet::new() };
    let first_step = part.draft.steps.len();
    skill::plan_skills(&mut part, &names);
    pack::plan_packs(&mut part, &names);
    skill::plan_absent(&mut part, &names);
    plan_publish(&mut part, &live.draft, skills, first_step);
    let unreadable = agent.skills.iter().filter(|skill| {
        let live = names.get(&skill.name).and_then(|live| live.first());
        live.is_some_and(|live| diff::has_unreadable_headers(&skill.fields, &live.raw, context.facts))
    });
    for skill in unreadable {
        let message = format!("the headers of `{}` cannot be compared", skill.name);
        part.draft.findings.push(Finding::at(Code::HeadersUnreadable, skill.place.clone(), message));
    }
    let Part { touched, reference, draft, .. } = part;
    draft.unmanaged.extend(skills.iter().filter(|skill| !touched.contains(&skill.id)).map(|skill| Unmanaged {
        agent: reference.clone(),
        name: skill.name.clone(),
        id: skill.id.clone(),
        skill_type: skill.raw.get(Field::SkillType.key()).and_then(|word| word.as_str()).map(str::to_owned),
    }));
}

/// What planning one agent works on.
pub(super) struct Part<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) agent: &'a Agent,
    pub(super) reference: AgentRef,
    pub(super) references: &'a crate::model::References,
    pub(super) draft: &'a mut Draft,
    /// Live skills that a manifest speaks of.
    pub(super) touched: BTreeSet<SkillId>,
}

impl Part<'_> {
    pub(super) fn skill_step_id(&self, name: &SkillName) -> String {
        format!("{}/skill/{name}", self.agent.name)
    }

    pub(super) fn step(
        &mut self,
        id: String,
        action: Action,
        place: &crate::model::Place,
        reason: impl Into<String>,
        needs: Vec<String>,
    ) {
        self.draft.steps.push(Step {
            id,
            agent: self.reference.clone(),
            action,
            place: place.clone(),
            reason: reason.into(),
            needs,
        });
    }

    pub(super) fn hold(
        &mut self,
        id: String,
        action: &'static str,
        place: &crate::model::Place,
        hold: Hold,
        message: impl Into<String>,
    ) {
        self.draft.held.push(Held {
            id,
            agent: self.reference.clone(),
            action,
            place: place.clone(),
            hold,
            message: message.into(),
        });
    }
}

/// A name that the manifest speaks of must be one live skill's at most.
fn ambiguous(agent: &Agent, context: &Context<'_>, names: &ByName<'_>) -> Vec<Finding> {
    let skills = agent.skills.iter().map(|skill| (&skill.name, &skill.place));
    let former = agent.skills.iter().filter_map(|skill| Some((skill.was.as_ref()?, &skill.place)));
    let presets = agent.packs.iter().filter_map(|used| Some((context.packs.get(&used.kind)?, &used.place)));
    let presets = presets.flat_map(|(pack, place)| pack.presets.keys().map(move |name| (name, place)));
    let absent = agent.absent.iter().map(|absent| (&absent.name, &absent.place));
    skills
        .chain(former)
        .chain(presets)
        .chain(absent)
        .filter_map(|(name, place)| {
            let live = names.get(name).filter(|live| live.len() > 1)?;
            let ids = live.iter().map(|skill| format!("`{}`", skill.id)).collect::<Vec<_>>().join(" and ");
            let message = format!("`{}` has more than one live skill called `{name}`: {ids}", agent.name);
            Some(
                Finding::at(Code::SkillAmbiguous, place.clone(), message)
                    .help("remove or rename one of them in the dashboard"),
            )
        })
        .collect()
}

/// Publishes whenever the draft differs from what callers hear, or will after the steps before.
fn plan_publish(part: &mut Part<'_>, draft: &LiveDraft, skills: &[LiveSkill], first_step: usize) {
    let agent = part.agent;
    let id = format!("{}/publish", agent.name);
    let needs: Vec<String> = part.draft.steps.iter().skip(first_step).map(|step| step.id.clone()).collect();
    if agent.publish == Publish::Never {
        return;
    }
    match draft {
        LiveDraft::NotNeeded => {}
        LiveDraft::NeverPublished => {
            let reason = "the agent has never been published";
            part.step(id, Action::Publish { draft: Vec::new() }, &agent.place, reason, needs);
        }
        LiveDraft::Differs(fields) if fields.is_empty() && needs.is_empty() => {}
        LiveDraft::Differs(fields) => {
            let foreign: Vec<&str> =
                fields.iter().map(String::as_str).filter(|field| !is_ours(part, skills, field)).collect();
            if foreign.is_empty() {
                let reason = "callers hear the draft only once it is published";
                part.step(id, Action::Publish { draft: fields.clone() }, &agent.place, reason, needs);
            } else {
                let message = format!(
                    "publishing would also ship changes that no manifest declares: {}; publish or undo them in the dashboard first",
                    foreign.join(", ")
                );
                part.hold(id, "publish", &agent.place, Hold::ForeignDraft, message);
            }
        }
        LiveDraft::Unknown(why) => {
            let message = format!("what publishing would ship cannot be told ({why})");
            part.hold(id, "publish", &agent.place, Hold::ForeignDraft, message);
        }
    }
}

/// Whether a changed field of the draft belongs to a skill that the manifests speak of, by its name or its id.
fn is_ours(part: &Part<'_>, skills: &[LiveSkill], field: &str) -> bool {
    let is_named = |name: &SkillName| field.split('/').any(|segment| segment == name.as_str());
    let agent = part.agent;
    let ids = skills.iter().filter(|skill| part.touched.contains(&skill.id)).map(|skill| &skill.id);
    let presets = agent.packs.iter().filter_map(|used| part.context.packs.get(&used.kind));
    agent.skills.iter().any(|skill| is_named(&skill.name) || skill.was.as_ref().is_some_and(is_named))
        || presets.flat_map(|pack| pack.presets.keys()).any(is_named)
        || agent.absent.iter().any(|absent| is_named(&absent.name))
        || ids.into_iter().any(|id| field.split(['/', '.', '[', ']']).any(|segment| segment == id.as_str()))
}
