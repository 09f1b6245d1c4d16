//! Local work, without a network, piece by piece: `cargo bench --bench local`. Compare figures of one run only.
//!
//! The sizes are skills, 25 to an agent; the manifests are a template and a table, unless a bench says otherwise.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench stops where it is surprised")]

mod franchise;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use flowops::manifest::read;
use flowops::model::{
    AgentId, BusinessHours, Desired, Draft, Found, Listing, Live, LiveAgent, LiveSkill, Published, References, SkillId,
    SkillName,
};
use flowops::plan::{Plan, plan};
use flowops::record::Record;
use flowops::render::{self, Form, Style};
use serde_json::Value as Json;

use franchise::{Files, SKILLS, Written};

/// Skills in a bench.
const SIZES: [usize; 3] = [1_000, 10_000, 250_000];

fn main() {
    divan::main();
}

fn files(skills: usize) -> Files {
    Files::new(Written::AsTemplate, skills / SKILLS)
}

/// The server as it is after an apply, or with nothing on it but the agents.
fn live(desired: &Desired, is_applied: bool) -> Live {
    let agent = |(number, agent): (usize, &flowops::model::Agent)| {
        let skills = if is_applied { franchise::shown(agent) } else { Vec::new() };
        let skills = skills.into_iter().enumerate().map(|(at, raw)| LiveSkill {
            id: SkillId::parse(&format!("skl_{number}_{at}")).unwrap(),
            name: SkillName::live(raw.get("name").and_then(Json::as_str).unwrap()),
            raw,
        });
        let live = LiveAgent {
            id: AgentId::parse(&format!("agt_{number}")).unwrap(),
            hours: BusinessHours::Unstated,
            skills: Listing::Complete(skills.collect()),
            references: References::NotNeeded,
            draft: Draft::NotNeeded,
            published: Published::Unstated,
        };
        (agent.name.clone(), Found::One(Box::new(live)))
    };
    Live { agents: desired.agents.iter().enumerate().map(agent).collect(), ..Live::default() }
}

/// A plan that makes every skill.
fn everything(skills: usize) -> Plan {
    let desired = files(skills).desired();
    plan(&desired, &live(&desired, false))
}

#[divan::bench(args = SIZES, sample_count = 3)]
fn reads_and_checks_a_template(bencher: Bencher<'_, '_>, skills: usize) {
    let files = files(skills);
    let sources = files.sources();
    bencher.counter(ItemsCount::new(skills)).bench(|| black_box(read(black_box(&sources), &files, None).unwrap()));
}

#[divan::bench(args = [1_000, 10_000], sample_count = 3)]
fn reads_and_checks_a_file_for_each_agent(bencher: Bencher<'_, '_>, skills: usize) {
    let files = Files::new(Written::OneByOne, skills / SKILLS);
    let sources = files.sources();
    bencher.counter(ItemsCount::new(skills)).bench(|| black_box(read(black_box(&sources), &files, None).unwrap()));
}

#[divan::bench(args = SIZES, sample_count = 3)]
fn plans_where_nothing_changed(bencher: Bencher<'_, '_>, skills: usize) {
    let desired = files(skills).desired();
    let live = live(&desired, true);
    assert!(plan(&desired, &live).is_empty());
    bencher.counter(ItemsCount::new(skills)).bench(|| plan(black_box(&desired), black_box(&live)));
}

#[divan::bench(args = SIZES, sample_count = 3)]
fn plans_where_nothing_is_live(bencher: Bencher<'_, '_>, skills: usize) {
    let desired = files(skills).desired();
    let live = live(&desired, false);
    bencher.counter(ItemsCount::new(skills)).bench(|| plan(black_box(&desired), black_box(&live)));
}

#[divan::bench(args = SIZES, sample_count = 3)]
fn names_a_plan_by_its_digest(bencher: Bencher<'_, '_>, skills: usize) {
    let plan = everything(skills);
    bencher.counter(ItemsCount::new(skills)).bench(|| black_box(&plan).digest());
}

#[divan::bench(args = SIZES, sample_count = 3)]
fn renders_text(bencher: Bencher<'_, '_>, skills: usize) {
    let plan = everything(skills);
    bencher.counter(ItemsCount::new(skills)).bench(|| {
        let mut text = String::new();
        render::plan::plan(black_box(&plan), Style::Plain, &mut text).unwrap();
        text
    });
}

/// Every other form, from the record that all of them are made of.
#[divan::bench(args = SIZES, consts = [0, 1, 2, 3, 4, 5], sample_count = 3)]
fn renders_a_record<const FORM: usize>(bencher: Bencher<'_, '_>, skills: usize) {
    const FORMS: [Form; 6] = [Form::Json, Form::Markdown, Form::Github, Form::Sarif, Form::Junit, Form::Html];
    let form = *FORMS.get(FORM).unwrap();
    let record = Record::plan(&everything(skills));
    bencher.counter(ItemsCount::new(skills)).bench(|| render::view(form, black_box(&record)));
}
