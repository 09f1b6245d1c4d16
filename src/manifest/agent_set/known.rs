//! Which columns have a part in what, and the values in which none has: read for one row, they are those of all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{PoisonError, RwLock};

use crate::manifest::node::Span;
use crate::manifest::reader::Reader;
use crate::model::{Place, Value};

/// What is known of a template whatever the row.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Known {
    /// The columns that are mentioned at a key or a value, or below it.
    mentioned: BTreeMap<At, BTreeSet<usize>>,
    /// Values below keys that mention none.
    values: RwLock<BTreeMap<At, Value>>,
}

/// Where something begins in the manifest, and how long it is: a mapping may begin where its first key does.
type At = (usize, usize);

fn at(span: Span) -> At {
    let bytes = span.bytes();
    (bytes.start, bytes.len())
}

impl Known {
    /// Notes that columns are mentioned somewhere. What an alias repeats is one with what it repeats.
    pub(super) fn note(&mut self, span: Span, columns: &BTreeSet<usize>) {
        self.mentioned.entry(at(span)).or_default().extend(columns);
    }

    /// Whether what stands there differs from row to row.
    pub(super) fn varies(&self, span: Span) -> bool {
        self.mentioned.get(&at(span)).is_some_and(|columns| !columns.is_empty())
    }

    /// The columns that have a part in what stands at a place; `None` if it is no place of the template.
    pub(super) fn at(&self, place: &Place) -> Option<Vec<usize>> {
        let columns = self.mentioned.get(&(place.offset, place.len))?;
        Some(columns.iter().copied().collect())
    }

    /// The columns that are mentioned anywhere.
    pub(super) fn columns(&self) -> BTreeSet<usize> {
        self.mentioned.values().flatten().copied().collect()
    }

    /// Reads the value below a key, unless it is the same for every row and was read for another one. One of which
    /// something is found is read again, so that it is found of every row.
    pub(in crate::manifest) fn value(
        &self,
        reader: &mut Reader,
        key: Span,
        read: impl FnOnce(&mut Reader) -> Option<Value>,
    ) -> Option<Value> {
        let at = at(key);
        if self.mentioned.get(&at).is_none_or(|columns| !columns.is_empty()) {
            return read(reader);
        }
        if let Some(known) = self.values.read().unwrap_or_else(PoisonError::into_inner).get(&at) {
            return Some(known.clone());
        }
        let before = reader.findings.len();
        let value = read(reader)?;
        if reader.findings.len() == before {
            self.values.write().unwrap_or_else(PoisonError::into_inner).insert(at, value.clone());
        }
        Some(value)
    }
}
