use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::model::Listing;

/// Items asked for on a page, the most that the API's pages state (`limit`, 1 to 100).
const PAGE_LIMIT: usize = 100;

/// Items on a page when `limit` is not obeyed, as the API's pages state.
const DEFAULT_PAGE: usize = 20;

/// Pages after which a listing is given up.
pub(crate) const MAX_PAGES: u32 = 1_000;

/// Which page to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageRequest {
    /// The first one.
    First,
    /// The one after a cursor. The parameter's name is not documented; `cursor` is the obvious one.
    Cursor(String),
    /// The one of a number, counted from 1.
    Number(u32),
}

impl PageRequest {
    /// Its query parameters.
    pub fn query(&self) -> Vec<(String, String)> {
        let mut query = vec![("limit".to_owned(), PAGE_LIMIT.to_string())];
        match self {
            Self::First => {}
            Self::Cursor(cursor) => query.push(("cursor".to_owned(), cursor.clone())),
            Self::Number(number) => query.push(("page".to_owned(), number.to_string())),
        }
        query
    }
}

/// A page, whatever its envelope was.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// Its items.
    pub items: Vec<Json>,
    /// Its number, if it says.
    pub number: Option<u32>,
    /// How many pages there are, if it says.
    pub pages: Option<u32>,
    /// How many items a page holds, if it says.
    pub limit: Option<usize>,
    /// How many items there are, if it says.
    pub total: Option<usize>,
    /// The cursor of the next page, if there is one.
    pub next_cursor: Option<String>,
    /// Whether it says in another way that there is more.
    pub has_more: bool,
}

/// What comes after a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Another page.
    Next(PageRequest),
    /// The end.
    Done(Listing<Json>),
}

/// Follows a list through its pages, however the server pages, and says at the end whether it is all of it.
///
/// The API's prose says cursors, its one visible list takes page numbers, and some lists have no paging at all. So a
/// cursor is preferred; where it changes nothing, page numbers are tried; a list that does not say how long it is, is
/// believed unless it ends exactly where a page would: then one more page is asked for.
#[derive(Debug, Default)]
pub struct Pager {
    items: Vec<Json>,
    ids: BTreeSet<String>,
    cursors: BTreeSet<String>,
    total: Option<usize>,
    /// The count before and after it changed.
    moved: Option<(usize, usize)>,
    received: u32,
    by_number: bool,
}

impl Pager {
    /// Takes the page that `asked` gave.
    pub fn feed(&mut self, asked: &PageRequest, page: Page) -> Progress {
        let Page { items, number, pages, limit, total, next_cursor, has_more } = page;
        let size = items.len();
        let fresh = self.keep(items);
        self.moved = self.total.zip(total).filter(|(before, now)| before != now).or(self.moved);
        self.total = total.or(self.total);
        self.received += 1;
        if self.received >= MAX_PAGES {
            return self.unproven(format!("it has more than {MAX_PAGES} pages"));
        }
        if size == 0 {
            return self.end();
        }
        let current = match asked {
            PageRequest::First => number.unwrap_or(1),
            PageRequest::Number(number) => *number,
            PageRequest::Cursor(_) => number.unwrap_or(self.received),
        };
        if fresh == 0 && self.received > 1 {
            // A cursor that was followed to its end says nothing any more; one that led nowhere still does.
            let has_cursor = self.by_number && next_cursor.is_some();
            let says_more = has_more || has_cursor || pages.is_some_and(|pages| current <= pages);
            return self.after_repetition(asked, says_more);
        }
        if let Some(cursor) = next_cursor.filter(|_| !self.by_number) {
            if self.cursors.insert(cursor.clone()) {
                return Progress::Next(PageRequest::Cursor(cursor));
            }
            return self.unproven("the server gave the same cursor twice".to_owned());
        }
        let more = match pages {
            _ if has_more => true,
            Some(pages) => current < pages,
            None if self.total.is_some() => self.total.is_some_and(|total| self.items.len() < total),
            // Nothing says how much there is: a page that is exactly full may not be the last.
            None => size == limit.unwrap_or(PAGE_LIMIT) || size == PAGE_LIMIT || size == DEFAULT_PAGE,
        };
        if more { Progress::Next(PageRequest::Number(current + 1)) } else { self.end() }
    }

    fn keep(&mut self, items: Vec<Json>) -> usize {
        let before = self.items.len();
        for item in items {
            let is_new = match item.get("id").and_then(Json::as_str) {
                Some(id) => self.ids.insert(id.to_owned()),
                None => true,
            };
            if is_new {
                self.items.push(item);
            }
        }
        self.items.len() - before
    }

    /// A page that brought nothing new: the way of asking was not understood, or the list has no pages.
    fn after_repetition(&mut self, asked: &PageRequest, says_more: bool) -> Progress {
        let is_all = self.total.is_some_and(|total| self.items.len() >= total);
        match asked {
            PageRequest::Cursor(_) if !is_all => {
                self.by_number = true;
                Progress::Next(PageRequest::Number(2))
            }
            PageRequest::Number(number) if !is_all && (self.total.is_some() || says_more) => {
                self.unproven(format!("asking for page {number} gave nothing new"))
            }
            PageRequest::First | PageRequest::Cursor(_) | PageRequest::Number(_) => self.end(),
        }
    }

    /// A list that somebody shortened meanwhile has moved up, and the item at the edge of a page was never shown.
    fn end(&mut self) -> Progress {
        if let Some((before, now)) = self.moved {
            return self.unproven(format!("it changed while it was read: the server counted {before}, then {now}"));
        }
        let items = std::mem::take(&mut self.items);
        Progress::Done(match self.total {
            Some(total) if items.len() < total => {
                let reason = format!("the server counts {total} but gave {}", items.len());
                Listing::Unproven { items, reason }
            }
            Some(_) | None => Listing::Complete(items),
        })
    }

    fn unproven(&mut self, reason: String) -> Progress {
        Progress::Done(Listing::Unproven { items: std::mem::take(&mut self.items), reason })
    }
}
