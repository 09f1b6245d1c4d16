//! Reads what is live, for the agents that are desired and no others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization as _;

use super::{CallError, Reads};
use crate::api::{self, AgentHead, ApiError, PageRequest, Pager, Progress, RawResponse, Read};
use crate::model::{
    Agent, AgentId, Catalog, Desired, Draft, Found, Listing, Live, LiveAgent, LiveSkill, Lookup, Published, References,
    Slug,
};
use crate::plan;

/// A read that failed, so that nothing can be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {what}")]
pub struct FetchError {
    /// What was to be read.
    pub what: String,
    /// Why it could not.
    pub source: Box<CallError>,
}

impl FetchError {
    /// What could not be read, and why.
    pub(super) fn chain(&self) -> String {
        format!("{self}: {}", self.source)
    }
}

/// A reader that counts, since a plan states the reads that it took.
pub(super) struct Counted<'a, R> {
    reader: &'a R,
    reads: AtomicU64,
}

impl<'a, R: Reads> Counted<'a, R> {
    pub(super) fn new(reader: &'a R) -> Self {
        Self { reader, reads: AtomicU64::new(0) }
    }

    pub(super) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    pub(super) async fn call(&self, request: &Read) -> Result<RawResponse, CallError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let response = self.reader.read(request).await?;
        if response.is_success() {
            Ok(response)
        } else {
            Err(ApiError::read(&response).needing(request.route().scope()).into())
        }
    }

    /// A list, read a second time from its beginning if the first time left doubt: it may have moved meanwhile, and a
    /// cursor may have run out.
    async fn list(&self, ask: impl Fn(PageRequest) -> Read) -> Result<Listing<Json>, CallError> {
        let listing = self.list_once(&ask).await;
        let is_in_doubt = match &listing {
            Ok(Listing::Complete(_)) | Err(CallError::Transport(_)) => false,
            Ok(Listing::Unproven { .. }) => true,
            Err(CallError::Api(error)) => matches!(error.status(), Some(400 | 410)),
        };
        if is_in_doubt { self.list_once(&ask).await } else { listing }
    }

    async fn list_once(&self, ask: &impl Fn(PageRequest) -> Read) -> Result<Listing<Json>, CallError> {
        let mut pager = Pager::default();
        let mut request = PageRequest::First;
        loop {
            let page = api::page(&self.call(&ask(request.clone())).await?)?;
            match pager.feed(&request, page) {
                Progress::Next(next) => request = next,
                Progress::Done(listing) => return Ok(listing),
            }
        }
    }

    /// The skills of an agent, however they are paged.
    pub(super) async fn skills(&self, agent: &AgentId) -> Result<Listing<LiveSkill>, FetchError> {
        let listing = self.list(|page| Read::Skills(agent.clone(), page)).await;
        let listing = listing.and_then(|listing| Ok(each(listing, api::skill)?));
        listing.map_err(failed(format!("the skills of agent `{agent}`")))
    }
}

fn failed(what: String) -> impl FnOnce(CallError) -> FetchError {
    |source| FetchError { what, source: Box::new(source) }
}

fn each<T>(listing: Listing<Json>, read: impl Fn(Json) -> Result<T, ApiError>) -> Result<Listing<T>, ApiError> {
    let all = |items: Vec<Json>| items.into_iter().map(&read).collect::<Result<Vec<T>, ApiError>>();
    Ok(match listing {
        Listing::Complete(items) => Listing::Complete(all(items)?),
        Listing::Unproven { items, reason } => Listing::Unproven { items: all(items)?, reason },
    })
}

