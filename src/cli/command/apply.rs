use std::io::{self, BufRead as _, IsTerminal as _};
use std::pin::pin;

use crate::cli::args::ApplyArgs;
use crate::cli::env;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::output::Output;
use crate::cli::progress::Progress;
use crate::cli::project;
use crate::cli::stop::Stop;
use crate::cli::transport::Halting;
use crate::ops::{self, Run};
use crate::plan::Plan;
use crate::render::{self, json, words};
use crate::report::{Proof, Report, Verdict};

/// `flowops apply`
pub(super) async fn run(args: &ApplyArgs, output: &mut Output) -> Result<Exit, Failure> {
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
    output.check()?;
    let sound = project::read_sound(&args.manifests)?;
    let writer = project::connect(&args.server, &sound.desired, output)?;
    let (live, approved) = project::look(&writer, &sound, &args.server).await?;
    let plan = approved.plan();
    if output.is_text() {
        output.findings(&plan.findings, &sound.sources);
        output.text(|style, out| render::plan::plan(plan, style, out));
    }
    let secrets = project::secrets(plan, &sound.root, args.server.sandbox.is_some(), output)?;
    if !plan.steps.is_empty() && !args.yes {
        output.flush()?;
        ask(plan, output)?;
    }
    // Only from here on: at the question, Ctrl-C ends the process as it always does.
    let mut stop = Stop::listen();
    let mut ended = None;
    let report = {
        let progress = Progress::steps(plan.writes());
        let run = Run {
            nonce: env::nonce(),
            note: env::commit().map_or_else(|| "flowops apply".to_owned(), |sha| format!("flowops apply of {sha}")),
            concurrency: usize::from(args.server.concurrency),
            secrets: &secrets,
            on_event: &|event| progress.event(&event),
        };
        let writer = Halting::new(&writer);
        let mut work = pin!(ops::apply(&writer, &sound.desired, &live, approved, &run));
        loop {
            tokio::select! {
                biased;
                exit = stop.asked() => {
                    if ended.replace(exit).is_some() {
                        let message = "ended at once; what became of the writes under way is not known";
                        return Err(Failure::new(exit, message).help("run `flowops plan`: it shows what is so"));
                    }
                    writer.halt();
                    output.say("note: no more is sent; what was sent is read back. Ask again to end at once.");
                }
                report = &mut work => break report,
            }
        }
    };
    if report.writes > 0 {
        output.landed();
    }
    show(&report, output);
    let exit = match report.verdict() {
        Verdict::Applied => Exit::Ok,
        Verdict::Guarded | Verdict::Partial | Verdict::Failed if ended.is_some() => ended.unwrap_or(Exit::Interrupted),
        Verdict::Guarded => Exit::Guarded,
        Verdict::Partial => Exit::Partial,
        Verdict::Failed => Exit::Failed,
        Verdict::Unknown => Exit::Unknown,
    };
    if output.is_text() && exit != Exit::Ok {
        output.flush()?;
        output.say(&format!("exit code {}, {}: {}", exit.code(), exit.summary(), exit.about()));
    }
    Ok(exit)
}

fn show(report: &Report, output: &mut Output) {
    if !output.is_text() {
        output.json(|out| json::report(report, out));
    } else if !report.plan.steps.is_empty() || report.proof != Proof::NotNeeded {
        output.data("\n");
        output.text(|style, out| render::report::report(report, style, out));
    }
}

fn ask(plan: &Plan, output: &Output) -> Result<(), Failure> {
    let count = words::count(plan.writes(), "change");
    output.say(&format!("\nApply {count} to target `{}`? Only `yes` is accepted:", plan.target));
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    if read.is_ok() && answer.trim() == "yes" {
        return Ok(());
    }
    Err(Failure::new(Exit::Failed, "not confirmed; nothing was written"))
}
