//! Shares of the agents of one target.

use std::collections::BTreeSet;
use std::sync::Arc;

use flowops::cli::exit::Exit;
use flowops::cli::transport::Local;
use flowops::diag::Finding;
use flowops::model::{DeleteBudget, Partition, PartitionError, Prune, Risk, Slug};
use flowops::ops::{self, Keep};
use flowops::plan::{Base, Held, Plan, Since, Step, Unmanaged, plan, plan_since, remember};
use proptest::prelude::*;

use super::laws::{config, wait};
use super::world::{World, world_of};

fn shares(total: u32) -> Vec<Partition> {
    (1..=total).map(|index| Partition::new(index, total).unwrap()).collect()
}

fn slugs(names: &BTreeSet<String>) -> Vec<Slug> {
    names.iter().map(|name| Slug::parse(name).unwrap()).collect()
}

fn names() -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set("[a-z][a-z0-9]{0,12}(-[a-z0-9]{1,5})?", 0..80)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn each_agent_is_in_exactly_one_share(names in names(), total in 1_u32..40) {
        for agent in slugs(&names) {
            prop_assert_eq!(shares(total).iter().filter(|share| share.holds(&agent)).count(), 1, "{}", agent);
        }
    }

    /// Other agents are not even asked for, so they can move none; nor can what a run has already seen.
    #[test]
    fn agents_that_come_or_go_move_no_other(names in names(), more in names(), total in 1_u32..40) {
        let all: BTreeSet<String> = names.union(&more).cloned().collect();
        for share in shares(total) {
            let of = |names: &BTreeSet<String>| -> Vec<Slug> {
                slugs(names).into_iter().filter(|agent| share.holds(agent)).collect()
            };
            let (before, after) = (of(&names), of(&all));
            prop_assert!(before.iter().all(|agent| after.contains(agent)));
            prop_assert!(after.iter().all(|agent| before.contains(agent) || !names.contains(agent.as_str())));
        }
    }

    #[test]
    fn a_share_is_read_as_it_is_written(index in 0_u32..50, total in 0_u32..50) {
        let text = format!("hash:{index}/{total}");
        let is_one = (1..=total).contains(&index);
        prop_assert_eq!(Partition::parse(&text).map(|share| share.to_string()).ok(), is_one.then_some(text));
    }
}

#[test]
fn shares_are_roughly_even() {
    let agents: Vec<Slug> = (0..10_000).map(|number| Slug::parse(&format!("branch-{number}")).unwrap()).collect();
    for total in [2, 3, 7, 16, 50] {
        let even = agents.len() / total as usize;
        for share in shares(total) {
            let held = agents.iter().filter(|agent| share.holds(agent)).count();
            assert!((even * 7 / 10..=even * 13 / 10).contains(&held), "{share}: {held} of about {even}");
        }
    }
}

/// Others may rely on it: `printf front-desk | sha256sum` begins with `55591078bc3884d9`, whose last digit is 1 less than the share of 16.
#[test]
fn the_share_of_an_address_never_changes() {
    let found = |name: &str| {
        let agent = Slug::parse(name).unwrap();
        shares(16).into_iter().find(|share| share.holds(&agent)).unwrap().index()
    };
    assert_eq!(["front-desk", "dispatch", "branch-1"].map(found), [10, 1, 7]);
}

#[test]
fn what_is_no_share_says_why() {
    for text in ["", "2/4", "hash:", "hash:2", "hash:a/4", "hash:-1/4", "hash:+1/4", "hash: 1/4", "slice:1/4"] {
        assert_eq!(Partition::parse(text), Err(PartitionError::Form), "{text}");
    }
    assert_eq!(Partition::parse("hash:1/0"), Err(PartitionError::None));
    assert_eq!(Partition::parse("hash:0/4"), Err(PartitionError::Index { index: 0, total: 4 }));
    assert_eq!(Partition::parse("hash:5/4"), Err(PartitionError::Index { index: 5, total: 4 }));
    assert_eq!(Partition::parse("hash:1/4294967296"), Err(PartitionError::Form));
}

/// Whatever the order in which shares ended, the whole ends in one way; and nothing is better than what one of them ended with.
#[test]
fn the_worst_of_several_endings_is_that_of_the_whole() {
    for one in Exit::ALL {
        assert_eq!((one.worse(*one), one.worse(Exit::Ok), Exit::Ok.worse(*one)), (*one, *one, *one));
        for other in Exit::ALL {
            assert_eq!(one.worse(*other), other.worse(*one));
        }
    }
    assert_eq!(Exit::Failed.worse(Exit::Partial), Exit::Partial);
    assert_eq!(Exit::Unknown.worse(Exit::Partial), Exit::Unknown);
    assert_eq!(Exit::Guarded.worse(Exit::Failed), Exit::Failed);
}

/// What a plan wants of whom, and what it leaves.
type Wanted<'p> = (Vec<&'p Step>, Vec<&'p Held>, Vec<&'p Unmanaged>);

