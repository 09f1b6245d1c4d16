//! What was found, and what a command failed of.

use std::fmt;

use super::entry::{Folding, Head, Kind, counts, entry, group, part, remark, tally};
use super::front::{Count, Front, page};
use super::markup::Markup;
use crate::diag::Code;
use crate::record::{ErrorV1, FindingV1, FindingsV1, SeverityV1};
use crate::render::verdict;

/// Writes what is wrong with manifests.
pub(super) fn findings(tree: &FindingsV1, out: &mut dyn fmt::Write) -> fmt::Result {
    let FindingsV1 { format: _, valid: _, findings } = tree;
    let kinds = tally(kinds(findings));
    let (mood, verdict) = verdict::findings(tree);
    let front = Front {
        what: "Findings",
        target: None,
        mood,
        verdict,
        first: Vec::new(),
        counts: severities(findings),
        facts: Vec::new(),
        kinds,
        format: "flowops.findings/v1",
    };
    page(out, &front, |page| found(page, Folding::Open, findings))
}

/// Writes why a command failed.
pub(super) fn error(tree: &ErrorV1, out: &mut dyn fmt::Write) -> fmt::Result {
    let ErrorV1 { format: _, error, target: _, partition: _, exit_code: _, findings } = tree;
    let (mood, verdict) = verdict::error();
    let front = Front {
        what: "Error",
        target: None,
        mood,
        verdict,
        first: Vec::new(),
        counts: severities(findings),
        facts: Vec::new(),
        kinds: tally(kinds(findings)),
        format: "flowops.error/v1",
    };
    page(out, &front, |page| {
        page.block("blockquote", &[("class", "message")], |page| page.text(error))?;
        found(page, Folding::Open, findings)
    })
}

/// The kinds of findings.
pub(super) fn kinds(findings: &[FindingV1]) -> impl Iterator<Item = Kind> {
    findings.iter().map(|finding| Kind::finding(finding.severity))
}

fn number(findings: &[FindingV1], wanted: Kind) -> u64 {
    kinds(findings).filter(|kind| *kind == wanted).count() as u64
}

fn severities(findings: &[FindingV1]) -> Vec<Count> {
    let of = |severity| number(findings, Kind::finding(severity));
    counts([
        (of(SeverityV1::Error), "to correct", "bad"),
        (of(SeverityV1::Warning), "to look at", "warning"),
        (of(SeverityV1::Note), "to know", "plain"),
    ])
}

/// Writes findings, if there are any.
pub(super) fn found(page: &mut Markup<'_>, folding: Folding, findings: &[FindingV1]) -> fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    part(page, "Findings", "", |page| {
        group(page, None, |page| findings.iter().try_for_each(|finding| self::finding(page, folding, finding)))
    })
}

fn finding(page: &mut Markup<'_>, folding: Folding, finding: &FindingV1) -> fmt::Result {
    let FindingV1 { code, severity, message, help, source } = finding;
    let head = Head {
        kind: Kind::finding(*severity),
        action: None,
        agent: None,
        was: None,
        name: code,
        gist: Code::read(code).map(|code| code.summary().to_owned()).unwrap_or_default(),
        source: source.as_ref(),
    };
    entry(
        page,
        folding,
        &head,
        Some(&|page| {
            remark(page, message)?;
            let Some(help) = help else { return Ok(()) };
            page.block("p", &[("class", "help")], |page| {
                page.element("b", &[], |page| page.text("Help:"))?;
                page.text(" ")?;
                page.text(help)
            })
        }),
    )
}
