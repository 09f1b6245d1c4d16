//! What was found, and what a command failed of.

use super::fence::quotation;
use super::inline::{code, place, prose};
use super::room::{Document, Item, Section, Weight};
use crate::record::{ErrorV1, FindingV1, FindingsV1, SeverityV1};
use crate::render::verdict;

/// What is wrong with manifests.
pub(super) fn findings(tree: &FindingsV1) -> Document {
    let (_, verdict) = verdict::findings(tree);
    let top = format!("## flowops: manifests\n\n**{verdict}**\n");
    Document { top, sections: section(&tree.findings).into_iter().collect(), bottom: String::new() }
}

/// Why a command failed.
pub(super) fn error(tree: &ErrorV1) -> Document {
    let ErrorV1 { format: _, error, target: _, partition: _, exit_code: _, findings } = tree;
    let (_, verdict) = verdict::error();
    let top = format!("## flowops\n\n**{verdict}**\n\n{}", quotation(error));
    Document { top, sections: section(findings).into_iter().collect(), bottom: String::new() }
}

/// Findings, if there are any, the heavier ones first.
pub(super) fn section(findings: &[FindingV1]) -> Option<Section> {
    let mut sorted: Vec<&FindingV1> = findings.iter().collect();
    sorted.sort_by_key(|finding| finding.severity);
    let items: Vec<Item> = sorted.into_iter().map(item).collect();
    (!items.is_empty()).then(|| Section { title: "Findings".to_owned(), note: String::new(), items })
}

fn item(finding: &FindingV1) -> Item {
    let FindingV1 { code: id, severity, message, help, source } = finding;
    let at = source.as_ref().map(|source| format!(" at {}", place(source))).unwrap_or_default();
    let name = format!("**{}** {}", severity.word(), code(id));
    let why = format!("{at}: {}", prose(message));
    let weight = match severity {
        SeverityV1::Error => Weight::Trouble,
        SeverityV1::Warning => Weight::Update,
        SeverityV1::Note => Weight::Rest,
    };
    let details = help.as_ref().map(|help| format!("Help: {}", prose(help))).unwrap_or_default();
    Item { weight, name, why, lines: usize::from(!details.is_empty()), details }
}
