//! The forms of a record.

use std::fmt;

use super::html::html;
use super::json::json;
use crate::record::Record;

/// A form in which a record is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For programs; versioned.
    Json,
    /// One page for a browser.
    Html,
}

/// A record in a form, as the text of a file.
pub fn view(form: Form, record: &Record) -> String {
    let mut text = String::new();
    // Writing into a `String` cannot fail.
    let _infallible: fmt::Result = match form {
        Form::Json => json(record, &mut text),
        Form::Html => html(record, &mut text),
    };
    text
}
