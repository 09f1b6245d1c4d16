//! The frame of every page: what it is and how it stands on top, the tools to find one's way, what is in it, where it is from.

use std::fmt;

use super::entry::Kind;
use super::markup::{Markup, document};
use crate::render::verdict::Mood;

/// What stands on top of a page.
pub(super) struct Front<'a> {
    /// What it is, in a word.
    pub(super) what: &'static str,
    /// What it is of.
    pub(super) target: Option<&'a str>,
    /// How it stands.
    pub(super) mood: Mood,
    /// How it stands, in one sentence of this program.
    pub(super) verdict: String,
    /// What a reader looks at first, each in a sentence, with the values that tell it.
    pub(super) first: Vec<(String, Option<String>)>,
    /// How many there are of each.
    pub(super) counts: Vec<Count>,
    /// What else there is to know.
    pub(super) facts: Vec<Fact>,
    /// The kinds of entries that can be chosen, with their numbers.
    pub(super) kinds: Vec<(Kind, usize)>,
    /// The record that it is made of.
    pub(super) format: &'static str,
}

/// How many there are of something.
pub(super) struct Count {
    /// How many.
    pub(super) number: u64,
    /// Of what.
    pub(super) word: &'static str,
    /// How it looks, as a class.
    pub(super) class: &'static str,
}

/// Something to know.
pub(super) struct Fact {
    /// What it is about.
    pub(super) name: &'static str,
    /// What is so.
    pub(super) text: String,
    /// How it looks, as a class.
    pub(super) class: &'static str,
}

impl Fact {
    /// A fact in words.
    pub(super) fn prose(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, text: text.into(), class: "words" }
    }

    /// A fact that is copied.
    pub(super) fn code(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, text: text.into(), class: "code" }
    }
}

/// Writes a page.
pub(super) fn page(
    out: &mut dyn fmt::Write,
    front: &Front<'_>,
    inside: impl FnOnce(&mut Markup<'_>) -> fmt::Result,
) -> fmt::Result {
    let Front { what, target, kinds, format, .. } = front;
    let title = target.map_or_else(|| format!("{what} · flowops"), |target| format!("{what} · {target} · flowops"));
    document(out, &title, |page| {
        page.block("a", &[("class", "skip"), ("href", "#content")], |page| page.text("Skip to the content"))?;
        top(page, front)?;
        if !kinds.is_empty() {
            tools(page, kinds)?;
        }
        page.block("main", &[("id", "content"), ("tabindex", "-1")], |page| {
            inside(page)?;
            page.block("p", &[("id", "nothing"), ("hidden", "")], |page| {
                page.text("Nothing here is as the filter asks.")
            })
        })?;
        page.block("footer", &[], |page| {
            page.text("Made by flowops of a ")?;
            page.leaf("code", "format", format)?;
            page.text(" record. This page stands alone: it loads nothing and sends nothing.")
        })
    })
}

fn top(page: &mut Markup<'_>, front: &Front<'_>) -> fmt::Result {
    let Front { what, target, mood, verdict, first, counts, facts, kinds: _, format: _ } = front;
    page.block("header", &[], |page| {
        page.block("h1", &[], |page| {
            page.text(what)?;
            match target {
                Some(target) => {
                    page.text(" ")?;
                    page.leaf("span", "target", target)
                }
                None => Ok(()),
            }
        })?;
        if !first.is_empty() {
            page.block("ul", &[("class", "first"), ("aria-label", "What to look at first")], |page| {
                first.iter().try_for_each(|(sentence, values)| concern(page, sentence, values.as_deref()))
            })?;
        }
        let (class, sign) = look(*mood);
        page.block("p", &[("class", class)], |page| {
            page.element("span", &[("class", "sign"), ("aria-hidden", "true")], |page| page.text(sign))?;
            page.leaf("span", "said", verdict)
        })?;
        if !counts.is_empty() {
            page.block("ul", &[("class", "counts"), ("aria-label", "How many of each")], |page| {
                counts.iter().try_for_each(|count| self::count(page, count))
            })?;
        }
        if facts.is_empty() {
            return Ok(());
        }
        page.block("dl", &[("class", "facts")], |page| {
            facts.iter().try_for_each(|Fact { name, text, class }| {
                page.block("div", &[], |page| {
                    page.element("dt", &[], |page| page.text(name))?;
                    page.leaf("dd", class, text)
                })
            })
        })
    })
}

fn concern(page: &mut Markup<'_>, sentence: &str, values: Option<&str>) -> fmt::Result {
    page.block("li", &[], |page| {
        page.text(sentence)?;
        match values {
            Some(values) => {
                page.text(" ")?;
                page.leaf("span", "code", values)
            }
            None => Ok(()),
        }
    })
}

fn count(page: &mut Markup<'_>, count: &Count) -> fmt::Result {
    let Count { number, word, class } = count;
    page.block("li", &[("class", class)], |page| {
        page.element("b", &[], |page| page.text(&number.to_string()))?;
        page.text(" ")?;
        page.text(word)
    })
}

/// What works only with the script, and is shown only by it.
fn tools(page: &mut Markup<'_>, kinds: &[(Kind, usize)]) -> fmt::Result {
    page.block("form", &[("id", "tools"), ("role", "search"), ("aria-label", "Filter"), ("hidden", "")], |page| {
        page.empty(
            "input",
            &[
                ("type", "search"),
                ("id", "query"),
                ("aria-label", "Only what holds these words"),
                ("placeholder", "Filter: agent, skill, action, text"),
                ("autocomplete", "off"),
                ("spellcheck", "false"),
            ],
        )?;
        page.block("fieldset", &[], |page| {
            page.element("legend", &[], |page| page.text("Show"))?;
            kinds.iter().try_for_each(|(kind, number)| {
                page.block("label", &[], |page| {
                    page.empty("input", &[("type", "checkbox"), ("value", kind.word), ("checked", "")])?;
                    page.text(kind.word)?;
                    page.text(" ")?;
                    page.leaf("span", "number", &number.to_string())
                })
            })
        })?;
        page.block("div", &[("class", "folds")], |page| {
            page.element("button", &[("type", "button"), ("id", "expand")], |page| page.text("Expand all"))?;
            page.element("button", &[("type", "button"), ("id", "fold")], |page| page.text("Fold all"))?;
            page.element("output", &[("id", "shown")], |_| Ok(()))
        })
    })
}

/// The class and the sign of a mood.
const fn look(mood: Mood) -> (&'static str, &'static str) {
    match mood {
        Mood::Good => ("verdict good", "✓"),
        Mood::Change => ("verdict change", "●"),
        Mood::Warning => ("verdict warning", "!"),
        Mood::Bad => ("verdict bad", "✗"),
    }
}
