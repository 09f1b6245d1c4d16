//! A record as annotations: workflow commands that GitHub, Gitea and Forgejo show on the lines of a change.

use std::fmt;

use super::command::{Command, WorkflowCommand};
use super::notice::{Level, Notice, Rule, notices};
use super::words::count;
use crate::record::{Record, SourceV1};

/// GitHub shows this many of each level in a step, and no more.
const MOST: usize = 10;

/// Writes the most important of what a record points out, by level, each as a command on a line of its own.
pub(super) fn annotations(record: &Record, out: &mut impl fmt::Write) -> fmt::Result {
    let all = notices(record);
    for level in Level::ALL {
        let of_level: Vec<&Notice<'_>> = all.iter().filter(|notice| notice.level == level).collect();
        let shown = if of_level.len() > MOST { MOST - 1 } else { of_level.len() };
        for notice in of_level.iter().take(shown) {
            writeln!(out, "{}", command(notice))?;
        }
        if let Some(rest) = of_level.len().checked_sub(shown).filter(|rest| *rest > 0) {
            writeln!(out, "{}", left_out(level, rest))?;
        }
    }
    Ok(())
}

const fn kind(level: Level) -> Command {
    match level {
        Level::Error => Command::Error,
        Level::Warning => Command::Warning,
        Level::Note => Command::Notice,
    }
}

fn command(notice: &Notice<'_>) -> WorkflowCommand {
    let Notice { rule, level, source, message, help, about: _ } = notice;
    let help = help.map(|help| format!("help: {help}"));
    let mut command = WorkflowCommand::new(kind(*level), std::iter::once(message.as_str()).chain(help.as_deref()));
    if let Some(SourceV1 { file, line, column }) = source {
        command = command.property("file", file);
        command = command.property("line", &line.to_string()).property("col", &column.to_string());
    }
    command.property("title", &title(*rule))
}

fn title(rule: Rule<'_>) -> String {
    match rule {
        Rule::Finding(code) => format!("{code}: {}", rule.summary()),
        Rule::Sum => "flowops".to_owned(),
        Rule::RunFailed
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
        | Rule::Left => format!("flowops: {}", rule.summary()),
    }
}

/// Says how many of a level are not shown.
fn left_out(level: Level, rest: usize) -> WorkflowCommand {
    let noun = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let said = format!("{} more, which would not be shown; every other form has them all", count(rest, noun));
    WorkflowCommand::new(kind(level), [said.as_str()]).property("title", "flowops: there are more")
}
