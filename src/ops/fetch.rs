//! Reads what is live, for the agents that are desired and no others.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use futures_util::future::try_join;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value as Json;
use tokio::sync::mpsc;

use super::heads::{Heads, Wanted};
use super::list::{Counted, each, failed};
use super::{CallError, Reads};
use crate::api::{self, AgentHead, ApiError, PageRequest, Read};
use crate::model::{
    Agent, AgentId, Catalog, Desired, Draft, Found, Listing, Live, LiveAgent, Lookup, Partition, Published, References,
    Slug,
};
use crate::plan::{self, Base, Context, Looked, Plan};

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

/// Reads the agents, their skills, and what else planning them needs; the transport decides how many requests are under way.
///
/// What the commands work with is [`plan()`], which keeps less; the laws hold it against this.
///
/// The reads are: the pages of the agents (or the one agent that is wanted by id), the pages of each agent's skills,
/// the catalog if a pack is declared, the draft's comparison for each agent that is published on change (and the agent
/// itself, if the list does not say which version is published), and the pages of caller verification for each agent of
/// which a skill might be deleted.
pub async fn fetch(reader: &impl Reads, desired: &Desired, concurrency: usize) -> Result<Live, FetchError> {
    let reader = Counted::new(reader);
    let ready = async { Ok((catalog(&reader, desired).await?, |agent: &Agent, found| (agent.name.clone(), found))) };
    let Gathered { common: catalog, made, .. } = gather(&reader, desired, |_| true, concurrency, ready).await?;
    Ok(Live { agents: made.into_iter().collect(), catalog, reads: reader.reads() })
}

/// What is kept of what was read once it is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing.
    Nothing,
    /// The agents, of the share if there is one, that something may be done to.
    Changed,
    /// These, and all that get something from a provider.
    Provided,
}

impl Keep {
    fn keeps(self, agent: &Agent, looked: &Looked<'_>) -> bool {
        match self {
            Self::Nothing => false,
            Self::Changed => looked.may_change(),
            Self::Provided => looked.may_change() || !agent.packs.is_empty() || !agent.provision.is_empty(),
        }
    }
}

/// A plan, with what was kept of what it was made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// What was kept.
    pub live: Live,
}

