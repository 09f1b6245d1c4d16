//! What a command looks at: the agents that its flags choose, what the manifests asked for before, and what is live.

use super::args::{Manifests, Server, Share, Since};
use super::exit::Exit;
use super::fail::Failure;
use super::output::Output;
use super::progress::Progress;
use super::project::{self, Opened, Valid};
use super::transport::Reader;
use super::{base, joined, server, share};
use crate::diag::sort;
use crate::http::Client;
use crate::model::{Allowance, Day, Desired, Live, Partition};
use crate::ops::{self, Keep, Planned, Reads};
use crate::plan::{self, Approved, Base, Readdressed, SelectError, Selection, Toward};
use crate::render::words;

/// Which agents a command is about, and what is let through.
pub(super) struct Focus {
    manifests: Manifests,
    since: Since,
    partition: Option<Partition>,
    allowed: Vec<Allowance>,
    today: Day,
}

/// Manifests that are valid, with the agents in focus.
pub(super) struct Sound {
    pub(super) valid: Valid,
    /// What they asked for at the base revision, if one is given and it can be told.
    pub(super) base: Option<Base>,
    /// Agents that were asked for by the addresses that they had then.
    readdressed: Vec<Readdressed>,
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

impl Focus {
    /// What the flags say.
    pub(super) fn new(
        manifests: &Manifests,
        since: &Since,
        share: &Share,
        allowed: &[Allowance],
        output: &mut Output,
    ) -> Result<Self, Failure> {
        let partition = share::find(share)?;
        output.share(partition);
        let (manifests, since, allowed) = (manifests.clone(), since.clone(), allowed.to_vec());
        Ok(Self { manifests, since, partition, allowed, today: project::today() })
    }

    /// Reads the manifests. Nothing is sent meanwhile.
    pub(super) fn read(&self, output: &mut Output) -> Result<Sound, Failure> {
        self.narrow(project::read(&self.manifests, self.today, output)?.valid()?)
    }

    /// Makes out what manifests ask for whose documents are read, for a command that will only read. Meanwhile the server is
    /// asked for the list of agents if it is sure that the command reads it; its first page is as old then as this work is
    /// long.
    pub(super) async fn read_ahead(
        self,
        opened: Opened,
        server: &Server,
        output: &mut Output,
    ) -> Result<(Sound, Reader), Failure> {
        if server.sandbox.is_some() {
            let sound = self.narrow(opened.resolve(self.today).valid()?)?;
            let reader = server::connect(server, &sound.valid.desired, output)?.into_reader();
            return Ok((sound, reader));
        }
        let is_list_sure = self.is_all() && opened.agents().is_some_and(ops::is_list_sure);
        // The runtime has one thread, and what it waits for must not wait for this.
        let narrowed = tokio::task::spawn_blocking(move || self.narrow(opened.resolve(self.today).valid()?));
        let planner = server::client(server, output).map(Client::into_planner);
        let reader = planner.map(|planner| if is_list_sure { Reader::ahead(planner) } else { Reader::of(planner) });
        // What is wrong with the manifests is said first.
        let sound = joined(narrowed).await?;
        Ok((sound, reader?))
    }

    /// Whether no agent is left out that the manifests ask for. A share leaves none out: it must know of the others.
    fn is_all(&self) -> bool {
        let Manifests { agent, selector, paths: _, target: _ } = &self.manifests;
        agent.is_empty() && selector.is_empty() && !self.since.changed
    }

    /// Looks up what was asked for before, and keeps the agents that are meant.
    fn narrow(&self, mut valid: Valid) -> Result<Sound, Failure> {
        let Self { manifests, since: Since { since, changed }, partition, allowed, today } = self;
        let Valid { given, findings, desired, .. } = &mut valid;
        desired.policy.allowed.clone_from(allowed);
        let base = match since {
            None => {
                findings.extend(plan::find_unpruned(desired));
                None
            }
            Some(revision) => base::remember(desired, findings, revision, given, *today)?,
        };
        sort(findings);
        let readdressed = select(desired, base.as_ref(), manifests)?;
        let count = |desired: &Desired| partition.map(|partition| plan::share(desired, partition));
        let (all, own) = (desired.agents.len(), count(desired));
        if let Some(base) = base.as_ref().filter(|_| *changed) {
            plan::select_changed(desired, &base.desired);
        }
        let share = count(desired);
        let left_out = match (own, &share) {
            (Some(own), Some(share)) => own.agents.saturating_sub(share.agents),
            (None, _) | (_, None) => (all - desired.agents.len()) as u64,
        };
        Ok(Sound { valid, base, readdressed, share, left_out })
    }
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
        ops::plan(reader, &sound.valid.desired, sound.base.as_ref(), sound.partition(), concurrency, keep)
            .await
            .map_err(|error| Failure::from_error(Exit::Failed, &error).help(server::way_out(&error.source, server)))?;
    plan.left_out = sound.left_out;
    plan.share.clone_from(&sound.share);
    plan.add_findings(sound.valid.findings.clone());
    match toward {
        Toward::Manifests => {
            let unheard = plan::unheard(&plan);
            plan.add_findings(plan::breaking(&plan).into_iter().chain(unheard).collect());
        }
        Toward::Live => {}
    }
    let approved = plan.approve().map_err(|plan| {
        let message = "the live state does not allow a plan; nothing was written";
        Failure::found(plan.findings, sound.valid.sources.clone(), message)
    })?;
    Ok((live, approved))
}
