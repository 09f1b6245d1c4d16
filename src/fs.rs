//! The disk: manifests found and read, files beside them, files written in one piece. It never follows a link.

#![expect(clippy::disallowed_methods, reason = "this module is the disk")]

mod journal;
mod read;
mod replace;
mod root;
mod write;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use crate::diag::{Code, Finding, Sources, sort};
use crate::manifest::layout::{
    Folder, LARGEST_FILE, LARGEST_RUN, MOST_FILES, is_hidden, is_manifest, project_files, project_root,
};
use crate::model::Place;
use read::ReadError;

pub use journal::{JournalFile, JournalFileError};
pub use replace::{ReplaceError, Replacement, replace_all};
pub use root::{ProjectRoot, SecretFileError, read_secret_file};
pub use write::{Access, WriteError, append, check_writable, create_dir, create_missing_dir, write_atomically};

/// The largest file that the command line names, in bytes.
const LARGEST_NAMED: u64 = 1 << 20;
/// The largest record that is read, in bytes: what a plan of ten thousand agents may come to.
const LARGEST_RECORD: u64 = 64 << 20;

/// What was found under the given paths.
#[derive(Debug)]
pub struct Collected {
    /// The manifests, by the path under which they are shown.
    pub sources: Sources,
    /// Where the project begins; nothing outside it is read for a manifest.
    pub root: ProjectRoot,
    /// The given files and folders that are there, as they really are: no part of them is a link.
    pub given: Vec<PathBuf>,
    /// All manifests that were found, readable or not, as they really are.
    pub files: Vec<PathBuf>,
    /// What could not be read. Each of them is an error: a file that is missing here is not a file that says nothing.
    pub findings: Vec<Finding>,
}

/// Why a file that was named was not read.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` cannot be read: {reason}")]
pub struct ReadFileError {
    /// The path, as it was given.
    pub path: String,
    /// Why, as a fragment.
    pub reason: String,
}

/// Reads a file that the command line names: a regular one, of at most 1 MiB, in UTF-8.
pub fn read_file(path: &Path) -> Result<String, ReadFileError> {
    let text = read::text(path, LARGEST_NAMED);
    text.map_err(|why| ReadFileError { path: path.display().to_string(), reason: why.to_string() })
}

/// Reads a file as [`read_file`] does, but of up to 64 MiB: what another run printed.
pub fn read_record(path: &Path) -> Result<String, ReadFileError> {
    let text = read::text(path, LARGEST_RECORD);
    text.map_err(|why| ReadFileError { path: path.display().to_string(), reason: why.to_string() })
}

/// Reads a file as [`read_file`] does; `None` if there is none.
pub fn read_file_if_there(path: &Path) -> Result<Option<String>, ReadFileError> {
    match read::text(path, LARGEST_NAMED) {
        Err(ReadError::Missing) => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(why) => Err(ReadFileError { path: path.display().to_string(), reason: why.to_string() }),
    }
}

/// Reads what another run printed, of up to 64 MiB; `None` if there is no such file.
pub fn read_record_if_there(path: &Path) -> Result<Option<String>, ReadFileError> {
    match read::text(path, LARGEST_RECORD) {
        Err(ReadError::Missing) => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(why) => Err(ReadFileError { path: path.display().to_string(), reason: why.to_string() }),
    }
}

/// Where a path leads, without links in it; of what is not there, where it would be.
pub fn real(path: &Path) -> PathBuf {
    let beside = || {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(std::fs::canonicalize(parent).ok()?.join(path.file_name()?))
    };
    std::fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Whether there is anything at a path, be it a link to nothing.
pub fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// Whether a path is a folder, or leads to one.
pub fn is_dir(path: &Path) -> bool {
    path.is_dir()
}

/// Finds and reads all manifests under some files and folders.
///
/// Files that end in `.yaml` or `.yml` are manifests; what begins with a dot is skipped, as are other files. The
/// project's `flowops.yaml` is added if it stands above. Only regular files are opened, and only after a look at their
/// size. Paths are shown relative to `cwd`, with `/` between their parts.
pub fn collect(paths: &[PathBuf], cwd: &Path) -> Collected {
    let cwd = std::fs::canonicalize(cwd).unwrap_or_else(|_| cwd.to_owned());
    let mut search = Search { cwd: &cwd, files: BTreeMap::new(), findings: Vec::new(), is_full: false };
    let (mut given, mut folders, mut is_narrow) = (Vec::new(), Vec::new(), false);
    for path in paths {
        match search.locate(path) {
            Ok((path, Given::Folder)) => {
                search.walk(&path);
                given.push(path.clone());
                folders.push(path);
            }
            Ok((path, Given::File)) => {
                is_narrow = true;
                folders.extend(path.parent().map(Path::to_owned));
                given.push(path.clone());
                search.add(path);
            }
            Err(why) => {
                let place = Place::start_of(shown(path));
                search.findings.push(Finding::at(Code::Unreadable, place, why.to_string()));
            }
        }
    }
    let root = search.project_root(&folders);
    let files = search.files.keys().cloned().collect();
    let (mut sources, mut findings) = search.read();
    if is_narrow {
        sources.narrow();
    }
    for place in findings.iter().filter_map(|finding| finding.place.as_ref()) {
        sources.insert_unread(Arc::clone(&place.file));
    }
    sort(&mut findings);
    Collected { sources, root: ProjectRoot::new(root, cwd), given, files, findings }
}

enum Given {
    File,
    Folder,
}

struct Search<'a> {
    cwd: &'a Path,
    files: BTreeMap<PathBuf, Arc<str>>,
    findings: Vec<Finding>,
    is_full: bool,
}

