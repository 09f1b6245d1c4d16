//! A journal on the disk: appended to, brought to the disk line by line, and locked for as long as it is held.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::write::{self, WriteError};
use crate::ops::Journal;
use crate::report::journal::{Begun, Entry, Journal as Written};

/// The longest journal that is read, in bytes.
const LONGEST: u64 = 64 << 20;

/// Why there can be no journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalFileError {
    /// Another process holds it.
    #[error("another run holds the journal `{path}`")]
    Held {
        /// The journal.
        path: PathBuf,
    },
    /// It is no file, or its folder cannot be made.
    #[error("cannot keep a journal")]
    Place(#[source] WriteError),
    /// It cannot be opened, locked or read.
    #[error("cannot keep the journal `{path}`")]
    Open {
        /// The journal.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A journal that this process alone writes.
#[derive(Debug)]
pub struct JournalFile(Mutex<File>);

impl JournalFile {
    /// Opens a journal, which need not exist, and gives what an earlier run left in it.
    ///
    /// Only its owner may read it. A link is refused, and what is no journal is left as it is. The lock goes with the process, however that ends.
    pub fn open(path: &Path) -> Result<(Self, String), JournalFileError> {
        let folder = write::refuse_strange(path).map_err(JournalFileError::Place)?;
        write::create_dir(folder).map_err(JournalFileError::Place)?;
        let failed = |source| JournalFileError::Open { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = owners(&mut options).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalFileError::Held { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        if file.metadata().map_err(failed)?.len() > LONGEST {
            return Err(failed(io::ErrorKind::FileTooLarge.into()));
        }
        let mut bytes = Vec::new();
        (&mut file).take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if Written::is_one(&text) {
            restrict(&file).map_err(failed)?;
        }
        Ok((Self(Mutex::new(file)), text))
    }

    /// Forgets what stands in it and begins anew.
    pub fn begin(&self, begun: Begun) -> io::Result<()> {
        self.clear()?;
        self.record(&Entry::Begun(begun))
    }

    /// Forgets what stands in it: nothing is open any more.
    pub fn clear(&self) -> io::Result<()> {
        let mut file = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        file.set_len(0)?;
        file.rewind()?;
        file.sync_data()
    }
}

impl Journal for JournalFile {
    fn record(&self, entry: &Entry) -> io::Result<()> {
        let mut file = self.0.lock().map_err(|_| io::ErrorKind::Other)?;
        let start = file.stream_position()?;
        let written = file.write_all(entry.line().as_bytes()).and_then(|()| file.sync_data());
        if written.is_err() {
            // Half a line would damage what is written after it.
            let _whole = file.set_len(start).and_then(|()| file.seek(SeekFrom::Start(start)));
        }
        written
    }
}

#[cfg(unix)]
fn owners(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;

    options.mode(0o600)
}

#[cfg(not(unix))]
fn owners(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// A file that was there before may have been open to others.
#[cfg(unix)]
fn restrict(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}
