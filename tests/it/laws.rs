//! The laws, each over generated worlds and generated answers to what the API's documentation leaves open.
//!
//! `PROPTEST_CASES=5000` runs more of them, `PROPTEST_RNG_SEED=1` the same ones again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flowops::api::{RawRequest, RawResponse, Read, Write, body};
use flowops::cli::transport::Local;
use flowops::model::{AgentId, Compare, Desired, Field, Found, Live, Shape, SkillId, Via};
use flowops::ops::{self, Halt, Notes, OnFailure, Reads, Run, Secrets, TransportError, Writes};
use flowops::plan::{Action, Plan, Step, plan};
use flowops::record::Record;
use flowops::render::{self, Form, Style};
use flowops::report::{Event, Proof, Report, Status, Verdict};
use flowops::sandbox::{Caller, Sandbox};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::world::{LIVE_SECRET, RESOLVED, World, agent_id, default, secrets, world};

pub(crate) fn config() -> Config {
    Config { failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() }
}

pub(crate) fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Does something as somebody in the dashboard would.
pub(crate) fn post(sandbox: &Sandbox, path: &str) {
    let request = RawRequest {
        method: flowops::api::Method::Post,
        path: path.to_owned(),
        query: Vec::new(),
        idempotency_key: None,
        body: path.ends_with("/publish").then(|| json!({})),
    };
    sandbox.exchange(&Caller::local(), &request).unwrap();
}

pub(crate) fn look(reader: &impl Reads, desired: &Desired) -> (Live, Plan) {
    let live = wait(ops::fetch(reader, desired, 3)).unwrap();
    let plan = plan(desired, &live);
    (live, plan)
}

fn run_apply(writer: &impl Writes, desired: &Desired, live: &Live, plan: Plan, nonce: u128) -> Report {
    apply_with(writer, desired, live, plan, &secrets(), nonce)
}

pub(crate) fn apply_with(
    writer: &impl Writes,
    desired: &Desired,
    live: &Live,
    plan: Plan,
    secrets: &Secrets,
    nonce: u128,
) -> Report {
    let run = Run {
        nonce: Uuid::from_u128(nonce),
        note: "a test".to_owned(),
        concurrency: 3,
        secrets,
        refused: &BTreeMap::new(),
        on_failure: OnFailure::KeepGoing,
        halt: &Halt::default(),
        journal: &Notes::default(),
        on_event: &|_: Event| {},
    };
    wait(ops::apply(writer, desired, live, plan.approve().unwrap(), &run))
}

pub(crate) fn apply(sandbox: &Arc<Sandbox>, desired: &Desired, nonce: u128) -> Report {
    let local = Local::new(Arc::clone(sandbox));
    let (live, plan) = look(&local, desired);
    run_apply(&local, desired, &live, plan, nonce)
}

fn writes(sandbox: &Sandbox) -> u64 {
    sandbox.with_store(|store| store.writes()).unwrap()
}

/// What the server holds, without what no two runs share.
fn state(sandbox: &Sandbox) -> BTreeMap<String, Vec<Json>> {
    let skills = |sandbox: &Sandbox| {
        sandbox.with_store(|store| {
            let agents: Vec<(AgentId, String)> =
                store.agents().map(|(id, name)| (id.clone(), name.to_owned())).collect();
            agents.into_iter().map(|(id, name)| (name, store.skills_of(&id))).collect::<Vec<_>>()
        })
    };
    let plain = |mut skill: Map<String, Json>| {
        for key in ["id", "createdAt", "updatedAt", "expectedLatencyMs"] {
            skill.remove(key);
        }
        Json::Object(skill)
    };
    let mut state = BTreeMap::new();
    for (name, skills) in skills(sandbox).unwrap() {
        let mut skills: Vec<Json> = skills.into_iter().map(|(_, skill)| plain(skill)).collect();
        skills.sort_by_key(ToString::to_string);
        state.insert(name, skills);
    }
    state
}

