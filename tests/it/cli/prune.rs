//! What is deleted because the manifests gave it up, and what stands in the way of that.

use super::since::{SECOND, applied, commit};
use super::{DESK, Place};

/// The desk, which gives up what it no longer declares.
fn pruned() -> String {
    format!("{DESK}{SECOND}").replace("  skills:\n", "  prune: removed\n  skills:\n")
}

fn without_second(place: &Place) {
    place.write("manifests/desk.yaml", &pruned().replace(SECOND, ""));
}

#[test]
fn a_skill_that_the_manifests_gave_up_is_one_reviewed_delete() {
    let place = applied(&pruned());
    without_second(&place);
    place.run("plan --sandbox").ends(0).says("B002").prints("No changes.");
    let ran = place.run("plan --sandbox --since main --exit-code").ends(2);
    ran.prints("- DELETE   Say goodbye").prints("the manifests no longer declare it").prints("Plan: 1 to delete;");
    place.run("apply --sandbox --since main --yes").ends(0);
    place.run("plan --sandbox --since main --exit-code").ends(0);
}

/// The `--allow` that a guard prints.
fn allowance(ran: &super::Ran) -> String {
    let text = ran.stdout.split("`--allow ").nth(1).unwrap_or_else(|| panic!("{}", ran.all()));
    format!("--allow {}", text.split('`').next().unwrap())
}

#[test]
fn a_file_that_is_gone_takes_its_agents_skills_with_it_once_somebody_says_so() {
    let place = applied(&pruned());
    place.write("manifests/other.yaml", &DESK.replace("desk", "other").replace("Front Desk", "Other Desk"));
    commit(&place, "another agent");
    place.run("apply --sandbox --yes").ends(0);
    std::fs::remove_file(place.path("manifests/desk.yaml")).unwrap();
    let writes = place.writes();
    let ran =
        place.run("apply --sandbox --since main --yes").ends(6).prints("given-up: no manifest under the given paths");
    assert_eq!(place.writes(), writes);
    let allow = allowance(&ran);
    let ran = place.run(&format!("plan --sandbox --since main {allow}")).ends(0);
    ran.prints("- DELETE   Look up order").prints("- DELETE   Say goodbye").prints("Plan: 2 to delete;");
    place.run(&format!("apply --sandbox --since main --yes {allow}")).ends(0);
    place.run("plan --sandbox --since main --exit-code").ends(0);
}

/// It may only have moved to where nobody looks now.
#[test]
fn an_agent_that_moved_out_of_the_given_paths_keeps_its_skills() {
    let place = Place::with(&[
        ("m/a/desk.yaml", &pruned()),
        ("m/a/o.yaml", &DESK.replace("desk", "o").replace("Front Desk", "O")),
        ("m/b/x", ""),
    ]);
    super::since::repository(&place);
    place.run("apply m --sandbox --yes").ends(0);
    std::fs::rename(place.path("m/a/desk.yaml"), place.path("m/b/desk.yaml")).unwrap();
    let writes = place.writes();
    place.run("apply m/a --sandbox --since main --yes").ends(6);
    assert_eq!(place.writes(), writes);
    place.run("plan m --sandbox --since main --exit-code").ends(0);
}

/// What `prune: all` meant for an agent it does not mean for one that no manifest declares any more.
#[test]
fn of_an_agent_that_is_given_up_only_what_was_declared_goes() {
    let place = applied(&pruned().replace("prune: removed", "prune: all"));
    let extra = format!("{DESK}{}", SECOND.replace("Say goodbye", "By hand"));
    let folder = Place::with(&[("manifests/desk.yaml", &extra)]);
    folder.run(&format!("apply --sandbox={} --yes", place.path(".flowops/sandbox.json").display())).ends(0);
    place.write("manifests/desk.yaml", &DESK.replace("desk", "o").replace("Front Desk", "O"));
    commit(&place, "another one in its place");
    place.write("manifests/more.yaml", &DESK.replace("desk", "p").replace("Front Desk", "P"));
    let plan = place.run("plan --sandbox --since HEAD~1 --format json").ends(0).json();
    let text = plan.to_string();
    assert!(!text.contains("skill/By hand"), "{plan:#}");
}

#[test]
fn an_empty_input_is_never_an_empty_desired_state() {
    let place = applied(&pruned());
    let project = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: {}\n";
    place.write("flowops.yaml", project);
    std::fs::remove_file(place.path("manifests/desk.yaml")).unwrap();
    let writes = place.writes();
    for line in ["plan --sandbox --since main", "apply --sandbox --since main --yes"] {
        place.run(line).ends(6).says("the manifests declare no agent, and at `main` 1 agent");
    }
    std::fs::remove_file(place.path("flowops.yaml")).unwrap();
    place.run("apply --sandbox --since main --yes").ends(1).says("M007");
    std::fs::remove_dir(place.path("manifests")).unwrap();
    place.run("apply --sandbox --since main --yes").ends(1).says("M004");
    assert_eq!(place.writes(), writes);
}

