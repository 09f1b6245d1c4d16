use std::collections::BTreeSet;
use std::ops::Range;

use super::credential::looks_like_secret;

/// The shortest word that is taken for random, in letters and digits.
const SHORTEST: usize = 20;

/// The shortest one of hexadecimal digits alone: shorter ones are ids and colours.
const SHORTEST_HEX: usize = 32;

/// How many different characters are in it at least.
const VARIETY: usize = 10;

/// Of so many neighbours at least one pair is of two kinds: a digit and a letter, or a small letter and a capital.
const MIXED: usize = 4;

/// Whether a setting holds anything that looks as if it was made at random, or has the shape of a credential, and is not
/// public by its key.
pub fn may_be_secret(key: &str, text: &str) -> bool {
    looks_like_secret(text) || (!is_public_key(key) && !random_words(text).is_empty())
}

/// Whether a key names what is public by design, however random it looks: an id, a checksum, a public key.
pub fn is_public_key(key: &str) -> bool {
    const PARTS: [&str; 8] =
        ["hash", "checksum", "digest", "fingerprint", "publickey", "publishable", "sitekey", "sha256"];
    const ENDS: [&str; 4] = ["id", "ids", "etag", "sha"];
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    PARTS.iter().any(|part| key.contains(part)) || ENDS.iter().any(|end| key.ends_with(end))
}

/// The bytes of a text that look as if they were made at random, in order.
///
/// People write words, and words are mostly of one kind of letter; what is made at random changes its kind all the time.
/// Names of hosts and mailboxes, UUIDs, ids of spreadsheets and what a query calls an id are public by design.
pub fn random_words(text: &str) -> Vec<Range<usize>> {
    if text.len() < SHORTEST {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split(|c: char| !is_of_word(c)) {
        let range = start..start + word.len();
        start = range.end + text.get(range.end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        if is_random(word) && !is_public(text, &range) {
            found.push(range);
        }
    }
    found
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_+".contains(c)
}

fn is_random(word: &str) -> bool {
    let letters = word.bytes().filter(u8::is_ascii_alphanumeric).count();
    if letters < SHORTEST {
        return false;
    }
    let is_hex = word.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let variety = word.bytes().collect::<BTreeSet<u8>>().len();
    let mixed = word.bytes().zip(word.bytes().skip(1)).filter(|(a, b)| is_mixed(*a, *b)).count();
    (!is_hex || letters >= SHORTEST_HEX)
        && (2..letters).contains(&digits)
        && variety >= VARIETY
        && mixed * MIXED >= letters
        && !holds_uuid(word)
}

/// Whether two neighbours are of different kinds. A small letter after a capital is how words begin.
fn is_mixed(a: u8, b: u8) -> bool {
    a.is_ascii_alphanumeric()
        && b.is_ascii_alphanumeric()
        && (a.is_ascii_digit() != b.is_ascii_digit() || (a.is_ascii_lowercase() && b.is_ascii_uppercase()))
}

fn holds_uuid(word: &str) -> bool {
    let parts: Vec<&str> = word.split(['-', '_']).collect();
    let is_hex = |part: &&str| part.bytes().all(|b| b.is_ascii_hexdigit());
    parts.windows(5).any(|five| five.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && five.iter().all(is_hex))
}

/// Whether what stands around a word makes it public.
fn is_public(text: &str, word: &Range<usize>) -> bool {
    let (Some(before), Some(after)) = (text.get(..word.start), text.get(word.end..)) else { return false };
    let authority = before.rsplit_once("://").map(|(_, rest)| rest).filter(|rest| !rest.contains(['/', '?', '#', ' ']));
    let rest_of_authority = after.split(['/', '?', '#', ' ']).next().unwrap_or_default();
    match authority {
        // Before an `@` stands who may come in.
        Some(_) => !rest_of_authority.contains('@'),
        None => after.starts_with('@') || before.ends_with("/d/") || before.to_ascii_lowercase().ends_with("id="),
    }
}
