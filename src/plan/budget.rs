//! How much a run may delete.

use std::collections::BTreeSet;

use globset::{Glob, GlobSet, GlobSetBuilder};

use super::digest;
use super::part::Part;
use super::step::{Action, Hold, Step};
use crate::model::{DeleteBudget, Desired, Digest, Guard, Policy, Shrunk, Standing};

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
    let is_any = |_: &Part<'_>| true;
    let is_given_up = |part: &Part<'_>| part.agent.standing == Standing::Removed;
    let given_up = Set::of(target, parts, is_given_up);
    if given_up.count > 0 && !given_up.is_allowed(policy, Guard::GivenUp) {
        let message = format!(
            "no manifest under the given paths declares the agent any more; {gone} of {of} agents of the base revision \
             {} gone; to delete what {} had: `--allow {}={}`",
            if *gone == 1 { "is" } else { "are" },
            if *gone == 1 { "it" } else { "they" },
            Guard::GivenUp.word(),
            given_up.digest
        );
        hold(parts, is_given_up, Hold::GivenUp, &message);
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
        "this run would delete {deletes} skills and {limit}; to let exactly these go for once: `--allow {}={}`",
        Guard::DeleteBudget.word(),
        all.digest
    );
    hold(parts, is_any, Hold::DeleteBudget, &message);
}

/// Some deletes, by their number and their digest.
struct Set {
    count: usize,
    digest: Digest,
}

impl Set {
    fn of(target: &str, parts: &[Part<'_>], is_meant: impl Fn(&Part<'_>) -> bool) -> Self {
        let steps =
            || parts.iter().filter(|part| is_meant(part)).flat_map(|part| &part.steps).filter(|step| is_delete(step));
        Self { count: steps().count(), digest: digest::of_steps(target, steps()) }
    }

    fn is_allowed(&self, policy: &Policy, guard: Guard) -> bool {
        policy.allowed.iter().any(|allowed| allowed.guard == guard && allowed.digest == self.digest)
    }
}

fn is_delete(step: &Step) -> bool {
    matches!(step.action, Action::Delete { .. })
}

/// Holds the deletes of some agents, and what needs them.
fn hold(parts: &mut [Part<'_>], is_meant: impl Fn(&Part<'_>) -> bool, hold: Hold, message: &str) {
    for part in parts.iter_mut().filter(|part| is_meant(part)) {
        let mut gone: BTreeSet<String> = BTreeSet::new();
        // A step stands after those that it needs, so one pass finds all that need a held one.
        for step in std::mem::take(&mut part.steps) {
            let needed = step.needs.iter().find(|needed| gone.contains(*needed)).cloned();
            let (verb, subject) = (step.action.verb(), step.action.subject());
            if is_delete(&step) {
                gone.insert(step.id);
                part.hold(verb, subject, &step.place, hold, message);
            } else if let Some(needed) = needed {
                gone.insert(step.id);
                part.hold(verb, subject, &step.place, Hold::Needs, format!("it needs {needed}, which is held"));
            } else {
                part.steps.push(step);
            }
        }
    }
}
