//! The one comment of a target on a pull request.

use super::Exchange;
use super::commit::Commit;
use super::error::ForgeError;
use super::marker::{Kind, Marker};
use super::post::{Account, Marked};
use super::session::Forge;
use crate::model::Digest;

/// What the comment is to say.
#[derive(Debug, Clone, Copy)]
pub struct Sticky<'a> {
    /// Of which target, or whatever tells several comments apart.
    pub key: &'a str,
    /// The digest of the plan, if there is one.
    pub digest: Option<&'a Digest>,
    /// When it is said.
    pub moment: Moment<'a>,
    /// Markdown.
    pub text: &'a str,
    /// Markdown that stands below it and says nothing about what is shown, such as a link to the run.
    pub footer: &'a str,
}

/// When a comment is written.
#[derive(Debug, Clone, Copy)]
pub enum Moment<'a> {
    /// Before the merge, about this commit. Once the pull request has another head, the comment is a newer run's.
    Planned(&'a Commit),
    /// After it: the comment is done with. The commit is the one that was applied, where that is known.
    Applied(Option<&'a Commit>),
}

/// What became of the comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// There was none, and now there is.
    Created,
    /// It says something new.
    Updated,
    /// It said the same already.
    Unchanged,
    /// Somebody's comment says the same already, and whose token this is the forge does not tell.
    Shown,
    /// The pull request has this head now, so nothing was written.
    Overtaken(String),
}

impl Sticky<'_> {
    fn body(&self, digest: Option<&Digest>) -> String {
        let Self { key, digest: _, moment, text, footer } = self;
        let (commit, closed) = match moment {
            Moment::Planned(commit) => (Some(*commit), false),
            Moment::Applied(commit) => (*commit, true),
        };
        let marker = Marker {
            kind: Kind::Plan,
            key: (*key).to_owned(),
            digest: digest.cloned(),
            commit: commit.cloned(),
            closed,
        };
        marker.over(&joined(text, footer))
    }
}

/// A text, and what stands below it, if anything does.
pub(super) fn joined(text: &str, footer: &str) -> String {
    match (text.trim_end(), footer.trim_end()) {
        (text, "") => text.to_owned(),
        (text, footer) => format!("{text}\n\n{footer}"),
    }
}

/// Makes sure that the pull request has one comment with this key, and that it says this.
///
/// Only what the account of the token wrote is edited, hidden or deleted. Of several such comments the oldest is kept.
///
/// # Errors
/// [`ForgeError`]. What was to be written may be there even then, if an answer was lost; nothing is there twice.
pub async fn keep<E: Exchange>(forge: &Forge<'_, E>, pull: u64, sticky: &Sticky<'_>) -> Result<Kept, ForgeError> {
    let Some(me) = forge.viewer().await else { return create_only(forge, pull, sticky).await };
    let own = own(forge, pull, sticky, &me).await?;
    if let Some(head) = overtaken(forge, pull, sticky).await? {
        return Ok(Kept::Overtaken(head));
    }
    let mut open = own.iter().filter(|comment| !comment.marker.closed);
    match open.next() {
        Some(first) => {
            let kept = say(forge, pull, sticky, first).await?;
            for later in open {
                forge.retire_comment(pull, &later.post).await?;
            }
            Ok(kept)
        }
        None => create(forge, pull, sticky, &me, &own).await,
    }
}

/// The comments of this key that are our own and not hidden, closed or not.
async fn own<E: Exchange>(
    forge: &Forge<'_, E>,
    pull: u64,
    sticky: &Sticky<'_>,
    me: &Account,
) -> Result<Vec<Marked>, ForgeError> {
    let mut marked = forge.marked_comments(pull).await?;
    marked.retain(|comment| comment.marker.key == sticky.key);
    forge.of(me, marked).await
}

async fn overtaken<E: Exchange>(
    forge: &Forge<'_, E>,
    pull: u64,
    sticky: &Sticky<'_>,
) -> Result<Option<String>, ForgeError> {
    match sticky.moment {
        Moment::Planned(commit) => forge.moved(pull, commit).await,
        Moment::Applied(_) => Ok(None),
    }
}