/// Reads what is live, as [`fetch`] does, and plans each agent as soon as it is read. In memory are the answers that are
/// under way, what planning each agent came to, and what is kept.
///
/// Of a share only its own agents are read; but all of them where a guard or whether headers can be read back depends on
/// the others. So the plans of all shares together are the plan of all agents.
pub async fn plan(
    reader: &impl Reads,
    desired: &Desired,
    base: Option<&Base>,
    share: Option<Partition>,
    concurrency: usize,
    keep: Keep,
) -> Result<Planned, FetchError> {
    let reader = Counted::new(reader);
    let (catalog, context) = (OnceCell::new(), OnceCell::new());
    let ready = async {
        let known = self::catalog(&reader, desired).await?;
        let context = context.get_or_init(|| Context::new(desired, catalog.get_or_init(|| known), base, share));
        let look = |agent, found| {
            let looked = context.look(agent, &found);
            let kept = (context.is_own(agent) && keep.keeps(agent, &looked)).then(|| (agent.name.clone(), found));
            (looked, kept)
        };
        Ok((context, look))
    };
    let is_own = |agent: &Agent| share.is_none_or(|share| share.holds(&agent.name));
    let Gathered { common: context, take: look, heads, made } =
        gather(&reader, desired, is_own, concurrency, ready).await?;
    let (mut looked, kept): (Vec<Looked<'_>>, Vec<Option<(Slug, Found)>>) = made.into_iter().unzip();
    let others = desired.agents.iter().filter(|agent| !is_own(agent));
    let (others, not_found) = sort_out(&heads, others);
    looked.extend(not_found.into_iter().map(|(agent, found)| look(agent, found).0));
    if context.leans_on_others(&looked) {
        let others = read_each(&reader, others, concurrency, &look).await?;
        looked.extend(others.into_iter().map(|(looked, _)| looked));
    } else {
        looked.extend(others.into_iter().map(|(agent, head)| context.pass(agent, head.id.clone())));
    }
    let plan = context.join(looked, reader.reads());
    let live =
        Live { agents: kept.into_iter().flatten().collect(), catalog: context.catalog().clone(), reads: plan.reads };
    Ok(Planned { plan, live })
}

/// Lists the agents that the server has.
pub async fn survey(reader: &impl Reads) -> Result<Survey, FetchError> {
    let reader = Counted::new(reader);
    let heads = Heads::new(all_agents(&reader, |_| {}).await?);
    Ok(Survey { heads, reads: reader.reads() })
}

/// The agents of a server, by id and name.
#[derive(Debug, Clone)]
pub struct Survey {
    heads: Heads,
    reads: u64,
}

impl Survey {
    /// What was listed.
    pub fn agents(&self) -> Vec<(AgentId, String)> {
        self.heads.agents().map(|(id, name)| (id.clone(), name.to_owned())).collect()
    }

    /// Why it is perhaps not all, as a fragment.
    pub fn doubt(&self) -> Option<&str> {
        self.heads.doubt()
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
    let agents = desired.agents.iter().map(|agent| (agent, survey.heads.find(&agent.lookup).cloned()));
    let agents = stream::iter(agents.collect::<Vec<_>>())
        .map(|(agent, head)| async { Ok((agent.name.clone(), one(&reader, agent, head).await?)) })
        .buffer_unordered(under_way(concurrency))
        .try_collect()
        .await?;
    Ok(Live { agents, catalog: Catalog::NotNeeded, reads: survey.reads + reader.reads() })
}

/// What reading agents came to.
struct Gathered<C, F, T> {
    common: C,
    take: F,
    heads: Heads,
    made: Vec<T>,
}

/// Reads the desired agents that are wanted and makes something of each at once, by what `ready` gives.
///
/// An agent is read as soon as it is listed; so the list is not waited for. Once it is whole it has the last word: an agent
/// of which it says otherwise is read again, or not at all.
async fn gather<'d, R: Reads, C, T, F: Fn(&'d Agent, Found) -> T>(
    reader: &Counted<'_, R>,
    desired: &'d Desired,
    is_wanted: impl Fn(&Agent) -> bool,
    concurrency: usize,
    ready: impl Future<Output = Result<(C, F), FetchError>>,
) -> Result<Gathered<C, F, T>, FetchError> {
    let agents: Vec<&Agent> = desired.agents.iter().filter(|agent| is_wanted(agent)).collect();
    let (send, mut listed) = mpsc::unbounded_channel();
    let mut wanted = Wanted::new(&agents);
    let list = heads(reader, desired, move |head| {
        for agent in wanted.take(head) {
            // Nobody listens any more once something failed.
            let _unheard = send.send((agent, head.clone()));
        }
    });
    let read = async {
        let (common, take) = ready.await?;
        let listed = stream::poll_fn(move |context| listed.poll_recv(context));
        let early = listed.map(|(agent, head): (&Agent, AgentHead)| {
            let take = &take;
            async move {
                let made = take(agent, one(reader, agent, Ok(head.clone())).await?);
                Ok::<_, FetchError>(((&agent.name, head.id.clone()), (head, made)))
            }
        });
        let early: BTreeMap<(&Slug, AgentId), (AgentHead, T)> =
            early.buffer_unordered(under_way(concurrency)).try_collect().await?;
        Ok((common, take, early))
    };
    let (heads, (common, take, mut early)) = try_join(list, read).await?;
    let (found, not_found) = sort_out(&heads, agents);
    let mut made: Vec<T> = not_found.into_iter().map(|(agent, found)| take(agent, found)).collect();
    let mut late = Vec::new();
    for (agent, head) in found {
        match early.remove(&(&agent.name, head.id.clone())) {
            Some((seen, early)) if seen == *head => made.push(early),
            Some(_) | None => late.push((agent, head)),
        }
    }
    made.extend(read_each(reader, late, concurrency, &take).await?);
    Ok(Gathered { common, take, heads, made })
}

/// How many agents are worked on at a time. While the answer about one is worked on, the request about another is sent;
/// how many requests are under way the transport decides.
fn under_way(concurrency: usize) -> usize {
    concurrency.max(1).saturating_mul(2)
}

/// Desired agents with the live ones that they are, and those that are none.
type SortedOut<'d, 'h> = (Vec<(&'d Agent, &'h AgentHead)>, Vec<(&'d Agent, Found)>);

fn sort_out<'d, 'h>(heads: &'h Heads, agents: impl IntoIterator<Item = &'d Agent>) -> SortedOut<'d, 'h> {
    let (mut found, mut not_found) = (Vec::new(), Vec::new());
    for agent in agents {
        match heads.find(&agent.lookup) {
            Ok(head) => found.push((agent, head)),
            Err(why) => not_found.push((agent, why)),
        }
    }
    (found, not_found)
}

async fn read_each<'d, R: Reads, T, F: Fn(&'d Agent, Found) -> T>(
    reader: &Counted<'_, R>,
    agents: Vec<(&'d Agent, &AgentHead)>,
    concurrency: usize,
    take: &F,
) -> Result<Vec<T>, FetchError> {
    stream::iter(agents)
        .map(|(agent, head)| async { Ok(take(agent, one(reader, agent, Ok(head.clone())).await?)) })
        .buffer_unordered(under_way(concurrency))
        .try_collect()
        .await
}

/// The request for the list of agents, which is what [`plan()`] begins with wherever [`is_list_sure`].
pub const LIST: Read = Read::Agents(PageRequest::First);

/// Whether the list of agents is read, however they are found, if so many are desired.
pub fn is_list_sure(agents: usize) -> bool {
    agents > 1
}

/// The agents that the server has, or the one that alone is wanted, by its id. `see` is shown each as soon as it is listed.
async fn heads<R: Reads>(
    reader: &Counted<'_, R>,
    desired: &Desired,
    mut see: impl FnMut(&AgentHead) + Send,
) -> Result<Heads, FetchError> {
    match desired.agents.as_slice() {
        [] => Ok(Heads::new(Listing::Complete(Vec::new()))),
        [Agent { lookup: Lookup::Id(id), .. }] => {
            let answer = reader.call(&Read::Agent(id.clone())).await.and_then(|response| Ok(api::agent(&response)?));
            match answer {
                Ok(head) => {
                    see(&head);
                    Ok(Heads::new(Listing::Complete(vec![head])))
                }
                Err(CallError::Api(error)) if error.status() == Some(404) => {
                    Ok(Heads::new(Listing::Complete(Vec::new())))
                }
                Err(source) => Err(failed(format!("agent `{id}`"))(source)),
            }
        }
        _ => Ok(Heads::new(all_agents(reader, see).await?)),
    }
}

async fn all_agents<R: Reads>(
    reader: &Counted<'_, R>,
    mut see: impl FnMut(&AgentHead) + Send,
) -> Result<Listing<AgentHead>, FetchError> {
    // What cannot be read is said once all are listed.
    let see = |items: &[Json]| {
        items.iter().filter_map(|item| AgentHead::try_from(item.clone()).ok()).for_each(|head| see(&head));
    };
    let listing = reader.list(Read::Agents, see).await;
    let listing = listing.and_then(|listing| Ok(each(listing, AgentHead::try_from)?));
    listing.map_err(failed("the agents".to_owned()))
}

async fn one<R: Reads>(
    reader: &Counted<'_, R>,
    agent: &Agent,
    head: Result<AgentHead, Found>,
) -> Result<Found, FetchError> {
    let head = match head {
        Ok(head) => head,
        Err(found) => return Ok(found),
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
    Ok(Found::One(Box::new(live)))
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
    let listing = reader.list(|page| Read::CallerVerification(agent.clone(), page), |_| {}).await;
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
