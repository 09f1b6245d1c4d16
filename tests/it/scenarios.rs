//! Generated runs: any world, any answer to an open question, any faults, and a place at which the process is killed.
//!
//! Each scenario has a number, from which everything about it follows. `FLOWOPS_SCENARIOS=1000000` plays so many of
//! them, `FLOWOPS_SCENARIO=17` begins with number 17; what fails is shrunk, and its number is said.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flowops::api::Method;
use flowops::cli::exit::Exit;
use flowops::sandbox::Faults;
use flowops::sandbox::fault::{Action, Canned, Change, Edit, Fault, PathGlob, SetFields, Stage};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use serde_json::json;

use super::scene::{KillAt, Scene};
use super::world::{World, world};

/// How many are played unless somebody asks for more.
const USUAL: u64 = 2_000;

/// A run in which something goes wrong.
#[derive(Debug, Clone)]
struct Scenario {
    world: World,
    faults: Vec<Fault>,
    keep_going: bool,
    kill: Option<KillAt>,
}

fn action() -> impl Strategy<Value = (Stage, Action)> {
    let anywhere =
        || prop::sample::select(vec![Stage::BeforeParse, Stage::BeforeCommit, Stage::AfterCommit, Stage::MidResponse]);
    let settled = || prop::sample::select(vec![Stage::BeforeParse, Stage::BeforeCommit, Stage::AfterCommit]);
    let status = (prop::sample::select(vec![400_u16, 403, 404, 408, 409, 422, 429, 500, 502, 503]), 0..3_u8);
    prop_oneof![
        3 => (anywhere(), prop::sample::select(vec![Action::Close, Action::Reset])),
        3 => (settled(), status.prop_map(|(status, wait)| {
            let mut canned = Canned::json(status, json!({ "title": "Something", "status": status }));
            if wait > 0 {
                canned.headers.insert("Retry-After".to_owned(), wait.to_string());
            }
            Action::Status(canned)
        })),
        1 => (Just(Stage::MidResponse), (0..200_usize).prop_map(Action::Truncate)),
        1 => (settled(), (1..80_usize).prop_map(Action::Garbage)),
        1 => (settled(), (1..40_000_u64).prop_map(|millis| Action::Delay(Duration::from_millis(millis)))),
        1 => (Just(Stage::AfterCommit), (1..4_u64).prop_map(Action::Stale)),
        1 => (settled(), (0..2_usize, 0..3_usize).prop_map(|(agent, skill)| Action::Edit(Edit {
            agent: format!("Agent {agent}"),
            change: edit(skill),
        }))),
    ]
}

/// What somebody does in the dashboard meanwhile.
fn edit(which: usize) -> Change {
    let names = ["Check warranty", "Take a message", "Route call"];
    let fields = json!({ "description": "Somebody was here.", "stakes": "high" }).as_object().cloned().unwrap();
    match which {
        0 => Change::Set(SetFields { skill: names[0].to_owned(), fields }),
        1 => Change::Delete(names[1].to_owned()),
        _ => Change::Settings(json!({ "greeting": "Hello." }).as_object().cloned().unwrap()),
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    let method = prop::sample::select(vec![
        None,
        Some(Method::Get),
        Some(Method::Post),
        Some(Method::Patch),
        Some(Method::Delete),
    ]);
    let path = prop::sample::select(vec![
        "/agents",
        "/agents/*/skills",
        "/agents/*/skills/*",
        "/agents/*/publish",
        "/agents/**",
    ]);
    (method, prop::option::of(path), action(), 1..12_u64, 1..4_u64).prop_map(
        |(method, path, (stage, action), nth, times)| {
            let fault = Fault::new(stage, action).nth(nth, times);
            let fault = method.into_iter().fold(fault, Fault::on);
            path.into_iter().fold(fault, |fault, path| fault.at(PathGlob::parse(path).unwrap()))
        },
    )
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let kill = prop::option::of(prop_oneof![(1..12_u64).prop_map(KillAt::Entry), (1..6_u64).prop_map(KillAt::Write)]);
    (world(), prop::collection::vec(fault(), 0..4), any::<bool>(), kill)
        .prop_map(|(world, faults, keep_going, kill)| Scenario { world, faults, keep_going, kill })
}

/// Plays it, then again without faults until nothing is left to do. What must hold after any run is checked by the scene.
fn play(scenario: &Scenario, number: u64) {
    let Scenario { world, faults, keep_going, kill } = scenario;
    let store = world.sandbox().with_store(|store| store.clone()).unwrap();
    let scene = Scene::new(world.desired(), store).faults(Faults { seed: number, faults: faults.clone() }).seed(number);
    let scene = if *keep_going { scene.keep_going() } else { scene };
    let disturbed = faults.iter().any(|fault| matches!(fault.action, Action::Edit(_)));
    let ends = scene.play_to_the_end(*kill);
    assert!(matches!(ends, Exit::Ok | Exit::Guarded) || disturbed, "it ends with {ends:?}");
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

#[test]
fn no_scenario_makes_anything_twice_or_loses_anything() {
    let first = number("FLOWOPS_SCENARIO").unwrap_or(0);
    let count = number("FLOWOPS_SCENARIOS").unwrap_or(USUAL);
    let next = AtomicU64::new(first);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= first + count {
                return;
            }
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&number.to_le_bytes());
            let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
            let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
            let ended = runner.run(&scenario(), |scenario| {
                play(&scenario, number);
                Ok(())
            });
            match ended {
                Ok(()) => {}
                Err(TestError::Fail(why, scenario)) => panic!("scenario {number}: {why}\n{scenario:#?}"),
                Err(TestError::Abort(why)) => panic!("scenario {number}: {why}"),
            }
        }
    };
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    println!("{count} scenarios from number {first} on");
}
