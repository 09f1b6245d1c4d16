use globset::{Glob, GlobSet, GlobSetBuilder};

use super::Draft;
use super::step::{Action, Held, Hold};
use crate::model::DeleteBudget;

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
/// A skill that is replaced counts, and the create that would follow is held with it.
pub(super) fn enforce(budget: &DeleteBudget, population: usize, draft: &mut Draft) {
    let deletes = draft.steps.iter().filter(|step| matches!(step.action, Action::Delete { .. })).count();
    let DeleteBudget { count, percent, minimum } = *budget;
    let over_count = deletes > count as usize;
    let over_percent = population >= minimum as usize && deletes * 100 > percent as usize * population;
    if deletes == 0 || !(over_count || over_percent) {
        return;
    }
    let limit = if over_count {
        format!("the policy allows {count}")
    } else {
        format!("the policy allows {percent} % of {population}")
    };
    let (deletes_and_needers, others): (Vec<_>, Vec<_>) =
        std::mem::take(&mut draft.steps).into_iter().partition(|step| {
            let is_delete = matches!(step.action, Action::Delete { .. });
            is_delete || matches!(step.action, Action::Create { .. }) && !step.needs.is_empty()
        });
    draft.steps = others;
    draft.held.extend(deletes_and_needers.into_iter().map(|step| Held {
        action: step.action.word(),
        hold: Hold::DeleteBudget,
        message: format!(
            "this run would delete {deletes} skills and {limit}; raise `policy.deleteBudget` if they must go"
        ),
        id: step.id,
        agent: step.agent,
        place: step.place,
    }));
}
