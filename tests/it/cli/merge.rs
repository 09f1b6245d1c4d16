//! The records of all shares of a run, joined.

use flowops::sandbox::Sandbox;
use serde_json::{Value as Json, json};

use super::since::{commit, edit, git, repository};
use super::{DESK, Place, Ran};

const SHARES: u32 = 3;

/// Runs a command for each share, and keeps its records as `NAME-1.json` and so on.
fn runs(place: &Place, command: &str, name: &str) -> Vec<Ran> {
    let run = |index: u32| {
        place.run(&format!("{command} --partition hash:{index}/{SHARES} --write json={name}-{index}.json"))
    };
    (1..=SHARES).map(run).collect()
}

fn merge(place: &Place, name: &str, flags: &str) -> Ran {
    let files: Vec<String> = (1..=SHARES).map(|index| format!("{name}-{index}.json")).collect();
    place.run(&format!("merge {} {flags}", files.join(" ")))
}

/// What others are told, without the reads, of which shares send more.
fn told(mut json: Json) -> Json {
    json["requests"].as_object_mut().unwrap().remove("reads");
    json
}

/// Two agents with one skill of a SkillSet, in different shares of three.
fn shared(stakes: &str) -> String {
    let set = format!(
        "apiVersion: flowops/v1\nkind: SkillSet\nmetadata: {{ name: common }}\nspec:\n  skills:\n    \
         - {{ name: Say hello, description: Says hello., skillType: builtin, executionConfig: {{ action: end_call }}, \
         stakes: {stakes} }}\n"
    );
    let agent = |name: &str| {
        format!(
            "---\napiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: {name} }}\nspec: {{ match: {{ name: {name} }}, \
             use: [common] }}\n"
        )
    };
    let agents: String = (1..=6).map(|number| agent(&format!("branch-{number}"))).collect();
    format!("{set}{agents}")
}

#[test]
fn joined_shares_are_what_a_run_of_all_agents_writes() {
    let place = Place::with_manifests();
    for command in ["plan --sandbox", "drift --sandbox"] {
        runs(&place, command, "share");
        let whole = place.run(&format!("{command} --format json")).json();
        assert_eq!(told(merge(&place, "share", "--format json").quietly().json()), told(whole), "{command}");
    }
}

#[test]
fn what_several_shares_say_of_one_skill_is_one_sentence() {
    let place = Place::with(&[("manifests/all.yaml", &shared("low"))]);
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/all.yaml", &shared("high"));
    runs(&place, "plan --sandbox", "plan");
    let whole = place.run("plan --sandbox --format json").ends(0).json();
    let sentence = "Raises the stakes of the skill `Say hello`, shared by 6 agents.";
    assert_eq!(whole["concerns"][0]["sentence"], sentence);
    assert_eq!(whole["reach"][0]["agents"], 6);
    let merged = merge(&place, "plan", "--write json=plan.json --exit-code").ends(2);
    merged.prints(sentence).prints("The skill set `common` touches 6 skills on 6 agents");
    assert_eq!(
        told(serde_json::from_str(&std::fs::read_to_string(place.path("plan.json")).unwrap()).unwrap()),
        told(whole)
    );
    // A single record of all agents stays as it is.
    place.run("merge plan.json --format json").ends(0).prints(sentence);
    // What was joined names the plan of all agents, and each share its own.
    let digest = |file: &str| {
        let json: Json = serde_json::from_str(&std::fs::read_to_string(place.path(file)).unwrap()).unwrap();
        json["digest"].as_str().unwrap().to_owned()
    };
    let share = digest("plan-1.json");
    place.run(&format!("apply --sandbox --yes --partition hash:2/3 --expect {share}")).ends(4);
    place.run(&format!("apply --sandbox --yes --partition hash:1/3 --expect {share}")).ends(0);
    edit_back(&place);
    place.run(&format!("apply --sandbox --yes --expect {}", digest("plan.json"))).ends(0);
}

