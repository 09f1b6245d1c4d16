//! The command line.

mod compare;
mod explain;
mod forge;
mod init;
mod merge;
mod record;
mod scopes;
mod share;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

pub use compare::CompareArgs;
pub use explain::{ExplainArgs, Explained, OriginArgs};
pub use forge::{CommentArgs, ForgeArgs, ForgeName, IssueArgs};
pub use init::InitArgs;
pub use merge::MergeArgs;
pub use record::Recording;
pub use scopes::{Scopes, ScopesFor};
pub use share::{Asked, Share};

use crate::model::{Allowance, Digest, Guard};
use crate::render::Form;

const AFTER_HELP: &str = "\
Try it, without a key and without a network:
  flowops apply --sandbox manifests

Exit codes:
  0 in sync, valid or applied    1 failed, nothing written    2 differences
  3 partly applied               4 stale                      5 locked
  6 blocked by a guard           7 outcome unknown            64 wrong usage
  `flowops explain 3` says more about each.";

const VALIDATE: &str = "\
Examples:
  flowops validate
  flowops validate --target production manifests

Exit codes:
  0 valid, 1 not valid, 6 a secret stands in a manifest.";

const PLAN: &str = "\
Examples:
  flowops plan --sandbox
  flowops plan --target production --exit-code
  flowops plan --since origin/main
  flowops plan --agent front-desk,dispatch --format json --output plan.json
  flowops plan --partition hash:2/8 --write json=plan-2.json

Exit codes:
  0 planned, 1 failed, 6 blocked by a guard; with --exit-code also 2 if there is something to do.";

const APPLY: &str = "\
Examples:
  flowops apply --sandbox
  flowops apply --target production --yes --receipt receipt.ndjson
  flowops apply --since HEAD~1 --plan plan.reviewed --yes
  flowops apply --since HEAD~1 --applied-ref origin --yes

Exit codes:
  0 applied and proved, 1 failed and nothing written, 3 partly applied, 4 live moved since the plan,
  5 another apply is running here or a later commit was applied, 6 a guard holds something back, 7 the outcome of a write is unknown.
  Whatever it was, apply again does only what is left.";

const DRIFT: &str = "\
Examples:
  flowops drift --target production --since HEAD
  flowops drift --strict --format json
  flowops drift --since HEAD --previous drift.json --write json=drift.json --metrics flowops.prom

Exit codes:
  0 in sync, 1 failed, 2 live differs, 6 blocked by a guard.";

const PULL: &str = "\
Examples:
  flowops pull --target production
  flowops pull --accept 'front-desk/Take a message' --accept 'front-desk/Call back/description'
  flowops pull --only 'tire-*' --check

Exit codes:
  0 the manifests say what live says, 1 failed and no file written, 2 something stays different, or would change
  with --check.";

const SCHEMA: &str = "\
Schemas: agent, skill-set, connector-pack, project; plan and report for what --format json prints;
faults for what sandbox --faults reads.

Examples:
  flowops schema agent
  flowops schema --dir schemas";

const SANDBOX: &str = "\
Examples:
  flowops sandbox manifests --listen 127.0.0.1:8700
  flowops sandbox --quirks paging=none,secrets=masked --latency 20ms
  flowops sandbox --faults faults.yaml --rate 5

It prints the variables with which other commands find it, and ends on Ctrl-C.";

const COMPLETIONS: &str = "\
Examples:
  flowops completions bash > ~/.local/share/bash-completion/completions/flowops
  flowops completions man > ~/.local/share/man/man1/flowops.1";

/// GitOps for Flowyte agents: YAML manifests in git, a plan to review, an apply that converges
#[derive(Debug, Parser)]
#[command(
    version,
    name = "flowops",
    propagate_version = true,
    arg_required_else_help = true,
    after_help = AFTER_HELP,
    subcommand_required = true,
    disable_help_flag = true
)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// For every command.
    #[command(flatten)]
    pub global: Global,
}

