//! Writes down what installs made, once a run has done them.

use super::args::{ApplyArgs, Manifests};
use super::env;
use super::exit::Exit;
use super::fail::Failure;
use super::focus::Sound;
use super::output::Output;
use super::project;
use crate::fs::{self, Replacement};
use crate::model::Live;
use crate::pull::{self, Known, Records};
use crate::report::Report;

/// Records the packs that a run installed, if that is wanted: all files or none. A failure hides neither that something was
/// applied nor that not all was done that was asked for.
pub(super) fn record(
    args: &ApplyArgs,
    sound: &Sound,
    mut live: Live,
    report: &Report,
    exit: Exit,
    output: &Output,
) -> Exit {
    if !args.recording.record_packs || report.installed.is_empty() {
        return exit;
    }
    live.agents.extend(report.after.clone());
    let above = project::first_folder(&args.manifests.paths);
    let Manifests { agent, selector, paths: _, target: _ } = &args.manifests;
    let is_all = agent.is_empty() && selector.is_empty() && sound.left_out == 0;
    let known = if is_all { Known::All } else { Known::Some };
    let records = pull::records(
        &sound.valid.sources,
        &sound.valid.root,
        &sound.valid.desired,
        &live,
        &report.installed,
        known,
        &above,
    );
    for why in &records.left {
        output.say(&format!("note: {why}"));
    }
    match write(&records, sound) {
        Ok(files) => {
            for file in files {
                output.say(&format!("note: what was installed is recorded in `{file}`; commit it"));
            }
            exit
        }
        Err(failure) => {
            output.say(&format!(
                "error: what was installed is not recorded, and no manifest was written: {}",
                failure.message
            ));
            if matches!(exit, Exit::Ok | Exit::Guarded) { Exit::Partial } else { exit }
        }
    }
}

/// The files that were written, as they are shown.
fn write(records: &Records, sound: &Sound) -> Result<Vec<String>, Failure> {
    let here = env::working_directory();
    let changed = records.manifests.iter().map(|(path, after)| {
        let before = sound.valid.sources.text(path).map(str::to_owned);
        (path.to_string(), Replacement { path: here.join(&**path), before, after: after.clone() })
    });
    let new = records
        .new_manifests
        .iter()
        .map(|(path, after)| (path.clone(), Replacement { path: here.join(path), before: None, after: after.clone() }));
    let (shown, files): (Vec<String>, Vec<Replacement>) = changed.chain(new).unzip();
    fs::replace_all(&files).map_err(|error| Failure::from_error(Exit::Partial, &error))?;
    Ok(shown)
}
