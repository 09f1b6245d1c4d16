//! The forge: what is written on it, what is left alone, and what becomes of it when something breaks.

mod client;
pub(crate) mod fake;
mod issue;
mod marker;
mod reviewed;
mod sticky;

use flowops::forge::{
    Commit, Drift, Family, Forge, ForgeError, Found, Kept, Kind, Marker, Moment, Repository, Sticky, Tracked, keep,
    track,
};
use flowops::model::Digest;

use fake::{HEAD, Line, PULL, Store};

pub(crate) const FAMILIES: [Family; 3] = [Family::GitHub, Family::Gitea, Family::GitLab];

/// The same with a forge of each family.
pub(crate) fn everywhere(test: impl Fn(Line)) {
    for family in FAMILIES {
        test(Line::new(Store::new(family)));
    }
}

pub(crate) fn repository(line: &Line) -> Repository {
    let store = line.store();
    Repository::parse(store.family, store.repository()).unwrap()
}

/// Waits for nothing: every answer of the fake is there at once.
pub(crate) fn now<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

pub(crate) fn commit(hash: &str) -> Commit {
    Commit::parse(hash).unwrap()
}

/// The marker of the comment that [`plan`] makes.
pub(crate) fn marked(key: &str, text: &str) -> String {
    let marker = Marker {
        kind: Kind::Plan,
        key: key.to_owned(),
        digest: Some(Digest::of(text)),
        commit: Some(commit(HEAD)),
        closed: false,
    };
    format!("{}\n{text}\n", marker.line())
}

/// The run that planned a commit says so.
pub(crate) fn plan(line: &Line, head: &str, key: &str, text: &str) -> Result<Kept, ForgeError> {
    let (repository, commit, digest) = (repository(line), commit(head), Digest::of(text));
    let sticky = Sticky { key, digest: Some(&digest), moment: Moment::Planned(&commit), text, footer: "" };
    now(keep(&Forge::new(line, &repository), PULL, &sticky))
}

/// The run that applied it says what became of it.
pub(crate) fn applied(line: &Line, key: &str, text: &str) -> Result<Kept, ForgeError> {
    let (repository, digest) = (repository(line), Digest::of("what was applied"));
    let merge = commit(fake::MERGE);
    let sticky = Sticky { key, digest: Some(&digest), moment: Moment::Applied(Some(&merge)), text, footer: "" };
    now(keep(&Forge::new(line, &repository), PULL, &sticky))
}

/// A run that looked for drift says what it found; an empty text is none.
pub(crate) fn drift(line: &Line, text: &str) -> Result<Tracked, ForgeError> {
    let (repository, fingerprint) = (repository(line), Digest::of(text));
    let labels = ["drift".to_owned(), "Bug".to_owned()];
    let found = if text.is_empty() { Found::Nothing } else { Found::Drift { fingerprint: &fingerprint, text } };
    let drift = Drift { key: "production", commit: None, title: "Drift", labels: &labels, footer: "", found };
    now(track(&Forge::new(line, &repository), &drift))
}
