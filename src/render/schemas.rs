//! The JSON Schemas of manifests and of what comes out, as the text of their files.

use crate::manifest::{Kind, schema};
use crate::record;

/// Name and text of each schema; the file is called `NAME.schema.json`.
pub fn all() -> Vec<(&'static str, String)> {
    let manifests = Kind::ALL.iter().map(|kind| (kind.file(), format!("{:#}\n", schema(*kind))));
    let outputs = record::Schema::ALL.iter().map(|schema| (schema.name(), record::schema(*schema)));
    manifests.chain(outputs).collect()
}
