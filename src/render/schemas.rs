//! The JSON Schemas of manifests and of what comes out, as the text of their files.

use super::json;
use crate::manifest::{Kind, schema};

/// Name and text of each schema; the file is called `NAME.schema.json`.
pub fn all() -> Vec<(&'static str, String)> {
    let manifests = Kind::ALL.iter().map(|kind| (kind.file(), format!("{:#}\n", schema(*kind))));
    let outputs = json::Schema::ALL.iter().map(|schema| (schema.name(), json::schema(*schema)));
    manifests.chain(outputs).collect()
}
