//! The fault matrix: every row is one test, named after it, or stands below with the reason why it cannot apply.
//!
//! A transport, B status codes and bodies, C consistency and content, D listing, E concurrency, F process, disk and
//! time, G inputs and guards, H reporting channels, P packs and publishing. A row's test begins with its number.

mod concurrency;
mod consistency;
mod guards;
mod listing;
pub(crate) mod meanwhile;
pub(crate) mod packs;
mod process;
mod reporting;
mod status;
mod transport;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::scene::{Scene, read};
use crate::support::{repository, say};
use flowops::sandbox::Store;
use serde_json::{Map, Value as Json, json};

/// How many rows each part has.
const PARTS: [(char, usize); 9] =
    [('a', 32), ('b', 40), ('c', 23), ('d', 12), ('e', 15), ('f', 20), ('g', 18), ('h', 12), ('p', 12)];

/// Rows that cannot apply, with the reason.
const ELSEWHERE: [(&str, &str); 16] = [
    ("a28", "HTTP/1.1 only: there is no GOAWAY"),
    ("a29", "HTTP/1.1 only: there is no GOAWAY"),
    ("e10", "the lock goes with the process, so there is no lease to lose"),
    ("e12", "which commit was applied last is not known"),
    ("e13", "there is no controller"),
    ("e14", "there are no partitions"),
    ("f07", "there is no state file"),
    ("f18", "there is no promise about memory"),
    ("g11", "the API does not say what a key may do"),
    ("h05", NO_CHANNEL),
    ("h06", NO_CHANNEL),
    ("h07", NO_CHANNEL),
    ("h08", NO_CHANNEL),
    ("h09", NO_CHANNEL),
    ("h11", NO_CHANNEL),
    ("h12", NO_CHANNEL),
];

const NO_CHANNEL: &str = "there are no summaries, webhooks or metrics";

/// The names of all tests of the matrix.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in fs::read_dir(repository("tests/it/matrix")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for (at, _) in text.match_indices("#[test]") {
            let after = &text[at..];
            let name = after.split_once("fn ").unwrap().1.split_once('(').unwrap().0;
            assert!(names.insert(name.to_owned()), "`{name}` stands there twice");
        }
        assert!(!text.contains("#[ignore"), "a row is ignored");
    }
    names
}

#[test]
fn every_row_has_one_test_or_a_reason() {
    let rows: BTreeSet<String> =
        PARTS.iter().flat_map(|(part, count)| (1..=*count).map(move |row| format!("{part}{row:02}"))).collect();
    let mut tested: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in tests() {
        let (row, _) = name.split_once('_').unwrap();
        assert!(rows.contains(row), "`{name}` is no row");
        tested.entry(row.to_owned()).or_default().push(name);
    }
    let reasons: BTreeMap<&str, &str> = ELSEWHERE.into_iter().collect();
    for row in &rows {
        let (tests, reason) = (tested.get(row), reasons.get(row.as_str()));
        assert!(tests.is_some() != reason.is_some(), "row {row}: {tests:?} {reason:?}");
    }
    let count = tested.len();
    say(&format!("the fault matrix: {count} rows are tested, {} cannot apply, none is ignored", reasons.len()));
    assert!(count >= 150, "{count} rows");
}

/// One agent, `Front Desk`, and what its manifest says below `spec`.
fn manifest(spec: &str) -> String {
    format!(
        "apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: desk }}\nspec:\n  match: {{ name: Front Desk }}\n{spec}"
    )
}

/// A declared skill, and the same as it is on a server on which it was applied.
fn skill(name: &str, description: &str) -> (String, Map<String, Json>) {
    let text = format!(
        "    - name: {name}\n      description: {description}\n      skillType: http_webhook\n      \
         executionConfig: {{ url: 'https://api.example.com/x', headers: {{ X-Api-Key: {{ fromEnv: FLOWOPS_SECRET_KEY }} }} }}\n"
    );
    let fields = json!({
        "name": name, "description": description, "skillType": "http_webhook",
        "executionConfig": { "url": "https://api.example.com/x", "headers": { "X-Api-Key": crate::world::LIVE_SECRET } },
    });
    (text, fields.as_object().cloned().unwrap())
}

/// The server: `Front Desk` with some skills, one of which nobody declares.
fn live(skills: &[(&str, &str)]) -> Store {
    let mut store = Store::new(3);
    let agent = store.seed_agent(None, "Front Desk");
    for (name, description) in skills.iter().chain(&[("Made by hand", "Nobody declares it.")]) {
        store.seed_skill(&agent, skill(name, description).1);
    }
    store
}

fn declared(skills: &[(&str, &str)]) -> String {
    skills.iter().map(|(name, description)| skill(name, description).0).collect()
}

/// Two skills to create, on an agent that has neither.
fn creates() -> Scene {
    let spec = format!("  skills:\n{}", declared(&[("First", "One."), ("Second", "Two.")]));
    Scene::new(read(&manifest(&spec)), live(&[]))
}

/// Two skills to update.
fn updates() -> Scene {
    let spec = format!("  skills:\n{}", declared(&[("First", "One."), ("Second", "Two.")]));
    Scene::new(read(&manifest(&spec)), live(&[("First", "Old."), ("Second", "Old.")]))
}

/// A skill to delete and one to create after it.
fn deletes() -> Scene {
    let spec = format!("  skills:\n{}  absent: [Gone]\n", declared(&[("First", "One.")]));
    Scene::new(read(&manifest(&spec)), live(&[("Gone", "Old."), ("Kept", "Old."), ("Also kept", "Old.")]))
}

/// A skill to create and a draft to publish over a version that callers hear.
fn publishes() -> Scene {
    let spec = format!("  publish: onChange\n  skills:\n{}", declared(&[("First", "One."), ("Second", "Two.")]));
    let sandbox = flowops::sandbox::Sandbox::in_memory(live(&[("First", "One.")]));
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    crate::laws::post(&sandbox, &format!("/agents/{agent}/publish"));
    Scene::new(read(&manifest(&spec)), sandbox.with_store(|store| store.clone()).unwrap())
}

/// A skill to create, and a pack to install after it.
fn skill_and_pack() -> Scene {
    packs::pack(&format!("  skills:\n{}", declared(&[("First", "One.")])), &packs::recorded(), "name")
}
