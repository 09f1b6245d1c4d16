//! Several files replaced at once: all of them, or none.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::write::{self, Access, WriteError};

/// A file and its new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// The file.
    pub path: PathBuf,
    /// What must stand in it until now, without its byte-order mark; `None` if there must be no such file.
    pub before: Option<String>,
    /// What comes to stand in it; the mark stays.
    pub after: String,
}

/// Why no file was replaced. What was there before is there again.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// Somebody changed it meanwhile, or made it.
    #[error("`{path}` changed while it was edited")]
    Moved {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Some files were replaced, the next could not be, and these could not be brought back.
    #[error("some files are replaced and cannot be brought back: {0}")]
    Half(String),
}

/// Replaces files, and makes those that are not there, with their folders.
///
/// Every new text is brought to the disk beside its file before the first of them takes its place. If one cannot, those
/// before it are brought back.
///
/// # Errors
/// [`ReplaceError`]; apart from [`ReplaceError::Half`], every file is as it was.
pub fn replace_all(files: &[Replacement]) -> Result<(), ReplaceError> {
    let mut staged = Vec::with_capacity(files.len());
    for file in files {
        staged.push(stage(file)?);
    }
    let mut done: Vec<&Staged> = Vec::with_capacity(staged.len());
    for (one, file) in staged.iter().zip(files) {
        if let Err(source) = std::fs::rename(&one.new, &file.path) {
            let failed = WriteError::Replace { path: file.path.clone(), source };
            return Err(bring_back(&done).map_or(ReplaceError::Write(failed), ReplaceError::Half));
        }
        done.push(one);
    }
    for one in &staged {
        write::sync_folder(&one.folder);
    }
    Ok(())
}

/// A file whose new text lies beside it.
struct Staged {
    path: PathBuf,
    folder: PathBuf,
    before: Option<Vec<u8>>,
    new: tempfile::TempPath,
}

fn stage(file: &Replacement) -> Result<Staged, ReplaceError> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let Replacement { path, before, after } = file;
    let moved = || ReplaceError::Moved { path: path.clone() };
    if let Some(folder) = path.parent().filter(|_| before.is_none()) {
        write::create_dir(folder)?;
    }
    let folder = write::refuse_strange(path)?.to_owned();
    let failed = |source| WriteError::Write { path: path.clone(), source };
    let there = read(path).map_err(failed)?;
    let is_expected = match (&there, before) {
        (None, None) => true,
        (Some(there), Some(before)) => there.strip_prefix(MARK).unwrap_or(there) == before.as_bytes(),
        (Some(_), None) | (None, Some(_)) => false,
    };
    if !is_expected {
        return Err(moved());
    }
    let has_mark = there.as_ref().is_some_and(|there| there.starts_with(MARK));
    let mut new = write::new_file(&folder, Access::Everybody).map_err(failed)?;
    let mark = if has_mark { MARK } else { &[] };
    new.write_all(mark).and_then(|()| new.write_all(after.as_bytes())).map_err(failed)?;
    if there.is_some() {
        let permissions = std::fs::metadata(path).map_err(failed)?.permissions();
        new.as_file().set_permissions(permissions).map_err(failed)?;
    }
    new.as_file().sync_all().map_err(failed)?;
    Ok(Staged { path: path.clone(), folder, before: there, new: new.into_temp_path() })
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match std::fs::File::open(path) {
        Ok(mut file) => file.read_to_end(&mut bytes).map(|_| Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives files what stood in them; the paths of those that could not be, if there are any.
fn bring_back(done: &[&Staged]) -> Option<String> {
    let back = |one: &&&Staged| match &one.before {
        Some(before) => std::fs::write(&one.path, before).is_err(),
        None => std::fs::remove_file(&one.path).is_err(),
    };
    let lost: Vec<String> = done.iter().filter(back).map(|one| format!("`{}`", one.path.display())).collect();
    (!lost.is_empty()).then(|| lost.join(", "))
}
