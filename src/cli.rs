//! The shell: flags → ops → render → exit code. The only module that knows the terminal and the environment.

pub mod args;
mod base;
mod ci;
mod command;
mod env;
pub mod exit;
mod fail;
mod focus;
mod forge;
pub mod init;
mod journal;
mod marker;
mod output;
mod overwrite;
mod packs;
mod progress;
mod project;
mod review;
pub mod schemas;
mod secrets;
mod server;
mod share;
mod stop;
pub mod transport;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::ExitCode;

use clap::{Parser as _, ValueEnum as _};
use tokio::task::JoinHandle;

use args::{Args, Format};
use exit::Exit;
use output::Output;

/// Runs the command with the process's own arguments.
pub fn main() -> ExitCode {
    ExitCode::from(run(env::arguments()).code())
}

/// Runs a command line and says how it ended. Panics are caught here and become [`Exit::Internal`].
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let args = match Args::try_parse_from(&arguments) {
        Ok(args) => args,
        Err(error) => return usage(&error, &arguments),
    };
    guarded(|| {
        let mut output = Output::new(&args.global);
        output::log(&args.global);
        let exit = match command::run(&args, &mut output) {
            Ok(exit) => exit,
            Err(failure) => output.failure(&failure),
        };
        output.finish(exit)
    })
}

/// Runs something and turns a panic into an exit code. The panic's message is not shown: it may hold anything.
///
/// A release build does not unwind, so there the process ends here; what a run wrote down is on the disk by then.
pub fn guarded(work: impl FnOnce() -> Exit) -> Exit {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        output::complain(&format!("internal error at {place}; this is a bug in flowops, please report it"));
        if cfg!(panic = "abort") {
            env::leave(Exit::Internal.code());
        }
    }));
    let ended = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Exit::Internal);
    drop(std::panic::take_hook());
    ended
}

/// What a task comes to. None is ever given up, so that only a panic keeps it from an end; it goes on here.
async fn joined<T>(task: JoinHandle<T>) -> T {
    task.await.unwrap_or_else(|broken| resume_unwind(broken.into_panic()))
}

/// clap's own exit code for wrong usage is 2, which here means that differences exist.
///
/// The flags could not be read, so which form is wanted is looked up among the words.
fn usage(error: &clap::Error, arguments: &[OsString]) -> Exit {
    if !error.use_stderr() {
        drop(error.print());
        return Exit::Ok;
    }
    let words = || arguments.iter().filter_map(|word| word.to_str());
    let after = words().zip(words().skip(1)).find_map(|(flag, value)| (flag == "--format").then_some(value));
    let wanted = words().find_map(|word| word.strip_prefix("--format=")).or(after);
    match wanted.and_then(|word| Format::from_str(word, false).ok()).and_then(Format::form) {
        Some(form) => output::refuse(&error.render().to_string(), form),
        None => drop(error.print()),
    }
    Exit::Usage
}
