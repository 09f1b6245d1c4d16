//! How much a run may delete.

use std::collections::BTreeSet;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::digest;
use super::part::Part;
use super::step::{Action, Hold, Step};
use crate::model::{DeleteBudget, Guard, Policy};

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

/// Holds every delete if there are more than the policy allows: a run deletes what was reviewed or nothing.
///
/// A skill that is replaced counts. What needs a held delete, such as the create of a replacement, is held with it.
pub(super) fn enforce(target: &str, policy: &Policy, population: usize, parts: &mut [Part<'_>]) {
    let is_delete = |step: &Step| matches!(step.action, Action::Delete { .. });
    let deletes = parts.iter().flat_map(|part| &part.steps).filter(|step| is_delete(step)).count();
    let DeleteBudget { count, percent, minimum } = policy.delete_budget;
    let over_count = deletes > count as usize;
    let over_percent = population >= minimum as usize && deletes * 100 > percent as usize * population;
    if deletes == 0 || !(over_count || over_percent) {
        return;
    }
    let digest = digest::of_steps(target, parts.iter().flat_map(|part| &part.steps).filter(|step| is_delete(step)));
    let guard = Guard::DeleteBudget;
    if policy.allowed.iter().any(|allowed| allowed.guard == guard && allowed.digest == digest) {
        return;
    }
    let limit = if over_count {
        format!("the policy allows {count}")
    } else {
        format!("the policy allows {percent} % of {population}")
    };
    for part in parts {
        let mut gone: BTreeSet<String> = BTreeSet::new();
        // A step stands after those that it needs, so one pass finds all that need a held one.
        for step in std::mem::take(&mut part.steps) {
            if is_delete(&step) {
                gone.insert(step.id.clone());
                let message = format!(
                    "this run would delete {deletes} skills and {limit}; to let exactly these go for once: `--allow {}={digest}`",
                    guard.word()
                );
                part.hold(step.id, step.action.verb(), &step.place, Hold::DeleteBudget, message);
            } else if let Some(needed) = step.needs.iter().find(|needed| gone.contains(*needed)).cloned() {
                gone.insert(step.id.clone());
                part.hold(
                    step.id,
                    step.action.verb(),
                    &step.place,
                    Hold::Needs,
                    format!("it needs {needed}, which is held"),
                );
            } else {
                part.steps.push(step);
            }
        }
    }
}
