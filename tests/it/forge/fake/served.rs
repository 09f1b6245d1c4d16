//! The forge on a port of this machine, for the binary.

use std::sync::{Arc, Mutex, MutexGuard};

use flowops::forge::Family;
use serde_json::Value as Json;

use super::{Asked, Reply, Store, TOKEN, answer};
use crate::raw::{self, Answer, RawServer, Seen};

/// The forge until it is dropped.
pub(crate) struct Served {
    server: RawServer,
    store: Arc<Mutex<Store>>,
    base: &'static str,
}

impl Served {
    /// Serves it under the path that its family has; GitHub as an Enterprise Server has it.
    pub(crate) fn start(store: Store) -> Self {
        let base = match store.family {
            Family::GitHub => "/api/v3",
            Family::Gitea => "/api/v1",
            Family::GitLab => "/api/v4",
        };
        let scheme = if store.family == Family::Gitea { "token " } else { "Bearer " };
        let store = Arc::new(Mutex::new(store));
        let shared = Arc::clone(&store);
        let server = RawServer::start(move |seen| through(&mut shared.lock().unwrap(), base, scheme, seen));
        Self { server, store, base }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap()
    }

    /// What goes into `--forge-url`.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.server.origin(), self.base)
    }

    /// The environment of a job on this forge: where it is, which repository, and the token.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let repository = self.store().repository().to_owned();
        let family = self.store().family;
        let mut environment = match family {
            Family::GitHub => vec![("GITHUB_API_URL", self.url()), ("GITHUB_REPOSITORY", repository)],
            Family::Gitea => vec![
                ("GITEA_ACTIONS", "true".to_owned()),
                ("GITHUB_API_URL", self.url()),
                ("GITHUB_REPOSITORY", repository),
            ],
            Family::GitLab => {
                vec![("GITLAB_CI", "true".to_owned()), ("CI_API_V4_URL", self.url()), ("CI_PROJECT_ID", repository)]
            }
        };
        environment.push(("FLOWOPS_FORGE_TOKEN", TOKEN.to_owned()));
        environment
    }
}

fn through(store: &mut Store, base: &str, scheme: &str, seen: &Seen) -> Answer {
    let url = url::Url::parse(&format!("http://forge{}", seen.target)).unwrap();
    // GraphQL of an Enterprise Server lies beside its REST API.
    let path = url.path().strip_prefix(base).or_else(|| url.path().strip_prefix("/api")).unwrap_or("/elsewhere");
    let token = seen.header("Authorization").and_then(|value| value.strip_prefix(scheme)).map(str::to_owned);
    let asked = Asked {
        method: seen.method.clone(),
        path: path.to_owned(),
        query: url.query_pairs().into_owned().collect(),
        token,
        body: serde_json::from_str(&seen.body).unwrap_or(Json::Null),
    };
    match answer(store, &asked) {
        Reply::Json(204, _) => raw::plain(204, "", ""),
        Reply::Json(status, body) => raw::json(status, &body),
        Reply::Other(status, content_type, body) => {
            raw::plain(status, &format!("Content-Type: {content_type}\r\n"), &body)
        }
        Reply::Lost => Answer::HangUp,
    }
}
