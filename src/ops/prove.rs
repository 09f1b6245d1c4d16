//! Reads the agents again to which something was sent, and plans them afresh.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use super::Writes;
use super::apply::Sender;
use super::fetch::{FetchError, draft};
use super::settle::WAITS;
use super::step::End;
use crate::api::{self, Read};
use crate::model::{AgentId, BusinessHours, Desired, Draft, Found, Live, LiveAgent, Published, References, Slug};
use crate::plan::{self, Plan, Verb};
use crate::report::{Event, Proof};

/// Plans afresh every agent to which something was sent.
///
/// A write that the server accepted may take a while to show: such an agent is read again, for seven and a half seconds
/// in all, before it counts as not converged. What the server's own answer already showed otherwise is not waited for.
/// The agents come along as they were read.
pub(super) async fn prove<W: Writes>(
    sender: &Sender<'_, W>,
    desired: &Desired,
    live: &Live,
    ends: &[&End],
) -> (Proof, BTreeMap<Slug, Found>) {
    let mut waiting: BTreeMap<&Slug, &AgentId> = ends
        .iter()
        .filter(|end| end.outcome.sent > 0)
        .map(|end| (&end.outcome.agent.name, &end.outcome.agent.id))
        .collect();
    if waiting.is_empty() {
        return (Proof::NotNeeded, BTreeMap::new());
    }
    let changed: BTreeSet<&Slug> = waiting.keys().copied().collect();
    let changed = Desired {
        agents: desired.agents.iter().filter(|agent| changed.contains(&agent.name)).cloned().collect(),
        ..desired.clone()
    };
    let mut fresh = Live { agents: BTreeMap::new(), catalog: live.catalog.clone(), reads: 0 };
    for wait in [Duration::ZERO].into_iter().chain(WAITS) {
        if !wait.is_zero() {
            sender.writer.rest(wait).await;
        }
        match again(sender, &waiting, live, ends).await {
            Ok(agents) => fresh.agents.extend(agents),
            Err(error) => return (Proof::Unread(error.chain()), BTreeMap::new()),
        }
        let plan = plan::plan(&changed, &fresh);
        let late: BTreeSet<&Slug> = late(&plan, ends);
        waiting.retain(|name, _| late.contains(name));
        if waiting.is_empty() {
            return (Proof::Fresh(Box::new(plan)), fresh.agents);
        }
    }
    (Proof::Fresh(Box::new(plan::plan(&changed, &fresh))), fresh.agents)
}

/// The agents of which a step is wanted again that the server accepted, and of which it showed nothing else.
fn late<'a>(plan: &Plan, ends: &[&'a End]) -> BTreeSet<&'a Slug> {
    let is_wanted =
        |id: &String| plan.steps.iter().any(|step| step.id == *id) || plan.held.iter().any(|held| held.id == *id);
    let is_late = |end: &&&End| end.has_shown && is_wanted(&end.outcome.step);
    ends.iter().filter(is_late).map(|end| &end.outcome.agent.name).collect()
}

async fn again<W: Writes>(
    sender: &Sender<'_, W>,
    agents: &BTreeMap<&Slug, &AgentId>,
    live: &Live,
    ends: &[&End],
) -> Result<BTreeMap<Slug, Found>, FetchError> {
    let read = stream::iter(agents).map(|(name, id)| async {
        (sender.run.on_event)(Event::Proving { agent: (*name).clone() });
        let is_published = ends.iter().any(|end| {
            let outcome = &end.outcome;
            outcome.sent > 0 && outcome.verb == Verb::Publish && outcome.agent.name == **name
        });
        Ok(((*name).clone(), one(sender, id, live.agents.get(*name), is_published).await?))
    });
    let read: Vec<Result<(Slug, Found), FetchError>> =
        read.buffer_unordered(sender.run.concurrency.max(1)).collect().await;
    read.into_iter().collect()
}

async fn one<W: Writes>(
    sender: &Sender<'_, W>,
    id: &AgentId,
    before: Option<&Found>,
    is_published: bool,
) -> Result<Found, FetchError> {
    let skills = sender.reader.skills(id).await?;
    let references = match before {
        Some(Found::One(one)) => one.references.clone(),
        Some(Found::Missing { .. } | Found::Several(_) | Found::Unproven(_)) | None => References::NotNeeded,
    };
    let mut published = match before {
        Some(Found::One(one)) => one.published.clone(),
        Some(Found::Missing { .. } | Found::Several(_) | Found::Unproven(_)) | None => Published::Unstated,
    };
    let draft = if is_published {
        let head = sender.reader.call(&Read::Agent(id.clone())).await.and_then(|response| Ok(api::agent(&response)?));
        let head = head.map_err(|source| FetchError { what: format!("agent `{id}`"), source: Box::new(source) })?;
        published.clone_from(&head.published);
        draft(&sender.reader, &head).await?
    } else {
        Draft::NotNeeded
    };
    let hours = BusinessHours::Unstated;
    Ok(Found::One(Box::new(LiveAgent { id: id.clone(), hours, skills, references, draft, published })))
}
