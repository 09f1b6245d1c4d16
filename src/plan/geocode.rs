//! Which addresses apply asks the coordinates of. Planning cannot ask: the request is a POST.

use std::collections::BTreeSet;

use super::step::{Action, Step};
use crate::model::{Field, Geocode, Value};

/// How many addresses one request asks for at most. The server's own limit is not published; who refuses so many is
/// asked for fewer.
pub const CHUNK: usize = 50;

/// The addresses of a step's roster for which nobody states coordinates, if apply is to ask for them; each once.
///
/// What live has for the same label and address is already in what an update sends.
pub fn unplaced(step: &Step) -> BTreeSet<&str> {
    match step.geocode {
        Geocode::Never => BTreeSet::new(),
        Geocode::OnApply => rows(sent(&step.action)).iter().filter_map(|row| address(row)).collect(),
    }
}

/// Requests for coordinates that an apply of some steps sends if nothing fails. An address is asked for once, and what
/// one agent needs goes together.
pub(super) fn lookups(steps: &[Step]) -> u64 {
    let mut known = BTreeSet::new();
    let mut lookups = 0;
    for steps in steps.chunk_by(|one, next| one.agent == next.agent) {
        let new: BTreeSet<&str> = steps.iter().flat_map(unplaced).filter(|address| !known.contains(address)).collect();
        lookups += new.len().div_ceil(CHUNK) as u64;
        known.extend(new);
    }
    lookups
}

/// The address of a row, if it has no coordinates.
pub(crate) fn address(row: &Value) -> Option<&str> {
    let cells = row.as_map()?;
    let has = |key: &str| cells.get(key).is_some_and(|value| *value != Value::Null);
    let address = cells.get("address")?.as_text()?;
    (!has("lat") && !has("lng") && !address.trim().is_empty()).then_some(address)
}

/// The `executionConfig` that a step sends, if it sends one.
fn sent(action: &Action) -> Option<&Value> {
    match action {
        Action::Create { name: _, fields } => fields.get(&Field::ExecutionConfig),
        Action::Update { id: _, name: _, was: _, changes, seen: _ } => {
            changes.iter().find(|change| change.field == Field::ExecutionConfig).map(|change| &change.send)
        }
        Action::UpdatePreset { .. } | Action::Delete { .. } | Action::Install { .. } | Action::Publish { .. } => None,
    }
}

fn rows(config: Option<&Value>) -> &[Value] {
    match config.and_then(Value::as_map).and_then(|config| config.get("roster")) {
        Some(Value::List(rows)) => rows,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) | Value::Map(_))
        | None => &[],
    }
}