/// Undoes what the first share did.
fn edit_back(place: &Place) {
    place.write("manifests/all.yaml", &shared("low"));
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/all.yaml", &shared("high"));
}

#[test]
fn drift_of_one_share_is_drift_of_all() {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    runs(&place, "drift --sandbox", "drift");
    merge(&place, "drift", "--metrics flowops.prom").ends(0).prints("In sync.");
    edit(&place, "Look up order", "description", "Other.");
    runs(&place, "drift --sandbox", "drift");
    merge(&place, "drift", "--metrics flowops.prom").ends(2).prints("Live differs from git in 1 place.");
    assert!(
        std::fs::read_to_string(place.path("flowops.prom")).unwrap().contains("flowops_drifted{target=\"default\"} 1")
    );
    let fingerprint = |json: Json| json["drift"]["fingerprint"].clone();
    let whole = place.run("drift --sandbox --format json").ends(2).json();
    assert_eq!(fingerprint(merge(&place, "drift", "--format json").json()), fingerprint(whole));
}

#[test]
fn joined_reports_say_what_all_shares_did() {
    let place = Place::with_manifests();
    let whole = place.run("plan --sandbox --format json").ends(0).json();
    runs(&place, "apply --sandbox --yes", "report");
    let report = merge(&place, "report", "--format json").ends(0).json();
    let steps = |json: &Json| -> Vec<String> {
        json["steps"].as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(steps(&report), steps(&whole));
    assert_eq!(
        (&report["result"], &report["converged"], &report["plan"]),
        (&json!("applied"), &json!(true), &whole["digest"])
    );
    merge(&place, "report", "").ends(0).prints("and a fresh plan is empty");
    for form in ["markdown", "github", "sarif", "junit", "html"] {
        merge(&place, "report", &format!("--format {form}")).ends(0);
    }
}

#[test]
fn a_guard_that_holds_in_one_share_holds_in_all() {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    let sql =
        DESK.replace("http_webhook", "db_query").replace("url: 'https://api.example.com/orders'", "sql_template: x");
    place.write("manifests/desk.yaml", &sql);
    runs(&place, "plan --sandbox", "plan");
    merge(&place, "plan", "").ends(0);
    merge(&place, "plan", "--exit-code").ends(6).prints("replace: true");
    runs(&place, "apply --sandbox --yes", "report");
    merge(&place, "report", "").ends(6);
}

#[test]
fn a_share_that_failed_makes_the_whole_fail_and_is_named() {
    let place = Place::with_manifests();
    runs(&place, "apply --sandbox --yes", "report");
    let error = json!({ "format": "flowops.error/v1", "error": "the key is refused", "exitCode": 1,
                        "partition": { "index": 2, "total": 3 }, "findings": [] });
    place.write("report-2.json", &error.to_string());
    let ran = merge(&place, "report", "").ends(3);
    ran.says("error: share 2 of 3 failed: the key is refused; of the other shares ").says("steps were done");
    let record = merge(&place, "report", "--format json").ends(3).json();
    assert_eq!((&record["format"], &record["exitCode"]), (&json!("flowops.error/v1"), &json!(3)));
    // Nothing was written where all shares only planned.
    runs(&place, "plan --sandbox", "plan");
    std::fs::copy(place.path("report-2.json"), place.path("plan-2.json")).unwrap();
    merge(&place, "plan", "--exit-code").ends(1).says("error: share 2 of 3 failed: the key is refused\n");
    // A run that failed before it knew its share is called by its file.
    let invalid = Place::with(&[("manifests/desk.yaml", "kind: Agent\n")]);
    runs(&invalid, "plan --sandbox", "plan");
    let ran = merge(&invalid, "plan", "").ends(1);
    ran.says("shares 1, 2, 3 of 3 failed: the manifests are not valid").says("M005");
}

#[test]
fn what_is_not_all_shares_of_one_run_is_refused() {
    let place = Place::with(&[("manifests/desk.yaml", DESK), ("other/desk.yaml", DESK)]);
    place.write(
        "flowops.yaml",
        "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { targets: { one: {}, two: {} }, defaultTarget: one }\n",
    );
    let keep = |line: &str, file: &str| {
        place.run(&format!("{line} --sandbox --write json={file}"));
    };
    keep("plan --partition hash:1/2", "one.json");
    keep("plan --partition hash:2/2", "two.json");
    keep("plan --partition hash:2/3", "third.json");
    keep("plan --partition hash:2/2 --target two", "target.json");
    keep("drift --partition hash:2/2", "drift.json");
    keep("plan", "whole.json");
    keep("pull --check", "pull.json");
    let refused = |files: &str, code: i32, why: &str| {
        place.run(&format!("merge {files}")).ends(code).says(why);
    };
    place.run("merge one.json two.json").ends(0);
    refused("one.json", 1, "share 2 of 2 is missing");
    refused("one.json one.json", 64, "share 1 of 2 is there twice, as `one.json` and as `one.json`");
    refused("one.json third.json", 64, "`third.json` is of 3 shares, and `one.json` of 2 shares");
    refused("one.json target.json", 64, "`target.json` is of the target `two`, and `one.json` of the target `one`");
    refused("one.json drift.json", 64, "`drift.json` is of a drift, and `one.json` of a plan");
    refused("one.json whole.json", 64, "`whole.json` is of all agents");
    refused("whole.json whole.json", 64, "`whole.json` is of all agents");
    refused("pull.json", 64, "`pull.json` is none of plan, drift and apply");
    refused("one.json nowhere.json", 1, "nowhere.json");
    let text = std::fs::read_to_string(place.path("one.json")).unwrap();
    place.write("one.json", &text.replace("sha256:", "sha256:0"));
    refused("one.json two.json", 1, "does not add up");
}

type Edit = &'static dyn Fn(&mut Json);

/// A record, as somebody edited it.
fn edited(place: &Place, file: &str, edit: impl FnOnce(&mut Json)) {
    let mut json: Json = serde_json::from_str(&std::fs::read_to_string(place.path(file)).unwrap()).unwrap();
    edit(&mut json);
    place.write("edited.json", &json.to_string());
}

#[test]
fn a_record_that_contradicts_itself_is_joined_with_nothing() {
    let place = Place::with(&[("manifests/all.yaml", &shared("low"))]);
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/all.yaml", &shared("high"));
    runs(&place, "plan --sandbox", "plan");
    runs(&place, "drift --sandbox", "drift");
    runs(&place, "apply --sandbox --yes", "report");
    let other_type = "skillType: db_query, executionConfig: { sql_template: x }";
    let replaced = shared("high").replace("skillType: builtin, executionConfig: { action: end_call }", other_type);
    place.write("manifests/all.yaml", &replaced);
    runs(&place, "plan --sandbox", "held");
    runs(&place, "apply --sandbox --yes", "guarded");
    let edits: &[(&str, &str, Edit)] = &[
        ("plan", "fewer updates are counted", &|json| json["summary"]["update"] = json!(0)),
        ("plan", "too many are unchanged", &|json| json["summary"]["unchanged"] = json!(u64::MAX)),
        ("plan", "too many reads", &|json| json["requests"]["reads"] = json!(u64::MAX)),
        ("plan", "no write is to come", &|json| json["requests"]["writes"] = json!(0)),
        ("plan", "too many agents", &|json| json["partition"]["agents"] = json!(u64::MAX)),
        ("plan", "too many skills of a set", &|json| {
            json["partition"]["parts"][0]["skillSets"][0]["skills"] = json!(u64::MAX);
        }),
        ("plan", "no step is left", &|json| json["steps"] = json!([])),
        ("plan", "no step is left or counted", &|json| {
            json["steps"] = json!([]);
            json["summary"]["update"] = json!(0);
            json["requests"]["writes"] = json!(0);
        }),
        ("plan", "a step stands there twice", &|json| {
            let step = json["steps"][0].clone();
            json["steps"].as_array_mut().unwrap().push(step);
            for count in ["/summary/update", "/requests/writes"] {
                let count = json.pointer_mut(count).unwrap();
                *count = json!(count.as_u64().unwrap() + 1);
            }
        }),
        ("plan", "an update is a delete", &|json| json["steps"][0]["action"] = json!("delete")),
        ("plan", "a step is of another agent", &|json| json["steps"][0]["agent"]["name"] = json!("another-agent")),
        ("plan", "an agent is known twice", &|json| {
            let part = json!({ "agent": json["partition"]["parts"][0]["agent"] });
            json["partition"]["parts"].as_array_mut().unwrap().push(part);
        }),
        ("held", "nothing is held", &|json| json["held"] = json!([])),
        ("drift", "it has not drifted", &|json| json["drift"]["drifted"] = json!(false)),
        ("drift", "there are more live skills", &|json| json["drift"]["coverage"]["live"] = json!(1_000)),
        ("drift", "too many are managed", &|json| json["drift"]["coverage"]["managed"] = json!(u64::MAX)),
        ("report", "it did not converge", &|json| json["converged"] = json!(false)),
        ("report", "a guard held something", &|json| json["result"] = json!("guarded")),
        ("report", "a step failed", &|json| json["steps"][0]["status"] = json!("failed")),
        ("report", "no step is left", &|json| json["steps"] = json!([])),
        ("guarded", "nothing was held", &|json| json["result"] = json!("applied")),
    ];
    for (name, what, change) in edits {
        assert_ne!(merge(&place, name, "").code, 1, "{what}");
        edited(&place, &format!("{name}-1.json"), change);
        let ran = place.run(&format!("merge edited.json {name}-2.json {name}-3.json"));
        assert!(ran.stderr.contains("`edited.json` does not add up"), "{what}: {}", ran.stderr);
        ran.ends(1);
    }
}

/// Two live skills that nobody tells apart are held alike.
#[test]
fn what_is_held_twice_under_one_address_is_joined_all_the_same() {
    let place = Place::with(&[("manifests/desk.yaml", &DESK.replace("  skills:\n", "  prune: all\n  skills:\n"))]);
    place.run("apply --sandbox --yes").ends(0);
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    for _ in 0..2 {
        let fields = json!({ "name": "Old", "description": "Old.", "skillType": "builtin" });
        sandbox.with_store(|store| store.seed_skill(&agent, fields.as_object().unwrap().clone())).unwrap().unwrap();
    }
    runs(&place, "plan --sandbox", "plan");
    let whole = place.run("plan --sandbox --format json").ends(0).json();
    assert_eq!(whole["summary"]["held"], 2);
    assert_eq!(told(merge(&place, "plan", "--format json").ends(0).json()), told(whole));
    let ran = merge(&place, "plan", "").ends(0).prints("! delete");
    assert_eq!(ran.stdout.matches("2 live skills have this name").count(), 1);
}

/// What people read of shares stands under who moved, as in a plan of all agents.
#[test]
fn joined_plans_say_who_moved() {
    let place = Place::desk();
    repository(&place);
    place.run("apply --sandbox --yes").ends(0);
    edit(&place, "Look up order", "description", "Other.");
    runs(&place, "plan --sandbox --since main", "plan");
    merge(&place, "plan", "").ends(0).prints("What had already drifted: live moved, the manifests did not");
}

#[test]
fn what_failed_is_of_the_same_run_too() {
    let place = Place::desk();
    runs(&place, "plan --sandbox", "plan");
    let error = json!({ "format": "flowops.error/v1", "error": "no", "exitCode": 1, "target": "default",
                        "partition": { "index": 2, "total": 3 }, "findings": [] });
    let with = |edit: &dyn Fn(&mut Json)| {
        let mut error = error.clone();
        edit(&mut error);
        place.write("plan-2.json", &error.to_string());
        merge(&place, "plan", "")
    };
    with(&|_| {}).ends(1).says("share 2 of 3 failed: no");
    with(&|json| json["partition"]["total"] = json!(4)).ends(64).says("`plan-2.json` is of 4 shares");
    with(&|json| json["target"] = json!("other")).ends(64).says("`plan-2.json` is of the target `other`");
    with(&|_| {}).ends(1);
    let ran = merge(&place, "plan", "--metrics flowops.prom").ends(1).says("share 2 of 3 failed: no");
    ran.says("note: `--metrics` is of drift");
    assert!(!place.path("flowops.prom").exists());
}

#[test]
fn a_share_is_no_comment_and_no_issue() {
    let place = Place::desk();
    place.run("plan --sandbox --partition hash:1/2 --write json=plan.json").ends(0);
    place.run("drift --sandbox --partition hash:1/2 --write json=drift.json");
    let forge = "--forge github --repository acme/agents";
    let ran = place.run(&format!("comment plan.json --pull-request 1 {forge}")).ends(64);
    ran.says("`plan.json` is of share 1 of 2").says("`flowops merge`");
    place.run(&format!("issue drift.json {forge}")).ends(64).says("`drift.json` is of share 1 of 2");
}

/// Whether drift is the same can only be told from what was told of the same agents.
#[test]
fn an_earlier_record_of_other_agents_does_not_tell_whether_drift_is_the_same() {
    let place = Place::desk();
    place.run("drift --sandbox --write json=all.json").ends(2);
    let again = place.run("drift --sandbox --previous all.json --format json").ends(2).json();
    assert_eq!(again["drift"]["unchanged"], true);
    let share =
        place.run("drift --sandbox --previous all.json --partition hash:1/1 --write json=share.json --format json");
    assert_eq!(share.ends(2).json()["drift"]["unchanged"], Json::Null);
    let share = place.run("drift --sandbox --previous share.json --partition hash:1/1 --format json").ends(2).json();
    assert_eq!(share["drift"]["unchanged"], true);
}

/// Agents that no manifest declares any more stand where their addresses do; and agents that are left out are counted once,
/// although every share leaves some out.
#[test]
fn agents_that_are_given_up_stand_among_the_others_and_those_left_out_are_counted_once() {
    let agent = |name: &str, description: &str| {
        let text = DESK.replace("name: desk", &format!("name: {name}")).replace("Front Desk", name);
        text.replace("  skills:\n", "  prune: removed\n  skills:\n").replace("Looks up an order.", description)
    };
    let names: Vec<String> = ('a'..='h').map(|letter| format!("{letter}-branch")).collect();
    let place = Place::with(&[("flowops.yaml", PROJECT), ("manifests/x", "")]);
    for name in &names {
        place.write(&format!("manifests/{name}.yaml"), &agent(name, "Looks up an order."));
    }
    repository(&place);
    place.run("apply --sandbox --yes").ends(0);
    std::fs::remove_file(place.path("manifests/a-branch.yaml")).unwrap();
    for name in &names[1..5] {
        place.write(&format!("manifests/{name}.yaml"), &agent(name, "Finds an order."));
    }
    for flags in ["--since main", "--since main --changed"] {
        // A guard names what it lets through, and lets it through in the share that has it.
        let held = place.run(&format!("plan --sandbox {flags}")).ends(0).stdout;
        let allow = held.split("`--allow ").nth(1).unwrap().split('`').next().unwrap();
        let command = format!("plan --sandbox {flags} --allow {allow}");
        let whole = place.run(&format!("{command} --format json")).ends(0).json();
        runs(&place, &command, "plan");
        assert_eq!(whole["steps"][0]["agent"]["name"], "a-branch");
        assert_eq!(whole["summary"]["leftOut"], if flags.ends_with("--changed") { 3 } else { 0 });
        assert_eq!(told(merge(&place, "plan", "--format json").ends(0).json()), told(whole));
    }
    // Shares of different commits are no run.
    commit(&place, "second");
    git(&place.path("."), &["tag", "second"]);
    place.run("plan --sandbox --since second --partition hash:1/3 --write json=plan-1.json").ends(0);
    merge(&place, "plan", "").ends(64).says("of the base commit");
}

const PROJECT: &str = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { targets: { one: {} } }\n";
