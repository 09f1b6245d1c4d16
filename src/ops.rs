//! The verbs: fetch, plan, apply. They are handed a transport and give values; they see neither network nor disk.
//!
//! Planning takes a [`Reads`], which cannot send a request that changes anything. Only [`apply`] takes a [`Writes`].

mod apply;
mod body;
mod cover;
mod fetch;
mod geocode;
mod halt;
mod heads;
mod journal;
mod list;
mod prove;
mod recover;
mod refusal;
mod scopes;
mod settle;
mod step;

use std::time::Duration;

use crate::api::{ApiError, RawResponse, Read, Write};

pub use apply::{OnFailure, Run, Secrets, apply};
pub use fetch::{FetchError, Keep, LIST, Planned, Survey, fetch, fetch_listed, is_list_sure, plan, survey};
pub use halt::Halt;
pub use journal::{Journal, Notes};
pub use recover::recover;
pub use scopes::{Noted, scopes};

/// Sends requests that change nothing.
pub trait Reads: Sync {
    /// Sends a read; it may be repeated until it is answered.
    fn read(&self, request: &Read) -> impl Future<Output = Result<RawResponse, TransportError>> + Send;
}

/// Sends requests that change something, too.
pub trait Writes: Reads {
    /// Sends a write once. It is repeated only if it surely was not received.
    fn write(&self, request: &Write) -> impl Future<Output = Result<RawResponse, TransportError>> + Send;

    /// Waits. The transport owns the clock; one whose answers are final at once need not wait.
    fn rest(&self, wait: Duration) -> impl Future<Output = ()> + Send;
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request did not reach the server.
    #[error("the request could not be sent: {0}")]
    NotSent(String),
    /// It may have; the answer was lost on the way.
    #[error("the answer was lost: {0}")]
    Lost(String),
    /// It did, and the answer is too large to be one of the API's.
    #[error("the answer is larger than {0} bytes, so it was not read")]
    Oversized(usize),
}

/// Why a call gave nothing to work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// There is no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The answer is not what was asked for.
    #[error(transparent)]
    Api(#[from] ApiError),
}
