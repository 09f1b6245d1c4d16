//! flowops: GitOps for Flowyte agents.
//!
//! This page is the map. The modules below stand in reading order; each may use those above it and none below
//! (`tests/it/layers.rs` reads the sources and keeps it so).
//!
//! | layer | modules | what they are |
//! | --- | --- | --- |
//! | words | [`model`], [`diag`] | what manifests mean and servers say; what is wrong with either |
//! | meaning | [`manifest`], [`diff`], [`plan`], [`compare`], [`pull`] | text → desired state; desired × live → differences → steps, or edits; one target × another |
//! | wire | [`api`] | requests, answers, pages, errors, routes, as values |
//! | account | [`report`], [`record`] | what an apply did; what others are told, without secrets |
//! | verbs, views | [`ops`], [`render`], [`forge`] | fetch, apply; text for people, records in every other form; comments and issues |
//! | effects | [`fs`], [`git`], [`http`], [`sandbox`] | the disk, the repository's history, the network, a control plane of one's own |
//! | shell | [`cli`] | flags → verbs → views → exit code |
//!
//! From a file's bytes to a request:
//!
//! ```text
//! fs::collect → Sources → manifest::open → Unresolved → Desired ─┐
//!                                                                ├→ ops::plan (plan::Context: look, join) → Plan → render
//! http::Planner → ops::LIST, asked for meanwhile ────────────────┘      └→ ops::apply → Report → render → cli::exit
//! ```
//!
//! What holds everywhere, and what keeps it:
//!
//! - **Everything above the effects is pure**: no disk, socket, clock, environment, randomness or printing. What is
//!   needed from outside is an argument. `.clippy.toml` bans the functions; an effect module opens its own exception.
//! - **Planning cannot write.** [`ops::plan`](ops::plan()) takes an [`ops::Reads`], which has no way to send a changing request;
//!   what `plan` and `drift` are given is built on a client that is only that ([`http::Planner`]).
//! - **All decisions are in the plan.** [`ops::apply`] binds ids that it learns on the way, sends, and reports.
//! - **A write is looked at first, written down, sent once and read back.** `ops::step` is that protocol, [`api::Answered`]
//!   says what an answer means, `ops::settle` what became of one that does not tell, [`report::journal`] is what was
//!   written down. Waiting belongs to the transport ([`ops::Writes::rest`]), which owns the clock.
//! - **A list is proved complete or it is not** ([`model::Listing`]); nothing is planned on one that is not.
//! - **A secret is a type** ([`model::SecretRef`], [`model::Secret`]); only the body of a write opens it. A [`record`]
//!   and the text views leave it out by position, and the shell hides by value once more.
//! - **What others script against is a table with a test**: finding codes ([`diag::Code`]), exit codes
//!   ([`cli::exit::Exit`]), JSON formats ([`record`]), schemas.
//!
//! The library serves the `flowops` command and promises nothing to others.

pub mod api;
pub mod cli;
pub mod compare;
pub mod diag;
pub mod diff;
pub mod forge;
pub mod fs;
pub mod git;
pub mod http;
pub mod manifest;
pub mod model;
pub mod ops;
pub mod plan;
pub mod pull;
pub mod record;
pub mod render;
pub mod report;
pub mod sandbox;

/// Manifests and answers are millions of small values.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
