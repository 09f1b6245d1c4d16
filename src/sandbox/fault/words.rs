//! How methods and times are written in a fault script.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::Method;

/// A method, as it is on the wire.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schemars(rename = "Method")]
pub(super) enum MethodWord {
    Get,
    Post,
    Patch,
    Delete,
}

impl From<MethodWord> for Method {
    fn from(word: MethodWord) -> Self {
        match word {
            MethodWord::Get => Self::Get,
            MethodWord::Post => Self::Post,
            MethodWord::Patch => Self::Patch,
            MethodWord::Delete => Self::Delete,
        }
    }
}

impl From<Method> for MethodWord {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::Get,
            Method::Post => Self::Post,
            Method::Patch => Self::Patch,
            Method::Delete => Self::Delete,
        }
    }
}

/// A method that may be missing.
pub(super) mod method {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use super::MethodWord;
    use crate::api::Method;

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands over a reference to the field"
    )]
    pub(in crate::sandbox::fault) fn serialize<S: Serializer>(
        method: &Option<Method>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        method.map(MethodWord::from).serialize(to)
    }

    pub(in crate::sandbox::fault) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Method>, D::Error> {
        Ok(Option::<MethodWord>::deserialize(from)?.map(Method::from))
    }
}

/// A time such as `200ms`.
pub(super) mod time {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in crate::sandbox::fault) fn serialize<S: Serializer>(time: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&humantime::format_duration(*time))
    }

    pub(in crate::sandbox::fault) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(from)?;
        let time = humantime::parse_duration(&text);
        time.map_err(|_| D::Error::custom(format!("`{text}` is no time; one is `200ms` or `1s`")))
    }
}
