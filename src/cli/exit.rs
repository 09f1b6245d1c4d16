//! How a run ends, as a number that scripts can rely on.

use crate::diag::Finding;
use crate::report::Verdict;

macro_rules! exits {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $about:literal;)*) => {
        /// Every exit code. Public: a code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Exit { $($(#[doc = $doc])* $variant,)* }

        impl Exit {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number.
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)* }
            }

            /// What it means, in a few words.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim(),)* }
            }

            /// What to do about it.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

exits! {
    /// in sync, valid, or applied completely
    Ok = 0, "Nothing is left to do.";
    /// failed, nothing was written
    Failed = 1, "The message says what failed; the server is as it was.";
    /// differences exist, and nothing else
    Differences = 2, "`plan --exit-code` found something to do, `drift` found that live moved, or `pull` leaves something different.";
    /// partly applied
    Partial = 3, "At least one write landed and at least one did not, or a field did not converge. Run apply again: it does only what is left.";
    /// refused: live or the plan changed since the review
    Stale = 4, "One step: somebody edited live between the plan and the write, or it is not as in the plan that was kept (`--plan`); that step was not sent, and the others were. Or the plan as a whole: it is not the one that was reviewed (`--expect`), or the review is of something else or too old (`--plan`); nothing was written. The message says which. Plan again, and look at what moved.";
    /// another run holds the lock, or this commit is older than the last one applied
    Locked = 5, "Another apply to this server and target, and to the same share of its agents, is running in this folder; or, with `--applied-ref`, a commit was applied that this one does not follow. Nothing was written.";
    /// blocked by a guard
    Guarded = 6, "A literal secret, a delete budget, a protected or referenced skill, a listing that could not be proved complete, or foreign edits in a draft. The message names the way out.";
    /// the outcome of a write is unknown
    Unknown = 7, "The answer to a write was lost, and reading back did not settle it. Nothing was sent twice blindly. Run apply again: it waits for what may still come, then does what is left.";
    /// wrong usage
    Usage = 64, "The command line, the key or the base URL is not as it must be. Nothing was sent.";
    /// internal error
    Internal = 70, "A bug in flowops. Please report it.";
    /// interrupted by SIGINT, cleanly
    Interrupted = 130, "Nothing more was sent. Run apply again: it does only what is left.";
    /// ended by SIGTERM, cleanly
    Terminated = 143, "Nothing more was sent. Run apply again: it does only what is left.";
}

impl Exit {
    /// How an apply ends.
    pub const fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Applied => Self::Ok,
            Verdict::Guarded => Self::Guarded,
            Verdict::Conflict => Self::Stale,
            Verdict::Partial => Self::Partial,
            Verdict::Failed => Self::Failed,
            Verdict::Unknown => Self::Unknown,
        }
    }

    /// How findings end a run: guards have a code of their own, unless something else is wrong as well.
    pub fn of(findings: &[Finding]) -> Self {
        let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
        if errors.is_empty() {
            Self::Ok
        } else if errors.iter().all(|finding| finding.code.is_guard()) {
            Self::Guarded
        } else {
            Self::Failed
        }
    }

    /// Of two endings the one that says less good of the whole.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    /// How bad it is, among the endings of several runs: what nobody knows is worse than what failed, and that than what
    /// somebody has to decide.
    const fn weight(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Differences => 1,
            Self::Guarded => 2,
            Self::Stale => 3,
            Self::Locked => 4,
            Self::Usage => 5,
            Self::Failed => 6,
            Self::Interrupted => 7,
            Self::Terminated => 8,
            Self::Partial => 9,
            Self::Unknown => 10,
            Self::Internal => 11,
        }
    }

    /// The same in a word, for scripts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Differences => "differences",
            Self::Partial => "partial",
            Self::Stale => "stale",
            Self::Locked => "locked",
            Self::Guarded => "guarded",
            Self::Unknown => "unknown",
            Self::Usage => "usage",
            Self::Internal => "internal",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// Reads a number.
    pub fn read(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|exit| exit.code() == code)
    }
}
