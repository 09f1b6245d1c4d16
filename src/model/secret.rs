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
    const PARTS: [&str; 11] = [
        "token",
        "secret",
        "password",
        "passwd",
        "passphrase",
        "apikey",
        "subscriptionkey",
        "authorization",
        "cookie",
        "credential",
        "privatekey",
    ];
    const WHOLE: [&str; 6] = ["auth", "xauth", "signature", "accesskey", "pwd", "pass"];
    /// What is about a secret and none: `token_url`, `token_type`.
    const ABOUT: [&str; 4] = ["url", "uri", "endpoint", "type"];
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let names_one = PARTS.iter().any(|part| key.contains(part)) || WHOLE.contains(&key.as_str());
    names_one && !ABOUT.iter().any(|about| key.ends_with(about))
}

/// Whether a live value looks like one that the server masked on read.
///
/// Nothing says whether it does, nor how; a run of mask characters is taken for one, since writing it back would
/// destroy the real value and comparing it would report a drift that is none.
pub fn is_masked(text: &str) -> bool {
    let run = |mask: char| text.contains(mask) && text.split(|c| c != mask).any(|part| part.chars().count() >= 3);
    let is_word = matches!(text, "[redacted]" | "<redacted>" | "REDACTED" | "[REDACTED]");
    if is_word || !text.contains(['*', '•']) {
        return is_word;
    }
    // `Bearer ********` is one; a sentence between asterisks is not.
    if text.split_whitespace().nth(2).is_some() {
        return false;
    }
    run('*') || run('•')
}
