//! What must hold whatever comes in: of a manifest, of an answer of the server, of a journal that an earlier run left, of
//! a plan that was kept, of a fault script, and of a request to the sandbox. Nothing of it may panic.

use std::collections::BTreeMap;

use flowops::api::{
    self, Answered, ApiError, IdempotencyKey, Method, PageRequest, Pager, RawRequest, RawResponse, Write,
};
use flowops::diag::Sources;
use flowops::manifest::{self, NoSideFiles};
use flowops::model::{
    AgentId, BusinessHours, Catalog, Desired, Draft, Found, Listing, Live, LiveAgent, ProviderKind, Published,
    References, SkillId,
};
use flowops::plan::plan;
use flowops::record::Record;
use flowops::render::{self, Form, Style};
use flowops::report::journal::Journal;
use flowops::report::reviewed::Reviewed;
use flowops::sandbox::{Caller, Faults, Sandbox, Store};
use serde_json::{Map, Value as Json};

/// Somebody's manifest. Each finding stands in the file, and whatever comes out is fit to be seen.
pub fn manifest(text: &str) {
    let mut sources = Sources::default();
    sources.insert("manifests/fuzz.yaml", text);
    let Ok(reading) = manifest::read(&sources, &NoSideFiles, None) else { return };
    for place in reading.findings.iter().filter_map(|finding| finding.place.as_ref()) {
        let end = place.offset + place.len;
        assert!(text.is_char_boundary(place.offset) && text.is_char_boundary(end), "{place:?}");
        let lines = text.split(['\n', '\r']).count();
        assert!(usize::try_from(place.line).is_ok_and(|line| (1..=lines).contains(&line)), "{place:?}");
    }
    is_fit(&render::findings(&reading.findings, &sources, Style::Plain));
    if let Some(desired) = reading.desired {
        planned(&desired);
    } else {
        let has_error = reading.findings.iter().any(flowops::diag::Finding::is_error);
        assert!(has_error, "nothing is wrong, and there is no desired state");
    }
}

/// A plan against agents that have nothing: it is the same twice, and fit to be seen.
fn planned(desired: &Desired) {
    let agents = desired.agents.iter().enumerate().map(|(number, agent)| {
        let live = LiveAgent {
            published: Published::Unstated,
            id: AgentId::parse(&format!("agt_{number}")).unwrap(),
            hours: BusinessHours::None,
            skills: Listing::Complete(Vec::new()),
            references: References::NotNeeded,
            draft: Draft::NeverPublished,
        };
        (agent.name.clone(), Found::One(Box::new(live)))
    });
    let live = Live { agents: agents.collect(), catalog: Catalog::Known(BTreeMap::new()), reads: 1 };
    let (one, two) = (plan(desired, &live), plan(desired, &live));
    assert_eq!(one.digest(), two.digest());
    let (mut text, mut json) = (String::new(), String::new());
    render::plan::plan(&one, Style::Plain, &mut text).unwrap();
    json.push_str(&render::view(Form::Json, &Record::plan(&one)));
    is_fit(&text);
    assert!(serde_json::from_str::<Json>(&json).is_ok());
}

/// Checks that a terminal is not told anything.
fn is_fit(text: &str) {
    for line in text.split('\n') {
        assert_eq!(render::inert(line), line);
    }
}

/// An answer of the server: its status and content type on the first line, then its body.
pub fn answer(text: &str) {
    let (head, body) = text.split_once('\n').unwrap_or_default();
    let (status, content_type) = head.split_once(' ').unwrap_or_default();
    let answer = RawResponse {
        status: status.parse().unwrap_or(200),
        content_type: content_type.to_owned(),
        retry_after: None,
        location: Some(body.chars().take(200).collect()),
        body: body.as_bytes().to_vec(),
    };
    let errors = [
        api::agent(&answer).err(),
        api::written_skill(&answer).err(),
        api::succeeded(&answer).err(),
        api::provisioned(&answer).err(),
        api::draft_changes(&answer).err(),
        api::catalog(&answer).err(),
        listed(&answer).err(),
        Some(ApiError::read(&answer)),
    ];
    for error in errors.into_iter().flatten() {
        let said = error.to_string();
        assert!(said.len() < 200_000, "an error of {} bytes", said.len());
        is_fit(&render::safe(&said));
    }
    for write in writes() {
        if let Answered::Done(_) = Answered::read(&write, &answer) {
            assert!(answer.is_success(), "{} is taken for done", answer.status);
        }
    }
}

