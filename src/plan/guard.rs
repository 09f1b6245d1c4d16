//! What a run may not do without somebody's yes: the steps of a set are held, unless they are allowed by their digest.

use std::collections::BTreeSet;

use super::digest;
use super::part::Part;
use super::step::{Action, Hold, Step};
use crate::model::{Digest, Guard, Policy};

/// Some steps, by their number and their digest.
pub(super) struct Set {
    pub(super) count: usize,
    pub(super) digest: Digest,
}

impl Set {
    pub(super) fn of(target: &str, parts: &[Part<'_>], is_meant: impl Fn(&Part<'_>, &Step) -> bool) -> Self {
        let steps = || {
            let all = parts.iter().flat_map(|part| part.steps.iter().map(move |step| (part, step)));
            all.filter(|(part, step)| is_meant(part, step)).map(|(_, step)| step)
        };
        Self { count: steps().count(), digest: digest::of_steps(target, steps()) }
    }

    pub(super) fn is_allowed(&self, policy: &Policy, guard: Guard) -> bool {
        policy.allowed.iter().any(|allowed| allowed.guard == guard && allowed.digest == self.digest)
    }

    /// What lets exactly these through for once.
    pub(super) fn allowance(&self, guard: Guard) -> String {
        format!("`--allow {}={}`", guard.word(), self.digest)
    }
}

pub(super) fn is_delete(step: &Step) -> bool {
    matches!(step.action, Action::Delete { .. })
}

/// Holds steps, and what needs them.
pub(super) fn hold(
    parts: &mut [Part<'_>],
    is_meant: impl Fn(&Part<'_>, &Step) -> bool,
    hold: Hold,
    message: impl Fn(&Step) -> String,
) {
    for part in parts {
        let mut gone: BTreeSet<String> = BTreeSet::new();
        // A step stands after those that it needs, so one pass finds all that need a held one.
        for step in std::mem::take(&mut part.steps) {
            let needed = step.needs.iter().find(|needed| gone.contains(*needed)).cloned();
            if is_meant(part, &step) {
                gone.insert(step.id.clone());
                let message = message(&step);
                part.hold_step(step, hold, message);
            } else if let Some(needed) = needed {
                gone.insert(step.id.clone());
                part.hold_step(step, Hold::Needs, format!("it needs {needed}, which is held"));
            } else {
                part.steps.push(step);
            }
        }
    }
}
