//! Files that are generated and committed say what the code says. `UPDATE=1 cargo test generated` rewrites them.

use flowops::cli::schemas;
use serde_json::Value as Json;

use crate::support::{golden, repository};

/// Every schema, by the path of its file.
fn schemas() -> Vec<(String, String)> {
    schemas::all().into_iter().map(|(name, text)| (format!("schemas/{name}.schema.json"), text)).collect()
}

#[test]
fn the_committed_schemas_are_those_of_the_code() {
    for (path, text) in schemas() {
        golden(&repository(&path), &text);
    }
}

#[test]
fn every_schema_has_an_id_of_its_own_and_is_one() {
    let mut ids: Vec<String> = Vec::new();
    for (path, text) in schemas() {
        let schema: Json = serde_json::from_str(&text).unwrap();
        jsonschema::meta::validate(&schema).unwrap();
        let id = schema.get("$id").and_then(Json::as_str).unwrap().to_owned();
        assert!(!ids.contains(&id), "{path} has the id of another");
        ids.push(id);
    }
}

#[test]
fn no_schema_is_left_over() {
    let known = schemas();
    for entry in std::fs::read_dir(repository("schemas")).unwrap() {
        let name = format!("schemas/{}", entry.unwrap().file_name().to_str().unwrap());
        assert!(known.iter().any(|(path, _)| *path == name), "nothing generates {name}");
    }
}
