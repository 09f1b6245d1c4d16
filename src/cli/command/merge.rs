use std::path::PathBuf;

use crate::cli::args::MergeArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::forge;
use crate::cli::output::Output;
use crate::diag::Sources;
use crate::record::{self, Ending, Failed, Input, MergeError, Merged, Record};
use crate::render;

const UNMEASURED: &str = "`--metrics` is of drift, and these are records of something else";

/// `flowops merge`
pub(super) fn run(args: &MergeArgs, output: &mut Output) -> Result<Exit, Failure> {
    let input = |path: &PathBuf| {
        let record = forge::record(path)?;
        Ok(Input { name: path.display().to_string(), record })
    };
    let inputs = args.records.iter().map(input).collect::<Result<Vec<Input>, Failure>>()?;
    match record::merge(inputs).map_err(|error| refused(&error))? {
        Merged::Whole(record) => whole(args, record, output),
        Merged::Failed(failed) => {
            // That it failed is more than that it is no drift.
            if failed.may_be_drift {
                measure(args, output);
            } else if args.metrics.is_some() {
                output.say(&format!("note: {UNMEASURED}, so nothing was measured"));
            }
            Ok(said(failed, output))
        }
    }
}

fn refused(error: &MergeError) -> Failure {
    let (exit, help) = match error {
        MergeError::Missing { .. } => {
            (Exit::Failed, "a share that wrote nothing may have been stopped; run it again, and join all of them then")
        }
        MergeError::Damaged { .. } => (Exit::Failed, "take the file as the run wrote it"),
        MergeError::Format { .. } | MergeError::Other { .. } | MergeError::Whole { .. } | MergeError::Twice { .. } => {
            (Exit::Usage, "give the records of all shares of one run, each once")
        }
    };
    Failure::from_error(exit, error).help(help)
}

fn whole(args: &MergeArgs, record: Record, output: &mut Output) -> Result<Exit, Failure> {
    let exit = match record.ending() {
        Ending::Planned { has_held: true, .. } if args.exit_code => Exit::Guarded,
        Ending::Planned { has_steps: true, .. } if args.exit_code => Exit::Differences,
        Ending::Looked { is_drifted: true } => Exit::Differences,
        Ending::Planned { .. } | Ending::Looked { is_drifted: false } | Ending::Other => Exit::Ok,
        Ending::Applied(verdict) => Exit::of_verdict(verdict),
    };
    match record.ending() {
        Ending::Looked { is_drifted: _ } => measure(args, output),
        Ending::Planned { .. } | Ending::Applied(_) | Ending::Other if args.metrics.is_some() => {
            return Err(Failure::new(Exit::Usage, UNMEASURED).help("leave it away, or give what `flowops drift` wrote"));
        }
        Ending::Planned { .. } | Ending::Applied(_) | Ending::Other => {}
    }
    output.findings(&record.found(), &Sources::default());
    output.text(|style, out| render::merged::merged(&record, style, out));
    output.record(|| record);
    Ok(exit)
}

fn measure(args: &MergeArgs, output: &mut Output) {
    if let Some(file) = &args.metrics {
        output.measure(file, None);
    }
}

/// Says which shares failed; where another one wrote something, no ending says that nothing was written.
fn said(failed: Failed, output: &mut Output) -> Exit {
    let Failed { record, message, exit_codes, verdicts, has_landed, may_be_drift: _ } = failed;
    let of_errors = exit_codes.into_iter().map(|code| code.and_then(Exit::read).unwrap_or(Exit::Failed));
    let of_reports = verdicts.into_iter().map(Exit::of_verdict);
    let worst = of_errors.chain(of_reports).reduce(Exit::worse).unwrap_or(Exit::Failed);
    let exit = if has_landed { worst.worse(Exit::Partial) } else { worst };
    if output.is_for_people() {
        output.findings(&record.found(), &Sources::default());
        output.say(&format!("error: {}", render::safe(&message)));
    }
    output.record(|| record.of_share(None, exit.code()));
    exit
}
