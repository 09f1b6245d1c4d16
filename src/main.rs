//! The `flowops` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    flowops::cli::main()
}
