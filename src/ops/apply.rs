//! Sends a plan's writes, and proves that they took.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::body;
use super::cover::cover;
use super::fetch::{Counted, FetchError, draft};
use super::{TransportError, Writes};
use crate::api::{self, ApiError, RawResponse, Read, Write};
use crate::diff::{self, Facts};
use crate::model::{AgentId, Desired, Draft, Found, Live, LiveAgent, Secret, SecretRef, Slug};
use crate::plan::{self, Action, Approved, Step, Verb};
use crate::report::{Cause, Event, Outcome, Proof, Report, Status};

/// Every secret that the plan may need, resolved.
pub type Secrets = BTreeMap<SecretRef, Secret>;

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
    /// Hears what happens.
    pub on_event: &'a (dyn Fn(Event) + Sync),
}

/// After so many lost answers and failures of the server in a row nothing more is sent.
const TROUBLE: u64 = 5;

struct Sender<'a, W> {
    writer: &'a W,
    reader: Counted<'a, W>,
    run: &'a Run<'a>,
    writes: AtomicU64,
    in_a_row: AtomicU64,
    stopped: Mutex<Option<String>>,
}

/// Applies a plan: its writes or fewer, never others. Then reads the changed agents again and plans them afresh.
///
/// A step that fails stops those that need it; all others go on. Nothing is decided here: what is sent, to what, and in
/// which order stands in the plan.
pub async fn apply(writer: &impl Writes, desired: &Desired, live: &Live, plan: Approved, run: &Run<'_>) -> Report {
    let plan = plan.into_plan();
    let sender = Sender {
        writer,
        reader: Counted::new(writer),
        run,
        writes: AtomicU64::new(0),
        in_a_row: AtomicU64::new(0),
        stopped: Mutex::new(None),
    };
    let mut by_agent: BTreeMap<&Slug, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        by_agent.entry(&step.agent.name).or_default().push(step);
    }
    let ended: BTreeMap<String, Outcome> = stream::iter(by_agent.into_values())
        .map(|steps| sender.agent(steps))
        .buffer_unordered(run.concurrency.max(1))
        .flat_map(stream::iter)
        .map(|outcome| (outcome.step.clone(), outcome))
        .collect()
        .await;
    let outcomes: Vec<Outcome> = plan.steps.iter().filter_map(|step| ended.get(&step.id).cloned()).collect();
    let proof = sender.prove(desired, live, &outcomes).await;
    let report = Report {
        reads: plan.reads + sender.reader.reads(),
        writes: sender.writes.load(Ordering::Relaxed),
        plan,
        outcomes,
        proof,
    };
    cover(report, run.secrets)
}

