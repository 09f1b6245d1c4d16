//! Where an apply writes down what it is about to send.

use std::io;
use std::sync::Mutex;

use crate::report::journal::Entry;

/// Keeps entries. When `record` gives back, the entry survives the end of the process.
pub trait Journal: Sync {
    /// Keeps an entry.
    ///
    /// # Errors
    /// Whatever keeps it from being kept; nothing may be sent then.
    fn record(&self, entry: &Entry) -> io::Result<()>;
}

/// A journal in memory: for callers that have nothing to lose.
#[derive(Debug, Default)]
pub struct Notes(Mutex<Vec<Entry>>);

impl Notes {
    /// What was kept so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().map_or_else(|poisoned| poisoned.into_inner().clone(), |entries| entries.clone())
    }
}

impl Journal for Notes {
    fn record(&self, entry: &Entry) -> io::Result<()> {
        self.0.lock().map_err(|_| io::ErrorKind::Other)?.push(entry.clone());
        Ok(())
    }
}
