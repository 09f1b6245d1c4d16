use std::path::PathBuf;

use clap::Subcommand;

pub(super) const HELP: &str = "\
Examples:
  flowops explain M010
  flowops explain exit 6
  flowops explain skill.executionConfig
  flowops explain origin 'front-desk/Check warranty status/executionConfig/url' --target production";

const ORIGIN: &str = "\
Examples:
  flowops explain origin front-desk
  flowops explain origin 'front-desk/Check warranty status'
  flowops explain origin 'front-desk/Check warranty status/executionConfig.url' --target production
  flowops explain origin 'front-desk/Take a message/stakes' manifests --format json

Exit codes:
  0 explained, 1 the manifests are not valid, 6 a secret stands in a manifest, 64 there is no such thing.";

/// Flags of `explain`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub struct ExplainArgs {
    /// A finding code such as `M010`, an exit code such as `6`, or a field such as `agent.spec.publish` or `skill`
    #[arg(value_name = "WHAT", required = true)]
    pub what: Vec<String>,
    /// Something that is explained from the manifests.
    #[command(subcommand)]
    pub from: Option<Explained>,
}

/// What is explained from the manifests.
#[derive(Debug, Subcommand)]
pub enum Explained {
    /// Show where a value comes from: which file and line, set, override, pack and variable; offline, without a key
    #[command(after_help = ORIGIN)]
    Origin(OriginArgs),
}

/// Flags of `explain origin`.
#[derive(Debug, clap::Args)]
pub struct OriginArgs {
    /// What of: an agent by its manifest's name, a skill of it, or a place in the skill
    #[arg(value_name = "AGENT[/SKILL[/FIELD]]")]
    pub address: String,
    /// Files and folders with manifests
    #[arg(value_name = "PATH", default_value = "manifests")]
    pub paths: Vec<PathBuf>,
    /// Target whose variables and agents are meant
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
}
