use crate::cli::args::CommentArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::forge::{self, Place};
use crate::cli::output::Output;
use crate::forge::{Commit, Forge, ForgeError, Kept, Moment, Sticky, keep, reviewed};
use crate::http::ForgeClient;
use crate::model::Digest;
use crate::record::{Record, Subject};
use crate::render::{self, Form};

const NOT_WRITTEN: &str = "the comment may not be as it should be";

/// Which pull request.
enum On<'a> {
    Number(u64),
    /// The one that brought this commit in.
    Merged(&'a Commit),
}

/// `flowops comment`
pub(super) async fn run(args: &CommentArgs, output: &mut Output) -> Result<Exit, Failure> {
    let place = Place::find(&args.forge)?;
    let on = match (&args.merged, args.pull_request) {
        (Some(commit), _) => On::Merged(commit),
        (None, Some(number)) => On::Number(number.get()),
        (None, None) => On::Number(forge::pull_request(place.repository.family())?),
    };
    match &args.record {
        Some(path) if !args.reviewed => say(args, &place, &on, &forge::whole_record(path)?, output).await,
        Some(_) | None => show(args, &place, &on, output).await,
    }
}

/// Prints what was reviewed. Whatever is not known for certain is an error here: what follows relies on it.
async fn show(args: &CommentArgs, place: &Place, on: &On<'_>, output: &mut Output) -> Result<Exit, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::from_error(Exit::Failed, error);
    let client = place.connect(&args.forge, output)?;
    let client =
        client.ok_or_else(|| Failure::new(Exit::Failed, "there is no token for the forge").help(forge::NO_TOKEN))?;
    let forge = Forge::new(&client, &place.repository);
    let pull = number(&forge, on).await.map_err(|error| failed(&error))?;
    let digest = reviewed(&forge, pull, args.forge.key.as_deref()).await;
    let digest =
        digest.map_err(|error| failed(&error).help("plan it again on a pull request; `--key` says which is meant"))?;
    output.data(&format!("{digest}\n"));
    Ok(Exit::Ok)
}

async fn number(forge: &Forge<'_, ForgeClient>, on: &On<'_>) -> Result<u64, ForgeError> {
    match on {
        On::Number(number) => Ok(*number),
        On::Merged(commit) => forge.merged(commit).await,
    }
}

/// What a record says on a pull request, and when.
struct Said<'a> {
    target: Option<&'a str>,
    digest: Option<Digest>,
    is_done: bool,
}

fn said<'a>(record: &'a Record, on: &On<'_>) -> Result<Said<'a>, Failure> {
    let is_merged = match on {
        On::Merged(_) => true,
        On::Number(_) => false,
    };
    match record.subject() {
        // It would stand in the plan's place, and a plan is what is reviewed.
        Some(Subject::Drift { .. }) => Err(forge::usage(
            "what `drift` prints is no plan",
            "`flowops issue` keeps an issue for it; a comment shows what plan or apply printed",
        )),
        Some(Subject::Plan { .. }) if is_merged => Err(forge::usage(
            "what was planned is said before it is merged",
            "give `--pull-request N` instead of `--merged`",
        )),
        Some(Subject::Plan { target, digest }) => {
            Ok(Said { target: Some(target), digest: Some(digest), is_done: false })
        }
        Some(Subject::Report { target }) => Ok(Said { target: Some(target), digest: None, is_done: true }),
        Some(Subject::Failure { target }) => Ok(Said { target, digest: None, is_done: is_merged }),
        Some(Subject::Pull | Subject::Manifests) => {
            Err(Failure::new(Exit::Failed, "what is in the record is no plan; nothing was written")
                .help("a comment shows what plan or apply printed"))
        }
        None => Err(Failure::new(Exit::Failed, "the record's digest is none; nothing was written")),
    }
}

async fn say(
    args: &CommentArgs,
    place: &Place,
    on: &On<'_>,
    record: &Record,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let Said { target, digest, is_done } = said(record, on)?;
    let footer = forge::footer(&args.forge)?;
    let commit = match (&args.commit, is_done) {
        (Some(commit), _) => Some(commit.clone()),
        (None, true) => args.merged.clone().or_else(forge::commit),
        (None, false) => Some(forge::head(place.repository.family())?),
    };
    let moment = match (&commit, is_done) {
        (Some(commit), false) => Moment::Planned(commit),
        (commit, _) => Moment::Applied(commit.as_ref()),
    };
    let Some(client) = place.connect(&args.forge, output)? else {
        return Ok(forge::warn(output, "nothing was said on the pull request", &no_token()));
    };
    let text = render::view(Form::Markdown, record);
    let key = forge::key(&args.forge, target);
    let sticky = Sticky { key, digest: digest.as_ref(), moment, text: &text, footer: &footer };
    let forge = Forge::new(&client, &place.repository);
    let kept = async {
        let pull = number(&forge, on).await?;
        keep(&forge, pull, &sticky).await.map(|kept| (pull, kept))
    };
    Ok(match kept.await {
        Ok((pull, kept)) => told(output, pull, &kept),
        Err(error) => forge::warn(output, NOT_WRITTEN, &error.to_string()),
    })
}

fn no_token() -> String {
    format!("there is no token for the forge; {}", forge::NO_TOKEN)
}

fn told(output: &Output, pull: u64, kept: &Kept) -> Exit {
    let note = |what: &str| output.say(&format!("note: the comment on pull request {pull} {what}"));
    match kept {
        Kept::Created => note("was created"),
        Kept::Updated => note("was updated"),
        Kept::Unchanged => note("says so already"),
        Kept::Shown => {
            let why = "the forge does not say whose token this is; a comment shows the same already";
            return forge::warn(output, &format!("nothing was said on pull request {pull}"), why);
        }
        Kept::Overtaken(head) => {
            let why = format!("its head is {head} by now, so a newer run says what is planned");
            return forge::warn(output, &format!("nothing was said on pull request {pull}"), &why);
        }
    }
    Exit::Ok
}
