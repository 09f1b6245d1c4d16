//! What planning one agent works on, and the two ways in which something enters a plan.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Context;
use super::agent::ByName;
use super::ignored::Names;
use super::meaning::Meaning;
use super::step::{Action, AgentRef, Held, Hold, Step, Subject, Unmanaged, Verb};
use crate::diag::Finding;
use crate::diff::Facts;
use crate::model::{
    Agent, BusinessHours, Draft, Field, Geocode, LiveAgent, Moved, Place, Publish, Published, References, SkillId,
    SkillName, Value,
};

/// One agent's part of a plan while it is made. It holds nothing of the live skills: those go once it is planned.
pub(super) struct Part<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) agent: &'a Agent,
    pub(super) facts: Facts,
    pub(super) live: Arc<Head>,
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
    /// Live skills that no manifest declares.
    pub(super) unmanaged: Vec<Unmanaged>,
    /// Who moved since the base revision, so that the agent is published.
    pub(super) draft_moved: Moved,
}

/// What is live of an agent besides its skills.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) hours: BusinessHours,
    pub(super) references: References,
    pub(super) draft: Draft,
    pub(super) published: Published,
}

impl<'a> Part<'a> {
    pub(super) fn new(context: &'a Context<'a>, agent: &'a Agent, live: &LiveAgent, facts: Facts) -> Self {
        let LiveAgent { id, hours, skills: _, references, draft, published } = live;
        let (references, draft) = (references.clone(), draft.clone());
        Self {
            context,
            agent,
            facts,
            live: Arc::new(Head { hours: *hours, references, draft, published: published.clone() }),
            reference: AgentRef { name: agent.name.clone(), id: id.clone() },
            steps: Vec::new(),
            held: Vec::new(),
            findings: Vec::new(),
            unchanged: 0,
            ignored: 0,
            touched: BTreeSet::new(),
            renamed: BTreeSet::new(),
            unmanaged: Vec::new(),
            draft_moved: Moved::Unknown,
        }
    }

    /// Whether something may be done, publishing included.
    pub(super) fn may_change(&self) -> bool {
        let is_other = match &self.live.draft {
            Draft::NotNeeded => false,
            Draft::NeverPublished | Draft::Unknown(_) => true,
            Draft::Differs { version: _, changes } => !changes.is_empty(),
        };
        !self.steps.is_empty() || is_other
    }

    /// Whether it could be another part if the server hid headers where this one takes them for shown, or the other way
    /// round. Where nothing differs, only declared headers can.
    pub(super) fn hinges_on_headers(&self) -> bool {
        let skills = self.agent.skills.iter().map(|skill| &skill.fields);
        let mut declared = skills.chain(self.agent.presets.iter().map(|preset| &preset.fields));
        !self.steps.is_empty() || !self.held.is_empty() || declared.any(states_headers)
    }

    /// Whether two parts of one agent want the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.steps, &self.held, &self.findings) == (&other.steps, &other.held, &other.findings)
            && (self.unchanged, self.ignored, &self.unmanaged) == (other.unchanged, other.ignored, &other.unmanaged)
            && (&self.touched, &self.renamed) == (&other.touched, &other.renamed)
    }

    /// Drops what only planning the agent itself needs.
    pub(super) fn shed(&mut self) {
        self.renamed.clear();
        match self.agent.publish {
            Publish::Never => self.touched.clear(),
            Publish::OnChange => {}
        }
    }

    /// Whether it changes what callers do not hear, since somebody else publishes.
    pub(super) fn is_unheard(&self) -> bool {
        let is_published = matches!(self.live.published, Published::Version(_));
        !self.steps.is_empty() && self.agent.publish == Publish::Never && is_published
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
    pub(super) fn strangers(&self, names: &ByName<'_>) -> usize {
        names.iter().filter(|(name, _)| !self.speaks_of(name)).map(|(_, skills)| skills.len()).sum()
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

/// Whether headers stand anywhere in the settings of a skill.
fn states_headers(fields: &BTreeMap<Field, Value>) -> bool {
    let mut settings = Field::SETTINGS.iter().filter_map(|field| fields.get(field));
    settings.any(holds_headers)
}

fn holds_headers(value: &Value) -> bool {
    match value {
        Value::Map(map) => map.iter().any(|(key, value)| **key == *"headers" || holds_headers(value)),
        Value::List(items) => items.iter().any(holds_headers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) => false,
    }
}
