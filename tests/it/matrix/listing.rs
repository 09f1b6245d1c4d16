//! D: lists that move, lie or break while they are read.

use flowops::api::Method;
use flowops::cli::exit::Exit;
use flowops::model::AgentId;
use flowops::sandbox::{Quirks, Store};
use serde_json::{Value as Json, json};

use super::meanwhile::{SKILLS, answer, edit, listed};
use super::{deletes, manifest, skill, updates};
use crate::scene::{Played, Scene, read};

/// A server whose pages hold 20 skills, with so many beside those that the manifest means: one to update, one to
/// delete. Both stand on the last page.
fn long(others: usize, quirks: &str) -> Scene {
    let quirks = Quirks::parse(&format!("limit=ignored,{quirks}")).unwrap();
    let mut store = Store::new(3).with_quirks(quirks);
    let agent = store.seed_agent(None, "Front Desk");
    let others = (1..=others).map(|number| format!("Other {number:03}"));
    for name in others.chain(["First".to_owned(), "Gone".to_owned()]) {
        store.seed_skill(&agent, skill(&name, "Old.").1);
    }
    let spec = format!("  skills:\n{}  absent: [Gone]\n", skill("First", "One.").0);
    Scene::new(read(&manifest(&spec)), store)
}

/// Nothing was written, since a list was in doubt; what is said of it.
#[track_caller]
fn refuses(scene: &Scene) -> String {
    let Played { writes, report, error, .. } = scene.plays(Exit::Guarded);
    assert!(writes == 0 && report.is_none(), "{error}");
    assert!(error.contains("the list of skills of `desk` cannot be proved complete"), "{error}");
    error
}

#[test]
fn d01_a_skill_that_comes_before_the_cursor_between_pages_is_no_doubt_for_long() {
    let new = json!({ "create": { "name": "New", "description": "x", "skillType": "builtin" } });
    for total in ["stated", "unstated"] {
        let scene = long(41, &format!("order=reversed,total={total}"));
        let played = scene.fault(&edit("GET", SKILLS, 1, "after-commit", &new)).plays(Exit::Ok);
        assert_eq!((played.arrived(Method::Patch, ""), played.arrived(Method::Delete, "")), (1, 1));
    }
}

#[test]
fn d02_a_skill_that_goes_between_pages_has_the_list_read_again() {
    let gone = json!({ "delete": "Other 001" });
    let played = long(41, "").fault(&edit("GET", SKILLS, 1, "after-commit", &gone)).plays(Exit::Ok);
    assert_eq!((played.arrived(Method::Patch, ""), played.arrived(Method::Delete, "")), (1, 1));
}

#[test]
fn d02_while_skills_keep_going_between_pages_nothing_is_written() {
    let gone = |nth: u64, name: &str| edit("GET", SKILLS, nth, "after-commit", &json!({ "delete": name }));
    let scene = long(41, "").fault(&gone(1, "Other 001")).fault(&gone(4, "Other 002"));
    let said = refuses(&scene);
    assert!(said.contains("it changed while it was read: the server counted 42, then 41"), "{said}");
}

/// Where the server does not count, nothing shows that the skill at the edge of a page was skipped. What was not seen
/// is not deleted, and is looked for once more before it is made.
#[test]
fn d02_a_skill_that_is_skipped_where_nobody_counts_is_not_made_a_second_time() {
    let gone = json!({ "delete": "Other 001" });
    let scene = long(20, "total=unstated,names=free").fault(&edit("GET", SKILLS, 1, "after-commit", &gone));
    let played = scene.plays(Exit::Stale);
    assert_eq!(played.arrived(Method::Post, "/skills"), 0);
    assert!(played.all().contains("since the plan there is a skill of this name"), "{}", played.all());
}

/// A page of one skill of this name, and where it leads.
fn page(name: &str, cursor: &str) -> Json {
    let skill = json!({ "id": format!("skl_{name}"), "name": name, "description": "x", "skillType": "builtin" });
    json!({ "success": true, "data": [skill], "pagination": { "limit": 20, "nextCursor": cursor } })
}

/// A list in doubt is a guard's business in this program, so it ends with 6.
#[test]
fn d03_the_same_cursor_for_ever_is_a_loop() {
    let scene = (0..2).fold(updates(), |scene, time| {
        let pages = [("A", 2 * time + 1), ("B", 2 * time + 2)];
        pages
            .into_iter()
            .fold(scene, |scene, (name, nth)| scene.fault(&answer("GET", SKILLS, nth, 1, 200, &page(name, "again"))))
    });
    let said = refuses(&scene);
    assert!(said.contains("the server gave the same cursor twice"), "{said}");
}

#[test]
fn d04_a_page_that_adds_nothing_and_has_a_cursor_is_not_followed_for_ever() {
    let scene = updates().fault(&answer("GET", SKILLS, 1, 1_000, 200, &page("A", "onwards")));
    let said = refuses(&scene);
    assert!(said.contains("gave nothing new"), "{said}");
}

#[test]
fn d05_a_cursor_that_ran_out_begins_the_list_anew_once() {
    for status in [400, 410] {
        let ran_out = |nth| answer("GET", SKILLS, nth, 1, status, &json!({ "title": "Cursor expired" }));
        long(41, "").fault(&ran_out(2)).plays(Exit::Ok);
        let said = long(41, "").fault(&ran_out(2)).fault(&ran_out(4)).fails_to_read();
        assert!(said.contains(&status.to_string()) && said.contains("Cursor expired"), "{said}");
    }
}

