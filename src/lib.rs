//! flowops: GitOps for Flowyte agents. This page is the map.
pub mod api;
pub mod diag;
pub mod diff;
pub mod manifest;
pub mod model;
pub mod plan;
pub mod report;
