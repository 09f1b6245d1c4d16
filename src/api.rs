//! The control-plane REST API as values: routes, requests, bodies, pages, answers and errors. Sends nothing.
//!
//! Facts come from two OpenAPI excerpts of the platform (create a skill, install a pack) and its public pages; what
//! those leave open is read leniently here and is a quirk in the sandbox.

mod answer;
pub mod body;
mod error;
mod geocode;
mod json;
mod message;
mod page;
mod request;
mod response;
mod route;

pub use answer::{Answered, Made};
pub use error::{ApiError, Problem};
pub use geocode::Located;
pub use json::{JsonError, json};
pub use message::{Method, RawRequest, RawResponse};
pub(crate) use page::MAX_PAGES;
pub use page::{Page, PageRequest, Pager, Progress};
pub use request::{IdempotencyKey, Read, Write};
pub use response::{
    AgentHead, agent, catalog, draft_changes, page, provisioned, publish_warnings, reference, skill, succeeded,
    written_skill,
};
pub use route::{BASE_PATH, Route, Scope};
