//! Flags of the commands that write on a forge.

use std::num::NonZeroU64;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::forge::Commit;

pub(super) const COMMENT: &str = "\
Examples:
  flowops comment plan.json --pull-request 12 --commit \"$HEAD_SHA\"
  flowops apply --yes --expect \"$(flowops comment --reviewed --merged \"$GITHUB_SHA\")\"
  flowops comment report.json --merged \"$GITHUB_SHA\"

The token is in FLOWOPS_FORGE_TOKEN, or else in GITHUB_TOKEN or GITLAB_TOKEN. Only comments that its
account wrote are changed. That the forge refuses, or that there is no token, is a warning: it never
makes a job fail.

Exit codes:
  0 said, or warned that it was not, 1 no record, or with --reviewed nothing known, 64 wrong usage.";

pub(super) const ISSUE: &str = "\
Examples:
  flowops issue drift.json --label drift
  flowops issue drift.json --repository acme/agents --key production

It is opened when there is drift; when the drift becomes another, its text does, and one comment says
so; it is closed when there is none, and opened again when there is. A record of a run that could not
look for drift changes nothing.

Exit codes:
  0 said, or warned that it was not, 1 no record, 64 wrong usage.";

/// Flags of `comment`.
#[derive(Debug, clap::Args)]
pub struct CommentArgs {
    /// File that plan, drift or apply printed with `--format json`, or wrote with `--write json=FILE`
    #[arg(value_name = "RECORD", required_unless_present = "reviewed", conflicts_with = "reviewed")]
    pub record: Option<PathBuf>,
    /// Where the pull request is.
    #[command(flatten)]
    pub forge: ForgeArgs,
    /// Number of the pull request; in CI it is known
    #[arg(long, value_name = "N", help_heading = "Forge")]
    pub pull_request: Option<NonZeroU64>,
    /// The pull request that brought this commit in
    #[arg(long, value_name = "COMMIT", value_parser = Commit::parse, conflicts_with = "pull_request", help_heading = "Forge")]
    pub merged: Option<Commit>,
    /// The head that was planned; if the pull request has another by now, nothing is written. GitLab says it in CI
    #[arg(long, value_name = "COMMIT", value_parser = Commit::parse, conflicts_with = "reviewed", help_heading = "Forge")]
    pub commit: Option<Commit>,
    /// Write nothing, and print the digest that our own comment shows, for `apply --expect`
    #[arg(long)]
    pub reviewed: bool,
}

/// Flags of `issue`.
#[derive(Debug, clap::Args)]
pub struct IssueArgs {
    /// File that drift printed with `--format json`, or wrote with `--write json=FILE`
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    /// Where the issue is.
    #[command(flatten)]
    pub forge: ForgeArgs,
    /// Label of a new issue; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Forge")]
    pub label: Vec<String>,
}

/// Which repository on which forge, and under which name.
#[derive(Debug, clap::Args)]
pub struct ForgeArgs {
    /// Family of the forge; in CI it is known
    #[arg(long, value_enum, help_heading = "Forge")]
    pub forge: Option<ForgeName>,
    /// URL of its API; in CI it is known
    #[arg(long, value_name = "URL", env = "FLOWOPS_FORGE_URL", hide_env_values = true, help_heading = "Forge")]
    pub forge_url: Option<String>,
    /// Repository: `OWNER/NAME`, on GitLab also a project's number; in CI it is known
    #[arg(long, value_name = "NAME", help_heading = "Forge")]
    pub repository: Option<String>,
    /// File that holds the token; without it the token is in the environment
    #[arg(long, value_name = "FILE", help_heading = "Forge")]
    pub forge_token_file: Option<PathBuf>,
    /// What tells several targets or projects of one repository apart; else the record's target, or `default`
    #[arg(long, value_name = "NAME", help_heading = "Forge")]
    pub key: Option<String>,
    /// Link to the run
    #[arg(long, value_name = "URL", help_heading = "Forge")]
    pub details_url: Option<String>,
}

/// A family of forges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ForgeName {
    /// GitHub and GitHub Enterprise Server
    Github,
    /// Gitea and Forgejo
    Gitea,
    /// GitLab
    Gitlab,
}
