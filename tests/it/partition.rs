//! Shares of the agents of one target.

use std::collections::BTreeSet;

use flowops::model::{Partition, PartitionError, Slug};
use proptest::prelude::*;

use super::laws::config;

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
