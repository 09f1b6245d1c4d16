//! A record as SARIF 2.1.0, for code scanning.
//!
//! What stands on a line of a manifest is a result. What stands nowhere is a notification of the run: GitHub refuses a
//! whole file for one result without a place. No text is Markdown, and no value and no link comes from outside.

mod shape;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use self::shape::{
    ArtifactLocation, AutomationDetails, Configuration, Descriptor, Driver, Invocation, Location, Log, Message,
    Notification, PhysicalLocation, Reference, Region, Run, SarifResult, Tool,
};
use super::json::write_json;
use super::notice::{Level, Notice, Rule, notices};
use super::safe::safe;
use super::words::count;
use crate::model::Digest;
use crate::record::{Record, SourceV1, Tree};

/// GitHub keeps this many results of a run, and drops the others by a rule of its own.
const MOST: usize = 5_000;

/// What stands in the path of a URI as it is.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Writes what a record points out as a SARIF log of one run.
pub(super) fn sarif(record: &Record, out: &mut impl fmt::Write) -> fmt::Result {
    let (placed, placeless): (Vec<Notice<'_>>, Vec<Notice<'_>>) =
        notices(record).into_iter().partition(|notice| notice.source.is_some());
    let rest = placed.len().saturating_sub(MOST);
    let shown = placed.get(..placed.len() - rest).unwrap_or(&placed);
    let rules = rules(shown);
    let mut notifications: Vec<Notification> = placeless.iter().map(notification).collect();
    if rest > 0 {
        let said =
            format!("{} more, of the least importance, are left out; every other form has them", count(rest, "result"));
        notifications.push(Notification { descriptor: None, level: word(Level::Warning), message: text(&said) });
    }
    let told: Vec<Descriptor> = distinct(&placeless).into_iter().map(|rule| descriptor(rule, None)).collect();
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "flowops",
                version: env!("CARGO_PKG_VERSION"),
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules: rules.iter().map(|(rule, level)| descriptor(*rule, Some(*level))).collect(),
                notifications: told,
            },
        },
        automation_details: automation(record),
        invocations: [Invocation {
            execution_successful: is_sound(record),
            tool_execution_notifications: notifications,
        }],
        column_kind: "unicodeCodePoints",
        results: results(shown, &rules),
    };
    write_json(&Log { schema: shape::SCHEMA, version: "2.1.0", runs: [run] }, out)
}

/// The rules of some notices in order, each with the heaviest level that it has among them.
fn rules<'a>(notices: &[Notice<'a>]) -> Vec<(Rule<'a>, Level)> {
    let mut rules: BTreeMap<&str, (Rule<'a>, Level)> = BTreeMap::new();
    for Notice { rule, level, source: _, message: _, help: _, about: _ } in notices {
        let known = rules.entry(rule.id()).or_insert((*rule, *level));
        known.1 = known.1.min(*level);
    }
    rules.into_values().collect()
}

fn distinct<'a>(notices: &[Notice<'a>]) -> BTreeSet<Rule<'a>> {
    notices.iter().map(|notice| notice.rule).collect()
}

fn descriptor(rule: Rule<'_>, level: Option<Level>) -> Descriptor {
    let help = match rule {
        Rule::Finding(code) => format!("{} `flowops explain {code}` says the same.", rule.about()),
        Rule::RunFailed
        | Rule::Sum
        | Rule::StepFailed
        | Rule::StepUnknown
        | Rule::StepConflict
        | Rule::StepSkipped
        | Rule::NotTaken
        | Rule::StillWanted
        | Rule::Risk
        | Rule::StepNoted
        | Rule::Delete
        | Rule::Held
        | Rule::DriftChanged
        | Rule::DriftMissing
        | Rule::DriftExtra
        | Rule::DriftUnpublished
        | Rule::DriftUnmanaged
        | Rule::Left => rule.about().to_owned(),
    };
    Descriptor {
        id: safe(rule.id()).into_owned(),
        short_description: text(rule.summary()),
        full_description: text(rule.about()),
        help: text(&help),
        default_configuration: level.map(|level| Configuration { level: word(level) }),
    }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

/// A message in which no link stands: the standard knows `[text](target)` even in plain ones.
fn text(text: &str) -> Message {
    Message { text: safe(text).replace("](", "]\\(") }
}

/// What is said, with what to do about it.
fn said(notice: &Notice<'_>) -> Message {
    let Notice { rule: _, level: _, source: _, message, help, about: _ } = notice;
    help.map_or_else(|| text(message), |help| text(&format!("{message}; {help}")))
}

fn notification(notice: &Notice<'_>) -> Notification {
    let descriptor = Some(Reference { id: safe(notice.rule.id()).into_owned() });
    Notification { descriptor, level: word(notice.level), message: said(notice) }
}

fn results(notices: &[Notice<'_>], rules: &[(Rule<'_>, Level)]) -> Vec<SarifResult> {
    let mut before: BTreeMap<(&str, &[&str]), usize> = BTreeMap::new();
    let mut results = Vec::new();
    for notice in notices {
        let Notice { rule, level, source, message: _, help: _, about } = notice;
        let Some(SourceV1 { file, line, column }) = source else { continue };
        let rule_index = rules.binary_search_by(|(known, _)| known.id().cmp(rule.id())).unwrap_or_default();
        // The same may be said twice, of two places.
        let seen = before.entry((rule.id(), about)).or_default();
        let number = seen.to_string();
        *seen += 1;
        let parts = std::iter::once(rule.id()).chain(about.iter().copied()).chain([number.as_str()]);
        results.push(SarifResult {
            rule_id: safe(rule.id()).into_owned(),
            rule_index,
            level: word(*level),
            message: said(notice),
            locations: [Location {
                physical_location: PhysicalLocation {
                    artifact_location: ArtifactLocation { uri: utf8_percent_encode(file, IN_PATH).to_string() },
                    region: Region { start_line: (*line).max(1), start_column: (*column).max(1) },
                },
            }],
            partial_fingerprints: [("flowopsItem/v1", Digest::of_parts(parts).to_string())].into(),
        });
    }
    results
}

/// What the run was for: uploads of several targets stand side by side.
fn automation(record: &Record) -> Option<AutomationDetails> {
    let (verb, target) = match &record.tree {
        Tree::Plan(tree) => ("plan", &tree.target),
        Tree::Drift(tree) => ("drift", &tree.target),
        Tree::Report(tree) => ("apply", &tree.target),
        Tree::Pull(tree) => ("pull", &tree.target),
        Tree::Origin(tree) => ("origin", &tree.target),
        Tree::Compare(tree) => {
            return Some(AutomationDetails {
                id: safe(&format!("flowops/compare/{}/{}/", tree.a, tree.b)).into_owned(),
            });
        }
        Tree::Findings(_) | Tree::Error(_) => return None,
    };
    Some(AutomationDetails { id: safe(&format!("flowops/{verb}/{target}/")).into_owned() })
}

/// Whether the run saw all that it should have.
fn is_sound(record: &Record) -> bool {
    match &record.tree {
        Tree::Plan(tree) | Tree::Drift(tree) => tree.complete,
        Tree::Report(_) | Tree::Pull(_) | Tree::Origin(_) | Tree::Compare(_) | Tree::Findings(_) => true,
        Tree::Error(_) => false,
    }
}
