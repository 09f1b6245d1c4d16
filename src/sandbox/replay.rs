//! Repeated requests: an `Idempotency-Key` brings the first answer again.

use super::quirk::KeyReplay;
use super::reply::{Refusal, Reply};
use super::store::{Remembered, Store, digest};
use crate::api::{Method, RawRequest, RawResponse};

/// The longest key.
const LONGEST: usize = 255;

/// Answers a request, or replays the answer that its key had before. A refusal is not kept: the client may mend the
/// request and send it under the same key.
pub(super) fn once(store: &mut Store, request: &RawRequest, act: impl FnOnce(&mut Store) -> Reply) -> Reply {
    let key = match (request.method, store.quirks().key_replay) {
        (Method::Post, KeyReplay::Replays) => request.idempotency_key.as_deref(),
        (Method::Post, KeyReplay::Ignored) | (Method::Get | Method::Patch | Method::Delete, _) => None,
    };
    let Some(key) = key else { return act(store) };
    if key.is_empty() || key.len() > LONGEST {
        return Err(Refusal::field("Idempotency-Key", format!("it must be of 1 to {LONGEST} bytes")));
    }
    let fingerprint = fingerprint(request);
    if let Some(first) = store.recall(key) {
        if first.fingerprint != fingerprint {
            return Err(Refusal::KeyReused);
        }
        let Remembered { fingerprint: _, status, content_type, body } = first.clone();
        return Ok(RawResponse { content_type, body: body.into_bytes(), ..RawResponse::empty(status) });
    }
    let response = act(store)?;
    let answer = Remembered {
        fingerprint,
        status: response.status,
        content_type: response.content_type.clone(),
        body: String::from_utf8_lossy(&response.body).into_owned(),
    };
    store.remember(key, answer);
    Ok(response)
}

/// Tells requests apart by method, path and body; the order of keys in the body does not count.
fn fingerprint(request: &RawRequest) -> String {
    let mut body = request.body.clone().unwrap_or_default();
    body.sort_all_objects();
    digest(&format!("{} {}\n{body}", request.method, request.path))
}
