//! Where a forge is and with which token, from flags or from what CI says.

use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use url::Url;

use super::args::{ForgeArgs, ForgeName};
use super::env;
use super::exit::Exit;
use super::fail::Failure;
use super::output::Output;
use crate::forge::{Commit, Family, Repository};
use crate::fs;
use crate::http::{BaseUrl, ClientError, ForgeClient, ForgeSocket, Persistence, Persistent};
use crate::model::Secret;
use crate::record::Record;
use crate::render;

/// How long a run waits for a forge in all.
const PATIENCE: Duration = Duration::from_mins(1);

/// The key of a record that names no target.
const DEFAULT_KEY: &str = "default";

/// A repository on a forge, before anybody asked for the token.
pub(super) struct Place {
    pub(super) repository: Repository,
    base: BaseUrl,
}

/// The family, from the flag or from what CI says.
pub(super) fn family(args: &ForgeArgs) -> Family {
    match args.forge {
        Some(ForgeName::Gitea) => Family::Gitea,
        Some(ForgeName::Gitlab) => Family::GitLab,
        None if env::word("GITLAB_CI").is_some() => Family::GitLab,
        None if env::word("GITEA_ACTIONS").or_else(|| env::word("FORGEJO_ACTIONS")).is_some() => Family::Gitea,
        Some(ForgeName::Github) | None => Family::GitHub,
    }
}

impl Place {
    pub(super) fn find(args: &ForgeArgs) -> Result<Self, Failure> {
        let family = family(args);
        let (url_name, repository_name) = match family {
            Family::GitHub | Family::Gitea => ("GITHUB_API_URL", "GITHUB_REPOSITORY"),
            Family::GitLab => ("CI_API_V4_URL", "CI_PROJECT_ID"),
        };
        let github = || Some("https://api.github.com".to_owned()).filter(|_| family == Family::GitHub);
        let url = args.forge_url.clone().or_else(|| env::word(url_name)).or_else(github);
        let url = url.ok_or_else(|| missing("where the forge is", "--forge-url", url_name))?;
        let base = BaseUrl::parse(&url).map_err(|error| {
            usage(&format!("the forge's URL cannot be used: {error}"), "`--forge-url` takes that of its API")
        })?;
        let name = args.repository.clone().or_else(|| env::word(repository_name));
        let name = name.ok_or_else(|| missing("the repository", "--repository", repository_name))?;
        let repository = Repository::parse(family, &name)
            .map_err(|error| usage(&format!("`{name}` is no repository on this forge"), &error.to_string()))?;
        Ok(Self { repository, base })
    }

    /// A client with the token; without one there is none, and that is said.
    pub(super) fn connect(&self, args: &ForgeArgs, output: &mut Output) -> Result<Option<ForgeClient>, Failure> {
        let Self { repository, base } = self;
        let Some(token) = token(args, repository.family())? else { return Ok(None) };
        output.hide(&token);
        let socket = match ForgeSocket::new(base.clone(), repository.family(), &token) {
            Ok(socket) => socket,
            Err(ClientError::Key) => {
                return Err(usage("the forge's token holds characters that cannot be sent in a header", NO_TOKEN));
            }
            Err(error @ ClientError::Setup(_)) => return Err(Failure::from_error(Exit::Failed, &error)),
        };
        Ok(Some(Persistent::new(socket, Persistence { seed: env::seed(), total: PATIENCE })))
    }
}

/// How to give a token.
pub(super) const NO_TOKEN: &str = "set `FLOWOPS_FORGE_TOKEN`, or give `--forge-token-file FILE`";

fn token(args: &ForgeArgs, family: Family) -> Result<Option<Secret>, Failure> {
    let usual = match family {
        Family::GitHub | Family::Gitea => "GITHUB_TOKEN",
        Family::GitLab => "GITLAB_TOKEN",
    };
    let file = args.forge_token_file.as_deref().map(|path| {
        fs::read_secret_file(path).map_err(|error| {
            let why = Failure::from_error(Exit::Usage, &error).message;
            usage(&why, "`--forge-token-file` takes a regular file that holds nothing but the token")
        })
    });
    let found = file.transpose()?.or_else(|| env::secret("FLOWOPS_FORGE_TOKEN")).or_else(|| env::secret(usual));
    let trimmed = found.map(|token| Secret::from(token.expose_secret().trim().to_owned()));
    Ok(trimmed.filter(|token| !token.expose_secret().is_empty()))
}

