//! What every command begins with: the manifests, the selection, the live state.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::{Manifests, Server, Share, Since};
use super::env;
use super::exit::Exit;
use super::fail::Failure;
use super::output::Output;
use super::progress::Progress;
use super::server::{self, way_out};
use super::share;
use super::transport::Ahead;
use crate::diag::{Code, Finding, Sources, sort};
use crate::fs::{self, ProjectRoot};
use crate::git;
use crate::manifest::{self, TargetError, Unresolved};
use crate::model::{Allowance, Day, Desired, Live, Partition, Secret, SecretRef};
use crate::ops::{self, Keep, Planned, Reads, Secrets};
use crate::plan::{self, Action, Approved, Base, Emptied, Readdressed, SelectError, Selection, Step, Toward};
use crate::render::words;

/// The manifests as read.
pub(super) struct Project {
    pub(super) sources: Sources,
    pub(super) root: ProjectRoot,
    /// The files and folders that were given, as they really are.
    pub(super) given: Vec<PathBuf>,
    /// The manifests that were found, as they really are.
    pub(super) files: Vec<PathBuf>,
    pub(super) findings: Vec<Finding>,
    /// What they ask for; `None` if a finding is an error.
    pub(super) desired: Option<Desired>,
}

/// Manifests that ask for something: nothing in them is wrong.
pub(super) struct Sound {
    pub(super) sources: Sources,
    pub(super) root: ProjectRoot,
    /// The files and folders that were given, as they really are.
    pub(super) given: Vec<PathBuf>,
    /// The manifests that were found, as they really are.
    pub(super) files: Vec<PathBuf>,
    pub(super) findings: Vec<Finding>,
    pub(super) desired: Desired,
    /// What they asked for at the base revision, if one is given and it can be told.
    pub(super) base: Option<Base>,
    /// Agents that were asked for by the addresses that they had then.
    pub(super) readdressed: Vec<Readdressed>,
    /// The share of the agents that is looked at, if it is not all.
    pub(super) share: Option<plan::Share>,
    /// Agents that are not looked at, since nothing about them changed since then.
    pub(super) left_out: u64,
}

impl Sound {
    /// The share of the agents that is looked at, if it is not all.
    pub(super) fn partition(&self) -> Option<Partition> {
        self.share.as_ref().map(|share| share.partition)
    }
}

/// The day on which rules hold or have expired.
pub(super) fn today() -> Day {
    Day::of_seconds(env::seconds())
}

/// Manifests of which each document was read alone.
struct Opened {
    sources: Sources,
    root: ProjectRoot,
    given: Vec<PathBuf>,
    files: Vec<PathBuf>,
    unreadable: Vec<Finding>,
    unresolved: Unresolved,
}

/// Reads each document of the manifests.
fn open(manifests: &Manifests, output: &mut Output) -> Result<Opened, Failure> {
    let fs::Collected { sources, root, given, files, findings: unreadable } =
        fs::collect(&manifests.paths, &env::working_directory());
    output.spare(&files)?;
    let unresolved = manifest::open(&sources, &root, manifests.target.as_deref()).map_err(|error| {
        let failure = Failure::from_error(Exit::Usage, &error);
        match error {
            TargetError::Unknown { name: _, hint: _, near: Some(near) } => {
                failure.help(format!("did you mean `{near}`?"))
            }
            TargetError::Unknown { name: _, hint: _, near: None } | TargetError::Choose(_) => failure,
        }
    })?;
    output.aim(unresolved.target().map(str::to_owned));
    Ok(Opened { sources, root, given, files, unreadable, unresolved })
}

impl Opened {
    /// Makes out what they ask for together.
    fn resolve(self, today: Day) -> Project {
        let Self { mut sources, root, given, files, unreadable, unresolved } = self;
        let manifest::Reading { desired, mut findings, beside } = unresolved.resolve(&root);
        sources.insert_beside(beside);
        let is_unreadable = unreadable.iter().any(Finding::is_error);
        if is_unreadable {
            // What could not be read is said already; that nothing else was found is no news.
            findings.retain(|finding| finding.place.is_some());
        }
        findings.extend(unreadable);
        let mut desired = desired.filter(|_| !is_unreadable);
        if let Some(desired) = &mut desired {
            findings.extend(plan::check_rules(desired, today));
        }
        sort(&mut findings);
        Project { sources, root, given, files, findings, desired }
    }
}

