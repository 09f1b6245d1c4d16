//! A change from its pull request to its deployment, and an edit in the dashboard from its issue to its repair: the real
//! binary in a real repository, before a forge.

use std::fs;

use flowops::forge::Family;
use serde_json::Value as Json;

use super::since::{applied, commit, edit, git, head};
use super::{DESK, Place, Ran};
use crate::forge::FAMILIES;
use crate::forge::fake::{BOT, Served, Store, TOKEN};

/// What a job of CI has.
struct Ci {
    place: Place,
    forge: Served,
}

impl Ci {
    fn run(&self, line: &str) -> Ran {
        let ran = self.place.run_with(line, &self.forge.environment());
        assert!(!ran.all().contains(TOKEN), "{}", ran.all());
        ran
    }

    fn record(&self, file: &str) -> Json {
        serde_json::from_str(&fs::read_to_string(self.place.path(file)).unwrap()).unwrap()
    }

    /// What the workflow of a pull request does.
    fn preview(&self) -> Ran {
        let head = head(&self.place);
        self.forge.store().pull().head.clone_from(&head);
        self.run("plan --sandbox --since main --write json=.flowops/plan.json").ends(0);
        self.run(&format!("comment .flowops/plan.json --pull-request 12 --commit {head}")).ends(0)
    }

    /// What the workflow of a push does.
    fn deploy(&self, before: &str) -> Ran {
        let merged = head(&self.place);
        let reviewed = self.run(&format!("comment --reviewed --merged {merged}")).ends(0).stdout;
        let expected = format!("--expect {}", reviewed.trim());
        let ran =
            self.run(&format!("apply --sandbox --yes --since {before} {expected} --write json=.flowops/report.json"));
        if ran.code == 0 {
            self.run(&format!("comment .flowops/report.json --merged {merged}")).ends(0);
        }
        ran
    }

    /// What the workflow of a schedule does.
    fn watch(&self, code: i32) -> Ran {
        self.run("drift --sandbox --since HEAD --previous .flowops/drift.json --write json=.flowops/drift.json")
            .ends(code);
        self.run("issue .flowops/drift.json --label drift").ends(0)
    }

    fn said(&self) -> Vec<String> {
        self.forge.store().said(BOT).into_iter().map(str::to_owned).collect()
    }
}

#[test]
fn from_a_pull_request_to_production_and_back_from_a_dashboard() {
    FAMILIES.into_iter().for_each(walk);
}

fn walk(family: Family) {
    let ci = Ci { place: applied(DESK), forge: Served::start(Store::new(family)) };
    let before = head(&ci.place);
    git(&ci.place.path("."), &["checkout", "--quiet", "-b", "change"]);

    // A change is opened: one comment with the right plan.
    ci.place.write("manifests/desk.yaml", &DESK.replace("an order.", "orders."));
    commit(&ci.place, "change");
    ci.preview().says("the comment on pull request 12 was created");
    let first = ci.said();
    assert_eq!(first.len(), 1);
    assert!(
        first[0].contains("What the manifests changed since `main (")
            && first[0].contains("**update** `desk` / `Look up order`")
    );
    assert!(first[0].contains("orders."), "{first:?}");

    // It is pushed again: the same comment, with the plan as it is now.
    ci.place.write("manifests/desk.yaml", &DESK.replace("an order.", "orders and returns."));
    commit(&ci.place, "change it again");
    ci.preview().says("was updated");
    let second = ci.said();
    assert_eq!(second.len(), 1);
    let digest = ci.record(".flowops/plan.json")["digest"].as_str().unwrap().to_owned();
    assert!(second[0].contains("orders and returns.") && second[0].contains(&digest), "{second:?}");

    // It is merged: exactly that digest is applied, and the comment says so.
    git(&ci.place.path("."), &["checkout", "--quiet", "main"]);
    git(&ci.place.path("."), &["merge", "--quiet", "--no-ff", "--message", "merge", "change"]);
    ci.forge.store().pull().merge = Some(head(&ci.place));
    ci.deploy(&before).ends(0);
    assert_eq!(ci.record(".flowops/report.json")["plan"], digest.as_str());
    let third = ci.said();
    assert_eq!(third.len(), 1);
    assert!(third[0].contains("**Applied: 1 of 1 step done") && third[0].contains(&digest), "{third:?}");

    // Nothing drifted.
    ci.watch(0);
    assert_eq!(ci.forge.store().issues.len(), 0);

    // Somebody edits in the dashboard: one issue; looked at again: silence.
    edit(&ci.place, "Look up order", "description", "Somebody knows better.");
    ci.watch(2).says("an issue was opened");
    let writes = ci.forge.store().writes().len();
    ci.watch(2).says("as they should be");
    assert_eq!(ci.forge.store().writes().len(), writes, "nothing is written twice");
    {
        let store = ci.forge.store();
        assert!(store.issues.len() == 1 && store.issues[0].is_open && store.issues[0].comments.is_empty());
        assert!(store.issues[0].body.contains("Somebody knows better."), "{}", store.issues[0].body);
    }

    // It is repaired: the issue is closed. Drift that comes again opens the same one.
    ci.run("apply --sandbox --yes").ends(0);
    ci.watch(0).says("the issue is closed");
    assert!(!ci.forge.store().issues[0].is_open);
    edit(&ci.place, "Look up order", "description", "Somebody knows better still.");
    ci.watch(2).says("the issue is open again");
    assert_eq!(ci.forge.store().issues.len(), 1);
}

#[test]
fn what_moved_between_the_review_and_the_merge_is_not_applied() {
    let ci = Ci { place: applied(DESK), forge: Served::start(Store::new(Family::GitHub)) };
    let before = head(&ci.place);
    git(&ci.place.path("."), &["checkout", "--quiet", "-b", "change"]);
    ci.place.write("manifests/desk.yaml", &DESK.replace("an order.", "orders."));
    commit(&ci.place, "change");
    ci.preview();
    git(&ci.place.path("."), &["checkout", "--quiet", "main"]);
    git(&ci.place.path("."), &["merge", "--quiet", "--no-ff", "--message", "merge", "change"]);
    ci.forge.store().pull().merge = Some(head(&ci.place));
    edit(&ci.place, "Look up order", "description", "Somebody was faster.");
    ci.deploy(&before).ends(4);
    ci.run("drift --sandbox --format json").ends(2).prints("Somebody was faster.");
}
