use super::limit::RateLimit;
use crate::api::{RawRequest, RawResponse};
use crate::ops::TransportError;

/// Sends a request once, without a thought for pace or for a second try.
pub trait Wire: Sync {
    /// Sends the request, and says honestly what became of it: [`TransportError::NotSent`] only if no byte of it can
    /// have reached the server.
    fn send(&self, request: &RawRequest) -> impl Future<Output = Result<Answer, TransportError>> + Send;
}

/// What came back over a wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The answer.
    pub response: RawResponse,
    /// What the server says of its limits beside it.
    pub limit: Option<RateLimit>,
}

/// An answer that says nothing of limits.
impl From<RawResponse> for Answer {
    fn from(response: RawResponse) -> Self {
        Self { response, limit: None }
    }
}
