//! The ref of what was applied last: looked at before anything is sent, moved once all is applied.

use super::args::ApplyArgs;
use super::env;
use super::exit::Exit;
use super::fail::Failure;
use super::focus::Sound;
use super::output::Output;

use crate::git::{Marker, MarkerError};

/// Refuses a commit that does not follow the one that was applied last. Where only some agents are applied, or what was
/// reviewed, the commit is not applied as a whole, and the ref will stay.
pub(super) fn look(args: &ApplyArgs, sound: &Sound) -> Result<Option<Marker>, Failure> {
    let Some(remote) = &args.applied_ref else { return Ok(None) };
    let looked = Marker::look(remote, &sound.valid.desired.target, &sound.valid.given, &env::working_directory());
    let marker = looked.map_err(|error| {
        let exit = match &error {
            MarkerError::Remote(_) => Exit::Usage,
            refused if refused.is_refusal() => Exit::Locked,
            MarkerError::Older { .. }
            | MarkerError::Apart { .. }
            | MarkerError::Repository(_)
            | MarkerError::NoCommit
            | MarkerError::Git { .. } => Exit::Failed,
        };
        let failure = Failure::from_error(exit, &error);
        if error.is_refusal() {
            failure.help("nothing was written; to go back, revert in git and apply the new commit")
        } else {
            failure.help("nothing was written; `--applied-ref` takes a remote of this repository that can be reached")
        }
    })?;
    let is_whole = args.manifests.agent.is_empty() && args.manifests.selector.is_empty() && !args.since.changed;
    Ok(Some(marker).filter(|_| is_whole && args.plan.is_none()))
}

/// Moves the ref once all is applied.
pub(super) fn set(marker: Option<&Marker>, exit: Exit, output: &Output) -> Exit {
    match marker.filter(|_| exit == Exit::Ok).map(Marker::set) {
        None | Some(Ok(())) => exit,
        Some(Err(error)) => {
            let message = Failure::from_error(Exit::Partial, &error).message;
            output.say(&format!(
                "error: all is applied, but the ref of what was applied last could not be moved: {message}"
            ));
            Exit::Partial
        }
    }
}
