use std::path::Path;

use crate::cli::args::DriftArgs;
use crate::cli::exit::Exit;
use crate::cli::fail::Failure;
use crate::cli::focus::{self, Focus};
use crate::cli::output::Output;
use crate::cli::{env, overwrite, project};
use crate::fs;
use crate::http;
use crate::ops::Keep;
use crate::plan::Toward;
use crate::record::{Record, Watch};
use crate::render;

/// The variable that holds a webhook's URL, which is a secret.
const WEBHOOK: &str = "FLOWOPS_WEBHOOK_URL";

/// `flowops drift`
pub(super) async fn run(args: &DriftArgs, output: &mut Output) -> Result<Exit, Failure> {
    if let Some(file) = &args.metrics {
        output.measure(file, args.manifests.target.as_deref());
    }
    let focus = Focus::new(&args.manifests, &args.since, &args.share, &[], output)?;
    let opened = project::open(&args.manifests, output)?;
    if let Some(file) = &args.metrics {
        overwrite::refuse_manifest("--metrics", file, &opened.files)?;
    }
    let (mut sound, reader) = focus.read_ahead(opened, &args.server, output).await?;
    let earlier = args.previous.as_deref().map(|path| previous(path, output)).transpose()?;
    focus::say_selection(&sound, output);
    sound.valid.desired = sound.valid.desired.observed();
    let (_, approved) = focus::look(&reader, &sound, &args.server, Toward::Live, Keep::Nothing).await?;
    let plan = approved.plan();
    let now = env::time();
    let earlier = earlier.as_ref().map(|record| (now.as_str(), record.as_ref()));
    let watch = Watch { is_strict: args.strict, live: plan.population, earlier };
    let record = Record::watched(plan, &watch);
    output.findings(&plan.findings, &sound.valid.sources);
    if record.is_known() {
        // What was told already is not told again; the exit code and every other form still say all.
        output.text(|style, out| render::watch::known(&record, style, out));
    } else {
        output.text(|style, out| render::drift::drift(plan, style, out));
        output.text(|style, out| render::watch::watched(&record, style, out));
    }
    let was_drifted = earlier.and_then(|(_, record)| record).is_some_and(Record::is_drifted);
    if args.webhook && !record.is_known() && (record.is_drifted() || was_drifted) {
        announce(&record, output).await;
    }
    let exit = if record.is_drifted() { Exit::Differences } else { Exit::Ok };
    output.record(|| record);
    Ok(exit)
}

/// Tells the webhook; what fails is a warning.
async fn announce(record: &Record, output: &mut Output) {
    let (Some(url), Some(body)) = (env::secret(WEBHOOK), render::announcement(record)) else {
        return output.say(&format!("warning: no webhook was told: `{WEBHOOK}` is not set"));
    };
    output.hide(&url);
    if let Err(error) = http::post(&url, &body).await {
        let Failure { message, .. } = Failure::from_error(Exit::Failed, &error);
        output.say(&format!("warning: the webhook may not have been told: {}", render::safe(&message)));
    }
}

/// What was told the last time; none if it was never told.
fn previous(path: &Path, output: &Output) -> Result<Option<Record>, Failure> {
    let text = fs::read_record_if_there(path).map_err(|error| Failure::from_error(Exit::Failed, &error))?;
    let Some(text) = text else {
        output.say(&format!("note: there is no earlier record `{}` yet", path.display()));
        return Ok(None);
    };
    let failed = |why: String| Failure::new(Exit::Failed, format!("`{}` is no earlier record: {why}", path.display()));
    let record = Record::read(&text).map_err(|error| failed(error.to_string()))?;
    Ok(Some(record))
}
