//! `{param}` in a setting that names no parameter (M044).
//!
//! The reference says that `to`, `subject` and `reply_to` take `{param}`, and that parameters are the properties of
//! `parametersSchema`; the guides do the same in queries and messages. Headers and rosters are left out: they are sent or
//! looked up as they are. Where `parametersSchema` is not stated nothing can be told.

use super::found::Found;
use super::parameter::{is_of_every_call, parameters, placeholders, with_those_of_every_call};
use super::subject::{Step, Subject, each_text, is_hidden};
use crate::diag::{Code, closest};
use crate::manifest::reader::did_you_mean;
use crate::model::{Field, may_be_secret};

pub(super) fn check(subject: &Subject<'_>, found: &mut Found<'_>) {
    let Some(settings) = subject.value(Field::ExecutionConfig) else { return };
    let mut unknown = Vec::new();
    each_text(settings, &mut |way, text| {
        let is_read = !is_hidden(way) && !way.contains(&Step::Key("roster"));
        if is_read && text.contains('{') {
            let names = placeholders(text).filter(|name| !is_of_every_call(name));
            unknown.extend(names.map(|name| (way.to_vec(), name)));
        }
    });
    if unknown.is_empty() {
        return;
    }
    let Some(parameters) = parameters(subject) else { return };
    let is_word = |name: &str| !may_be_secret("", name);
    for (way, name) in unknown.into_iter().filter(|(_, name)| !parameters.contains(name) && is_word(name)) {
        let near = closest(name, with_those_of_every_call(&parameters));
        let help = near.map(|near| did_you_mean(&format!("{{{near}}}")));
        let help = help.unwrap_or_else(|| format!("add `{name}` to `properties` in `parametersSchema`"));
        let message = format!("`{{{name}}}` names no property of `parametersSchema`");
        found.at(subject, (Field::ExecutionConfig, &way), Code::UnknownPlaceholder, message, Some(help));
    }
}
