//! One verb a file.

mod apply;
mod comment;
mod compare;
mod completions;
mod drift;
mod explain;
mod init;
mod issue;
mod merge;
mod origin;
mod plan;
mod pull;
mod sandbox;
mod schema;
mod validate;

use std::time::Duration;

use super::args::{Args, Command};
use super::exit::Exit;
use super::fail::Failure;
use super::output::Output;

pub(super) fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    match &args.command {
        Command::Validate(manifests) => validate::run(manifests, output),
        Command::Plan(args) => wait(plan::run(args, output))?,
        Command::Apply(args) => wait(apply::run(args, output))?,
        Command::Drift(args) => wait(drift::run(args, output))?,
        Command::Pull(args) => wait(pull::run(args, output))?,
        Command::Compare(args) => compare::run(args, output),
        Command::Comment(args) => wait(comment::run(args, output))?,
        Command::Issue(args) => wait(issue::run(args, output))?,
        Command::Merge(args) => merge::run(args, output),
        Command::Init(args) => wait(init::run(args, output))?,
        Command::Schema(args) => schema::run(args, output),
        Command::Sandbox(args) => wait(sandbox::run(args, output))?,
        Command::Explain(args) => explain::run(args, output),
        Command::Completions(args) => completions::run(args, output),
    }
}

/// Tasks that run before the work itself goes on. A connection is free for the next request once its task has run: if the
/// request came first, another connection would be opened for it.
const TASKS_FIRST: u32 = 1_024;

/// How long a command that has ended waits for threads that work beside it: a sandbox may still write its file, while a name
/// that is looked up may take long and is of no use any more.
const LAST_MOMENT: Duration = Duration::from_millis(100);

fn wait<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().event_interval(TASKS_FIRST).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(LAST_MOMENT);
    Ok(done)
}
