use std::fmt;

pub use secrecy::SecretString as Secret;

/// Where a secret's value comes from. Manifests hold only this; `apply` resolves it, before its first write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file, relative to the project root, with `/` between its parts.
    File(String),
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "${name}"),
            Self::File(path) => write!(f, "file `{path}`"),
        }
    }
}

/// Whether a key names a place that usually holds a secret: values below it are never shown.
pub fn is_sensitive_key(key: &str) -> bool {
    const PARTS: [&str; 9] =
        ["token", "secret", "password", "passwd", "apikey", "authorization", "cookie", "credential", "privatekey"];
    const WHOLE: [&str; 4] = ["auth", "xauth", "signature", "accesskey"];
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    PARTS.iter().any(|part| key.contains(part)) || WHOLE.contains(&key.as_str())
}

/// Whether a text has the shape of a credential that a well-known service issues.
pub fn looks_like_secret(text: &str) -> bool {
    const STARTS: [(&str, usize); 13] = [
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
        ("-----BEGIN ", 20),
    ];
    let word = |part: &str| {
        STARTS.iter().any(|(start, least)| part.starts_with(start) && part.len() >= *least)
            || (part.starts_with("eyJ") && part.len() > 40 && part.matches('.').count() == 2)
    };
    text.contains("-----BEGIN ")
        || text.split_whitespace().any(url_holds_secret)
        || text.split(|c: char| c.is_whitespace() || "'\"`,;=()<>:[]{}|&@/\\?#!*".contains(c)).any(word)
}

/// Whether a URL holds a password before its host, or a token among its parameters. Placeholders are none.
fn url_holds_secret(word: &str) -> bool {
    const PARAMETERS: [&str; 6] = ["api_key", "apikey", "access_token", "token", "secret", "password"];
    let is_literal = |value: &str| !value.is_empty() && !value.starts_with(['{', '$']);
    let Some((_, rest)) = word.split_once("://") else { return false };
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host_end);
    let password = host.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
    let mut parameters = rest.split(['?', '&', '#']).filter_map(|parameter| parameter.split_once('='));
    password.is_some_and(is_literal)
        || parameters.any(|(key, value)| PARAMETERS.contains(&key.to_ascii_lowercase().as_str()) && is_literal(value))
}

/// Whether a live value looks like one that the server masked on read.
///
/// Nothing says whether it does, nor how; a run of mask characters is taken for one, since writing it back would
/// destroy the real value and comparing it would report a drift that is none.
pub fn is_masked(text: &str) -> bool {
    let run = |mask: char| text.split(|c| c != mask).any(|part| part.chars().count() >= 3);
    // `Bearer ********` is one; a sentence between asterisks is not.
    if text.split_whitespace().nth(2).is_some() {
        return false;
    }
    run('*') || run('•') || matches!(text, "[redacted]" | "<redacted>" | "REDACTED" | "[REDACTED]")
}
