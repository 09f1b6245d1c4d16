//! The one issue of a target's drift, over its whole life.

use super::Exchange;
use super::commit::Commit;
use super::dialect::State;
use super::error::ForgeError;
use super::marker::{Kind, Marker};
use super::post::{Account, Marked};
use super::session::Forge;
use super::sticky::joined;
use crate::model::Digest;

/// What is known of a target's drift.
#[derive(Debug, Clone, Copy)]
pub struct Drift<'a> {
    /// Of which target, or whatever tells several issues apart.
    pub key: &'a str,
    /// The commit that live was compared with, where that is known.
    pub commit: Option<&'a Commit>,
    /// What a new issue is called.
    pub title: &'a str,
    /// What a new issue is labelled.
    pub labels: &'a [String],
    /// Markdown that stands below everything and says nothing about the drift, such as a link to the run.
    pub footer: &'a str,
    /// What was found.
    pub found: Found<'a>,
}

/// Whether there is drift.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    /// There is.
    Drift {
        /// Of exactly this.
        fingerprint: &'a Digest,
        /// Markdown.
        text: &'a str,
    },
    /// There is none.
    Nothing,
}

/// What became of the issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracked {
    /// There was none, and now there is.
    Opened,
    /// It says something new, and one comment says so.
    Updated,
    /// It was closed, and is open again.
    Reopened,
    /// It is closed, and a comment says why.
    Closed,
    /// Nothing had to be done.
    Unchanged,
    /// Somebody's issue says the same already, and whose token this is the forge does not tell.
    Shown,
    /// There may be an issue to close, but whose token this is the forge does not tell.
    Unknown,
}

const CHANGED: &str = "The drift is another than before; the description above shows it as it is now.";
const AGAIN: &str = "There is drift again; the description above shows it as it is now.";
const STILL: &str = "The drift is still there, so this issue is open again. What is to stay as it is in live can be \
    taken over with `flowops pull --accept`, or left to others by an ignore rule.";
const CLEAN: &str = "No drift any more: live is as the manifests declare.";

impl Drift<'_> {
    fn body(&self, fingerprint: &Digest, text: &str) -> String {
        let marker = Marker {
            kind: Kind::Drift,
            key: self.key.to_owned(),
            digest: Some(fingerprint.clone()),
            commit: self.commit.cloned(),
            closed: false,
        };
        marker.over(&joined(text, self.footer))
    }
}

/// Makes sure that a target's drift has one open issue that shows it, and that there is none where there is no drift.
///
/// Nothing is written while the drift stays the same. Only what the account of the token opened is touched, and a locked
/// issue is left alone: the next one links to it.
///
/// # Errors
/// [`ForgeError`]. What was to be written may be there even then, if an answer was lost; nothing is there twice.
pub async fn track<E: Exchange>(forge: &Forge<'_, E>, drift: &Drift<'_>) -> Result<Tracked, ForgeError> {
    let me = forge.viewer().await;
    match (drift.found, me) {
        (Found::Drift { fingerprint, text }, Some(me)) => Tracker { forge, drift, me }.show(fingerprint, text).await,
        (Found::Drift { fingerprint, text }, None) => create_only(forge, drift, fingerprint, text).await,
        (Found::Nothing, Some(me)) => Tracker { forge, drift, me }.close().await,
        (Found::Nothing, None) => {
            let is_marked = |issue: &Marked| issue.marker.key == drift.key && issue.post.is_open;
            let is_there = forge.marked_issues().await?.iter().any(is_marked);
            Ok(if is_there { Tracked::Unknown } else { Tracked::Unchanged })
        }
    }
}

/// An issue whose author is known.
struct Tracker<'a, E> {
    forge: &'a Forge<'a, E>,
    drift: &'a Drift<'a>,
    me: Account,
}

