//! Views: values → text. They compute nothing about what they show and know no terminal.
//!
//! A text view writes labelled pieces to a [`Sink`]; [`Style`] decides what becomes of the labels. Whatever comes from
//! manifests or from the server passes through one place that makes it harmless: no control character, no word with
//! the shape of a credential, nothing that a CI system would take for a command.
//! Every other form is made of a [`Record`](crate::record::Record), in which no secret stands any more.

mod annotations;
mod announcement;
mod change;
mod command;
pub mod compare;
mod concern;
mod delta;
pub mod drift;
pub mod explain;
mod finding;
mod form;
mod html;
mod inert;
mod json;
mod junit;
mod label;
mod markdown;
pub mod merged;
pub mod metrics;
mod notice;
pub mod origin;
pub mod outputs;
mod page;
pub mod plan;
pub mod pull;
pub mod report;
mod safe;
mod sarif;
pub mod schemas;
mod side;
mod value;
mod verdict;
pub mod watch;
pub mod words;
mod wrap;

pub use announcement::announcement;
pub use finding::findings;
pub use form::{Form, escaped, view};
pub use inert::{inert, one_line};
pub use label::{Label, Sink, Style};
pub use safe::{disarmed, escape_json, safe};
