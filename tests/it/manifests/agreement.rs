//! Editors check manifests by our schemas, `validate` by reading them. Both say the same of what a schema can say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use flowops::diag::{Code, Sources};
use flowops::manifest::{Kind, schema};
use flowops::render::{Style, findings};
use jsonschema::Validator;
use serde_json::Value as Json;

use crate::support::{read_folder, repository};

/// What a schema can say.
const STRUCTURAL: [Code; 10] = [
    Code::NotAManifest,
    Code::UnknownKind,
    Code::UnknownField,
    Code::WrongType,
    Code::MissingField,
    Code::UnknownValue,
    Code::BadName,
    Code::ServerOwned,
    Code::ParametersSchema,
    Code::MissingSetting,
];

fn validators() -> BTreeMap<&'static str, Validator> {
    Kind::ALL.iter().map(|kind| (kind.word(), jsonschema::validator_for(&schema(*kind)).unwrap())).collect()
}

/// The documents of a file as an editor sees them; `None` if it is not YAML.
fn documents(text: &str) -> Option<Vec<Json>> {
    let options = serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    let documents: Vec<Json> = serde_yaml::from_multiple_with_options(text, options).ok()?;
    Some(documents.into_iter().filter(|document| !document.is_null()).collect())
}

/// What the schemas have against a file.
fn objections(validators: &BTreeMap<&str, Validator>, text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for document in documents(text)? {
        let kind = document.get("kind").and_then(Json::as_str).unwrap_or_default();
        match validators.get(kind) {
            Some(validator) => {
                found.extend(
                    validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())),
                );
            }
            None => found.push(format!("no schema for kind `{kind}`")),
        }
    }
    Some(found)
}

/// Where the two disagree about the files of a folder.
fn disagreements(validators: &BTreeMap<&str, Validator>, folder: &Path) -> Vec<String> {
    let (collected, reading) = read_folder(folder);
    let sources: &Sources = &collected.sources;
    let mut found = Vec::new();
    for (path, text) in sources.iter() {
        let Some(objections) = objections(validators, text) else { continue };
        let here =
            reading.findings.iter().filter(|finding| finding.place.as_ref().is_some_and(|place| place.file == *path));
        let (mut is_broken, mut is_structural) = (false, false);
        let mut codes = BTreeSet::new();
        for finding in here {
            is_broken |= finding.is_error();
            is_structural |= STRUCTURAL.contains(&finding.code);
            codes.insert(finding.code.id());
        }
        let place = folder.join(&**path);
        if is_structural && objections.is_empty() {
            found.push(format!("{}: the reader says {codes:?}, the schema nothing", place.display()));
        }
        if !is_broken && !objections.is_empty() {
            found.push(format!("{}: the reader says {codes:?}, the schema {objections:#?}", place.display()));
        }
    }
    found
}

