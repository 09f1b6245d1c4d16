//! A store that several callers share: in memory, or in a file that several processes share too.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::caller::Caller;
use super::file::{Persistent, SandboxError};
use super::store::Store;
use crate::api::{Method, RawRequest, RawResponse};

/// A control plane to exchange requests with.
///
/// Guarantees: requests are answered one at a time. With a file, each answer is given on the file's newest state, and
/// what it changed is in the file before the answer is; so a command and a listening server may use one file at once.
/// The events of reads are not written, so they are lost with the process.
#[derive(Debug)]
pub struct Sandbox {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    store: Store,
    file: Option<Persistent>,
}

/// Whether the store differs from its file.
enum Kept {
    AsItWas,
    Changed,
}

impl Sandbox {
    /// A sandbox that is gone with the process.
    pub fn in_memory(store: Store) -> Self {
        Self { state: Mutex::new(State { store, file: None }) }
    }

    /// A sandbox in a file. A file that does not exist is an empty organization, and is made by the first change.
    pub fn open(path: &Path) -> Result<Self, SandboxError> {
        let state = State { store: Store::default(), file: Some(Persistent::new(path)?) };
        let sandbox = Self { state: Mutex::new(state) };
        sandbox.visit(|_| ((), Kept::AsItWas))?;
        Ok(sandbox)
    }

    /// Sends a request and gives its answer.
    pub fn exchange(&self, caller: &Caller, request: &RawRequest) -> Result<RawResponse, SandboxError> {
        let kept = match request.method {
            Method::Get => Kept::AsItWas,
            Method::Post | Method::Patch | Method::Delete => Kept::Changed,
        };
        self.visit(|store| (super::answer(store, caller, request), kept))
    }

    /// Reads or changes the store without a request, as somebody in the dashboard would. What is changed is kept.
    ///
    /// The store is locked meanwhile, so `act` must not use this sandbox.
    pub fn with_store<R>(&self, act: impl FnOnce(&mut Store) -> R) -> Result<R, SandboxError> {
        let is_in_memory = self.state().file.is_none();
        self.visit(|store| {
            if is_in_memory {
                return (act(store), Kept::AsItWas);
            }
            let before = store.clone();
            let result = act(store);
            let kept = if *store == before { Kept::AsItWas } else { Kept::Changed };
            (result, kept)
        })
    }

    fn visit<R>(&self, act: impl FnOnce(&mut Store) -> (R, Kept)) -> Result<R, SandboxError> {
        let mut state = self.state();
        let State { store, file } = &mut *state;
        let Some(file) = file else { return Ok(act(store).0) };
        let mut held = file.lock()?;
        if let Some(newer) = file.load(&held)? {
            *store = newer;
        }
        let (result, kept) = act(store);
        match kept {
            Kept::AsItWas => {}
            Kept::Changed => file.save(&mut held, store)?,
        }
        file.release(held);
        Ok(result)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves no half answer: answers are whole or, in a file, read again.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
