use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::mem::ManuallyDrop;

use crate::api::Scope;
use crate::cli::args::{PlanArgs, ScopesFor};
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::focus::{self, Focus};
use crate::cli::output::Output;
use crate::cli::{overwrite, project, review};
use crate::ops::{self, Keep};
use crate::plan::Toward;
use crate::record::Record;
use crate::render;

/// `flowops plan`
pub(super) async fn run(args: &PlanArgs, output: &mut Output) -> Result<Exit, Failure> {
    let focus = Focus::new(&args.manifests, &args.since, &args.share, &args.guards.allow, output)?;
    let opened = project::open(&args.manifests, output)?;
    if let Some(path) = &args.out {
        overwrite::refuse_strange(path, &opened.files)?;
    }
    let (sound, reader) = focus.read_ahead(opened, &args.server, output).await?;
    // The process ends with the command: what a fleet declares need not be taken apart before.
    let sound = ManuallyDrop::new(sound);
    focus::say_selection(&sound, output);
    let reader = ops::Noted::new(&reader);
    let (_, approved) = focus::look(&reader, &sound, &args.server, Toward::Manifests, Keep::Nothing).await?;
    let plan = approved.plan();
    if let Some(path) = &args.out {
        review::keep(path, plan, &sound, &args.server)?;
    }
    output.findings(&plan.findings, &sound.valid.sources);
    match args.scopes.scopes {
        None => {
            output.text(|style, out| render::plan::plan(plan, style, out));
            output.record(|| Record::plan(plan));
        }
        Some(wanted) => {
            let to_plan = reader.scopes();
            // Whoever applies plans first.
            let to_apply = to_plan.union(&ops::scopes(plan)).copied().collect();
            let shown = match wanted {
                ScopesFor::Plan => &to_plan,
                ScopesFor::Apply => &to_apply,
            };
            output.text(|_, out| words(shown).iter().try_for_each(|scope| writeln!(out, "{scope}")));
            output.record(|| Record::plan(plan).with_scopes(&words(&to_plan), &words(&to_apply)));
        }
    }
    Ok(match (args.exit_code, plan.steps.is_empty(), plan.held.is_empty()) {
        (false, _, _) | (true, true, true) => Exit::Ok,
        (true, _, false) => Exit::Guarded,
        (true, false, true) => Exit::Differences,
    })
}

/// Scopes as the API spells them, in alphabetical order.
fn words(scopes: &BTreeSet<Scope>) -> Vec<&'static str> {
    let mut words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    words.sort_unstable();
    words
}
