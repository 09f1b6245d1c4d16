use std::fmt;
use std::sync::Arc;

/// Where in the manifests something was said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, relative to the working directory, with `/` between its parts.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
    /// The first byte in the file, counted from 0.
    pub offset: usize,
    /// The length in bytes; 0 where only the start is known.
    pub len: usize,
}

impl Place {
    /// The start of a file, for what is true of the file as a whole.
    pub fn start_of(file: impl Into<Arc<str>>) -> Self {
        Self { file: file.into(), line: 1, column: 1, offset: 0, len: 0 }
    }
}

/// `file:line:column`, in the form that editors and terminals open.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, offset: _, len: _ } = self;
        write!(f, "{file}:{line}:{column}")
    }
}
