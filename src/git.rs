//! The repository's history: manifests as they were at a revision.
//!
//! They come straight out of the object database. Nothing is checked out, no hook and no filter is run, nothing is
//! fetched, no credential is asked for, and neither the environment nor the user's configuration has a say in it; but for
//! the ref of what was applied last, which lies on a remote.
#![expect(clippy::disallowed_methods, reason = "this module is the repository")]

mod error;
mod marker;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use gix::discover::upwards::Options;
use gix::objs::tree::EntryKind;
use gix::{ObjectId, Repository, Tree};

use crate::diag::{Code, Finding, Sources};
use crate::manifest::layout::{
    Folder, LARGEST_FILE, LARGEST_RUN, MOST_FILES, is_hidden, is_lfs_pointer, is_manifest, project_files, project_root,
};
use crate::manifest::{SideFiles, below};

pub use error::GitError;
use error::UNSHALLOW;
pub use marker::{Marker, MarkerError};

/// Manifests as they were at a revision, and the files beside them.
#[derive(Debug)]
pub struct Revision {
    /// The commit's hash, in hexadecimal: of the revision, or of where the present one left its history.
    pub commit: String,
    /// The manifests, by the paths under which they would be shown today.
    pub sources: Sources,
    /// Why it cannot be told what was asked for: they are not all, or not known to come before the present commit.
    pub findings: Vec<Finding>,
    repository: Repository,
    tree: ObjectId,
    /// The repository's top, the project's folder and the working directory, without links.
    top: PathBuf,
    root: PathBuf,
    cwd: PathBuf,
}

/// Reads the manifests that stood under some files and folders at a revision of the repository in which they lie. They
/// are given as they really are, without links.
///
/// A path that did not exist then held nothing. The project's file is found as on the disk: under the paths or above.
pub fn read(revision: &str, given: &[PathBuf], cwd: &Path) -> Result<Revision, GitError> {
    let cwd = real(cwd);
    let (repository, top) = repository(revision, given, &cwd)?;
    let Commit { hash: commit, tree: tree_id, finding } = commit(&repository, revision)?;
    let tree = repository.find_tree(tree_id).map_err(|error| incomplete(revision, &error))?;
    let mut search = Search {
        revision,
        tree: &tree,
        top: &top,
        cwd: &cwd,
        found: BTreeMap::new(),
        total: 0,
        findings: finding.into_iter().collect(),
    };
    let mut sources = Sources::default();
    let mut folders = Vec::new();
    for path in given {
        let folder = search.given(path.clone())?;
        if folder != *path {
            sources.narrow();
        }
        folders.push(Folder { path: folder, top: top.clone() });
    }
    let root = search.project(&folders)?;
    let Search { found, findings, .. } = search;
    for (path, text) in found {
        sources.insert(relative(&path, &cwd), text);
    }
    drop(tree);
    Ok(Revision { commit, sources, findings, repository, tree: tree_id, top, root, cwd })
}

/// Opens the one repository in which all paths lie, and says where its top is.
fn repository(revision: &str, given: &[PathBuf], cwd: &Path) -> Result<(Repository, PathBuf), GitError> {
    let mut found: Option<(&PathBuf, Repository, PathBuf)> = None;
    for path in given {
        let shown = || relative(path, cwd);
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        let opened = gix::discover_opts(folder, Options::default(), gix::open::Options::isolated());
        let repository = opened.map_err(|error| match gix::discover::upwards(folder) {
            Err(_) => GitError::NoRepository { path: shown(), revision: revision.to_owned() },
            Ok(_) if is_about_hashes(&error) => GitError::Sha256(shown()),
            Ok(_) => GitError::Damaged { path: shown(), reason: error.probable_cause().to_string() },
        })?;
        let bare = || GitError::Bare(relative(&real(repository.path()), cwd));
        let top = repository.workdir().map(real).ok_or_else(bare)?;
        match &found {
            Some((other, _, there)) if *there != top => return Err(GitError::Two(relative(other, cwd), shown())),
            Some(_) => {}
            None => found = Some((path, repository, top)),
        }
    }
    let nowhere = || GitError::NoRepository { path: relative(cwd, cwd), revision: revision.to_owned() };
    found.map(|(_, repository, top)| (repository, top)).ok_or_else(nowhere)
}

