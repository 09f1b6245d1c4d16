//! Local work, without a network: `cargo bench`. Compare figures of one run only.

#![expect(clippy::unwrap_used, reason = "a bench stops where it is surprised")]

use std::fmt::Write as _;
use std::process::Command;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use flowops::diag::Sources;
use flowops::manifest::{NoSideFiles, read};
use flowops::model::{
    AgentId, BusinessHours, Desired, Draft, Found, Listing, Live, LiveAgent, LiveSkill, References, SkillId, SkillName,
};
use flowops::plan::plan;
use flowops::render::{self, Style};
use serde_json::{Map, Value as Json, json};

/// Skills of one agent.
const SKILLS: usize = 25;

/// Agents in a bench, with 25 skills each.
const AGENTS: [usize; 2] = [40, 400];

fn main() {
    divan::main();
}

fn skill(number: usize) -> Map<String, Json> {
    let skill = json!({
        "name": format!("Skill {number}"),
        "description": format!("Looks something up. Use it when a caller asks for number {number}, and collect it first."),
        "skillType": "http_webhook",
        "parametersSchema": {
            "type": "object",
            "properties": { "number": { "type": "string", "description": "The number, read back in groups." } },
            "required": ["number"],
        },
        "executionConfig": { "url": format!("https://api.example.com/{number}"), "method": "POST", "timeout_ms": 4000 },
        "channels": ["voice", "chat"],
        "stakes": "low",
    });
    skill.as_object().cloned().unwrap()
}

fn sources(agents: usize) -> Sources {
    let mut sources = Sources::default();
    for agent in 0..agents {
        let skills: Vec<Json> = (0..SKILLS).map(|number| Json::Object(skill(number))).collect();
        let mut text = String::new();
        writeln!(text, "apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: agent-{agent} }}\nspec:\n  skills:")
            .unwrap();
        for skill in skills {
            writeln!(text, "    - {skill}").unwrap();
        }
        sources.insert(format!("agents/{agent:05}.yaml"), text);
    }
    sources
}

fn desired(agents: usize) -> Desired {
    read(&sources(agents), &NoSideFiles, None).unwrap().desired.unwrap()
}

/// The server as it is after an apply.
fn live(desired: &Desired) -> Live {
    let agent = |(number, agent): (usize, &flowops::model::Agent)| {
        let skills = (0..SKILLS).map(|at| {
            let mut raw = skill(at);
            raw.insert("isEnabled".to_owned(), json!(true));
            let name = SkillName::live(raw.get("name").and_then(Json::as_str).unwrap());
            LiveSkill { id: SkillId::parse(&format!("skl_{number}_{at}")).unwrap(), name, raw }
        });
        let live = LiveAgent {
            published: flowops::model::Published::Unstated,
            id: AgentId::parse(&format!("agt_{number}")).unwrap(),
            hours: BusinessHours::Unstated,
            skills: Listing::Complete(skills.collect()),
            references: References::NotNeeded,
            draft: Draft::NotNeeded,
        };
        (agent.name.clone(), Found::One(Box::new(live)))
    };
    Live { agents: desired.agents.iter().enumerate().map(agent).collect(), ..Live::default() }
}

#[divan::bench(args = AGENTS, sample_count = 20)]
fn reads_and_checks_manifests(bencher: Bencher<'_, '_>, agents: usize) {
    let sources = sources(agents);
    bencher
        .counter(ItemsCount::new(agents * SKILLS))
        .bench(|| black_box(read(black_box(&sources), &NoSideFiles, None).unwrap()));
}

#[divan::bench(args = AGENTS, sample_count = 20)]
fn plans_where_nothing_changed(bencher: Bencher<'_, '_>, agents: usize) {
    let desired = desired(agents);
    let live = live(&desired);
    assert!(plan(&desired, &live).is_empty());
    bencher.counter(ItemsCount::new(agents * SKILLS)).bench(|| plan(black_box(&desired), black_box(&live)));
}

#[divan::bench(args = AGENTS, sample_count = 20)]
fn plans_where_nothing_is_live(bencher: Bencher<'_, '_>, agents: usize) {
    let desired = desired(agents);
    let mut live = live(&desired);
    for found in live.agents.values_mut() {
        if let Found::One(one) = found {
            one.skills = Listing::Complete(Vec::new());
        }
    }
    bencher.counter(ItemsCount::new(agents * SKILLS)).bench(|| {
        let plan = plan(black_box(&desired), black_box(&live));
        let mut text = String::new();
        render::plan::plan(&plan, Style::Plain, &mut text).unwrap();
        (plan.digest(), text)
    });
}

/// A cold start. Beside it stands a program that does nothing, started the same way.
#[divan::bench]
fn starts_and_says_its_version() {
    assert!(Command::new(env!("CARGO_BIN_EXE_flowops")).arg("--version").output().unwrap().status.success());
}

#[divan::bench]
#[cfg(unix)]
fn starts_a_program_that_does_nothing() {
    assert!(Command::new("/bin/true").output().unwrap().status.success());
}
