//! What a fresh plan after an apply still wants: what bounced, and what is left to do.

use serde_json::Value as Json;

use super::value::is_hidden;
use crate::model::SkillName;
use crate::plan::{Action, Step, Subject};
use crate::report::{Proof, Report, Status};

/// What a fresh plan still wants.
#[derive(Default)]
pub(super) struct Left<'a> {
    /// What was written and does not show.
    pub(super) bounced: Vec<Bounce<'a>>,
    /// Every step that it wants.
    pub(super) steps: Vec<&'a Step>,
}

/// Something that the server accepted and does not show.
pub(super) struct Bounce<'a> {
    pub(super) step: &'a Step,
    pub(super) skill: Option<&'a SkillName>,
    /// A JSON pointer within the skill; `None` if it bounced as a whole.
    pub(super) path: Option<String>,
    /// What is declared and what is live; `None` if they are hidden or there are none.
    pub(super) values: Option<(Option<&'a Json>, Option<&'a Json>)>,
}

/// Looks what a report's proof still wants.
pub(super) fn left(report: &Report) -> Left<'_> {
    let Proof::Fresh(fresh) = &report.proof else { return Left::default() };
    let was_written = |step: &&Step| {
        let is_done = |status: &Status| matches!(status, Status::Done | Status::Unneeded);
        report.outcomes.iter().any(|outcome| outcome.step == step.id && is_done(&outcome.status))
    };
    Left {
        bounced: fresh.steps.iter().filter(was_written).flat_map(bounces).collect(),
        steps: fresh.steps.iter().collect(),
    }
}

fn bounces(step: &Step) -> Vec<Bounce<'_>> {
    let skill = match step.action.subject() {
        Subject::Skill(name) => Some(name),
        Subject::Pack(_) | Subject::Draft => None,
    };
    let changes = match &step.action {
        Action::Update { id: _, name: _, was: _, changes } => changes.as_slice(),
        Action::Create { .. }
        | Action::UpdatePreset { .. }
        | Action::Delete { .. }
        | Action::Install { .. }
        | Action::Publish { .. } => &[],
    };
    let fields = changes.iter().flat_map(|change| &change.differences).map(|difference| Bounce {
        step,
        skill,
        path: Some(difference.path.clone()),
        values: (!is_hidden(difference)).then_some((difference.after.as_ref(), difference.before.as_ref())),
    });
    let fields: Vec<_> = fields.collect();
    if fields.is_empty() { vec![Bounce { step, skill, path: None, values: None }] } else { fields }
}
