//! A run as `OpenMetrics` text, for the node exporter's text file collector.
//!
//! Its labels are the target and closed words, never names. A run that could not check says so by `flowops_up`, and keeps
//! the time of the last one that could, so that its age can be watched.
//! See <https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>.

use std::fmt::{self, Write as _};

use super::safe::safe;
use crate::record::{ActionV1, PlanV1, Record};

const SUCCESS: &str = "flowops_last_success_timestamp_seconds";

/// What is known of a run beside its record.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The target that was asked for, if a record does not say.
    pub target: Option<&'a str>,
    /// When, in seconds since 1970 (UTC).
    pub now: u64,
    /// What the file says so far.
    pub earlier: Option<&'a str>,
}

/// Whether a text is what an earlier run measured, and may be written over.
pub fn is_ours(text: &str) -> bool {
    text.trim().is_empty() || text.starts_with("# TYPE flowops_up gauge\n")
}

/// Writes what can be measured.
pub fn metrics(record: &Record, run: &Run<'_>) -> String {
    let mut text = String::new();
    // Writing into a `String` cannot fail.
    let _infallible = write(record, run, &mut text);
    text
}

fn write(record: &Record, run: &Run<'_>, out: &mut String) -> fmt::Result {
    let Run { target, now, earlier } = run;
    let drift = record.as_drift();
    let target = label(drift.map_or(target.unwrap_or("default"), |tree| tree.target.as_str()));
    family(out, "flowops_up", "Whether live could be compared with the manifests.")?;
    writeln!(out, "flowops_up{{target=\"{target}\"}} {}", u8::from(drift.is_some()))?;
    family(out, "flowops_last_run_timestamp_seconds", "When it was tried the last time.")?;
    writeln!(out, "flowops_last_run_timestamp_seconds{{target=\"{target}\"}} {now}")?;
    let before = || earlier.and_then(|text| text.lines().find_map(|line| success(line, &target)));
    if let Some(last) = drift.map(|_| *now).or_else(before) {
        family(out, SUCCESS, "When it could be compared the last time.")?;
        writeln!(out, "{SUCCESS}{{target=\"{target}\"}} {last}")?;
    }
    if let Some(tree) = drift {
        of_drift(tree, &target, out)?;
    }
    out.push_str("# EOF\n");
    Ok(())
}

fn of_drift(tree: &PlanV1, target: &str, out: &mut String) -> fmt::Result {
    let drifted = |wanted: fn(ActionV1) -> bool| {
        tree.steps.iter().filter(|step| !step.cause.is_pending() && wanted(step.action)).count() as u64
    };
    let pending = tree.steps.iter().filter(|step| step.cause.is_pending()).count() as u64;
    family(out, "flowops_resources", "Skills, packs and drafts by how they are.")?;
    let states = [
        ("in_sync", tree.summary.unchanged),
        ("changed", drifted(|action| matches!(action, ActionV1::Update))),
        ("missing", drifted(|action| matches!(action, ActionV1::Create | ActionV1::Install))),
        ("extra", drifted(|action| matches!(action, ActionV1::Delete))),
        ("unpublished", drifted(|action| matches!(action, ActionV1::Publish))),
        ("pending", pending),
        ("held", tree.summary.held),
        ("ignored", tree.summary.ignored),
        ("unmanaged", tree.summary.unmanaged),
    ];
    for (state, number) in states {
        writeln!(out, "flowops_resources{{target=\"{target}\",state=\"{state}\"}} {number}")?;
    }
    let Some(drift) = &tree.drift else { return Ok(()) };
    family(out, "flowops_drifted", "Whether live differs from the manifests, apart from what is only pending.")?;
    writeln!(out, "flowops_drifted{{target=\"{target}\"}} {}", u8::from(drift.drifted))?;
    family(out, "flowops_managed_skills", "Live skills that manifests declare.")?;
    writeln!(out, "flowops_managed_skills{{target=\"{target}\"}} {}", drift.coverage.managed)?;
    family(out, "flowops_live_skills", "Live skills.")?;
    writeln!(out, "flowops_live_skills{{target=\"{target}\"}} {}", drift.coverage.live)
}

fn family(out: &mut String, name: &str, help: &str) -> fmt::Result {
    writeln!(out, "# TYPE {name} gauge")?;
    if let Some(unit) = name.strip_suffix("_seconds").map(|_| "seconds") {
        writeln!(out, "# UNIT {name} {unit}")?;
    }
    writeln!(out, "# HELP {name} {help}")
}

/// The value of a label.
fn label(text: &str) -> String {
    safe(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// The time on a line of an earlier text.
fn success(line: &str, target: &str) -> Option<u64> {
    let rest = line.strip_prefix(SUCCESS)?.strip_prefix("{target=\"")?.strip_prefix(target)?;
    rest.strip_prefix("\"} ")?.parse().ok()
}
