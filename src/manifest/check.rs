//! What manifests mean beyond what they say: checks of skills as an agent or a SkillSet has them, without a server.
//!
//! They see values after variables, side files and overrides. A shared skill is checked once, in its SkillSet; on an
//! agent only its own skills are, and those that an override changed. Each check is a file of its own that says what it
//! knows and from where. Those of one skill are in the list below; those of a whole agent keep what they found in mind,
//! since the next agent may have the same skills.

mod alike;
mod found;
mod mailbox;
mod mention;
mod parameter;
mod phone;
mod placeholder;
mod required;
mod secret;
mod subject;
mod timeout;
mod timezone;
mod url;
mod usual;
mod webhook;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::resolve::Declared;
use crate::diag::Finding;
use crate::model;

pub(super) use found::Pages;
pub(super) use subject::{Agent, Knowledge, Step};

pub(super) use mailbox::problem_of as mailbox_problem;
pub(super) use phone::problem as phone_problem;
pub(super) use webhook::Waited;

use alike::Names;
use found::{Found, Shared};
use mention::Mentions;
use subject::Subject;
use webhook::Webhooks;

/// A check of one skill.
type Check = fn(&Subject<'_>, &mut Found<'_>);

/// The checks of one skill, the cheap ones first.
const OF_A_SKILL: &[Check] = &[
    usual::check,
    timeout::check,
    required::check,
    phone::check,
    mailbox::check,
    url::check,
    timezone::check,
    placeholder::check,
    secret::check,
];

/// The checks of a repository.
#[derive(Debug)]
pub(super) struct Checks<'n> {
    pages: &'n Pages<'n>,
    unsure: &'n BTreeSet<Arc<str>>,
    /// What was found of the skills that many agents get, so that it is not said again of each.
    shared: Shared,
    webhooks: Webhooks,
}

impl<'n> Checks<'n> {
    pub(super) fn new(pages: &'n Pages<'n>, unsure: &'n BTreeSet<Arc<str>>) -> Self {
        Self { pages, unsure, shared: Shared::default(), webhooks: Webhooks::default() }
    }

    /// Checks skills that many agents get, each once.
    pub(super) fn common<'d>(&mut self, skills: impl Iterator<Item = &'d Declared>) -> Vec<Finding> {
        let mut checking = self.begin();
        for skill in skills {
            checking.skill(&Subject::whole(&skill.doc, None));
        }
        let Checked { findings, waited } = checking.take();
        self.shared = Shared::new(&findings);
        self.add(waited);
        findings
    }

    /// Begins to check agents, one after the other.
    pub(super) fn begin(&self) -> Checking<'_, 'n> {
        let (found, waited) = (Found::new(self.pages, self.unsure), Vec::new());
        Checking { checks: self, mentions: Mentions::default(), names: Names::default(), found, waited }
    }

    /// Keeps what the whole repository needs to know in the end.
    pub(super) fn add(&mut self, waited: Vec<Waited>) {
        for waited in waited {
            self.webhooks.add(waited);
        }
    }

    /// Checks what agents have in common.
    pub(super) fn close<'a>(self, agents: impl Iterator<Item = &'a model::Agent>) -> Vec<Finding> {
        let mut found = Found::new(self.pages, self.unsure);
        self.webhooks.report(&mut found);
        found.findings.extend(alike::agents(agents));
        found.findings
    }
}

/// The checks of some agents, with what is kept in mind from one to the next.
#[derive(Debug)]
pub(super) struct Checking<'c, 'n> {
    checks: &'c Checks<'n>,
    mentions: Mentions,
    names: Names,
    found: Found<'n>,
    waited: Vec<Waited>,
}

/// What the checks of an agent came to.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) findings: Vec<Finding>,
    pub(super) waited: Vec<Waited>,
}

impl Checking<'_, '_> {
    /// Checks an agent, and of its skills those that no other has: its own, and shared ones that an override changed.
    pub(super) fn agent(&mut self, agent: &Agent<'_>) -> Checked {
        for skill in agent.skills.iter().filter(|skill| !skill.is_common()) {
            self.skill(&Subject::whole(&skill.doc, None));
        }
        let on = (agent.name, &self.checks.shared);
        for skill in agent.skills.iter().filter(|skill| skill.is_common() && skill.doc.is_changed()) {
            self.skill(&Subject::whole(&skill.doc, Some(on)));
        }
        for preset in agent.presets {
            self.skill(&Subject::preset(preset));
        }
        self.mentions.check(agent, &mut self.found);
        self.names.check(agent, &mut self.found);
        self.take()
    }

    fn skill(&mut self, subject: &Subject<'_>) {
        if self.found.is_sure_of(subject) {
            for check in OF_A_SKILL {
                check(subject, &mut self.found);
            }
            self.waited.extend(Waited::read(subject));
        }
    }

    fn take(&mut self) -> Checked {
        let (findings, waited) = (&mut self.found.findings, &mut self.waited);
        Checked { findings: std::mem::take(findings), waited: std::mem::take(waited) }
    }
}