/// Whether a repository was not opened since its hashes are not SHA-1.
fn is_about_hashes(error: &gix::Error) -> bool {
    error.metadata().any(|about| {
        let says = |name: &str, value: &str| about.get(name).is_some_and(|said| said.to_string().contains(value));
        says("key", "extensions.objectFormat") && says("input", "sha256")
    })
}

/// The commit that is read for a revision.
struct Commit {
    hash: String,
    tree: ObjectId,
    /// That it may not come before the present one.
    finding: Option<Finding>,
}

/// The last commit that a revision has in common with the present one, as for `git diff REVISION...`: what others added
/// since on that branch the manifests here never gave up. Where the histories do not meet in this clone, the revision.
fn commit(repository: &Repository, revision: &str) -> Result<Commit, GitError> {
    let owned = || revision.to_owned();
    let is_shallow = matches!(repository.is_shallow(), Ok(true));
    let unknown = || if is_shallow { GitError::Shallow(owned()) } else { GitError::Unknown(owned()) };
    let object = repository.rev_parse_single(revision).map_err(|_| unknown())?.object().map_err(|_| unknown())?;
    let named = object.peel_to_commit().map_err(|_| GitError::NotACommit(owned()))?.id;
    let met = repository.head_id().ok().and_then(|head| repository.merge_base(named, head).ok().flatten());
    let met = met.map(gix::Id::detach);
    let commit = repository.find_commit(met.unwrap_or(named)).map_err(|error| incomplete(revision, &error))?;
    let tree = commit.tree_id().map_err(|error| incomplete(revision, &error))?.detach();
    let not_before = || {
        let why = format!("whether `{revision}` comes before this commit cannot be told here");
        Finding::nowhere(Code::BaseUnknown, why).maybe_help(is_shallow.then(|| UNSHALLOW.to_owned()))
    };
    let finding = met.is_none().then(not_before);
    Ok(Commit { hash: commit.id.to_string(), tree, finding })
}

fn incomplete(revision: &str, error: &dyn std::fmt::Display) -> GitError {
    GitError::Incomplete { revision: revision.to_owned(), what: error.to_string() }
}

/// The manifests of a tree that were found so far, by where they would lie on the disk.
struct Search<'a> {
    revision: &'a str,
    tree: &'a Tree<'a>,
    top: &'a Path,
    cwd: &'a Path,
    found: BTreeMap<PathBuf, String>,
    total: u64,
    findings: Vec<Finding>,
}

