//! What servers say of their limits, in headers that come in several forms and not always in good ones.

use std::time::{Duration, SystemTime};

/// The longest window that is believed; beyond it a number is a date, or nonsense.
const LONGEST_WINDOW: u64 = 31 * 24 * 60 * 60;

/// What a server says of its limits: `RateLimit-Limit`, `-Remaining` and `-Reset`, or the later `RateLimit` and
/// `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers, in the forms of its versions).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimit {
    /// Requests that a window allows.
    pub quota: Option<u64>,
    /// How long a window is.
    pub window: Option<Duration>,
    /// Requests that are left of it.
    pub remaining: Option<u64>,
    /// When there will be more.
    pub reset: Option<Duration>,
}

impl RateLimit {
    /// Reads the headers of an answer, given the values of a header by its name. What is no such thing is passed over.
    pub fn read<'a, I: Iterator<Item = &'a str>>(values: impl Fn(&'static str) -> I) -> Option<Self> {
        let policies: Vec<Item<'_>> =
            values("ratelimit-policy").chain(values("ratelimit-limit")).flat_map(items).collect();
        let said: Vec<Item<'_>> = values("ratelimit").flat_map(items).collect();
        let first = |name| values(name).flat_map(items).find_map(|item| item.bare);
        let tightest = said.iter().filter(|item| item.param("r").is_some()).min_by_key(|item| {
            let (left, reset) = (item.param("r").unwrap_or(0), item.param("t").unwrap_or(0));
            // What is left for a second, in thousandths.
            left.saturating_mul(1_000) / reset.max(1)
        });
        // The draft's seventh version is a dictionary: `limit=100, remaining=50, reset=5`.
        let word = |name| said.iter().find_map(|item| item.member(name));
        let policy = policies
            .iter()
            .filter(|item| tightest.is_none_or(|said| said.name.is_empty() || item.name == said.name))
            .filter(|item| item.window().is_some() && item.quota().is_some())
            .min_by_key(|item| item.quota().unwrap_or(0).saturating_mul(1_000) / item.window().unwrap_or(1).max(1));
        let limit = Self {
            quota: policy.and_then(Item::quota).or_else(|| word("limit")).or_else(|| first("ratelimit-limit")),
            window: policy.and_then(Item::window).and_then(window),
            remaining: tightest
                .and_then(|item| item.param("r"))
                .or_else(|| word("remaining"))
                .or_else(|| first("ratelimit-remaining")),
            reset: tightest
                .and_then(|item| item.param("t"))
                .or_else(|| word("reset"))
                .or_else(|| first("ratelimit-reset"))
                .and_then(window),
        };
        (limit != Self::default()).then_some(limit)
    }
}

fn window(seconds: u64) -> Option<Duration> {
    (seconds <= LONGEST_WINDOW).then(|| Duration::from_secs(seconds))
}

/// A member of a list: `"default";q=100;w=60`, `100;w=60`, or `limit=100`.
struct Item<'a> {
    name: &'a str,
    bare: Option<u64>,
    params: Vec<(&'a str, u64)>,
}

impl Item<'_> {
    fn param(&self, name: &str) -> Option<u64> {
        self.params.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }

    fn member(&self, name: &str) -> Option<u64> {
        self.bare.filter(|_| self.name == name)
    }

    fn quota(&self) -> Option<u64> {
        self.param("q").or(self.bare)
    }

    fn window(&self) -> Option<u64> {
        self.param("w")
    }
}

fn items(value: &str) -> impl Iterator<Item = Item<'_>> {
    value.split(',').map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let head = parts.next().unwrap_or_default();
        let (name, bare) = match head.split_once('=') {
            Some((name, number)) => (name.trim(), number.trim().parse().ok()),
            None => (head.trim_matches('"'), head.parse().ok()),
        };
        Item { name, bare, params: parts.filter_map(parameter).collect() }
    })
}

fn parameter(part: &str) -> Option<(&str, u64)> {
    let (name, value) = part.split_once('=')?;
    Some((name.trim(), value.trim().parse().ok()?))
}

/// How many seconds `Retry-After` asks for (RFC 9110: seconds, or a date), given all headers of that name.
///
/// Of several the longest counts, and what is neither is passed over. A date that has passed asks for the shortest time
/// that can be asked for, a second.
pub fn retry_after<'a>(values: impl Iterator<Item = &'a str>, now: SystemTime) -> Option<u64> {
    let date = |value: &str| {
        let date = httpdate::parse_http_date(value).ok()?;
        Some(date.duration_since(now).map_or(1, |wait| wait.as_secs().saturating_add(1)))
    };
    let seconds = |value: &str| {
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        value.parse().ok().filter(|_| is_number)
    };
    let wait =
        |value: &'a str| date(value.trim()).or_else(|| value.split(',').filter_map(|part| seconds(part.trim())).max());
    values.filter_map(wait).max()
}
