//! The guard of `policy.risk`: steps with a risk that it names wait for somebody's yes.

use std::collections::{BTreeMap, BTreeSet};

use super::guard::{Set, hold};
use super::part::Part;
use super::step::{Action, Hold, Step};
use crate::model::{Desired, Guard, Policy, Risk};

/// Holds every step with a risk that the policy names, unless exactly these are allowed.
pub(super) fn enforce(desired: &Desired, parts: &mut [Part<'_>]) {
    let Desired { target, policy, .. } = desired;
    let named: BTreeMap<String, BTreeSet<Risk>> = parts.iter().flat_map(|part| named(part, policy)).collect();
    let is_meant = |_: &Part<'_>, step: &Step| named.contains_key(&step.id);
    let set = Set::of(target, parts, is_meant);
    if set.count == 0 || set.is_allowed(policy, Guard::Risk) {
        return;
    }
    let allowance = set.allowance(Guard::Risk);
    let others = match set.count {
        1 => "this".to_owned(),
        number => format!("these {number} steps"),
    };
    let message = |step: &Step| {
        let risks = named.get(&step.id).into_iter().flatten().map(|risk| format!("`{risk}`"));
        let risks = risks.collect::<Vec<_>>().join(", ");
        format!("`policy.risk` wants somebody's yes for {risks}; to let exactly {others} through for once: {allowance}")
    };
    hold(parts, is_meant, Hold::Risk, message);
}

/// The steps of an agent that have a risk which the policy names, by id. What goes so that such a skill can be made in its
/// stead waits with it, or nothing would be left of either.
pub(super) fn named(part: &Part<'_>, policy: &Policy) -> Vec<(String, BTreeSet<Risk>)> {
    let risks = |step: &Step| -> BTreeSet<Risk> {
        let all = step.meaning.risks.iter().map(|risky| risky.risk);
        all.filter(|risk| policy.risk.contains(risk)).collect()
    };
    let all = part.steps.iter().map(|step| match &step.action {
        Action::Delete { by: Some(by), .. } => {
            let made = part
                .steps
                .iter()
                .find(|other| matches!(&other.action, Action::Create { name, fields: _ } if name == by));
            (step.id.clone(), made.map(risks).unwrap_or_default())
        }
        Action::Delete { by: None, .. }
        | Action::Create { .. }
        | Action::Update { .. }
        | Action::UpdatePreset { .. }
        | Action::Install { .. }
        | Action::Publish { .. } => (step.id.clone(), risks(step)),
    });
    all.filter(|(_, risks)| !risks.is_empty()).collect()
}
