//! A node → a rule that leaves a place of a skill to others.

use super::node::Node;
use super::reader::{Fields, Located, Reader, did_you_mean};
use crate::diag::{Code, closest};
use crate::model::{Compare, Day, Field, Ignore};

/// Settings that are values of their own, whatever is in them.
const WHOLE: [&str; 2] = ["headers", "roster"];

/// Reads a rule; whoever leaves something to others says who answers for it, why, and for how long.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Ignore> {
    let mut fields = reader.fields(node)?;
    let address = fields.need(reader, "address").and_then(|node| super::document::pattern(reader, node));
    let place = fields.need(reader, "field").and_then(|node| path(reader, node));
    let owner = words(reader, &mut fields, "owner");
    let reason = words(reader, &mut fields, "reason");
    let expires = fields.need(reader, "expires").and_then(|node| day(reader, node));
    fields.close(reader);
    let (field, keys) = place?;
    let place = reader.place(node.span);
    Some(Ignore { address: address?, field, keys, owner: owner?, reason: reason?, expires: expires?, place })
}

/// A text that says something.
pub(super) fn words(reader: &mut Reader, fields: &mut Fields<'_>, name: &'static str) -> Option<String> {
    let node = fields.need(reader, name)?;
    let Located { value, place: _ } = reader.text(node)?;
    if value.trim().is_empty() {
        reader.report(Code::UnknownValue, node.span, format!("`{name}` is blank"));
        return None;
    }
    Some(value)
}

fn day(reader: &mut Reader, node: &Node) -> Option<Day> {
    let text = reader.text(node)?.value;
    let day = Day::parse(&text);
    if day.is_none() {
        let help = Some("write it as `2027-01-31`".to_owned());
        reader.report_with(Code::UnknownValue, node.span, format!("`{text}` is not a day"), help);
    }
    day
}

/// A field, or a place within one of which only the declared keys are compared: `executionConfig.timeout_ms`.
fn path(reader: &mut Reader, node: &Node) -> Option<(Field, Vec<String>)> {
    let text = reader.text(node)?.value;
    let mut parts = text.split('.');
    let first = parts.next().unwrap_or_default();
    let keys: Vec<String> = parts.map(str::to_owned).collect();
    let mut refuse = |message: String, help: Option<String>| {
        reader.report_with(Code::UnknownValue, node.span, message, help);
        None
    };
    let known = Field::ALL.iter().filter(|field| **field != Field::SkillType);
    let Some(field) = Field::read(first).filter(|field| *field != Field::SkillType) else {
        let help = closest(first, known.map(|field| field.key())).map(did_you_mean);
        return refuse(format!("`{first}` is not a field that can be left to others"), help);
    };
    let whole = match field.compare() {
        Compare::Whole | Compare::Set => Some(first.to_owned()),
        Compare::DeclaredKeys => keys
            .iter()
            .position(|key| WHOLE.contains(&key.as_str()))
            .and_then(|at| keys.get(..=at))
            .map(|keys| format!("{first}.{}", keys.join("."))),
    };
    if let Some(whole) = whole.filter(|whole| whole.len() < text.len()) {
        let help = Some(format!("leave all of it to others: `{whole}`"));
        return refuse(format!("`{text}` is part of a value that is compared and written whole"), help);
    }
    if keys.iter().any(String::is_empty) {
        return refuse(format!("`{text}` has an empty key"), None);
    }
    Some((field, keys))
}
