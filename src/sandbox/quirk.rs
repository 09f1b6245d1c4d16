//! What the API leaves open: one switch for each question, so that the client can be tried under every answer.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An open question about the platform, as [`Quirks::TABLE`] lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// Its name in `--quirks NAME=WORD`.
    pub name: &'static str,
    /// What is asked.
    pub about: &'static str,
    /// What may be true; the first is taken unless another is named.
    pub answers: &'static [Answer],
}

/// A possible answer to a [`Question`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Its word in `--quirks NAME=WORD`.
    pub word: &'static str,
    /// What the sandbox then does.
    pub about: &'static str,
}

/// Why a text names no quirks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuirkError {
    /// A part that is not `name=word`.
    #[error("`{0}` is not of the form `name=word`")]
    NotAPair(String),
    /// A name that is none.
    #[error("there is no quirk `{name}`; {}", or_one_of(suggestion.as_deref(), &names()))]
    Unknown {
        /// What was written.
        name: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// A word that is no answer.
    #[error("quirk `{name}` has no answer `{word}`; it is one of {}", quoted(words))]
    NoAnswer {
        /// The quirk.
        name: String,
        /// What was written.
        word: String,
        /// What may be written.
        words: Vec<&'static str>,
    },
    /// A quirk that is answered twice.
    #[error("quirk `{0}` is answered twice")]
    Twice(String),
}

macro_rules! quirks {
    ($($field:ident: $Type:ident = $name:literal, $about:literal {
        $First:ident = $first:literal, $first_says:literal;
        $($Variant:ident = $word:literal, $says:literal;)+
    })*) => {
        $(
            #[doc = $about]
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
            pub enum $Type {
                #[doc = $first_says]
                #[default]
                $First,
                $(#[doc = $says] $Variant,)+
            }

            impl $Type {
                const ALL: &'static [Self] = &[Self::$First, $(Self::$Variant),+];
                const ANSWERS: &'static [Answer] = &[
                    Answer { word: $first, about: $first_says },
                    $(Answer { word: $word, about: $says }),+
                ];

                /// The word that stands for it.
                pub const fn word(self) -> &'static str {
                    match self {
                        Self::$First => $first,
                        $(Self::$Variant => $word,)+
                    }
                }
            }
        )*

        /// An answer to every open question. The default takes the first answer of each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct Quirks { $(#[doc = $about] pub $field: $Type,)* }

        impl Quirks {
            /// Every question with its answers, in the order in which they are shown.
            pub const TABLE: &'static [Question] =
                &[$(Question { name: $name, about: $about, answers: $Type::ANSWERS }),*];

            /// The same quirks with one question answered anew.
            pub fn with(mut self, name: &str, word: &str) -> Result<Self, QuirkError> {
                match name {
                    $($name => {
                        let found = $Type::ALL.iter().copied().find(|answer| answer.word() == word);
                        self.$field = found.ok_or_else(|| no_answer(name, word, $Type::ANSWERS))?;
                    })*
                    _ => return Err(unknown(name)),
                }
                Ok(self)
            }

            /// Each question's name with the word that answers it, as [`Quirks::with`] takes them.
            pub fn answers(self) -> impl Iterator<Item = (&'static str, &'static str)> {
                [$(($name, self.$field.word())),*].into_iter()
            }
        }
    };
}

