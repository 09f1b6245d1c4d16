//! What planning one agent works on, and the two ways in which something enters a plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::ignored::Names;
use super::meaning::Meaning;
use super::step::{Action, AgentRef, Held, Hold, Step, Subject, Verb};
use crate::diag::Finding;
use crate::model::{Agent, Field, Geocode, LiveAgent, LiveSkill, Moved, Place, SkillId, SkillName, Value};

/// One agent's part of a plan while it is made.
pub(super) struct Part<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) agent: &'a Agent,
    pub(super) live: &'a LiveAgent,
    /// Its live skills, all of them.
    pub(super) skills: &'a [LiveSkill],
    pub(super) reference: AgentRef,
    pub(super) steps: Vec<Step>,
    pub(super) held: Vec<Held>,
    pub(super) findings: Vec<Finding>,
    pub(super) unchanged: u64,
    /// Differences that rules leave to others.
    pub(super) ignored: u64,
    /// Live skills that a manifest speaks of.
    pub(super) touched: BTreeSet<SkillId>,
    /// Live skills that no manifest speaks of, and that look like presets under another name.
    pub(super) renamed: BTreeSet<SkillId>,
}

impl<'a> Part<'a> {
    pub(super) fn new(
        context: &'a Context<'a>,
        agent: &'a Agent,
        live: &'a LiveAgent,
        skills: &'a [LiveSkill],
    ) -> Self {
        Self {
            context,
            agent,
            live,
            skills,
            reference: AgentRef { name: agent.name.clone(), id: live.id.clone() },
            steps: Vec::new(),
            held: Vec::new(),
            findings: Vec::new(),
            unchanged: 0,
            ignored: 0,
            touched: BTreeSet::new(),
            renamed: BTreeSet::new(),
        }
    }

    /// What of a declared skill is managed once it is there.
    pub(super) fn managed<'f>(
        &self,
        names: Names<'_>,
        fields: &'f BTreeMap<Field, Value>,
    ) -> Cow<'f, BTreeMap<Field, Value>> {
        self.context.ignored.managed(&self.agent.name, names, fields)
    }

    /// Whether the manifest says anything of a live skill of this name.
    pub(super) fn speaks_of(&self, name: &SkillName) -> bool {
        let Agent { skills, absent, .. } = self.agent;
        skills.iter().any(|skill| skill.name == *name || skill.was.as_ref() == Some(name))
            || absent.iter().any(|absent| absent.name == *name)
            || self.context.desired.preset(self.agent, name).is_some()
    }

    /// How many live skills the manifest says nothing of.
    pub(super) fn strangers(&self) -> usize {
        self.skills.iter().filter(|skill| !self.speaks_of(&skill.name)).count()
    }

    /// The address of a step that is done to something of this agent.
    pub(super) fn address(&self, subject: &Subject) -> String {
        subject.address(&self.agent.name)
    }

    /// Adds a step and gives its id.
    pub(super) fn step(
        &mut self,
        action: Action,
        place: &Place,
        reason: impl Into<String>,
        needs: Vec<String>,
    ) -> String {
        let id = self.address(&action.subject());
        self.steps.push(Step {
            id: id.clone(),
            agent: self.reference.clone(),
            action,
            place: place.clone(),
            reason: reason.into(),
            needs,
            moved: Moved::Unknown,
            meaning: Meaning::default(),
            geocode: Geocode::Never,
        });
        id
    }

    /// Lets the step that was added last ask for coordinates before it is done, if its skill wants that.
    pub(super) fn geocode(&mut self, geocode: Geocode) {
        if let Some(step) = self.steps.last_mut() {
            step.geocode = geocode;
        }
    }

    /// Adds something that is wanted and not done.
    pub(super) fn hold(&mut self, verb: Verb, subject: Subject, place: &Place, hold: Hold, message: impl Into<String>) {
        self.held.push(Held {
            id: self.address(&subject),
            agent: self.reference.clone(),
            verb,
            subject,
            place: place.clone(),
            hold,
            message: message.into(),
            moved: Moved::Unknown,
            meaning: Meaning::default(),
            differences: Vec::new(),
        });
    }

    /// Adds a step that a guard holds.
    pub(super) fn hold_step(&mut self, step: Step, hold: Hold, message: impl Into<String>) {
        let Step { id, agent, action, place, reason: _, needs: _, moved, meaning, geocode: _ } = step;
        let (verb, subject, message) = (action.verb(), action.subject(), message.into());
        let differences = action.foreseen();
        self.held.push(Held { id, agent, verb, subject, place, hold, message, moved, meaning, differences });
    }
}
