use crate::cli::args::Manifests;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::project::{self, Project};
use crate::diag::Finding;
use crate::render::{json, words};

/// `flowops validate`
pub(super) fn run(manifests: &Manifests, output: &mut Output) -> Result<Exit, Failure> {
    let Project { sources, findings, desired, .. } = project::read(manifests, project::today(), output)?;
    if !output.is_text() {
        output.json(|out| json::findings(&findings, out));
    }
    let Some(desired) = desired else {
        if output.is_text() {
            output.findings(&findings, &sources);
        }
        return Ok(Exit::of(&findings));
    };
    if output.is_text() {
        output.findings(&findings, &sources);
        let skills: usize = desired.agents.iter().map(|agent| agent.skills.len()).sum();
        let warnings = findings.iter().filter(|finding| !Finding::is_error(finding)).count();
        let counted = [
            words::count(desired.agents.len() as u64, "agent"),
            words::count(skills as u64, "skill"),
            words::count(desired.packs.len() as u64, "recorded pack"),
            words::count(sources.len() as u64, "file"),
        ];
        let noted =
            if warnings == 0 { String::new() } else { format!(", {}", words::count(warnings as u64, "warning")) };
        output.data(&format!("Valid for target `{}`: {}{noted}.\n", desired.target, counted.join(", ")));
    }
    Ok(Exit::Ok)
}
