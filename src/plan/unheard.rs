//! Changes that callers do not hear yet: the draft gets them, and nobody here publishes it.

use std::collections::BTreeSet;

use super::Plan;
use crate::diag::{Code, Finding};
use crate::model::{Desired, Found, Live, Publish, Published, Slug};

/// Agents that are named before the rest is counted.
const MOST: usize = 5;

/// A note on the agents that a plan changes while callers keep hearing an older version. Where the server does not say
/// what is published, nothing is said.
pub fn unheard(plan: &Plan, desired: &Desired, live: &Live) -> Option<Finding> {
    let is_published = |agent: &Slug| match live.agents.get(agent) {
        Some(Found::One(one)) => matches!(one.published, Published::Version(_)),
        Some(Found::Missing { .. } | Found::Several(_) | Found::Unproven(_)) | None => false,
    };
    let changed: BTreeSet<&Slug> = plan.steps.iter().map(|step| &step.agent.name).collect();
    let never = desired.agents.iter().filter(|agent| agent.publish == Publish::Never).map(|agent| &agent.name);
    let unheard: Vec<&Slug> = never.filter(|agent| changed.contains(agent) && is_published(agent)).collect();
    let named: Vec<String> = unheard.iter().take(MOST).map(|agent| format!("`{agent}`")).collect();
    let more = unheard.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!unheard.is_empty()).then(|| {
        let message = format!("callers keep hearing the published version of {}{more}", named.join(", "));
        Finding::nowhere(Code::Unheard, message)
            .help("publish in the dashboard once it is applied, or say `publish: onChange` in the manifest")
    })
}
