//! What manifests meet on the server: every code that begins with `L`, and what is said about it.

use std::collections::BTreeSet;
use std::sync::Arc;

use flowops::api::{RawResponse, Read};
use flowops::cli::transport::Local;
use flowops::diag::{Code, Finding, Severity, Sources};
use flowops::manifest::{self, NoSideFiles};
use flowops::model::{AgentId, ProviderKind};
use flowops::ops::{self, Reads, TransportError};
use flowops::plan::{Plan, breaking, plan, remember, unheard};
use flowops::render::{self, Style};
use flowops::sandbox::{Quirks, Sandbox, Store};
use serde_json::{Map, Value as Json, json};

use crate::support::{golden, repository};

/// A server's state, the manifests that meet it, what they no longer declare, and whether the server cuts its lists.
struct Case {
    name: &'static str,
    agents: Vec<String>,
    removed: Vec<String>,
    store: Store,
    cut: Option<&'static str>,
}

impl Case {
    fn new(name: &'static str, agents: &[&str], store: Store) -> Self {
        let agents = agents.iter().map(|text| (*text).to_owned()).collect();
        Self { name, agents, removed: Vec::new(), store, cut: None }
    }

    fn code(&self) -> Code {
        Code::read(self.name.split('-').next().unwrap()).unwrap()
    }

    fn sources(&self) -> Sources {
        Self::files(self.agents.iter())
    }

    fn files<'a>(texts: impl Iterator<Item = &'a String>) -> Sources {
        let mut sources = Sources::default();
        for (at, text) in texts.enumerate() {
            sources.insert(format!("manifests/agent-{}.yaml", at + 1), text.as_str());
        }
        sources
    }

    /// The plan, and how it and its findings look.
    fn run(&self) -> (Plan, String) {
        let sources = self.sources();
        let reading = manifest::read(&sources, &NoSideFiles, None).unwrap();
        let mut desired = reading.desired.unwrap_or_else(|| panic!("{}: {:#?}", self.name, reading.findings));
        let base = Self::files(self.agents.iter().chain(&self.removed));
        remember(&mut desired, &manifest::read(&base, &NoSideFiles, None).unwrap().desired.unwrap());
        let sandbox = Arc::new(Sandbox::in_memory(self.store.clone()));
        let reader = Cut { local: Local::new(Arc::clone(&sandbox)), part: self.cut };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let live = runtime.block_on(ops::fetch(&reader, &desired, 2)).unwrap();
        let mut plan = plan(&desired, &live);
        let unheard = unheard(&plan);
        plan.add_findings(breaking(&plan).into_iter().chain(unheard).collect());
        assert_eq!(sandbox.with_store(|store| store.writes()).unwrap(), self.store.writes());
        let mut text = render::findings(&plan.findings, &sources, Style::Plain);
        text.push('\n');
        render::plan::plan(&plan, Style::Plain, &mut text).unwrap();
        (plan, text)
    }
}

/// A reader of a server whose lists say that they are longer than they are.
struct Cut {
    local: Local,
    part: Option<&'static str>,
}

impl Reads for Cut {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        let answer = self.local.read(request).await?;
        if self.part.is_none_or(|part| !request.request().path.ends_with(part)) {
            return Ok(answer);
        }
        let mut body: Json = serde_json::from_slice(&answer.body).unwrap();
        body["pagination"] = json!({ "page": 1, "limit": 100, "total": 40, "totalPages": 1 });
        Ok(RawResponse::json(answer.status, &body))
    }
}

fn agent(name: &str, spec: &str) -> String {
    format!("apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: {name} }}\nspec:\n{spec}")
}

const SKILL: &str = "  skills:
    - name: Look up order
      description: Looks up an order.
      skillType: http_webhook
      executionConfig: { url: 'https://api.example.com/orders' }
";

fn desk() -> String {
    agent("desk", &format!("  match: {{ name: Front Desk }}\n{SKILL}"))
}

const PARAMETERS: &str =
    "      parametersSchema: { type: object, properties: { zip: { type: number } } }\n      executionConfig";

fn with_header() -> String {
    desk().replace("orders' }", "orders', headers: { X-Api-Key: { fromEnv: FLOWOPS_SECRET_ORDERS } } }")
}

fn with_pack() -> String {
    agent("desk", &format!("  match: {{ name: Front Desk }}\n  packs:\n    - kind: hubspot\n{SKILL}"))
}

/// An agent whose one skill is for certain hours.
fn waiting(window: &str) -> String {
    desk() + &format!("      availabilityWindow: {window}\n")
}

fn waiting_skills(count: usize) -> String {
    let skill = |number| {
        format!("\n    - {{ name: Lookup {number}, description: Looks up., skillType: sms, availabilityWindow: open }}")
    };
    (1..=count).map(skill).collect::<Vec<_>>().concat() + "\n"
}

