use std::path::PathBuf;

pub(super) const HELP: &str = "\
Examples:
  flowops compare staging production
  flowops compare staging production --agent front-desk --exit-code
  flowops compare staging production manifests --format markdown --output compare.md

Exit codes:
  0 compared, 1 the manifests are not valid for one of the targets, 6 a secret stands in a manifest,
  64 there is no such target; with --exit-code also 2 if anything differs.";

/// Flags of `compare`.
#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// One target
    #[arg(value_name = "TARGET")]
    pub a: String,
    /// The other target
    #[arg(value_name = "OTHER")]
    pub b: String,
    /// Files and folders with manifests
    #[arg(value_name = "PATH", default_value = "manifests")]
    pub paths: Vec<PathBuf>,
    /// Only this agent, by its manifest's name; may be repeated, or hold several names with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Selection")]
    pub agent: Vec<String>,
    /// Only agents with this label; if repeated, with all of them
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::label, help_heading = "Selection")]
    pub selector: Vec<(String, String)>,
    /// Exit with 2 if anything differs
    #[arg(long)]
    pub exit_code: bool,
}
