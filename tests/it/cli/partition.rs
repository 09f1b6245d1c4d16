//! Runs that are about a share of the agents.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::since::repository;
use super::{DESK, Place};

/// The agents for which a plan has a step.
fn agents(plan: &Json) -> BTreeSet<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps.map(|step| step["agent"]["name"].as_str().unwrap().to_owned()).collect()
}

fn planned(place: &Place, flag: &str, environment: &[(&str, &str)]) -> Json {
    place.run_with(&format!("plan --sandbox --format json {flag}"), environment).ends(0).json()
}

#[test]
fn shares_are_disjoint_and_add_up_to_all() {
    let place = Place::with_manifests();
    let whole = agents(&planned(&place, "", &[]));
    let shares: Vec<Json> = (1..=3).map(|index| planned(&place, &format!("--partition hash:{index}/3"), &[])).collect();
    let mut all: Vec<String> = shares.iter().flat_map(agents).collect();
    all.sort();
    assert_eq!(all, whole.into_iter().collect::<Vec<_>>());
    let number: u64 = shares.iter().map(|plan| plan["partition"]["agents"].as_u64().unwrap()).sum();
    assert_eq!((number, shares[1]["partition"]["index"].as_u64()), (10, Some(2)));
}

#[test]
fn kubernetes_counts_from_0_and_gitlab_from_1() {
    let place = Place::with_manifests();
    let index = |flag: &str, environment: &[(&str, &str)]| {
        let partition = planned(&place, flag, environment)["partition"].clone();
        (partition["index"].as_u64().unwrap(), partition["total"].as_u64().unwrap())
    };
    let total = ("CI_NODE_TOTAL", "4");
    assert_eq!(index("--partition=hash", &[("JOB_COMPLETION_INDEX", "0"), total]), (1, 4));
    assert_eq!(index("--partition=hash", &[("JOB_COMPLETION_INDEX", "3"), total]), (4, 4));
    assert_eq!(index("--partition=hash", &[("CI_NODE_INDEX", "1"), total]), (1, 4));
    assert_eq!(index("--partition=hash", &[("CI_NODE_INDEX", "4"), total]), (4, 4));
    // The Job's own number counts where both are there, and a number that is stated whatever the environment says.
    assert_eq!(index("--partition=hash", &[("JOB_COMPLETION_INDEX", "2"), ("CI_NODE_INDEX", "1"), total]), (3, 4));
    assert_eq!(index("--partition=hash:/2", &[("JOB_COMPLETION_INDEX", "1"), total]), (2, 2));
    assert_eq!(index("--partition=hash:2/3", &[("CI_NODE_INDEX", "9"), total]), (2, 3));
}

#[test]
fn without_the_flag_all_agents_are_meant_whatever_the_environment_says() {
    let place = Place::with_manifests();
    let environment = [("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "4"), ("JOB_COMPLETION_INDEX", "0")];
    assert_eq!(planned(&place, "", &environment), planned(&place, "", &[]));
}

#[test]
fn a_share_that_is_not_known_is_wrong_usage_and_never_an_empty_one() {
    let place = Place::desk();
    let total = ("CI_NODE_TOTAL", "4");
    let refused = |flag: &str, environment: &[(&str, &str)], why: &str| {
        for verb in ["plan", "drift", "apply --yes"] {
            let line = format!("{verb} --sandbox --partition={flag}");
            place.run_with(&line, environment).ends(64).says(why);
        }
        assert!(!place.path(".flowops").exists(), "something was sent");
    };
    refused("hash", &[], "`CI_NODE_TOTAL` is not set");
    refused("hash", &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "")], "`CI_NODE_TOTAL` is not set");
    refused("hash", &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "0")], "`CI_NODE_TOTAL` is `0`");
    refused("hash", &[("CI_NODE_INDEX", "1"), ("CI_NODE_TOTAL", "many")], "`CI_NODE_TOTAL` is `many`");
    refused("hash", &[total], "neither `JOB_COMPLETION_INDEX` nor `CI_NODE_INDEX` is set");
    refused("hash:/4", &[total], "neither `JOB_COMPLETION_INDEX` nor `CI_NODE_INDEX` is set");
    refused("hash", &[("CI_NODE_INDEX", "0"), total], "`CI_NODE_INDEX` is `0`, which counts from 1");
    refused(
        "hash",
        &[("CI_NODE_INDEX", "5"), total],
        "`CI_NODE_INDEX` is `5`, which counts from 1, and `CI_NODE_TOTAL`",
    );
    refused("hash", &[("JOB_COMPLETION_INDEX", "4"), total], "`JOB_COMPLETION_INDEX` is `4`, which counts from 0");
    refused("hash", &[("JOB_COMPLETION_INDEX", "4294967295"), total], "`JOB_COMPLETION_INDEX` is `4294967295`");
    refused("hash", &[("JOB_COMPLETION_INDEX", "-1"), total], "`JOB_COMPLETION_INDEX` is `-1`, and no number");
    refused("hash:/4", &[("JOB_COMPLETION_INDEX", "4")], "`--partition` says that there are 4 shares");
    refused("hash:0/4", &[], "there is no share 0 of 4");
    refused("hash:5/4", &[], "there is no share 5 of 4");
    refused("hash:/0", &[], "there is at least one share");
    refused("2/4", &[], "a share is `hash:I/N`");
}

