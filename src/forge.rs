//! The forge, where pull requests and issues are: one comment kept for each target, one issue for its drift.
//!
//! Requests and answers are values, one file for each family of forges. What is done with them is written once, over an
//! [`Exchange`], which sends one request and gives one answer: it never waits, and knows neither clock nor dice.
//!
//! - **Only what is our own is touched**: what the account of the token wrote, and what begins with our marker. A forge
//!   that does not say whose token it is gets new comments and issues, and nothing of it is edited, hidden or closed.
//! - **No create is repeated on a guess**: where its answer was lost, the list is read again first.
//! - **A comment that is closed is never used again**, and one of a newer commit is never written over.

mod answer;
mod commit;
mod dialect;
mod error;
mod gitea;
mod github;
mod gitlab;
mod issue;
mod marker;
mod post;
mod repository;
mod request;
mod reviewed;
mod session;
mod sticky;

use crate::api::RawResponse;

pub use commit::{Commit, CommitError};
pub use error::{ForgeError, Unanswered};
pub use issue::{Drift, Found, Tracked, track};
pub use marker::{Kind, Marker};
pub use repository::{Family, Repository, RepositoryError};
pub use request::{Effect, Endpoint, Method, Request};
pub use reviewed::{ReviewedError, reviewed};
pub use session::Forge;
pub use sticky::{Kept, Moment, Sticky, keep};

/// Sends one request to a forge and gives one answer.
pub trait Exchange: Sync {
    /// Sends the request. A read may be repeated until it is answered, a write only where it surely was not received.
    fn send(&self, request: &Request) -> impl Future<Output = Result<RawResponse, Unanswered>> + Send;
}
