//! A record as one page that people read in a browser: it stands alone, asks nobody for anything, and can be read without
//! its script, which only folds and filters.

mod change;
mod compare;
mod entry;
mod findings;
mod front;
mod markup;
mod origin;
mod plan;
mod pull;
mod report;

use std::fmt;

pub(super) use markup::escape as in_html;

use crate::record::{Record, Tree};

/// Writes a record as a page.
pub(super) fn html(record: &Record, out: &mut impl fmt::Write) -> fmt::Result {
    match &record.tree {
        Tree::Plan(tree) => plan::plan(tree, out),
        Tree::Drift(tree) => plan::drift(tree, out),
        Tree::Report(tree) => report::report(tree, out),
        Tree::Pull(tree) => pull::pull(tree, out),
        Tree::Origin(tree) => origin::origin(tree, out),
        Tree::Compare(tree) => compare::compare(tree, out),
        Tree::Findings(tree) => findings::findings(tree, out),
        Tree::Error(tree) => findings::error(tree, out),
    }
}
