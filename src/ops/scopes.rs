//! Which scopes a key needs: those of the very reads that were sent, and of the requests that steps become.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::{Reads, TransportError};
use crate::api::{RawResponse, Read, Route, Scope};
use crate::model::{SkillId, VersionId, Via};
use crate::plan::{Action, Plan, Step, unplaced};

/// A reader that takes note of the scopes that its reads need.
#[derive(Debug)]
pub struct Noted<'a, R> {
    reader: &'a R,
    scopes: Mutex<BTreeSet<Scope>>,
}

impl<'a, R: Reads> Noted<'a, R> {
    /// A reader of which nothing was asked yet.
    pub fn new(reader: &'a R) -> Self {
        Self { reader, scopes: Mutex::default() }
    }

    /// The scopes of what was asked so far.
    pub fn scopes(&self) -> BTreeSet<Scope> {
        self.scopes.lock().map_or_else(|poisoned| poisoned.into_inner().clone(), |scopes| scopes.clone())
    }
}

impl<R: Reads> Reads for Noted<'_, R> {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        if let Ok(mut scopes) = self.scopes.lock() {
            scopes.insert(request.route().scope());
        }
        self.reader.read(request).await
    }
}

/// The scopes that applying a plan needs besides those of the reads that made it.
pub fn scopes(plan: &Plan) -> BTreeSet<Scope> {
    plan.steps.iter().flat_map(routes).map(|route| route.scope()).collect()
}

/// The routes of a step: its write, what is looked at before it, and what is read back after it.
fn routes(step: &Step) -> Vec<Route> {
    let agent = || step.agent.id.clone();
    // Which skill or version it is does not matter for a scope, and of some it is not known yet.
    let any_skill = SkillId::parse("any").ok();
    let any_version = VersionId::parse("any").ok();
    let mut routes = vec![Route::Skills(agent())];
    if !unplaced(step).is_empty() {
        routes.push(Route::GeocodeRoster(agent()));
    }
    match &step.action {
        Action::Create { .. } => routes.push(Route::CreateSkill(agent())),
        Action::Update { id, .. } => routes.push(Route::UpdateSkill(agent(), id.clone())),
        Action::UpdatePreset { .. } => routes.extend(any_skill.map(|skill| Route::UpdateSkill(agent(), skill))),
        Action::Delete { id, .. } => routes.push(Route::DeleteSkill(agent(), id.clone())),
        Action::Install { kind, via, missing: _ } => routes.push(match via {
            Via::Pack => Route::InstallPack(agent(), kind.clone()),
            Via::Actions(_) => Route::Provision(agent(), kind.clone()),
        }),
        Action::Publish { over, draft: _, ours: _ } => {
            routes.extend([Route::Publish(agent()), Route::Agent(agent()), Route::PublishReport(agent())]);
            routes.extend(over.clone().or(any_version).map(|version| Route::VersionDiff(agent(), version)));
        }
    }
    routes
}
