use std::fmt::Write as _;

use crate::cli::args::Manifests;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::project::{self, Project};
use crate::diag::Finding;
use crate::record::Record;
use crate::render::words;

/// `flowops validate`
pub(super) fn run(manifests: &Manifests, output: &mut Output) -> Result<Exit, Failure> {
    let Project { sources, findings, desired, .. } = project::read(manifests, project::today(), output)?;
    output.findings(&findings, &sources);
    output.record(|| Record::findings(&findings));
    let Some(desired) = desired else { return Ok(Exit::of(&findings)) };
    let skills: usize = desired.agents.iter().map(|agent| agent.skills.len()).sum();
    let warnings = findings.iter().filter(|finding| !Finding::is_error(finding)).count();
    let counted = [
        words::count(desired.agents.len() as u64, "agent"),
        words::count(skills as u64, "skill"),
        words::count(desired.packs.len() as u64, "recorded pack"),
        words::count(sources.len() as u64, "file"),
    ];
    let noted = if warnings == 0 { String::new() } else { format!(", {}", words::count(warnings as u64, "warning")) };
    output.text(|_, out| writeln!(out, "Valid for target `{}`: {}{noted}.", desired.target, counted.join(", ")));
    Ok(Exit::Ok)
}
