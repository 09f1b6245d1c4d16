//! What a webhook is told of drift: how much there is, and nothing of what it is.

use serde_json::{Value as Json, json};

use super::safe::safe;
use super::verdict;
use crate::record::Record;

/// The body for a webhook; `text` is what Slack, Mattermost and the like show. `None` if it is no drift that was looked for.
pub fn announcement(record: &Record) -> Option<Json> {
    let tree = record.as_drift()?;
    let drift = tree.drift.as_ref()?;
    let (_, verdict) = verdict::drift(tree);
    // Slack reads these three as markup: <https://docs.slack.dev/messaging/formatting-message-text>.
    let target = safe(&tree.target).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Some(json!({
        "text": format!("flowops, {target}: {verdict}"),
        "target": target,
        "drifted": drift.drifted,
        "fingerprint": drift.fingerprint,
        "coverage": drift.coverage,
        "risks": tree.concerns.len(),
    }))
}
