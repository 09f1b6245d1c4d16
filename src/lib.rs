//! flowops: GitOps for Flowyte agents. This page is the map.
pub mod api;
pub mod cli;
pub mod diag;
pub mod diff;
pub mod fs;
pub mod http;
pub mod manifest;
pub mod model;
pub mod ops;
pub mod plan;
pub mod render;
pub mod report;
pub mod sandbox;
