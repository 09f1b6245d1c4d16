//! Reading one file, carefully.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::manifest::layout::is_lfs_pointer;

/// Why a file was not read, as a fragment. It never quotes what stands in the file.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("there is no such file or folder")]
    Missing,
    #[error("permission is denied")]
    Denied,
    #[error("it is a link, and links are not followed")]
    Link,
    #[error("it is not a regular file")]
    Kind,
    #[error("it has {size} bytes, and at most {limit} are read")]
    Size { size: u64, limit: u64 },
    #[error("it is not UTF-8 from byte {0} on")]
    Encoding(usize),
    #[error("it is a Git LFS pointer, and not the text; `git lfs pull` fetches that")]
    Pointer,
    #[error("its name is not UTF-8")]
    Name,
    #[error("it cannot be read: {0}")]
    Other(io::ErrorKind),
}

impl ReadError {
    /// Whether it is readable but too much.
    pub(super) fn is_limit(&self) -> bool {
        matches!(self, Self::Size { .. })
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        let kind = error.kind();
        if kind == io::ErrorKind::NotFound {
            Self::Missing
        } else if kind == io::ErrorKind::PermissionDenied {
            Self::Denied
        } else {
            Self::Other(kind)
        }
    }
}

/// Reads a regular file as text, without its byte-order mark. Kind and size are looked at before it is opened, and the
/// limit holds even if it grows meanwhile.
pub(super) fn text(path: &Path, limit: u64) -> Result<String, ReadError> {
    let about = std::fs::symlink_metadata(path)?;
    if about.is_symlink() {
        return Err(ReadError::Link);
    }
    if !about.is_file() {
        return Err(ReadError::Kind);
    }
    if about.len() > limit {
        return Err(ReadError::Size { size: about.len(), limit });
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    let size = bytes.len() as u64;
    if size > limit {
        return Err(ReadError::Size { size, limit });
    }
    let text = String::from_utf8(bytes).map_err(|error| ReadError::Encoding(error.utf8_error().valid_up_to()))?;
    if is_lfs_pointer(&text) {
        return Err(ReadError::Pointer);
    }
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