/// The pull request that CI runs for.
pub(super) fn pull_request(family: Family) -> Result<u64, Failure> {
    let (name, number) = match family {
        Family::GitHub | Family::Gitea => {
            let name = "GITHUB_REF";
            let of_ref = |name: String| name.strip_prefix("refs/pull/")?.split('/').next().map(str::to_owned);
            (name, env::word(name).and_then(of_ref))
        }
        Family::GitLab => ("CI_MERGE_REQUEST_IID", env::word("CI_MERGE_REQUEST_IID")),
    };
    let number = number.and_then(|number| number.parse().ok());
    number.ok_or_else(|| missing("which pull request is meant", "--pull-request", name))
}

/// The head of the merge request that CI runs for. On GitHub the commit of a run is a merge that nobody pushed.
pub(super) fn head(family: Family) -> Result<Commit, Failure> {
    let found = match family {
        Family::GitHub | Family::Gitea => None,
        Family::GitLab => env::word("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or_else(|| env::word("CI_COMMIT_SHA")),
    };
    let found = found.and_then(|text| Commit::parse(&text).ok());
    found.ok_or_else(|| usage("the head that was planned is not known", "give `--commit COMMIT`, all 40 digits of it"))
}

/// The commit that CI works on, where that is one.
pub(super) fn commit() -> Option<Commit> {
    env::commit().and_then(|text| Commit::parse(&text).ok())
}

/// What another run wrote.
pub(super) fn record(path: &Path) -> Result<Record, Failure> {
    let help = "it takes what plan, drift or apply wrote with `--format json` or `--write json=FILE`";
    let text = fs::read_record(path)
        .map_err(|error| Failure::new(Exit::Failed, format!("the record {error}; nothing was written")).help(help))?;
    Record::read(&text).map_err(|error| {
        let why = Failure::from_error(Exit::Failed, &error).message;
        Failure::new(Exit::Failed, format!("`{}` is no record: {why}; nothing was written", path.display())).help(help)
    })
}

/// What another run wrote, of all agents: what is kept for a target must not be that of one share.
pub(super) fn whole_record(path: &Path) -> Result<Record, Failure> {
    let record = record(path)?;
    match record.share() {
        None => Ok(record),
        Some((index, total)) => Err(usage(
            &format!("`{}` is of share {index} of {total}, and not of all agents", path.display()),
            "join the records of all shares with `flowops merge`, and give what it writes",
        )),
    }
}

/// The key under which something is kept.
pub(super) fn key<'a>(args: &'a ForgeArgs, target: Option<&'a str>) -> &'a str {
    args.key.as_deref().or(target).unwrap_or(DEFAULT_KEY)
}

/// Markdown that leads to the run. It comes from the caller alone, never from what was planned.
pub(super) fn footer(args: &ForgeArgs) -> Result<String, Failure> {
    let Some(text) = &args.details_url else { return Ok(String::new()) };
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
    // What could end the link is written in percent by then.
    let url = url.ok_or_else(|| {
        usage("`--details-url` is no link to a page", "it begins with `https://`, and holds no user name")
    })?;
    Ok(format!("[Details](<{url}>)\n"))
}

/// Says that something was not written. It is no reason for a job to fail.
pub(super) fn warn(output: &Output, what: &str, why: &str) -> Exit {
    output.say(&format!("warning: {what}: {}", render::safe(why)));
    Exit::Ok
}

fn missing(what: &str, flag: &str, variable: &str) -> Failure {
    usage(&format!("{what} is not known: `{variable}` does not say it"), &format!("give `{flag}`"))
}

pub(super) fn usage(message: &str, help: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{message}; nothing was written")).help(help)
}