impl Search<'_> {
    /// Reads a file, or all manifests of a folder, if there was one; gives the folder.
    fn given(&mut self, mut path: PathBuf) -> Result<PathBuf, GitError> {
        match self.entry(&path)? {
            Some((EntryKind::Tree, id)) => self.folder(id, &path)?,
            Some((EntryKind::Commit, _)) => {
                let is_in_it = |path: &&Path| matches!(self.entry(path), Ok(Some((EntryKind::Commit, _))));
                let submodule = path.ancestors().take_while(is_in_it).last().unwrap_or(&path).to_owned();
                self.refuse(&submodule, &Unread::Submodule);
            }
            Some((kind, id)) => {
                self.file(kind, id, path.clone())?;
                path.pop();
            }
            None => {}
        }
        Ok(path)
    }

    /// Reads the manifests of a folder and the folders in it; what begins with a dot is skipped, as on the disk.
    fn folder(&mut self, id: ObjectId, path: &Path) -> Result<(), GitError> {
        let revision = self.revision;
        let tree = self.tree.repo.find_tree(id).map_err(|error| incomplete(revision, &error))?;
        for entry in tree.iter() {
            let entry = entry.map_err(|error| incomplete(revision, &error))?;
            if is_hidden(entry.filename()) {
                continue;
            }
            let below = path.join(String::from_utf8_lossy(entry.filename()).as_ref());
            let is_utf8 = std::str::from_utf8(entry.filename()).is_ok();
            match entry.mode().kind() {
                EntryKind::Tree => self.folder(entry.object_id(), &below)?,
                EntryKind::Commit => self.refuse(&below, &Unread::Submodule),
                _ if is_manifest(&below) && !is_utf8 => self.refuse(&below, &Unread::Name),
                kind if is_manifest(&below) => self.file(kind, entry.object_id(), below)?,
                EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link => {}
            }
            if self.is_full() {
                break;
            }
        }
        Ok(())
    }

    fn file(&mut self, kind: EntryKind, id: ObjectId, path: PathBuf) -> Result<(), GitError> {
        match text(self.tree.repo, kind, id) {
            Ok(text) => {
                let was_full = self.is_full();
                self.total += text.len() as u64;
                self.found.insert(path, text);
                if self.is_full() && !was_full {
                    let most = format!("more than {MOST_FILES} files or {} MiB", LARGEST_RUN >> 20);
                    let why = format!("the manifests of `{}` are {most}", self.revision);
                    self.findings.push(Finding::nowhere(Code::BaseNotValid, why));
                }
            }
            Err(Unread::Missing(what)) => return Err(incomplete(self.revision, &what)),
            Err(why) => self.refuse(&path, &why),
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.found.len() > MOST_FILES || self.total > LARGEST_RUN
    }

    /// Takes note of something that is not read, so that it is not known what the manifests asked for.
    fn refuse(&mut self, path: &Path, why: &Unread) {
        let (path, revision) = (relative(path, self.cwd), self.revision);
        let finding = match why {
            Unread::Submodule => {
                let what = format!("`{path}` is a submodule at `{revision}`, and what was in it is not read");
                Finding::nowhere(Code::BaseUnknown, what)
            }
            Unread::Pointer => {
                let what =
                    format!("`{path}` is a Git LFS pointer at `{revision}`, and its text is not in the repository");
                Finding::nowhere(Code::BaseUnknown, what)
            }
            Unread::Missing(_) | Unread::Link | Unread::Kind | Unread::Size(_) | Unread::Encoding | Unread::Name => {
                Finding::nowhere(Code::BaseNotValid, format!("`{path}` cannot be read at `{revision}`: {why}"))
            }
        };
        self.findings.push(finding);
    }

    /// Reads the project's file if it stood above the given folders, and says where the project began.
    fn project(&mut self, folders: &[Folder]) -> Result<PathBuf, GitError> {
        let found = self.found.keys().map(PathBuf::as_path);
        let files = project_files(found, folders, |file| {
            Ok(self.entry(file)?.is_some_and(|(kind, _)| kind != EntryKind::Commit))
        })?;
        for file in files.iter().filter(|file| !self.found.contains_key(*file)).cloned().collect::<Vec<_>>() {
            if let Some((kind, id)) = self.entry(&file)? {
                self.file(kind, id, file)?;
            }
        }
        Ok(project_root(&files, folders, self.cwd))
    }

    /// What stood at a path.
    fn entry(&self, path: &Path) -> Result<Option<(EntryKind, ObjectId)>, GitError> {
        let parts = parts_in(self.top, path).ok_or_else(|| GitError::Outside(path.display().to_string()))?;
        entry(self.tree, &parts).map_err(|error| incomplete(self.revision, &error))
    }
}

/// What stood at a path, or above it if that is a submodule.
fn entry(tree: &Tree<'_>, parts: &[String]) -> gix::Result<Option<(EntryKind, ObjectId)>> {
    let mut found = Some((EntryKind::Tree, tree.id));
    for depth in 1..=parts.len() {
        let above = parts.iter().take(depth).map(String::as_bytes);
        found = tree.lookup_entry(above)?.map(|entry| (entry.mode().kind(), entry.object_id()));
        if matches!(found, None | Some((EntryKind::Commit, _))) {
            break;
        }
    }
    Ok(found)
}

