//! Files below the project root that manifests refer to.

use std::path::{Component, Path, PathBuf};

use super::read::{self, ReadError};
use crate::manifest::layout::LARGEST_FILE;
use crate::manifest::{SideFiles, below};
use crate::model::Secret;

const LARGEST_SECRET: u64 = 64 << 10;

/// The folder in which the project lies. Nothing outside it is read for a manifest, and no link below it is followed.
#[derive(Debug, Clone)]
pub struct ProjectRoot {
    root: PathBuf,
    cwd: PathBuf,
}

/// Why a secret's file was not read. It never holds what stands in the file.
#[derive(Debug, thiserror::Error)]
#[error("the secret in file `{path}` cannot be used: {reason}")]
pub struct SecretFileError {
    /// The path, as it was given.
    pub path: String,
    /// Why, as a fragment.
    pub reason: String,
}

impl ProjectRoot {
    /// Both are real paths, without links.
    pub(super) fn new(root: PathBuf, cwd: PathBuf) -> Self {
        Self { root, cwd }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// Reads a secret's file, given relative to the root, without one line break at its end.
    pub fn read_secret(&self, path: &str) -> Result<Secret, SecretFileError> {
        let refused = |reason: String| SecretFileError { path: path.to_owned(), reason };
        let parts = below(&[], path).map_err(refused)?;
        let file = self.unlinked(&parts).map_err(|why| refused(why.to_string()))?;
        secret(&file).map_err(refused)
    }

    /// The parts of a path below the root, from the folder of a manifest on.
    fn resolve(&self, manifest: &str, path: &str) -> Result<Vec<String>, String> {
        let mut file = PathBuf::new();
        for part in self.cwd.join(manifest).components() {
            if part == Component::ParentDir {
                file.pop();
            } else {
                file.push(part);
            }
        }
        let folder = file.parent().and_then(|folder| folder.strip_prefix(&self.root).ok());
        let folder = folder.ok_or("the manifest lies outside the project root")?;
        let start: Vec<&str> = folder.iter().filter_map(|part| part.to_str()).collect();
        below(&start, path)
    }

    /// The file of these parts, none of which is a link.
    fn unlinked(&self, parts: &[String]) -> Result<PathBuf, ReadError> {
        let mut path = self.root.clone();
        for part in parts {
            path.push(part);
            if std::fs::symlink_metadata(&path)?.is_symlink() {
                return Err(ReadError::Link);
            }
        }
        Ok(path)
    }
}

/// Reads a file that holds nothing but a secret, such as a key: regular, at most 64 KiB, one line break at its end cut.
pub fn read_secret_file(path: &Path) -> Result<Secret, SecretFileError> {
    secret(path).map_err(|reason| SecretFileError { path: path.display().to_string(), reason })
}

fn secret(file: &Path) -> Result<Secret, String> {
    let text = read::text(file, LARGEST_SECRET).map_err(|why| why.to_string())?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() { Err("it is empty".to_owned()) } else { Ok(Secret::from(text)) }
}

impl SideFiles for ProjectRoot {
    fn text(&self, manifest: &str, path: &str) -> Result<String, String> {
        let parts = self.resolve(manifest, path)?;
        let file = self.unlinked(&parts).map_err(|why| why.to_string())?;
        read::text(&file, LARGEST_FILE).map_err(|why| why.to_string())
    }

    /// A secret's file need not exist yet: it is read by `apply` alone.
    fn locate(&self, manifest: &str, path: &str) -> Result<String, String> {
        let parts = self.resolve(manifest, path)?;
        match self.unlinked(&parts) {
            Ok(_) | Err(ReadError::Missing) => Ok(parts.join("/")),
            Err(why) => Err(why.to_string()),
        }
    }
}
