//! Settings that a type usually has and that are missing (M038), and action words that nobody documents (M033).
//!
//! The reference names these settings without marking them as required, as it does `email.to`, so this is a warning.
//! What the actions of `geo` and `builtin` are called, and what each works with, stands in the OpenAPI's prose.

use super::found::Found;
use super::subject::{Extent, Step, Subject, is_nothing, quoted};
use crate::diag::{Code, closest};
use crate::manifest::reader::did_you_mean;
use crate::model::{Field, SkillType, Value};

const BUILTIN: [(&str, &[&str]); 3] = [("end_call", &[]), ("take_message", &[]), ("repeat", &[])];
const GEO: [(&str, &[&str]); 2] =
    [("check_service_area", &["origin_address", "radius_miles"]), ("find_nearest_location", &["roster"])];

pub(super) fn check(subject: &Subject<'_>, found: &mut Found<'_>) {
    match &subject.skill_type {
        Some(SkillType::Transfer) => missing(subject, "destination", None, found),
        Some(SkillType::DbQuery) => missing(subject, "sql_template", None, found),
        Some(SkillType::Builtin) => action(subject, &BUILTIN, found),
        Some(SkillType::Geo) => action(subject, &GEO, found),
        Some(
            SkillType::HttpWebhook
            | SkillType::Sms
            | SkillType::Email
            | SkillType::Calendar
            | SkillType::GoogleSheets
            | SkillType::Crm
            | SkillType::Mcp
            | SkillType::Playbook
            | SkillType::KnowledgeQuery
            | SkillType::NativeGraphql
            | SkillType::NativeRest
            | SkillType::NativeSql
            | SkillType::Other(_),
        )
        | None => {}
    }
}

/// Checks the action's word, and what that action works with.
fn action(subject: &Subject<'_>, actions: &[(&'static str, &[&'static str])], found: &mut Found<'_>) {
    let stated = subject.settings().and_then(|settings| settings.get("action"));
    missing(subject, "action", None, found);
    let Some(word) = stated.and_then(Value::as_text).filter(|word| !word.trim().is_empty()) else { return };
    if let Some((_, needed)) = actions.iter().find(|(known, _)| *known == word) {
        for key in *needed {
            missing(subject, key, Some(word), found);
        }
        return;
    }
    let help = closest(word, actions.iter().map(|(known, _)| *known)).map(did_you_mean);
    let message = format!("{} is not an action that the API documents", quoted(word));
    found.at(subject, (Field::ExecutionConfig, &[Step::Key("action")]), Code::UnknownWord, message, help);
}

/// Reports a setting that is not there, with the action that works with it. Where no settings are managed at all, the
/// dashboard may hold them.
fn missing(subject: &Subject<'_>, key: &'static str, action: Option<&str>, found: &mut Found<'_>) {
    if subject.extent == Extent::Part {
        return;
    }
    let stated = match subject.value(Field::ExecutionConfig) {
        Some(Value::Map(settings)) => settings.get(key),
        Some(Value::Null) => None,
        None | Some(Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) | Value::List(_)) => return,
    };
    if !is_nothing(stated) {
        return;
    }
    let what = match (action, &subject.skill_type) {
        (Some(action), _) => format!("`{action}`"),
        (None, Some(skill_type)) => format!("a skill of type `{skill_type}`"),
        (None, None) => return,
    };
    let way = if stated.is_some() { &[Step::Key(key)][..] } else { &[] };
    let message = format!("{what} usually has `executionConfig.{key}`");
    found.at(subject, (Field::ExecutionConfig, way), Code::UsualSetting, message, None);
}
