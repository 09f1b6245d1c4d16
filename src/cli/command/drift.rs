use crate::cli::args::DriftArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::project;
use crate::record::Record;
use crate::render;

/// `flowops drift`
pub(super) async fn run(args: &DriftArgs, output: &mut Output) -> Result<Exit, Failure> {
    let mut sound = project::read_since(&args.manifests, &args.since, &[], output)?;
    project::say_selection(&sound, output);
    sound.desired = sound.desired.unpublished();
    let reader = project::connect(&args.server, &sound.desired, output)?.into_reader();
    let (_, approved) = project::look(&reader, &sound, &args.server).await?;
    let plan = approved.plan();
    output.findings(&plan.findings, &sound.sources);
    output.text(|style, out| render::drift::drift(plan, style, out));
    output.record(|| Record::drift(plan));
    let is_strange = args.strict && !plan.unmanaged.is_empty();
    Ok(if plan.is_still() && !is_strange { Exit::Ok } else { Exit::Differences })
}
