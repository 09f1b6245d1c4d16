//! The secrets that an apply needs, looked up where it runs.

use std::collections::BTreeSet;

use super::env;
use super::exit::Exit;
use super::fail::Failure;
use super::output::Output;
use crate::fs::ProjectRoot;
use crate::model::{Secret, SecretRef};
use crate::ops::Secrets;
use crate::plan::{Action, Step};

/// Resolves every secret that some steps need, before the first of them.
pub(super) fn resolve(
    steps: &[&Step],
    root: &ProjectRoot,
    is_sandbox: bool,
    output: &mut Output,
) -> Result<Secrets, Failure> {
    let mut needed: BTreeSet<SecretRef> = BTreeSet::new();
    for step in steps {
        match &step.action {
            Action::Create { fields, .. } | Action::UpdatePreset { fields, .. } => {
                for value in fields.values() {
                    value.collect_secrets(&mut needed);
                }
            }
            Action::Update { changes, .. } => {
                for change in changes {
                    change.send.collect_secrets(&mut needed);
                }
            }
            Action::Delete { .. } | Action::Install { .. } | Action::Publish { .. } => {}
        }
    }
    let mut resolved = Secrets::new();
    let mut missing = Vec::new();
    for reference in needed {
        let found = match &reference {
            SecretRef::Env(name) => env::secret(name).ok_or_else(|| format!("`{name}` is not set")),
            SecretRef::File(path) => root.read_secret(path).map_err(|error| error.to_string()),
        };
        match found {
            Ok(secret) => {
                output.hide(&secret);
                resolved.insert(reference, secret);
            }
            Err(why) if is_sandbox => {
                output.say(&format!("note: {why}; the sandbox gets a placeholder"));
                resolved.insert(reference.clone(), Secret::from(format!("placeholder for {reference}")));
            }
            Err(why) => missing.push(why),
        }
    }
    if missing.is_empty() {
        return Ok(resolved);
    }
    let message = format!("secrets cannot be resolved: {}; nothing was written", missing.join("; "));
    Err(Failure::new(Exit::Failed, message).help("set them where `apply` runs; no other command needs them"))
}
