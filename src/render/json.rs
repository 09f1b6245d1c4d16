//! Records as the JSON that others script against. Every character that is not plainly visible is escaped, so that it may
//! be printed anywhere.

use std::fmt;

use serde::Serialize;

use super::safe::escape_json;
use crate::record::{Record, Tree};

/// Writes a record as JSON.
pub(super) fn json(record: &Record, out: &mut impl fmt::Write) -> fmt::Result {
    match &record.tree {
        Tree::Plan(tree) | Tree::Drift(tree) => write_json(tree, out),
        Tree::Report(tree) => write_json(tree, out),
        Tree::Pull(tree) => write_json(tree, out),
        Tree::Origin(tree) => write_json(tree, out),
        Tree::Compare(tree) => write_json(tree, out),
        Tree::Findings(tree) => write_json(tree, out),
        Tree::Error(tree) => write_json(tree, out),
    }
}

/// Writes a value as JSON, for others to read.
pub(super) fn write_json(value: &impl Serialize, out: &mut impl fmt::Write) -> fmt::Result {
    let text = serde_json::to_string_pretty(value).map_err(|_| fmt::Error)?;
    out.write_str(&escape_json(&text))?;
    out.write_char('\n')
}
