use crate::cli::args::PlanArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::project::{self, Sound};
use crate::diag::Sources;
use crate::plan::{Approved, Plan};
use crate::render::{self, json};

/// `flowops plan`
pub(super) async fn run(args: &PlanArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Sound { sources, findings, desired, .. } = project::read_sound(&args.manifests)?;
    let reader = project::connect(&args.server, &desired, output)?.into_reader();
    let (_, mut plan) = project::look(&reader, &desired, &args.server).await?;
    plan.add_findings(findings);
    let plan = approve(plan, &sources)?.into_plan();
    if output.is_text() {
        output.findings(&plan.findings, &sources);
        output.text(|style, out| render::plan::plan(&plan, style, out));
    } else {
        output.json(|out| json::plan(&plan, out));
    }
    Ok(match (args.exit_code, plan.steps.is_empty(), plan.held.is_empty()) {
        (false, _, _) | (true, true, true) => Exit::Ok,
        (true, _, false) => Exit::Guarded,
        (true, false, true) => Exit::Differences,
    })
}

/// Nothing goes on with a plan that has errors.
pub(super) fn approve(plan: Plan, sources: &Sources) -> Result<Approved, Failure> {
    plan.approve().map_err(|plan| {
        let message = "the live state does not allow a plan; nothing was written";
        Failure::found(plan.findings, sources.clone(), message)
    })
}
