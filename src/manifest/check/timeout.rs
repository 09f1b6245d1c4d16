//! Timeouts that no caller can bear (M050).
//!
//! `timeout_ms` counts milliseconds (OpenAPI; its example is 4000). How long the platform itself waits at most is not
//! documented, so the bounds are those of a conversation.

use super::found::Found;
use super::subject::{Step, Subject};
use crate::diag::Code;
use crate::model::{Field, Value};

pub(super) const KEY: &str = "timeout_ms";
/// Below this many milliseconds, seconds were most likely meant.
const LEAST: f64 = 100.0;
/// Above this many a caller has hung up.
const MOST: f64 = 30_000.0;

pub(super) fn check(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(Value::Number(number)) = subject.settings().and_then(|settings| settings.get(KEY)) else { return };
    let Some(value) = number.as_f64() else { return };
    let (message, help) = if value <= 0.0 {
        (format!("a timeout of {number} ms leaves no time to answer"), None)
    } else if value < LEAST {
        let help = (value <= MOST / 1000.0).then(|| format!("if seconds were meant, write {}", value * 1000.0));
        (format!("a timeout of {number} ms is too short for any answer from a network"), help)
    } else if value > MOST {
        (format!("a timeout of {number} ms keeps the caller waiting in silence"), None)
    } else {
        return;
    };
    found.at(subject, (Field::ExecutionConfig, &[Step::Key(KEY)]), Code::UnlikelyTimeout, message, help);
}
