//! Numbers and their nouns.

/// A number with its noun: `1 skill`, `2 skills`. Every noun that is counted here takes an `s`.
pub fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {noun}{}", plural(number, "", "s"))
}

/// The first word for one, the second for any other number.
pub(super) fn plural<'a>(number: u64, one: &'a str, many: &'a str) -> &'a str {
    if number == 1 { one } else { many }
}

/// The parts that are there, with commas between them.
pub(super) fn list(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `1 to create`, and nothing for zero.
pub(super) fn some(number: u64, rest: &str) -> Option<String> {
    (number > 0).then(|| format!("{number} {rest}"))
}
