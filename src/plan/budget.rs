//! How much a run may delete.

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::guard::{Set, hold, is_delete};
use super::part::Part;
use super::step::{Hold, Step};
use crate::model::{DeleteBudget, Desired, Guard, Shrunk, Standing};

/// The protected addresses. A pattern that is no glob protects exactly what it spells.
pub(super) fn globs(patterns: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = Glob::new(pattern).or_else(|_| Glob::new(&globset::escape(pattern)));
        if let Ok(glob) = glob {
            set.add(glob);
        }
    }
    set.build().unwrap_or_default()
}

/// Holds the deletes that no review by name stands behind: every one if there are more than the policy allows, and those
/// on agents that no manifest declares any more. Whoever means exactly these lets them through by their digest.
///
/// A skill that is replaced counts. What needs a held delete, such as the create of a replacement, is held with it.
pub(super) fn enforce(desired: &Desired, population: usize, parts: &mut [Part<'_>]) {
    let Desired { target, policy, shrunk: Shrunk { gone, of }, .. } = desired;
    let is_any = |_: &Part<'_>, step: &Step| is_delete(step);
    let is_given_up = |part: &Part<'_>, step: &Step| part.agent.standing == Standing::Removed && is_delete(step);
    let given_up = Set::of(target, parts, is_given_up);
    if given_up.count > 0 && !given_up.is_allowed(policy, Guard::GivenUp) {
        let message = format!(
            "no manifest under the given paths declares the agent any more; {gone} of {of} agents of the base revision \
             {} gone; to delete what {} had: {}",
            if *gone == 1 { "is" } else { "are" },
            if *gone == 1 { "it" } else { "they" },
            given_up.allowance(Guard::GivenUp)
        );
        hold(parts, is_given_up, Hold::GivenUp, |_| message.clone());
    }
    let all = Set::of(target, parts, is_any);
    let deletes = all.count;
    let DeleteBudget { count, percent, minimum } = policy.delete_budget;
    let over_count = deletes > count as usize;
    let over_percent = population >= minimum as usize && deletes * 100 > percent as usize * population;
    if deletes == 0 || !(over_count || over_percent) || all.is_allowed(policy, Guard::DeleteBudget) {
        return;
    }
    let limit = if over_count {
        format!("the policy allows {count}")
    } else {
        format!("the policy allows {percent} % of {population}")
    };
    let message = format!(
        "this run would delete {deletes} skills and {limit}; to let exactly these go for once: {}",
        all.allowance(Guard::DeleteBudget)
    );
    hold(parts, is_any, Hold::DeleteBudget, |_| message.clone());
}
