//! Who moved since a base revision: laws over generated worlds.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowops::cli::transport::Local;
use flowops::model::{Desired, Moved};
use flowops::plan::{Action, Base, Plan, Since, Step, facts, plan_since, select_changed};
use flowops::report::Verdict;
use flowops::sandbox::Sandbox;
use proptest::prelude::*;

use super::laws::{apply, config, look};
use super::world::{World, world};

fn attributed(sandbox: &Arc<Sandbox>, desired: &Desired, base: Desired) -> Plan {
    let (live, plan) = look(&Local::new(Arc::clone(sandbox)), desired);
    let since = Since { revision: "main".to_owned(), commit: "0".repeat(40) };
    let attributed = plan_since(desired, &live, &Base { since, desired: base });
    let done = |plan: &Plan| (plan.digest(), plan.steps.len());
    assert_eq!(done(&attributed), done(&plan), "a base changes nothing that is done");
    attributed
}

/// Who moved in each step, in each of its places, and in what is held, with words that tell which it is.
fn all_moved(plan: &Plan) -> Vec<(String, Moved)> {
    let steps = plan.steps.iter().map(|step| (step.id.clone(), step.moved));
    let places = plan.steps.iter().flat_map(|step| {
        let Action::Update { was, changes, .. } = &step.action else { return Vec::new() };
        let name = was.iter().map(|former| (format!("{}/name", step.id), former.moved));
        let places = changes.iter().flat_map(|change| &change.differences);
        name.chain(places.map(|place| (format!("{}{}", step.id, place.path), place.moved))).collect()
    });
    let held = plan.held.iter().map(|held| (format!("{}, held", held.id), held.moved));
    steps.chain(places).chain(held).collect()
}

/// Another world with as many agents, on the server of the first.
pub(crate) fn changed() -> impl Strategy<Value = (World, World)> {
    (world(), world()).prop_map(|(one, other)| {
        let mut agents = other.agents;
        agents.truncate(one.agents.len());
        let quirks = one.quirks;
        (one, World { agents, quirks })
    })
}

proptest! {
    #![proptest_config(config())]

    /// What was applied and then changed in the manifests alone is a change of the manifests, everywhere.
    #[test]
    fn what_only_the_manifests_changed_is_never_called_drift((before, after) in changed()) {
        let sandbox = Arc::new(before.sandbox());
        let base = before.desired();
        let report = apply(&sandbox, &base, 1);
        prop_assume!(report.verdict() == Verdict::Applied);
        for (place, moved) in all_moved(&attributed(&sandbox, &after.desired(), base)) {
            prop_assert_eq!(moved, Moved::Manifest, "{}", place);
        }
    }

    /// Manifests that did not change since the base move nothing.
    #[test]
    fn what_only_live_changed_is_never_called_a_change_of_the_manifests(world in world()) {
        let desired = world.desired();
        for (place, moved) in all_moved(&attributed(&Arc::new(world.sandbox()), &desired, desired.clone())) {
            prop_assert_eq!(moved, Moved::Live, "{}", place);
        }
    }

    /// Where nothing was declared at the base, everything is new.
    #[test]
    fn what_nobody_declared_before_is_new(world in world()) {
        let (desired, base) = (world.desired(), Desired::default());
        for (place, moved) in all_moved(&attributed(&Arc::new(world.sandbox()), &desired, base)) {
            prop_assert_eq!(moved, Moved::Manifest, "{}", place);
        }
    }

    /// Where nothing changed since the base, there is nothing to do either, if the base was applied. And what is planned of
    /// the agents that changed, when nothing else is read, is what the whole plan holds of them.
    ///
    /// Two things are judged by the agents that are looked at: whether the server shows headers, so that where no skill
    /// of these has any a missing header is taken for one that cannot be read back; and the share that a run may delete.
    #[test]
    fn a_plan_of_what_changed_is_that_part_of_the_whole((before, after) in changed()) {
        let sandbox = Arc::new(before.sandbox());
        let (base, mut desired) = (before.desired(), after.desired());
        prop_assume!(apply(&sandbox, &base, 1).verdict() == Verdict::Applied);
        // An agent of which nothing changed.
        desired.agents.truncate(1);
        desired.agents.extend(base.agents.iter().skip(1).cloned());
        desired.policy.delete_budget.percent = 100;
        let local = Local::new(Arc::clone(&sandbox));
        let (all, whole) = look(&local, &desired);
        let mut part = desired.clone();
        let left_out = select_changed(&mut part, &base);
        prop_assert_eq!(left_out + part.agents.len(), desired.agents.len());
        let (some, part) = look(&local, &part);
        prop_assert!(part.reads <= whole.reads);
        let planned = steps_of(&part);
        prop_assert!(planned.keys().all(|step| steps_of(&whole).contains_key(step)));
        let has_same_facts = facts(&all) == facts(&some) || some.agents.is_empty();
        for (id, step) in steps_of(&whole) {
            if planned.get(id) != Some(&step) {
                prop_assert!(!has_same_facts && is_about_headers(step, planned.get(id).copied()), "{}", id);
            }
        }
    }
}

fn steps_of(plan: &Plan) -> BTreeMap<&str, &Step> {
    plan.steps.iter().map(|step| (step.id.as_str(), step)).collect()
}

/// Whether one step does what the other does, but for headers.
fn is_about_headers(step: &Step, other: Option<&Step>) -> bool {
    let places = |step: &Step| {
        let is_update = matches!(step.action, Action::Update { .. });
        let places = step.action.differences().map(|place| place.path.clone());
        is_update.then(|| places.filter(|path| !path.contains("/headers")).collect::<Vec<_>>())
    };
    places(step).is_some_and(|left| other.and_then(places).unwrap_or_default() == left)
}