/// Reads the manifests.
pub(super) fn read(manifests: &Manifests, today: Day, output: &mut Output) -> Result<Project, Failure> {
    Ok(open(manifests, output)?.resolve(today))
}

/// What became of the server where nothing was asked of it yet, and where it was only asked.
const UNSENT: &str = "nothing was sent";
const UNWRITTEN: &str = "nothing was written";

impl Project {
    /// Stops if anything is wrong with them. No agents are selected yet.
    fn sound(self, unharmed: &str) -> Result<Sound, Failure> {
        let Self { sources, root, given, files, findings, desired } = self;
        match desired {
            Some(desired) => {
                let (base, readdressed, share, left_out) = (None, Vec::new(), None, 0);
                Ok(Sound { sources, root, given, files, findings, desired, base, readdressed, share, left_out })
            }
            None => Err(Failure::found(findings, sources, &format!("the manifests are not valid; {unharmed}"))),
        }
    }
}

/// Reads the manifests and stops if anything is wrong with them.
pub(super) fn read_sound(manifests: &Manifests, output: &mut Output) -> Result<Sound, Failure> {
    let mut sound = read(manifests, today(), output)?.sound(UNSENT)?;
    sound.readdressed = select(&mut sound.desired, None, manifests)?;
    Ok(sound)
}

/// Reads the manifests for whoever writes them: there may be none yet.
pub(super) fn read_to_write(manifests: &Manifests, output: &mut Output) -> Result<Sound, Failure> {
    let mut project = read(manifests, today(), output)?;
    let is_nothing = |finding: &Finding| finding.code == Code::NothingFound;
    if project.desired.is_none() && project.findings.iter().all(is_nothing) {
        let target = manifests.target.clone().unwrap_or_else(|| "default".to_owned());
        project.desired = Some(Desired { target, ..Desired::default() });
    }
    let mut sound = project.sound(UNSENT)?;
    sound.findings.retain(|finding| !is_nothing(finding));
    Ok(sound)
}

/// What a command is asked to look at.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) manifests: &'a Manifests,
    pub(super) since: &'a Since,
    pub(super) share: &'a Share,
    pub(super) allowed: &'a [Allowance],
}

/// Reads the manifests, with what they asked for at the base revision, if one is given, and what must not be forgotten of it.
pub(super) fn read_since(wanted: Wanted<'_>, output: &mut Output) -> Result<Sound, Failure> {
    let (partition, today) = (wanted.partition(output)?, today());
    let sound = read(wanted.manifests, today, output)?.sound(UNSENT)?;
    wanted.since(sound, partition, today)
}

/// The same for those who only read: while what the manifests ask for together is made out, the server is asked for what
/// is sure to be needed. It is not asked if a document has an error.
pub(super) async fn read_ahead(
    wanted: Wanted<'_>,
    server: &Server,
    output: &mut Output,
) -> Result<(Sound, Option<Ahead>), Failure> {
    let (partition, today) = (wanted.partition(output)?, today());
    let opened = open(wanted.manifests, output)?;
    if !wanted.lists(&opened) {
        let sound = opened.resolve(today).sound(UNSENT)?;
        return Ok((wanted.since(sound, partition, today)?, None));
    }
    let resolving = tokio::task::spawn_blocking(move || opened.resolve(today));
    let ahead = server::ask_ahead(server, output);
    let project = resolving.await.unwrap_or_else(|broken| std::panic::resume_unwind(broken.into_panic()));
    let sound = project.sound(if ahead.is_some() { UNWRITTEN } else { UNSENT })?;
    Ok((wanted.since(sound, partition, today)?, ahead))
}

