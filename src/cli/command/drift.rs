use super::plan::approve;
use crate::cli::args::DriftArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::project::{self, Sound};
use crate::render::{self, json};

/// `flowops drift`
pub(super) async fn run(args: &DriftArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Sound { sources, findings, desired, .. } = project::read_sound(&args.manifests)?;
    let desired = desired.unpublished();
    let reader = project::connect(&args.server, &desired, output)?.into_reader();
    let (_, mut plan) = project::look(&reader, &desired, &args.server).await?;
    plan.add_findings(findings);
    let plan = approve(plan, &sources)?.into_plan();
    if output.is_text() {
        output.findings(&plan.findings, &sources);
        output.text(|style, out| render::drift::drift(&plan, style, out));
    } else {
        output.json(|out| json::drift(&plan, out));
    }
    let is_strange = args.strict && !plan.unmanaged.is_empty();
    Ok(if plan.is_empty() && !is_strange { Exit::Ok } else { Exit::Differences })
}
