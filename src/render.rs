//! Views: values → text. They compute nothing and know no terminal.

mod finding;
mod inert;

pub use finding::findings;
pub use inert::{inert, one_line};
