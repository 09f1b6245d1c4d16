//! Every published JSON Schema as the text of its file: of manifests, of what comes out, and of fault scripts.

use crate::render::schemas;
use crate::sandbox::Faults;

/// Name and text of each schema; the file is called `NAME.schema.json`.
pub fn all() -> Vec<(&'static str, String)> {
    let mut all = schemas::all();
    all.push(("faults", format!("{:#}\n", Faults::schema())));
    all
}