impl Wanted<'_> {
    fn partition(&self, output: &mut Output) -> Result<Option<Partition>, Failure> {
        let partition = share::find(self.share)?;
        output.share(partition);
        Ok(partition)
    }

    /// Whether the agents of the server will be listed: all that the manifests ask for are wanted, and they are several.
    fn lists(&self, opened: &Opened) -> bool {
        let Self { manifests, since, share, allowed: _ } = self;
        let is_all = manifests.agent.is_empty() && manifests.selector.is_empty();
        let is_all = is_all && !since.changed && share.partition.is_none();
        is_all && opened.unresolved.agents().is_some_and(|agents| agents > 1)
    }

    fn since(&self, mut sound: Sound, partition: Option<Partition>, today: Day) -> Result<Sound, Failure> {
        let Self { manifests, since, share: _, allowed } = *self;
        sound.desired.policy.allowed = allowed.to_vec();
        let Sound { sources: _, root: _, given, files: _, findings, desired, base, readdressed, share, left_out } =
            &mut sound;
        match &since.since {
            None => findings.extend(plan::find_unpruned(desired)),
            Some(revision) => {
                let reading = read_base(revision, given, &desired.target)?;
                match reading {
                    Ok(mut known) => {
                        // A rule that has expired changes nothing that somebody could review.
                        known.desired.policy.expire(today);
                        refuse_emptied(desired, &known)?;
                        plan::remember(desired, &known.desired);
                        *base = Some(known);
                    }
                    Err(why) => {
                        let first = why.first().map_or("nothing is known of the base", |finding| &finding.message);
                        plan::hold_deletes(desired, &format!("nothing is deleted, since {first}"));
                        findings.extend(why);
                    }
                }
            }
        }
        sort(findings);
        *readdressed = select(desired, base.as_ref(), manifests)?;
        let count = |desired: &Desired| partition.map(|partition| plan::share(desired, partition));
        let (all, own) = (desired.agents.len(), count(desired));
        if let Some(base) = base.as_ref().filter(|_| since.changed) {
            plan::select_changed(desired, &base.desired);
        }
        *share = count(desired);
        *left_out = match (own, &*share) {
            (Some(own), Some(share)) => own.agents.saturating_sub(share.agents),
            (None, _) | (_, None) => (all - desired.agents.len()) as u64,
        };
        Ok(sound)
    }
}

/// An empty input is never taken for an empty desired state.
fn refuse_emptied(desired: &Desired, base: &Base) -> Result<(), Failure> {
    plan::check_emptied(desired, &base.desired).map_err(|Emptied { agents }| {
        let count = words::count(agents, "agent");
        let revision = &base.since.revision;
        let message = format!("the manifests declare no agent, and at `{revision}` {count}; {UNSENT}");
        Failure::new(Exit::Guarded, message).help(
            "check the path and the checkout; the last agents are given up only below a `flowops.yaml` that stays",
        )
    })
}

/// Reads what the manifests asked for at a revision; or finds why that cannot be told. Then neither can what they
/// protected, nor who moved.
fn read_base(revision: &str, given: &[PathBuf], target: &str) -> Result<Result<Base, Vec<Finding>>, Failure> {
    let read = git::read(revision, given, &env::working_directory()).map_err(|error| {
        let failure = Failure::new(Exit::Failed, format!("{error}; {UNWRITTEN}"));
        match error.help() {
            Some(help) => failure.help(help),
            None => failure,
        }
    })?;
    let unknown = |code, why: String| Ok(Err(vec![Finding::nowhere(code, why)]));
    if !read.findings.is_empty() {
        return Ok(Err(read.findings));
    }
    if read.sources.is_empty() {
        return unknown(Code::BaseUnknown, format!("`{revision}` holds no manifest under the given paths"));
    }
    let since = plan::Since { revision: revision.to_owned(), commit: read.commit.clone() };
    let reading = match manifest::read(&read.sources, &read, Some(target)) {
        Ok(reading) => reading,
        Err(TargetError::Unknown { .. } | TargetError::Choose(_)) => {
            return unknown(Code::BaseUnknown, format!("`{revision}` does not have the target `{target}`"));
        }
    };
    let Some(desired) = reading.desired else {
        let errors: Vec<&Finding> = reading.findings.iter().filter(|finding| finding.is_error()).collect();
        let what = words::count(errors.len(), "error");
        let first = errors.first().map(|finding| {
            let place = finding.place.as_ref().map(|place| format!("`{}:{}`: ", place.file, place.line));
            format!(", such as {}{}", place.unwrap_or_default(), finding.message)
        });
        let why = format!("the manifests of `{revision}` have {what}{}", first.unwrap_or_default());
        return unknown(Code::BaseNotValid, why);
    };
    Ok(Ok(Base { since, desired }))
}