/// Why a file was not read, as a fragment.
#[derive(Debug, thiserror::Error)]
enum Unread {
    /// It is not in this clone.
    #[error("{0}")]
    Missing(String),
    #[error("it is a link, and links are not followed")]
    Link,
    #[error("it is not a regular file")]
    Kind,
    #[error("it has {0} bytes, and at most {LARGEST_FILE} are read")]
    Size(u64),
    #[error("it is not UTF-8")]
    Encoding,
    #[error("its name is not UTF-8")]
    Name,
    #[error("it lies in a submodule, which is not read")]
    Submodule,
    #[error("it is a Git LFS pointer, and not the text")]
    Pointer,
}

/// A file as text, without its byte-order mark. Its size is looked at before it is loaded.
fn text(repository: &Repository, kind: EntryKind, id: ObjectId) -> Result<String, Unread> {
    match kind {
        EntryKind::Blob | EntryKind::BlobExecutable => {}
        EntryKind::Link => return Err(Unread::Link),
        EntryKind::Tree => return Err(Unread::Kind),
        EntryKind::Commit => return Err(Unread::Submodule),
    }
    let size = repository.find_header(id).map_err(|error| Unread::Missing(error.to_string()))?.size();
    if size > LARGEST_FILE {
        return Err(Unread::Size(size));
    }
    let mut blob = repository.find_blob(id).map_err(|error| Unread::Missing(error.to_string()))?;
    let text = String::from_utf8(blob.take_data()).map_err(|_| Unread::Encoding)?;
    if is_lfs_pointer(&text) {
        return Err(Unread::Pointer);
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

impl Revision {
    /// The parts of a path, from the project's folder, that a manifest gives.
    fn resolve(&self, manifest: &str, path: &str) -> Result<Vec<String>, String> {
        let file = lexical(&self.cwd.join(manifest));
        let inside = file.parent().and_then(|folder| parts_in(&self.root, folder));
        let inside = inside.ok_or("the manifest lies outside the project root")?;
        below(&inside.iter().map(String::as_str).collect::<Vec<_>>(), path)
    }
}

impl SideFiles for Revision {
    fn text(&self, manifest: &str, path: &str) -> Result<String, String> {
        let file: PathBuf = self.root.iter().chain(self.resolve(manifest, path)?.iter().map(AsRef::as_ref)).collect();
        let parts = parts_in(&self.top, &file).ok_or("it lies outside the repository")?;
        let tree = self.repository.find_tree(self.tree).map_err(|error| error.to_string())?;
        let found = entry(&tree, &parts).map_err(|error| error.to_string())?;
        let (kind, id) = found.ok_or("there is no such file or folder")?;
        text(&self.repository, kind, id).map_err(|why| why.to_string())
    }

    fn locate(&self, manifest: &str, path: &str) -> Result<String, String> {
        Ok(self.resolve(manifest, path)?.join("/"))
    }
}

/// A path without links in it, as far as it exists.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A path without `.` and `..` in it.
fn lexical(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(whole.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => whole.push(part),
        }
    }
    whole
}

/// The parts of a path below a folder; `None` if it is not below it or is not UTF-8.
fn parts_in(folder: &Path, path: &Path) -> Option<Vec<String>> {
    path.strip_prefix(folder).ok()?.iter().map(|part| part.to_str().map(str::to_owned)).collect()
}

/// A path as it is shown: relative to a folder, with `/` between its parts; both are without links.
fn relative(path: &Path, folder: &Path) -> String {
    let same = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(same).map(|_| "..".into());
    let down = path.components().skip(same).map(|part| part.as_os_str().to_string_lossy());
    let parts: Vec<_> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}
