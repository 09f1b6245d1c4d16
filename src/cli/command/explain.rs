use super::origin;
use crate::cli::args::{ExplainArgs, Explained};
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::diag::{Code, closest};
use crate::render::explain;

/// `flowops explain`
pub(super) fn run(args: &ExplainArgs, output: &mut Output) -> Result<Exit, Failure> {
    if let Some(Explained::Origin(args)) = &args.from {
        return origin::run(args, output);
    }
    let what = args.what.join(" ");
    let what = what.trim();
    if let Some(code) = Code::read(what) {
        output.data(&explain::code(code));
        return Ok(Exit::Ok);
    }
    let number = ["exit code", "exit"].iter().find_map(|word| what.strip_prefix(word)).unwrap_or(what).trim();
    if let Some(exit) = number.parse().ok().and_then(Exit::read) {
        output.data(&format!("exit code {}: {}\n\n{}\n", exit.code(), exit.summary(), exit.about()));
        return Ok(Exit::Ok);
    }
    if let Some(text) = explain::field(what) {
        output.data(&text);
        return Ok(Exit::Ok);
    }
    let codes = Code::ALL.iter().map(|code| code.id());
    let near = closest(what, codes.chain(explain::roots())).map(|near| format!("did you mean `{near}`?"));
    let help = near.unwrap_or_else(|| {
        format!(
            "give a finding code such as M010, an exit code such as 6, or a field below {}",
            explain::roots().collect::<Vec<_>>().join(", ")
        )
    });
    Err(Failure::new(Exit::Usage, format!("there is nothing called `{what}`")).help(help))
}
