//! Generated runs: any world, any answer to an open question, any faults, and a place at which the process is killed.
//!
//! Each scenario has a number, from which everything about it follows. `FLOWOPS_SCENARIOS=1000000` plays so many of
//! them, `FLOWOPS_SCENARIO=17` begins with number 17; what fails is shrunk, and its number is said.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use flowops::api::Method;
use flowops::cli::exit::Exit;
use flowops::sandbox::Faults;
use flowops::sandbox::fault::{Action, Canned, Change, Edit, Fault, PathGlob, Rename, SetFields, Stage};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use serde_json::json;

use super::scene::{KillAt, Played, Scene};
use super::support::say;
use super::world::{NAMES, World, world};

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
    ]
}

/// What somebody does in the dashboard meanwhile, most of the time to a skill that the manifests speak of.
fn edit() -> impl Strategy<Value = Fault> {
    let change = (0..NAMES.len(), 0..5_u8).prop_map(|(at, what)| {
        let skill = NAMES[at].to_owned();
        let fields = json!({ "description": "Somebody was here.", "stakes": "high" }).as_object().cloned().unwrap();
        match what {
            0 => Change::Delete(skill),
            1 => Change::Rename(Rename { skill, to: "Renamed by hand".to_owned() }),
            2 => Change::Settings(json!({ "greeting": "Hello." }).as_object().cloned().unwrap()),
            _ => Change::Set(SetFields { skill, fields }),
        }
    });
    // The first reads of skills make the plan; those after them are the looks right before the writes.
    (change, 0..2_usize, 2..6_u64).prop_map(|(change, agent, nth)| {
        let edit = Edit { agent: format!("Agent {agent}"), change };
        Fault::new(Stage::BeforeCommit, Action::Edit(edit)).on(Method::Get).at(path("/agents/*/skills")).nth(nth, 1)
    })
}

/// Something that breaks: a write more often than a read.
fn breakage() -> impl Strategy<Value = Fault> {
    let write = prop::sample::select(vec![Method::Post, Method::Post, Method::Patch, Method::Delete]);
    prop_oneof![
        3 => (write, action(), 1..5_u64, prop::sample::select(vec![1, 1, 2, 9])).prop_map(|(method, (stage, action), nth, times)| {
            Fault::new(stage, action).on(method).nth(nth, times)
        }),
        1 => (action(), 1..12_u64, 1..4_u64).prop_map(|((stage, action), nth, times)| {
            Fault::new(stage, action).on(Method::Get).nth(nth, times)
        }),
        1 => (action(), 1..12_u64, 1..4_u64).prop_map(|((stage, action), nth, times)| {
            Fault::new(stage, action).at(path("/agents/*/publish")).nth(nth.min(2), times)
        }),
    ]
}

fn path(glob: &str) -> PathGlob {
    PathGlob::parse(glob).unwrap()
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let kill = prop_oneof![(1..12_u64).prop_map(KillAt::Entry), (1..6_u64).prop_map(KillAt::Write)];
    let kill = prop_oneof![2 => Just(None), 1 => kill.prop_map(Some)];
    let faults = prop::collection::vec(prop_oneof![5 => breakage(), 2 => edit()], 0..4);
    (world(), faults, any::<bool>(), kill).prop_map(|(world, faults, keep_going, kill)| Scenario {
        world,
        faults,
        keep_going,
        kill,
    })
}

/// Plays it, then again without faults until nothing is left to do. What must hold after any run is checked by the scene.
fn play(scenario: &Scenario, number: u64) -> Played {
    let Scenario { world, faults, keep_going, kill } = scenario;
    let store = world.sandbox().with_store(|store| store.clone()).unwrap();
    let scene = Scene::new(world.desired(), store).faults(Faults { seed: number, faults: faults.clone() }).seed(number);
    let scene = if *keep_going { scene.keep_going() } else { scene };
    let disturbed = faults.iter().any(|fault| matches!(fault.action, Action::Edit(_)));
    let (first, last) = scene.play_to_the_end(*kill);
    assert!(matches!(last, Exit::Ok | Exit::Guarded) || disturbed, "it ends with {last:?}");
    first
}

/// The scenario of a number, and what shrinks it.
fn runner(number: u64) -> TestRunner {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let config = Config { cases: 1, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
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
            let ended = runner(number).run(&scenario(), |scenario| {
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
    say(&format!("{count} scenarios were played, from number {first} on"));
}

#[test]
fn scenarios_reach_every_way_in_which_a_run_and_a_step_can_end() {
    let mut seen: BTreeMap<&'static str, u32> = BTreeMap::new();
    for number in 0..600 {
        let scenario = scenario().new_tree(&mut runner(number)).unwrap().current();
        let played = play(&scenario, number);
        *seen.entry(if played.was_killed { "killed" } else { played.exit.summary() }).or_default() += 1;
        played.ended().into_iter().for_each(|word| *seen.entry(word).or_default() += 1);
    }
    let exits = [Exit::Ok, Exit::Failed, Exit::Partial, Exit::Stale, Exit::Guarded].map(Exit::summary);
    let words = ["killed", "done", "settled", "unneeded", "conflict", "failed", "unknown", "needs", "stopped"];
    for word in exits.into_iter().chain(words) {
        assert!(seen.contains_key(word), "no scenario ends with `{word}`: {seen:?}");
    }
}
