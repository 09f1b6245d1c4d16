use std::num::NonZeroU16;
use std::path::PathBuf;

use super::{Ci, Server};
use crate::cli::init::{ActionRef, ImageRef};

/// What stands below the help of `init`.
pub(super) const HELP: &str = "\
Examples:
  flowops init
  flowops init agents --ci github --action OWNER/NAME@COMMIT
  flowops init --ci gitlab --image NAME@sha256:DIGEST
  flowops init --kubernetes --partitions 8 --image NAME@sha256:DIGEST
  flowops init --ci github --partitions 8 --action OWNER/NAME@COMMIT
  flowops init --from-live --ci none

Exit codes:
  0 written, 1 failed and no file written, 2 written, and something live could not be declared, 64 wrong usage.
  Nothing that is there is written over.";

/// Flags of `init`.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Folder to write into
    #[arg(value_name = "DIR", default_value = ".")]
    pub dir: PathBuf,
    /// CI system for which workflows are written
    #[arg(long, value_enum, default_value_t)]
    pub ci: Ci,
    /// Write the objects for a Kubernetes cluster, too
    #[arg(long)]
    pub kubernetes: bool,
    /// Share the agents out among so many runs: workflows of GitHub with a matrix, Jobs of Kubernetes with indices
    #[arg(long, value_name = "N")]
    pub partitions: Option<NonZeroU16>,
    /// Declare what is live; takes a key that may read
    #[arg(long)]
    pub from_live: bool,
    /// The action that workflows of GitHub and Gitea use: the repository of flowops, at a commit
    #[arg(long, value_name = "OWNER/NAME@COMMIT", value_parser = ActionRef::parse)]
    pub action: Option<ActionRef>,
    /// The image, with a shell, that GitLab and Kubernetes run
    #[arg(long, value_name = "NAME@sha256:DIGEST", value_parser = ImageRef::parse)]
    pub image: Option<ImageRef>,
    /// Where the live state is.
    #[command(flatten)]
    pub server: Server,
}
