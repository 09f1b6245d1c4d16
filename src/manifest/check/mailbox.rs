//! Entries of `to` and `reply_to` that are no e-mail address (M047).
//!
//! The OpenAPI's prose: `to` is a list separated by commas, and `{param}` may stand in both.

use email_address::{EmailAddress, Options};

use super::found::Found;
use super::parameter::filled;
use super::subject::{Step, Subject, quoted};
use crate::diag::Code;
use crate::model::{Field, SkillType};

pub(super) fn check(subject: &Subject<'_>, found: &mut Found<'_>) {
    if !subject.is(&SkillType::Email) {
        return;
    }
    for key in ["to", "reply_to"] {
        let Some(list) = subject.setting(key).filter(|list| !list.trim().is_empty()) else { continue };
        for entry in list.split(',').map(str::trim).filter(|entry| !is_mailbox(entry)) {
            let (message, help) = problem(key, entry);
            let way = [Step::Key(key)];
            found.at(subject, (Field::ExecutionConfig, &way), Code::BadMailbox, message, help.map(str::to_owned));
        }
    }
}

/// What is wrong with an address that stands alone under a key, and what to write instead.
pub(in crate::manifest) fn problem_of(key: &str, address: &str) -> Option<(String, Option<&'static str>)> {
    (!is_mailbox(address)).then(|| problem(key, address))
}

fn problem(key: &str, entry: &str) -> (String, Option<&'static str>) {
    let message = format!("{} in `{key}` is not an e-mail address", quoted(entry));
    if entry.is_empty() {
        return (format!("`{key}` has an empty entry"), Some("remove the comma"));
    }
    let help = if entry.contains(';') {
        Some("separate addresses by commas")
    } else if entry.contains('<') {
        Some("write the address alone, without a name; `from_name` is the sender's")
    } else {
        None
    };
    (message, help)
}

fn is_mailbox(entry: &str) -> bool {
    let filled = filled(entry, 'x');
    // What is filled in may be a name or a domain, or the whole of it.
    let is_placeholder = filled != entry;
    let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
    is_placeholder || EmailAddress::parse_with_options(&filled, options).is_ok()
}
