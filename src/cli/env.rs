//! What is read from the environment, in one place.
#![expect(clippy::disallowed_methods, reason = "this module is the environment")]

use std::ffi::OsString;
use std::path::PathBuf;

use uuid::Uuid;

use crate::model::Secret;

/// The variable that holds the API key.
pub(super) const API_KEY: &str = "FLOWYTE_API_KEY";

/// Ends the process at once.
#[expect(clippy::exit, reason = "after a panic in a build that does not unwind there is no other way to an exit code")]
pub(super) fn leave(code: u8) -> ! {
    std::process::exit(i32::from(code))
}

/// The working directory.
pub(super) fn working_directory() -> PathBuf {
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."))
}

/// The command line, the program's name first.
pub(super) fn arguments() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

/// A variable whose value must not be shown.
pub(super) fn secret(name: &str) -> Option<Secret> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(Secret::from)
}

/// A variable that a CI system sets; one that is empty is not set.
pub(super) fn word(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Whether somebody asked for no colours (`NO_COLOR`).
pub(super) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// The commit that CI works on, as GitHub or GitLab name it.
pub(super) fn commit() -> Option<String> {
    ["GITHUB_SHA", "CI_COMMIT_SHA"].iter().find_map(|name| std::env::var(name).ok()).filter(|sha| !sha.is_empty())
}

/// The time, in seconds since 1970 (UTC).
pub(super) fn seconds() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map(|since| since.as_secs()).unwrap_or_default()
}

/// The time in RFC 3339, to the second (UTC).
pub(super) fn time() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}

/// A variable that names a file.
pub(super) fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// A number that no other run has.
pub(super) fn nonce() -> Uuid {
    Uuid::new_v4()
}

/// A number to draw others from.
pub(super) fn seed() -> u64 {
    Uuid::new_v4().as_u64_pair().0
}
