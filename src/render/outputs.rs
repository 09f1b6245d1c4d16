//! What later steps of a CI run are told: short values of a closed vocabulary, none of them from outside.

use crate::record::{PlanV1, Record, Tree};

/// The outputs of a run, by name. `result` and `code` say how it ended.
pub fn outputs(record: Option<&Record>, result: &'static str, code: u8) -> Vec<(&'static str, String)> {
    let mut all = vec![("result", result.to_owned()), ("exit-code", code.to_string())];
    match record.map(|record| &record.tree) {
        Some(Tree::Plan(tree)) => all.extend(of_plan(tree)),
        Some(Tree::Drift(tree)) => {
            all.extend(of_plan(tree));
            if let Some(drift) = &tree.drift {
                all.extend([("drifted", drift.drifted.to_string()), ("fingerprint", drift.fingerprint.clone())]);
            }
        }
        Some(Tree::Report(tree)) => {
            all.extend([("digest", tree.plan.clone()), ("changes", tree.steps.len().to_string())]);
        }
        Some(Tree::Pull(_) | Tree::Origin(_) | Tree::Compare(_) | Tree::Findings(_) | Tree::Error(_)) | None => {}
    }
    all
}

fn of_plan(tree: &PlanV1) -> impl Iterator<Item = (&'static str, String)> {
    let summary = &tree.summary;
    let numbers = [
        ("changes", tree.steps.len() as u64),
        ("creates", summary.create),
        ("updates", summary.update),
        ("deletes", summary.delete),
        ("installs", summary.install),
        ("publishes", summary.publish),
        ("held", summary.held),
        ("risks", tree.concerns.len() as u64),
    ];
    let numbers = numbers.into_iter().map(|(name, number)| (name, number.to_string()));
    numbers.chain([("digest", tree.digest.clone())])
}

/// Outputs in the form of GitHub's command files; `None` if a value holds the delimiter or is more than one line.
///
/// See <https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings>: the delimiter
/// must not be known to whoever chose a value.
pub fn command_file(outputs: &[(&'static str, String)], delimiter: &str) -> Option<String> {
    let is_odd = |value: &str| value.contains(delimiter) || value.contains(['\n', '\r']);
    if outputs.iter().any(|(_, value)| is_odd(value)) {
        return None;
    }
    let lines = outputs.iter().map(|(name, value)| format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
    Some(lines.collect::<Vec<_>>().concat())
}
