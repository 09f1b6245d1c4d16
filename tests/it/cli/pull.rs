//! Live → manifests, on the command line.

use flowops::sandbox::Sandbox;
use serde_json::{Value as Json, json};

use super::since::{SECOND, applied, commit, edit};
use super::{DESK, Place};

fn read(place: &Place, path: &str) -> String {
    std::fs::read_to_string(place.path(path)).unwrap()
}

/// Somebody makes a skill in the dashboard.
fn make(place: &Place, skill: &Json) {
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    let request = flowops::api::RawRequest {
        method: flowops::api::Method::Post,
        path: format!("/agents/{agent}/skills"),
        query: Vec::new(),
        idempotency_key: None,
        body: Some(skill.clone()),
    };
    let answer = sandbox.exchange(&flowops::sandbox::Caller::local(), &request).unwrap();
    assert!(answer.is_success());
}

#[test]
fn one_change_is_accepted_and_the_other_is_applied_and_nothing_is_left() {
    let place = applied(&format!("{DESK}{SECOND}"));
    edit(&place, "Look up order", "description", "Looks up an order, or so.");
    edit(&place, "Say goodbye", "description", "Ends the call, by hand.");
    place.write(
        "manifests/desk.yaml",
        &format!("{DESK}{SECOND}").replace("stakes: low", "stakes: medium # from now on"),
    );
    commit(&place, "second");
    let ran = place.run("plan --sandbox --since HEAD~1 --exit-code").ends(2);
    ran.prints("What the manifests changed since HEAD~1").prints("live changed this, and the manifest did not");
    let ran = place
        .run_words(&["pull", "--sandbox", "--accept", "desk/Look up order", "--accept", "desk/Say goodbye/description"])
        .ends(0);
    ran.prints("Written: 1 changed file.");
    let text = read(&place, "manifests/desk.yaml");
    assert!(text.contains("stakes: medium # from now on") && text.contains("Looks up an order, or so."), "{text}");
    let ran = place.run("plan --sandbox --since HEAD~1").ends(0);
    ran.prints("Plan: 1 to update; 1 unchanged.").prints("stakes: low → medium");
    place.run("apply --sandbox --since HEAD~1 --yes").ends(0);
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.");
}

#[test]
fn a_check_writes_nothing_and_says_what_would_change() {
    let place = applied(&format!("{DESK}{SECOND}"));
    place.run("pull --sandbox --check").ends(0).prints("No file changes.");
    edit(&place, "Say goodbye", "stakes", "high");
    let before = read(&place, "manifests/desk.yaml");
    let ran = place.run("pull --sandbox --check").ends(2);
    ran.prints("Would be written: 1 changed file.").prints("stakes: low → high");
    assert_eq!(read(&place, "manifests/desk.yaml"), before);
    let json = place.run("pull --sandbox --check --format json").ends(2).json();
    assert_eq!(json["format"], "flowops.pull/v1");
    assert_eq!(json["files"], json!([{ "path": "manifests/desk.yaml", "action": "update" }]));
    assert_eq!(json["changes"][0]["fields"], json!([{ "path": "/stakes", "before": "low", "after": "high" }]));
}

#[test]
fn skills_made_renamed_and_deleted_in_the_dashboard_are_taken_over() {
    let place = applied(&format!("{DESK}{SECOND}"));
    make(
        &place,
        &json!({
            "name": "Notify: the desk", "description": "Says that ${somebody} waits.", "skillType": "http_webhook",
            "executionConfig": { "url": "https://hooks.example.com/{id}", "headers": { "X-Token": "SENTINEL-9", "Accept": "text/plain" } },
        }),
    );
    let ran = place.run("pull --sandbox").ends(0);
    let ran = ran.prints("+ Notify: the desk").prints("$FLOWOPS_SECRET_DESK_X_TOKEN");
    assert!(!ran.all().contains("SENTINEL-9"));
    let text = read(&place, "manifests/desk.yaml");
    assert!(
        text.contains("X-Token: { fromEnv: FLOWOPS_SECRET_DESK_X_TOKEN }") && text.contains("Accept: text/plain"),
        "{text}"
    );
    assert!(text.contains("$${somebody}") && !text.contains("SENTINEL-9"), "{text}");
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.");
    edit(&place, "Say goodbye", "name", "Say farewell");
    place.run("pull --sandbox").ends(0).prints("~ Say goodbye  is called `Say farewell`");
    assert_eq!(read(&place, "manifests/desk.yaml"), text.replace("Say goodbye", "Say farewell"));
    place.run("plan --sandbox --exit-code").ends(0);
}

