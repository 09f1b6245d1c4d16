//! Applies a plan: agent by agent, step by step, until something says to stop; then proves that it took.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::Writes;
use super::cover::cover;
use super::geocode::{self, Places};
use super::halt::Halt;
use super::journal::Journal;
use super::list::Counted;
use super::prove::prove;
use super::step::{Desk, End};
use crate::diff::Facts;
use crate::model::{Desired, Found, Live, LiveSkill, Secret, SecretRef, Slug};
use crate::plan::{Approved, Step};
use crate::report::{Cause, Event, Outcome, Report, Status};

/// Every secret that the plan may need, resolved.
pub type Secrets = BTreeMap<SecretRef, Secret>;

/// What a step that failed does to those that do not need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// No other write is begun.
    Stop,
    /// They go on.
    KeepGoing,
}

/// What an apply is told besides its plan.
pub struct Run<'a> {
    /// A number that no other run has; idempotency keys come from it.
    pub nonce: Uuid,
    /// The note of a published version.
    pub note: String,
    /// How many agents are written at a time. Steps of one agent are never sent at once.
    pub concurrency: usize,
    /// Every secret that the plan may need.
    pub secrets: &'a Secrets,
    /// Steps that are not to be done, with the reason: they are not as they were reviewed.
    pub refused: &'a BTreeMap<String, String>,
    /// What a failure does to the rest.
    pub on_failure: OnFailure,
    /// Tells it from outside to stop.
    pub halt: &'a Halt,
    /// Where every write is written down before it is sent.
    pub journal: &'a dyn Journal,
    /// Hears what happens.
    pub on_event: &'a (dyn Fn(Event) + Sync),
}

/// After so many lost answers and failures of the server in a row nothing more is sent.
const TROUBLE: u64 = 5;

/// What the steps of all agents share.
pub(super) struct Sender<'a, W> {
    pub(super) writer: &'a W,
    pub(super) reader: Counted<'a, W>,
    pub(super) run: &'a Run<'a>,
    pub(super) facts: Facts,
    /// Where the addresses lie that the steps need.
    pub(super) places: Places,
    writes: AtomicU64,
    lookups: AtomicU64,
    in_a_row: AtomicU64,
    stopped: Halt,
}

/// Applies a plan: its writes or fewer, never others. Then reads the changed agents again and plans them afresh.
///
/// Nothing is decided here: what is sent, to what, and in which order stands in the plan. Before each step live is read
/// again, and a step whose skill is not as the plan saw it is not sent; the others go on. After a failure no other write
/// is begun, unless the run keeps going; steps that need one that was not done are never tried.
pub async fn apply(writer: &impl Writes, desired: &Desired, live: &Live, plan: Approved, run: &Run<'_>) -> Report {
    let plan = plan.into_plan();
    let mut sender = Sender {
        writer,
        reader: Counted::new(writer),
        run,
        facts: plan.facts,
        places: Places::default(),
        writes: AtomicU64::new(0),
        lookups: AtomicU64::new(0),
        in_a_row: AtomicU64::new(0),
        stopped: Halt::default(),
    };
    sender.places = geocode::locate(&sender, &plan.without(run.refused)).await;
    let sender = sender;
    let mut by_agent: BTreeMap<&Slug, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        by_agent.entry(&step.agent.name).or_default().push(step);
    }
    let ended: BTreeMap<String, End> = stream::iter(by_agent)
        .map(|(name, steps)| sender.agent(skills_of(live, name), steps))
        .buffer_unordered(run.concurrency.max(1))
        .flat_map(stream::iter)
        .map(|end| (end.outcome.step.clone(), end))
        .collect()
        .await;
    let ends: Vec<&End> = plan.steps.iter().filter_map(|step| ended.get(&step.id)).collect();
    let (proof, after) = prove(&sender, desired, live, &ends).await;
    let outcomes = ends.iter().map(|end| end.outcome.clone()).collect();
    let report = Report {
        reads: plan.reads + sender.reader.reads(),
        writes: sender.writes.load(Ordering::Relaxed),
        lookups: sender.lookups.load(Ordering::Relaxed),
        plan,
        outcomes,
        proof,
        installed: ends.iter().filter_map(|end| end.installed.clone()).collect(),
        after,
    };
    cover(report, run.secrets)
}

fn skills_of<'a>(live: &'a Live, agent: &Slug) -> &'a [LiveSkill] {
    match live.agents.get(agent) {
        Some(Found::One(one)) => one.skills.items(),
        Some(Found::Missing { .. } | Found::Several(_) | Found::Unproven(_)) | None => &[],
    }
}

impl<W: Writes> Sender<'_, W> {
    async fn agent(&self, live: &[LiveSkill], steps: Vec<&Step>) -> Vec<End> {
        let mut desk = Desk::new(self, live);
        let mut ends: Vec<End> = Vec::new();
        let mut undone: BTreeSet<&str> = BTreeSet::new();
        for step in steps {
            let needed = step.needs.iter().find(|needed| undone.contains(needed.as_str()));
            let end = match (needed, self.stop_reason()) {
                _ if self.run.refused.contains_key(&step.id) => End::refused(step, self.run.refused),
                (Some(needed), _) => End::skipped(step, Cause::Step(needed.clone())),
                (None, Some(reason)) => End::skipped(step, Cause::Stopped(reason.to_owned())),
                (None, None) => {
                    (self.run.on_event)(Event::Started { step: step.id.clone(), verb: step.action.verb() });
                    desk.step(step).await
                }
            };
            self.heed(&end.outcome);
            if !matches!(end.outcome.status, Status::Done | Status::Settled(_) | Status::Unneeded) {
                undone.insert(&step.id);
            }
            (self.run.on_event)(Event::Ended(end.outcome.clone()));
            ends.push(end);
        }
        ends
    }

    /// Why nothing more may be sent, if so.
    pub(super) fn stop_reason(&self) -> Option<&str> {
        self.run.halt.reason().or_else(|| self.stopped.reason())
    }

    /// Sends no more from here on.
    pub(super) fn stop(&self, reason: impl Into<String>) {
        self.stopped.halt(reason);
    }

    /// A failure stops the rest, unless the run keeps going.
    fn heed(&self, outcome: &Outcome) {
        match (&outcome.status, self.run.on_failure) {
            (Status::Failed(_) | Status::Unknown(_), OnFailure::Stop) => {
                self.stop(format!("{} was not done; `--keep-going` goes on with what does not need it", outcome.step));
            }
            (
                Status::Failed(_)
                | Status::Unknown(_)
                | Status::Done
                | Status::Settled(_)
                | Status::Unneeded
                | Status::Conflict(_)
                | Status::Skipped(_),
                OnFailure::Stop | OnFailure::KeepGoing,
            ) => {}
        }
    }

    /// Counts a write that was sent.
    pub(super) fn count(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request for coordinates that was sent.
    pub(super) fn count_lookup(&self) {
        self.lookups.fetch_add(1, Ordering::Relaxed);
    }

    /// Learns from an answer: a refusal is about its own step; what is lost or not sent may be about the server.
    pub(super) fn heard(&self, is_trouble: bool) {
        if !is_trouble {
            self.in_a_row.store(0, Ordering::Relaxed);
        } else if self.in_a_row.fetch_add(1, Ordering::Relaxed) + 1 >= TROUBLE {
            self.stop(format!("{TROUBLE} answers in a row were lost or were the server's own failures"));
        }
    }
}
