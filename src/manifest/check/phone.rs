//! Phone numbers that the platform cannot save in E.164 (M046).
//!
//! A transfer's `destination` and the `phone` of a roster's rows are saved so, and ten digits are taken for a US number
//! (the guide on warm transfers). Whether a number exists is not asked: that takes a database that is never up to date.

use super::found::Found;
use super::subject::{Step, Subject, quoted};
use crate::diag::Code;
use crate::model::{Field, SkillType, Value, e164};

pub(super) fn check(subject: &Subject<'_>, found: &mut Found<'_>) {
    if subject.is(&SkillType::Transfer)
        && let Some(number) = subject.setting("destination")
    {
        report(subject, &[Step::Key("destination")], number, None, found);
    }
    let roster = subject.settings().and_then(|settings| settings.get("roster"));
    let Some(Value::List(rows)) = roster.filter(|_| subject.is(&SkillType::Geo)) else { return };
    for (at, row) in rows.iter().enumerate() {
        let cell = |key: &str| row.as_map().and_then(|cells| cells.get(key)).and_then(Value::as_text);
        if let Some(number) = cell("phone") {
            let way = [Step::Key("roster"), Step::Item(at), Step::Key("phone")];
            report(subject, &way, number, cell("label"), found);
        }
    }
}

fn report(subject: &Subject<'_>, way: &[Step<'_>], number: &str, label: Option<&str>, found: &mut Found<'_>) {
    let number = number.trim();
    let Some((problem, help)) = problem(number) else { return };
    // A row of a file has no place of its own.
    let of = label.map(|label| format!(" of {}", quoted(label))).unwrap_or_default();
    let message = format!("the phone number {}{of} {problem}", quoted(number));
    found.at(subject, (Field::ExecutionConfig, way), Code::BadPhone, message, help.map(str::to_owned));
}

/// Why a number has no E.164 form, and what to write instead.
pub(in crate::manifest) fn problem(number: &str) -> Option<(&'static str, Option<&'static str>)> {
    if number.is_empty() || number.contains('{') {
        return None;
    }
    let digits = number.chars().filter(char::is_ascii_digit).count();
    let is_plain = number.chars().all(|c| c.is_ascii_digit() || " +-.()/\u{a0}".contains(c));
    let whole = Some("write `+`, the country code and the number");
    Some(match e164(number) {
        Some(us) if us.starts_with('1') && !is_us(&us) => (
            "has the country code 1 and is not one of its numbers",
            Some("after `+1` come ten digits, none of the two groups beginning with 0 or 1"),
        ),
        Some(_) => return None,
        None if is_plain && (3..=6).contains(&digits) => (
            "is a short number, which has no E.164 form",
            Some("no page says that a call can be handed to one; try it before callers depend on it"),
        ),
        None if number.starts_with("00") && is_plain => {
            ("begins with an exit code", Some("write `+` in place of `00`"))
        }
        None if is_plain => ("has no E.164 form", whole),
        None => ("is not one that can be dialled", whole),
    })
}

/// The area code and the exchange of a number with the country code 1 begin with 2 to 9.
fn is_us(digits: &str) -> bool {
    let is_first = |at: usize| digits.as_bytes().get(at).is_some_and(|digit| (b'2'..=b'9').contains(digit));
    digits.len() == 11 && is_first(1) && is_first(4)
}
