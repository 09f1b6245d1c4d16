//! Which columns have a part in what, and the values in which none has: read for one row, they are those of all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::manifest::node::Span;
use crate::manifest::reader::Reader;
use crate::model::{Place, Value};

/// What is known of a template whatever the row: of each key and each value.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Known(BTreeMap<At, Part>);

/// A part of a template.
#[derive(Debug, Default)]
struct Part {
    /// The columns that are mentioned there, or below it.
    mentioned: BTreeSet<usize>,
    /// The value below a key, set only where none is mentioned.
    value: OnceLock<Value>,
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
        self.0.entry(at(span)).or_default().mentioned.extend(columns);
    }

    /// Whether what stands there differs from row to row.
    pub(super) fn varies(&self, span: Span) -> bool {
        self.0.get(&at(span)).is_some_and(|part| !part.mentioned.is_empty())
    }

    /// The columns that have a part in what stands at a place; `None` if it is no place of the template.
    pub(super) fn at(&self, place: &Place) -> Option<Vec<usize>> {
        let part = self.0.get(&(place.offset, place.len))?;
        Some(part.mentioned.iter().copied().collect())
    }

    /// The columns that are mentioned anywhere.
    pub(super) fn columns(&self) -> BTreeSet<usize> {
        self.0.values().flat_map(|part| &part.mentioned).copied().collect()
    }

    /// Reads the value below a key, unless it is the same for every row and was read for another one. One of which
    /// something is found is read again, so that it is found of every row.
    pub(in crate::manifest) fn value(
        &self,
        reader: &mut Reader,
        key: Span,
        read: impl FnOnce(&mut Reader) -> Option<Value>,
    ) -> Option<Value> {
        let Some(part) = self.0.get(&at(key)).filter(|part| part.mentioned.is_empty()) else { return read(reader) };
        if let Some(known) = part.value.get() {
            return Some(known.clone());
        }
        let before = reader.findings.len();
        let value = read(reader)?;
        if reader.findings.len() == before {
            // Another row may have been faster, with the same.
            part.value.get_or_init(|| value.clone());
        }
        Some(value)
    }
}