/// Reads the agents, their skills, and what else planning them needs, `concurrency` agents at a time.
///
/// The reads are: the pages of the agents (or the one agent that is wanted by id), the pages of each agent's skills,
/// the catalog if a pack is declared, the draft's comparison for each agent that is published on change (and the agent
/// itself, if the list does not say which version is published), and the pages of caller verification for each agent of
/// which a skill might be deleted.
pub async fn fetch(reader: &impl Reads, desired: &Desired, concurrency: usize) -> Result<Live, FetchError> {
    let reader = Counted::new(reader);
    if desired.agents.is_empty() {
        return Ok(Live::default());
    }
    let heads = agents(&reader, desired).await?;
    let catalog = catalog(&reader, desired).await?;
    let agents = each_agent(&reader, desired, &heads, concurrency).await?;
    Ok(Live { agents, catalog, reads: reader.reads() })
}

/// Lists the agents that the server has.
pub async fn survey(reader: &impl Reads) -> Result<Survey, FetchError> {
    let reader = Counted::new(reader);
    let heads = all_agents(&reader).await?;
    Ok(Survey { heads, reads: reader.reads() })
}

/// The agents of a server, by id and name.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    heads: Listing<AgentHead>,
    reads: u64,
}

impl Survey {
    /// What was listed.
    pub fn agents(&self) -> Vec<(AgentId, String)> {
        self.heads.items().iter().map(|head| (head.id.clone(), head.name.clone())).collect()
    }

    /// Why it is perhaps not all, as a fragment.
    pub fn doubt(&self) -> Option<&str> {
        match &self.heads {
            Listing::Complete(_) => None,
            Listing::Unproven { items: _, reason } => Some(reason),
        }
    }
}

/// Reads the skills of agents that were listed. The catalog is not read.
pub async fn fetch_listed(
    reader: &impl Reads,
    desired: &Desired,
    survey: &Survey,
    concurrency: usize,
) -> Result<Live, FetchError> {
    let reader = Counted::new(reader);
    let agents = each_agent(&reader, desired, &survey.heads, concurrency).await?;
    Ok(Live { agents, catalog: Catalog::NotNeeded, reads: survey.reads + reader.reads() })
}

async fn each_agent<R: Reads>(
    reader: &Counted<'_, R>,
    desired: &Desired,
    heads: &Listing<AgentHead>,
    concurrency: usize,
) -> Result<BTreeMap<Slug, Found>, FetchError> {
    let found: Vec<(&Agent, Result<AgentHead, Found>)> =
        desired.agents.iter().map(|agent| (agent, find(&agent.lookup, heads))).collect();
    stream::iter(found)
        .map(|(agent, head)| one(reader, agent, head))
        .buffer_unordered(concurrency.max(1))
        .try_collect()
        .await
}

async fn agents<R: Reads>(reader: &Counted<'_, R>, desired: &Desired) -> Result<Listing<AgentHead>, FetchError> {
    if let [Agent { lookup: Lookup::Id(id), .. }] = desired.agents.as_slice() {
        let what = format!("agent `{id}`");
        return match reader.call(&Read::Agent(id.clone())).await.and_then(|response| Ok(api::agent(&response)?)) {
            Ok(head) => Ok(Listing::Complete(vec![head])),
            Err(CallError::Api(error)) if error.status() == Some(404) => Ok(Listing::Complete(Vec::new())),
            Err(source) => Err(FetchError { what, source: Box::new(source) }),
        };
    }
    all_agents(reader).await
}

async fn all_agents<R: Reads>(reader: &Counted<'_, R>) -> Result<Listing<AgentHead>, FetchError> {
    let listing = reader.list(Read::Agents).await.and_then(|listing| Ok(each(listing, AgentHead::try_from)?));
    listing.map_err(failed("the agents".to_owned()))
}

