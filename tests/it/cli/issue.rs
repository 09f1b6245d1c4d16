//! `flowops issue`: the real binary against a forge on a port, with what `drift` really prints.

use std::fs;

use flowops::forge::Family;
use serde_json::Value as Json;

use super::DESK;
use super::comment::Job;
use crate::forge::FAMILIES;
use crate::forge::fake::{What, refusal};

/// Looks for drift, and says what came of it.
fn drift(job: &Job, code: i32) {
    job.place.run("drift --sandbox --format json --output drift.json").ends(code);
}

const ISSUE: &str = "issue drift.json --label drift --details-url https://ci.example/run/1";

#[test]
fn an_issue_is_opened_for_drift_and_closed_when_there_is_none() {
    for family in FAMILIES {
        let job = Job::on(family);
        drift(&job, 2);
        job.run(ISSUE).ends(0).says("an issue was opened");
        job.run(ISSUE).ends(0).says("as they should be");
        let issue = job.forge.store().issues[0].clone();
        assert_eq!(issue.title, "Live differs from the manifests of default");
        assert_eq!(issue.labels, ["drift"]);
        assert!(
            issue.body.contains("Look up order") && issue.body.ends_with("[Details](<https://ci.example/run/1>)\n")
        );

        job.place.write("manifests/desk.yaml", &DESK.replace("Looks up an order.", "Looks up any order."));
        drift(&job, 2);
        job.run(ISSUE).ends(0).says("as it is now");
        assert_eq!(job.forge.store().issues[0].comments.len(), 1);

        job.place.write("manifests/desk.yaml", "kind: Nothing\n");
        drift(&job, 1);
        job.run(ISSUE).ends(0).says("warning: no issue was touched");
        assert!(job.forge.store().issues[0].is_open);

        job.place.write("manifests/desk.yaml", DESK);
        job.place.run("apply --sandbox --yes").ends(0);
        drift(&job, 0);
        job.run(ISSUE).ends(0).says("the issue is closed");
        let store = job.forge.store();
        assert!(store.issues.len() == 1 && !store.issues[0].is_open && store.issues[0].comments.len() == 2);
    }
}

#[test]
fn what_is_only_pending_opens_no_issue_and_half_a_look_closes_none() {
    let job = Job::on(Family::GitHub);
    drift(&job, 2);
    let text = fs::read_to_string(job.place.path("drift.json")).unwrap();
    let mut record: Json = serde_json::from_str(&text).unwrap();
    record["drift"]["drifted"] = false.into();
    job.place.write("drift.json", &record.to_string());
    job.run("issue drift.json").ends(0).says("as they should be");
    record["complete"] = false.into();
    job.place.write("drift.json", &record.to_string());
    job.run("issue drift.json").ends(0).says("warning: no issue was touched: the record does not tell");
    assert_eq!(job.forge.store().issues.len(), 0);
}

#[test]
fn a_key_has_an_issue_of_its_own() {
    let job = Job::on(Family::GitHub);
    drift(&job, 2);
    job.run("issue drift.json").ends(0).says("opened");
    job.run("issue drift.json --key @acme/all").ends(0).says("opened");
    job.run("issue drift.json --key @acme/all").ends(0).says("as they should be");
    assert_eq!(job.forge.store().issues.len(), 2);
}

#[test]
fn what_is_no_drift_is_refused_and_a_forge_that_refuses_is_a_warning() {
    let job = Job::on(Family::GitHub);
    job.run("issue plan.json").ends(1).says("none of `flowops drift`");
    drift(&job, 2);
    job.forge.store().fault("POST", "/issues", 1, What::Answers(refusal(410, "Issues are disabled")));
    job.run("issue drift.json").ends(0).says("warning: the issue may not be as it should be: the forge answered 410");
    let without: Vec<_> = job.forge.environment().into_iter().filter(|(name, _)| !name.ends_with("TOKEN")).collect();
    job.place.run_with("issue drift.json", &without).ends(0).says("there is no token");
    job.forge.store().tells_viewer = false;
    job.run("issue drift.json").ends(0).says("an issue was opened");
    job.run("issue drift.json").ends(0).says("warning: no issue was opened, since one shows the same already");
    job.place.run("apply --sandbox --yes").ends(0);
    drift(&job, 0);
    job.run("issue drift.json")
        .ends(0)
        .says("warning: no issue was closed: the forge does not say whose token this is");
}
