//! What the manifests take over from live.

use std::fmt;

use super::change::changes;
use super::entry::{Folding, Head, Kind, counts, entry, group, part, remark, tally};
use super::front::{Fact, Front, page};
use super::markup::Markup;
use crate::record::{ChangeActionV1, ChangeV1, FileActionV1, FileV1, LeftV1, PlaceV1, PullV1};
use crate::render::side::{Change, Values};
use crate::render::verdict;

/// Writes a pull.
pub(super) fn pull(tree: &PullV1, out: &mut dyn fmt::Write) -> fmt::Result {
    let PullV1 { format: _, target, files, changes: takes, left, secrets } = tree;
    let new = files.iter().filter(|file| matches!(file.action, FileActionV1::Create)).count() as u64;
    let changed = files.len() as u64 - new;
    let kinds = tally(takes.iter().map(|take| kind(take.action)).chain(left.iter().map(|_| Kind::LEFT)));
    let folding = Folding::of(&kinds);
    let (mood, verdict) = verdict::pull(tree);
    let front = Front {
        what: "Pull",
        target: Some(target),
        mood,
        verdict,
        first: Vec::new(),
        counts: counts([
            (changed, if changed == 1 { "changed file" } else { "changed files" }, "changed"),
            (new, if new == 1 { "new file" } else { "new files" }, "come"),
            (takes.len() as u64, "taken over", "plain"),
            (left.len() as u64, "left", "warning"),
            (secrets.len() as u64, if secrets.len() == 1 { "secret to set" } else { "secrets to set" }, "warning"),
        ]),
        facts: vec![Fact::prose("Values", "what the manifest says → what live says")],
        kinds,
        format: "flowops.pull/v1",
    };
    page(out, &front, |page| {
        self::takes(page, folding, takes)?;
        self::left(page, folding, left)?;
        names(page, "Files", "", files.iter().map(file))?;
        let note = "They stand in manifests by reference now; set them before the next apply.";
        names(page, "Secrets", note, secrets.iter().map(|secret| ("", secret.as_str())))
    })
}

const fn kind(action: ChangeActionV1) -> Kind {
    match action {
        ChangeActionV1::Set | ChangeActionV1::Rename | ChangeActionV1::Allow => Kind::SET,
        ChangeActionV1::Add | ChangeActionV1::AddPack | ChangeActionV1::AddAgent => Kind::ADD,
        ChangeActionV1::Remove | ChangeActionV1::RemovePack => Kind::REMOVE,
    }
}

/// What became of what the manifest says, where the kind does not say it.
const fn gist(action: ChangeActionV1) -> &'static str {
    match action {
        ChangeActionV1::Set | ChangeActionV1::Add => "",
        ChangeActionV1::Rename => "gets its live name",
        ChangeActionV1::Allow => "is not absent any more",
        ChangeActionV1::AddPack => "everything that the pack installs is there",
        ChangeActionV1::AddAgent => "a new manifest",
        ChangeActionV1::Remove => "live does not have it",
        ChangeActionV1::RemovePack => "nothing that the pack installs is there",
    }
}

fn takes(page: &mut Markup<'_>, folding: Folding, all: &[ChangeV1]) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    part(page, "What the manifests take over", "", |page| {
        all.chunk_by(|one, next| one.agent == next.agent && one.file == next.file).try_for_each(|some| {
            let title = some.first().map(|one| (one.agent.as_str(), one.file.as_str()));
            group(page, title, |page| some.iter().try_for_each(|one| take(page, folding, one)))
        })
    })
}

fn take(page: &mut Markup<'_>, folding: Folding, take: &ChangeV1) -> fmt::Result {
    let ChangeV1 { action, agent, file: _, skill, to, fields } = take;
    let (was, name) = match (skill, to) {
        (Some(was), Some(to)) => (Some(was.as_str()), to),
        (Some(name), None) | (None, Some(name)) => (None, name),
        (None, None) => (None, agent),
    };
    let owner = skill.as_ref().or(to.as_ref()).map(|_| agent.as_str());
    let gist = gist(*action).to_owned();
    let head = Head { kind: kind(*action), action: None, agent: owner, was, name, gist, source: None };
    if fields.is_empty() {
        return entry(page, folding, &head, None);
    }
    entry(page, folding, &head, Some(&|page| changes(page, fields.iter().map(place))))
}

fn place(place: &PlaceV1) -> Change<'_> {
    match place {
        PlaceV1::Shown { path, before, after } => {
            Change { path, values: Values::Shown { old: before, new: after }, note: None }
        }
        PlaceV1::Hidden { path, sensitive: _ } => Change { path, values: Values::Hidden, note: None },
    }
}

fn left(page: &mut Markup<'_>, folding: Folding, all: &[LeftV1]) -> fmt::Result {
    if all.is_empty() {
        return Ok(());
    }
    part(page, "Left as it is: live and the manifests stay different here", "", |page| {
        group(page, None, |page| {
            all.iter().try_for_each(|LeftV1 { agent, skill, reason }| {
                let owner = skill.as_ref().map(|_| agent.as_str());
                let name = skill.as_ref().unwrap_or(agent);
                let gist = String::new();
                let head = Head { kind: Kind::LEFT, action: None, agent: owner, was: None, name, gist, source: None };
                entry(page, folding, &head, Some(&|page| remark(page, reason)))
            })
        })
    })
}

fn file(file: &FileV1) -> (&'static str, &str) {
    let FileV1 { path, action } = file;
    match action {
        FileActionV1::Update => ("changed ", path),
        FileActionV1::Create => ("new ", path),
    }
}

fn names<'a>(
    page: &mut Markup<'_>,
    title: &str,
    note: &str,
    all: impl ExactSizeIterator<Item = (&'static str, &'a str)>,
) -> fmt::Result {
    if all.len() == 0 {
        return Ok(());
    }
    part(page, title, note, |page| {
        page.block("ul", &[("class", "names")], |page| {
            all.into_iter().try_for_each(|(word, name)| {
                page.block("li", &[], |page| {
                    page.text(word)?;
                    page.leaf("code", "place", name)
                })
            })
        })
    })
}
