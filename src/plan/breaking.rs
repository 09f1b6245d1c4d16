//! What a plan breaks for those who know a skill's parameters: one finding for each change, on however many agents.

use std::collections::BTreeMap;

use super::Plan;
use crate::diag::{Code, Finding};
use crate::diff::Class;
use crate::model::{Place, SkillName};

/// The breaking changes of parameters that the steps make, each at the place that asks for it.
pub fn breaking(plan: &Plan) -> Vec<Finding> {
    let mut all: BTreeMap<(&Place, &SkillName, String), usize> = BTreeMap::new();
    for step in &plan.steps {
        let changes = step.meaning.parameters.iter().filter(|change| change.class == Class::Breaking);
        let what = changes.map(|change| change.what.as_str()).collect::<Vec<_>>().join("; ");
        if let Some(name) = step.action.skill().filter(|_| !what.is_empty()) {
            *all.entry((&step.place, name, what)).or_default() += 1;
        }
    }
    let finding = |((place, name, what), agents): ((&Place, &SkillName, String), usize)| {
        let whose = if agents > 1 { format!(" on {agents} agents") } else { String::new() };
        Finding::at(Code::BreakingParameters, place.clone(), format!("`{name}`{whose}: {what}"))
            .help("what fills in or reads these parameters has to change at the same time")
    };
    all.into_iter().map(finding).collect()
}
