//! Cases: a folder with manifests and a server before them, and beside them what a user sees and what is sent.
//!
//! `live.json` says what the server has; `plan.txt`, `plan.json`, `report.txt` and `requests.http` are what comes out.
//! Adding a case is adding a folder; `UPDATE=1 cargo test cases` writes the rest, and somebody reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flowops::api::{RawResponse, Read, Write};
use flowops::cli::transport::Local;
use flowops::model::{AgentId, ProviderKind};
use flowops::ops::{self, Halt, Notes, OnFailure, Reads, Run, TransportError, Writes};
use flowops::plan::plan;
use flowops::record::Record;
use flowops::render::{self, Form, Style};
use flowops::report::Event;
use flowops::sandbox::{Quirks, Sandbox, Store};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::support::{golden, read_folder, repository};
use super::world::secrets;

/// A transport that writes down every write, with secrets as they are sent.
struct Scribe {
    local: Local,
    sent: Mutex<String>,
}

impl Reads for Scribe {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        self.local.read(request).await
    }
}

impl Writes for Scribe {
    async fn write(&self, request: &Write) -> Result<RawResponse, TransportError> {
        let raw = request.request();
        let mut text = format!("{} {}\n", raw.method, raw.path);
        if raw.idempotency_key.is_some() {
            text.push_str("Idempotency-Key: (one for this step of this run)\n");
        }
        if let Some(body) = &raw.body {
            write!(text, "\n{body:#}\n").unwrap();
        }
        writeln!(self.sent.lock().unwrap(), "{text}\n###").unwrap();
        self.local.write(request).await
    }

    async fn rest(&self, _: Duration) {}
}

pub(crate) fn server(case: &Path) -> Sandbox {
    let text = fs::read_to_string(case.join("live.json")).unwrap();
    let live: Json = serde_json::from_str(&text).unwrap();
    let quirks = live["quirks"].as_str().map_or_else(Quirks::default, |list| Quirks::parse(list).unwrap());
    let sandbox = Sandbox::in_memory(Store::new(1).with_quirks(quirks));
    for agent in live["agents"].as_array().unwrap() {
        let id = agent["id"].as_str().map(|id| AgentId::parse(id).unwrap());
        let id = sandbox.with_store(|store| store.seed_agent(id.as_ref(), agent["name"].as_str().unwrap())).unwrap();
        let all = |key: &str| agent[key].as_array().cloned().unwrap_or_default();
        for kind in all("installed") {
            let kind = kind.as_str().unwrap();
            sandbox.with_store(|store| store.connect(&ProviderKind::read(kind))).unwrap();
            super::laws::post(&sandbox, &format!("/agents/{id}/integrations/{kind}/pack/install"));
        }
        let seed = |skill: &Json| {
            let fields: Map<String, Json> = skill.as_object().cloned().unwrap();
            sandbox.with_store(|store| store.seed_skill(&id, fields)).unwrap().unwrap()
        };
        for skill in all("skills") {
            seed(&skill);
        }
        for skill in all("verifiers") {
            let skill = seed(&skill);
            sandbox.with_store(|store| store.verify_with(&id, &skill)).unwrap();
        }
        if agent["published"] == true {
            super::laws::post(&sandbox, &format!("/agents/{id}/publish"));
        }
        for skill in all("after publishing") {
            seed(&skill);
        }
    }
    for kind in live["connected"].as_array().into_iter().flatten() {
        sandbox.with_store(|store| store.connect(&ProviderKind::read(kind.as_str().unwrap()))).unwrap();
    }
    sandbox
}

fn run(case: &Path) {
    let (collected, reading) = read_folder(&case.join("manifests"));
    let found = render::findings(&reading.findings, &collected.sources, Style::Plain);
    let desired = reading.desired.unwrap_or_else(|| panic!("{found}"));
    let wire = Scribe { local: Local::new(Arc::new(server(case))), sent: Mutex::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let live = runtime.block_on(ops::fetch(&wire, &desired, 1)).unwrap();
    let mut plan = plan(&desired, &live);
    plan.add_findings(reading.findings);

    let mut text = render::findings(&plan.findings, &collected.sources, Style::Plain);
    render::plan::plan(&plan, Style::Plain, &mut text).unwrap();
    golden(&case.join("plan.txt"), &text);
    let mut json = String::new();
    json.push_str(&render::view(Form::Json, &Record::plan(&plan)));
    golden(&case.join("plan.json"), &json);

    let secrets = secrets();
    let run = Run {
        nonce: Uuid::from_u128(1),
        note: "a case".to_owned(),
        concurrency: 1,
        secrets: &secrets,
        refused: &BTreeMap::new(),
        on_failure: OnFailure::Stop,
        halt: &Halt::default(),
        journal: &Notes::default(),
        on_event: &|_: Event| {},
    };
    let report = runtime.block_on(ops::apply(&wire, &desired, &live, plan.approve().unwrap(), &run));
    let mut text = format!("verdict: {:?}\n", report.verdict());
    render::report::report(&report, Style::Plain, &mut text).unwrap();
    golden(&case.join("report.txt"), &text);
    golden(&case.join("requests.http"), &wire.sent.into_inner().unwrap());
}

#[test]
fn every_case_comes_out_as_its_files_say() {
    let mut cases: Vec<_> = fs::read_dir(repository("tests/cases")).unwrap().map(|case| case.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 10);
    for case in cases {
        run(&case);
    }
}
