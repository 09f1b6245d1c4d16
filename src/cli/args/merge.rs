use std::path::PathBuf;

/// What stands below the help of `merge`.
pub(super) const HELP: &str = "\
Examples:
  flowops merge plan-*.json --exit-code --write json=plan.json
  flowops merge drift-1.json drift-2.json --write json=drift.json --metrics flowops.prom
  flowops merge report-*.json --format json --output report.json

What comes out is what a run of all agents would have written; `comment`, `issue` and every form take it as such.

Exit codes:
  that of a run of all agents: 0 or with --exit-code 2 and 6 for plans, 0 or 2 for drift, that of apply for reports; the
  worst of them if a share failed. 1 no record, or a share is missing, 64 not the shares of one run.";

/// Flags of `merge`.
#[derive(Debug, clap::Args)]
pub struct MergeArgs {
    /// Files that plan, drift or apply wrote of each share with `--write json=FILE` or `--format json`
    #[arg(value_name = "RECORD", required = true)]
    pub records: Vec<PathBuf>,
    /// Of plans, exit with 2 if there is something to do, 6 if a guard holds it back
    #[arg(long)]
    pub exit_code: bool,
    /// Of drift, write what can be measured to this file, for the node exporter's text file collector (`OpenMetrics`)
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
}