quirks! {
    paging: Paging = "paging", "How a list is cut into pages." {
        Cursor = "cursor", "`nextCursor` is handed back as `cursor`; `page` is not understood.";
        Page = "page", "`page` counts from 1; there is no cursor.";
        Whole = "none", "All of it in one answer, with no `pagination`.";
        CursorIgnored = "cursor-ignored", "`nextCursor` is sent, but only `page` is understood.";
        Object = "object", "All of it in one answer, as `data: { items: [] }`.";
    }
    limit: Limit = "limit", "Whether `limit` is obeyed." {
        Obeyed = "obeyed", "A page holds as many as asked for, 1 to 100, else 20.";
        Ignored = "ignored", "A page holds 20, whatever is asked for.";
    }
    total: Total = "total", "Whether a page says how many there are." {
        Stated = "stated", "`total` and `totalPages` are sent.";
        Unstated = "unstated", "Neither is sent.";
    }
    order: Order = "order", "In which order a list comes." {
        Created = "created", "The oldest first.";
        Name = "name", "By name.";
        Reversed = "reversed", "The newest first.";
    }
    agents: Agents = "agents", "What a list of agents shows of each." {
        Whole = "whole", "All that the agent itself shows.";
        Short = "short", "No settings, such as its business hours.";
    }
    patch: Patch = "patch", "What a PATCH does inside a field that is an object." {
        Replace = "replace", "The object sent is the object kept.";
        Merge = "merge", "Keys sent are set, `null` removes one, keys not sent stay.";
    }
    null: Null = "null", "What a PATCH with `null` does to a field." {
        Clears = "clears", "The field is absent afterwards, or shows its default.";
        Kept = "kept", "The field is `null` afterwards.";
    }
    names: Names = "names", "Whether an agent may have two skills of one name." {
        Conflict = "unique-409", "The second is refused with 409.";
        Invalid = "unique-400", "The second is refused with 400.";
        Free = "free", "It may.";
    }
    secrets: Secrets = "secrets", "How `executionConfig.headers` comes back." {
        Clear = "clear", "As it was sent.";
        Masked = "masked", "With `********` for every value.";
        Dropped = "dropped", "Not at all.";
    }
    phones: Phones = "phones", "What becomes of phone numbers in `destination` and rosters." {
        Rewritten = "rewritten", "They are kept in E.164.";
        Kept = "kept", "They are kept as sent.";
    }
    rosters: Rosters = "rosters", "What becomes of a roster's addresses." {
        Geocoded = "geocoded", "`lat` and `lng` are added.";
        Kept = "kept", "They are kept as sent.";
    }
    geocode_cap: GeocodeCap = "geocode-cap", "How many addresses a request for coordinates may hold." {
        Hundred = "100", "100; more are refused with 400.";
        Twenty = "20", "20; more are refused with 413.";
        One = "1", "One; more are refused with 400.";
    }
    sets: Sets = "sets", "What becomes of `channels`, `allowedFields` and `requiredParams`." {
        Kept = "kept", "They are kept as sent.";
        Sorted = "sorted", "They come back sorted, each entry once.";
    }
    text: Text = "text", "What becomes of texts." {
        Kept = "kept", "They are kept as sent.";
        Trimmed = "trimmed", "White space at their end is removed.";
    }
    defaults: Defaults = "defaults", "Whether an answer shows fields that nobody set." {
        Omitted = "omitted", "They are absent.";
        Filled = "filled", "They show the default.";
    }
    delete: Delete = "delete", "How a delete is answered." {
        Void = "200", "With 200 and an envelope without data.";
        NoContent = "204", "With 204 and no body.";
    }
    slug: Slug = "slug", "Where a problem's slug stands." {
        Code = "code", "In `code`.";
        Type = "type", "In the last segment of `type`.";
        Detail = "detail", "In `detail`.";
    }
    envelope: Envelope = "envelope", "What stands around `data`." {
        Full = "full", "`success: true` and `data`.";
        Bare = "bare", "Only `data`.";
    }
    reserved: Reserved = "reserved", "What becomes of providers that the platform may keep for later." {
        Offered = "offered", "They are offered like the others.";
        Refused = "refused", "The catalog does not list them, and their routes answer 403.";
    }
    preset_match: PresetMatch = "preset-match", "By what a pack knows a preset that is there already." {
        Name = "name", "By the skill's name.";
        Key = "key", "By a key that no answer shows.";
    }
    arrival: Arrival = "arrival", "How the skills of a pack or an action arrive." {
        Own = "own", "Enabled, unless an operator's settings are still to be filled in.";
        Disabled = "disabled", "Disabled, all of them.";
    }
    installs: Installs = "installs", "What becomes of an install that has more than one skill to make." {
        Whole = "whole", "It makes all of them, or none.";
        Failing = "failing", "It makes all but the last, and fails with 500; sent again, it goes on.";
        Short = "short", "It makes all but the last, and answers 200; sent again, it goes on.";
    }
    publish_status: PublishStatus = "publish-status", "How a publish is answered." {
        Ok = "200", "With 200.";
        Created = "201", "With 201.";
    }
    key_replay: KeyReplay = "key-replay", "What a repeated `Idempotency-Key` does." {
        Replays = "replays", "The first answer comes again, and 422 for another request.";
        Ignored = "ignored", "The request is done again.";
    }
    latency_stat: LatencyStat = "latency-stat", "Whether a skill shows `expectedLatencyMs`." {
        Present = "present", "It does, and it is another number at each read.";
        Absent = "absent", "It does not.";
    }
    extras: Extras = "extras", "Whether answers hold fields that no page describes." {
        Absent = "none", "They do not.";
        Unknown = "unknown", "They do, beside the known ones.";
    }
}

impl Quirks {
    /// Reads `name=word,name=word`; questions that are not named keep their first answer.
    pub fn parse(text: &str) -> Result<Self, QuirkError> {
        let mut quirks = Self::default();
        let mut seen = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, word) = part.split_once('=').ok_or_else(|| QuirkError::NotAPair(part.to_owned()))?;
            let (name, word) = (name.trim(), word.trim());
            if seen.contains(&name) {
                return Err(QuirkError::Twice(name.to_owned()));
            }
            quirks = quirks.with(name, word)?;
            seen.push(name);
        }
        Ok(quirks)
    }
}

/// Writes what [`Quirks::parse`] reads, without the questions that have their first answer.
impl fmt::Display for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Self::default().answers();
        let unusual = self.answers().zip(usual).filter(|(answer, usual)| answer != usual);
        for (index, ((name, word), _)) in unusual.enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}={word}")?;
        }
        Ok(())
    }
}

impl From<Quirks> for String {
    fn from(quirks: Quirks) -> Self {
        quirks.to_string()
    }
}

impl TryFrom<String> for Quirks {
    type Error = QuirkError;

    fn try_from(text: String) -> Result<Self, QuirkError> {
        Self::parse(&text)
    }
}

fn no_answer(name: &str, word: &str, answers: &[Answer]) -> QuirkError {
    let words = answers.iter().map(|answer| answer.word).collect();
    QuirkError::NoAnswer { name: name.to_owned(), word: word.to_owned(), words }
}

fn unknown(name: &str) -> QuirkError {
    let distance = |known: &&str| strsim::damerau_levenshtein(known, name);
    let nearest = names().into_iter().min_by_key(distance).filter(|known| distance(known) <= 2);
    QuirkError::Unknown { name: name.to_owned(), suggestion: nearest.map(str::to_owned) }
}

fn names() -> Vec<&'static str> {
    Quirks::TABLE.iter().map(|question| question.name).collect()
}

fn or_one_of(suggestion: Option<&str>, words: &[&str]) -> String {
    match suggestion {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("there are {}", quoted(words)),
    }
}

fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
