//! The journal of an apply: where it lies, what an interrupted run left in it, when it is forgotten.

use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use super::args::Server;
use super::exit::Exit;
use super::fail::Failure;
use super::output::Output;
use crate::fs::{JournalFile, JournalFileError};
use crate::model::Partition;
use crate::ops::{FetchError, Writes, recover};
use crate::plan::Plan;
use crate::render;
use crate::report::journal::{Begun, FORMAT, Intent, Journal};

/// A journal that is held, with what was open in it.
pub(super) struct Held {
    pub(super) file: JournalFile,
    path: PathBuf,
    server: String,
    target: String,
    partition: Option<String>,
    open: Vec<Intent>,
    /// Whether somebody named the file and wants to have it.
    is_receipt: bool,
}

/// Opens the journal of this server and target and of this share of the agents, or the one that `--receipt` names.
pub(super) fn open(
    receipt: Option<&PathBuf>,
    server: &Server,
    target: &str,
    partition: Option<Partition>,
) -> Result<Held, Failure> {
    let name = server.name();
    let partition = partition.map(|partition| partition.to_string());
    let path = receipt.cloned().unwrap_or_else(|| default_path(&name, target, partition.as_deref()));
    let (file, text) = JournalFile::open(&path).map_err(|error| {
        let exit = match &error {
            JournalFileError::Held { .. } => Exit::Locked,
            JournalFileError::Place(_) | JournalFileError::Open { .. } => Exit::Failed,
        };
        let help = match &error {
            JournalFileError::Held { .. } => "nothing was written; wait for the other run to end",
            JournalFileError::Place(_) | JournalFileError::Open { .. } => {
                "nothing was written; name another file with `--receipt FILE`"
            }
        };
        Failure::from_error(exit, &error).help(help)
    })?;
    let refused = |why: &str| {
        Failure::new(
            Exit::Failed,
            format!("the journal `{}` cannot be used: {why}; nothing was written", path.display()),
        )
        .help("an earlier apply may have ended in the middle: look at `flowops plan`, then move the file away")
    };
    if receipt.is_some() && !Journal::is_one(&text) {
        let why = format!("`--receipt {}` is no journal, and is not written over; nothing was written", path.display());
        return Err(Failure::new(Exit::Usage, why).help("name another file, or move that one away"));
    }
    let journal = Journal::read(&text).map_err(|error| refused(&error.to_string()))?;
    if let Some(begun) = &journal.begun
        && (begun.server != name || begun.target != target || begun.partition != partition)
    {
        let share = begun.partition.as_deref().map(|share| format!("the share `{share}` of ")).unwrap_or_default();
        let other = format!("it is about {share}target `{}` on {}", begun.target, begun.server);
        return Err(refused(&render::one_line(&other)));
    }
    let target = target.to_owned();
    Ok(Held { file, path, server: name, target, partition, open: journal.open, is_receipt: receipt.is_some() })
}

/// One journal for each server and target, and for each share of its agents, beside the sandbox's file: runs of several
/// shares do not wait for each other.
fn default_path(server: &str, target: &str, partition: Option<&str>) -> PathBuf {
    let share = partition.map(|partition| format!("\n{partition}")).unwrap_or_default();
    let digest = hex::encode(Sha256::digest(format!("{server}\n{target}{share}")));
    let name = digest.get(..12).unwrap_or_default();
    PathBuf::from(".flowops").join(format!("apply-{name}.ndjson"))
}

impl Held {
    /// Waits for what an interrupted run may still be making, and says what it left.
    pub(super) async fn recover(&self, writer: &impl Writes, output: &mut Output) -> Result<(), Failure> {
        if self.open.is_empty() {
            return Ok(());
        }
        let found = recover(writer, &self.open).await.map_err(|error: FetchError| {
            Failure::from_error(Exit::Failed, &error).help("nothing was written; try again")
        })?;
        output.say(&format!("note: an earlier apply ended in the middle; its journal is `{}`", self.path.display()));
        for (intent, is_there) in self.open.iter().zip(found) {
            let said = match is_there {
                Some(true) => "it is there",
                Some(false) => "it is not there",
                None => "the plan shows what is so",
            };
            output.say(&render::one_line(&format!("note: it was about to {} {}: {said}", intent.action, intent.step)));
        }
        Ok(())
    }

    /// Begins the journal of a plan.
    pub(super) fn begin(&self, run: &str, plan: &Plan) -> Result<(), Failure> {
        let (server, target, partition) = (self.server.clone(), self.target.clone(), self.partition.clone());
        let begun = Begun {
            format: FORMAT.to_owned(),
            run: run.to_owned(),
            server,
            target,
            partition,
            plan: plan.digest().to_string(),
            steps: plan.steps.len(),
        };
        self.file.begin(begun).map_err(|error| {
            let why = format!("cannot write the journal `{}`: {error}; nothing was written", self.path.display());
            Failure::new(Exit::Failed, why).help("name another file with `--receipt FILE`")
        })
    }

    /// Forgets it once nothing in it is open, unless somebody wants to have it.
    pub(super) fn end(&self, exit: Exit) {
        if exit != Exit::Unknown && !self.is_receipt {
            // What stays is read by the next run, which finds that nothing of it is open.
            let _stays = self.file.clear();
        }
    }
}