/// Flags of every command.
#[derive(Debug, Clone, clap::Args)]
pub struct Global {
    /// Form of the output
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Output")]
    pub format: Format,
    /// Write the output to a file instead of stdout
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Write the same in this form to this file as well; may be repeated
    #[arg(long, global = true, value_name = "FORMAT=FILE", value_parser = also, help_heading = "Output")]
    pub write: Vec<Also>,
    /// CI system that is told what came out: annotations on stderr, a step summary, outputs for later steps
    #[arg(long, global = true, value_parser = runner(), default_value = "none", help_heading = "Output")]
    pub ci: Ci,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Output")]
    pub color: Color,
    /// Say more on stderr; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
    /// Form of what `-v` says
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Output")]
    pub log_format: LogFormat,
    /// Print help
    #[arg(short, long, global = true, action = clap::ArgAction::HelpShort)]
    pub help: Option<bool>,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs; versioned
    Json,
    /// For a comment on a pull request, 60,000 bytes at most
    Markdown,
    /// For the runners of GitHub, Gitea and Forgejo: annotations
    Github,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For whoever shows test results: JUnit XML
    Junit,
    /// One page for a browser, which loads nothing
    Html,
}

impl Format {
    /// The form of a record that it is; text is none, since it is written piece by piece.
    pub(super) const fn form(self) -> Option<Form> {
        match self {
            Self::Text => None,
            Self::Json => Some(Form::Json),
            Self::Markdown => Some(Form::Markdown),
            Self::Github => Some(Form::Github),
            Self::Sarif => Some(Form::Sarif),
            Self::Junit => Some(Form::Junit),
            Self::Html => Some(Form::Html),
        }
    }
}

/// A file that gets the output in a form of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Also {
    /// The form.
    pub format: Format,
    /// The file.
    pub file: PathBuf,
}

/// A CI system: the one around, that is told what came out; or for `init` the one for which workflows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Ci {
    /// None
    #[default]
    None,
    /// GitHub Actions, and what speaks like it
    Github,
    /// GitLab CI
    Gitlab,
    /// Gitea and Forgejo Actions
    Gitea,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Form of what `-v` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// A JSON object a line
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check manifests offline, without a key
    #[command(after_help = VALIDATE)]
    Validate(Manifests),
    /// Show what apply would do, and why; writes nothing
    #[command(after_help = PLAN)]
    Plan(PlanArgs),
    /// Make the live state as the manifests say, and prove it
    #[command(after_help = APPLY)]
    Apply(ApplyArgs),
    /// Show what live says that the manifests do not; writes nothing
    #[command(after_help = DRIFT)]
    Drift(DriftArgs),
    /// Make the manifests as live is: edits them in place, and writes those that are missing
    #[command(after_help = PULL)]
    Pull(PullArgs),
    /// Show how two targets differ, and which variable makes it so; offline, without a key
    #[command(after_help = compare::HELP)]
    Compare(CompareArgs),
    /// Keep one comment for each target on a pull request, from what plan or apply printed as JSON
    #[command(after_help = forge::COMMENT)]
    Comment(CommentArgs),
    /// Keep one issue for each target's drift, from what drift printed as JSON
    #[command(after_help = forge::ISSUE)]
    Issue(IssueArgs),
    /// Join the records of all shares of a run (`--partition`) to one of all agents
    #[command(after_help = merge::HELP)]
    Merge(MergeArgs),
    /// Write a repository to begin with: manifests, their project, and workflows for a CI system
    #[command(after_help = init::HELP)]
    Init(InitArgs),
    /// Print a JSON Schema, or write all of them into a folder
    #[command(after_help = SCHEMA)]
    Schema(SchemaArgs),
    /// Run a local control plane that speaks the same API
    #[command(after_help = SANDBOX)]
    Sandbox(SandboxArgs),
    /// Explain a finding code, an exit code or a field of a manifest, or where a value comes from
    #[command(after_help = explain::HELP)]
    Explain(ExplainArgs),
    /// Print shell completions or the man page
    #[command(after_help = COMPLETIONS)]
    Completions(CompletionsArgs),
}

/// Which manifests, for which target.
#[derive(Debug, Clone, clap::Args)]
pub struct Manifests {
    /// Files and folders with manifests
    #[arg(value_name = "PATH", default_value = "manifests")]
    pub paths: Vec<PathBuf>,
    /// Target whose variables and agents are meant
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Only this agent, by its manifest's name; may be repeated, or hold several names with commas
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Selection")]
    pub agent: Vec<String>,
    /// Only agents with this label; if repeated, with all of them
    #[arg(long, value_name = "KEY=VALUE", value_parser = label, help_heading = "Selection")]
    pub selector: Vec<(String, String)>,
}

