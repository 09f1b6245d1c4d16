//! Least scopes: a key with just those that `plan --scopes` prints is enough, and with one fewer it is not.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use flowops::api::Scope;
use flowops::cli::transport::Local;
use flowops::model::{Desired, Lookup, Secret};
use flowops::ops::{self, Noted};
use flowops::plan::{Plan, plan};
use flowops::report::{Report, Verdict};
use flowops::sandbox::{Sandbox, Store};

use super::cases::server;
use super::laws::{apply_with, look, wait};
use super::support::{read_folder, repository};

/// The key of the built-in control plane's own user, who may do everything unless somebody says what.
fn restrict(sandbox: &Sandbox, scopes: &BTreeSet<Scope>) {
    let scopes: Vec<Scope> = scopes.iter().copied().collect();
    let key = Secret::from("flowyte_sk_sandbox".to_owned());
    sandbox.with_store(|store| store.restrict_key(&key, &scopes)).unwrap();
}

fn copy(store: &Store) -> Arc<Sandbox> {
    Arc::new(Sandbox::in_memory(store.clone()))
}

fn apply(sandbox: &Arc<Sandbox>, desired: &Desired, nonce: u128) -> Report {
    let local = Local::new(Arc::clone(sandbox));
    let (live, plan) = look(&local, desired);
    let mut named = BTreeSet::new();
    let skills = desired.agents.iter().flat_map(|agent| &agent.skills);
    skills.flat_map(|skill| skill.fields.values()).for_each(|value| value.collect_secrets(&mut named));
    let secrets = named.into_iter().map(|name| (name, Secret::from("a placeholder".to_owned()))).collect();
    apply_with(&local, desired, &live, plan, &secrets, nonce)
}

/// How often a key was told that it lacks a scope.
fn refusals(sandbox: &Sandbox) -> usize {
    sandbox.with_store(|store| store.events().iter().filter(|event| event.status == 403).count()).unwrap()
}

/// Plans and applies what it can with a key of some scopes. Gives how often that lacked one.
fn tried(desired: &Desired, store: &Store, scopes: &BTreeSet<Scope>) -> usize {
    let sandbox = copy(store);
    restrict(&sandbox, scopes);
    let local = Local::new(Arc::clone(&sandbox));
    if wait(ops::fetch(&local, desired, 3)).is_ok_and(|live| !plan(desired, &live).has_errors()) {
        apply(&sandbox, desired, 1);
    }
    refusals(&sandbox)
}

#[track_caller]
fn holds(name: &str, desired: &Desired, store: &Store) -> Plan {
    let local = Local::new(copy(store));
    let noted = Noted::new(&local);
    let (_, free) = look(&noted, desired);
    let to_plan = noted.scopes();
    let to_apply: BTreeSet<Scope> = to_plan.union(&ops::scopes(&free)).copied().collect();

    let sandbox = copy(store);
    restrict(&sandbox, &to_plan);
    let (_, bound) = look(&Local::new(Arc::clone(&sandbox)), desired);
    assert_eq!((bound.digest(), refusals(&sandbox)), (free.digest(), 0), "{name}: {to_plan:?}");

    let sandbox = copy(store);
    restrict(&sandbox, &to_apply);
    let report = apply(&sandbox, desired, 1);
    assert!(matches!(report.verdict(), Verdict::Applied | Verdict::Guarded), "{name}: {report:#?}");
    assert_eq!(refusals(&sandbox), 0, "{name}: {to_apply:?}");
    assert!(apply(&sandbox, desired, 2).left().is_empty());

    for one in &to_apply {
        let fewer = to_apply.iter().copied().filter(|scope| scope != one).collect();
        assert_ne!(tried(desired, store, &fewer), 0, "{name}: {one:?} is not needed");
    }
    free
}

#[test]
fn a_key_with_just_the_scopes_that_are_printed_plans_and_applies_every_case() {
    let mut seen = BTreeSet::new();
    for case in fs::read_dir(repository("tests/cases")).unwrap() {
        let case = case.unwrap().path();
        let desired = read_folder(&case.join("manifests")).1.desired.unwrap();
        let store = server(&case).with_store(|store| store.clone()).unwrap();
        seen.extend(ops::scopes(&holds(&case.display().to_string(), &desired, &store)));
    }
    assert!(seen.contains(&Scope::AgentsWrite) && seen.contains(&Scope::SkillsWrite), "{seen:?}");
}

#[test]
fn a_key_with_just_the_scopes_that_are_printed_plans_and_applies_the_example_world() {
    let (collected, _) = read_folder(&repository("manifests"));
    let reading = flowops::manifest::read(&collected.sources, &collected.root, Some("production")).unwrap();
    let desired = reading.desired.unwrap();
    let mut store = Store::new(1);
    for agent in &desired.agents {
        match &agent.lookup {
            Lookup::Id(id) => store.seed_agent(Some(id), agent.name.as_str()),
            Lookup::Name(name) => store.seed_agent(None, name),
        };
        agent.packs.iter().for_each(|used| store.connect(&used.kind));
    }
    let plan = holds("manifests", &desired, &store);
    assert!(plan.lookups() > 0);
}
