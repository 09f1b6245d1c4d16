//! flowops: GitOps for Flowyte agents. This page is the map.
pub mod api;
pub mod diag;
pub mod manifest;
pub mod model;