/// Which manifests came before.
#[derive(Debug, Clone, clap::Args)]
pub struct Since {
    /// Base revision in git, such as `origin/main`: tells what the manifests changed from what live changed
    #[arg(long, value_name = "REV", help_heading = "Selection")]
    pub since: Option<String>,
    /// Only agents that the manifests' changes since the base revision can touch
    #[arg(long, requires = "since", help_heading = "Selection")]
    pub changed: bool,
}

/// Where the live state is.
#[derive(Debug, Clone, clap::Args)]
pub struct Server {
    /// Base URL of the API
    #[arg(
        long,
        value_name = "URL",
        env = "FLOWYTE_BASE_URL",
        hide_env_values = true,
        default_value = "https://builder.flowyte.com/api/v1",
        help_heading = "Server"
    )]
    pub base_url: String,
    /// File that holds the API key; without it the key is in `FLOWYTE_API_KEY`
    #[arg(long, value_name = "FILE", help_heading = "Server")]
    pub api_key_file: Option<PathBuf>,
    /// Use the built-in control plane, kept in a file; no key, no network
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ".flowops/sandbox.json",
        help_heading = "Server"
    )]
    pub sandbox: Option<PathBuf>,
    /// Requests under way at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64), help_heading = "Server")]
    pub concurrency: u16,
    /// Time after which reads under way are given up, no second try is waited for and no write is begun any more, such as `90s` or `2h`
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1h", help_heading = "Server")]
    pub deadline: Duration,
}

impl Server {
    /// The server, as messages and files name it.
    pub(super) fn name(&self) -> String {
        self.sandbox.as_ref().map_or_else(
            || self.base_url.trim().trim_end_matches('/').to_owned(),
            |file| format!("sandbox:{}", file.display()),
        )
    }
}

/// Flags of `plan`.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// Which manifests.
    #[command(flatten)]
    pub manifests: Manifests,
    /// Which manifests came before.
    #[command(flatten)]
    pub since: Since,
    /// Which share of the agents.
    #[command(flatten)]
    pub share: Share,
    /// Where the live state is.
    #[command(flatten)]
    pub server: Server,
    /// What a guard lets through.
    #[command(flatten)]
    pub guards: Guards,
    /// Exit with 2 if there is something to do, 6 if a guard holds it back
    #[arg(long)]
    pub exit_code: bool,
    /// Keep the plan in this file, so that `apply --plan` does nothing else; it holds no values
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What a key needs.
    #[command(flatten)]
    pub scopes: Scopes,
}

/// What guards let through.
#[derive(Debug, Clone, clap::Args)]
pub struct Guards {
    /// Let exactly what a guard names through for once, such as `delete-budget=sha256:…`
    #[arg(long, value_name = "GUARD=DIGEST", value_parser = allowance)]
    pub allow: Vec<Allowance>,
}

/// Flags of `apply`.
#[derive(Debug, clap::Args)]
pub struct ApplyArgs {
    /// Which manifests.
    #[command(flatten)]
    pub manifests: Manifests,
    /// Which manifests came before.
    #[command(flatten)]
    pub since: Since,
    /// Which share of the agents.
    #[command(flatten)]
    pub share: Share,
    /// Where the live state is.
    #[command(flatten)]
    pub server: Server,
    /// What a guard lets through.
    #[command(flatten)]
    pub guards: Guards,
    /// Do only what is as in the plan that `plan --out` kept in this file
    #[arg(long, value_name = "FILE", conflicts_with = "expect")]
    pub plan: Option<PathBuf>,
    /// Do it only if the plan has exactly this digest
    #[arg(long, value_name = "DIGEST", value_parser = Digest::parse)]
    pub expect: Option<Digest>,
    /// Refuse a commit that does not follow the one applied last, which this remote keeps in
    /// `refs/flowops/applied/TARGET`; moved when all is applied
    #[arg(long, value_name = "REMOTE")]
    pub applied_ref: Option<String>,
    /// What is recorded.
    #[command(flatten)]
    pub recording: Recording,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// After a failure, go on with the steps that do not need what failed
    #[arg(long)]
    pub keep_going: bool,
    /// Keep the journal of what was sent in this file (NDJSON, readable by you alone)
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
}

