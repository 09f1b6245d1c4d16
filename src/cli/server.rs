//! The server that the flags name: the way to it, and the way out when it does not answer.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::args::Server;
use super::env;
use super::exit::Exit;
use super::fail::Failure;
use super::output::Output;
use super::transport::{Local, Writer};
use crate::fs;
use crate::http::{BaseUrl, Client, ClientError, Patience, Socket};
use crate::model::{Desired, Lookup, Secret};
use crate::ops::{CallError, TransportError};
use crate::sandbox::Sandbox;

/// Connects to the server that the flags name. The sandbox is given the agents and providers that the manifests name.
pub(super) fn connect(server: &Server, desired: &Desired, output: &mut Output) -> Result<Writer, Failure> {
    if let Some(path) = &server.sandbox {
        let failed = |error| Failure::from_error(Exit::Failed, &error).help("nothing was written");
        let sandbox = Sandbox::open(path).map_err(failed)?;
        seed(&sandbox, desired).map_err(failed)?;
        return Ok(Writer::Local(Local::new(Arc::new(sandbox))));
    }
    Ok(Writer::Http(Box::new(client(server, output)?)))
}

/// A client of the server that the flags name.
pub(super) fn client(server: &Server, output: &mut Output) -> Result<Client, Failure> {
    let base = BaseUrl::parse(&server.base_url).map_err(|why| {
        unsent(&format!("the base URL cannot be used: {why}")).help("it comes from `--base-url` or `FLOWYTE_BASE_URL`")
    })?;
    let key = key(server)?;
    output.hide(&key);
    let patience =
        Patience { concurrency: usize::from(server.concurrency), seed: env::seed(), deadline: Some(server.deadline) };
    Socket::new(base, &key).map(|socket| Client::new(socket, patience)).map_err(|error| {
        let help = match &error {
            ClientError::Key => "give the key as one line",
            ClientError::Setup(_) => "the system's certificates are needed; on Linux `SSL_CERT_FILE` can name them",
        };
        unsent(&Failure::from_error(Exit::Usage, &error).message).help(help)
    })
}

/// What is wrong before there is a connection.
fn unsent(message: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{message}; nothing was sent"))
}

fn key(server: &Server) -> Result<Secret, Failure> {
    let key = match &server.api_key_file {
        Some(path) => fs::read_secret_file(path).map_err(|error| {
            unsent(&Failure::from_error(Exit::Usage, &error).message)
                .help("give `--api-key-file` a regular file that holds nothing but the key")
        })?,
        None => env::secret(env::API_KEY).ok_or_else(|| {
            unsent(&format!("there is no API key: `{}` is not set", env::API_KEY))
                .help("set it, or give `--api-key-file FILE`; to try flowops without a key, add `--sandbox`")
        })?,
    };
    let text = key.expose_secret().trim();
    if text.starts_with("flowyte_pk_") {
        return Err(unsent("the API key is a publishable one, which can only open chats")
            .help("use a secret key, which begins with `flowyte_sk_`"));
    }
    if !text.starts_with("flowyte_sk_") {
        return Err(unsent("the API key is not a Flowyte secret key")
            .help("a secret key begins with `flowyte_sk_`; it is made on the dashboard's Developer page"));
    }
    Ok(Secret::from(text.to_owned()))
}

/// Puts agents and connected providers into a sandbox; what is there already stays as it is.
pub(super) fn seed(sandbox: &Sandbox, desired: &Desired) -> Result<(), crate::sandbox::SandboxError> {
    sandbox.with_store(|store| {
        for agent in &desired.agents {
            let (id, name) = match &agent.lookup {
                Lookup::Id(id) => (Some(id), agent.name.as_str()),
                Lookup::Name(name) => (None, name.as_str()),
            };
            store.seed_agent(id, name);
            agent.packs.iter().for_each(|used| store.connect(&used.kind));
            agent.provision.iter().for_each(|used| store.connect(&used.kind));
        }
    })
}

/// What can be done where a read failed.
pub(super) fn way_out(error: &CallError, server: &Server) -> String {
    let base_url = || format!("check that `{}` is the right base URL", server.base_url);
    let next = match error {
        CallError::Transport(TransportError::NotSent(_)) if server.sandbox.is_none() => {
            base_url() + " and can be reached from here"
        }
        CallError::Transport(TransportError::NotSent(_) | TransportError::Lost(_)) => "try again".to_owned(),
        CallError::Transport(TransportError::Oversized(_)) => base_url(),
        CallError::Api(error) => match error.status() {
            Some(401) => "check the key".to_owned(),
            Some(403) => "use a key of this organization that has the scope; `flowops plan --scopes` prints those that an apply needs".to_owned(),
            Some(200..=299 | 408 | 425 | 429 | 500..=599) => "try again later".to_owned(),
            Some(_) | None => base_url(),
        },
    };
    format!("nothing was written; {next}")
}
