use crate::cli::args::{Manifests, OriginArgs};
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::project::{self, Project};
use crate::manifest::origin::{Asked, Origins, Written};
use crate::record::Record;
use crate::render;

/// `flowops explain origin`
pub(super) fn run(args: &OriginArgs, output: &mut Output) -> Result<Exit, Failure> {
    let OriginArgs { address, paths, target } = args;
    let manifests = Manifests { paths: paths.clone(), target: target.clone(), agent: Vec::new(), selector: Vec::new() };
    let Project { sources, root, findings, desired, .. } = project::read(&manifests, project::today(), output)?;
    let Some(desired) = desired else {
        return Err(Failure::found(
            findings,
            sources,
            "the manifests are not valid, so where values come from cannot be told",
        ));
    };
    let asked = Asked::read(address, &desired).map_err(|error| {
        let failure = Failure::new(Exit::Usage, error.to_string());
        match error.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    })?;
    let written = Written::new(&sources, &root);
    let origin = Origins::new(&written, &root, &desired.target).answer(&asked, &desired);
    let record = Record::origin(&origin);
    output.text(|style, out| render::origin::origin(&record, style, out));
    output.record(|| record);
    Ok(Exit::Ok)
}
