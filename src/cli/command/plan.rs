use crate::cli::args::PlanArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::{overwrite, project, review};
use crate::plan::Toward;
use crate::record::Record;
use crate::render;

/// `flowops plan`
pub(super) async fn run(args: &PlanArgs, output: &mut Output) -> Result<Exit, Failure> {
    let sound = project::read_since(&args.manifests, &args.since, &args.guards.allow, output)?;
    if let Some(path) = &args.out {
        overwrite::refuse_strange(path, &sound.files)?;
    }
    project::say_selection(&sound, output);
    let reader = project::connect(&args.server, &sound.desired, output)?.into_reader();
    let (_, approved) = project::look(&reader, &sound, &args.server, Toward::Manifests).await?;
    let plan = approved.plan();
    if let Some(path) = &args.out {
        review::keep(path, plan, &sound, &args.server)?;
    }
    output.findings(&plan.findings, &sound.sources);
    output.text(|style, out| render::plan::plan(plan, style, out));
    output.record(|| Record::plan(plan));
    Ok(match (args.exit_code, plan.steps.is_empty(), plan.held.is_empty()) {
        (false, _, _) | (true, true, true) => Exit::Ok,
        (true, _, false) => Exit::Guarded,
        (true, false, true) => Exit::Differences,
    })
}
