//! Writing files in one piece.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::manifest::layout::is_manifest;

/// Why a file was not written. The file that was there before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The target is a link, and writing through it would change another file.
    #[error("`{path}` is a link, and links are not followed")]
    Link {
        /// The target.
        path: PathBuf,
    },
    /// The target is something else than a file.
    #[error("`{path}` is not a regular file")]
    Kind {
        /// The target.
        path: PathBuf,
    },
    /// A folder could not be made.
    #[error("cannot create the folder `{path}`")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The new text could not be written beside the target.
    #[error("cannot write `{path}`")]
    Write {
        /// The target.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The new text could not take the target's place.
    #[error("cannot replace `{path}`")]
    Replace {
        /// The target.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Who may read a file that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nobody but its owner: mode 0600 where there are modes.
    Owner,
    /// Everybody: mode 0644 where there are modes. For what is committed.
    Everybody,
}

/// Whether a file could be written now, as [`write_atomically`] would do it. Nothing is left behind.
pub fn check_writable(path: &Path) -> Result<(), WriteError> {
    let folder = refuse_strange(path)?;
    let probe = new_file(folder, Access::Owner);
    probe.map(drop).map_err(|source| WriteError::Write { path: path.to_owned(), source })
}

/// Refuses a target that is no regular file, and gives its folder.
pub(super) fn refuse_strange(path: &Path) -> Result<&Path, WriteError> {
    let spelled = path.as_os_str().as_encoded_bytes();
    if spelled.ends_with(b"/") || spelled.ends_with(b"/.") || path.file_name().is_none() {
        return Err(WriteError::Kind { path: path.to_owned() });
    }
    match std::fs::symlink_metadata(path) {
        Ok(about) if about.is_symlink() => return Err(WriteError::Link { path: path.to_owned() }),
        Ok(about) if !about.is_file() => return Err(WriteError::Kind { path: path.to_owned() }),
        Ok(_) | Err(_) => {}
    }
    Ok(path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Writes a file so that it is either as before or complete, whatever happens meanwhile.
///
/// The text is written beside the target, brought to the disk and renamed. A target that is a link is refused.
pub fn write_atomically(path: &Path, bytes: &[u8], access: Access) -> Result<(), WriteError> {
    let folder = refuse_strange(path)?;
    let failed = |source| WriteError::Write { path: path.to_owned(), source };
    let mut file = new_file(folder, access).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| WriteError::Replace { path: path.to_owned(), source: error.error })?;
    sync_folder(folder);
    Ok(())
}

/// Adds to a file that is there already. A link is not followed.
pub fn append(path: &Path, text: &str) -> Result<(), WriteError> {
    refuse_strange(path)?;
    let failed = |source| WriteError::Write { path: path.to_owned(), source };
    let mut file = std::fs::OpenOptions::new().append(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

/// Makes a folder and those above it; one that is there already is fine.
pub fn create_dir(path: &Path) -> Result<(), WriteError> {
    std::fs::create_dir_all(path).map_err(|source| WriteError::Folder { path: path.to_owned(), source })
}

/// Makes a folder where nothing is; a path that looks like a manifest's is left to be missed.
pub fn create_missing_dir(path: &Path) -> Result<(), WriteError> {
    let is_missing = std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if is_missing && !is_manifest(path) { create_dir(path) } else { Ok(()) }
}

#[cfg(unix)]
pub(super) fn new_file(folder: &Path, access: Access) -> io::Result<tempfile::NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = match access {
        Access::Owner => 0o600,
        Access::Everybody => 0o644,
    };
    tempfile::Builder::new().prefix(".flowops-").permissions(std::fs::Permissions::from_mode(mode)).tempfile_in(folder)
}

#[cfg(not(unix))]
pub(super) fn new_file(folder: &Path, _: Access) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(".flowops-").tempfile_in(folder)
}

/// Brings the rename itself to the disk. Not every file system can; the file is whole in any case.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = std::fs::File::open(folder) {
        drop(folder.sync_all());
    }
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_: &Path) {}