impl<E: Exchange> Tracker<'_, E> {
    /// Our own issues of this key, the oldest first.
    async fn own(&self) -> Result<Vec<Marked>, ForgeError> {
        let mut marked = self.forge.marked_issues().await?;
        marked.retain(|issue| issue.marker.key == self.drift.key);
        self.forge.of(&self.me, marked).await
    }

    async fn show(&self, fingerprint: &Digest, text: &str) -> Result<Tracked, ForgeError> {
        let own = self.own().await?;
        let (locked, usable): (Vec<&Marked>, Vec<&Marked>) = own.iter().partition(|issue| issue.post.is_locked);
        let is_open = |issue: &&&Marked| issue.post.is_open;
        if let Some(issue) = usable.iter().find(is_open).or_else(|| usable.first()) {
            let tracked = self.say(issue, fingerprint, text).await;
            return match tracked {
                // Somebody deleted it meanwhile. If it is still listed, a new one would be one more each night.
                Err(error) if error.is_gone() => {
                    if self.own().await?.iter().any(|other| other.post.id == issue.post.id) {
                        return Err(error);
                    }
                    self.open(fingerprint, text, None).await
                }
                Err(error) => Err(error),
                Ok(tracked) => {
                    let others = usable.iter().filter(is_open).filter(|other| other.post.id != issue.post.id);
                    self.close_copies(issue.post.id, others.copied()).await?;
                    Ok(tracked)
                }
            };
        }
        let shows = |issue: &&Marked| issue.post.is_open && issue.marker.digest.as_ref() == Some(fingerprint);
        if locked.iter().any(shows) {
            return Ok(Tracked::Unchanged);
        }
        self.open(fingerprint, text, locked.last().map(|issue| issue.post.id)).await
    }

    /// Makes an issue of ours show the drift. The body comes first: who reads it next then knows that it was said.
    async fn say(&self, issue: &Marked, fingerprint: &Digest, text: &str) -> Result<Tracked, ForgeError> {
        let is_same = issue.marker.digest.as_ref() == Some(fingerprint);
        let (state, comment, tracked) = match (issue.post.is_open, is_same) {
            (true, true) => return Ok(Tracked::Unchanged),
            (true, false) => (None, CHANGED, Tracked::Updated),
            (false, _) if issue.marker.closed || !is_same => (Some(State::Open), AGAIN, Tracked::Reopened),
            (false, _) => (Some(State::Open), STILL, Tracked::Reopened),
        };
        self.forge.edit_issue(issue.post.id, &self.drift.body(fingerprint, text), state).await?;
        self.forge.comment_issue(issue.post.id, &joined(comment, self.drift.footer)).await?;
        Ok(tracked)
    }

    async fn open(&self, fingerprint: &Digest, text: &str, before: Option<u64>) -> Result<Tracked, ForgeError> {
        let text = match before {
            Some(number) => format!("{text}\n\nThis follows #{number}, which is locked."),
            None => text.to_owned(),
        };
        let body = self.drift.body(fingerprint, &text);
        let labels = self.forge.labels(self.drift.labels).await?;
        let is_usable = |issue: &&Marked| issue.post.is_open && !issue.post.is_locked;
        if let Err(error) = self.forge.create_issue(self.drift.title, &body, &labels).await {
            if !error.is_unclear() {
                return Err(error);
            }
            if self.own().await?.iter().find(is_usable).is_none() {
                self.forge.create_issue(self.drift.title, &body, &labels).await?;
            }
        }
        let own = self.own().await?;
        let mut open = own.iter().filter(is_usable);
        if let Some(first) = open.next() {
            self.close_copies(first.post.id, open).await?;
        }
        Ok(Tracked::Opened)
    }

    /// Closes what another run opened at the same time.
    async fn close_copies<'m>(&self, kept: u64, copies: impl Iterator<Item = &'m Marked>) -> Result<(), ForgeError> {
        for copy in copies {
            self.forge.edit_issue(copy.post.id, &closed(copy), Some(State::Closed)).await?;
            self.forge.comment_issue(copy.post.id, &format!("The same as #{kept}, which stays open.")).await?;
        }
        Ok(())
    }

    async fn close(&self) -> Result<Tracked, ForgeError> {
        let own = self.own().await?;
        let mut tracked = Tracked::Unchanged;
        for issue in own.iter().filter(|issue| issue.post.is_open && !issue.post.is_locked) {
            self.forge.edit_issue(issue.post.id, &closed(issue), Some(State::Closed)).await?;
            self.forge.comment_issue(issue.post.id, &joined(CLEAN, self.drift.footer)).await?;
            tracked = Tracked::Closed;
        }
        Ok(tracked)
    }
}

/// The body of an issue that is closed: what it showed last stays.
fn closed(issue: &Marked) -> String {
    Marker { closed: true, ..issue.marker.clone() }.over(issue.text())
}

/// Where it is not known whose token it is: a new issue, unless somebody's says the same already.
async fn create_only<E: Exchange>(
    forge: &Forge<'_, E>,
    drift: &Drift<'_>,
    fingerprint: &Digest,
    text: &str,
) -> Result<Tracked, ForgeError> {
    let is_shown = async || -> Result<bool, ForgeError> {
        let shows = |issue: &Marked| issue.marker.key == drift.key && issue.post.is_open && issue.shows(text);
        Ok(forge.marked_issues().await?.iter().any(shows))
    };
    if is_shown().await? {
        return Ok(Tracked::Shown);
    }
    let labels = forge.labels(drift.labels).await?;
    let body = drift.body(fingerprint, text);
    if let Err(error) = forge.create_issue(drift.title, &body, &labels).await {
        if !error.is_unclear() {
            return Err(error);
        }
        if !is_shown().await? {
            forge.create_issue(drift.title, &body, &labels).await?;
        }
    }
    Ok(Tracked::Opened)
}