impl<W: Writes> Sender<'_, W> {
    async fn agent(&self, steps: Vec<&Step>) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        for step in steps {
            let undone = step.needs.iter().find(|needed| {
                outcomes.iter().any(|outcome| {
                    outcome.step == **needed && !matches!(outcome.status, Status::Done | Status::Unneeded)
                })
            });
            let status = match (undone, self.stop_reason()) {
                (Some(needed), _) => Status::Skipped(Cause::Step(needed.clone())),
                (None, Some(reason)) => Status::Skipped(Cause::Stopped(reason)),
                (None, None) => {
                    (self.run.on_event)(Event::Started { step: step.id.clone(), verb: step.action.verb() });
                    self.step(step).await
                }
            };
            let outcome =
                Outcome { step: step.id.clone(), verb: step.action.verb(), agent: step.agent.clone(), status };
            (self.run.on_event)(Event::Ended(outcome.clone()));
            outcomes.push(outcome);
        }
        outcomes
    }

    fn stop_reason(&self) -> Option<String> {
        self.stopped.lock().map_or_else(|poisoned| poisoned.into_inner().clone(), |reason| reason.clone())
    }

    fn stop(&self, reason: String) {
        if let Ok(mut stopped) = self.stopped.lock() {
            stopped.get_or_insert(reason);
        }
    }

    async fn step(&self, step: &Step) -> Status {
        match self.bind(step).await {
            Ok(Some(write)) => self.send(&write).await,
            Ok(None) => Status::Unneeded,
            Err(why) => Status::Failed(why),
        }
    }

    /// The step's write, with the ids that were learned on the way; `None` if there is nothing left to send.
    async fn bind(&self, step: &Step) -> Result<Option<Write>, String> {
        let agent = &step.agent.id;
        let secrets = self.run.secrets;
        let key = body::key(&self.run.nonce, &step.id);
        let write = match &step.action {
            Action::Create { name, fields } => body::create(agent, name, fields, secrets, key),
            Action::Update { id, name, was, changes } => {
                body::update(agent, id, was.as_ref().map(|_| name), changes, secrets)
            }
            Action::UpdatePreset { name, fields } => {
                let skills = self.reader.skills(agent).await.map_err(|error| fetch_message(&error))?;
                let mut made = skills.items().iter().filter(|skill| skill.name == *name);
                let (Some(skill), None) = (made.next(), made.next()) else {
                    return Err(format!("the installed pack made no skill called `{name}`, or more than one"));
                };
                let changes = diff::fields(fields, &skill.raw, Facts { shows_headers: true });
                let changes = changes.map_err(|masked| masked.to_string())?;
                if changes.is_empty() {
                    return Ok(None);
                }
                body::update(agent, &skill.id, None, &changes, secrets)
            }
            Action::Delete { id, name: _ } => Ok(Write::DeleteSkill { agent: agent.clone(), skill: id.clone() }),
            Action::Install { kind, missing: _ } => Ok(Write::InstallPack { agent: agent.clone(), kind: kind.clone() }),
            Action::Publish { draft: _ } => {
                Ok(Write::Publish { agent: agent.clone(), note: self.run.note.clone(), key })
            }
        };
        write.map(Some).map_err(|unresolved| unresolved.to_string())
    }

    async fn send(&self, write: &Write) -> Status {
        let answer = self.writer.write(write).await;
        if !matches!(answer, Err(TransportError::NotSent(_))) {
            self.writes.fetch_add(1, Ordering::Relaxed);
        }
        let is_answered = answer.is_ok();
        let status = match answer {
            Ok(response) => {
                if matches!(response.status, 401 | 403) {
                    self.stop("the server refuses the key".to_owned());
                }
                classify(write, &response)
            }
            Err(error @ TransportError::NotSent(_)) => Status::Failed(error.to_string()),
            Err(error @ (TransportError::Lost(_) | TransportError::Oversized(_))) => Status::Unknown(error.to_string()),
        };
        // A refusal is about its own step; what is lost or not sent may be about the server.
        let is_trouble = matches!(status, Status::Unknown(_)) || !is_answered;
        if is_trouble {
            if self.in_a_row.fetch_add(1, Ordering::Relaxed) + 1 >= TROUBLE {
                self.stop(format!("{TROUBLE} answers in a row were lost or were the server's own failures"));
            }
        } else {
            self.in_a_row.store(0, Ordering::Relaxed);
        }
        status
    }

    /// Reads every agent again to which something was sent, and plans it afresh.
    async fn prove(&self, desired: &Desired, live: &Live, outcomes: &[Outcome]) -> Proof {
        let is_sent = |outcome: &&Outcome| matches!(outcome.status, Status::Done | Status::Unknown(_));
        let published: BTreeSet<&Slug> = outcomes
            .iter()
            .filter(is_sent)
            .filter(|outcome| outcome.verb == Verb::Publish)
            .map(|o| &o.agent.name)
            .collect();
        let touched: BTreeMap<&Slug, &AgentId> =
            outcomes.iter().filter(is_sent).map(|outcome| (&outcome.agent.name, &outcome.agent.id)).collect();
        if touched.is_empty() {
            return Proof::NotNeeded;
        }
        let read = stream::iter(&touched).map(|(name, id)| async {
            (self.run.on_event)(Event::Proving { agent: (*name).clone() });
            let found = self.again(id, live.agents.get(*name), published.contains(*name)).await?;
            Ok(((*name).clone(), found))
        });
        let read: Vec<Result<(Slug, Found), FetchError>> =
            read.buffer_unordered(self.run.concurrency.max(1)).collect().await;
        match read.into_iter().collect::<Result<BTreeMap<Slug, Found>, FetchError>>() {
            Ok(agents) => {
                let changed = Desired {
                    agents: desired.agents.iter().filter(|agent| touched.contains_key(&agent.name)).cloned().collect(),
                    ..desired.clone()
                };
                let fresh = Live { agents, catalog: live.catalog.clone(), reads: 0 };
                Proof::Fresh(Box::new(plan::plan(&changed, &fresh)))
            }
            Err(error) => Proof::Unread(fetch_message(&error)),
        }
    }

    async fn again(&self, id: &AgentId, before: Option<&Found>, is_published: bool) -> Result<Found, FetchError> {
        let skills = self.reader.skills(id).await?;
        let references = match before {
            Some(Found::One(one)) => one.references.clone(),
            Some(Found::Missing { .. } | Found::Several(_) | Found::Unproven(_)) | None => {
                crate::model::References::NotNeeded
            }
        };
        let draft = if is_published {
            let head = self.reader.call(&Read::Agent(id.clone())).await.and_then(|response| Ok(api::agent(&response)?));
            let head = head.map_err(|source| FetchError { what: format!("agent `{id}`"), source })?;
            draft(&self.reader, &head).await?
        } else {
            Draft::NotNeeded
        };
        Ok(Found::One(Box::new(LiveAgent { id: id.clone(), skills, references, draft })))
    }
}

fn fetch_message(error: &FetchError) -> String {
    format!("{error}: {}", error.source)
}

/// What an answer to a write means. A 5xx may have been sent after the write was done, so it settles nothing.
fn classify(write: &Write, response: &RawResponse) -> Status {
    let read = if response.is_success() {
        match write {
            Write::CreateSkill { .. } | Write::UpdateSkill { .. } => api::written_skill(response).map(|_| ()),
            Write::InstallPack { .. } => api::provisioned(response).map(|_| ()),
            Write::DeleteSkill { .. } | Write::Publish { .. } => api::succeeded(response),
        }
    } else {
        Err(ApiError::read(response))
    };
    let Err(error) = read else { return Status::Done };
    let gone = matches!(write, Write::DeleteSkill { .. }) && matches!(response.status, 404 | 410);
    match &error {
        ApiError::Refused(problem) => match (problem.status, problem.slug.as_str()) {
            _ if gone => Status::Unneeded,
            (409, "no_diff") => Status::Unneeded,
            (408 | 500..=599, _) => Status::Unknown(error.to_string()),
            (_, _) => Status::Failed(error.to_string()),
        },
        ApiError::NotJson { .. } | ApiError::Shape(_) if response.is_success() || response.status >= 500 => {
            Status::Unknown(error.to_string())
        }
        ApiError::Redirect(_) | ApiError::NotJson { .. } | ApiError::Shape(_) => Status::Failed(error.to_string()),
    }
}
