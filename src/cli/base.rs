//! The manifests at the base revision.

use std::path::PathBuf;

use super::env;
use super::exit::Exit;
use super::fail::Failure;
use crate::diag::{Code, Finding};
use crate::git;
use crate::manifest::{self, TargetError};
use crate::model::{Day, Desired};
use crate::plan::{self, Base, Emptied};
use crate::render::words;

/// Reads what the manifests asked for at a revision, and keeps in mind what must not be forgotten of it. What keeps it from
/// being told is found instead; then nothing is deleted.
pub(super) fn remember(
    desired: &mut Desired,
    findings: &mut Vec<Finding>,
    revision: &str,
    given: &[PathBuf],
    today: Day,
) -> Result<Option<Base>, Failure> {
    match read(revision, given, &desired.target)? {
        Ok(mut known) => {
            // A rule that has expired changes nothing that somebody could review.
            known.desired.policy.expire(today);
            refuse_emptied(desired, &known)?;
            plan::remember(desired, &known.desired);
            Ok(Some(known))
        }
        Err(why) => {
            let first = why.first().map_or("nothing is known of the base", |finding| &finding.message);
            plan::hold_deletes(desired, &format!("nothing is deleted, since {first}"));
            findings.extend(why);
            Ok(None)
        }
    }
}

/// An empty input is never taken for an empty desired state.
fn refuse_emptied(desired: &Desired, base: &Base) -> Result<(), Failure> {
    plan::check_emptied(desired, &base.desired).map_err(|Emptied { agents }| {
        let count = words::count(agents, "agent");
        let revision = &base.since.revision;
        let message = format!("the manifests declare no agent, and at `{revision}` {count}; nothing was written");
        Failure::new(Exit::Guarded, message).help(
            "check the path and the checkout; the last agents are given up only below a `flowops.yaml` that stays",
        )
    })
}

/// Reads what the manifests asked for at a revision; or finds why that cannot be told. Then neither can what they
/// protected, nor who moved.
fn read(revision: &str, given: &[PathBuf], target: &str) -> Result<Result<Base, Vec<Finding>>, Failure> {
    let read = git::read(revision, given, &env::working_directory()).map_err(|error| {
        let failure = Failure::new(Exit::Failed, format!("{error}; nothing was written"));
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    })?;
    let unknown = |code, why: String| Ok(Err(vec![Finding::nowhere(code, why)]));
    if !read.findings.is_empty() {
        return Ok(Err(read.findings));
    }
    if read.sources.is_empty() {
        return unknown(Code::BaseUnknown, format!("`{revision}` holds no manifest under the given paths"));
    }
    let since = plan::Since { revision: revision.to_owned(), commit: read.commit.clone() };
    let reading = match manifest::read(&read.sources, &read, Some(target)) {
        Ok(reading) => reading,
        Err(TargetError::Unknown { .. } | TargetError::Choose(_)) => {
            return unknown(Code::BaseUnknown, format!("`{revision}` does not have the target `{target}`"));
        }
    };
    let Some(desired) = reading.desired else {
        let errors: Vec<&Finding> = reading.findings.iter().filter(|finding| finding.is_error()).collect();
        let what = words::count(errors.len(), "error");
        let first = errors.first().map(|finding| {
            let place = finding.place.as_ref().map(|place| format!("`{}:{}`: ", place.file, place.line));
            format!(", such as {}{}", place.unwrap_or_default(), finding.message)
        });
        let why = format!("the manifests of `{revision}` have {what}{}", first.unwrap_or_default());
        return unknown(Code::BaseNotValid, why);
    };
    Ok(Ok(Base { since, desired }))
}
