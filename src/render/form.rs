//! The forms of a record.

use std::fmt::{self, Write as _};

use super::annotations::annotations;
use super::command::{in_message, in_property, parted};
use super::html::{html, in_html};
use super::json::json;
use super::junit::junit;
use super::markdown::{COMMENT, SUMMARY, markdown};
use super::sarif::sarif;
use crate::record::Record;

/// A form in which a record is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For programs; versioned.
    Json,
    /// For a comment on a pull request.
    Markdown,
    /// The same for a page that has room for more.
    Summary,
    /// For the runners of GitHub, Gitea and Forgejo: annotations.
    Github,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For whoever shows test results: JUnit XML.
    Junit,
    /// One page for a browser.
    Html,
}

/// A record in a form, as the text of a file.
pub fn view(form: Form, record: &Record) -> String {
    let mut text = String::new();
    // Writing into a `String` cannot fail.
    let _infallible: fmt::Result = match form {
        Form::Json => json(record, &mut text),
        Form::Markdown => text.write_str(&markdown(record, COMMENT)),
        Form::Summary => text.write_str(&markdown(record, SUMMARY)),
        Form::Github => annotations(record, &mut text),
        Form::Sarif => sarif(record, &mut text),
        Form::Junit => junit(record, &mut text),
        Form::Html => html(record, &mut text),
    };
    text
}

/// A text as the forms write it that escape what they mark up with.
pub fn escaped(text: &str) -> [String; 4] {
    let apart = parted(text);
    [quick_xml::escape::escape(text).into_owned(), in_html(text), in_message(&apart), in_property(text)]
}
