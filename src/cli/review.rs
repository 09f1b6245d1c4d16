//! The plan that was reviewed: kept by `plan --out`, expected by `apply --plan` and `apply --expect`.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::{ApplyArgs, Server};
use super::env;
use super::exit::Exit;
use super::fail::Failure;
use super::focus::Sound;
use super::output::Output;

use crate::diag::Sources;
use crate::fs::{self, Access};
use crate::model::Digest;
use crate::plan::Plan;
use crate::render::{self, words};
use crate::report::reviewed::{Circumstances, Reviewed, ReviewedError};

/// Keeps a plan in a file that only its owner can read.
pub(super) fn keep(path: &Path, plan: &Plan, sound: &Sound, server: &Server) -> Result<(), Failure> {
    let (server, manifests) = (server.name(), digest(&sound.valid.sources));
    let here = here(&server, &manifests, sound);
    let text = Reviewed::of(plan, here).text();
    fs::write_atomically(path, text.as_bytes(), Access::Owner)
        .map_err(|error| Failure::from_error(Exit::Failed, &error).help("nothing was written to the API"))
}

/// Where and when, and the commit of the base revision, if it tells anything.
fn here<'a>(server: &'a str, manifests: &'a Digest, sound: &'a Sound) -> Circumstances<'a> {
    let base = sound.base.as_ref().map(|base| base.since.commit.as_str());
    Circumstances { server, partition: sound.partition(), manifests, base, now: env::seconds() }
}

/// A review that an apply is held to.
pub(super) struct Expected(Option<Reviewed>);

/// Reads the review that `--plan` names, and refuses one that is not of these manifests, here and now.
pub(super) fn read(args: &ApplyArgs, sound: &Sound) -> Result<Expected, Failure> {
    let Some(path) = &args.plan else { return Ok(Expected(None)) };
    let text = fs::read_file(path).map_err(|error| {
        Failure::from_error(Exit::Failed, &error)
            .help("nothing was written; `flowops plan --out FILE` makes such a file")
    })?;
    let (server, manifests) = (args.server.name(), digest(&sound.valid.sources));
    let here = here(&server, &manifests, sound);
    let refused = |why: ReviewedError| {
        let help = match &why {
            ReviewedError::Base { reviewed: Some(commit), now: _ } => format!("give `--since {commit}`"),
            ReviewedError::Base { reviewed: None, now: _ } => "leave `--since` away".to_owned(),
            ReviewedError::Share { reviewed: Some(share), now: _ } => format!("give `--partition {share}`"),
            ReviewedError::Share { reviewed: None, now: _ } => "leave `--partition` away".to_owned(),
            ReviewedError::Edited
            | ReviewedError::Format
            | ReviewedError::Other { .. }
            | ReviewedError::Manifests
            | ReviewedError::Expired => "plan again, and have that reviewed".to_owned(),
        };
        let what = format!("the plan in `{}` cannot be applied: {why}; nothing was written", path.display());
        Failure::new(Exit::Stale, what).help(help)
    };
    let reviewed = Reviewed::read(&text).map_err(refused)?;
    reviewed.check(&sound.valid.desired.target, here).map_err(refused)?;
    Ok(Expected(Some(reviewed)))
}

impl Expected {
    /// The steps that are not as they were reviewed, with the reason; none where nothing is expected.
    pub(super) fn refuses(&self, plan: &Plan) -> BTreeMap<String, String> {
        self.0.as_ref().map(|reviewed| reviewed.refuses(plan)).unwrap_or_default()
    }

    /// Says where the plan is another one than that which was reviewed.
    pub(super) fn say(&self, plan: &Plan, output: &Output) {
        let (refused, unwanted) = match &self.0 {
            Some(reviewed) => (reviewed.refuses(plan).len(), reviewed.unwanted(plan).join(", ")),
            None => return,
        };
        if refused > 0 {
            let count = words::count(refused, "step");
            output.say(&format!("note: {count} will not be done, since the plan that was reviewed is another one"));
        }
        if !unwanted.is_empty() {
            let unwanted = render::one_line(&unwanted);
            output.say(&format!("note: reviewed, and not wanted any more: {unwanted}"));
        }
    }
}

/// Refuses a plan that has not exactly the digest that was reviewed.
pub(super) fn expect(args: &ApplyArgs, plan: &Plan) -> Result<(), Failure> {
    let digest = plan.digest();
    match &args.expect {
        // What was done already need not be reviewed again.
        Some(_) if plan.is_empty() => Ok(()),
        Some(expected) if *expected != digest => Err(Failure::new(
            Exit::Stale,
            format!("the plan is not the one that was reviewed: its digest is {digest}; nothing was written"),
        )
        .help("the manifests or the live state changed since; look at the plan above, and review it again")),
        Some(_) | None => Ok(()),
    }
}

/// The manifests by their paths and texts, as a digest.
fn digest(sources: &Sources) -> Digest {
    Digest::of_parts(sources.iter().flat_map(|(path, text)| [&**path, &**text]))
}
