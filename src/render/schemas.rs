//! Every published JSON Schema as the text of its file: of manifests, and of what comes out.

use super::json;
use crate::manifest;

/// Name and text of each schema; the file is called `NAME.schema.json`.
pub fn all() -> Vec<(&'static str, String)> {
    let manifests =
        manifest::KINDS.iter().filter_map(|(kind, _, name)| Some((*name, format!("{:#}\n", manifest::schema(kind)?))));
    let outputs = json::Schema::ALL.iter().map(|schema| (schema.name(), json::schema(*schema)));
    manifests.chain(outputs).collect()
}
