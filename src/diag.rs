//! Findings: what is wrong with manifests or with what they meet on the server, as data.
//!
//! A finding has a stable code, a place, a message and a way out. All findings of a run are shown, in one order.
//! (What stops a run for other reasons is an error, not a finding.)

mod code;
mod few;
mod finding;
mod sources;
mod suggest;

pub use code::{Code, Severity};
pub use few::Few;
pub use finding::{Finding, sort};
pub use sources::Sources;
pub use suggest::closest;
