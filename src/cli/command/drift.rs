use super::plan::stop_on_errors;
use crate::cli::args::DriftArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::project::{self, Sound};
use crate::model::Publish;
use crate::render::{self, json};

/// `flowops drift`
pub(super) async fn run(args: &DriftArgs, output: &mut Output) -> Result<Exit, Failure> {
    let Sound { sources, findings, mut desired, .. } = project::read_sound(&args.manifests)?;
    // A draft that is not published is nothing that live changed.
    desired.agents.iter_mut().for_each(|agent| agent.publish = Publish::Never);
    let reader = project::connect(&args.server, &desired, output)?.into_reader();
    let (_, mut plan) = project::look(&reader, &desired, args.server.concurrency).await?;
    plan.add_findings(findings);
    stop_on_errors(&plan, &sources)?;
    if output.is_text() {
        output.findings(&plan.findings, &sources);
        output.text(|style, out| render::drift::drift(&plan, style, out));
    } else {
        output.json(|out| json::drift(&plan, out));
    }
    let is_strange = args.strict && !plan.unmanaged.is_empty();
    Ok(if plan.is_empty() && !is_strange { Exit::Ok } else { Exit::Differences })
}
