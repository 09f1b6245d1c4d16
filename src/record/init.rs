//! `flowops.init/v1`.

use schemars::JsonSchema;
use serde::Serialize;

use super::cover::cover;

/// What `init` wrote (`flowops init --format json`).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "flowops init")]
pub(crate) struct InitV1 {
    /// What this is, with its version.
    format: InitFormat,
    /// The files that were written, by path.
    files: Vec<WrittenV1>,
    /// Live skills and packs that could not be declared, with `--from-live`.
    left: u64,
}

/// What this is, with its version.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(inline)]
enum InitFormat {
    #[serde(rename = "flowops.init/v1")]
    Init,
}

/// A file that was written.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Written")]
struct WrittenV1 {
    /// Its path, from the folder that was given.
    path: String,
}

/// What `init` wrote, as the text that `--format json` prints: the files by their paths, and how much of what is live
/// could not be declared.
pub fn init(files: &[String], left: u64) -> String {
    let files = files.iter().map(|path| WrittenV1 { path: cover(path).into_owned() }).collect();
    let tree = InitV1 { format: InitFormat::Init, files, left };
    format!("{:#}\n", serde_json::to_value(tree).unwrap_or_default())
}
