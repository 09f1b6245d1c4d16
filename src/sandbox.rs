//! The sandbox: a control plane of one's own that speaks the platform's REST API.
//!
//! Its heart is [`answer`], a function from a [`Store`] and a request to an answer. It reads no clock, no disk and no
//! random number: time and ids are counted in the store, so the same requests always give the same answers. What the
//! platform leaves open is answered by the store's [`Quirks`].
//!
//! Around it, [`Sandbox`] is a store that several callers share, in memory or in a file, with [`fault`]s if it is given
//! any, and [`serve`] listens on a loopback address. With the client it shares only the route table and the wire types of [`crate::api`].

mod agent;
mod caller;
mod check;
mod clock;
mod delivery;
pub mod fault;
mod file;
mod geocode;
mod integration;
mod line;
mod listen;
mod listing;
mod openapi;
mod preset;
pub mod quirk;
mod rate;
mod record;
mod register;
mod replay;
mod reply;
mod rewrite;
mod shared;
mod skill;
mod store;
mod version;
mod view;

pub use caller::Caller;
pub use delivery::{Delivery, End, Fate};
pub use fault::Faults;
pub use file::SandboxError;
pub use listen::{Pace, bind, serve};
pub use quirk::{QuirkError, Quirks};
pub use shared::Sandbox;
pub use store::{Event, Store};

use crate::api::{Method, RawRequest, RawResponse, Route};
use reply::{Refusal, Reply};

/// Answers a request, as the platform would.
///
/// Everything that the request changes, it changes in the store: skills, versions, the event log, the clock.
pub fn answer(store: &mut Store, caller: &Caller, request: &RawRequest) -> RawResponse {
    let before = store.clock();
    let quirks = store.quirks();
    let reply = admit(store, caller, request).and_then(|route| match request.method {
        Method::Post => replay::once(store, request, |store| dispatch(store, &route, request)),
        Method::Get | Method::Patch | Method::Delete => dispatch(store, &route, request),
    });
    let response = reply.unwrap_or_else(|refusal| refusal.response(quirks, &request.path));
    store.log(request, response.status, store.clock() != before);
    response
}

/// Finds what a request asks for, and whether its key may do that.
fn admit(store: &Store, caller: &Caller, request: &RawRequest) -> Result<Route, Refusal> {
    let key = caller.secret_key().ok_or(Refusal::Unauthorized)?;
    let route = Route::read(request.method, &request.path).ok_or(Refusal::NoRoute)?;
    if store.allows(key, route.scope()) { Ok(route) } else { Err(Refusal::Forbidden(route.scope())) }
}

fn dispatch(store: &mut Store, route: &Route, request: &RawRequest) -> Reply {
    match route {
        Route::Agents => agent::list(store, request),
        Route::Agent(agent) => agent::read(store, agent),
        Route::Skills(agent) => skill::list(store, agent, request),
        Route::CreateSkill(agent) => skill::create(store, agent, request),
        Route::Skill(agent, skill) => skill::read(store, agent, skill),
        Route::UpdateSkill(agent, skill) => skill::update(store, agent, skill, request),
        Route::DeleteSkill(agent, skill) => skill::delete(store, agent, skill),
        Route::GeocodeRoster(agent) => geocode::roster(store, agent, request),
        Route::CallerVerification(agent) => agent::verification(store, agent),
        Route::Catalog => integration::catalog(store),
        Route::Connections => integration::connections(store),
        Route::InstallPack(agent, kind) => integration::install(store, agent, kind),
        Route::Provision(agent, kind) => integration::provision(store, agent, kind, request),
        Route::Publish(agent) => version::publish(store, agent, request),
        Route::Versions(agent) => version::list(store, agent, request),
        Route::VersionDiff(agent, version) => version::diff(store, agent, version.as_str()),
        Route::PublishReport(agent) => version::report(store, agent),
        Route::Rollback(agent) => version::rollback(store, agent, request),
    }
}
