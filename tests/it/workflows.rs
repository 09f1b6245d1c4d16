//! What CI systems run, ours and our users': nothing in it can be swapped or injected.

#[cfg(unix)]
mod action;
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::repository;

/// A file as a CI system reads it.
pub(crate) fn yaml(text: &str) -> Json {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

/// Every YAML file below a folder of the repository.
fn below(folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
                into.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&repository(folder), &mut found);
    found.sort();
    found
}

/// The steps of a workflow's jobs, or of a composite action.
pub(crate) fn steps(file: &Json) -> Vec<&Json> {
    let of_jobs = file["jobs"].as_object().into_iter().flat_map(|jobs| jobs.values());
    let lists = of_jobs.map(|job| &job["steps"]).chain([&file["runs"]["steps"]]);
    lists.filter_map(Json::as_array).flatten().collect()
}

/// The script of a step, by the step's name.
pub(crate) fn script(file: &Json, name: &str) -> String {
    let step = steps(file).into_iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("no step `{name}`"));
    step["run"].as_str().unwrap().to_owned()
}