/// A transport that holds requests to the wire's schemas, counts them, and breaks for good at a given one.
struct Wire {
    local: Local,
    sent: AtomicU64,
    breaks_at: u64,
    after_commit: bool,
}

impl Wire {
    fn new(sandbox: &Arc<Sandbox>) -> Self {
        Self::breaking(sandbox, u64::MAX, false)
    }

    fn breaking(sandbox: &Arc<Sandbox>, breaks_at: u64, after_commit: bool) -> Self {
        Self { local: Local::new(Arc::clone(sandbox)), sent: AtomicU64::new(0), breaks_at, after_commit }
    }

    fn breaks(&self) -> Option<bool> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        (number >= self.breaks_at).then_some(number == self.breaks_at && self.after_commit)
    }
}

impl Reads for Wire {
    async fn read(&self, request: &Read) -> Result<RawResponse, TransportError> {
        match self.breaks() {
            Some(_) => Err(TransportError::NotSent("the wire is cut".to_owned())),
            None => self.local.read(request).await,
        }
    }
}

impl Writes for Wire {
    async fn write(&self, request: &Write) -> Result<RawResponse, TransportError> {
        hold_to_schema(request);
        match self.breaks() {
            Some(true) => {
                self.local.write(request).await.unwrap();
                Err(TransportError::Lost("the wire is cut".to_owned()))
            }
            Some(false) => Err(TransportError::NotSent("the wire is cut".to_owned())),
            None => self.local.write(request).await,
        }
    }

    async fn rest(&self, _: Duration) {}
}

/// The reads right before the writes: one for each step that changes what is there, one for an agent's first create if
/// nothing was read before it, two for a publish: the comparison, or the agent where none was published, and the report.
fn looks(plan: &Plan) -> u64 {
    let mut has_looked = std::collections::BTreeSet::new();
    let reads = plan.steps.iter().map(|step| match &step.action {
        Action::Update { .. } | Action::UpdatePreset { .. } | Action::Delete { .. } => {
            has_looked.insert(&step.agent.name);
            1
        }
        Action::Create { .. } => u64::from(has_looked.insert(&step.agent.name)),
        Action::Install { .. } => 0,
        Action::Publish { .. } => 2,
    });
    reads.sum()
}

fn hold_to_schema(write: &Write) {
    use std::sync::LazyLock;
    static CREATE: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| jsonschema::validator_for(&body::schema_of::<body::SkillCreate>()).unwrap());
    static UPDATE: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| jsonschema::validator_for(&body::schema_of::<body::SkillUpdate>()).unwrap());
    static PUBLISH: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| jsonschema::validator_for(&body::schema_of::<body::PublishBody>()).unwrap());
    static GEOCODE: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| jsonschema::validator_for(&body::schema_of::<body::GeocodeBody>()).unwrap());
    static PROVISION: LazyLock<jsonschema::Validator> =
        LazyLock::new(|| jsonschema::validator_for(&body::schema_of::<body::ProvisionBody>()).unwrap());
    let request = write.request();
    let (schema, needs_key): (Option<&jsonschema::Validator>, bool) = match write {
        Write::CreateSkill { .. } => (Some(&CREATE), true),
        Write::UpdateSkill { .. } => (Some(&UPDATE), false),
        Write::Publish { .. } => (Some(&PUBLISH), true),
        Write::Geocode { .. } => (Some(&GEOCODE), false),
        Write::Provision { .. } => (Some(&PROVISION), false),
        Write::DeleteSkill { .. } | Write::InstallPack { .. } => (None, false),
    };
    assert_eq!(request.idempotency_key.is_some(), needs_key);
    match (schema, request.body) {
        (Some(schema), Some(body)) => assert!(schema.is_valid(&body), "{body}"),
        (None, None) => {}
        (schema, body) => panic!("a body where none belongs, or none where one does: {} {body:?}", schema.is_some()),
    }
}

