//! The guard of `policy.risk`: steps with a risk that it names wait for somebody's yes.

use super::guard::{Set, hold};
use super::part::Part;
use super::step::{Hold, Step};
use crate::model::{Desired, Guard, Risk};

/// Holds every step with a risk that the policy names, unless exactly these are allowed.
pub(super) fn enforce(desired: &Desired, parts: &mut [Part<'_>]) {
    let Desired { target, policy, .. } = desired;
    let named = |step: &Step| {
        let all = step.meaning.risks.iter().map(|risky| risky.risk);
        all.filter(|risk| policy.risk.contains(risk)).collect::<std::collections::BTreeSet<Risk>>()
    };
    let is_meant = |_: &Part<'_>, step: &Step| !named(step).is_empty();
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
        let risks = named(step).iter().map(|risk| format!("`{risk}`")).collect::<Vec<_>>().join(", ");
        format!("`policy.risk` wants somebody's yes for {risks}; to let exactly {others} through for once: {allowance}")
    };
    hold(parts, is_meant, Hold::Risk, message);
}
