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

/// What was sent, in numbers; requests for coordinates only if there were any.
pub(super) fn sent(reads: u64, writes: u64, lookups: u64) -> String {
    let (reads, writes) = (count(reads, "read"), count(writes, "write"));
    match lookups {
        0 => format!("{reads} and {writes} sent"),
        lookups => format!("{reads}, {writes} and {} for coordinates sent", count(lookups, "request")),
    }
}

/// That coordinates will be asked for, of which it is only known how often at least; nothing where they will not.
pub(super) fn at_least(lookups: u64) -> String {
    if lookups == 0 { String::new() } else { format!(" and at least {} for coordinates", count(lookups, "request")) }
}

/// That a step asks for the coordinates of so many addresses.
pub(super) fn asks_first(addresses: u64) -> String {
    let addresses = if addresses == 1 { "1 address".to_owned() } else { format!("{addresses} addresses") };
    format!("apply asks for the coordinates of {addresses} first")
}

/// A share of the agents, with how many are in it.
pub(super) fn share(index: u32, total: u32, agents: u64) -> String {
    format!("{index} of {total}, {}", count(agents, "agent"))
}

/// The parts that are there, with commas between them.
pub(super) fn list(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `1 to create`, and nothing for zero.
pub(super) fn some(number: u64, rest: &str) -> Option<String> {
    (number > 0).then(|| format!("{number} {rest}"))
}
