use crate::cli::args::IssueArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::forge::{self, Place};
use crate::cli::output::Output;
use crate::forge::{Drift, Forge, Found, Tracked, track};
use crate::record::{self, Subject};
use crate::render::{self, Form};

/// `flowops issue`
pub(super) async fn run(args: &IssueArgs, output: &mut Output) -> Result<Exit, Failure> {
    let place = Place::find(&args.forge)?;
    let record = forge::whole_record(&args.record)?;
    let footer = forge::footer(&args.forge)?;
    let (target, drift) = match record.subject() {
        Some(Subject::Drift { target, drift }) => (target, drift),
        // That it could not be looked for is no news about drift.
        Some(Subject::Failure { target: _ }) => return Ok(untold(output)),
        Some(Subject::Plan { .. } | Subject::Report { .. } | Subject::Pull | Subject::Manifests) | None => {
            return Err(Failure::new(Exit::Failed, "the record is none of `flowops drift`; nothing was written")
                .help("an issue is kept for what `flowops drift --format json` printed"));
        }
    };
    let text = render::view(Form::Markdown, &record);
    let found = match &drift {
        record::Drift::There(fingerprint) => Found::Drift { fingerprint, text: &text },
        record::Drift::None => Found::Nothing,
        record::Drift::Unknown => return Ok(untold(output)),
    };
    let Some(client) = place.connect(&args.forge, output)? else {
        let why = format!("there is no token for the forge; {}", forge::NO_TOKEN);
        return Ok(forge::warn(output, "no issue was touched", &why));
    };
    let key = forge::key(&args.forge, Some(target));
    let title = format!("Live differs from the manifests of {}", render::safe(key));
    let commit = forge::commit();
    let drift = Drift { key, commit: commit.as_ref(), title: &title, labels: &args.label, footer: &footer, found };
    Ok(match track(&Forge::new(&client, &place.repository), &drift).await {
        Ok(tracked) => told(output, tracked),
        Err(error) => forge::warn(output, "the issue may not be as it should be", &error.to_string()),
    })
}

fn untold(output: &Output) -> Exit {
    forge::warn(output, "no issue was touched", "the record does not tell whether there is drift")
}

fn told(output: &Output, tracked: Tracked) -> Exit {
    let note = match tracked {
        Tracked::Opened => "an issue was opened for the drift",
        Tracked::Updated => "the issue shows the drift as it is now",
        Tracked::Reopened => "the issue is open again",
        Tracked::Closed => "the issue is closed, since there is no drift",
        Tracked::Unchanged => "the issues are as they should be",
        Tracked::Shown => return unowned(output, "no issue was opened, since one shows the same already"),
        Tracked::Unknown => return unowned(output, "no issue was closed"),
    };
    output.say(&format!("note: {note}"));
    Exit::Ok
}

fn unowned(output: &Output, what: &str) -> Exit {
    forge::warn(output, what, "the forge does not say whose token this is")
}
