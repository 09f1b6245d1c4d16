//! The network: a transport over HTTPS with the key, patience, limits and one rate budget for the process.
//!
//! A [`Wire`] sends a request once; [`Socket`] is the one over TCP and TLS. [`Patient`] is a wire with patience: it
//! waits its turn, sends again what may be sent again, and obeys what the server says of its limits. Its clock is
//! tokio's and its dice have a seed, so that all of it is proved in virtual time (`tests/it/http`).
//!
//! HTTP/1.1 only: there a request whose connection broke was sent or was not. HTTP/2 would add a third answer (a stream
//! refused, or beyond what a `GOAWAY` covers), and a create must not be sent twice on a guess.
#![expect(clippy::disallowed_methods, reason = "this module is the network")]

mod base_url;
mod budget;
mod forge;
mod limit;
mod pace;
mod patience;
mod socket;
mod webhook;
mod wire;

use crate::api::{RawResponse, Read};
use crate::ops::{Reads, TransportError};

pub use base_url::{BaseUrl, BaseUrlError};
pub use forge::{ForgeSocket, Persistence, Persistent};
pub use limit::{RateLimit, retry_after};
pub use patience::{Patience, Patient};
pub use socket::{ClientError, Socket};
pub use webhook::{WebhookError, post};
pub use wire::{Answer, Wire};

/// A client that can send anything to the API. [`Planner`] is the one for planning.
pub type Client = Patient<Socket>;

/// A client of a forge.
pub type ForgeClient = Persistent<ForgeSocket>;

/// A client that can only read: what `plan` and `drift` are given.
#[derive(Debug)]
pub struct Planner<W = Socket>(Patient<W>);

impl<W: Wire> Patient<W> {
    /// The same client, without the power to write.
    pub fn into_planner(self) -> Planner<W> {
        Planner(self)
    }
}

impl<W: Wire> Reads for Planner<W> {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        self.0.read(request).await
    }
}
