//! Which way a plan is read, and what of its values is seen from there.

use serde_json::Value as Json;

use super::plan::who;
use crate::model::Moved;
use crate::record::{ClassV1, FieldV1, ParameterV1};

/// Which way a plan is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// What apply would do: live → git.
    Plan,
    /// What live says that git does not: git → live.
    Drift,
}

/// A value that changes.
pub(super) struct Change<'a> {
    /// A JSON pointer.
    pub(super) path: &'a str,
    /// What may be shown of it.
    pub(super) values: Values<'a>,
    /// What else is to be said of it.
    pub(super) note: Option<&'static str>,
}

/// What may be shown of a value that changes.
#[derive(Clone, Copy)]
pub(super) enum Values<'a> {
    /// Both values; `null` is none.
    Shown { old: &'a Json, new: &'a Json },
    /// Neither.
    Hidden,
}

/// How a value changes, as it is seen from a side; what is only not applied yet is no drift. Where both moved, each value
/// says which of them it was.
pub(super) fn change(field: &FieldV1, side: Side, both: bool) -> Option<Change<'_>> {
    let values = match (field, side) {
        (FieldV1::Shown { path: _, before, after, cause: _ }, Side::Plan) => Values::Shown { old: before, new: after },
        (FieldV1::Shown { path: _, before, after, cause: _ }, Side::Drift) => Values::Shown { old: after, new: before },
        (FieldV1::Hidden { .. }, Side::Plan | Side::Drift) => Values::Hidden,
    };
    let is_seen = side == Side::Plan || !field.cause().is_pending();
    let note = (both && side == Side::Plan).then(|| who(Moved::from(field.cause())));
    is_seen.then_some(Change { path: field.path(), values, note })
}

/// What the change of a skill's parameters may break; what breaks nothing only by its class. The worst comes first.
pub(super) fn judged(parameters: &[ParameterV1]) -> Vec<String> {
    let Some(worst) = parameters.first().map(|change| change.class) else { return Vec::new() };
    match worst {
        ClassV1::Breaking => {
            let breaking = parameters.iter().filter(|change| change.class == worst);
            breaking.map(|change| format!("{}: {}", worst.word(), change.what)).collect()
        }
        ClassV1::Behavioural | ClassV1::Compatible => vec![format!("parameters: {}", worst.word())],
    }
}

/// A value, if there is one.
pub(super) const fn stated(value: &Json) -> Option<&Json> {
    match value {
        Json::Null => None,
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => Some(value),
    }
}