#[test]
fn more_than_the_base_allows_is_blocked_whatever_the_change_says() {
    let skills: String = (1..=12).map(|n| SECOND.replace("Say goodbye", &format!("Skill {n}"))).collect();
    let place = applied(&format!("{}{skills}", pruned()));
    let project = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { policy: { deleteBudget: { count: 1000, percent: 100 } } }\n";
    place.write("flowops.yaml", project);
    place.write("manifests/desk.yaml", &pruned());
    let writes = place.writes();
    let ran = place.run("apply --sandbox --since main --yes").ends(6);
    let ran = ran.prints("delete-budget").prints("this run would delete 12 skills and the policy allows 10");
    assert_eq!(place.writes(), writes);
    // What the guard says lets exactly these through, and nothing else.
    let allow = allowance(&ran);
    place.run(&format!("plan --sandbox --since main --exit-code {}", allow.replace(':', ":0"))).ends(6);
    place.run(&format!("apply --sandbox --since main --yes {allow}")).ends(0).prints("12 of 12 steps done");
    for wrong in ["delete-budget", "everything=sha256:0", "delete-budget=0"] {
        place.run(&format!("plan --sandbox --allow {wrong}")).ends(64);
    }
}

#[test]
fn who_removes_a_protected_skill_does_not_remove_its_protection() {
    let protected = pruned().replace("      stakes: low\n", "      stakes: low\n      protect: true\n");
    let place = applied(&protected);
    let writes = place.writes();
    for manifest in [
        pruned().replace(SECOND, ""),
        format!("{}  absent: [Say goodbye]\n", pruned().replace(SECOND, "")),
        pruned()
            .replace("builtin", "email")
            .replace("action: end_call", "to: a@example.com, subject: Bye")
            .replace("      stakes: low\n", "      replace: true\n"),
    ] {
        place.write("manifests/desk.yaml", &manifest);
        place.run("apply --sandbox --since main --yes").ends(6).prints("`protect: true` covers `desk/Say goodbye`");
        assert_eq!(place.writes(), writes);
    }
}

#[test]
fn a_rename_that_nobody_stated_is_not_a_delete_and_a_create() {
    let place = applied(&pruned());
    place.write("manifests/desk.yaml", &pruned().replace("name: Say goodbye", "name: Say farewell"));
    let ran = place.run("plan --sandbox --since main --exit-code").ends(6);
    ran.prints("rename: it is 100 % the same as `Say goodbye`").prints("say `was: Say goodbye` on it");
    place.write(
        "manifests/desk.yaml",
        &pruned().replace("name: Say goodbye", "name: Say farewell\n      was: Say goodbye"),
    );
    place.run("plan --sandbox --since main --exit-code").ends(2).prints("~ update   Say goodbye → Say farewell");
}

#[test]
fn an_agent_that_is_pruned_whole_keeps_nothing_that_no_manifest_declares() {
    let place = applied(&format!("{DESK}{SECOND}"));
    place.write("manifests/desk.yaml", &DESK.replace("  skills:\n", "  prune: all\n  skills:\n"));
    let ran = place.run("plan --sandbox").ends(0);
    ran.prints("- DELETE   Say goodbye").prints("no manifest declares it, and the agent says `prune: all`");
    place.run("apply --sandbox --yes").ends(0);
    place.run("plan --sandbox --exit-code").ends(0);
}

/// What was declared of one live agent is no other one's.
#[test]
fn an_agent_that_is_matched_anew_loses_nothing_that_was_never_declared_of_it() {
    let place = applied(&pruned());
    let third = format!("{DESK}{SECOND}").replace("name: desk", "name: third").replace("Front Desk", "Third Desk");
    let folder = Place::with(&[("manifests/third.yaml", &third)]);
    folder.run(&format!("apply --sandbox={} --yes", place.path(".flowops/sandbox.json").display())).ends(0);
    let without = pruned().replace(SECOND, "").replace("an order.", "orders.");
    place.write("manifests/desk.yaml", &without.replace("Front Desk", "Third Desk"));
    let plan = place.run("plan --sandbox --since main --format json").ends(0).json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let steps: Vec<_> = steps.map(|step| (step["action"].as_str().unwrap(), step["cause"].as_str().unwrap())).collect();
    assert_eq!(steps, [("update", "manifest")], "{plan:#}");
    // By id now and by name before: whether it is the same agent cannot be told, so nothing goes.
    let id = plan["steps"][0]["agent"]["id"].as_str().unwrap();
    place.write("manifests/desk.yaml", &without.replace("{ name: Front Desk }", &format!("{{ id: {id} }}")));
    let plan = place.run("plan --sandbox --since main --format json").ends(0).json();
    let steps = plan["steps"].as_array().unwrap().iter();
    let steps: Vec<_> = steps.map(|step| (step["action"].as_str().unwrap(), step["cause"].as_str().unwrap())).collect();
    assert_eq!(steps, [("update", "unknown")], "{plan:#}");
}