#[test]
fn an_agent_without_a_manifest_gets_one_beside_the_others() {
    let place = applied(DESK);
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    sandbox
        .with_store(|store| {
            store.seed_agent(None, "Größe & Co. (Nacht)");
            store.seed_agent(None, "COM1");
        })
        .unwrap();
    let ran =
        place.run("pull --sandbox --only Gr*").ends(0).prints("+ grosse-co-nacht  manifests/grosse-co-nacht.yaml");
    ran.prints("Written: 1 new file.");
    place.run("pull --sandbox").ends(0).prints("+ agent-com1");
    place.run("plan --sandbox --exit-code").ends(0);
    // Whoever selects declared agents gets no others.
    std::fs::remove_file(place.path("manifests/agent-com1.yaml")).unwrap();
    place.run("pull --sandbox --agent desk").ends(0).prints("No file changes.");
}

#[test]
fn who_selects_an_agent_changes_no_other_and_makes_none_twice() {
    let place = applied(&format!("{DESK}{SECOND}"));
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let id = sandbox
        .with_store(|store| {
            store.seed_agent(None, "Night Desk");
            store.agents().find(|(_, name)| *name == "Night Desk").unwrap().0.to_string()
        })
        .unwrap();
    drop(sandbox);
    let night =
        format!("apiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: late }}\nspec: {{ match: {{ id: {id} }} }}\n");
    place.write("manifests/late.yaml", &night);
    edit(&place, "Say goodbye", "stakes", "high");
    place.run("pull --sandbox --only Night* --check").ends(0).prints("No file changes.");
    place.run("pull --sandbox --agent late --check").ends(0).prints("No file changes.");
    place.run("pull --sandbox --agent desk").ends(0).prints("stakes: low → high").prints("Written: 1 changed file.");
    assert_eq!(read(&place, "manifests/late.yaml"), night);
}

#[test]
fn an_accepted_place_that_does_not_exist_is_wrong_usage() {
    let place = applied(DESK);
    for (accept, why) in [
        ("desk", "is not `AGENT/SKILL`"),
        ("desk/Nothing", "neither the manifests nor the server"),
        ("night/Look up order", "no selected agent has this address"),
    ] {
        place.run_words(&["pull", "--sandbox", "--accept", accept]).ends(64).says(why);
    }
}

#[test]
fn variables_files_beside_and_rosters_keep_their_place() {
    let desk = DESK
        .replace("description: Looks up an order.", "description: { fromFile: prompts/order.md }")
        .replace("'https://api.example.com/orders'", "'${var.api}/orders', method: POST");
    let place = Place::with(&[
        ("manifests/desk.yaml", desk.as_str()),
        ("manifests/prompts/order.md", "Looks up an order.\r\nBy number.\r\n"),
        (
            "flowops.yaml",
            "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec:\n  variables: { api: https://api.example.com }\n",
        ),
    ]);
    place.run("apply --sandbox --yes").ends(0);
    edit(&place, "Look up order", "description", "Looks up an order.\nBy number or name.");
    config(&place, "url", json!("https://api.example.com/v2/orders"));
    place.run("pull --sandbox").ends(0).prints("~ manifests/prompts/order.md");
    assert_eq!(read(&place, "manifests/prompts/order.md"), "Looks up an order.\r\nBy number or name.\r\n");
    assert_eq!(read(&place, "manifests/desk.yaml"), desk.replace("/orders'", "/v2/orders'"));
    place.run("plan --sandbox --exit-code").ends(0);
    // Another host is another variable, which other targets have, too.
    config(&place, "url", json!("https://other.example.com/orders"));
    let ran = place.run("pull --sandbox").ends(2);
    ran.prints("! desk/Look up order").prints("the manifest takes `${var.api}` there, whose value live does not have");
}

#[test]
fn another_type_comes_with_its_settings_or_not_at_all_and_a_reference_stays() {
    let desk = DESK.replace(
        "executionConfig: { url: 'https://api.example.com/orders' }",
        "executionConfig: { url: 'https://api.example.com/orders', token: { fromEnv: FLOWOPS_SECRET_T } } # as agreed",
    );
    let place = applied(&desk);
    edit(&place, "Look up order", "skillType", "email");
    // Without an address it would not be valid.
    place.run("pull --sandbox").ends(2).prints("a skill of type `email` needs `executionConfig.");
    assert_eq!(read(&place, "manifests/desk.yaml"), desk);
    config(&place, "url", Json::Null);
    config(&place, "to", json!("desk@example.com"));
    config(&place, "subject", json!("Order {number}"));
    place.run("pull --sandbox").ends(0);
    let text = read(&place, "manifests/desk.yaml");
    assert!(text.contains("skillType: email") && !text.contains("url:"), "{text}");
    assert!(text.contains("token: { fromEnv: FLOWOPS_SECRET_T }") && text.contains("} # as agreed"), "{text}");
    place.run("plan --sandbox --exit-code").ends(0);
}

