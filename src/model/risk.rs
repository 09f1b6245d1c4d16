use std::fmt;

macro_rules! risks {
    ($($(#[doc = $doc:literal])* $variant:ident = $word:literal;)*) => {
        /// What a change of a skill may do to callers or their data. The worst comes first.
        ///
        /// Which fields tell is known from the platform's own guides: `isWrite` and `requiresConfirmation` make the
        /// confirmation gate, `verificationLevel` and `requiresVerifiedIdentity` the identity check, `dataEgressMap` is
        /// what the pre-publish report lists as data that leaves.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Risk { $($(#[doc = $doc])* $variant,)* }

        impl Risk {
            /// All of them, the worst first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its word in `policy.risk` and in every format.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What it is, in a sentence.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim(),)* }
            }
        }
    };
}

risks! {
    /// The caller is no longer asked to confirm.
    LosesConfirmation = "loses-confirmation";
    /// The caller's identity is no longer verified.
    LosesVerification = "loses-verification";
    /// The caller is verified less strongly than before.
    LowersVerification = "lowers-verification";
    /// The agent becomes able to change data elsewhere.
    BeginsToWrite = "begins-to-write";
    /// Data leaves that did not, or for another place.
    OpensEgress = "opens-egress";
    /// Calls, requests or e-mails go to another number, host or address.
    ChangesDestination = "changes-destination";
    /// A skill that was disabled may be used.
    IsEnabled = "is-enabled";
    /// More is at stake than before.
    RaisesStakes = "raises-stakes";
    /// It may be used at more times or on more channels.
    WidensAvailability = "widens-availability";
}

impl Risk {
    /// Reads its word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|risk| risk.word() == word)
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
