//! What the CI system around is told. Nothing that fails here changes how the run ended.

use super::env;
use super::exit::Exit;
use crate::fs;
use crate::record::Record;
use crate::render::{self, Form, outputs};

/// Tells what came out: annotations as text for stderr, the step summary and the outputs in their files. Gives the
/// annotations, and warnings about what could not be told.
pub(super) fn tell(record: Option<&Record>, exit: Exit, clean: impl Fn(&str) -> String) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(record) = record {
        said.push(clean(&render::view(Form::Github, record)));
        let summary = clean(&render::view(Form::Summary, record));
        said.extend(append("GITHUB_STEP_SUMMARY", "the step summary", &summary));
    }
    let outputs = outputs::outputs(record, exit.word(), exit.code());
    let delimiter = format!("flowops-{}", env::nonce());
    match outputs::command_file(&outputs, &delimiter) {
        Some(text) => said.extend(append("GITHUB_OUTPUT", "the outputs", &clean(&text))),
        None => said.push("warning: the outputs were not written, since a value is not what it should be".to_owned()),
    }
    said
}

/// Adds to a file that the runner names.
fn append(variable: &str, what: &str, text: &str) -> Option<String> {
    let Some(path) = env::path(variable) else {
        return Some(format!("warning: {what} could not be written: `{variable}` is not set"));
    };
    let failed = |error| super::fail::Failure::from_error(Exit::Failed, &error).message;
    fs::append(&path, text).err().map(|error| format!("warning: {what} could not be written: {}", failed(error)))
}
