//! Which server a command talks to: the real one, or the built-in one in this process.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::joined;
use crate::api::{RawRequest, RawResponse, Read, Write};
use crate::http::{Client, Planner, Socket, Wire};
use crate::ops::{self, Reads, TransportError, Writes};
use crate::sandbox::{Caller, Sandbox};

/// The built-in control plane as a transport that can only read.
#[derive(Debug, Clone)]
pub struct LocalPlanner(Local);

/// The built-in control plane as a transport.
#[derive(Debug, Clone)]
pub struct Local {
    sandbox: Arc<Sandbox>,
    caller: Caller,
}

impl Local {
    /// A transport into a sandbox.
    pub fn new(sandbox: Arc<Sandbox>) -> Self {
        Self { sandbox, caller: Caller::local() }
    }

    /// The same, without the power to write.
    pub fn into_planner(self) -> LocalPlanner {
        LocalPlanner(self)
    }

    fn exchange(&self, request: &RawRequest) -> Result<RawResponse, TransportError> {
        self.sandbox.exchange(&self.caller, request).map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            TransportError::NotSent(format!("{error}{cause}"))
        })
    }
}

impl Reads for Local {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        self.exchange(&request.request())
    }
}

impl Writes for Local {
    async fn write(&self, request: &Write) -> Result<RawResponse, TransportError> {
        self.exchange(&request.request())
    }

    /// What the sandbox has done shows at once.
    async fn rest(&self, _: Duration) {}
}

impl Reads for LocalPlanner {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        self.0.read(request).await
    }
}

/// What commands that only read are given: there is no way to write with it.
pub(super) enum Reader {
    Local(LocalPlanner),
    Http(Box<Planner>),
    Early(Early),
}

impl Reader {
    /// One that sends what it is asked for.
    pub(super) fn of(planner: Planner) -> Self {
        Self::Http(Box::new(planner))
    }

    /// One that asks for the list of agents at once.
    pub(super) fn ahead(planner: Planner) -> Self {
        Self::Early(Early::new(planner))
    }
}

/// A client that can only read, and has asked for the list of agents before anybody wanted it.
#[derive(Debug)]
pub struct Early<W: Wire = Socket> {
    planner: Arc<Planner<W>>,
    /// The answer to come, until somebody takes it.
    list: Mutex<Option<JoinHandle<Result<RawResponse, TransportError>>>>,
}

impl<W: Wire + Send + Sync + 'static> Early<W> {
    /// Asks, on the runtime in which this is called.
    pub fn new(planner: Planner<W>) -> Self {
        let planner = Arc::new(planner);
        let asking = Arc::clone(&planner);
        let list = tokio::spawn(async move { asking.read(&ops::LIST).await });
        Self { planner, list: Mutex::new(Some(list)) }
    }

    /// The answer to come. Whoever asks a second time wants another one.
    fn take(&self, request: &Read) -> Option<JoinHandle<Result<RawResponse, TransportError>>> {
        self.list.lock().ok()?.take_if(|_| *request == ops::LIST)
    }
}

impl<W: Wire + Send + Sync + 'static> Reads for Early<W> {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        match self.take(request) {
            Some(list) => joined(list).await,
            None => self.planner.read(request).await,
        }
    }
}

/// What `apply` is given.
pub(super) enum Writer {
    Local(Local),
    Http(Box<Client>),
}

impl Writer {
    /// The same, without the power to write.
    pub(super) fn into_reader(self) -> Reader {
        match self {
            Self::Local(local) => Reader::Local(local.into_planner()),
            Self::Http(client) => Reader::of(client.into_planner()),
        }
    }
}

impl Reads for Reader {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        match self {
            Self::Local(local) => local.read(request).await,
            Self::Http(client) => client.read(request).await,
            Self::Early(client) => client.read(request).await,
        }
    }
}

impl Reads for Writer {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        match self {
            Self::Local(local) => local.read(request).await,
            Self::Http(client) => client.read(request).await,
        }
    }
}

impl Writes for Writer {
    async fn write(&self, request: &Write) -> Result<RawResponse, TransportError> {
        match self {
            Self::Local(local) => local.write(request).await,
            Self::Http(client) => client.write(request).await,
        }
    }

    async fn rest(&self, wait: Duration) {
        match self {
            Self::Local(local) => local.rest(wait).await,
            Self::Http(client) => client.rest(wait).await,
        }
    }
}
