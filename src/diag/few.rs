//! Findings of which there may be any number: the first few of each sort, and how many more there are.

use std::collections::BTreeMap;

use super::Finding;

/// The first few findings of each sort.
#[derive(Debug)]
pub struct Few<S> {
    most: usize,
    found: BTreeMap<S, (Vec<Finding>, usize)>,
}

impl<S: Ord> Few<S> {
    /// None yet, of which so many of a sort will be shown.
    pub fn new(most: usize) -> Self {
        Self { most, found: BTreeMap::new() }
    }

    /// Adds one; it is only counted if enough of its sort are there.
    pub fn add(&mut self, sort: S, finding: Finding) {
        let (shown, all) = self.found.entry(sort).or_default();
        *all += 1;
        if shown.len() < self.most {
            shown.push(finding);
        }
    }

    /// Forgets all of a sort.
    pub fn remove(&mut self, sort: &S) {
        self.found.remove(sort);
    }

    /// The findings; the last one of a sort says how many are left out.
    pub fn close(self) -> Vec<Finding> {
        let cut = |(mut shown, all): (Vec<Finding>, usize)| {
            let more = all.saturating_sub(shown.len());
            if more > 0 {
                let last = shown.pop().map(|last| last.also(&format!("the same is found {more} more times")));
                shown.extend(last);
            }
            shown
        };
        self.found.into_values().flat_map(cut).collect()
    }
}

impl<S: Ord> Extend<(S, Finding)> for Few<S> {
    fn extend<I: IntoIterator<Item = (S, Finding)>>(&mut self, all: I) {
        all.into_iter().for_each(|(sort, finding)| self.add(sort, finding));
    }
}