/// Keeps the agents that the flags ask for.
pub(super) fn select(
    desired: &mut Desired,
    base: Option<&Base>,
    manifests: &Manifests,
) -> Result<Vec<Readdressed>, Failure> {
    let selection = Selection { agents: &manifests.agent, labels: &manifests.selector };
    plan::select(desired, base.map(|base| &base.desired), selection).map_err(|error| match error {
        SelectError::Unknown { name, near } => {
            let failure = Failure::new(Exit::Usage, format!("`--agent {name}`: no manifest declares this agent"));
            match near {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure,
            }
        }
        SelectError::Nothing => Failure::new(Exit::Usage, "no agent is selected")
            .help("the manifests declare none, or none that `--agent` and `--selector` leave"),
    })
}

/// Says which agents are looked at where that is not plain, and how many are not.
pub(super) fn say_selection(sound: &Sound, output: &Output) {
    for Readdressed { was, now } in &sound.readdressed {
        output.say(&format!("note: `--agent {was}` is `{now}` now"));
    }
    if let Some(base) = sound.base.as_ref().filter(|_| sound.left_out > 0) {
        let count = words::count(sound.left_out, "agent");
        output.say(&format!("note: {count} left out, of which nothing changed since `{}`", base.since.revision));
    }
}

/// Reads what is live and plans; nothing goes on with a plan that has errors.
///
/// What changes of parameters break, and that callers do not hear them yet, is only of interest to those who would make them.
pub(super) async fn look(
    reader: &impl Reads,
    sound: &Sound,
    server: &Server,
    toward: Toward,
    keep: Keep,
) -> Result<(Live, Approved), Failure> {
    let _progress = Progress::spinner("reading the live state");
    let concurrency = usize::from(server.concurrency);
    let Planned { mut plan, live } =
        ops::plan(reader, &sound.desired, sound.base.as_ref(), sound.partition(), concurrency, keep)
            .await
            .map_err(|error| Failure::from_error(Exit::Failed, &error).help(way_out(&error.source, server)))?;
    plan.left_out = sound.left_out;
    plan.share.clone_from(&sound.share);
    plan.add_findings(sound.findings.clone());
    match toward {
        Toward::Manifests => {
            let unheard = plan::unheard(&plan);
            plan.add_findings(plan::breaking(&plan).into_iter().chain(unheard).collect());
        }
        Toward::Live => {}
    }
    let approved = plan.approve().map_err(|plan| {
        let message = "the live state does not allow a plan; nothing was written";
        Failure::found(plan.findings, sound.sources.clone(), message)
    })?;
    Ok((live, approved))
}

/// Resolves every secret that some steps need, before the first of them.
pub(super) fn secrets(
    steps: &[&Step],
    root: &ProjectRoot,
    is_sandbox: bool,
    output: &mut Output,
) -> Result<Secrets, Failure> {
    let mut needed: BTreeSet<SecretRef> = BTreeSet::new();
    for step in steps {
        match &step.action {
            Action::Create { fields, .. } | Action::UpdatePreset { fields, .. } => {
                for value in fields.values() {
                    value.collect_secrets(&mut needed);
                }
            }
            Action::Update { changes, .. } => {
                for change in changes {
                    change.send.collect_secrets(&mut needed);
                }
            }
            Action::Delete { .. } | Action::Install { .. } | Action::Publish { .. } => {}
        }
    }
    let mut resolved = Secrets::new();
    let mut missing = Vec::new();
    for reference in needed {
        let found = match &reference {
            SecretRef::Env(name) => env::secret(name).ok_or_else(|| format!("`{name}` is not set")),
            SecretRef::File(path) => root.read_secret(path).map_err(|error| error.to_string()),
        };
        match found {
            Ok(secret) => {
                output.hide(&secret);
                resolved.insert(reference, secret);
            }
            Err(why) if is_sandbox => {
                output.say(&format!("note: {why}; the sandbox gets a placeholder"));
                resolved.insert(reference.clone(), Secret::from(format!("placeholder for {reference}")));
            }
            Err(why) => missing.push(why),
        }
    }
    if missing.is_empty() {
        return Ok(resolved);
    }
    let message = format!("secrets cannot be resolved: {}; nothing was written", missing.join("; "));
    Err(Failure::new(Exit::Failed, message).help("set them where `apply` runs; no other command needs them"))
}

/// The first folder that was given, as paths are shown.
pub(super) fn first_folder(paths: &[PathBuf]) -> String {
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    let folder = if fs::is_dir(first) { first } else { first.parent().unwrap_or(first) };
    folder.to_string_lossy().trim_end_matches('/').to_owned()
}