/// Flags of `drift`.
#[derive(Debug, clap::Args)]
pub struct DriftArgs {
    /// Which manifests.
    #[command(flatten)]
    pub manifests: Manifests,
    /// Which manifests came before.
    #[command(flatten)]
    pub since: Since,
    /// Which share of the agents.
    #[command(flatten)]
    pub share: Share,
    /// Where the live state is.
    #[command(flatten)]
    pub server: Server,
    /// Count live skills that no manifest declares as drift
    #[arg(long)]
    pub strict: bool,
    /// What `drift --format json` printed the last time: says what is new and since when the rest is known; may not be there yet
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,
    /// Write what can be measured to this file, for the node exporter's text file collector (`OpenMetrics`)
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,
    /// Tell the webhook in `FLOWOPS_WEBHOOK_URL` when drift comes, changes or goes; with numbers, without values
    #[arg(long)]
    pub webhook: bool,
}

/// Flags of `pull`.
#[derive(Debug, clap::Args)]
pub struct PullArgs {
    /// Which manifests.
    #[command(flatten)]
    pub manifests: Manifests,
    /// Where the live state is.
    #[command(flatten)]
    pub server: Server,
    /// Only agents that match this glob, by address, live name or id; may be repeated
    #[arg(long, value_name = "GLOB", help_heading = "Selection")]
    pub only: Vec<String>,
    /// Take over only this skill, or this field of it; may be repeated
    #[arg(long, value_name = "AGENT/SKILL[/FIELD]", help_heading = "Selection")]
    pub accept: Vec<String>,
    /// Write no file; exit with 2 if one would change
    #[arg(long)]
    pub check: bool,
}

/// Flags of `schema`.
#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// Schema to print: a kind of manifest, `plan`, `report` or `faults`
    #[arg(value_name = "NAME", required_unless_present = "dir")]
    pub name: Option<String>,
    /// Folder to write all schemas into
    #[arg(long, value_name = "DIR", conflicts_with = "name")]
    pub dir: Option<PathBuf>,
}

/// Flags of `sandbox`.
#[derive(Debug, clap::Args)]
pub struct SandboxArgs {
    /// Manifests whose agents and providers are put into the sandbox first
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Target whose variables and agents are meant
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Address to listen on; only loopback, port 0 for any
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: std::net::SocketAddr,
    /// File that keeps it
    #[arg(long, value_name = "FILE", default_value = ".flowops/sandbox.json")]
    pub state: PathBuf,
    /// How it answers what the platform's documentation leaves open: `NAME=WORD,…`; `help` lists them
    #[arg(long, value_name = "LIST")]
    pub quirks: Option<String>,
    /// Time that every answer takes, such as `20ms`
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "0ms")]
    pub latency: Duration,
    /// Script of what goes wrong with which requests; `flowops schema faults` describes it
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
    /// Requests that it answers in a second; the others are told to wait
    #[arg(long, value_name = "N")]
    pub rate: Option<NonZeroU32>,
}

/// Flags of `completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// Shell, or `man` for the man page
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// What can be completed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// The man page, in roff
    Man,
}

/// What can be told how a run ended; the same words as [`Ci`], but only those that mean something there.
fn runner() -> impl TypedValueParser<Value = Ci> {
    PossibleValuesParser::new(["none", "github"]).map(|word| if word == "github" { Ci::Github } else { Ci::None })
}

fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("a selector is `key=value`".to_owned()),
    }
}

fn also(text: &str) -> Result<Also, String> {
    let (word, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or("it is `FORMAT=FILE`")?;
    let known = || Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let format = Format::from_str(word, false).map_err(|_| {
        let known: Vec<String> = known().map(|value| format!("`{}`", value.get_name())).collect();
        format!("the forms are {}", known.join(", "))
    })?;
    Ok(Also { format, file: PathBuf::from(file) })
}

fn allowance(text: &str) -> Result<Allowance, String> {
    let known = || Guard::ALL.iter().map(|guard| format!("`{}`", guard.word())).collect::<Vec<_>>().join(", ");
    let (word, digest) = text.split_once('=').ok_or_else(|| "it is `GUARD=DIGEST`, as the guard says".to_owned())?;
    let guard = Guard::ALL.iter().find(|guard| guard.word() == word);
    let guard = guard.ok_or_else(|| format!("the guards that let something through are {}", known()))?;
    let digest = Digest::parse(digest).map_err(|error| error.to_string())?;
    Ok(Allowance { guard: *guard, digest })
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "a time is a number with its unit, such as `20ms` or `1s`".to_owned())
}

/// The whole command line, for completions and the man page.
pub fn command() -> clap::Command {
    Args::command()
}
