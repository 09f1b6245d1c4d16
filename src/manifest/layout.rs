//! How manifests lie in folders, on the disk and in a repository alike: which files are read, how much of them, and
//! where the project begins. Paths come in and paths go out; who holds the files looks for them.

use std::path::{Path, PathBuf};

/// The name of the file at a project's root.
pub const PROJECT_FILE: &str = "flowops.yaml";

/// The largest manifest, and the largest file beside one, in bytes.
pub const LARGEST_FILE: u64 = 1 << 20;

/// The most that the manifests may have together, in bytes.
pub const LARGEST_RUN: u64 = 64 << 20;

/// The most manifests.
pub const MOST_FILES: usize = 10_000;

/// A folder in which manifests were looked for, and the highest one in which its project may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The folder.
    pub path: PathBuf,
    /// It, or one above it.
    pub top: PathBuf,
}

/// Whether a file or folder is passed over unless it is given by name: it begins with a dot.
pub fn is_hidden(name: &[u8]) -> bool {
    name.starts_with(b".")
}

/// Whether a file is a manifest, by its name.
pub fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Whether a file is a project's, by its name.
pub fn is_project(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == PROJECT_FILE)
}

/// Whether a text only stands for one that Git LFS holds elsewhere.
pub fn is_lfs_pointer(text: &str) -> bool {
    text.starts_with("version https://git-lfs.github.com/spec/v1") && text.contains("\noid ")
}

/// The project's files that count: the highest of those that were found, else the nearest above each of the folders.
///
/// # Errors
/// What the look for a file gave.
pub fn project_files<'a, E>(
    found: impl Iterator<Item = &'a Path>,
    folders: &[Folder],
    mut is_there: impl FnMut(&Path) -> Result<bool, E>,
) -> Result<Vec<PathBuf>, E> {
    let highest = found.filter(|path| is_project(path)).min_by_key(|path| path.components().count());
    if let Some(highest) = highest {
        return Ok(vec![highest.to_owned()]);
    }
    let mut files = Vec::new();
    for Folder { path, top } in folders {
        for folder in path.ancestors().take_while(|folder| folder.starts_with(top)) {
            let file = folder.join(PROJECT_FILE);
            if is_there(&file)? {
                files.push(file);
                break;
            }
        }
    }
    Ok(files)
}

/// Where the project begins: beside its file; without one, in the working directory, or in a folder that is not below it.
pub fn project_root(files: &[PathBuf], folders: &[Folder], cwd: &Path) -> PathBuf {
    let beside = files.first().and_then(|file| file.parent());
    let outside = folders.iter().map(|folder| folder.path.as_path()).find(|folder| !folder.starts_with(cwd));
    beside.or(outside).unwrap_or(cwd).to_owned()
}
