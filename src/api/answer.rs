//! What an answer to a write says about whether it was done.

use super::error::ApiError;
use super::geocode::{Located, located};
use super::message::RawResponse;
use super::request::Write;
use super::response::{provisioned, succeeded, written_skill};
use crate::model::{LiveSkill, Provisioned};

/// What an answer to a write means.
#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// It was done.
    Done(Made),
    /// It was so already.
    Unneeded,
    /// It was not done, and will not be if it is sent again.
    Refused(ApiError),
    /// It was not done, since something is not as the request took it to be: 409, 412, 428, or 404 for an update
    /// or a delete.
    Contested(ApiError),
    /// The server asks to be left alone for a while: 429, or 503 with `Retry-After`.
    Throttled(ApiError),
    /// Whether it was done the answer does not tell: a failure of the server may come after the write.
    Unclear(ApiError),
}

/// What a write that was done made, as far as its answer shows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Made {
    /// Nothing that has a form of its own.
    Nothing,
    /// A skill, as it is now.
    Skill(Box<LiveSkill>),
    /// The presets of a pack.
    Presets(Vec<Provisioned>),
    /// Where addresses lie; of these nothing was made.
    Places(Vec<Located>),
}

impl Answered {
    /// Reads the answer to a write.
    pub fn read(write: &Write, response: &RawResponse) -> Self {
        let read = if response.is_success() {
            made(write, response)
        } else {
            Err(ApiError::read(response).needing(write.route().scope()))
        };
        match read {
            Ok(made) => Self::Done(made),
            Err(error) => Self::of_error(write, response, error),
        }
    }

    fn of_error(write: &Write, response: &RawResponse, error: ApiError) -> Self {
        let slug = match &error {
            ApiError::Refused(problem) => problem.slug.as_str(),
            // A good status around something that is not the API's answer says nothing.
            ApiError::NotJson { .. } | ApiError::Shape(_) if response.is_success() => return Self::Unclear(error),
            ApiError::Redirect { .. } | ApiError::NotJson { .. } | ApiError::Shape(_) => "",
        };
        let is_update = matches!(write, Write::UpdateSkill { .. });
        let is_keyed = matches!(write, Write::CreateSkill { .. } | Write::Publish { .. });
        match (response.status, slug) {
            // It may be the skill that is gone, or the way to the API that is wrong.
            (404 | 410, _) if is_update || matches!(write, Write::DeleteSkill { .. }) => Self::Contested(error),
            (409, "no_diff") => Self::Unneeded,
            // The first request with this key is still under way, or the key is another request's.
            (409, slug) if is_keyed && (slug.contains("progress") || slug.contains("idempotency")) => {
                Self::Unclear(error)
            }
            (422, slug) if is_keyed && slug.contains("idempotency") => Self::Unclear(error),
            (409, _) if is_update || is_keyed => Self::Contested(error),
            (412 | 428, _) => Self::Contested(error),
            (429, _) => Self::Throttled(error),
            (503, _) if response.retry_after.is_some() => Self::Throttled(error),
            (408 | 425 | 500..=599, _) => Self::Unclear(error),
            (_, _) => Self::Refused(error),
        }
    }
}

fn made(write: &Write, response: &RawResponse) -> Result<Made, ApiError> {
    match write {
        Write::CreateSkill { .. } | Write::UpdateSkill { .. } => {
            written_skill(response).map(|skill| Made::Skill(Box::new(skill)))
        }
        Write::Geocode { .. } => located(response).map(Made::Places),
        Write::InstallPack { .. } | Write::Provision { .. } => provisioned(response).map(Made::Presets),
        Write::DeleteSkill { .. } | Write::Publish { .. } => succeeded(response).map(|()| Made::Nothing),
    }
}
