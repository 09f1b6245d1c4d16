//! The forge asked in this process.

use std::sync::{Arc, Mutex, MutexGuard};

use flowops::api::RawResponse;
use flowops::forge::{Endpoint, Exchange, Request, Unanswered};
use serde_json::Value as Json;

use super::{Asked, Reply, Store, TOKEN, answer};

/// A line to the forge with [`TOKEN`]. Nobody knows how many of them there are.
#[derive(Clone)]
pub(crate) struct Line(Arc<Mutex<Store>>);

impl Line {
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap()
    }
}

impl Exchange for Line {
    async fn send(&self, request: &Request) -> Result<RawResponse, Unanswered> {
        let Request { method, endpoint, effect: _, body } = request;
        let (path, query) = match endpoint {
            Endpoint::Rest { path, query } => (path.clone(), query.clone()),
            Endpoint::Graphql => ("/graphql".to_owned(), Vec::new()),
        };
        let body = body.clone().unwrap_or(Json::Null);
        let asked = Asked { method: method.as_str().to_owned(), path, query, token: Some(TOKEN.to_owned()), body };
        let reply = answer(&mut self.store(), &asked);
        Ok(match reply {
            Reply::Json(204, _) => RawResponse::empty(204),
            Reply::Json(status, body) => RawResponse::json(status, &body),
            Reply::Other(status, content_type, body) => {
                RawResponse { content_type: content_type.to_owned(), body: body.into(), ..RawResponse::empty(status) }
            }
            Reply::Lost => return Err(Unanswered::Lost("the test lost it".to_owned())),
        })
    }
}
