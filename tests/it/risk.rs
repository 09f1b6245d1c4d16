//! Risks: what the policy names waits for a yes, and what a change means does not depend on how it is guarded.

use std::collections::BTreeSet;
use std::sync::Arc;

use flowops::cli::transport::Local;
use flowops::model::{Allowance, Desired, Digest, Guard, Risk};
use flowops::plan::{Concern, Hold, Plan, Subject, Toward, concerns};
use proptest::prelude::*;

use super::laws::{config, look};
use super::world::{World, world};

fn planned(world: &World, desired: &Desired) -> Plan {
    look(&Local::new(Arc::new(world.sandbox())), desired).1
}

/// The digest that a plan says lets through what it holds.
fn digest(plan: &Plan) -> Option<Digest> {
    let held = plan.held.iter().find(|held| held.hold == Hold::Risk)?;
    let (_, digest) = held.message.rsplit_once("--allow risk=").unwrap();
    Some(Digest::parse(digest.trim_end_matches('`')).unwrap())
}

/// What is risky about which skill on which agents.
fn said(plan: &Plan) -> BTreeSet<String> {
    concerns(plan, Toward::Manifests).iter().map(Concern::sentence).collect()
}

#[test]
fn worlds_have_risks_of_most_kinds() {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen: BTreeSet<Risk> = BTreeSet::new();
    for _ in 0..256 {
        let world: World = world().new_tree(&mut runner).unwrap().current();
        let plan = planned(&world, &world.desired());
        seen.extend(concerns(&plan, Toward::Manifests).into_iter().map(|concern| concern.risky.risk));
    }
    assert!(seen.len() >= 4, "{seen:?}");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_the_policy_names_waits_and_one_yes_lets_exactly_that_through(world in world(), named in prop::sample::subsequence(Risk::ALL, 0..=Risk::ALL.len())) {
        let free = world.desired();
        let mut guarded = free.clone();
        guarded.policy.risk = named.iter().copied().collect();
        let (all, left) = (planned(&world, &free), planned(&world, &guarded));
        for step in &left.steps {
            let risks: Vec<Risk> = step.meaning.risks.iter().map(|risky| risky.risk).filter(|risk| named.contains(risk)).collect();
            prop_assert!(risks.is_empty(), "{} is not held for {:?}", step.id, risks);
            prop_assert!(all.steps.iter().any(|other| other.id == step.id), "{} is new", step.id);
        }
        for held in left.held.iter().filter(|held| held.hold == Hold::Risk) {
            // What goes so that a skill can be made in its stead waits with that one.
            let is_half = matches!(held.subject, Subject::Replaced { .. });
            let has_risk = held.meaning.risks.iter().any(|risky| named.contains(&risky.risk));
            prop_assert!(has_risk || is_half, "{} has no such risk", held.id);
        }
        prop_assert_eq!(said(&all), said(&left), "what is held is still said");
        let Some(digest) = digest(&left) else {
            prop_assert_eq!(all.digest(), left.digest());
            return Ok(());
        };
        guarded.policy.allowed.push(Allowance { guard: Guard::Risk, digest });
        let allowed = planned(&world, &guarded);
        prop_assert_eq!(all.digest(), allowed.digest());
        prop_assert_eq!(&all.held, &allowed.held);
    }
}
