//! What reading manifests gives, and that editors and the reader say the same.

mod agreement;
mod checks;
mod edit;
mod laws;
mod meaning;
mod origin;
mod sets;
mod targets;
