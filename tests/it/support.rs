//! What the tests share.

use std::fs;
use std::path::{Path, PathBuf};

use flowops::diag::Finding;
use flowops::fs::{Collected, collect};
use flowops::manifest::{Reading, read};
use flowops::model::{SecretRef, Value};
use serde_json::Value as Json;

/// A path in the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares with a committed file; `UPDATE=1` writes it instead.
pub(crate) fn golden(path: &Path, actual: &str) {
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        if fs::read_to_string(path).ok().as_deref() != Some(actual) {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, actual).unwrap();
        }
        return;
    }
    let expected = fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        expected == actual,
        "{} is not what comes out now; `UPDATE=1 cargo test` rewrites it, and somebody must read it then.\n\
         --- committed\n{expected}\n--- now\n{actual}",
        path.display(),
    );
}

/// Says something that the test runner shows even if all is well.
pub(crate) fn say(text: &str) {
    std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes()).unwrap();
}

/// A folder that is removed at the end, with some files in it.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// JSON as a declared value; `{"fromEnv": NAME}` is a reference, as in a manifest.
pub(crate) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => Value::Number(number.clone()),
        Json::String(text) => Value::text(text.as_str()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(map) => match map.get("fromEnv").and_then(Json::as_str) {
            Some(name) => Value::Secret(SecretRef::Env(name.to_owned()).into()),
            None => Value::map(map.iter().map(|(key, item)| (key.as_str().into(), value(item))).collect()),
        },
    }
}

/// Reads a whole folder as a user would have it read, for its default target.
pub(crate) fn read_folder(folder: &Path) -> (Collected, Reading) {
    read_paths(&[PathBuf::from(".")], folder)
}

/// Reads some paths below a working directory; what could not be collected comes first among the findings.
pub(crate) fn read_paths(paths: &[PathBuf], cwd: &Path) -> (Collected, Reading) {
    let mut collected = collect(paths, cwd);
    let mut reading = read(&collected.sources, &collected.root, None).unwrap();
    let mut findings: Vec<Finding> = collected.findings.clone();
    findings.append(&mut reading.findings);
    flowops::diag::sort(&mut findings);
    collected.sources.insert_beside(reading.beside.clone());
    (collected, Reading { findings, ..reading })
}
