//! A store that several callers share: in memory, or in a file that several processes share too.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::caller::Caller;
use super::delivery::Delivery;
use super::fault::{Edit, Faults, Script, Stage, Turn};
use super::file::{Persistent, SandboxError};
use super::quirk::Quirks;
use super::reply::Refusal;
use super::store::Store;
use crate::api::{Method, RawRequest, RawResponse};

/// A control plane to exchange requests with.
///
/// Guarantees: requests are answered one at a time. With a file, each answer is given on the file's newest state, and
/// what it changed is in the file before the answer is; so a command and a listening server may use one file at once.
/// The events of reads are not written, so they are lost with the process.
#[derive(Debug)]
pub struct Sandbox {
    /// Always locked before the state, if both are.
    script: Mutex<Script>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    store: Store,
    file: Option<Persistent>,
}

/// Whether the store differs from its file.
#[derive(Debug, Clone, Copy)]
enum Kept {
    AsItWas,
    Changed,
}

impl Kept {
    /// After a request with this method.
    const fn after(method: Method) -> Self {
        match method {
            Method::Get => Self::AsItWas,
            Method::Post | Method::Patch | Method::Delete => Self::Changed,
        }
    }

    /// After these changes too.
    const fn with(self, edits: &[Edit]) -> Self {
        if edits.is_empty() { self } else { Self::Changed }
    }
}

impl Sandbox {
    /// A sandbox that is gone with the process.
    pub fn in_memory(store: Store) -> Self {
        Self { script: Mutex::default(), state: Mutex::new(State { store, file: None }) }
    }

    /// A sandbox in a file. A file that does not exist is an empty organization, and is made by the first change.
    pub fn open(path: &Path) -> Result<Self, SandboxError> {
        let state = State { store: Store::default(), file: Some(Persistent::new(path)?) };
        let sandbox = Self { script: Mutex::default(), state: Mutex::new(state) };
        sandbox.visit(|_| ((), Kept::AsItWas))?;
        Ok(sandbox)
    }

    /// The same, with a fault script that stands at its beginning. The file knows nothing of it.
    #[must_use]
    pub fn with_faults(self, faults: Faults) -> Self {
        Self { script: Mutex::new(Script::new(faults)), ..self }
    }

    /// Sends a request and gives its answer, whatever the fault script says.
    pub fn exchange(&self, caller: &Caller, request: &RawRequest) -> Result<RawResponse, SandboxError> {
        self.visit(|store| (super::answer(store, caller, request), Kept::after(request.method)))
    }

    /// Sends a request and gives what arrives of its answer under the fault script.
    ///
    /// What a fault ends before-parse is neither counted nor in the event log, and a write among it is none of
    /// [`Store::writes`]. What it ends before-commit is both, with the status that the caller gets, or 0 if it gets
    /// none. From then on it is logged as answered, whatever arrives.
    pub fn deliver(&self, caller: &Caller, request: &RawRequest) -> Result<Delivery, SandboxError> {
        let script = &mut *self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let Turn { delay, before, after, stale, end } = script.turn(request);
        let seed = script.seed();
        let kept = Kept::after(request.method);
        let delivery = match end {
            Some((stage @ Stage::BeforeParse, action)) => {
                if !before.is_empty() {
                    self.with_store(|store| edit(store, &before))?;
                }
                Delivery::ended(stage, &action, seed, unanswered(request))
            }
            Some((stage @ Stage::BeforeCommit, action)) => self.visit(|store| {
                edit(store, &before);
                let delivery = Delivery::ended(stage, &action, seed, unanswered(request));
                store.log(request, delivery.status(), false);
                (delivery, kept.with(&before))
            })?,
            Some((Stage::AfterCommit | Stage::MidResponse, _)) | None => {
                let answer = self.visit(|store| {
                    edit(store, &before);
                    let older = stale.map(|reads| (store.clone(), reads));
                    let answer = read_older(script, store, caller, request)
                        .unwrap_or_else(|| super::answer(store, caller, request));
                    if let Some((older, reads)) = older {
                        script.show(older, reads);
                    }
                    edit(store, &after);
                    (answer, kept.with(&before).with(&after))
                })?;
                match end {
                    Some((stage, action)) => Delivery::ended(stage, &action, seed, answer),
                    None => Delivery::whole(answer),
                }
            }
        };
        Ok(delivery.after(delay))
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

fn edit(store: &mut Store, edits: &[Edit]) {
    for edit in edits {
        edit.apply(store);
    }
}

/// Answers a read from an older state, if one is still shown; the store logs it all the same.
fn read_older(script: &mut Script, store: &mut Store, caller: &Caller, request: &RawRequest) -> Option<RawResponse> {
    if request.method != Method::Get {
        return None;
    }
    let answer = super::answer(script.older()?, caller, request);
    store.log(request, answer.status, false);
    Some(answer)
}

/// What breaks on the way where nothing was answered.
fn unanswered(request: &RawRequest) -> RawResponse {
    Refusal::Broken("The fault script ended the exchange.".to_owned()).response(Quirks::default(), &request.path)
}
