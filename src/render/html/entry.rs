//! What a page lists: entries that are folded and filtered, under headings.

use std::fmt;

use super::front::Count;
use super::markup::Markup;
use crate::record::{ActionV1, SeverityV1, SourceV1, StatusV1};

/// Pages with more entries begin with them folded.
const MOST_OPEN: usize = 20;

/// What an entry is, in a word and a sign; neither needs colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// The word, by which entries are chosen, too.
    pub(super) word: &'static str,
    sign: &'static str,
    /// How it looks, as classes of the entry.
    class: &'static str,
}

const fn kind(word: &'static str, sign: &'static str, class: &'static str) -> Kind {
    Kind { word, sign, class }
}

impl Kind {
    pub(super) const HELD: Self = kind("held", "!", "entry warning");
    pub(super) const UNMANAGED: Self = kind("unmanaged", "?", "entry plain");
    pub(super) const PENDING: Self = kind("pending", "·", "entry plain");
    pub(super) const BOUNCED: Self = kind("bounced", "✗", "entry bad");
    pub(super) const LEFT: Self = kind("left", "!", "entry warning");
    pub(super) const VALUE: Self = kind("value", "=", "entry plain");
    pub(super) const SET: Self = kind("set", "~", "entry changed");
    pub(super) const ADD: Self = kind("add", "+", "entry come");
    pub(super) const REMOVE: Self = kind("remove", "-", "entry gone");

    /// Of a step of a plan.
    pub(super) const fn step(action: ActionV1) -> Self {
        match action {
            ActionV1::Create => kind("create", "+", "entry come"),
            ActionV1::Update => kind("update", "~", "entry changed"),
            ActionV1::Delete => kind("delete", "-", "entry gone"),
            ActionV1::Install => kind("install", ">", "entry come"),
            ActionV1::Publish => kind("publish", "^", "entry plain"),
        }
    }

    /// Of what live says that git does not.
    pub(super) const fn drift(action: ActionV1) -> Self {
        match action {
            ActionV1::Create | ActionV1::Install => kind("missing", "-", "entry gone"),
            ActionV1::Update => kind("changed", "~", "entry changed"),
            ActionV1::Delete => kind("extra", "+", "entry come"),
            ActionV1::Publish => kind("draft", "^", "entry plain"),
        }
    }

    /// Of a step that was to be done.
    pub(super) const fn outcome(status: StatusV1) -> Self {
        match status {
            StatusV1::Done => kind("done", "✓", "entry come"),
            StatusV1::Unneeded => kind("unneeded", "=", "entry plain"),
            StatusV1::Conflict => kind("conflict", "!", "entry bad"),
            StatusV1::Failed => kind("failed", "✗", "entry bad"),
            StatusV1::Unknown => kind("unknown", "?", "entry bad"),
            StatusV1::Skipped => kind("skipped", "·", "entry warning"),
        }
    }

    /// Of a finding.
    pub(super) const fn finding(severity: SeverityV1) -> Self {
        match severity {
            SeverityV1::Error => kind("error", "✗", "entry bad"),
            SeverityV1::Warning => kind("warning", "!", "entry warning"),
            SeverityV1::Note => kind("note", "i", "entry plain"),
        }
    }
}

/// How many entries there are of each kind, in the order in which they come.
pub(super) fn tally(kinds: impl IntoIterator<Item = Kind>) -> Vec<(Kind, usize)> {
    let mut all: Vec<(Kind, usize)> = Vec::new();
    for kind in kinds {
        match all.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, number)) => *number += 1,
            None => all.push((kind, 1)),
        }
    }
    all
}

/// Whether entries begin open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folding {
    Open,
    Folded,
}

impl Folding {
    /// As many entries ask for it.
    pub(super) fn of(kinds: &[(Kind, usize)]) -> Self {
        let all: usize = kinds.iter().map(|(_, number)| number).sum();
        if all > MOST_OPEN { Self::Folded } else { Self::Open }
    }
}

