//! Pulling: after it nothing differs any more, and what is not touched keeps its bytes. Laws over generated worlds.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowops::cli::transport::Local;
use flowops::diag::Sources;
use flowops::manifest::{self, NoSideFiles};
use flowops::model::Desired;
use flowops::ops;
use flowops::plan::{Plan, plan};
use flowops::pull::{Accept, Only, Pull, Wish, pull, readable, strangers};
use flowops::sandbox::Sandbox;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::laws::{config, wait};
use super::world::{LIVE_SECRET, World, world};

/// Manifests before or after a pull.
fn sources(texts: &BTreeMap<String, String>) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in texts {
        sources.insert(path.as_str(), text.as_str());
    }
    sources
}

fn desired(texts: &BTreeMap<String, String>) -> Desired {
    let reading = manifest::read(&sources(texts), &NoSideFiles, None).unwrap();
    reading.desired.unwrap_or_else(|| panic!("{:#?}\n{texts:#?}", reading.findings))
}

/// Pulls once, and gives the manifests after it.
fn pulled(sandbox: &Arc<Sandbox>, texts: &BTreeMap<String, String>) -> (Pull, BTreeMap<String, String>) {
    let local = Local::new(Arc::clone(sandbox));
    let declared =
        if texts.is_empty() { Desired { target: "default".to_owned(), ..Desired::default() } } else { desired(texts) };
    let asked = readable(&declared);
    let requests = sandbox.with_store(|store| store.events().len()).unwrap();
    let survey = wait(ops::survey(&local)).unwrap();
    let others = strangers(&asked, &survey.agents(), survey.doubt().is_none(), &Only::default());
    let mut all = asked.clone();
    all.agents.extend(others.agents.iter().cloned());
    let before = sandbox.with_store(|store| store.writes()).unwrap();
    let live = wait(ops::fetch_listed(&local, &all, &survey, 3)).unwrap();
    assert_eq!(sandbox.with_store(|store| store.writes()).unwrap(), before, "a pull writes nothing to the server");
    let read = sandbox
        .with_store(|store| store.events()[requests..].iter().map(|event| event.path.clone()).collect::<Vec<_>>());
    let is_expected = |path: &String| path == "/agents" || path.ends_with("/skills");
    assert!(read.unwrap().iter().all(is_expected), "a pull reads agents and skills and nothing else");
    let wish = Wish { accept: &Accept::All, strangers: &others, folder: "manifests" };
    let pull = pull(&sources(texts), &NoSideFiles, &declared, &live, &wish);
    let mut after = texts.clone();
    after.extend(pull.manifests.iter().map(|(path, text)| (path.to_string(), text.clone())));
    after.extend(pull.new_manifests.clone());
    (pull, after)
}

/// What a plan over manifests still does or holds, apart from publishing, which only an apply does.
fn rest(sandbox: &Arc<Sandbox>, texts: &BTreeMap<String, String>) -> Vec<String> {
    let desired = desired(texts).observed();
    let live = wait(ops::fetch(&Local::new(Arc::clone(sandbox)), &desired, 3)).unwrap();
    let Plan { steps, held, .. } = plan(&desired, &live);
    let steps = steps.iter().map(|step| format!("{} {}", step.action.verb().word(), step.id));
    steps.chain(held.iter().map(|held| format!("held {}: {}", held.id, held.message))).collect()
}

fn in_one_file(world: &World) -> BTreeMap<String, String> {
    BTreeMap::from([("world.yaml".to_owned(), world.manifests())])
}

/// As many worlds as a law is held against; a variable may ask for others.
fn worlds(number: u32) -> Config {
    let is_asked = std::env::var_os("PROPTEST_CASES").is_some();
    if is_asked { config() } else { Config { cases: number, ..config() } }
}

proptest! {
    #![proptest_config(worlds(500))]

    /// A pull into an empty folder leaves a plan nothing to do, whatever the server answers.
    #[test]
    fn after_a_pull_into_an_empty_folder_there_is_nothing_to_do(world in world()) {
        let sandbox = Arc::new(world.sandbox());
        let (pull, texts) = pulled(&sandbox, &BTreeMap::new());
        prop_assert_eq!(&pull.left, &Vec::new());
        prop_assert_eq!(rest(&sandbox, &texts), Vec::<String>::new(), "{:#?}", texts);
        prop_assert!(texts.values().all(|text| !text.contains(LIVE_SECRET)));
        let (again, same) = pulled(&sandbox, &texts);
        prop_assert!(again.is_empty() && again.left.is_empty(), "{:#?}", again);
        prop_assert_eq!(texts, same);
    }

}

proptest! {
    #![proptest_config(worlds(60))]

    /// A pull into manifests leaves a plan nothing to do but what the pull says that it left.
    #[test]
    fn after_a_pull_into_manifests_only_what_it_left_is_to_do(world in world()) {
        let sandbox = Arc::new(world.sandbox());
        let (pull, texts) = pulled(&sandbox, &in_one_file(&world));
        let rest = rest(&sandbox, &texts);
        prop_assert!(rest.is_empty() || !pull.left.is_empty(), "{:#?}\n{:#?}\n{}", rest, pull, texts["world.yaml"]);
        prop_assert!(texts.values().all(|text| !text.contains(LIVE_SECRET)));
        let (again, same) = pulled(&sandbox, &texts);
        prop_assert!(again.is_empty(), "{:#?}", again);
        prop_assert_eq!(texts, same);
    }
}