fn wanted<'p>(plans: impl IntoIterator<Item = &'p Plan> + Clone) -> Wanted<'p> {
    let mut steps: Vec<&Step> = plans.clone().into_iter().flat_map(|plan| &plan.steps).collect();
    let mut held: Vec<&Held> = plans.clone().into_iter().flat_map(|plan| &plan.held).collect();
    let mut unmanaged: Vec<&Unmanaged> = plans.into_iter().flat_map(|plan| &plan.unmanaged).collect();
    // Sorting is stable: what is wanted of one agent stays in its order.
    steps.sort_by_key(|step| &step.agent.name);
    held.sort_by_key(|held| &held.agent.name);
    unmanaged.sort_by_key(|unmanaged| &unmanaged.agent.name);
    (steps, held, unmanaged)
}

fn findings(plans: &[Plan]) -> BTreeSet<String> {
    let all: Vec<&Finding> = plans.iter().flat_map(|plan| &plan.findings).collect();
    all.into_iter().map(|finding| format!("{finding:?}")).collect()
}

/// What guards hold back: how many deletes are allowed, whether risks wait, and what is pruned.
pub(crate) fn guards() -> impl Strategy<Value = (DeleteBudget, BTreeSet<Risk>, Prune)> {
    let budget = (prop_oneof![0..4_u32, Just(100)], prop_oneof![Just(30_u32), Just(100)]);
    let budget = budget.prop_map(|(count, percent)| DeleteBudget { count, percent, minimum: 1 });
    let risks = prop_oneof![Just(BTreeSet::new()), Just(Risk::ALL.iter().copied().collect())];
    (budget, risks, prop_oneof![3 => Just(Prune::Never), 1 => Just(Prune::Removed), 1 => Just(Prune::All)])
}

proptest! {
    #![proptest_config(config())]

    /// With every guard, and on a server that shows headers or hides them: what one share does not see counts all the same.
    #[test]
    fn the_plans_of_all_shares_are_the_plan_of_all_agents(
        (world, then) in (1..7_usize).prop_flat_map(|agents| {
            let base = prop::option::of(world_of(agents..agents + 1));
            (world_of(agents..agents + 1), base)
        }),
        (budget, risks, prune) in guards(),
        total in 1..=16_u32,
    ) {
        let sandbox = Arc::new(world.sandbox());
        let local = Local::new(Arc::clone(&sandbox));
        let mut desired = world.desired();
        desired.policy.delete_budget = budget;
        desired.policy.risk = risks;
        desired.agents.iter_mut().for_each(|agent| agent.prune = prune);
        let since = Since { revision: "main".to_owned(), commit: "0".repeat(40) };
        let base = then.as_ref().map(World::desired).map(|desired| Base { since, desired });
        if let Some(base) = &base {
            remember(&mut desired, &base.desired);
        }
        let look = |share| wait(ops::plan(&local, &desired, base.as_ref(), share, 3, Keep::Nothing)).unwrap().plan;
        let whole = look(None);
        let shares: Vec<Plan> = shares(total).into_iter().map(|share| look(Some(share))).collect();
        prop_assert_eq!(wanted(&shares), wanted([&whole]));
        prop_assert_eq!(findings(&shares), findings(std::slice::from_ref(&whole)));
        let sum = |count: fn(&Plan) -> u64| shares.iter().map(count).sum::<u64>();
        prop_assert_eq!(sum(|plan| plan.unchanged), whole.unchanged);
        prop_assert_eq!(sum(|plan| plan.ignored), whole.ignored);
        prop_assert_eq!(sum(|plan| plan.population), whole.population);
        prop_assert_eq!(shares.iter().flat_map(|plan| plan.unheard.clone()).collect::<BTreeSet<Slug>>(), whole.unheard);
    }

    /// Agents that are planned as they are read are planned as if all had been read before.
    #[test]
    fn a_plan_is_the_same_whether_or_not_all_was_read_before(world in world_of(1..5), then in prop::option::of(world_of(1..5))) {
        let local = Local::new(Arc::new(world.sandbox()));
        let desired = world.desired();
        let since = Since { revision: "main".to_owned(), commit: "0".repeat(40) };
        let base = then.as_ref().map(World::desired).map(|desired| Base { since, desired });
        let live = wait(ops::fetch(&local, &desired, 2)).unwrap();
        let before = match &base {
            None => plan(&desired, &live),
            Some(base) => plan_since(&desired, &live, base),
        };
        let planned = wait(ops::plan(&local, &desired, base.as_ref(), None, 2, Keep::Changed)).unwrap();
        prop_assert_eq!(&planned.plan, &before);
        let changed: BTreeSet<&Slug> = before.steps.iter().map(|step| &step.agent.name).collect();
        prop_assert!(planned.live.agents.keys().collect::<BTreeSet<&Slug>>().is_superset(&changed));
    }
}
