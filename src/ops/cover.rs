//! A server may show a secret that it was sent where no secret belongs. Nothing of that may reach a view.

use secrecy::ExposeSecret;
use serde_json::Value as Json;

use super::Secrets;
use crate::plan::{Action, Plan};
use crate::report::{Outcome, Proof, Report, Status};

/// Secrets shorter than this are not looked for: they would be found in unrelated text.
const SHORTEST: usize = 4;

/// Hides what the answers to an apply's own writes may have carried back: values that differ, and messages.
///
/// It works on the values themselves, before any view breaks them into lines, words or escapes.
pub(super) fn cover(mut report: Report, secrets: &Secrets) -> Report {
    let values = secrets.values().map(ExposeSecret::expose_secret);
    let values: Vec<&str> = values.filter(|value| value.len() >= SHORTEST).collect();
    if values.is_empty() {
        return report;
    }
    for Outcome { step: _, verb: _, agent: _, place: _, status, sent: _, notes } in &mut report.outcomes {
        for note in notes {
            cover_text(note, &values);
        }
        match status {
            Status::Settled(message)
            | Status::Conflict(message)
            | Status::Failed(message)
            | Status::Unknown(message) => cover_text(message, &values),
            Status::Done | Status::Unneeded | Status::Skipped(_) => {}
        }
    }
    match &mut report.proof {
        Proof::NotNeeded => {}
        Proof::Unread(message) => cover_text(message, &values),
        Proof::Fresh(fresh) => cover_plan(fresh, &values),
    }
    for installed in &mut report.installed {
        installed.skills.iter_mut().for_each(|shown| shown.skill.raw.retain(|_, value| !holds(value, &values)));
    }
    report
}

fn cover_text(text: &mut String, values: &[&str]) {
    for value in values {
        *text = text.replace(value, "***");
    }
}

fn cover_plan(plan: &mut Plan, values: &[&str]) {
    for step in &mut plan.steps {
        let changes = match &mut step.action {
            Action::Update { id: _, name: _, was: _, changes, seen: _ } => changes.as_mut_slice(),
            Action::Create { .. }
            | Action::UpdatePreset { .. }
            | Action::Delete { .. }
            | Action::Install { .. }
            | Action::Publish { .. } => &mut [],
        };
        for difference in changes.iter_mut().flat_map(|change| &mut change.differences) {
            difference.is_sensitive |= difference.before.as_ref().is_some_and(|before| holds(before, values));
        }
    }
    for held in &mut plan.held {
        cover_text(&mut held.message, values);
        for difference in &mut held.differences {
            let sides = [&difference.before, &difference.after];
            difference.is_sensitive |= sides.into_iter().flatten().any(|side| holds(side, values));
        }
    }
    for finding in &mut plan.findings {
        cover_text(&mut finding.message, values);
    }
}

fn holds(value: &Json, values: &[&str]) -> bool {
    let any = |text: &str| values.iter().any(|secret| text.contains(secret));
    match value {
        Json::String(text) => any(text),
        Json::Array(items) => items.iter().any(|item| holds(item, values)),
        Json::Object(map) => map.iter().any(|(key, value)| any(key) || holds(value, values)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
