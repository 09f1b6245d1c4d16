//! In which order a plan of all agents says what several shares say.

use std::collections::BTreeMap;

use crate::diag::Code;
use crate::record::{FindingV1, SourceV1};

/// Puts what stands under agents in the order of their addresses; what one agent has keeps its own.
pub(super) fn by_agent<T>(all: &mut [T], agent: impl Fn(&T) -> &str) {
    all.sort_by(|one, other| agent(one).cmp(agent(other)));
}

/// Where each step, or what is held, stands for the first time.
pub(super) struct Places(BTreeMap<String, usize>);

impl Places {
    pub(super) fn of<'i>(ids: impl Iterator<Item = &'i str>) -> Self {
        let mut places = BTreeMap::new();
        for (place, id) in ids.enumerate() {
            places.entry(id.to_owned()).or_insert(place);
        }
        Self(places)
    }

    pub(super) fn of_id(&self, id: &str) -> usize {
        self.0.get(id).copied().unwrap_or(usize::MAX)
    }
}

/// Puts findings in their one order, by place, then code, then message, and drops repetitions.
pub(super) fn sort(findings: &mut Vec<FindingV1>) {
    findings.sort_by(|one, other| key(one).cmp(&key(other)));
    findings.dedup_by(|one, other| key(one) == key(other));
}

fn key(finding: &FindingV1) -> (Option<(&str, u32, u32)>, usize, &str, &str) {
    let FindingV1 { code, severity: _, message, help: _, source } = finding;
    let place = source.as_ref().map(|SourceV1 { file, line, column }| (file.as_str(), *line, *column));
    // A code of a later version comes last.
    let known = Code::ALL.iter().position(|known| known.id() == code).unwrap_or(usize::MAX);
    (place, known, code, message)
}
