//! What must hold after any run, whatever went wrong.

use std::collections::{BTreeMap, BTreeSet};

use flowops::api::{Method, RawRequest};
use flowops::cli::exit::Exit;
use flowops::model::{AgentId, Publish, SkillName};
use flowops::plan::{Action, Verb};
use flowops::record::Record;
use flowops::render::{self, Form, Style};
use flowops::report::journal::Journal;
use flowops::report::{Report, Status};
use flowops::sandbox::fault::Action as Fault;
use flowops::sandbox::{Caller, Sandbox, Store};
use serde_json::{Map, Value as Json};

use super::{Played, Scene, world};

type Skills = BTreeMap<String, Vec<(String, Map<String, Json>)>>;

/// Checks I1 to I11 as far as one run can show them; the others are checked between runs.
pub(super) fn check(scene: &Scene, played: &Played) {
    let before = skills(&scene.store);
    let after = played.sandbox.with_store(|store| skills(store)).unwrap();
    i1_at_most_one_object_for_each_address(scene, &before, &after, played);
    i2_nothing_unmanaged_changes(scene, &before, &after, played);
    i3_nothing_is_deleted_that_the_plan_does_not_name(scene, played);
    let said = said(played);
    for secret in [world::RESOLVED, world::LIVE_SECRET] {
        assert!(!said.contains(secret), "I4: a secret is shown\n{said}");
    }
    i5_the_exit_code_is_the_result(played);
    assert!(Journal::read(&played.journal).is_ok(), "I6: the journal does not parse\n{}", played.journal);
    i7_requests_and_time_are_bounded(scene, played);
    i10_callers_hear_nothing_new_unless_asked(scene, played);
    for line in said.split('\n') {
        assert_eq!(render::inert(line), line, "I11: a control character comes out");
    }
}

/// Everything that comes out of a run.
fn said(played: &Played) -> String {
    let mut said = format!("{}\n{}", played.error, played.journal.replace('\t', " "));
    if let Some(report) = &played.report {
        said.push_str(&text(report));
        said.push_str(&render::view(Form::Json, &Record::report(report)));
        render::plan::plan(&report.plan, Style::Plain, &mut said).unwrap();
        said.push_str(&render::view(Form::Json, &Record::plan(&report.plan)));
    }
    said
}

pub(super) fn text(report: &Report) -> String {
    let mut text = String::new();
    render::report::report(report, Style::Plain, &mut text).unwrap();
    text
}

fn skills(store: &Store) -> Skills {
    let of = |id: &AgentId| store.skills_of(id).into_iter().map(|(id, fields)| (id.to_string(), fields)).collect();
    store.agents().map(|(id, _)| (id.to_string(), of(id))).collect()
}

fn named<'a>(skills: &'a [(String, Map<String, Json>)], name: &str) -> Vec<&'a str> {
    let is_it = |(_, fields): &&(String, Map<String, Json>)| fields["name"] == name;
    skills.iter().filter(is_it).map(|(id, _)| id.as_str()).collect()
}

/// The live agent of each declared one.
fn agents(scene: &Scene) -> BTreeMap<String, usize> {
    let of = |lookup: &flowops::model::Lookup| match lookup {
        flowops::model::Lookup::Id(id) => Some(id.to_string()),
        flowops::model::Lookup::Name(name) => {
            scene.store.agents().find(|(_, other)| other == name).map(|(id, _)| id.to_string())
        }
    };
    let desired = scene.desired.agents.iter().enumerate();
    desired.filter_map(|(at, agent)| Some((of(&agent.lookup)?, at))).collect()
}

fn i1_at_most_one_object_for_each_address(scene: &Scene, before: &Skills, after: &Skills, played: &Played) {
    if makes_by_hand(scene) {
        return;
    }
    for (id, at) in agents(scene) {
        for skill in &scene.desired.agents[at].skills {
            let had = before.get(&id).map_or(0, |skills| named(skills, skill.name.as_str()).len());
            let has = after.get(&id).map_or(0, |skills| named(skills, skill.name.as_str()).len());
            assert!(has <= had.max(1), "I1: `{}` is there {has} times\n{}", skill.name, played.all());
        }
    }
}

/// Whether somebody makes skills by hand meanwhile.
fn makes_by_hand(scene: &Scene) -> bool {
    scene.faults.faults.iter().any(|fault| matches!(fault.action, Fault::Edit(_)))
}

