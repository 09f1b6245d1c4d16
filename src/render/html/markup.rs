//! What a page is written with: elements and attributes of this program, text of anybody.
//!
//! Names and values of attributes live as long as the program, so none is ever made of data: no link, no style, no
//! handler. Whatever else is put on a page goes through [`Markup::text`], the one place that escapes.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest as _, Sha256};

use crate::render::safe::safe;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Attributes of an element; one without a value is only named.
pub(super) type Attributes<'a> = &'a [(&'static str, &'static str)];

/// A page that is being written.
pub(super) struct Markup<'w> {
    out: &'w mut dyn fmt::Write,
}

/// Writes a whole page, which asks nobody for anything.
pub(super) fn document(
    out: &mut dyn fmt::Write,
    title: &str,
    body: impl FnOnce(&mut Markup<'_>) -> fmt::Result,
) -> fmt::Result {
    let mut page = Markup { out };
    page.raw("<!doctype html>")?;
    page.block("html", &[("lang", "en")], |page| {
        page.block("head", &[], |page| {
            page.empty("meta", &[("charset", "utf-8")])?;
            page.policy()?;
            page.empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")])?;
            page.empty("meta", &[("name", "color-scheme"), ("content", "light dark")])?;
            page.empty("meta", &[("name", "referrer"), ("content", "no-referrer")])?;
            page.empty("link", &[("rel", "icon"), ("href", "data:,")])?;
            page.block("title", &[], |page| page.text(title))?;
            page.block("style", &[], |page| page.raw(STYLE))
        })?;
        page.block("body", &[], |page| {
            body(page)?;
            page.block("script", &[], |page| page.raw(SCRIPT))
        })
    })?;
    page.raw("\n")
}

impl Markup<'_> {
    /// Writes an element and what is in it.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Self) -> fmt::Result,
    ) -> fmt::Result {
        self.open(name, attributes)?;
        inside(self)?;
        write!(self.out, "</{name}>")
    }

    /// Writes an element on a line of its own.
    pub(super) fn block(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Self) -> fmt::Result,
    ) -> fmt::Result {
        self.out.write_char('\n')?;
        self.element(name, attributes, inside)
    }

    /// Writes an element of a class, with a text in it.
    pub(super) fn leaf(&mut self, name: &'static str, class: &'static str, text: &str) -> fmt::Result {
        self.element(name, &[("class", class)], |page| page.text(text))
    }

    /// Writes an element that holds nothing, on a line of its own.
    pub(super) fn empty(&mut self, name: &'static str, attributes: Attributes<'_>) -> fmt::Result {
        self.out.write_char('\n')?;
        self.open(name, attributes)
    }

    /// Writes a text on one line, harmless and without credentials, so that it is that text and nothing else.
    pub(super) fn text(&mut self, text: &str) -> fmt::Result {
        self.out.write_str(&escape(&safe(text)))
    }

    fn open(&mut self, name: &'static str, attributes: Attributes<'_>) -> fmt::Result {
        write!(self.out, "<{name}")?;
        for (name, value) in attributes {
            match *value {
                "" => write!(self.out, " {name}")?,
                value => write!(self.out, " {name}=\"{value}\"")?,
            }
        }
        self.out.write_char('>')
    }

    fn raw(&mut self, text: &'static str) -> fmt::Result {
        self.out.write_str(text)
    }

    /// Nothing may be loaded, sent or run but the page's own style and script.
    fn policy(&mut self) -> fmt::Result {
        let hash = |text: &str| BASE64.encode(Sha256::digest(text));
        write!(
            self.out,
            "\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; \
             script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'\">",
            hash(STYLE),
            hash(SCRIPT),
        )
    }
}

/// A text that HTML takes for nothing else, wherever it stands.
pub(in crate::render) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
