//! Findings as people read them: what, where, the line, the way out.

use std::collections::BTreeMap;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Padding, Renderer, Snippet};

use super::inert::is_active;
use super::label::Style;
use super::safe::{is_command, safe};
use super::words::{self, list};
use crate::diag::{Code, Finding, Severity, Sources};
use crate::manifest::hidden;
use crate::model::Place;

/// Longer lines are not shown: the place is enough to find them.
const LONGEST_LINE: usize = 400;

/// All findings with their lines, and how many there are; empty if there are none.
///
/// No secret is shown: what stands below a sensitive key, or has the shape of a credential, is covered by asterisks,
/// and a line of which nothing else is left is not shown at all.
pub fn findings(findings: &[Finding], sources: &Sources, style: Style) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Ansi => Renderer::styled(),
    };
    let mut covered: BTreeMap<&str, Vec<Range<usize>>> = BTreeMap::new();
    let mut out = String::new();
    for finding in findings {
        let line = finding.place.as_ref().and_then(|place| {
            let text = sources.text(&place.file)?;
            let ranges = covered.entry(&place.file).or_insert_with(|| hidden(text));
            Line::cut(text, place, ranges, finding.code)
        });
        let group = group(finding, line.as_ref());
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out.push_str(&count(findings));
    out.push('\n');
    out
}

/// How many findings of each weight there are: `3 errors, 1 warning`.
fn count(findings: &[Finding]) -> String {
    list([Severity::Error, Severity::Warning, Severity::Note].into_iter().map(|severity| {
        let number = findings.iter().filter(|finding| finding.code.severity() == severity).count();
        (number > 0).then(|| words::count(number, severity.as_str()))
    }))
}

fn group(finding: &Finding, line: Option<&Line>) -> Group<'static> {
    let Finding { code, place, message: said, help } = finding;
    let level = match code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(code.summary()).id(code.id()));
    let said = safe(said).into_owned();
    match (place, line) {
        (Some(place), Some(line)) => {
            let mark = AnnotationKind::Primary.span(line.mark.clone()).label(said);
            group = group.element(
                Snippet::source(line.text.clone())
                    .line_start(place.line as usize)
                    .path(safe(&place.file).into_owned())
                    .annotation(mark),
            );
        }
        (Some(Place { file, line, column, offset: _, len: _ }), None) => {
            let origin = Origin::path(safe(file).into_owned()).line(*line as usize).char_column(*column as usize);
            group = group.element(origin).element(Padding).element(Level::NOTE.no_name().message(said));
        }
        (None, _) => group = group.element(Level::NOTE.no_name().message(said)),
    }
    if let Some(help) = help {
        group = group.element(Level::HELP.message(safe(help).into_owned()));
    }
    group
}

fn is_in(ranges: &[Range<usize>], at: usize) -> bool {
    let after = ranges.partition_point(|range| range.start <= at);
    after.checked_sub(1).and_then(|last| ranges.get(last)).is_some_and(|range| at < range.end)
}

/// Where the comment at a line's end begins, if it stands behind what is marked; else where the line ends.
///
/// Comments are covered, and a tail of asterisks would tell nobody anything.
fn comment(text: &str, line: Range<usize>, mark_end: usize, covered: &[Range<usize>]) -> usize {
    let begins = |range: &&Range<usize>| {
        line.contains(&range.start)
            && range.start >= mark_end
            && range.end >= line.end
            && text.get(range.start..).is_some_and(|rest| rest.starts_with('#'))
    };
    covered.iter().find(begins).map_or(line.end, |range| range.start)
}

/// A line as it may be shown, and what is marked in it.
#[derive(Debug)]
struct Line {
    text: String,
    mark: Range<usize>,
}

impl Line {
    /// Cuts the line of a place out of a text; `None` if nothing of it can be shown.
    fn cut(text: &str, place: &Place, covered: &[Range<usize>], code: Code) -> Option<Self> {
        let start = text.get(..place.offset)?.rfind('\n').map_or(0, |at| at + 1);
        let line = text.get(start..)?.split('\n').next()?.trim_end();
        if line.chars().count() > LONGEST_LINE {
            return None;
        }
        let end = start + line.len();
        let mark = place.offset.min(end)..(place.offset + place.len).min(end);
        let line = line.get(..comment(text, start..end, mark.end, covered) - start)?.trim_end();
        let is_marked_secret = |at: usize| code == Code::LiteralSecret && (mark.contains(&at) || mark.is_empty());
        let mut shown = Self { text: String::with_capacity(line.len()), mark: 0..0 };
        let mut is_anything_left = false;
        for (at, c) in line.char_indices().map(|(at, c)| (start + at, c)) {
            if at == mark.start {
                shown.mark = shown.text.len()..shown.text.len();
            }
            let is_covered = !c.is_whitespace() && (is_in(covered, at) || is_marked_secret(at));
            is_anything_left |= !is_covered && c.is_alphanumeric();
            shown.text.push(match c {
                _ if is_covered => '*',
                _ if is_active(c) || is_command(&shown.text, c) => '\u{fffd}',
                _ => c,
            });
            if mark.contains(&at) {
                shown.mark.end = shown.text.len();
            }
        }
        if mark.start == end {
            shown.mark = shown.text.len()..shown.text.len();
        }
        is_anything_left.then_some(shown)
    }
}
