//! Lists, however the server pages them; and how many reads they took.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture};
use serde_json::Value as Json;

use super::fetch::FetchError;
use super::{CallError, Reads};
use crate::api::{self, ApiError, PageRequest, Pager, Progress, RawResponse, Read};
use crate::model::{AgentId, Listing, LiveSkill};

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
        // Whoever waits for this turn sends first: the server works while the answer is read.
        tokio::task::yield_now().await;
        if response.is_success() {
            Ok(response)
        } else {
            Err(ApiError::read(&response).needing(request.route().scope()).into())
        }
    }

    /// A list, read a second time from its beginning if the first time left doubt: it may have moved meanwhile, and a
    /// cursor may have run out. `see` is shown what every page holds, as soon as it is there.
    pub(super) async fn list(
        &self,
        ask: impl Fn(PageRequest) -> Read + Sync,
        mut see: impl FnMut(&[Json]) + Send,
    ) -> Result<Listing<Json>, CallError> {
        let listing = self.list_once(&ask, &mut see).await;
        let is_in_doubt = match &listing {
            Ok(Listing::Complete(_)) | Err(CallError::Transport(_)) => false,
            Ok(Listing::Unproven { .. }) => true,
            Err(CallError::Api(error)) => matches!(error.status(), Some(400 | 410)),
        };
        if is_in_doubt { self.list_once(&ask, &mut see).await } else { listing }
    }

    async fn list_once(
        &self,
        ask: &(impl Fn(PageRequest) -> Read + Sync),
        see: &mut (impl FnMut(&[Json]) + Send),
    ) -> Result<Listing<Json>, CallError> {
        let mut pager = Pager::default();
        let mut ahead = Ahead { last: 1, pages: FuturesOrdered::new() };
        let mut request = PageRequest::First;
        loop {
            let response = match ahead.take(&request).await {
                Some(response) => response?,
                None => self.call(&ask(request.clone())).await?,
            };
            let page = api::page(&response)?;
            see(&page.items);
            let last = page.pages;
            match pager.feed(&request, page) {
                Progress::Next(next) => request = next,
                Progress::Done(listing) => return Ok(listing),
            }
            // Once a second page was another one, the numbers lead on, and nobody has to wait for one page to ask for the next.
            if let (PageRequest::Number(number @ 3..), Some(last)) = (&request, last) {
                for number in (*number).max(ahead.last + 1)..=last.min(api::MAX_PAGES) {
                    let read = ask(PageRequest::Number(number));
                    ahead.pages.push_back(async move { (number, self.call(&read).await) }.boxed());
                    ahead.last = number;
                }
            }
        }
    }

    /// The skills of an agent, however they are paged.
    pub(super) async fn skills(&self, agent: &AgentId) -> Result<Listing<LiveSkill>, FetchError> {
        let listing = self.list(|page| Read::Skills(agent.clone(), page), |_| {}).await;
        let listing = listing.and_then(|listing| Ok(each(listing, api::skill)?));
        listing.map_err(failed(format!("the skills of agent `{agent}`")))
    }
}

/// Pages that are asked for before it is their turn.
struct Ahead<'r> {
    /// The number of the last one.
    last: u32,
    pages: FuturesOrdered<BoxFuture<'r, (u32, Result<RawResponse, CallError>)>>,
}

impl Ahead<'_> {
    /// The answer to a request that was sent already, if it was.
    async fn take(&mut self, request: &PageRequest) -> Option<Result<RawResponse, CallError>> {
        let PageRequest::Number(wanted) = request else { return None };
        while let Some((number, answer)) = self.pages.next().await {
            if number == *wanted {
                return Some(answer);
            }
        }
        None
    }
}

pub(super) fn failed(what: String) -> impl FnOnce(CallError) -> FetchError {
    |source| FetchError { what, source: Box::new(source) }
}

/// Reads every item of a list.
pub(super) fn each<T>(
    listing: Listing<Json>,
    read: impl Fn(Json) -> Result<T, ApiError>,
) -> Result<Listing<T>, ApiError> {
    let all = |items: Vec<Json>| items.into_iter().map(&read).collect::<Result<Vec<T>, ApiError>>();
    Ok(match listing {
        Listing::Complete(items) => Listing::Complete(all(items)?),
        Listing::Unproven { items, reason } => Listing::Unproven { items: all(items)?, reason },
    })
}
