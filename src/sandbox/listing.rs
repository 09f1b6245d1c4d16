//! Lists: their order, and how they are cut into pages.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::quirk::{Limit, Order, Paging, Quirks, Total};
use super::reply::{self, Refusal, Reply};

/// Items on a page when nobody says how many.
const USUAL: usize = 20;

/// The most that may be asked for.
const MOST: usize = 100;

/// What a cursor begins with; the rest is how many items came before it.
const CURSOR: &str = "after_";

/// Answers with the page of a list that the query asks for. The items come the oldest first.
pub(super) fn list<'a, T, S: Serialize>(
    quirks: Quirks,
    query: &[(String, String)],
    items: &'a [T],
    name: impl Fn(&T) -> &str,
    show: impl Fn(&'a T) -> S,
) -> Reply {
    let mut ordered: Vec<&'a T> = items.iter().collect();
    match quirks.order {
        Order::Created => {}
        Order::Name => ordered.sort_by(|a, b| name(a).cmp(name(b))),
        Order::Reversed => ordered.reverse(),
    }
    let Some(Window { start, size }) = window(quirks, query)? else {
        return reply::all(quirks, &ordered.into_iter().map(show).collect::<Vec<S>>());
    };
    let end = start.saturating_add(size);
    let mut pagination = Map::new();
    let mut say = |key: &str, value: Json| pagination.insert(key.to_owned(), value);
    say("page", Json::from((start / size).saturating_add(1)));
    say("limit", Json::from(size));
    if quirks.total == Total::Stated {
        say("total", Json::from(items.len()));
        say("totalPages", Json::from(items.len().div_ceil(size)));
    }
    let has_cursor = matches!(quirks.paging, Paging::Cursor | Paging::CursorIgnored);
    if has_cursor && end < items.len() {
        say("nextCursor", Json::String(format!("{CURSOR}{end}")));
    }
    let shown: Vec<S> = ordered.into_iter().skip(start).take(size).map(show).collect();
    reply::page(quirks, &shown, Json::Object(pagination))
}

/// What a page holds of a list.
struct Window {
    start: usize,
    size: usize,
}

/// The page that is asked for; `None` if lists have no pages.
fn window(quirks: Quirks, query: &[(String, String)]) -> Result<Option<Window>, Refusal> {
    let size = || match quirks.limit {
        Limit::Obeyed => Ok(number(query, "limit", MOST)?.unwrap_or(USUAL)),
        Limit::Ignored => Ok(USUAL),
    };
    match quirks.paging {
        Paging::Whole | Paging::Object => Ok(None),
        Paging::Cursor => Ok(Some(Window { start: cursor(query)?, size: size()? })),
        Paging::Page | Paging::CursorIgnored => {
            let (before, size) = (number(query, "page", usize::MAX)?.unwrap_or(1) - 1, size()?);
            Ok(Some(Window { start: before.saturating_mul(size), size }))
        }
    }
}

fn parameter<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn number(query: &[(String, String)], name: &str, most: usize) -> Result<Option<usize>, Refusal> {
    let Some(text) = parameter(query, name) else { return Ok(None) };
    match text.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
        Ok(_) | Err(_) => Err(Refusal::field(name, format!("`{name}` must be a number from 1 to {most}"))),
    }
}

fn cursor(query: &[(String, String)]) -> Result<usize, Refusal> {
    let Some(text) = parameter(query, "cursor") else { return Ok(0) };
    let offset = text.strip_prefix(CURSOR).and_then(|offset| offset.parse().ok());
    offset.ok_or_else(|| Refusal::field("cursor", "`cursor` must be one that a page gave"))
}
