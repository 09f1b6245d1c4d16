//! Files that flags name to be written, and that must not be: the manifests, and what somebody else keeps there.

use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::fail::Failure;
use crate::fs;
use crate::report::reviewed::Reviewed;

/// Refuses a file that is one of the manifests.
pub(super) fn refuse_manifest(flag: &str, path: &Path, manifests: &[PathBuf]) -> Result<(), Failure> {
    if !manifests.contains(&fs::real(path)) {
        return Ok(());
    }
    let why = format!("`{flag} {}` is a manifest that is read here; nothing was sent", path.display());
    Err(Failure::new(Exit::Usage, why).help("name another file"))
}

/// Refuses a file for a plan to be kept in, if something else is kept there.
pub(super) fn refuse_strange(path: &Path, manifests: &[PathBuf]) -> Result<(), Failure> {
    refuse_manifest("--out", path, manifests)?;
    fs::check_writable(path).map_err(|error| Failure::from_error(Exit::Failed, &error).help("nothing was sent"))?;
    let is_ours = match fs::read_file_if_there(path) {
        Ok(None) => true,
        Ok(Some(text)) => text.is_empty() || Reviewed::is_kept(&text),
        Err(_) => false,
    };
    if is_ours {
        return Ok(());
    }
    let why =
        format!("`{}` is no plan that was kept earlier, and is not written over; nothing was sent", path.display());
    Err(Failure::new(Exit::Usage, why).help("name another file with `--out FILE`, or move that one away"))
}