/// The line of an entry that is always seen.
pub(super) struct Head<'a> {
    pub(super) kind: Kind,
    /// What is done to it, where the kind does not say so.
    pub(super) action: Option<&'static str>,
    /// The agent, if it is about one.
    pub(super) agent: Option<&'a str>,
    /// The name before, if it changes.
    pub(super) was: Option<&'a str>,
    /// What it is about.
    pub(super) name: &'a str,
    /// What is worth knowing while it is folded.
    pub(super) gist: String,
    /// Where the manifests say it.
    pub(super) source: Option<&'a SourceV1>,
}

/// What stands in an entry, below its head.
pub(super) type Body<'a> = &'a dyn Fn(&mut Markup<'_>) -> fmt::Result;

/// Writes an entry; one that has nothing below its head cannot be folded.
pub(super) fn entry(page: &mut Markup<'_>, folding: Folding, head: &Head<'_>, body: Option<Body<'_>>) -> fmt::Result {
    let Kind { word, sign: _, class } = head.kind;
    let Some(body) = body else {
        return page.block("div", &[("class", class), ("data-kind", word)], |page| {
            page.element("div", &[("class", "head")], |page| self::head(page, head))
        });
    };
    let folded = [("class", class), ("data-kind", word)];
    let open = [("class", class), ("data-kind", word), ("open", "")];
    page.block("details", if folding == Folding::Open { &open } else { &folded }, |page| {
        page.element("summary", &[("class", "head")], |page| self::head(page, head))?;
        page.block("div", &[("class", "body")], body)
    })
}

fn head(page: &mut Markup<'_>, head: &Head<'_>) -> fmt::Result {
    let Head { kind, action, agent, was, name, gist, source } = head;
    page.element("span", &[("class", "kind")], |page| {
        page.element("span", &[("class", "sign"), ("aria-hidden", "true")], |page| page.text(kind.sign))?;
        page.text(kind.word)
    })?;
    page.text(" ")?;
    page.element("span", &[("class", "name")], |page| {
        if let Some(action) = action {
            page.leaf("span", "action", action)?;
            page.text(" ")?;
        }
        if let Some(agent) = agent {
            page.leaf("span", "agent", agent)?;
            page.text(" / ")?;
        }
        if let Some(was) = was {
            page.leaf("del", "was", was)?;
            page.text(" → ")?;
        }
        page.element("b", &[], |page| page.text(name))
    })?;
    if !gist.is_empty() {
        page.text(" ")?;
        page.leaf("span", "gist", gist)?;
    }
    match source {
        Some(SourceV1 { file, line, column }) => {
            page.text(" ")?;
            page.leaf("code", "place", &format!("{file}:{line}:{column}"))
        }
        None => Ok(()),
    }
}

/// Writes a part of the page under a heading.
pub(super) fn part(
    page: &mut Markup<'_>,
    title: &str,
    note: &str,
    inside: impl FnOnce(&mut Markup<'_>) -> fmt::Result,
) -> fmt::Result {
    page.block("section", &[("class", "part")], |page| {
        page.block("h2", &[], |page| page.text(title))?;
        if !note.is_empty() {
            page.block("p", &[("class", "note")], |page| page.text(note))?;
        }
        inside(page)
    })
}

/// Writes entries that belong together, under a heading of their own if they have one.
pub(super) fn group(
    page: &mut Markup<'_>,
    title: Option<(&str, &str)>,
    inside: impl FnOnce(&mut Markup<'_>) -> fmt::Result,
) -> fmt::Result {
    page.block("div", &[("class", "group")], |page| {
        if let Some((title, more)) = title {
            page.block("h3", &[], |page| {
                page.text(title)?;
                page.text(" ")?;
                page.leaf("span", "more", more)
            })?;
        }
        page.block("div", &[("class", "list")], inside)
    })
}

/// Writes a paragraph of an entry.
pub(super) fn remark(page: &mut Markup<'_>, text: &str) -> fmt::Result {
    page.block("p", &[("class", "remark")], |page| page.text(text))
}

/// The numbers above zero.
pub(super) fn counts(all: impl IntoIterator<Item = (u64, &'static str, &'static str)>) -> Vec<Count> {
    let there = all.into_iter().filter(|(number, _, _)| *number > 0);
    there.map(|(number, word, class)| Count { number, word, class }).collect()
}
