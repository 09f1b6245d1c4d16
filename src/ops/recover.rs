//! What an earlier run left open: waited for before anything is planned.

use std::time::Duration;

use super::Writes;
use super::fetch::FetchError;
use super::list::Counted;
use super::settle::WAITS;
use crate::model::{AgentId, SkillName};
use crate::report::journal::Intent;

/// Waits for skills that an interrupted run was making, so that the plan that follows sees them.
///
/// Everything else a plan sees by itself: it compares, and a step that landed is not wanted again. Only a create may
/// land after the list was read, so its name is looked for as long as after a lost answer. Gives back, for each intent,
/// whether its skill is there; `None` where there is nothing to wait for.
///
/// # Errors
/// If an agent's skills cannot be read.
pub async fn recover(writer: &impl Writes, open: &[Intent]) -> Result<Vec<Option<bool>>, FetchError> {
    let reader = Counted::new(writer);
    let mut found = Vec::new();
    for intent in open {
        let agent = AgentId::parse(&intent.agent).ok();
        let name = intent.skill.as_deref().filter(|_| intent.action == "create").map(SkillName::live);
        let (Some(agent), Some(name)) = (agent, name) else {
            found.push(None);
            continue;
        };
        let mut is_there = false;
        for wait in [Duration::ZERO].into_iter().chain(WAITS) {
            if !wait.is_zero() {
                writer.rest(wait).await;
            }
            is_there = reader.skills(&agent).await?.items().iter().any(|skill| skill.name == name);
            if is_there {
                break;
            }
        }
        found.push(Some(is_there));
    }
    Ok(found)
}
