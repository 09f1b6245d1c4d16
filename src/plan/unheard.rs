//! Changes that callers do not hear yet: the draft gets them, and nobody here publishes it.

use super::Plan;
use crate::diag::{Code, Finding};
use crate::model::Slug;

/// Agents that are named before the rest is counted.
const MOST: usize = 5;

/// A note on the agents that a plan changes while callers keep hearing an older version. Where the server does not say
/// what is published, nothing is said.
pub fn unheard(plan: &Plan) -> Option<Finding> {
    let unheard: Vec<&Slug> = plan.unheard.iter().collect();
    let named: Vec<String> = unheard.iter().take(MOST).map(|agent| format!("`{agent}`")).collect();
    let more = unheard.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!unheard.is_empty()).then(|| {
        let message = format!("callers keep hearing the published version of {}{more}", named.join(", "));
        Finding::nowhere(Code::Unheard, message)
            .help("publish in the dashboard once it is applied, or say `publish: onChange` in the manifest")
    })
}