/// The answer as every page of a list. Where its items can be told apart, nobody asks for it for long.
fn listed(answer: &RawResponse) -> Result<(), ApiError> {
    let mut pager = Pager::default();
    let mut asked = PageRequest::First;
    for _ in 0..5 {
        let page = api::page(answer)?;
        for item in &page.items {
            let _unknown = (api::skill(item.clone()), api::reference(item), api::AgentHead::try_from(item.clone()));
        }
        if !page.items.iter().all(|item| item["id"].is_string()) {
            return Ok(());
        }
        match pager.feed(&asked, page) {
            api::Progress::Next(next) => asked = next,
            api::Progress::Done(_) => return Ok(()),
        }
    }
    panic!("a page that repeats itself is asked for again: {asked:?}");
}

fn writes() -> [Write; 6] {
    let agent = AgentId::parse("agt_1").unwrap();
    let skill = SkillId::parse("skl_1").unwrap();
    let key = IdempotencyKey("key".to_owned());
    [
        Write::CreateSkill { agent: agent.clone(), body: Map::new(), key: key.clone() },
        Write::UpdateSkill { agent: agent.clone(), skill: skill.clone(), body: Map::new() },
        Write::DeleteSkill { agent: agent.clone(), skill },
        Write::InstallPack { agent: agent.clone(), kind: ProviderKind::read("hubspot") },
        Write::Geocode { agent: agent.clone(), addresses: vec!["1 North Road".to_owned()] },
        Write::Publish { agent, note: String::new(), key },
    ]
}

/// A journal that an earlier run left. A line that it did not write to its end changes nothing.
pub fn journal(text: &str) {
    let read = Journal::read(text);
    if read.is_ok() && text.ends_with('\n') {
        assert_eq!(Journal::read(&format!("{text}{{\"intent\":{{\"step")), read);
    }
}

/// A plan that somebody kept. What is read is exactly what was written.
pub fn reviewed(text: &str) {
    if let Ok(reviewed) = Reviewed::read(text) {
        assert_eq!(Reviewed::read(&reviewed.text()).as_ref(), Ok(&reviewed));
    }
}

/// A fault script, played on a few requests.
pub fn faults(text: &str) {
    let Ok(faults) = Faults::parse(text) else { return };
    let mut store = Store::new(1);
    let agent = store.seed_agent(None, "Front Desk");
    let sandbox = Sandbox::in_memory(store).with_faults(faults);
    let skills = format!("/agents/{agent}/skills");
    let skill = serde_json::json!({ "name": "Say goodbye", "description": "Ends the call.", "skillType": "builtin",
                                    "executionConfig": { "action": "end_call" } });
    for _ in 0..3 {
        for (method, path, body) in [
            (Method::Get, "/agents", None),
            (Method::Post, skills.as_str(), Some(skill.clone())),
            (Method::Get, skills.as_str(), None),
            (Method::Delete, "/agents/agt_1/skills/skl_1", None),
        ] {
            send(&sandbox, method, path, body);
        }
    }
}

/// A request to the sandbox: a method and a path on the first line, then its body.
pub fn request(text: &str) {
    let (head, body) = text.split_once('\n').unwrap_or((text, ""));
    let (method, path) = head.split_once(' ').unwrap_or_default();
    let Some(method) = Method::read(method) else { return };
    let mut store = Store::new(1);
    store.seed_agent(AgentId::parse("agt_1").ok().as_ref(), "Front Desk");
    let skill = serde_json::json!({ "name": "Say goodbye", "skillType": "builtin" });
    store.seed_skill(&AgentId::parse("agt_1").unwrap(), skill.as_object().cloned().unwrap());
    let sandbox = Sandbox::in_memory(store);
    let before = sandbox.with_store(|store| store.clone()).unwrap();
    let answer = send(&sandbox, method, path, serde_json::from_str(body).ok());
    let is_unchanged = sandbox.with_store(|store| same(store, &before)).unwrap();
    let may_change = method != Method::Get && answer.is_some_and(|status| (200..300).contains(&status));
    assert!(is_unchanged || may_change, "{answer:?} changed something");
}

/// Whether two stores hold the same, whatever was asked of them.
fn same(one: &Store, two: &Store) -> bool {
    one.agents().eq(two.agents()) && one.agents().all(|(id, _)| one.skills_of(id) == two.skills_of(id))
}

fn send(sandbox: &Sandbox, method: Method, path: &str, body: Option<Json>) -> Option<u16> {
    let request = RawRequest {
        method,
        path: path.to_owned(),
        query: Vec::new(),
        idempotency_key: (method == Method::Post).then(|| "key".to_owned()),
        body,
    };
    let delivery = sandbox.deliver(&Caller::local(), &request).unwrap();
    match delivery.fate {
        flowops::sandbox::Fate::Whole(answer) => Some(answer.status),
        flowops::sandbox::Fate::Cut { .. }
        | flowops::sandbox::Fate::Trickle { .. }
        | flowops::sandbox::Fate::Lost(_) => None,
    }
}