/// An agent that has another address and is found in another way may be the same: nothing of it goes, whoever is selected.
#[test]
fn an_agent_that_may_still_be_declared_is_not_given_up() {
    let place = applied(&pruned());
    let plan = place.run("plan --sandbox --format json").ends(0).json();
    assert_eq!(plan["steps"].as_array().unwrap().len(), 0);
    let text = std::fs::read_to_string(place.path(".flowops/sandbox.json")).unwrap();
    let store: serde_json::Value = serde_json::from_str(&text).unwrap();
    let by_id = format!("{{ id: {} }}", store["agents"][0]["id"].as_str().unwrap());
    let moved = pruned().replace("name: desk", "name: front").replace("{ name: Front Desk }", &by_id);
    place.write("manifests/desk.yaml", &moved);
    place.run("plan --sandbox --since main --exit-code").ends(0);
    place.run("plan --sandbox --since main --agent desk").ends(64);
}

/// Whatever else the change does to the agent, what was protected stays.
#[test]
fn no_other_change_takes_a_guard_of_the_base_away() {
    let project = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { targets: { one: {} }, policy: { protected: ['desk/Say *'] } }\n";
    let all = pruned().replace("prune: removed", "prune: all");
    let marked = all.replace("      stakes: low\n", "      stakes: low\n      protect: true\n");
    for (manifest, is_global) in [(&all, true), (&marked, false)] {
        let place = applied(manifest);
        if is_global {
            place.write("flowops.yaml", project);
            commit(&place, "protected");
        }
        let id = super::since::agent_id(&place);
        let without = all.replace(SECOND, "");
        let open = project.replace(", policy: { protected: ['desk/Say *'] }", "");
        place.write("flowops.yaml", &open);
        let writes = place.writes();
        for (manifest, project) in [
            (without.replace("name: desk", "name: front"), open.clone()),
            (without.replace("{ name: Front Desk }", &format!("{{ id: {id} }}")), open.clone()),
            (
                without
                    .replace("name: desk", "name: front")
                    .replace("{ name: Front Desk }", &format!("{{ id: {id} }}")),
                open.clone(),
            ),
            (without.clone(), open.replace("{ one: {} }", "{ two: {} }")),
        ] {
            place.write("manifests/desk.yaml", &manifest);
            place.write("flowops.yaml", &project);
            place.run("apply --sandbox --since main --yes").ends(6);
            assert_eq!(place.writes(), writes, "{manifest}{project}");
        }
    }
}

#[test]
fn what_a_pack_installed_is_not_pruned_with_its_declaration() {
    let pack = "---\napiVersion: flowops/v1\nkind: ConnectorPack\nmetadata: { name: hubspot }\nspec: { kind: hubspot, skills: [{ name: Look up contact, skillType: crm }, { name: Create contact, skillType: crm }, { name: Log call note, skillType: crm }] }\n";
    let with = DESK.replace("  skills:\n", "  prune: all\n  packs: [{ kind: hubspot }]\n  skills:\n");
    let place = applied(&format!("{with}{pack}"));
    let without = with.replace("  packs: [{ kind: hubspot }]\n", "");
    for manifest in [format!("{without}{pack}"), without] {
        place.write("manifests/desk.yaml", &manifest);
        let plan = place.run("plan --sandbox --since main --format json").ends(0).json();
        assert_eq!(
            (plan["steps"].as_array().unwrap().len(), plan["held"].as_array().unwrap().len()),
            (0, 0),
            "{plan:#}"
        );
    }
}

#[test]
fn of_two_skills_like_the_one_that_comes_neither_goes() {
    let twins = SECOND.to_owned() + &SECOND.replace("Say goodbye", "Say hello");
    let place = applied(&pruned().replace(SECOND, &twins));
    place.write("manifests/desk.yaml", &pruned().replace(SECOND, &SECOND.replace("Say goodbye", "Say farewell")));
    let writes = place.writes();
    place.run("apply --sandbox --since main --yes").ends(6);
    assert_eq!(place.writes(), writes);
}

#[test]
fn a_skill_that_was_given_up_and_edited_meanwhile_is_both_and_drift() {
    let place = applied(&pruned());
    super::since::edit(&place, "Say goodbye", "stakes", "high");
    without_second(&place);
    let plan = place.run("plan --sandbox --since main --format json").ends(0).json();
    assert_eq!(plan["steps"][0]["cause"], "both");
    place.run("drift --sandbox --since main").ends(2);
}
