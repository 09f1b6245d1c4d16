//! Secrets in settings that have no known shape but look random (M040).
//!
//! What stands below a sensitive key, or has the shape of a credential, is found while a manifest is read. The rest is
//! told by its looks, so what is public by design is left out: ids, hosts, mailboxes (see `model::random_words`).

use super::found::Found;
use super::subject::{Step, Subject, each_text};
use crate::diag::Code;
use crate::model::{Field, is_public_key, is_sensitive_key, looks_like_secret, random_words};

pub(super) fn check(subject: &Subject<'_>, found: &mut Found<'_>) {
    for field in Field::SETTINGS {
        let Some(value) = subject.value(field) else { continue };
        let mut secrets = Vec::new();
        each_text(value, &mut |way, text| {
            if random_words(text).is_empty() {
                return;
            }
            let mut keys = way.iter().filter_map(|step| match step {
                Step::Key(key) => Some(*key),
                Step::Item(_) => None,
            });
            let is_known = keys.clone().any(is_sensitive_key) || looks_like_secret(text);
            if !is_known && !keys.next_back().is_some_and(is_public_key) {
                secrets.push(way.to_vec());
            }
        });
        for way in secrets {
            let message = "what stands here looks like a random secret".to_owned();
            let help = "rotate it, then write `{fromEnv: FLOWOPS_SECRET_…}` here; if it is none, let it through by `policy.literals`";
            found.at(subject, (field, &way), Code::LiteralSecret, message, Some(help.to_owned()));
        }
    }
}
