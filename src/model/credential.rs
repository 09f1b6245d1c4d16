use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// How the credentials of well-known services begin, and how long each is at least.
const STARTS: [(&str, usize); 12] = [
    ("flowyte_sk_", 16),
    ("ghp_", 24),
    ("github_pat_", 24),
    ("glpat-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("AKIA", 20),
    ("AIza", 30),
    ("shpat_", 20),
    ("pat-na1-", 20),
];

/// What stands in every text that holds a credential, but for those in URLs; all looked for at once, since nearly every text
/// holds none.
static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let starts = STARTS.iter().map(|(start, _)| *start);
    AhoCorasick::new(starts.chain([TOKEN, PRIVATE_KEY])).ok()
});

/// How tokens of three parts begin.
const TOKEN: &str = "eyJ";

const PRIVATE_KEY: &str = "-----BEGIN ";

const SCHEME: &str = "://";

/// Whether a text holds anything with the shape of a credential.
pub fn looks_like_secret(text: &str) -> bool {
    !secret_words(text).is_empty()
}

/// The bytes of a text that have the shape of a credential, in order and apart from each other.
///
/// These are what well-known services issue, tokens of three parts (JWT), private keys, and URLs with a password or a
/// token in them. Each is found wherever it stands: in an address, in a path, in brackets. What follows one up to the
/// next white space, quote, comma or parenthesis is taken with it, since the second half of a pair may stand there.
pub fn secret_words(text: &str) -> Vec<Range<usize>> {
    if MARKS.as_ref().is_some_and(|marks| !marks.is_match(text)) {
        return joined(urls(text).collect());
    }
    let issued = STARTS.iter().flat_map(|(start, least)| starting(text, start, |word| word.len() >= *least));
    let tokens = starting(text, TOKEN, |word| word.len() > 40 && word.matches('.').count() >= 2);
    let found = issued.chain(tokens).chain(private_keys(text)).chain(urls(text)).collect();
    joined(found)
}

/// Puts ranges in order and joins those that touch or overlap.
pub(crate) fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            Some(_) | None => out.push(range),
        }
    }
    out
}

/// Words that begin in a certain way and have the right shape, with what hangs on them.
fn starting<'a>(
    text: &'a str,
    start: &'a str,
    is_secret: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = Range<usize>> + 'a {
    let ends_word = |c: char| is_gap(c) || ":[]{}|&@/\\?#!*".contains(c);
    text.match_indices(start).filter_map(move |(at, _)| {
        let (before, rest) = text.split_at_checked(at)?;
        let is_inside_a_word = before.ends_with(|c: char| c.is_ascii_alphanumeric());
        let word = rest.split(ends_word).next()?;
        let len = rest.find(is_gap).unwrap_or(rest.len());
        (!is_inside_a_word && is_secret(word)).then(|| at..at + len)
    })
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || "'\"`,;=()<>".contains(c)
}

/// Private keys, from their first line to their last, or to the end of the text.
fn private_keys(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices(PRIVATE_KEY).map(|(at, _)| {
        let rest = text.get(at..).unwrap_or_default();
        let last = rest.find("-----END ").and_then(|end| Some(end + rest.get(end..)?.find('\n')?));
        at..at + last.unwrap_or(rest.len())
    })
}

/// URLs with a password before the host, or a token among the parameters.
fn urls(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices(SCHEME).filter_map(|(at, sign)| {
        let (scheme, rest) = (text.get(..at)?, text.get(at + sign.len()..)?);
        let scheme = scheme.len() - scheme.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
        let rest = rest.split(char::is_whitespace).next()?;
        let shown_end = rest.trim_end_matches(['\'', '"', '`', ',', '>']).len();
        holds_secret(rest).then(|| at - scheme..at + sign.len() + shown_end)
    })
}

/// Whether what follows the scheme of a URL holds a password or a token. Placeholders are none.
fn holds_secret(rest: &str) -> bool {
    const PARAMETERS: [&str; 6] = ["api_key", "apikey", "access_token", "token", "secret", "password"];
    let is_literal = |value: &str| !value.is_empty() && !value.starts_with(['{', '$']);
    let (host, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let password = host.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
    let mut parameters = rest.split(['?', '&', '#']).filter_map(|parameter| parameter.split_once('='));
    password.is_some_and(is_literal)
        || parameters.any(|(key, value)| PARAMETERS.contains(&key.to_ascii_lowercase().as_str()) && is_literal(value))
}