fn i2_nothing_unmanaged_changes(scene: &Scene, before: &Skills, after: &Skills, played: &Played) {
    if makes_by_hand(scene) {
        return;
    }
    for (id, at) in agents(scene) {
        let agent = &scene.desired.agents[at];
        let declared = agent.skills.iter().flat_map(|skill| [Some(&skill.name), skill.was.as_ref()]).flatten();
        let absent = agent.absent.iter().map(|absent| &absent.name);
        let packs = agent.packs.iter().filter_map(|used| scene.desired.packs.get(&used.kind));
        let presets = packs.flat_map(|pack| pack.presets.keys());
        let managed: BTreeSet<&str> = declared.chain(absent).chain(presets).map(SkillName::as_str).collect();
        for (skill, fields) in before.get(&id).into_iter().flatten() {
            if managed.contains(fields["name"].as_str().unwrap()) {
                continue;
            }
            let now = after.get(&id).and_then(|skills| skills.iter().find(|(other, _)| other == skill));
            assert_eq!(now.map(|(_, fields)| fields), Some(fields), "I2: an unmanaged skill changed\n{}", played.all());
        }
    }
}

fn i3_nothing_is_deleted_that_the_plan_does_not_name(scene: &Scene, played: &Played) {
    let old = scene.store.requests();
    let deleted: Vec<String> = played
        .sandbox
        .with_store(|store| {
            let events = store.events().iter().filter(|event| event.sequence > old && event.method == "DELETE");
            events.map(|event| event.path.clone()).collect()
        })
        .unwrap();
    if played.was_killed {
        return;
    }
    let plan = played.report.as_ref().map(|report| &report.plan);
    assert!(plan.is_some_and(|plan| plan.is_complete) || deleted.is_empty(), "I3: a delete after a list with holes");
    for path in deleted {
        let is_planned = plan.into_iter().flat_map(|plan| &plan.steps).any(|step| match &step.action {
            Action::Delete { id, .. } => path.ends_with(&format!("/{id}")),
            Action::Create { .. }
            | Action::Update { .. }
            | Action::UpdatePreset { .. }
            | Action::Install { .. }
            | Action::Publish { .. } => false,
        });
        assert!(is_planned, "I3: {path} is no step of the plan");
    }
}

fn i5_the_exit_code_is_the_result(played: &Played) {
    let Some(report) = &played.report else { return };
    let mut json = String::new();
    json.push_str(&render::view(Form::Json, &Record::report(report)));
    let json: Json = serde_json::from_str(&json).unwrap();
    let result = match played.exit {
        Exit::Ok => "applied",
        Exit::Failed => "failed",
        Exit::Partial => "partial",
        Exit::Stale => "conflict",
        Exit::Guarded => "guarded",
        Exit::Unknown => "unknown",
        Exit::Differences | Exit::Locked | Exit::Usage | Exit::Internal | Exit::Interrupted | Exit::Terminated => {
            panic!("I5: an apply ends with {:?}", played.exit)
        }
    };
    assert_eq!(json["result"], result, "I5");
    let has_landed = report.outcomes.iter().any(|outcome| matches!(outcome.status, Status::Done | Status::Settled(_)));
    assert!(!(played.exit == Exit::Failed && has_landed), "I5: exit code 1 says that nothing was written");
}

fn i7_requests_and_time_are_bounded(scene: &Scene, played: &Played) {
    let steps = played.report.as_ref().map_or(0, |report| report.plan.steps.len() as u64);
    let agents = scene.desired.agents.len() as u64;
    let bound = 60 + 20 * agents + 12 * steps;
    assert!(played.reads + played.writes <= 2 * bound, "I7: {} reads, {} writes", played.reads, played.writes);
    assert!(played.took <= super::DEADLINE + std::time::Duration::from_mins(5), "I7: it took {:?}", played.took);
}

fn i10_callers_hear_nothing_new_unless_asked(scene: &Scene, played: &Played) {
    let before = Sandbox::in_memory(scene.store.clone());
    let after = played.sandbox.with_store(|store| Sandbox::in_memory(store.clone())).unwrap();
    for (id, at) in agents(scene) {
        let (was, now) = (published(&before, &id), published(&after, &id));
        let agent = &scene.desired.agents[at];
        if agent.publish == Publish::Never {
            assert_eq!(was, now, "I10: published, and nobody asked\n{}", played.all());
        }
        let Some(report) = &played.report else { continue };
        let of_agent = || report.outcomes.iter().filter(|outcome| outcome.agent.name == agent.name);
        let all_landed = of_agent()
            .filter(|outcome| outcome.verb != Verb::Publish)
            .all(|outcome| matches!(outcome.status, Status::Done | Status::Settled(_) | Status::Unneeded));
        assert!(all_landed || was == now, "I10: published although not all landed\n{}", played.all());
    }
}

fn published(sandbox: &Sandbox, agent: &str) -> Option<String> {
    let request = RawRequest {
        method: Method::Get,
        path: format!("/agents/{agent}"),
        query: Vec::new(),
        idempotency_key: None,
        body: None,
    };
    let answer = sandbox.exchange(&Caller::local(), &request).unwrap();
    let body: Json = serde_json::from_slice(&answer.body).unwrap();
    body["data"]["publishedVersionId"].as_str().map(str::to_owned)
}