#[test]
fn a_share_without_an_agent_is_planned_and_says_so() {
    let place = Place::desk();
    let runs: Vec<_> =
        (1..=2).map(|index| place.run(&format!("plan --sandbox --exit-code --partition hash:{index}/2"))).collect();
    let empty = runs.iter().find(|ran| ran.code == 0).unwrap();
    assert!(empty.stdout.contains(" of 2, 0 agents\n"), "{}", empty.all());
    assert!(empty.stdout.contains("No changes."), "{}", empty.all());
    let full = runs.iter().find(|ran| ran.code == 2).unwrap();
    assert!(full.stdout.contains(" of 2, 1 agent\n"), "{}", full.all());
}

#[test]
fn shares_that_are_applied_leave_nothing_to_do() {
    let place = Place::with_manifests();
    for index in 1..=3 {
        place.run(&format!("apply --sandbox --yes --partition hash:{index}/3")).ends(0);
        place.run(&format!("drift --sandbox --partition hash:{index}/3")).ends(0).prints("Partition: ");
    }
    place.run("plan --sandbox --exit-code").ends(0);
}

#[test]
fn a_share_has_a_journal_of_its_own() {
    let place = Place::desk();
    place.run("apply --sandbox --yes --partition hash:1/1 --receipt a.ndjson").ends(0);
    let other = place.run("apply --sandbox --yes --receipt a.ndjson").ends(1);
    other.says("it is about the share `hash:1/1` of target `default`").says("nothing was written");
    // What somebody else holds is the journal of all agents, and none of a share's.
    let server = "sandbox:.flowops/sandbox.json";
    let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(format!("{server}\ndefault")));
    let held = place.path(&format!(".flowops/apply-{}.ndjson", &hash[..12]));
    let _held = flowops::fs::JournalFile::open(&held).unwrap();
    place.run("apply --sandbox --yes").ends(5);
    place.run("apply --sandbox --yes --partition hash:1/1").ends(0);
}

#[test]
fn a_plan_that_was_kept_is_of_its_share() {
    let place = Place::desk();
    place.run("plan --sandbox --partition hash:1/1 --out share.reviewed").ends(0);
    place.run("plan --sandbox --out all.reviewed").ends(0);
    let apply = |plan: &str, flag: &str| place.run(&format!("apply --sandbox --yes --plan {plan} {flag}"));
    let ran =
        apply("share.reviewed", "").ends(4).says("it is about the share `hash:1/1` of the agents, and this is all");
    ran.says("give `--partition hash:1/1`");
    apply("share.reviewed", "--partition hash:1/2").ends(4).says("this is the share `hash:1/2`");
    apply("all.reviewed", "--partition hash:1/1").ends(4).says("leave `--partition` away");
    assert_eq!(place.writes(), 0);
    apply("share.reviewed", "--partition hash:1/1").ends(0).prints("1 of 1 step done");
    apply("all.reviewed", "").ends(0);
}

#[test]
fn a_share_says_nothing_of_a_commit_as_a_whole() {
    let place = Place::with(&[("manifests/desk.yaml", DESK)]);
    repository(&place);
    let ran = place.run("apply --sandbox --yes --partition hash:1/2 --applied-ref origin").ends(64);
    ran.says("`--partition` is about a share; nothing was sent").says("apply the shares without it");
    assert_eq!(place.writes(), 0);
}

#[test]
fn a_share_that_fails_says_which_it_is() {
    let place = Place::with(&[("manifests/desk.yaml", "kind: Agent\n")]);
    let failed = place.run("plan --sandbox --partition hash:2/3 --format json").ends(1).json();
    assert_eq!((&failed["partition"], &failed["exitCode"]), (&json!({ "index": 2, "total": 3 }), &json!(1)));
}

/// An agent that is found by name may be one that another share finds by id; but every share knows which agents there are.
#[test]
fn a_share_prunes_what_a_run_of_all_agents_prunes() {
    let by_id = DESK.replace("name: desk", "name: till").replace("name: Front Desk", "id: agt_1");
    let by_name = DESK.replace("  skills:\n", "  prune: all\n  skills:\n");
    let place = Place::with(&[("manifests/desk.yaml", &by_name), ("manifests/other.yaml", &by_id)]);
    place.run("apply --sandbox --yes").ends(0);
    let skill = by_name.find("  skills:").unwrap();
    place.write("manifests/desk.yaml", &by_name[..skill]);
    // The desk is in the first share of two, the till in the second.
    let desk = planned(&place, "--partition hash:1/2", &[]);
    assert_eq!(desk["partition"]["agents"], 1);
    assert_eq!(desk["steps"][0]["action"], "delete");
    assert_eq!(desk["steps"], planned(&place, "", &[])["steps"]);
}