fn shown(plan: &Plan) -> Vec<String> {
    let mut json = String::new();
    json.push_str(&render::view(Form::Json, &Record::plan(plan)));
    json.push_str(&render::view(Form::Json, &Record::drift(plan)));
    let mut texts = vec![json, plan.digest().to_string()];
    for style in [Style::Plain, Style::Ansi] {
        let mut text = String::new();
        render::plan::plan(plan, style, &mut text).unwrap();
        render::drift::drift(plan, style, &mut text).unwrap();
        texts.push(text);
    }
    texts
}

fn shown_report(report: &Report) -> Vec<String> {
    let mut texts = shown(&report.plan);
    let mut text = String::new();
    text.push_str(&render::view(Form::Json, &Record::report(report)));
    render::report::report(report, Style::Plain, &mut text).unwrap();
    texts.push(text);
    if let Proof::Fresh(fresh) = &report.proof {
        texts.extend(shown(fresh));
    }
    texts
}

/// What somebody does to a live skill between the plan and the write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Field,
    Key,
    Delete,
    Rename,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![2 => Just(Edit::Field), 1 => Just(Edit::Key), 1 => Just(Edit::Delete), 1 => Just(Edit::Rename)]
}

/// The live skill that a step changes or deletes.
fn changed(step: &Step) -> Option<&SkillId> {
    match &step.action {
        Action::Update { id, .. } | Action::Delete { id, .. } => Some(id),
        Action::Create { .. } | Action::UpdatePreset { .. } | Action::Install { .. } | Action::Publish { .. } => None,
    }
}

/// The fields on which a step depends: the declared ones of an update, all of a delete.
fn edited(desired: &Desired, step: &Step) -> Vec<Field> {
    let Action::Update { name, .. } = &step.action else { return Field::ALL.to_vec() };
    let agent = desired.agents.iter().find(|agent| agent.name == step.agent.name).unwrap();
    let skill = agent.skills.iter().find(|skill| skill.name == *name).map(|skill| &skill.fields);
    let preset = || agent.presets.iter().find(|preset| preset.name == *name).map(|preset| &preset.fields);
    skill.or_else(preset).unwrap().keys().copied().collect()
}

