use std::io::{self, BufRead as _, IsTerminal as _};
use std::pin::pin;

use crate::cli::args::ApplyArgs;
use crate::cli::env;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::focus::{self, Focus, Sound};
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::stop::Stop;
use crate::cli::{journal, marker, overwrite, packs, review, secrets, server};
use crate::ops::{self, Halt, Keep, OnFailure, Run};
use crate::plan::{Plan, Toward};
use crate::record::Record;
use crate::render::{self, words};
use crate::report::{Proof, Report};

/// `flowops apply`
pub(super) async fn run(args: &ApplyArgs, output: &mut Output) -> Result<Exit, Failure> {
    let time_up = Stop::time_up(args.server.deadline);
    let focus = Focus::new(&args.manifests, &args.since, &args.share, &args.guards.allow, output)?;
    let sound = focus.read(output)?;
    check(args, &sound, output)?;
    focus::say_selection(&sound, output);
    let marker = marker::look(args, &sound)?;
    let writer = server::connect(&args.server, &sound.valid.desired, output)?;
    let expected = review::read(args, &sound)?;
    let journal = journal::open(args.receipt.as_ref(), &args.server, &sound.valid.desired.target, sound.partition())?;
    journal.recover(&writer, output).await?;
    let keep = if args.recording.record_packs { Keep::Provided } else { Keep::Changed };
    let (live, approved) = focus::look(&writer, &sound, &args.server, Toward::Manifests, keep).await?;
    let plan = approved.plan();
    output.findings(&plan.findings, &sound.valid.sources);
    output.text(|style, out| render::plan::plan(plan, style, out));
    review::expect(args, plan)?;
    let refused = expected.refuses(plan);
    expected.say(plan, output);
    let steps = plan.without(&refused);
    let secrets = secrets::resolve(&steps, &sound.valid.root, args.server.sandbox.is_some(), output)?;
    if !steps.is_empty() && !args.yes {
        output.flush()?;
        ask(plan, steps.len(), output)?;
    }
    let nonce = env::nonce();
    journal.begin(&nonce.to_string(), plan)?;
    let progress = Progress::steps(plan.writes());
    let halt = Halt::default();
    let run = Run {
        nonce,
        note: env::commit().map_or_else(|| "flowops apply".to_owned(), |sha| format!("flowops apply of {sha}")),
        concurrency: usize::from(args.server.concurrency),
        secrets: &secrets,
        refused: &refused,
        on_failure: if args.keep_going { OnFailure::KeepGoing } else { OnFailure::Stop },
        halt: &halt,
        journal: &journal.file,
        on_event: &|event| progress.event(&event),
    };
    let work = ops::apply(&writer, &sound.valid.desired, &live, approved, &run);
    let (report, ended) = until_stopped(work, &halt, time_up, output).await?;
    drop(progress);
    if report.writes > 0 {
        output.landed();
    }
    show(&report, output);
    let exit = match (Exit::of_verdict(report.verdict()), ended) {
        (exit @ (Exit::Ok | Exit::Unknown), _) | (exit, None) => exit,
        (_, Some(ended)) => ended,
    };
    journal.end(exit);
    let exit = marker::set(marker.as_ref(), exit, output);
    let exit = packs::record(args, &sound, live, &report, exit, output);
    if output.is_for_people() && exit != Exit::Ok {
        output.flush()?;
        output.say(&format!("exit code {}, {}: {}", exit.code(), exit.summary(), exit.about()));
    }
    Ok(exit)
}

/// Whether there is somebody to ask, and something to ask about.
fn check(args: &ApplyArgs, sound: &Sound, output: &Output) -> Result<(), Failure> {
    if !args.yes && !io::stdin().is_terminal() {
        return Err(Failure::new(
            Exit::Usage,
            "apply asks before it writes, and there is no terminal to ask on; nothing was sent",
        )
        .help("review `flowops plan`, then run `flowops apply --yes`"));
    }
    if !args.yes && !output.is_seen() {
        return Err(Failure::new(Exit::Usage, "apply asks about a plan that you see; nothing was sent")
            .help("with `--format json` or `--output`, review `flowops plan` first and run `flowops apply --yes`"));
    }
    if args.applied_ref.is_some() && sound.share.is_some() {
        return Err(Failure::new(
            Exit::Usage,
            "`--applied-ref` says that all of a commit is applied, and `--partition` is about a share; nothing was sent",
        )
        .help("apply the shares without it; then one `flowops apply --applied-ref` of all agents finds nothing left to do, and moves the ref"));
    }
    if let Some(path) = &args.receipt {
        overwrite::refuse_manifest("--receipt", path, &sound.valid.files)?;
    }
    output.check()
}

/// Works to the end, or until the run is asked to end: then no other write is begun, and what was sent is read back for
/// as long as there is grace. A deadline ends a run in the same way, but for the haste.
///
/// Signals are heard only here: at the question, Ctrl-C ends the process as it always does.
async fn until_stopped(
    work: impl Future<Output = Report>,
    halt: &Halt,
    time_up: impl Future<Output = ()>,
    output: &Output,
) -> Result<(Report, Option<Exit>), Failure> {
    let mut stop = Stop::listen();
    let mut work = pin!(work);
    let mut time_up = pin!(time_up);
    let exit = loop {
        tokio::select! {
            biased;
            exit = stop.asked() => break exit,
            () = &mut time_up, if halt.reason().is_none() => halt.halt("the deadline has passed"),
            report = &mut work => return Ok((report, None)),
        }
    };
    halt.halt("the run was asked to end");
    output.say("note: no more is sent; what was sent is read back. Ask again to end at once.");
    tokio::select! {
        biased;
        exit = stop.asked_again(exit) => {
            let message = "ended at once; what became of the writes under way is not known";
            Err(Failure::new(exit, message).help("run apply again: it waits for what may still come, then does what is left"))
        }
        report = &mut work => Ok((report, Some(exit))),
    }
}

fn show(report: &Report, output: &mut Output) {
    output.record(|| Record::report(report));
    if !report.plan.steps.is_empty() || report.proof != Proof::NotNeeded {
        output.text(|style, out| {
            out.push('\n');
            render::report::report(report, style, out)
        });
    }
}

fn ask(plan: &Plan, changes: usize, output: &Output) -> Result<(), Failure> {
    let count = words::count(changes, "change");
    output.say(&format!("\nApply {count} to target `{}`? Only `yes` is accepted:", plan.target));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    if read.is_ok() && answer.trim() == "yes" {
        return Ok(());
    }
    Err(Failure::new(Exit::Failed, "not confirmed; nothing was written"))
}
