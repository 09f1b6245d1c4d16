//! Skills that wait for business hours on an agent that has none.

use super::part::Part;
use crate::diag::{Code, Finding};
use crate::model::{BusinessHours, Field, SkillName, Value};

/// So many of the skills are named; the others are counted.
const NAMED: usize = 3;

/// Reports the skills of an agent whose `availabilityWindow` nothing decides; silent where the server does not say.
pub(super) fn find_undecided(part: &mut Part<'_>) {
    match part.live.hours {
        BusinessHours::None => {}
        BusinessHours::Set | BusinessHours::Unstated => return,
    }
    let agent = part.agent;
    let skills = agent.skills.iter().map(|skill| (&skill.name, &skill.fields));
    let presets = agent.presets.iter().map(|preset| (&preset.name, &preset.fields));
    let waiting = skills.chain(presets).filter(|(_, fields)| {
        let window = fields.get(&Field::AvailabilityWindow).and_then(Value::as_text);
        let is_disabled = fields.get(&Field::IsEnabled) == Some(&Value::Bool(false));
        matches!(window, Some("open" | "closed")) && !is_disabled
    });
    let names: Vec<&SkillName> = waiting.map(|(name, _)| name).collect();
    if names.is_empty() {
        return;
    }
    let mut list = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if let Some(more) = names.len().checked_sub(NAMED).filter(|more| *more > 0) {
        list = format!("{list} and {more} more");
    }
    let message = format!("`{}` has no business hours, which decide when it may use {list}", agent.name);
    let help = "set business hours in the dashboard, or write `availabilityWindow: both`";
    part.findings.push(Finding::at(Code::WindowWithoutHours, agent.lookup_place.clone(), message).help(help));
}