fn find(lookup: &Lookup, heads: &Listing<AgentHead>) -> Result<AgentHead, Found> {
    let is_meant = |head: &&AgentHead| match lookup {
        Lookup::Id(id) => head.id == *id,
        Lookup::Name(name) => head.name.nfc().eq(name.nfc()),
    };
    let meant: Vec<&AgentHead> = heads.items().iter().filter(is_meant).collect();
    match (meant.as_slice(), heads, lookup) {
        // An id is one agent's, so an agent that was listed is the one, whatever else was not.
        ([one], Listing::Complete(_), _) | ([one], Listing::Unproven { .. }, Lookup::Id(_)) => Ok((*one).clone()),
        (_, Listing::Unproven { items: _, reason }, _) => Err(Found::Unproven(reason.clone())),
        ([], Listing::Complete(all), _) => {
            Err(Found::Missing { names: all.iter().map(|head| head.name.clone()).collect() })
        }
        (several, Listing::Complete(_), _) => Err(Found::Several(several.iter().map(|head| head.id.clone()).collect())),
    }
}

async fn one<R: Reads>(
    reader: &Counted<'_, R>,
    agent: &Agent,
    head: Result<AgentHead, Found>,
) -> Result<(Slug, Found), FetchError> {
    let head = match head {
        Ok(head) => head,
        Err(found) => return Ok((agent.name.clone(), found)),
    };
    let skills = reader.skills(&head.id).await?;
    let references = if plan::needs_references(agent, skills.items()) {
        references(reader, &head.id).await?
    } else {
        References::NotNeeded
    };
    let draft = if plan::needs_draft(agent) { draft(reader, &head).await? } else { Draft::NotNeeded };
    let AgentHead { id, name: _, published, hours } = head;
    let live = LiveAgent { id, hours, skills, references, draft, published };
    Ok((agent.name.clone(), Found::One(Box::new(live))))
}

/// A server that refuses leaves the question open; a network that fails does not.
fn open_question<T>(
    answer: Result<T, CallError>,
    what: String,
    unknown: impl FnOnce(String) -> T,
) -> Result<T, FetchError> {
    match answer {
        Ok(value) => Ok(value),
        Err(CallError::Api(error)) => Ok(unknown(error.to_string())),
        Err(source @ CallError::Transport(_)) => Err(FetchError { what, source: Box::new(source) }),
    }
}

async fn references<R: Reads>(reader: &Counted<'_, R>, agent: &AgentId) -> Result<References, FetchError> {
    let listing = reader.list(|page| Read::CallerVerification(agent.clone(), page)).await;
    let known = listing.and_then(|listing| {
        Ok(match listing {
            Listing::Complete(entries) => {
                References::Known(entries.iter().map(api::reference).collect::<Result<_, ApiError>>()?)
            }
            Listing::Unproven { items: _, reason } => References::Unknown(reason),
        })
    });
    open_question(known, format!("the caller verification of agent `{agent}`"), References::Unknown)
}

pub(super) async fn draft<R: Reads>(reader: &Counted<'_, R>, head: &AgentHead) -> Result<Draft, FetchError> {
    let whole = match &head.published {
        Published::Version(_) | Published::Never => head.clone(),
        Published::Unstated => {
            let whole =
                reader.call(&Read::Agent(head.id.clone())).await.and_then(|response| Ok(api::agent(&response)?));
            whole.map_err(failed(format!("agent `{}`", head.id)))?
        }
    };
    // The agent's own answer is whole: what it does not state is not there.
    let Published::Version(version) = &whole.published else { return Ok(Draft::NeverPublished) };
    let response = reader.call(&Read::VersionDiff(head.id.clone(), version.clone())).await;
    let known = response
        .and_then(|response| Ok(Draft::Differs { version: version.clone(), changes: api::draft_changes(&response)? }));
    open_question(known, format!("the draft of agent `{}`", head.id), Draft::Unknown)
}

async fn catalog<R: Reads>(reader: &Counted<'_, R>, desired: &Desired) -> Result<Catalog, FetchError> {
    if desired.agents.iter().all(|agent| agent.packs.is_empty() && agent.provision.is_empty()) {
        return Ok(Catalog::NotNeeded);
    }
    let response = reader.call(&Read::Catalog).await;
    let known = response.and_then(|response| Ok(Catalog::Known(api::catalog(&response)?)));
    open_question(known, "the catalog of integrations".to_owned(), Catalog::Unknown)
}