/// An organization whose front desk says these of its business hours, one after the other.
fn store_with_hours(hours: &[Json]) -> Store {
    let mut store = store(&["Front Desk"], &["Look up order"]);
    for hours in hours {
        let id = AgentId::parse("agt_1").unwrap();
        store.edit_agent(&id, |settings| {
            settings.insert("businessHours".to_owned(), hours.clone());
        });
    }
    store
}

fn with_action() -> String {
    let provision = "  provision:\n    - { kind: hubspot, actions: [look_up_contact] }\n";
    agent("desk", &format!("  match: {{ name: Front Desk }}\n{provision}{SKILL}"))
}

fn live_skill(name: &str) -> Map<String, Json> {
    let skill = json!({
        "name": name, "description": "Looks up an order.", "skillType": "http_webhook",
        "executionConfig": { "url": "https://api.example.com/orders" },
    });
    skill.as_object().unwrap().clone()
}

/// An organization with these agents, each with these skills.
fn store(agents: &[&str], skills: &[&str]) -> Store {
    let mut store = Store::default();
    for (at, name) in agents.iter().enumerate() {
        let id = AgentId::parse(&format!("agt_{}", at + 1)).unwrap();
        store.seed_agent(Some(&id), name);
        for skill in skills {
            store.seed_skill(&id, live_skill(skill)).unwrap();
        }
    }
    store.connect(&ProviderKind::read("hubspot"));
    store
}

fn cases() -> Vec<Case> {
    let by_id = |id: &str| agent("desk", &format!("  match: {{ id: {id} }}\n{SKILL}"));
    let dropped = Quirks::default().with("secrets", "dropped").unwrap();
    let mut shown = live_skill("Look up order");
    shown["executionConfig"]["headers"] = json!({ "X-Api-Key": "SENTINEL-live" });
    let mut header_dropped = Store::new(0).with_quirks(dropped);
    let id = header_dropped.seed_agent(None, "Front Desk");
    let published = Sandbox::in_memory(store(&["Front Desk"], &[]));
    crate::laws::post(&published, "/agents/agt_1/publish");
    let published = published.with_store(|store| store.clone()).unwrap();
    let mut with_parameters = store(&["Front Desk"], &[]);
    let mut parameters = live_skill("Look up order");
    let schema = json!({
        "type": "object", "properties": { "order": { "type": "string" } }, "required": [],
    });
    parameters.insert("parametersSchema".to_owned(), schema);
    with_parameters.seed_skill(&AgentId::parse("agt_1").unwrap(), parameters).unwrap();
    header_dropped.seed_skill(&id, shown).unwrap();
    vec![
        Case::new("L001-name", &[&desk()], store(&["Front Desks", "Dispatch"], &[])),
        Case::new("L001-name-of-nobody", &[&desk()], store(&["Dispatch"], &[])),
        Case::new("L001-id", &[&by_id("agt_9")], store(&["Front Desk"], &[])),
        Case::new(
            "L001-one-of-two",
            &[&desk(), &agent("dispatch", "  match: { name: Dispatch }\n")],
            store(&["Dispatch"], &[]),
        ),
        Case::new("L002-name", &[&desk()], store(&["Front Desk", "Front Desk"], &[])),
        Case::new("L003-declared", &[&desk()], store(&["Front Desk"], &["Look up order", "Look up order"])),
        Case::new(
            "L003-absent",
            &[&(desk() + "  absent: [Old]\n")],
            store(&["Front Desk"], &["Look up order", "Old", "Old"]),
        ),
        Case::new(
            "L003-former-name",
            &[&desk().replace("description: Looks", "was: Old\n      description: Looks")],
            store(&["Front Desk"], &["Old", "Old"]),
        ),
        Case { cut: Some("/agents"), ..Case::new("L004-agents", &[&desk()], store(&["Front Desk"], &[])) },
        Case { cut: Some("/skills"), ..Case::new("L004-skills", &[&desk()], store(&["Front Desk"], &[])) },
        Case::new("L005-installed", &[&with_pack()], store(&["Front Desk"], &["Look up order"])),
        Case::new(
            "L005-taken-for-installed",
            &[&with_pack()],
            store(&["Front Desk"], &["Look up order", "Look up contact"]),
        ),
        Case::new("L011-provisioned", &[&with_action()], store(&["Front Desk"], &["Look up order"])),
        Case::new(
            "L011-taken-for-provisioned",
            &[&with_action()],
            store(&["Front Desk"], &["Look up order", "Look up contact"]),
        ),
        Case::new("L006-dropped", &[&with_header()], header_dropped),
        Case::new(
            "L007-name-and-id",
            &[&desk(), &agent("reception", "  match: { id: agt_1 }\n")],
            store(&["Front Desk"], &["Look up order"]),
        ),
        Case {
            removed: vec![agent("other", "  match: { name: Other }\n  prune: removed\n  skills: []\n")],
            ..Case::new("L009-given-up", &[&desk()], store(&["Front Desk", "Other", "Other"], &["Look up order"]))
        },
        Case::new("L010-never-set", &[&waiting("closed")], store_with_hours(&[json!(null)])),
        Case::new(
            "L010-of-many",
            &[&agent("desk", &format!("  match: {{ name: Front Desk }}\n  skills:{}", waiting_skills(5)))],
            store_with_hours(&[json!({ "timezone": "America/New_York", "weekly": {}, "holidays": [] })]),
        ),
        Case::new("L020-removed", &[&desk().replace("      executionConfig", PARAMETERS)], with_parameters),
        Case::new("L021-never-published-here", &[&desk()], published),
        Case::new("L008-created", &[&desk()], store(&["Front Desk"], &["Find an order"])),
    ]
}

