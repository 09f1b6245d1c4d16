//! The sandbox's file: one JSON document, replaced whole, under a lock that every process takes.
#![expect(clippy::disallowed_methods, reason = "this module is the sandbox's disk")]

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;

use super::store::Store;

/// Why the sandbox's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Its folder cannot be made.
    #[error("cannot make the folder of the sandbox's file `{path}`")]
    Folder {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its lock cannot be taken.
    #[error("cannot lock the sandbox's file with `{path}`")]
    Lock {
        /// The lock file beside it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It, or its lock, is a link; what that points to might be anything.
    #[error("the sandbox's file `{path}` is a symbolic link, which is not followed; name the file itself")]
    Link {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder or a device.
    #[error("the sandbox's file `{path}` is not a file")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read the sandbox's file `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is in another format.
    #[error("the sandbox's file `{path}` has the format `{found}`, not `{expected}`; delete it, or name another file", expected = Store::FORMAT)]
    Format {
        /// The file.
        path: PathBuf,
        /// The format that it states.
        found: String,
    },
    /// It is damaged.
    #[error("the sandbox's file `{path}` is damaged; mend it, or delete it to begin anew")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Where and how.
        source: serde_json::Error,
    },
    /// It cannot be written. What was to be kept is lost.
    #[error("cannot write the sandbox's file `{path}`")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A store's place on the disk.
#[derive(Debug)]
pub(super) struct Persistent {
    path: PathBuf,
    lock: PathBuf,
    seen: Option<Seen>,
}

/// The lock, held; dropping it lets others in.
#[derive(Debug)]
pub(super) struct Held {
    lock: File,
    now: Seen,
}

/// What tells one state of the file from another.
///
/// The count, which stands in the lock file, sees what other sandboxes write, however quickly; the rest sees what a
/// person does to the file by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    count: u64,
    stamp: Option<Stamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    file: u64,
}

impl Persistent {
    /// Chooses a file, which need not exist, and makes its folder.
    pub(super) fn new(path: &Path) -> Result<Self, SandboxError> {
        fs::create_dir_all(folder(path)).map_err(|source| SandboxError::Folder { path: path.to_owned(), source })?;
        let mut lock = OsString::from(path);
        lock.push(".lock");
        Ok(Self { path: path.to_owned(), lock: PathBuf::from(lock), seen: None })
    }

    /// Waits until no other sandbox uses the file.
    pub(super) fn lock(&self) -> Result<Held, SandboxError> {
        stamp(&self.lock)?;
        let locked = || {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let mut lock = private(&mut options).open(&self.lock)?;
            lock.lock()?;
            let mut count = String::new();
            lock.read_to_string(&mut count)?;
            Ok((lock, count.trim().parse().unwrap_or(0)))
        };
        let (lock, count) = locked().map_err(|source| SandboxError::Lock { path: self.lock.clone(), source })?;
        Ok(Held { lock, now: Seen { count, stamp: stamp(&self.path)? } })
    }

    /// Reads the file, unless it is as it was left. A file that is missing is a new store.
    ///
    /// Until [`Persistent::release`], the file counts as never seen: whoever fails in between reads it again.
    pub(super) fn load(&mut self, held: &Held) -> Result<Option<Store>, SandboxError> {
        if self.seen.take().as_ref() == Some(&held.now) {
            return Ok(None);
        }
        if held.now.stamp.is_none() {
            return Ok(Some(Store::default()));
        }
        let path = self.path.clone();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(SandboxError::Read { path, source }),
        };
        match (serde_json::from_str(&text), stated_format(&text)) {
            (Ok(store), _) => Ok(Some(store)),
            (Err(_), Some(found)) if found != Store::FORMAT => Err(SandboxError::Format { path, found }),
            (Err(source), _) => Err(SandboxError::Broken { path, source }),
        }
    }

    /// Replaces the file, all at once.
    pub(super) fn save(&self, held: &mut Held, store: &Store) -> Result<(), SandboxError> {
        let count = held.now.count.wrapping_add(1);
        let mut write = || {
            // First the count: whoever dies after it makes the others read once more, and nothing worse.
            held.lock.set_len(0)?;
            held.lock.rewind()?;
            held.lock.write_all(count.to_string().as_bytes())?;
            let mut file = tempfile::NamedTempFile::new_in(folder(&self.path))?;
            let mut text = serde_json::to_vec_pretty(store)?;
            text.push(b'\n');
            file.write_all(&text)?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().map_err(|source| SandboxError::Write { path: self.path.clone(), source })?;
        held.now = Seen { count, stamp: stamp(&self.path)? };
        Ok(())
    }

    /// Lets others in.
    pub(super) fn release(&mut self, held: Held) {
        let Held { lock, now } = held;
        self.seen = Some(now);
        drop(lock);
    }
}

/// What a file looks like from outside, if it is there. A link is refused: a folder from somebody else may hold one.
fn stamp(path: &Path) -> Result<Option<Stamp>, SandboxError> {
    let owned = || path.to_owned();
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SandboxError::Read { path: owned(), source }),
    };
    if metadata.is_symlink() {
        return Err(SandboxError::Link { path: owned() });
    }
    if !metadata.is_file() {
        return Err(SandboxError::NotAFile { path: owned() });
    }
    Ok(Some(Stamp { len: metadata.len(), modified: metadata.modified().ok(), file: number(&metadata) }))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn stated_format(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    serde_json::from_str(text).ok().map(|Head { format }| format)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    metadata.ino()
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> u64 {
    0
}
