//! Findings of which there may be any number: the first few of each kind, and how many more there are.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::Finding;

/// The first few findings of each kind.
#[derive(Debug)]
pub struct Few<K> {
    most: NonZeroUsize,
    found: BTreeMap<K, (Vec<Finding>, usize)>,
}

impl<K: Ord> Few<K> {
    /// None yet, of which so many of a kind will be shown.
    pub fn new(most: NonZeroUsize) -> Self {
        Self { most, found: BTreeMap::new() }
    }

    /// Adds one; it is only counted if enough of its kind are there.
    pub fn add(&mut self, kind: K, finding: Finding) {
        let (shown, all) = self.found.entry(kind).or_default();
        *all += 1;
        if shown.len() < self.most.get() {
            shown.push(finding);
        }
    }

    /// Forgets all of a kind.
    pub fn remove(&mut self, kind: &K) {
        self.found.remove(kind);
    }

    /// The findings by their kinds, those of a kind as they were added; the last one of it says how many are left out.
    pub fn close(self) -> Vec<Finding> {
        let cut = |(mut shown, all): (Vec<Finding>, usize)| {
            let more = all.saturating_sub(shown.len());
            if more > 0
                && let Some(last) = shown.pop()
            {
                shown.push(last.also(&format!("the same is found {more} more times")));
            }
            shown
        };
        self.found.into_values().flat_map(cut).collect()
    }
}

impl<K: Ord> Extend<(K, Finding)> for Few<K> {
    fn extend<I: IntoIterator<Item = (K, Finding)>>(&mut self, all: I) {
        all.into_iter().for_each(|(kind, finding)| self.add(kind, finding));
    }
}
