//! Text → fault script, and what a script must not say.

use axum::http::{HeaderName, HeaderValue};
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use serde_yaml::{Error, Location, Spanned};

use super::{Action, Canned, Fault, Faults, Redirect, Stage};

/// Why a text is no fault script. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// It is not YAML, or not of the form that the schema describes.
    #[error("line {line}, column {column}: {reason}")]
    Form {
        /// The line.
        line: u64,
        /// The column.
        column: u64,
        /// Why, as a fragment.
        reason: String,
    },
    /// A fault of it makes no sense.
    #[error("line {line}, column {column}: fault {number}: {reason}")]
    Sense {
        /// The line on which the fault begins.
        line: u64,
        /// The column in which it begins.
        column: u64,
        /// Which fault, counted from 1.
        number: usize,
        /// Why, as a fragment.
        reason: String,
    },
}

/// Headers that a server sets by itself, as they frame the answer.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

/// A script in which each fault knows its place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename = "Faults")]
struct Document {
    #[serde(default)]
    seed: u64,
    faults: Vec<Spanned<Fault>>,
}

impl Faults {
    /// Reads a script in YAML or JSON.
    pub fn parse(text: &str) -> Result<Self, FaultError> {
        let options = serde_yaml::options! {
            strict_booleans: true,
            reject_unsupported_tags: true,
            with_snippet: false,
        };
        let document = serde_yaml::from_str_with_options::<Document>(text, options);
        let Document { seed, faults } = document.map_err(|error| form(&error))?;
        let mut checked = Vec::with_capacity(faults.len());
        for (number, Spanned { value: fault, referenced, .. }) in (1..).zip(faults) {
            if let Some(reason) = objection(&fault) {
                let (line, column) = place(referenced);
                return Err(FaultError::Sense { line, column, number, reason });
            }
            checked.push(fault);
        }
        Ok(Self { seed, faults: checked })
    }

    /// The JSON Schema (draft 2020-12) of a script.
    pub fn schema() -> Json {
        let shape = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Self>();
        let mut named = Map::new();
        named.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        named.insert("$id".to_owned(), "urn:flowops:v1:faults".into());
        named.extend(shape.to_value().as_object().cloned().unwrap_or_default());
        Json::Object(named)
    }
}

fn form(error: &Error) -> FaultError {
    let (line, column) = error.location().map_or((1, 1), place);
    // The parser ends its sentences with the place, which is said already.
    let text = error.without_snippet().to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    let known = PARSER.iter().find(|(part, _)| text.contains(part));
    FaultError::Form { line, column, reason: known.map_or(text, |(_, reason)| reason).to_owned() }
}

/// What the parser says about itself, in words about the script.
const PARSER: [(&str, &str); 6] = [
    ("multiple YAML documents", "a script is one document, and another begins here"),
    ("unexpected end of input", "the script ends too early"),
    ("externally tagged enum", "this is neither a word nor a mapping that begins with one"),
    ("invalid u", "this is not a whole number, or one out of range"),
    ("expected mapping start", "a mapping belongs here"),
    ("expected sequence start", "a list belongs here"),
];

fn place(location: Location) -> (u64, u64) {
    (location.line().max(1), location.column().max(1))
}

/// What the form allows and what makes no sense all the same.
fn objection(fault: &Fault) -> Option<String> {
    let Fault { method: _, path: _, nth, times, percent, stage, action } = fault;
    if *nth == Some(0) {
        return Some("`nth` counts from 1".to_owned());
    }
    if *times == Some(0) {
        return Some("`times: 0` would never strike".to_owned());
    }
    if percent.is_some_and(|percent| !(1..=100).contains(&percent)) {
        return Some("`percent` is one of 1 to 100".to_owned());
    }
    misplaced(*stage, action).or_else(|| nonsense(action))
}

/// Why an action cannot be done at a stage.
fn misplaced(stage: Stage, action: &Action) -> Option<String> {
    let (name, fits) = match action {
        Action::Close | Action::Reset => return None,
        Action::Delay(_) => ("delay", stage != Stage::MidResponse),
        Action::Status(_) => ("status", stage != Stage::MidResponse),
        Action::Garbage(_) => ("garbage", stage != Stage::MidResponse),
        Action::Redirect(_) => ("redirect", stage != Stage::MidResponse),
        Action::Edit(_) => ("edit", stage != Stage::MidResponse),
        Action::Truncate(_) => ("truncate", stage == Stage::MidResponse),
        Action::Trickle(_) => ("trickle", stage == Stage::MidResponse),
        Action::Stale(_) => ("stale", stage == Stage::AfterCommit),
    };
    if fits {
        return None;
    }
    Some(match stage {
        Stage::MidResponse => format!("`{name}` cannot be done in the middle of an answer (`stage: mid-response`)"),
        Stage::BeforeParse | Stage::BeforeCommit | Stage::AfterCommit => {
            let only = if name == "stale" { "after-commit" } else { "mid-response" };
            format!("`{name}` needs `stage: {only}`")
        }
    })
}

/// Why an action cannot be done at all.
fn nonsense(action: &Action) -> Option<String> {
    match action {
        Action::Status(canned) => unanswerable(canned),
        Action::Redirect(Redirect { status, location }) => {
            if !(300..=399).contains(status) {
                return Some(format!("`redirect` has a status from 300 to 399, not {status}"));
            }
            unwritable("location", location)
        }
        Action::Garbage(0) => Some("`garbage` is of 1 byte or more".to_owned()),
        Action::Stale(0) => Some("`stale` is of 1 read or more".to_owned()),
        Action::Delay(_)
        | Action::Close
        | Action::Reset
        | Action::Truncate(_)
        | Action::Trickle(_)
        | Action::Garbage(_)
        | Action::Stale(_)
        | Action::Edit(_) => None,
    }
}

fn unanswerable(canned: &Canned) -> Option<String> {
    let Canned { status, headers, body: _, content_type } = canned;
    if !(100..=599).contains(status) {
        return Some(format!("a status is one of 100 to 599, not {status}"));
    }
    for (name, value) in headers {
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Some(format!("`{name}` cannot be a header"));
        }
        if FRAMING.contains(&name.to_ascii_lowercase().as_str()) {
            return Some(format!("the header `{name}` is not a script's to set; `truncate` breaks an answer's length"));
        }
        if name.eq_ignore_ascii_case("content-type") {
            return Some(format!("the header `{name}` is written as `contentType`, beside `headers`"));
        }
        if let Some(why) = unwritable(name, value) {
            return Some(why);
        }
    }
    content_type.as_deref().and_then(|value| unwritable("contentType", value))
}

fn unwritable(name: &str, value: &str) -> Option<String> {
    HeaderValue::from_str(value).is_err().then(|| format!("what `{name}` says cannot stand in a header"))
}
