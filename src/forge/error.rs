use super::commit::Commit;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The request did not reach the forge.
    #[error("the request could not be sent: {0}")]
    NotSent(String),
    /// It may have; the answer was lost on the way.
    #[error("the answer was lost: {0}")]
    Lost(String),
}

/// Why the forge did not do what was asked of it. Its words are kept in part, and must be made harmless to be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// There is no answer.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The forge refused.
    #[error("the forge answered {status}{}", refusal(*status, words))]
    Refused {
        /// The status.
        status: u16,
        /// What it said, shortened; empty if nothing.
        words: String,
    },
    /// GraphQL answers 200 to what it refuses.
    #[error("the forge refused{}", spoken(.0))]
    Graphql(String),
    /// A redirect; they are never followed, since the token would go along.
    #[error(
        "the forge answered {status} with a redirect{}, which is never followed, since the token would go along",
        leads(host.as_deref())
    )]
    Redirect {
        /// The status.
        status: u16,
        /// The host it leads to, if it says so.
        host: Option<String>,
    },
    /// Not JSON.
    #[error(
        "the forge answered {status} with `{content_type}` instead of JSON; does the URL lead to its API, or does a proxy answer?"
    )]
    NotJson {
        /// The status.
        status: u16,
        /// What it called its answer.
        content_type: String,
    },
    /// JSON of another shape than the API's.
    #[error("the forge's answer cannot be read: {0}")]
    Shape(String),
    /// A list without an end.
    #[error("the forge's list has more than {0} pages")]
    Endless(u32),
    /// No pull request is known to have brought a commit in.
    #[error("no merged pull request is known to have brought in {0}")]
    NoPull(Commit),
    /// More than one is.
    #[error("more than one merged pull request holds {commit}: {}", listed(pulls))]
    ManyPulls {
        /// The commit.
        commit: Commit,
        /// Their numbers.
        pulls: Vec<u64>,
    },
}

impl ForgeError {
    /// Whether a write that was answered so may have been done.
    pub(super) const fn is_unclear(&self) -> bool {
        match self {
            Self::Unanswered(Unanswered::Lost(_)) | Self::NotJson { .. } | Self::Shape(_) => true,
            Self::Refused { status, .. } => matches!(status, 408 | 425 | 500..=599),
            Self::Unanswered(Unanswered::NotSent(_))
            | Self::Graphql(_)
            | Self::Redirect { .. }
            | Self::Endless(_)
            | Self::NoPull(_)
            | Self::ManyPulls { .. } => false,
        }
    }

    /// Whether it was about something that is not there.
    pub(super) const fn is_gone(&self) -> bool {
        matches!(self, Self::Refused { status: 404 | 410, .. })
    }
}

fn refusal(status: u16, words: &str) -> String {
    let hint = match status {
        401 => " (the token is wrong or has expired)",
        403 => " (the token may not do this; the token of a pull request from a fork never may)",
        404 => " (there is no such thing, or the token may not see it)",
        _ => "",
    };
    format!("{}{hint}", spoken(words))
}

fn spoken(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

fn leads(host: Option<&str>) -> String {
    host.map(|host| format!(" to `{host}`")).unwrap_or_default()
}

fn listed(pulls: &[u64]) -> String {
    pulls.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