#[test]
fn d06_a_page_that_always_fails_leaves_no_plan_from_the_others() {
    let scene = long(90, "").fault(&answer("GET", SKILLS, 3, 1_000, 500, &json!({ "title": "Internal error" })));
    let said = scene.fails_to_read();
    assert!(said.contains("the skills of agent") && said.contains("500"), "{said}");
}

#[test]
fn d07_a_limit_that_is_ignored_hides_nothing() {
    for paging in ["cursor", "page", "none", "cursor-ignored", "object"] {
        for total in ["stated", "unstated"] {
            let played = long(58, &format!("paging={paging},total={total}")).plays(Exit::Ok);
            assert_eq!((played.writes, played.names().len()), (2, 59));
        }
    }
}

/// A list with a hole is good for nothing in this program, not only for no deletion.
#[test]
fn d08_a_total_above_the_count_has_the_list_read_again_and_then_nothing_is_written() {
    let mut body = listed(&deletes().store);
    body["pagination"]["total"] = json!(9);
    deletes().fault(&answer("GET", SKILLS, 1, 1, 200, &body)).plays(Exit::Ok);
    let said = refuses(&deletes().fault(&answer("GET", SKILLS, 1, 1_000, 200, &body)));
    assert!(said.contains("the server counts 9 but gave 4"), "{said}");
}

/// A delete whose list has a hole at its turn is not sent either.
#[test]
fn d08_a_total_above_the_count_right_before_a_delete_keeps_it_back() {
    let mut body = listed(&deletes().store);
    body["pagination"]["total"] = json!(9);
    let skills = body["data"].as_array_mut().unwrap();
    skills.retain(|skill| skill["name"] != "Gone");
    let played = deletes().keep_going().fault(&answer("GET", SKILLS, 3, 2, 200, &body)).plays(Exit::Partial);
    assert_eq!(played.arrived(Method::Delete, ""), 0);
    assert!(played.all().contains("whether it is still there cannot be told"), "{}", played.all());
}

/// A list that ends exactly where a page would is asked for more before it is believed.
#[test]
fn d09_a_list_without_pagination_is_believed_once_there_is_no_second_page() {
    for others in [3, 18, 98, 120] {
        let played = long(others, "paging=none").plays(Exit::Ok);
        assert_eq!((played.writes, played.names().len()), (2, others + 1));
    }
}

#[test]
fn d10_a_list_is_an_array_or_an_object_around_one_and_anything_else_is_an_error() {
    let spec = "  skills: []\n";
    let mut store = Store::new(3).with_quirks(Quirks::parse("paging=object").unwrap());
    store.seed_agent(None, "Front Desk");
    Scene::new(read(&manifest(spec)), store).plans(Exit::Ok);
    for body in [json!({ "data": null }), json!({}), json!({ "data": {} }), json!({ "data": "none" }), json!([])] {
        let said = deletes().fault(&answer("GET", SKILLS, 1, 1_000, 200, &body)).fails_to_read();
        assert!(said.contains("the server's answer cannot be read"), "{body}: {said}");
    }
}

fn empty() -> Json {
    json!({ "success": true, "data": [], "pagination": { "page": 1, "limit": 100, "total": 0, "totalPages": 0 } })
}

#[test]
fn d11_a_list_of_agents_that_is_suddenly_empty_is_an_error() {
    let said = updates().fault(&answer("GET", "/agents", 1, 1_000, 200, &empty())).plays(Exit::Failed);
    assert_eq!(said.writes, 0);
    assert!(said.error.contains("the server has no agent called `Front Desk`"), "{}", said.error);
}

/// Nothing remembers what was there, so the plan wants everything made; the look before the first write sees better.
#[test]
fn d11_a_list_of_skills_that_was_empty_for_the_plan_is_a_conflict() {
    let mut scene = updates();
    scene.store.set_quirks(Quirks::parse("names=free").unwrap());
    let played = scene.fault(&answer("GET", SKILLS, 1, 1, 200, &empty())).plays(Exit::Stale);
    assert_eq!(played.writes, 0);
}

/// A server that goes on showing nothing is believed. One that keeps names unique then refuses.
#[test]
fn d11_a_list_of_skills_that_stays_empty_doubles_nothing_where_names_are_unique() {
    let played = updates().fault(&answer("GET", SKILLS, 1, 1_000, 200, &empty())).plays(Exit::Failed);
    assert_eq!(played.names(), ["First", "Second", "Made by hand"]);
}

#[test]
fn d12_ten_thousand_agents_are_read_through_a_server_that_stumbles() {
    let mut store = Store::new(3);
    for number in 1..10_000 {
        store.seed_agent(Some(&AgentId::parse(&format!("agt_{number}")).unwrap()), &format!("Agent {number}"));
    }
    store.seed_agent(Some(&AgentId::parse("agt_desk").unwrap()), "Front Desk");
    let spec = format!("  skills:\n{}", skill("First", "One.").0);
    let scene = Scene::new(read(&manifest(&spec)), store).fault(
        "- { method: GET, percent: 3, stage: before-commit, action: { status: { status: 429, headers: { Retry-After: '1' } } } }\n\
         - { method: GET, percent: 3, stage: after-commit, action: { status: { status: 500 } } }",
    );
    let plan = scene.plans(Exit::Differences);
    assert_eq!(plan.reads, 101, "100 pages of agents and one of skills");
}