/// Another value of a field than the one that an answer shows.
fn another(field: Field, stored: Option<&Json>) -> Json {
    let shown = stored.cloned().unwrap_or_else(|| default(field.key()));
    match (field.shape(), shown) {
        (Shape::Text, shown) => json!(format!("{} Edited.", shown.as_str().unwrap_or_default())),
        (Shape::Bool, shown) => json!(shown != json!(true)),
        (Shape::Word(words), shown) => json!(words.iter().find(|word| shown != **word)),
        (Shape::Words(words), shown) => json!([words.iter().find(|word| shown != json!([**word]))]),
        (Shape::Texts, Json::Array(mut texts)) => {
            texts.push(json!("edited"));
            Json::Array(texts)
        }
        (Shape::Object | Shape::TextMap, Json::Object(mut map)) => {
            map.insert("edited".to_owned(), json!("by hand"));
            Json::Object(map)
        }
        (Shape::Texts, _) => json!(["edited"]),
        (Shape::Object | Shape::TextMap, _) => json!({ "edited": "by hand" }),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn law_1_planning_cannot_write(world in world()) {
        let sandbox = Arc::new(world.sandbox());
        let (before, sent) = (state(&sandbox), writes(&sandbox));
        let reader = Local::new(Arc::clone(&sandbox)).into_planner();
        let (live, plan) = look(&reader, &world.desired());
        prop_assert_eq!(writes(&sandbox), sent);
        prop_assert_eq!(state(&sandbox), before);
        prop_assert_eq!(plan.reads, live.reads);
    }

    #[test]
    fn law_2_apply_sends_the_writes_of_the_plan_or_fewer(world in world()) {
        let sandbox = Arc::new(world.sandbox());
        let desired = world.desired();
        let wire = Wire::new(&sandbox);
        let (live, plan) = look(&wire, &desired);
        let before = sandbox.with_store(|store| store.events().len()).unwrap();
        let report = run_apply(&wire, &desired, &live, plan.clone(), 1);
        let sent: Vec<(String, String)> = sandbox
            .with_store(|store| {
                let events = store.events()[before..].iter().filter(|event| event.method != "GET");
                events.map(|event| (event.method.clone(), event.path.clone())).collect()
            })
            .unwrap();
        prop_assert!(sent.len() as u64 <= plan.writes());
        prop_assert_eq!(sent.len() as u64, report.writes);
        let mut allowed: Vec<(String, String)> = Vec::new();
        for step in &plan.steps {
            let agent = &step.agent.id;
            match &step.action {
                Action::Create { .. } => allowed.push(("POST".to_owned(), format!("/agents/{agent}/skills"))),
                Action::Update { id, .. } => allowed.push(("PATCH".to_owned(), format!("/agents/{agent}/skills/{id}"))),
                Action::UpdatePreset { .. } => allowed.push(("PATCH".to_owned(), format!("/agents/{agent}/skills/"))),
                Action::Delete { id, .. } => allowed.push(("DELETE".to_owned(), format!("/agents/{agent}/skills/{id}"))),
                Action::Install { kind, via, .. } => {
                    let what = match via {
                        Via::Pack => "pack/install",
                        Via::Actions(_) => "provision",
                    };
                    allowed.push(("POST".to_owned(), format!("/agents/{agent}/integrations/{kind}/{what}")));
                }
                Action::Publish { .. } => allowed.push(("POST".to_owned(), format!("/agents/{agent}/publish"))),
            }
        }
        for (method, path) in sent {
            let at = allowed.iter().position(|(word, known)| {
                *word == method && (*known == path || (known.ends_with('/') && path.starts_with(known.as_str())))
            });
            prop_assert!(at.is_some(), "{} {} is no step of the plan", method, path);
            allowed.remove(at.unwrap());
        }
    }

    #[test]
    fn law_3_apply_converges(world in world()) {
        let sandbox = Arc::new(world.sandbox());
        let desired = world.desired();
        let report = apply(&sandbox, &desired, 1);
        prop_assert!(matches!(report.verdict(), Verdict::Applied | Verdict::Guarded), "{:#?}", report);
        let held: Vec<&str> = report.plan.held.iter().map(|held| held.id.as_str()).collect();
        prop_assert_eq!(world.complaints(&sandbox, &held), Vec::<String>::new());
        let reader = Local::new(Arc::clone(&sandbox)).into_planner();
        let (_, again) = look(&reader, &desired);
        prop_assert!(again.steps.is_empty(), "{:#?}", again.steps);
        let sent = writes(&sandbox);
        let second = apply(&sandbox, &desired, 2);
        prop_assert_eq!(second.writes, 0);
        prop_assert_eq!(writes(&sandbox), sent);
    }

    #[test]
    fn law_4_any_prefix_converges(world in world(), breaks_at in 0_u64..40, after_commit in any::<bool>()) {
        let desired = world.desired();
        let whole = Arc::new(world.sandbox());
        apply(&whole, &desired, 1);

        let sandbox = Arc::new(world.sandbox());
        let wire = Wire::breaking(&sandbox, breaks_at, after_commit);
        if let Ok(live) = wait(ops::fetch(&wire, &desired, 3)) {
            let plan = plan(&desired, &live);
            run_apply(&wire, &desired, &live, plan, 1);
        }
        let report = apply(&sandbox, &desired, 2);
        prop_assert!(matches!(report.verdict(), Verdict::Applied | Verdict::Guarded), "{:#?}", report);
        prop_assert_eq!(state(&sandbox), state(&whole));
        prop_assert_eq!(apply(&sandbox, &desired, 3).writes, 0);
    }

    #[test]
    fn law_5_nothing_is_deleted_by_surprise(world in world()) {
        let sandbox = Arc::new(world.sandbox());
        let ids = |sandbox: &Sandbox| -> Vec<(usize, SkillId, String)> {
            let agents = (0..world.agents.len()).map(|number| (number, agent_id(sandbox, &format!("Agent {number}"))));
            let skills = agents.flat_map(|(number, id)| {
                let skills = sandbox.with_store(|store| store.skills_of(&id)).unwrap();
                skills.into_iter().map(move |(id, skill)| (number, id, skill["name"].as_str().unwrap().to_owned()))
            });
            skills.collect()
        };
        let before = ids(&sandbox);
        apply(&sandbox, &world.desired(), 1);
        let after = ids(&sandbox);
        for (number, id, name) in before {
            let is_there = after.iter().any(|(_, other, _)| *other == id);
            prop_assert!(is_there || world.may_go(number).contains(&name), "{} of agent {} is gone", name, number);
        }
    }

    #[test]
    fn law_6_nothing_unmanaged_is_touched(world in world()) {
        let sandbox = Arc::new(world.sandbox());
        let desired = world.desired();
        let unmanaged = |sandbox: &Sandbox, plan: &Plan| -> Vec<Option<Map<String, Json>>> {
            let find = |strange: &flowops::plan::Unmanaged| {
                let skills = sandbox.with_store(|store| store.skills_of(&strange.agent.id)).unwrap();
                skills.into_iter().find(|(id, _)| *id == strange.id).map(|(_, skill)| skill)
            };
            plan.unmanaged.iter().map(find).collect()
        };
        let local = Local::new(Arc::clone(&sandbox));
        let (live, plan) = look(&local, &desired);
        let before = unmanaged(&sandbox, &plan);
        prop_assert!(before.iter().all(Option::is_some));
        // Fields that no manifest declares stay as they are, too.
        let undeclared = |sandbox: &Sandbox| {
            let mut kept: BTreeMap<String, Json> = BTreeMap::new();
            for step in &plan.steps {
                let Action::Update { id, changes, .. } = &step.action else { continue };
                let skills = sandbox.with_store(|store| store.skills_of(&step.agent.id)).unwrap();
                let Some((_, mut skill)) = skills.into_iter().find(|(other, _)| other == id) else { continue };
                let by_hand = skill.get("executionConfig").and_then(|config| config.get("set_by_hand")).cloned();
                for change in changes {
                    skill.remove(change.field.key());
                }
                skill.insert("set_by_hand".to_owned(), by_hand.unwrap_or_default());
                for key in ["name", "updatedAt", "expectedLatencyMs"] {
                    skill.remove(key);
                }
                kept.insert(id.to_string(), Json::Object(skill));
            }
            kept
        };
        let fields = undeclared(&sandbox);
        run_apply(&local, &desired, &live, plan.clone(), 1);
        prop_assert_eq!(unmanaged(&sandbox, &plan), before);
        prop_assert_eq!(undeclared(&sandbox), fields);
    }

    #[test]
    fn law_7_no_secret_is_shown(world in world(), breaks_at in 0_u64..40) {
        let sandbox = Arc::new(world.sandbox());
        let desired = world.desired();
        let wire = Wire::breaking(&sandbox, breaks_at + 12, true);
        let Ok(live) = wait(ops::fetch(&wire, &desired, 3)) else { return Ok(()) };
        let plan = plan(&desired, &live);
        let report = run_apply(&wire, &desired, &live, plan, 1);
        for text in shown_report(&report) {
            prop_assert!(!text.contains(RESOLVED), "{}", text);
            prop_assert!(!text.contains(LIVE_SECRET), "{}", text);
        }
    }

    #[test]
    fn law_8_the_same_input_gives_the_same_bytes(world in world()) {
        let first = Arc::new(world.sandbox());
        let second = Arc::new(world.sandbox());
        let desired = world.desired();
        let (_, a) = look(&Local::new(Arc::clone(&first)), &desired);
        let (_, b) = look(&Local::new(Arc::clone(&second)), &world.desired());
        prop_assert_eq!(a.digest(), b.digest());
        prop_assert_eq!(shown(&a), shown(&b));
        let reports = [apply(&first, &desired, 1), apply(&second, &desired, 1)];
        prop_assert_eq!(shown_report(&reports[0]), shown_report(&reports[1]));
    }

    #[test]
    fn law_9_live_may_move(world in world(), at in any::<prop::sample::Index>(), edit in edit()) {
        let sandbox = Arc::new(world.sandbox());
        let desired = world.desired();
        let local = Local::new(Arc::clone(&sandbox));
        let (live, plan) = look(&local, &desired);
        let moved: Vec<(&Step, &SkillId)> = plan.steps.iter().filter_map(|step| Some((step, changed(step)?))).collect();
        if moved.is_empty() {
            return Ok(());
        }
        let (step, id) = *at.get(&moved);
        let (agent, is_delete) = (&step.agent.id, matches!(step.action, Action::Delete { .. }));
        let skill = || sandbox.with_store(|store| store.skills_of(agent)).unwrap().into_iter().find(|(it, _)| it == id);
        let fields = edited(&desired, step);
        sandbox
            .with_store(|store| match edit {
                Edit::Delete => store.drop_skill(agent, id),
                Edit::Rename => store.edit_skill(agent, id, |skill| {
                    skill.insert("name".to_owned(), json!("Renamed by hand"));
                }),
                Edit::Field => store.edit_skill(agent, id, |skill| {
                    let field = *at.get(&fields);
                    skill.insert(field.key().to_owned(), another(field, skill.get(field.key())));
                }),
                Edit::Key => store.edit_skill(agent, id, |skill| {
                    let has_keys = |field: &&Field| field.compare() == Compare::DeclaredKeys;
                    let field = *fields.iter().find(has_keys).unwrap_or_else(|| at.get(&fields));
                    skill.insert(field.key().to_owned(), another(field, skill.get(field.key())));
                }),
            })
            .unwrap();
        let (before, events) = (skill(), sandbox.with_store(|store| store.events().len()).unwrap());
        let report = run_apply(&local, &desired, &live, plan.clone(), 1);

        let is_gone = is_delete && edit == Edit::Delete;
        let mut late = std::collections::BTreeSet::new();
        for (step, outcome) in plan.steps.iter().zip(&report.outcomes) {
            let needs = step.needs.iter().any(|needed| late.contains(needed));
            let is_as_it_must = match &outcome.status {
                Status::Unneeded if changed(step) == Some(id) => is_gone,
                Status::Conflict(_) => changed(step) == Some(id) && !is_gone,
                Status::Skipped(_) => needs,
                Status::Done | Status::Unneeded => changed(step) != Some(id) && !needs,
                Status::Settled(_) | Status::Failed(_) | Status::Unknown(_) => false,
            };
            prop_assert!(is_as_it_must, "{:#?}", report.outcomes);
            if matches!(outcome.status, Status::Conflict(_) | Status::Skipped(_)) {
                late.insert(&step.id);
            }
        }
        let path = format!("/agents/{agent}/skills/{id}");
        let is_write = |event: &flowops::sandbox::Event| event.method != "GET" && event.path == path;
        prop_assert!(!sandbox.with_store(|store| store.events()[events..].iter().any(is_write)).unwrap());
        prop_assert_eq!(skill(), before);
        if is_gone {
            prop_assert!(matches!(report.verdict(), Verdict::Applied | Verdict::Guarded), "{:#?}", report);
        } else {
            prop_assert_eq!(report.verdict(), Verdict::Conflict, "{:#?}", report);
        }
    }

    #[test]
    fn law_10_there_is_no_false_drift(world in world()) {
        let sandbox = Arc::new(world.sandbox());
        let desired = world.desired();
        apply(&sandbox, &desired, 1);
        // A colleague works on what no manifest declares.
        sandbox
            .with_store(|store| {
                let agents: Vec<AgentId> = store.agents().map(|(id, _)| id.clone()).collect();
                for id in agents {
                    store.edit_agent(&id, |agent| { agent.insert("greeting".to_owned(), json!("Hello!")); });
                    let fields = json!({ "name": "Made by hand", "description": "x", "skillType": "builtin" });
                    store.seed_skill(&id, fields.as_object().cloned().unwrap());
                    for (skill, fields) in store.skills_of(&id) {
                        if !fields.contains_key("nonParallelizable") {
                            store.edit_skill(&id, &skill, |skill| { skill.insert("x-label".to_owned(), json!(1)); });
                        }
                    }
                }
            })
            .unwrap();
        let quiet = desired.observed();
        let (_, drift) = look(&Local::new(Arc::clone(&sandbox)).into_planner(), &quiet);
        prop_assert!(drift.steps.is_empty(), "{:#?}", drift.steps);
    }

    #[test]
    fn the_reads_of_a_plan_are_what_the_formula_says(world in world()) {
        let sandbox = Arc::new(world.sandbox());
        let desired = world.desired();
        let wire = Wire::new(&sandbox);
        let (live, plan) = look(&wire, &desired);
        let one = |name: &flowops::model::Slug| match live.agents.get(name) {
            Some(Found::One(one)) => one.clone(),
            other => panic!("{other:?}"),
        };
        // Every list of these worlds is one page long.
        let mut formula = 1 + desired.agents.len() as u64;
        let has_provider = |agent: &flowops::model::Agent| !agent.packs.is_empty() || !agent.provision.is_empty();
        formula += u64::from(desired.agents.iter().any(has_provider));
        for agent in &desired.agents {
            let live = one(&agent.name);
            formula += u64::from(flowops::plan::needs_references(agent, live.skills.items()));
            let is_compared = flowops::plan::needs_draft(agent) && live.draft != flowops::model::Draft::NeverPublished;
            formula += u64::from(is_compared);
        }
        prop_assert_eq!(plan.reads, formula);
        let report = run_apply(&wire, &desired, &live, plan.clone(), 1);
        let changed: std::collections::BTreeSet<_> = plan.steps.iter().map(|step| &step.agent.name).collect();
        let published = plan.steps.iter().filter(|step| matches!(step.action, Action::Publish { .. })).count() as u64;
        let looks = looks(&plan);
        let skipped = report.outcomes.iter().any(|outcome| matches!(outcome.status, Status::Skipped(_)));
        prop_assert!(!skipped);
        prop_assert_eq!(report.reads, formula + looks + changed.len() as u64 + 2 * published);
        prop_assert_eq!(wire.sent.load(Ordering::Relaxed), report.reads + report.writes);
    }
}

#[test]
fn worlds_reach_every_kind_of_step() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeMap<&'static str, u32> = BTreeMap::new();
    for _ in 0..256 {
        let world: World = world().new_tree(&mut runner).unwrap().current();
        let sandbox = Arc::new(world.sandbox());
        let (_, plan) = look(&Local::new(sandbox), &world.desired());
        for step in &plan.steps {
            *seen.entry(step.action.verb().word()).or_default() += 1;
        }
        plan.held.iter().for_each(|held| *seen.entry(held.hold.word()).or_default() += 1);
    }
    for word in ["create", "update", "delete", "install", "publish", "replace", "foreign-draft"] {
        assert!(seen.contains_key(word), "no world gives `{word}`: {seen:?}");
    }
}