#[test]
fn everything_that_manifests_may_meet_is_reported_as_committed() {
    for case in cases() {
        let (plan, text) = case.run();
        let codes: Vec<Code> = plan.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [case.code()], "{}:\n{text}", case.name);
        assert_eq!(plan.has_errors(), case.code().severity() == Severity::Error);
        assert!(!text.contains("SENTINEL"), "{text}");
        golden(&repository("tests/live").join(format!("{}.txt", case.name)), &text);
    }
}

#[test]
fn every_code_of_the_server_has_a_case() {
    let have: BTreeSet<Code> = cases().iter().map(Case::code).collect();
    let all: BTreeSet<Code> = Code::ALL.iter().copied().filter(|code| code.id().starts_with('L')).collect();
    assert_eq!(have, all);
}

#[test]
fn every_committed_report_has_a_case() {
    let names: BTreeSet<String> = cases().iter().map(|case| format!("{}.txt", case.name)).collect();
    let files = std::fs::read_dir(repository("tests/live")).unwrap();
    let files: BTreeSet<String> = files.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, names);
}

#[test]
fn an_agent_with_an_error_has_no_step_and_the_others_have() {
    let two = Case::new(
        "two",
        &[&desk(), &desk().replace("desk }", "dispatch }").replace("Front Desk", "Dispatch")],
        store(&["Dispatch"], &[]),
    );
    let (plan, _) = two.run();
    let agents: Vec<&str> = plan.steps.iter().map(|step| step.agent.name.as_str()).collect();
    assert_eq!((plan.has_errors(), agents), (true, vec!["dispatch"]));
}

#[test]
fn of_many_agents_that_are_not_there_the_first_hundred_are_shown() {
    let agents: Vec<String> = (0..130).map(|number| agent(&format!("desk-{number:03}"), SKILL)).collect();
    let agents: Vec<&str> = agents.iter().map(String::as_str).collect();
    let (plan, _) = Case::new("L001", &agents, store(&["Dispatch"], &[])).run();
    assert_eq!(plan.findings.len(), 100);
    let is_told = |finding: &&Finding| finding.help.as_ref().unwrap().ends_with("; the same is found 30 more times");
    assert_eq!(plan.findings.iter().filter(is_told).count(), 1);
    assert!(is_told(&plan.findings.last().unwrap()), "the last one says it");
}

#[test]
fn only_what_cannot_be_proved_is_a_guard() {
    for case in cases() {
        let (plan, _) = case.run();
        let is_guarded = plan.findings.iter().any(|finding| finding.code.is_guard());
        assert_eq!(is_guarded, case.code() == Code::ListingUnproven, "{}", case.name);
        assert_eq!(plan.is_complete, case.code() != Code::ListingUnproven, "{}", case.name);
    }
}

#[test]
fn nothing_is_said_of_business_hours_that_are_set_or_not_told() {
    let set = json!({ "timezone": "America/New_York", "weekly": { "mon": [{ "start": "09:00", "end": "17:00" }] } });
    let short = Quirks::default().with("agents", "short").unwrap();
    let disabled = waiting("open") + "      isEnabled: false\n";
    let holiday = json!({ "weekly": {}, "holidays": [{ "date": "2026-12-25" }] });
    for (manifest, store) in [
        (waiting("open"), store_with_hours(&[set])),
        (waiting("open"), store_with_hours(&[holiday])),
        (waiting("open"), store_with_hours(&[])),
        (waiting("open"), store_with_hours(&[json!(null)]).with_quirks(short)),
        (waiting("both"), store_with_hours(&[json!(null)])),
        (disabled, store_with_hours(&[json!({})])),
        (desk(), store_with_hours(&[json!([])])),
    ] {
        let (plan, text) = Case::new("hours", &[&manifest], store).run();
        assert_eq!(plan.findings, [], "{text}");
    }
}

/// The agent itself is whole, and is read anyway where it is the only one and is matched by its id.
#[test]
fn an_agent_that_is_read_alone_tells_its_business_hours_whatever_lists_leave_out() {
    let short = Quirks::default().with("agents", "short").unwrap();
    let manifest = waiting("open").replace("name: Front Desk", "id: agt_1");
    let (plan, text) = Case::new("hours", &[&manifest], store_with_hours(&[json!("")]).with_quirks(short)).run();
    assert_eq!(plan.findings.iter().map(|found| found.code).collect::<Vec<_>>(), [Code::WindowWithoutHours], "{text}");
}
