//! Numbers and their nouns.

/// A number with its noun: `1 skill`, `2 skills`. Every noun that is counted here takes an `s`.
pub fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// That live skills are drift because no manifest declares them.
pub(super) fn strange(number: u64) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb} in no manifest, and `--strict` wants every one declared", count(number, "live skill"))
}

/// The parts that are there, with commas between them.
pub(super) fn list(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `1 to create`, and nothing for zero.
pub(super) fn some(number: u64, rest: &str) -> Option<String> {
    (number > 0).then(|| format!("{number} {rest}"))
}
