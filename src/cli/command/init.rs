use std::fmt::{self, Write as _};

use super::pull;
use crate::cli::args::{Ci, InitArgs};
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::init::{self, ActionRef, Filling, NewFile, Slot};
use crate::cli::output::Output;
use crate::fs::{self, Replacement};
use crate::record;
use crate::render::{self, words};

/// Where the manifests of agents are written.
const AGENTS: &str = "manifests/agents";

/// Jobs that a matrix of GitHub may have.
const MOST_JOBS: u16 = 256;

/// What comes before a manifest, so that an editor completes it.
const FOR_EDITORS: &str = "# yaml-language-server: $schema=../../schemas/agent.schema.json\n";

/// `flowops init`
pub(super) async fn run(args: &InitArgs, output: &mut Output) -> Result<Exit, Failure> {
    output.tell_nobody();
    check_partitions(args)?;
    let action = args.action.clone().or_else(ActionRef::of_this_build);
    let filling = Filling { action, image: args.image.clone(), partitions: args.partitions };
    let mut files = init::files(args.ci, args.kubernetes, &filling).map_err(unfilled)?;
    refuse_what_is_there(args, files.iter().map(|file| file.path.as_str()))?;
    let anew = if args.from_live { Some(pull::anew(&args.server, init::PROJECT, AGENTS, output).await?) } else { None };
    if let Some(pull) = &anew {
        let with_head =
            |(path, text): (&String, &String)| NewFile { path: path.clone(), text: format!("{FOR_EDITORS}{text}") };
        files.extend(pull.new_manifests.iter().map(with_head));
    } else {
        let (path, text) = init::EXAMPLE;
        files.push(NewFile { path: path.to_owned(), text: text.to_owned() });
    }
    refuse_what_is_there(args, files.iter().map(|file| file.path.as_str()))?;
    let mut written = write(args, &files)?;
    written.sort();
    let left = anew.as_ref().map_or(0, |pull| pull.left.len());
    output.text(|style, out| {
        if let Some(pull) = &anew {
            render::pull::pull(pull, false, style, out)?;
            writeln!(out)?;
        }
        said(args, &written, out)
    });
    if !output.is_for_people() {
        output.data(&record::init(&written, left as u64));
    }
    Ok(if left == 0 { Exit::Ok } else { Exit::Differences })
}

/// What is written must be what is asked for: workflows that share nothing out would run all agents on one machine.
fn check_partitions(args: &InitArgs) -> Result<(), Failure> {
    let Some(total) = args.partitions else { return Ok(()) };
    let (message, help) = match args.ci {
        Ci::Gitlab | Ci::Gitea => (
            "the workflows for GitLab and Gitea are written for one machine",
            "leave `--partitions` away; a job with `parallel: N` takes `--partition=hash`, and `flowops merge` joins them",
        ),
        Ci::None if !args.kubernetes => (
            "`--partitions` is about workflows, and none is written",
            "give `--ci github` or `--kubernetes`, or leave it away",
        ),
        Ci::Github if total.get() > MOST_JOBS => {
            ("a matrix of GitHub has 256 jobs at most", "give `--partitions` a smaller number")
        }
        Ci::None | Ci::Github => return Ok(()),
    };
    Err(Failure::new(Exit::Usage, format!("{message}; no file was written")).help(help))
}

/// There is no way to say from where workflows take flowops.
fn unfilled(slot: Slot) -> Failure {
    let (message, help) = match slot {
        Slot::Action => (
            "this build does not know which action the workflows should use; no file was written",
            "give `--action OWNER/NAME@COMMIT`: the repository of flowops, at a commit whose `checksums.txt` has a release",
        ),
        Slot::Image => (
            "it is not said which image should be run; no file was written",
            "give `--image NAME@sha256:DIGEST`, the one with a shell; a release names it",
        ),
        Slot::Partitions | Slot::Shares => (
            "it is not said among how many runs the agents are shared out; no file was written",
            "give `--partitions N`",
        ),
    };
    Failure::new(Exit::Usage, message).help(help)
}