fn config(place: &Place, key: &str, value: Json) {
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    let found = sandbox.with_store(|store| {
        let skill = store.skills_of(&agent)[0].0.clone();
        store.edit_skill(&agent, &skill, |fields| fields["executionConfig"][key] = value)
    });
    assert!(found.unwrap());
}

#[test]
fn a_file_that_changed_meanwhile_or_is_a_link_keeps_all_others_from_being_written() {
    use flowops::fs::{Replacement, replace_all};

    let folder = crate::support::folder(&[("a", "\u{feff}one"), ("b", "two"), ("c", "three")]);
    let path = |name: &str| folder.path().join(name);
    let file = |name: &str, before: Option<&str>| Replacement {
        path: path(name),
        before: before.map(str::to_owned),
        after: "new".to_owned(),
    };
    let text = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let moved = [file("a", Some("one")), file("new/d", None), file("b", Some("other"))];
    assert!(replace_all(&moved).unwrap_err().to_string().contains("changed while it was edited"));
    assert!(replace_all(&[file("a", Some("one")), file("c", None)]).is_err());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(path("a"), path("link")).unwrap();
        assert!(replace_all(&[file("a", Some("one")), file("link", Some("one"))]).is_err());
    }
    assert_eq!((text("a"), text("b"), text("c")), ("\u{feff}one".to_owned(), "two".to_owned(), "three".to_owned()));
    assert!(!path("new/d").exists());
    replace_all(&[file("a", Some("one")), file("new/d", None)]).unwrap();
    assert_eq!((text("a"), text("new/d")), ("\u{feff}new".to_owned(), "new".to_owned()));
    let left = std::fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".flowops"));
    assert_eq!(left.count(), 0);
}

/// Every comment of a text, in order, with the line it stands on if it stands alone.
fn comments(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with('#')).collect()
}

#[test]
fn the_example_comes_back_from_a_server_and_takes_over_edits_without_losing_a_comment() {
    let place = Place::with_manifests();
    place.run("apply --sandbox --yes").ends(0);
    std::fs::create_dir(place.path("empty")).unwrap();
    place.run("pull empty --sandbox").ends(0).prints("Written: 10 new files.");
    place.run("plan empty --sandbox --exit-code").ends(0).prints("No changes.");
    place.run("pull empty --sandbox").ends(0).prints("No file changes.");
    // The manifests themselves are as live is.
    place.run("pull --sandbox").ends(0).prints("No file changes.");
    let before: Vec<(String, String)> = manifests(&place);
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    // What a template makes is not edited for one of its agents.
    let made = ["Tarnwheel Northgate", "Tarnwheel Riverside"].map(|name| crate::world::agent_id(&sandbox, name));
    sandbox
        .with_store(|store| {
            let agents: Vec<_> = store.agents().map(|(id, _)| id.clone()).filter(|id| !made.contains(id)).collect();
            for agent in agents {
                for (at, (skill, fields)) in store.skills_of(&agent).into_iter().enumerate() {
                    let text = fields["description"].as_str().unwrap().replacen(". ", ". By hand: ", 1);
                    store.edit_skill(&agent, &skill, |fields| {
                        if at % 2 == 0 {
                            fields.insert("description".to_owned(), json!(text));
                        }
                        if at % 3 == 0 {
                            fields.insert("stakes".to_owned(), json!("high"));
                            fields.insert("channels".to_owned(), json!(["chat"]));
                        }
                    });
                }
            }
        })
        .unwrap();
    drop(sandbox);
    let ran = place.run("pull --sandbox").ends(0);
    assert!(ran.stdout.contains("By hand"), "{ran:?}");
    // Nothing is left but what an apply alone does: publishing, for the agent that says so.
    place.run("plan --sandbox --exit-code").ends(2).prints("Plan: 1 to publish; 134 unchanged.");
    for ((path, before), (_, after)) in before.iter().zip(manifests(&place)) {
        assert_eq!(comments(before), comments(&after), "{path}");
        assert_eq!(before.matches(" # ").count(), after.matches(" # ").count(), "{path}");
    }
}

fn manifests(place: &Place) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["agents", "agent-sets", "skill-sets", "packs"] {
        for entry in std::fs::read_dir(place.path("manifests").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}
