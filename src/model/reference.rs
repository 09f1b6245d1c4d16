/// What may stand in a manifest instead of a value: a mapping with one key that says where the value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    /// An environment variable.
    Env,
    /// A file, as text.
    File,
    /// A file, as a roster.
    Csv,
}

impl Reference {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Env, Self::File, Self::Csv];

    /// Reads the mapping's key.
    pub fn read(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reference| reference.key() == key)
    }

    /// The mapping's key.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Env => "fromEnv",
            Self::File => "fromFile",
            Self::Csv => "fromCsv",
        }
    }
}
