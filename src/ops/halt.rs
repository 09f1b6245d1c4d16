//! Being told to send no more.

use std::sync::OnceLock;

/// Tells an apply from outside to send no more writes. Those under way end, and what was sent is read back.
#[derive(Debug, Default)]
pub struct Halt(OnceLock<String>);

impl Halt {
    /// Tells it, with the reason as a fragment after "since". The first reason stays.
    pub fn halt(&self, reason: impl Into<String>) {
        let _first_stays = self.0.set(reason.into());
    }

    /// The reason, once there is one.
    pub fn reason(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}
