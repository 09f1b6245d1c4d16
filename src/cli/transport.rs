//! Which server a command talks to: the real one, or the built-in one in this process.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::api::{PageRequest, RawRequest, RawResponse, Read, Write};
use crate::http::{Client, Planner};
use crate::ops::{Reads, TransportError, Writes};
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

/// What `plan` and `drift` are given: there is no way to write with it.
pub(super) enum Reader {
    Local(LocalPlanner),
    Http(Ahead),
}

/// A client that can only read, of which the first page of the agents may be asked for ahead of its time.
pub(super) struct Ahead {
    planner: Arc<Planner>,
    /// The answer to come, until somebody wants it.
    first: Mutex<Option<JoinHandle<Result<RawResponse, TransportError>>>>,
}

/// The request that is sent ahead.
const FIRST: Read = Read::Agents(PageRequest::First);

impl Ahead {
    /// Of this client nothing is asked.
    fn new(planner: Planner) -> Self {
        Self { planner: Arc::new(planner), first: Mutex::default() }
    }

    /// Of this one the first page is asked for now.
    pub(super) fn ask(planner: Planner) -> Self {
        let planner = Arc::new(planner);
        let asked = Arc::clone(&planner);
        let first = tokio::spawn(async move { asked.read(&FIRST).await });
        Self { planner, first: Mutex::new(Some(first)) }
    }

    /// The answer that was asked for ahead. Whoever asks a second time wants another.
    fn take(&self, request: &Read) -> Option<JoinHandle<Result<RawResponse, TransportError>>> {
        self.first.lock().ok()?.take_if(|_| *request == FIRST)
    }
}

impl Reads for Ahead {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        match self.take(request) {
            Some(first) => first.await.unwrap_or_else(|broken| std::panic::resume_unwind(broken.into_panic())),
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
            Self::Http(client) => Reader::Http(Ahead::new(client.into_planner())),
        }
    }
}

impl Reads for Reader {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        match self {
            Self::Local(local) => local.read(request).await,
            Self::Http(client) => client.read(request).await,
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
