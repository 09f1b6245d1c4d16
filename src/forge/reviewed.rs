//! What was reviewed: the digest that our own comment shows.

use super::Exchange;
use super::error::ForgeError;
use super::post::Marked;
use super::session::Forge;
use crate::model::Digest;

/// Why it is not known what was reviewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewedError {
    /// The forge did not say.
    #[error(transparent)]
    Forge(#[from] ForgeError),
    /// It does not say whose token it is, so no comment is known to be our own.
    #[error("the forge does not say whose token this is, and only our own comment counts")]
    Nobody,
    /// There is no such comment.
    #[error("pull request {pull} has no comment of our own{} that shows a digest", of(key.as_deref()))]
    Nothing {
        /// On this one.
        pull: u64,
        /// With this key, if one was asked for.
        key: Option<String>,
    },
    /// There are some, of several keys, and none was asked for.
    #[error("pull request {pull} has comments of several keys: {}", keys.join(", "))]
    Several {
        /// On this one.
        pull: u64,
        /// The keys.
        keys: Vec<String>,
    },
}

fn of(key: Option<&str>) -> String {
    key.map(|key| format!(" for `{key}`")).unwrap_or_default()
}

/// The digest that our own comment shows on a pull request, for a key, or for the only one that there is.
///
/// One that is closed, since its plan was applied, counts where there is no other: a run that failed may be repeated.
///
/// # Errors
/// [`ReviewedError`], also where there is more than one answer.
pub async fn reviewed<E: Exchange>(
    forge: &Forge<'_, E>,
    pull: u64,
    key: Option<&str>,
) -> Result<Digest, ReviewedError> {
    let me = forge.viewer().await.ok_or(ReviewedError::Nobody)?;
    let mut marked = forge.marked_comments(pull).await?;
    marked.retain(|comment| key.is_none_or(|key| comment.marker.key == key));
    let own = forge.of(&me, marked).await?;
    let mut keys: Vec<String> = own.iter().map(|comment| comment.marker.key.clone()).collect();
    keys.sort();
    keys.dedup();
    if keys.len() > 1 {
        return Err(ReviewedError::Several { pull, keys });
    }
    let is_open = |comment: &&Marked| !comment.marker.closed;
    // An open comment without a digest says that planning failed, which no older plan makes up for.
    let shown = own.iter().find(is_open).or_else(|| own.iter().rfind(|comment| comment.marker.digest.is_some()));
    let digest = shown.and_then(|comment| comment.marker.digest.clone());
    digest.ok_or_else(|| ReviewedError::Nothing { pull, key: key.map(str::to_owned) })
}
