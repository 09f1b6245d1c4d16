use clap_complete::{Shell as Target, generate};

use crate::cli::args::{CompletionsArgs, Shell, command};
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;

/// `flowops completions`
pub(super) fn run(args: &CompletionsArgs, output: &mut Output) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    let target = match args.shell {
        Shell::Bash => Some(Target::Bash),
        Shell::Zsh => Some(Target::Zsh),
        Shell::Fish => Some(Target::Fish),
        Shell::Powershell => Some(Target::PowerShell),
        Shell::Man => None,
    };
    match target {
        Some(target) => generate(target, &mut command(), "flowops", &mut text),
        None => clap_mangen::Man::new(command())
            .render(&mut text)
            .map_err(|error| Failure::from_error(Exit::Failed, &error))?,
    }
    output.data(&String::from_utf8_lossy(&text));
    Ok(Exit::Ok)
}
