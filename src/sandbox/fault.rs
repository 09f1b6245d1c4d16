//! Faults: what a sandbox does to requests so that a client can be tried under everything that goes wrong.
//!
//! A script is a list of [`Fault`]s. Each says which requests it means, at which [`Stage`] of an exchange it strikes,
//! and with which [`Action`]. Nothing in it is left to chance: which requests are struck is decided by how many came
//! before and by the script's seed, so the same requests always meet the same faults.

mod parse;
mod path;
mod script;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::api::Method;

pub use parse::FaultError;
pub use path::{PathGlob, PathGlobError};
pub(super) use script::{Script, Turn};

/// A fault script: what a sandbox does to the requests that it is sent.
///
/// Every fault that means a request counts it, whatever the others do. Of those that strike it, the first in the order
/// of the script that ends the exchange is the one that ends it (all actions do but `delay`, `stale` and `edit`).
/// Delays add up. A change of the world takes place if the exchange gets as far as its stage.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// Decides what `percent` chooses and what `garbage` looks like.
    #[serde(default)]
    pub seed: u64,
    /// The faults, in the order in which they are looked at.
    pub faults: Vec<Fault>,
}

/// One fault: which requests it means, and what happens to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Only requests with this method.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "words::method")]
    #[schemars(with = "Option<words::MethodWord>")]
    pub method: Option<Method>,
    /// Only requests whose path below `/api/v1` fits: `*` stands for one segment, `**` for any number, `{a,b}` for
    /// either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub path: Option<PathGlob>,
    /// The first of those requests that is struck, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub nth: Option<u64>,
    /// How many of them are struck from there on: one if `nth` is given, otherwise all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub times: Option<u64>,
    /// How many of a hundred of these are struck; which, the seed decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub percent: Option<u8>,
    /// When it strikes.
    pub stage: Stage,
    /// What happens then.
    pub action: Action,
}

/// How far an exchange gets before a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The request was received, and nothing else: it is neither answered, nor counted, nor in the event log.
    BeforeParse,
    /// The request was read and is in the event log, but it changed nothing.
    BeforeCommit,
    /// The request did what it asks for, and then something else happens than its answer.
    AfterCommit,
    /// The request did what it asks for, and its answer breaks on the way.
    MidResponse,
}

/// What a fault does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Another answer than the sandbox's own.
    Status(Canned),
    /// The answer comes later by a time such as `200ms`; what the request changes, it changes at once.
    Delay(
        #[serde(with = "words::time")]
        #[schemars(with = "String")]
        Duration,
    ),
    /// The connection ends in good order: without an answer, or mid-response in the middle of its body.
    Close,
    /// The connection is reset: without an answer, or mid-response in the middle of its body.
    Reset,
    /// The answer promises its whole body, of which only so many bytes arrive before the connection ends.
    Truncate(usize),
    /// The answer's body arrives byte by byte, each after a time such as `10ms`.
    Trickle(
        #[serde(with = "words::time")]
        #[schemars(with = "String")]
        Duration,
    ),
    /// An answer with status 200 whose body claims to be JSON and is so many bytes of noise.
    Garbage(#[schemars(range(min = 1))] usize),
    /// An answer that leads elsewhere.
    Redirect(Redirect),
    /// The next so many reads are answered as if this request had not been sent.
    Stale(#[schemars(range(min = 1))] u64),
    /// Somebody in the dashboard changes something: after the answer was made, or before.
    Edit(Edit),
}

/// An answer that a script gives in place of the sandbox's own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Canned {
    /// The status.
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
    /// Headers; names that differ in case are two headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The body: a text as it is, anything else as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Json>,
    /// The body's type; `text/plain` for a text and `application/json` for anything else if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

/// An answer that leads elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// The status.
    #[schemars(range(min = 300, max = 399))]
    pub status: u16,
    /// Where to.
    pub location: String,
}

/// A change that somebody makes in the dashboard. It is not checked as a request would be, and it does nothing if the
/// agent or the skill is not there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The agent's name; the first of that name is meant.
    pub agent: String,
    /// What is changed.
    pub change: Change,
}

/// What somebody changes in the dashboard. Skills go by their names; the first of a name is meant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A new skill, with these fields.
    Create(Map<String, Json>),
    /// Some fields of a skill.
    Set(SetFields),
    /// The name of a skill.
    Rename(Rename),
    /// A skill is deleted.
    Delete(String),
    /// Some of the agent's own settings; `null` removes one.
    Settings(Map<String, Json>),
    /// The draft is published, with this note.
    Publish(String),
}

/// Fields of a skill that are set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetFields {
    /// The skill's name.
    pub skill: String,
    /// The fields; `null` removes one.
    pub fields: Map<String, Json>,
}

/// A skill's new name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The name until now.
    pub skill: String,
    /// The name from now on.
    pub to: String,
}

impl Fault {
    /// A fault that strikes every request.
    pub const fn new(stage: Stage, action: Action) -> Self {
        Self { method: None, path: None, nth: None, times: None, percent: None, stage, action }
    }

    /// The same, for requests with this method only.
    #[must_use]
    pub const fn on(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// The same, for paths of this form only.
    #[must_use]
    pub fn at(mut self, path: PathGlob) -> Self {
        self.path = Some(path);
        self
    }

    /// The same, from the nth request on, and as often.
    #[must_use]
    pub const fn nth(mut self, nth: u64, times: u64) -> Self {
        self.nth = Some(nth);
        self.times = Some(times);
        self
    }
}

impl Canned {
    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// An answer with a JSON body.
    pub fn json(status: u16, body: Json) -> Self {
        Self { status, body: Some(body), content_type: Some("application/json".to_owned()), ..Self::default() }
    }
}
