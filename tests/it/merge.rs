//! The records of all shares of a run, joined: laws over generated worlds.

use std::sync::Arc;

use flowops::cli::transport::Local;
use flowops::model::{Desired, Partition};
use flowops::ops::{self, Keep};
use flowops::plan::{Plan, share};
use flowops::record::{Input, Merged, Record, Watch, merge};
use flowops::render::{Form, view};
use flowops::sandbox::Sandbox;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::laws::{config, wait};
use super::partition::guards;
use super::world::world_of;

/// The plan of a share, or of all agents.
fn planned(sandbox: &Arc<Sandbox>, desired: &Desired, partition: Option<Partition>) -> Plan {
    let local = Local::new(Arc::clone(sandbox));
    let mut plan = wait(ops::plan(&local, desired, None, partition, 3, Keep::Nothing)).unwrap().plan;
    plan.share = partition.map(|partition| share(desired, partition));
    plan
}

/// A record as it is when another program reads it.
fn read(record: &Record) -> Record {
    Record::read(&view(Form::Json, record)).unwrap()
}

fn joined(records: impl Iterator<Item = Record>) -> Record {
    let input = |(at, record): (usize, Record)| Input { name: format!("{at}.json"), record: read(&record) };
    match merge(records.enumerate().map(input).collect()).unwrap() {
        Merged::Whole(record) => record,
        Merged::Failed(failed) => panic!("{failed:?}"),
    }
}

/// What others are told, without the reads, of which shares send more.
fn told(record: &Record) -> Json {
    let mut json: Json = serde_json::from_str(&view(Form::Json, record)).unwrap();
    json["requests"].as_object_mut().unwrap().remove("reads");
    json
}

/// Each case is many runs, so there are fewer of them.
fn fewer() -> ProptestConfig {
    let config = config();
    ProptestConfig { cases: config.cases.div_ceil(4), ..config }
}

proptest! {
    #![proptest_config(fewer())]

    /// With every guard, and on a server that shows headers or hides them.
    #[test]
    fn the_plans_of_all_shares_joined_are_the_plan_of_all_agents(
        world in world_of(1..9),
        (budget, risks, prune) in guards(),
        total in 1_u32..=16,
    ) {
        let (sandbox, mut desired) = (Arc::new(world.sandbox()), world.desired());
        desired.policy.delete_budget = budget;
        desired.policy.risk = risks;
        desired.agents.iter_mut().for_each(|agent| agent.prune = prune);
        let plan = planned(&sandbox, &desired, None);
        let of = |index| planned(&sandbox, &desired, Some(Partition::new(index, total).unwrap()));
        let mut shares: Vec<Plan> = (1..=total).map(of).collect();
        // In whichever order the runs ended.
        shares.rotate_left(total as usize / 2);
        let whole = joined(shares.iter().map(Record::plan));
        prop_assert_eq!(told(&whole), told(&Record::plan(&plan)));
        let watched =
            |plan: &Plan| Record::watched(plan, &Watch { is_strict: true, live: plan.population, earlier: None });
        let whole = joined(shares.iter().map(watched));
        prop_assert_eq!(told(&whole), told(&watched(&plan)));
    }
}
