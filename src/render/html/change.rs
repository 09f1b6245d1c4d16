//! One value that becomes another, on a page: nothing is left out, and long stretches that stay are folded.

use std::fmt;

use serde_json::Value as Json;

use super::markup::Markup;
use crate::render::delta::{Delta, Mark, Row, Sign, Span, delta};
use crate::render::side::{Change, Values, stated};
use crate::render::value::{block, dotted, flow};
use crate::render::words::count;

/// Lines that stay and are not folded, on either side of a change.
const KEPT: usize = 3;
/// Values up to this many characters stand beside their name.
const SHORT: usize = 100;
/// How deep a new value is taken apart.
const DEPTH: u8 = 2;

/// Writes how values change.
pub(super) fn changes<'a>(page: &mut Markup<'_>, all: impl IntoIterator<Item = Change<'a>>) -> fmt::Result {
    page.block("dl", &[("class", "fields")], |page| {
        all.into_iter().try_for_each(|Change { path, values, note }| match values {
            Values::Hidden => field(page, path, None, |page| {
                page.leaf("span", "secret", "sensitive, changed")?;
                self::note(page, note)
            }),
            Values::Shown { old, new } => change(page, path, stated(old), stated(new), note),
        })
    })
}

/// Writes the values of what is new.
pub(super) fn declared<'a>(page: &mut Markup<'_>, all: impl IntoIterator<Item = Change<'a>>) -> fmt::Result {
    page.block("dl", &[("class", "fields")], |page| {
        all.into_iter().try_for_each(|Change { path, values, note: _ }| match values {
            Values::Hidden => field(page, path, None, |page| page.leaf("span", "secret", "sensitive")),
            Values::Shown { old: _, new } => value(page, path, new, DEPTH),
        })
    })
}

fn field(
    page: &mut Markup<'_>,
    path: &str,
    note: Option<&str>,
    inside: impl FnOnce(&mut Markup<'_>) -> fmt::Result,
) -> fmt::Result {
    page.block("div", &[], |page| {
        page.element("dt", &[], |page| {
            page.text(&dotted(path))?;
            self::note(page, note)
        })?;
        page.element("dd", &[], inside)
    })
}

fn note(page: &mut Markup<'_>, note: Option<&str>) -> fmt::Result {
    let Some(note) = note else { return Ok(()) };
    page.text(" ")?;
    page.leaf("span", "cause", note)
}

/// A new value: by its keys as far down as it is worth it, short ones beside their name, the others below.
fn value(page: &mut Markup<'_>, path: &str, json: &Json, depth: u8) -> fmt::Result {
    match json {
        Json::Object(map) if depth > 0 && !map.is_empty() => map.iter().try_for_each(|(key, json)| {
            value(page, &format!("{path}/{}", crate::diff::pointer(key)), json, depth.saturating_sub(1))
        }),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
            field(page, path, None, |page| {
                let text = json.as_str().map_or_else(|| flow(json), str::to_owned);
                if text.contains('\n') || text.chars().count() > SHORT {
                    page.element("div", &[("class", "prose")], |page| {
                        block(json).trim_end().lines().try_for_each(|text| line(page, "row", |page| page.text(text)))
                    })
                } else {
                    page.leaf("span", "value", &flow(json))
                }
            })
        }
    }
}

fn change(
    page: &mut Markup<'_>,
    path: &str,
    old: Option<&Json>,
    new: Option<&Json>,
    note: Option<&str>,
) -> fmt::Result {
    match delta(path, old, new, usize::MAX) {
        Delta::Members { gone, come } => field(page, path, None, |page| {
            gone.iter().try_for_each(|gone| page.leaf("del", "member", &format!("-{gone}")))?;
            come.iter().try_for_each(|come| page.leaf("ins", "member", &format!("+{come}")))?;
            self::note(page, note)
        }),
        Delta::Short { old: was, new: is } => field(page, path, None, |page| {
            page.leaf(if old.is_some() { "del" } else { "span" }, "value", &was)?;
            page.leaf("span", "to", " → ")?;
            page.leaf(if new.is_some() { "ins" } else { "span" }, "value", &is)?;
            self::note(page, note)
        }),
        Delta::Lines(rows) if rows.iter().all(|row| row.sign == Sign::Kept) => {
            field(page, path, None, |page| page.leaf("span", "cause", "the same but for its form"))
        }
        Delta::Lines(rows) => {
            field(page, path, note, |page| page.element("div", &[("class", "diff")], |page| lines(page, &rows)))
        }
    }
}

/// The lines of a text, in which long stretches that stay are folded.
fn lines(page: &mut Markup<'_>, rows: &[Row]) -> fmt::Result {
    let (runs, last) = (rows.chunk_by(|one, next| is_kept(one) == is_kept(next)), rows.last().is_some_and(is_kept));
    let number = runs.clone().count();
    for (at, run) in runs.enumerate() {
        if !run.first().is_some_and(is_kept) {
            run.iter().try_for_each(|row| self::row(page, row))?;
            continue;
        }
        let above = if at == 0 { 0 } else { KEPT };
        let below = if last && at + 1 == number { 0 } else { KEPT };
        let middle = run.len().saturating_sub(above + below);
        // Folding a line or two would save nothing.
        if middle < 3 {
            run.iter().try_for_each(|row| self::row(page, row))?;
            continue;
        }
        run.iter().take(above).try_for_each(|row| self::row(page, row))?;
        page.element("details", &[("class", "gap")], |page| {
            page.element("summary", &[], |page| page.text(&format!("… {}", count(middle, "line that stays"))))?;
            run.iter().skip(above).take(middle).try_for_each(|row| self::row(page, row))
        })?;
        run.iter().skip(above + middle).try_for_each(|row| self::row(page, row))?;
    }
    Ok(())
}

fn is_kept(row: &Row) -> bool {
    row.sign == Sign::Kept
}

fn row(page: &mut Markup<'_>, row: &Row) -> fmt::Result {
    let (class, sign) = match row.sign {
        Sign::Kept => ("row", " "),
        Sign::Gone => ("row gone", "-"),
        Sign::Come => ("row come", "+"),
        Sign::Changed => ("row changed", "~"),
        Sign::Gap => ("row", "…"),
    };
    line(page, class, |page| {
        page.leaf("span", "mark", sign)?;
        page.element("span", &[("class", "text")], |page| row.spans.iter().try_for_each(|span| self::span(page, span)))
    })
}

fn span(page: &mut Markup<'_>, span: &Span) -> fmt::Result {
    let Span { mark, text } = span;
    match mark {
        Mark::Kept => page.text(text),
        Mark::Gone => page.element("del", &[], |page| page.text(text)),
        Mark::Come => page.element("ins", &[], |page| page.text(text)),
    }
}

fn line(
    page: &mut Markup<'_>,
    class: &'static str,
    inside: impl FnOnce(&mut Markup<'_>) -> fmt::Result,
) -> fmt::Result {
    page.element("div", &[("class", class)], inside)
}
