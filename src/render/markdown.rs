//! A record as Markdown (GitHub's, which Gitea and GitLab read as well): for a comment on a pull request, and for pages
//! that have room for more.
//!
//! Text from outside stands in code spans and fences only, so nothing in it can be a mention, a link, a reference or
//! markup. What does not fit is left out item by item, never in the middle of one, and what would be deleted comes first.

mod compare;
mod concern;
mod fence;
mod findings;
mod inline;
mod origin;
mod plan;
mod pull;
mod report;
mod room;

use crate::record::{Record, Tree};

/// Bytes of a comment. GitHub takes 65,536 characters.
pub(super) const COMMENT: usize = 60_000;
/// Bytes of a step summary. GitHub takes 1,048,576 and drops what is longer as a whole.
pub(super) const SUMMARY: usize = 900_000;

/// A record in at most so many bytes.
pub(super) fn markdown(record: &Record, most: usize) -> String {
    match &record.tree {
        Tree::Plan(tree) => plan::plan(tree),
        Tree::Drift(tree) => plan::drift(tree),
        Tree::Report(tree) => report::report(tree),
        Tree::Pull(tree) => pull::pull(tree),
        Tree::Origin(tree) => origin::origin(tree),
        Tree::Compare(tree) => compare::compare(tree),
        Tree::Findings(tree) => findings::findings(tree),
        Tree::Error(tree) => findings::error(tree),
    }
    .compose(most)
}