/// Makes a comment of ours say it.
async fn say<E: Exchange>(
    forge: &Forge<'_, E>,
    pull: u64,
    sticky: &Sticky<'_>,
    comment: &Marked,
) -> Result<Kept, ForgeError> {
    // What was reviewed stays what was reviewed, whatever was applied then.
    let digest = match sticky.moment {
        Moment::Planned(_) => sticky.digest,
        Moment::Applied(_) => comment.marker.digest.as_ref(),
    };
    let body = sticky.body(digest);
    if comment.is(&body) {
        return Ok(Kept::Unchanged);
    }
    forge.edit_comment(pull, comment.post.id, &body).await?;
    Ok(Kept::Updated)
}

/// Creates the comment where there is none that is open.
async fn create<E: Exchange>(
    forge: &Forge<'_, E>,
    pull: u64,
    sticky: &Sticky<'_>,
    me: &Account,
    own: &[Marked],
) -> Result<Kept, ForgeError> {
    // A plan that was applied without a comment was not reviewed in one, so its digest is none that was.
    let (body, is_open) = match sticky.moment {
        Moment::Planned(_) => (sticky.body(sticky.digest), true),
        Moment::Applied(_) => (sticky.body(None), false),
    };
    let is_said = |own: &[Marked]| own.iter().any(|comment| comment.shows(sticky.text));
    if !is_open && is_said(own) {
        return Ok(Kept::Unchanged);
    }
    if let Err(error) = forge.create_comment(pull, &body).await {
        if !error.is_unclear() {
            return Err(error);
        }
        let now = self::own(forge, pull, sticky, me).await?;
        let is_there = if is_open { now.iter().any(|comment| !comment.marker.closed) } else { is_said(&now) };
        if !is_there {
            forge.create_comment(pull, &body).await?;
        }
    }
    if is_open {
        settle(forge, pull, sticky, me).await?;
    }
    Ok(Kept::Created)
}

/// After a create: where another run made one as well, the oldest stays, and says what the newest commit's run says.
async fn settle<E: Exchange>(
    forge: &Forge<'_, E>,
    pull: u64,
    sticky: &Sticky<'_>,
    me: &Account,
) -> Result<(), ForgeError> {
    let own = own(forge, pull, sticky, me).await?;
    let mut open = own.iter().filter(|comment| !comment.marker.closed);
    let Some(first) = open.next() else { return Ok(()) };
    if !first.is(&sticky.body(sticky.digest)) && overtaken(forge, pull, sticky).await?.is_none() {
        say(forge, pull, sticky, first).await?;
    }
    for later in open {
        forge.delete_comment(pull, later.post.id).await?;
    }
    Ok(())
}

/// Where it is not known whose token it is: a new comment, unless somebody's says the same already.
async fn create_only<E: Exchange>(forge: &Forge<'_, E>, pull: u64, sticky: &Sticky<'_>) -> Result<Kept, ForgeError> {
    if is_shown(forge, pull, sticky).await? {
        return Ok(Kept::Shown);
    }
    if let Some(head) = overtaken(forge, pull, sticky).await? {
        return Ok(Kept::Overtaken(head));
    }
    let digest = match sticky.moment {
        Moment::Planned(_) => sticky.digest,
        Moment::Applied(_) => None,
    };
    let body = sticky.body(digest);
    if let Err(error) = forge.create_comment(pull, &body).await {
        if !error.is_unclear() {
            return Err(error);
        }
        if !is_shown(forge, pull, sticky).await? {
            forge.create_comment(pull, &body).await?;
        }
    }
    Ok(Kept::Created)
}

async fn is_shown<E: Exchange>(forge: &Forge<'_, E>, pull: u64, sticky: &Sticky<'_>) -> Result<bool, ForgeError> {
    let marked = forge.marked_comments(pull).await?;
    Ok(marked.iter().any(|comment| comment.marker.key == sticky.key && comment.shows(sticky.text)))
}