/// All files are new, or none is written.
fn refuse_what_is_there<'a>(args: &InitArgs, paths: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
    let there: Vec<String> =
        paths.filter(|path| fs::is_there(&args.dir.join(path))).map(|path| format!("`{path}`")).collect();
    if there.is_empty() {
        return Ok(());
    }
    let message = format!("these are there already: {}; no file was written", there.join(", "));
    Err(Failure::new(Exit::Failed, message).help("move them away, or give another folder"))
}

/// Writes the files, and adds what git is not to keep to what it does not keep already; gives what was written.
fn write(args: &InitArgs, files: &[NewFile]) -> Result<Vec<String>, Failure> {
    let mut all: Vec<Replacement> = files
        .iter()
        .map(|NewFile { path, text }| Replacement { path: args.dir.join(path), before: None, after: text.clone() })
        .collect();
    let mut paths: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let (name, entry) = init::IGNORED;
    let ignored = args.dir.join(name);
    let before = fs::read_file_if_there(&ignored)
        .map_err(|error| Failure::from_error(Exit::Failed, &error).help("no file was written"))?;
    let is_ignored = |text: &String| text.lines().any(|line| line.trim().trim_matches('/') == ".flowops");
    if !before.as_ref().is_some_and(is_ignored) {
        let after = match &before {
            None => entry.to_owned(),
            Some(text) if text.is_empty() || text.ends_with('\n') => format!("{text}{entry}"),
            Some(text) => format!("{text}\n{entry}"),
        };
        all.push(Replacement { path: ignored, before, after });
        paths.push(name.to_owned());
    }
    fs::replace_all(&all).map_err(|error| Failure::from_error(Exit::Failed, &error).help("no file was written"))?;
    Ok(paths)
}

/// What was written, and what to do next.
fn said(args: &InitArgs, written: &[String], out: &mut String) -> fmt::Result {
    writeln!(out, "Written: {}", words::count(written.len() as u64, "file"))?;
    for path in written {
        writeln!(out, "  {}", render::safe(path))?;
    }
    writeln!(out, "\nNext:")?;
    let mut steps = Vec::new();
    let folder = args.dir.to_string_lossy();
    if folder != "." {
        steps.push(format!("cd {}", render::safe(&folder)));
    }
    if args.from_live {
        steps.push("flowops plan                      # has nothing to do now".to_owned());
    } else {
        steps.push("flowops plan --sandbox            # what it would do; no key, no network".to_owned());
        steps.push("flowops apply --sandbox --yes".to_owned());
    }
    steps.push("pre-commit install                # every commit is checked before it is made".to_owned());
    for step in steps {
        writeln!(out, "  {step}")?;
    }
    let notes = notes(args);
    if !notes.is_empty() {
        writeln!(out, "\nWhere it runs, it needs:")?;
    }
    notes.iter().try_for_each(|note| writeln!(out, "  {note}"))
}

fn notes(args: &InitArgs) -> Vec<&'static str> {
    let mut notes = match args.ci {
        Ci::None => Vec::new(),
        Ci::Github => vec![
            "environment `flowops-plan`: the secret FLOWYTE_READ_KEY, a key that may only read",
            "environment `flowops-production`: the secret FLOWYTE_WRITE_KEY, reviewers, only the main branch",
        ],
        Ci::Gitea => vec!["the secret FLOWYTE_READ_KEY, a key that may only read, and the secret FLOWYTE_WRITE_KEY"],
        Ci::Gitlab => vec![
            "variable FLOWYTE_READ_KEY, masked: a key that may only read",
            "variable FLOWYTE_WRITE_KEY, masked, protected, for the environment `production`, which has approvers",
            "variable FLOWOPS_FORGE_TOKEN, masked: a project access token with the scope `api`",
            "a pipeline schedule, for drift",
        ],
    };
    if args.kubernetes {
        notes.push("in the cluster: the secrets and config maps that `kubernetes/drift.yaml` names");
    }
    notes
}