#[test]
fn schemas_and_reader_agree_about_every_broken_manifest() {
    let (validators, mut found) = (validators(), Vec::new());
    for entry in std::fs::read_dir(repository("tests/invalid")).unwrap() {
        found.extend(disagreements(&validators, &entry.unwrap().path()));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn schemas_and_reader_agree_about_the_example_world() {
    let found = disagreements(&validators(), &repository("manifests"));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_example_world_is_valid_for_every_target() {
    let (collected, _) = read_folder(&repository("manifests"));
    for target in ["staging", "production"] {
        let reading = flowops::manifest::read(&collected.sources, &collected.root, Some(target)).unwrap();
        let shown = findings(&reading.findings, &collected.sources, Style::Plain);
        assert!(reading.desired.is_some(), "{shown}");
        assert_eq!(collected.findings, []);
        assert_eq!(reading.findings, [], "{shown}");
    }
}

const HEAD: &str = "apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: front-desk }\nspec:\n";

/// Specs of an agent that are right in an unusual way.
const RIGHT: &[&str] = &[
    "  {}",
    "  { publish: null, prune: null, use: null, packs: null, skills: null, overrides: null, absent: null, match: null }",
    "  { match: { name: A, id: null } }",
    "  { skills: [{ name: A, description: B, skillType: zebra, executionConfig: { anything: [1, { goes: null }] } }] }",
    "  { skills: [{ name: A, description: B, skillType: email, executionConfig: { to: { fromEnv: FLOWOPS_SECRET_TO }, subject: '' } }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, executionConfig: null, errorHandling: null, channels: null }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, executionConfig: { roster: [], radius_miles: 1.5, action: null } }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, was: null, replace: null, isEnabled: null, stakes: null }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, parametersSchema: null, dataEgressMap: {}, allowedFields: [] }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, parametersSchema: { type: object, properties: {}, x: [1] } }] }",
];

/// Specs of an agent that are wrong in an unusual way.
const WRONG: &[&str] = &[
    "  []",
    "  null",
    "  { match: { byTarget: { staging: { byTarget: {} } } } }",
    "  { match: { byTarget: { staging: null } } }",
    "  { match: { byTarget: {}, name: A } }",
    "  { match: { byTarget: {}, id: null } }",
    "  { match: { name: null, id: null } }",
    "  { match: { id: '' } }",
    "  { use: [null] }",
    "  { use: [a_b] }",
    "  { packs: [null] }",
    "  { packs: [{ kind: null }] }",
    "  { absent: [' A'] }",
    "  { absent: [''] }",
    "  { skills: [null] }",
    "  { skills: [{ name: A, description: null, skillType: geo }] }",
    "  { skills: [{ name: A, description: [], skillType: geo }] }",
    "  { skills: [{ name: A, description: { fromFil: a.md }, skillType: geo }] }",
    "  { skills: [{ name: A, description: { fromFile: [a.md] }, skillType: geo }] }",
    "  { skills: [{ name: A, description: B, skillType: email, executionConfig: { to: { fromEnv: 5 }, subject: A } }] }",
    "  { skills: [{ name: A, description: B, skillType: 5 }] }",
    "  { skills: [{ name: null, description: B, skillType: geo }] }",
    "  { skills: [{ name: A, was: '', description: B, skillType: geo }] }",
    "  { skills: [{ name: A, description: B, skillType: email, executionConfig: { to: null, subject: A } }] }",
    "  { skills: [{ name: A, description: B, skillType: email, executionConfig: null }] }",
    "  { skills: [{ name: A, description: B, skillType: email, executionConfig: [] }] }",
    "  { skills: [{ name: A, description: B, skillType: http_webhook, executionConfig: { url: A, headers: [] } }] }",
    "  { skills: [{ name: A, description: B, skillType: http_webhook, executionConfig: { url: A, timeout_ms: '5' } }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, executionConfig: { roster: [A] } }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, executionConfig: { roster: [{ lat: '1' }] } }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, parametersSchema: [] }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, parametersSchema: { type: object, properties: {}, required: [1] } }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, channels: [null] }] }",
    "  { skills: [{ name: A, description: B, skillType: geo, dataEgressMap: { a: null } }] }",
    "  { overrides: [{}] }",
    "  { overrides: [{ name: A, was: B }] }",
    "  { overrides: [{ name: A, createdAt: B }] }",
];

fn verdicts(validators: &BTreeMap<&str, Validator>, spec: &str) -> (bool, bool) {
    let text = format!("{HEAD}{spec}\n");
    let is_fine_for_editors = objections(validators, &text).unwrap().is_empty();
    let mut sources = Sources::default();
    sources.insert("agent.yaml", text);
    let reading = flowops::manifest::read(&sources, &flowops::manifest::NoSideFiles, None).unwrap();
    (is_fine_for_editors, !reading.findings.iter().any(|finding| STRUCTURAL.contains(&finding.code)))
}

#[test]
fn schemas_and_reader_agree_about_unusual_specs() {
    let (validators, mut found) = (validators(), Vec::new());
    for (specs, expected) in [(RIGHT, true), (WRONG, false)] {
        for spec in specs {
            let (schema, reader) = verdicts(&validators, spec);
            if (schema, reader) != (expected, expected) {
                found.push(format!("{spec}: schema {schema}, reader {reader}, expected {expected}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
