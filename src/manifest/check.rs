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

/// The checks under way, with what those of the whole repository need to know in the end.
#[derive(Debug)]
pub(super) struct Checks<'n> {
    found: Found<'n>,
    shared: Shared,
    mentions: Mentions,
    names: Names,
    webhooks: Webhooks,
}

impl<'n> Checks<'n> {
    pub(super) fn new(pages: &'n Pages<'n>, unsure: &'n BTreeSet<Arc<str>>) -> Self {
        Self {
            found: Found::new(pages, unsure),
            shared: Shared::default(),
            mentions: Mentions::default(),
            names: Names::default(),
            webhooks: Webhooks::default(),
        }
    }

    /// Checks skills that many agents get, each once.
    pub(super) fn common<'d>(&mut self, skills: impl Iterator<Item = &'d Declared>) {
        for skill in skills {
            self.skill(&Subject::whole(&skill.doc, None));
        }
        self.shared = Shared::new(&self.found.findings);
    }

    /// Checks an agent, and of its skills those that no other has: its own, and shared ones that an override changed.
    pub(super) fn agent(&mut self, agent: &Agent<'_>) {
        for skill in agent.skills.iter().filter(|skill| !skill.is_common()) {
            self.skill(&Subject::whole(&skill.doc, None));
        }
        let seen = std::mem::take(&mut self.shared);
        for skill in agent.skills.iter().filter(|skill| skill.is_common() && skill.doc.is_changed()) {
            self.skill(&Subject::whole(&skill.doc, Some((agent.name, &seen))));
        }
        self.shared = seen;
        for preset in agent.presets {
            self.skill(&Subject::preset(preset));
        }
        self.mentions.check(agent, &mut self.found);
        self.names.check(agent, &mut self.found);
    }

    /// How much was found until now.
    pub(super) fn mark(&self) -> usize {
        self.found.findings.len()
    }

    /// Takes out what was found since then.
    pub(super) fn since(&mut self, mark: usize) -> Vec<Finding> {
        self.found.findings.split_off(mark.min(self.found.findings.len()))
    }

    fn skill(&mut self, subject: &Subject<'_>) {
        if self.found.is_sure_of(subject) {
            for check in OF_A_SKILL {
                check(subject, &mut self.found);
            }
            self.webhooks.add(subject);
        }
    }

    /// Checks what agents have in common, and gives all that was found.
    pub(super) fn close<'a>(mut self, agents: impl Iterator<Item = &'a model::Agent>) -> Vec<Finding> {
        self.webhooks.report(&mut self.found);
        self.found.findings.extend(alike::agents(agents));
        self.found.findings
    }
}
