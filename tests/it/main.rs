//! The one test binary: laws, cases and goldens, a module for each subject.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests stand outside the layers, and their helpers fail as tests do"
)]

mod api;
mod cases;
mod causes;
mod cli;
mod compare;
mod diff;
mod disk;
mod forge;
mod fuzz;
mod generated;
mod http;
mod ignore;
mod invalid;
mod journal;
mod large;
mod laws;
mod layers;
mod live;
mod manifests;
mod matrix;
mod merge;
mod model;
mod packs;
mod parameters;
mod partition;
mod prune;
mod pull;
mod raw;
mod readme;
mod risk;
mod rosters;
mod sandbox;
mod scenarios;
mod scene;
mod scopes;
mod support;
mod views;
pub(crate) mod workflows;
mod world;