impl Search<'_> {
    /// Where a given path really is. Links above it are the user's own way of naming it; it must not be one itself.
    fn locate(&self, path: &Path) -> Result<(PathBuf, Given), ReadError> {
        let path = self.cwd.join(path);
        let real = match (path.parent(), path.components().next_back()) {
            (Some(parent), Some(Component::Normal(name))) => {
                std::fs::canonicalize(parent).map_err(ReadError::from)?.join(name)
            }
            _ => std::fs::canonicalize(&path).map_err(ReadError::from)?,
        };
        let kind = std::fs::symlink_metadata(&real).map_err(ReadError::from)?.file_type();
        if kind.is_dir() {
            return Ok((real, Given::Folder));
        }
        if kind.is_symlink() { Err(ReadError::Link) } else { Ok((real, Given::File)) }
    }

    fn walk(&mut self, folder: &Path) {
        let is_shown =
            |entry: &walkdir::DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name().as_encoded_bytes());
        let entries = WalkDir::new(folder).follow_links(false).follow_root_links(false).sort_by_file_name();
        for entry in entries.into_iter().filter_entry(is_shown) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) if is_manifest(entry.path()) => self.add(entry.into_path()),
                Ok(entry) if entry.path_is_symlink() && entry.path().is_dir() => {
                    self.report(Code::Unreadable, entry.path(), &ReadError::Link);
                }
                Ok(_) => {}
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_owned();
                    let why = error.into_io_error().map_or(ReadError::Link, ReadError::from);
                    self.report(Code::Unreadable, &path, &why);
                }
            }
            if self.is_full {
                return;
            }
        }
    }

    fn add(&mut self, path: PathBuf) {
        if self.files.len() >= MOST_FILES && !self.files.contains_key(&path) {
            if !self.is_full {
                let message = format!("there are more than {MOST_FILES} manifests under the given paths");
                self.findings.push(Finding::nowhere(Code::LimitExceeded, message));
            }
            self.is_full = true;
            return;
        }
        let shown = relative(&path, self.cwd);
        self.files.insert(path, shown.into());
    }

    fn report(&mut self, code: Code, path: &Path, why: &ReadError) {
        let place = Place::start_of(relative(path, self.cwd));
        self.findings.push(Finding::at(code, place, why.to_string()));
    }

    /// Finds the project's file, adds it if it stands above the given paths, and says where the project begins.
    fn project_root(&mut self, folders: &[PathBuf]) -> PathBuf {
        let folders: Vec<Folder> =
            folders.iter().map(|path| Folder { path: path.clone(), top: top(path, self.cwd).to_owned() }).collect();
        let is_there = |file: &Path| Ok::<_, Infallible>(std::fs::symlink_metadata(file).is_ok());
        let Ok(files) = project_files(self.files.keys().map(PathBuf::as_path), &folders, is_there);
        for file in &files {
            self.add(file.clone());
        }
        project_root(&files, &folders, self.cwd)
    }

    fn read(mut self) -> (Sources, Vec<Finding>) {
        let mut sources = Sources::default();
        let mut total = 0;
        for (path, shown) in std::mem::take(&mut self.files) {
            if path.to_str().is_none() {
                self.report(Code::Unreadable, &path, &ReadError::Name);
                continue;
            }
            let text = match read::text(&path, LARGEST_FILE) {
                Ok(text) => text,
                Err(why) => {
                    let code = if why.is_limit() { Code::LimitExceeded } else { Code::Unreadable };
                    self.report(code, &path, &why);
                    continue;
                }
            };
            total += text.len() as u64;
            if total > LARGEST_RUN {
                let message = "the manifests under the given paths have more than 64 MiB together";
                self.findings.push(Finding::nowhere(Code::LimitExceeded, message));
                break;
            }
            sources.insert(shown, text);
        }
        (sources, self.findings)
    }
}

/// The highest folder in which the project of a folder may begin: the top of its repository; outside of every repository,
/// the working directory if that is above it.
fn top<'p>(folder: &'p Path, cwd: &Path) -> &'p Path {
    let is_repository = |folder: &&Path| std::fs::symlink_metadata(folder.join(".git")).is_ok();
    let repository = folder.ancestors().find(is_repository);
    repository.or(folder.ancestors().find(|above| *above == cwd)).or(folder.ancestors().last()).unwrap_or(folder)
}

/// A path as it is shown.
fn shown(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/").replacen("//", "/", 1)
}

/// A path relative to a folder; both are real paths.
fn relative(path: &Path, folder: &Path) -> String {
    let same = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(same).map(|_| Component::ParentDir);
    let relative: PathBuf = up.chain(path.components().skip(same)).collect();
    if relative.as_os_str().is_empty() { ".".to_owned() } else { shown(&relative) }
}
