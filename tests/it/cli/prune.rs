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
    // What holds all of them is said once, below the last.
    assert_eq!((ran.stdout.matches("this run would delete").count(), ran.stdout.matches("! delete").count()), (1, 12));
    // What the guard says lets exactly these through, and nothing else.
    let allow = allowance(&ran);
    let other = format!("--allow delete-budget=sha256:{}", "0".repeat(64));
    place.run(&format!("plan --sandbox --since main --exit-code {other}")).ends(6);
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

const PROJECT: &str = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: {}\n";

/// The names of what the first live agent has.
fn live_names(place: &Place) -> Vec<String> {
    let text = std::fs::read_to_string(place.path(".flowops/sandbox.json")).unwrap();
    let store: serde_json::Value = serde_json::from_str(&text).unwrap();
    let skills = store["agents"][0]["skills"].as_array().unwrap().iter();
    skills.map(|skill| skill["fields"]["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_last_agent_is_given_up_like_any_other_while_the_project_stands() {
    let place = Place::with(&[("manifests/desk.yaml", &pruned()), ("flowops.yaml", PROJECT)]);
    super::since::repository(&place);
    place.run("apply --sandbox --yes").ends(0);
    std::fs::remove_file(place.path("manifests/desk.yaml")).unwrap();
    let writes = place.writes();
    let ran = place.run("apply --sandbox --since main --yes").ends(6);
    let ran = ran.prints("given-up: no manifest under the given paths declares the agent any more");
    assert_eq!(place.writes(), writes);
    // Without the project it is an empty input like any other.
    std::fs::rename(place.path("flowops.yaml"), place.path("kept")).unwrap();
    place.run("apply --sandbox --since main --yes").ends(1).says("M007");
    place.write(
        "manifests/set.yaml",
        "apiVersion: flowops/v1\nkind: SkillSet\nmetadata: { name: s }\nspec: { skills: [] }\n",
    );
    place
        .run("apply --sandbox --since main --yes")
        .ends(6)
        .says("the manifests declare no agent, and at `main` 1 agent");
    std::fs::rename(place.path("kept"), place.path("flowops.yaml")).unwrap();
    assert_eq!(place.writes(), writes);
    place.run(&format!("apply --sandbox --since main --yes {}", allowance(&ran))).ends(0);
    assert_eq!(live_names(&place), [""; 0]);
    place.run("plan --sandbox --since main --exit-code").ends(0);
}

/// Where nothing was to be pruned, there is nothing that somebody could let go.
#[test]
fn an_agent_that_was_not_pruned_is_not_given_up_as_the_last_one() {
    let place = Place::with(&[("manifests/desk.yaml", DESK), ("flowops.yaml", PROJECT)]);
    super::since::repository(&place);
    place.run("apply --sandbox --yes").ends(0);
    std::fs::remove_file(place.path("manifests/desk.yaml")).unwrap();
    place.run("plan --sandbox --since main").ends(6).says("the manifests declare no agent, and at `main` 1 agent");
}

/// The desk, and another agent that stays.
fn with_other(manifest: &str) -> Place {
    let other = DESK.replace("desk", "other").replace("Front Desk", "Other Desk");
    let place = Place::with(&[("manifests/desk.yaml", manifest), ("manifests/other.yaml", &other)]);
    super::since::repository(&place);
    place.run("apply --sandbox --yes").ends(0);
    place
}

#[test]
fn of_two_live_agents_of_a_removed_agents_name_neither_loses_anything_and_the_rest_goes_on() {
    let place = with_other(&pruned());
    let sandbox = flowops::sandbox::Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let twin = flowops::model::AgentId::parse("agt_twin").unwrap();
    sandbox.with_store(|store| store.seed_agent(Some(&twin), "Front Desk")).unwrap();
    drop(sandbox);
    std::fs::remove_file(place.path("manifests/desk.yaml")).unwrap();
    let other = std::fs::read_to_string(place.path("manifests/other.yaml")).unwrap();
    place.write("manifests/other.yaml", &other.replace("an order.", "orders."));
    let ran = place.run("apply --sandbox --since main --yes").ends(0).prints("1 of 1 step done");
    ran.says("warning[L009]").says("more than one agent has the name that `desk` matched: ").says("`agt_twin`");
    assert_eq!(live_names(&place), ["Look up order", "Say goodbye"]);
    // One that is still declared stops the run, as ever.
    place.write("manifests/desk.yaml", &pruned());
    place.run("apply --sandbox --since main --yes").ends(1).says("L002");
}

#[test]
fn an_agent_that_got_another_address_is_selected_by_its_former_one() {
    let place = with_other(&pruned());
    let renamed = pruned().replace("name: desk", "name: front").replace("an order.", "orders.");
    place.write("manifests/desk.yaml", &renamed);
    place.run("plan --sandbox --agent desk").ends(64).says("no manifest declares this agent");
    let ran = place.run("plan --sandbox --since main --agent desk").ends(0);
    ran.prints("front (").prints("~ update   Look up order").says("note: `--agent desk` is `front` now");
    place.run("plan --sandbox --since main --agent dsk").ends(64);
}

#[test]
fn what_goes_from_an_agent_that_is_given_up_is_published_as_it_was() {
    let place = with_other(&pruned().replace("  prune:", "  publish: onChange\n  prune:"));
    std::fs::remove_file(place.path("manifests/desk.yaml")).unwrap();
    let ran = place.run("plan --sandbox --since main --exit-code").ends(6).prints("Plan: nothing to do;");
    let allow = allowance(&ran);
    let ran = place.run(&format!("plan --sandbox --since main {allow}")).ends(0);
    ran.prints("Plan: 2 to delete, 1 to publish;");
    place.run(&format!("apply --sandbox --since main --yes {allow}")).ends(0).prints("3 of 3 steps done");
    place.run("plan --sandbox --since main --exit-code").ends(0).prints("No changes.");
}

#[test]
fn what_others_did_in_the_draft_of_an_agent_that_is_given_up_is_not_published() {
    let place = with_other(&pruned().replace("  prune:", "  publish: onChange\n  prune:"));
    std::fs::remove_file(place.path("manifests/desk.yaml")).unwrap();
    let sandbox = flowops::sandbox::Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    let hand = serde_json::json!({ "name": "By hand", "description": "Other.", "skillType": "builtin" });
    sandbox.with_store(|store| store.seed_skill(&agent, hand.as_object().cloned().unwrap())).unwrap();
    drop(sandbox);
    let ran = place.run("plan --sandbox --since main --exit-code").ends(6);
    let allow = allowance(&ran);
    place.run(&format!("apply --sandbox --since main --yes {allow}")).ends(6).prints("foreign-draft:");
    assert_eq!(live_names(&place), ["By hand"]);
    // Nobody declares it any more, so what is in its draft is nobody's here.
    place.run("plan --sandbox --since main --exit-code").ends(0);
}

/// Half of the example's agents are gone, as after a checkout that went wrong.
#[test]
fn a_folder_of_which_half_is_gone_is_blocked_and_says_how_much_is() {
    let place = Place::with_manifests();
    let folder = place.path("manifests/agents");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        std::fs::write(file, text.replacen("\nspec:\n", "\nspec:\n  prune: removed\n", 1)).unwrap();
    }
    super::since::repository(&place);
    place.run("apply --sandbox --yes").ends(0);
    let gone = files.len() / 2;
    files.iter().take(gone).for_each(|file| std::fs::remove_file(file).unwrap());
    let writes = place.writes();
    let rows = std::fs::read_to_string(place.path("manifests/agent-sets/branches.csv")).unwrap().lines().count() - 1;
    let said = format!("{gone} of {} agents of the base revision are gone", files.len() + rows);
    place.run("plan --sandbox --since main --exit-code").ends(6).prints(&said);
    place.run("apply --sandbox --since main --yes").ends(6).prints(&said).prints("Plan: nothing to do;");
    assert_eq!(place.writes(), writes);
}
