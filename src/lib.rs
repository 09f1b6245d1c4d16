//! flowops: GitOps for Flowyte agents. This page is the map.
pub mod api;
pub mod model;
