/// Who moved since a base revision, where the manifests and the live state differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Moved {
    /// The manifests ask for something else than at the base, and live is as it was asked for then.
    Manifest,
    /// Live is not as the manifests asked for at the base, and they still ask for the same.
    Live,
    /// Both.
    Both,
    /// There is no base, or it cannot be told.
    #[default]
    Unknown,
}

impl Moved {
    /// The word for it in every format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Live => "live",
            Self::Both => "both",
            Self::Unknown => "unknown",
        }
    }

    /// From whether either of them moved.
    pub const fn of(manifest: bool, live: bool) -> Self {
        match (manifest, live) {
            (true, false) => Self::Manifest,
            (false, true) => Self::Live,
            (true, true) => Self::Both,
            (false, false) => Self::Unknown,
        }
    }

    /// Who moved in any of several places; `None` if there are none.
    pub fn any(places: impl IntoIterator<Item = Self>) -> Option<Self> {
        places.into_iter().reduce(|one, other| match (one, other) {
            (Self::Manifest, Self::Manifest) => Self::Manifest,
            (Self::Live, Self::Live | Self::Unknown) | (Self::Unknown, Self::Live) => Self::Live,
            (Self::Both, _) | (_, Self::Both) | (Self::Manifest, Self::Live) | (Self::Live, Self::Manifest) => {
                Self::Both
            }
            // Of what cannot be told nobody may say that live is as it was.
            (Self::Unknown, Self::Manifest | Self::Unknown) | (Self::Manifest, Self::Unknown) => Self::Unknown,
        })
    }
}
