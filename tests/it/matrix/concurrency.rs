//! E: others who write at the same time, in the dashboard or with a run of their own.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use flowops::api::Method;
use flowops::cli::exit::Exit;
use flowops::plan::Action;
use flowops::sandbox::{Quirks, Sandbox};
use serde_json::json;

use super::meanwhile::{SKILL, after_the_plan, answer, edit, set};
use super::{creates, declared, deletes, live, manifest, publishes, updates};
use crate::raw::{KEY, RawServer, through};
use crate::scene::{Scene, read};
use crate::support::folder;
use crate::world::agent_id;

#[test]
fn e01_a_dashboard_edit_between_plan_and_write_stops_that_step() {
    let played =
        updates().fault(&after_the_plan(&set("First", &json!({ "description": "Edited." })))).plays(Exit::Stale);
    assert_eq!(played.writes, 1);
    assert_eq!(played.skill("First")["description"], "Edited.");
    assert_eq!(played.skill("Second")["description"], "Two.");
    assert!(played.all().contains("somebody else changed `description` since the plan"), "{}", played.all());
}

#[test]
fn e01_an_edit_of_a_skill_that_was_to_be_deleted_keeps_it() {
    let played = deletes().fault(&after_the_plan(&set("Gone", &json!({ "stakes": "high" })))).plays(Exit::Stale);
    assert_eq!(played.arrived(Method::Delete, ""), 0);
    assert!(played.all().contains("somebody else changed `stakes` since the plan"), "{}", played.all());
}

/// No client can see an edit that comes between its last read and its write where the server takes no `If-Match`: what
/// is declared is written over it, and what is not declared stays.
#[test]
fn e02_an_edit_right_before_the_write_keeps_what_is_not_declared() {
    let fields = json!({ "description": "Edited.", "stakes": "high" });
    let played = updates().fault(&edit("PATCH", SKILL, 1, "before-commit", &set("First", &fields))).plays(Exit::Ok);
    let first = played.skill("First");
    assert_eq!((&first["description"], &first["stakes"]), (&json!("One."), &json!("high")));
}

#[test]
fn e02_an_edit_right_after_the_write_is_seen_when_it_is_read_back() {
    let fields = json!({ "description": "Edited." });
    let played = updates().fault(&edit("PATCH", SKILL, 1, "after-commit", &set("First", &fields))).plays(Exit::Partial);
    assert_eq!(played.skill("First")["description"], "Edited.");
    assert!(played.all().contains("desk/skill/First is not as declared"), "{}", played.all());
}

#[test]
fn e03_an_edit_of_what_nobody_declares_is_kept() {
    let fields = json!({ "description": "Edited." });
    let played = updates().fault(&after_the_plan(&set("Made by hand", &fields))).plays(Exit::Ok);
    assert_eq!((played.writes, &played.skill("Made by hand")["description"]), (2, &json!("Edited.")));
}

/// The plan is applied whole, and live is not what is declared all the same: 0 would say that it is.
#[test]
fn e03_an_edit_of_a_declared_skill_that_was_in_sync_is_reported() {
    let all = [("First", "One."), ("Second", "Two."), ("Third", "Three.")];
    let scene = Scene::new(
        read(&manifest(&format!("  skills:\n{}", declared(&all)))),
        live(&[("First", "Old."), ("Second", "Old."), ("Third", "Three.")]),
    );
    let played = scene.fault(&after_the_plan(&set("Third", &json!({ "description": "Edited." })))).plays(Exit::Partial);
    assert_eq!((played.writes, &played.skill("Third")["description"]), (2, &json!("Edited.")));
    assert!(played.all().contains("still to update desk/skill/Third"), "{}", played.all());
}

#[test]
fn e04_a_skill_that_is_deleted_in_the_dashboard_is_not_made_anew_by_the_same_run() {
    let gone = json!({ "delete": "First" });
    let moments = [(after_the_plan(&gone), 1), (edit("PATCH", SKILL, 1, "before-commit", &gone), 2)];
    for (moment, writes) in moments {
        let played = updates().fault(&moment).plays(Exit::Stale);
        assert_eq!((played.writes, played.arrived(Method::Post, "")), (writes, 0));
        assert!(!played.names().contains(&"First".to_owned()));
        assert!(played.all().contains("it is gone"), "{}", played.all());
    }
}

#[test]
fn e04_a_skill_that_was_to_be_deleted_and_is_gone_already_is_no_conflict() {
    let gone = json!({ "delete": "Gone" });
    let moments = [(after_the_plan(&gone), 1), (edit("DELETE", SKILL, 1, "before-commit", &gone), 2)];
    for (moment, writes) in moments {
        assert_eq!(deletes().fault(&moment).plays(Exit::Ok).writes, writes);
    }
}

/// A proxy may answer 404 as well; a replacement would then be made beside the skill that is still there.
#[test]
fn e04_a_delete_that_is_answered_404_is_done_only_if_the_list_says_so_too() {
    let body = json!({ "title": "Not found", "status": 404 });
    let played = deletes().fault(&answer("DELETE", SKILL, 1, 1, 404, &body)).plays(Exit::Ok);
    assert_eq!(played.arrived(Method::Delete, ""), 2);
    assert!(!played.names().contains(&"Gone".to_owned()));
    let played = deletes().fault(&answer("DELETE", SKILL, 1, 1_000, 404, &body)).plays(Exit::Partial);
    assert_eq!(played.arrived(Method::Delete, ""), 2);
    assert!(played.names().contains(&"Gone".to_owned()));
}

/// A skill goes by its name, as nothing remembers ids: renamed in the dashboard it is a skill that nobody declares, and
/// the declared one is missing. `was` tells the two names are one.
#[test]
fn e05_a_skill_that_is_renamed_in_the_dashboard_is_shown_under_both_names() {
    let renamed = live(&[("By another name", "One.")]);
    let spec = format!("  skills:\n{}", declared(&[("First", "One.")]));
    let plan = Scene::new(read(&manifest(&spec)), renamed.clone()).plans(Exit::Differences);
    assert!(matches!(plan.steps[0].action, Action::Create { .. }), "{:#?}", plan.steps);
    assert!(plan.unmanaged.iter().any(|unmanaged| unmanaged.name.as_str() == "By another name"));

    let spec = spec.replace("- name: First", "- name: First\n      was: By another name");
    let played = Scene::new(read(&manifest(&spec)), renamed).plays(Exit::Ok);
    assert_eq!(played.names(), ["First", "Made by hand"]);
}

#[test]
fn e05_a_skill_that_is_renamed_between_plan_and_write_is_a_conflict() {
    let rename = json!({ "rename": { "skill": "First", "to": "By another name" } });
    let played = updates().fault(&after_the_plan(&rename)).plays(Exit::Stale);
    assert_eq!(played.writes, 1);
    assert!(played.all().contains("somebody else changed `name` since the plan"), "{}", played.all());
}

#[test]
fn e06_a_draft_with_a_foreign_edit_is_not_published() {
    let mut scene = publishes();
    let agent = agent_id(&Sandbox::in_memory(scene.store.clone()), "Front Desk");
    scene.store.edit_agent(&agent, |agent| {
        agent.insert("greeting".to_owned(), json!("Half a sentence"));
    });
    let played = scene.plays_then(Exit::Guarded, Exit::Guarded);
    assert_eq!((played.arrived(Method::Post, "/skills"), played.arrived(Method::Post, "/publish")), (1, 0));
    assert!(played.all().contains("changes that no manifest declares: `greeting`"), "{}", played.all());
}

const DESK: &str = "\
apiVersion: flowops/v1
kind: Agent
metadata: { name: desk }
spec:
  match: { name: Front Desk }
  skills:
    - { name: First, description: One., skillType: builtin, executionConfig: { action: end_call } }
    - { name: Second, description: Two., skillType: builtin, executionConfig: { action: end_call } }
";

/// A server that says when its first write has come, and then answers nothing until it may go on.
struct Paused {
    server: RawServer,
    live: Arc<Sandbox>,
    came: Receiver<()>,
    go_on: SyncSender<()>,
}

impl Paused {
    fn new() -> Self {
        let live = Arc::new(Sandbox::in_memory(live(&[])));
        let (has_come, came) = sync_channel(1);
        let (go_on, may_go_on) = sync_channel(1);
        let (sandbox, may_go_on, mut writes) = (Arc::clone(&live), Mutex::new(may_go_on), 0);
        let server = RawServer::start(move |seen| {
            writes += usize::from(seen.method != "GET");
            if writes == 1 && seen.method != "GET" {
                has_come.send(()).unwrap();
                may_go_on.lock().unwrap().recv().unwrap();
            }
            through(&sandbox, seen)
        });
        Self { server, live, came, go_on }
    }

    /// Starts an apply in a folder.
    fn apply(&self, folder: &tempfile::TempDir) -> Child {
        Command::new(env!("CARGO_BIN_EXE_flowops"))
            .env_clear()
            .env("FLOWYTE_BASE_URL", self.server.base_url())
            .env("FLOWYTE_API_KEY", KEY)
            .current_dir(folder.path())
            .args(["apply", "--yes"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn names(&self) -> Vec<String> {
        let agent = agent_id(&self.live, "Front Desk");
        let skills = self.live.with_store(|store| store.skills_of(&agent)).unwrap();
        skills.iter().map(|(_, fields)| fields["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// How an apply ended, and what it said.
fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code(), said.concat())
}

#[test]
fn e07_of_two_applies_at_once_in_one_folder_the_second_ends_and_sends_nothing() {
    let (place, paused) = (folder(&[("manifests/desk.yaml", DESK)]), Paused::new());
    let first = paused.apply(&place);
    paused.came.recv().unwrap();
    let requests = paused.server.seen().len();
    let (code, said) = ended(paused.apply(&place));
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("another run holds the journal") && said.contains("nothing was written"), "{said}");
    assert_eq!(paused.server.seen().len(), requests);
    paused.go_on.send(()).unwrap();
    let (code, said) = ended(first);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(paused.names(), ["Made by hand", "First", "Second"]);
}

/// Half of all answers are late, so that two runs come to lie between each other in many ways.
fn interleaved(scene: Scene, seed: u64) -> Scene {
    let mut scene = scene.seed(2 * seed + 1).fault("- { percent: 50, stage: before-commit, action: { delay: 700ms } }");
    scene.faults.seed = seed;
    scene
}

/// A server that refuses a second name with 400 says that the request is wrong, not that somebody was faster: that is 3.
#[test]
fn e08_of_two_applies_at_once_without_a_lock_neither_doubles_what_is_unique() {
    for (names, loses) in [("unique-409", Exit::Stale), ("unique-400", Exit::Partial)] {
        for seed in 0..40 {
            let mut scene = interleaved(creates(), seed);
            scene.store.set_quirks(Quirks::default().with("names", names).unwrap());
            let runs = scene.side_by_side();
            assert_eq!(runs[0].names().len(), 3, "{}\n{}", runs[0].all(), runs[1].all());
            for run in &runs {
                assert!([Exit::Ok, Exit::Stale, loses].contains(&run.exit), "seed {seed}, {names}: {}", run.all());
            }
            scene.after(&runs[0]).plans(Exit::Ok);
        }
    }
}

#[test]
fn e08_of_two_updates_at_once_without_a_lock_the_loser_sees_a_conflict_or_nothing_to_do() {
    for seed in 0..40 {
        let scene = interleaved(updates(), seed);
        let runs = scene.side_by_side();
        for run in &runs {
            assert!(matches!(run.exit, Exit::Ok | Exit::Stale), "seed {seed}: {}", run.all());
        }
        scene.after(&runs[0]).plans(Exit::Ok);
    }
}

/// Where names need not be unique, two runs that look at the same moment both find a name free, and no client can keep
/// that from happening. Then both ids are shown, whoever runs next, and nothing is picked or deleted.
#[test]
fn e08_where_names_are_free_a_doubled_skill_is_never_silent() {
    let mut was_doubled = 0;
    for seed in 0..40 {
        let mut scene = interleaved(creates(), seed);
        scene.store.set_quirks(Quirks::default().with("names", "free").unwrap());
        let runs = scene.side_by_side();
        let doubled = runs[0].names().len() > 3;
        was_doubled += u32::from(doubled);
        let has_seen = runs.iter().any(|run| !matches!(run.exit, Exit::Ok | Exit::Stale));
        assert_eq!(doubled, has_seen, "seed {seed}: {}\n{}", runs[0].all(), runs[1].all());
        let next = scene.after(&runs[0]);
        next.plans(if doubled { Exit::Failed } else { Exit::Ok });
    }
    assert!(was_doubled > 0, "no two runs met");
}

/// The lock goes with the process, however that ends, so nothing has to expire and there is no generation to compare.
#[test]
fn e09_the_lock_of_a_run_that_was_killed_is_free_at_once() {
    let (place, paused) = (folder(&[("manifests/desk.yaml", DESK)]), Paused::new());
    let mut first = paused.apply(&place);
    paused.came.recv().unwrap();
    first.kill().unwrap();
    assert_eq!(ended(first).0.unwrap_or(1), 1);
    // What it had sent still arrives.
    paused.go_on.send(()).unwrap();
    let (code, said) = ended(paused.apply(&place));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("an earlier apply ended in the middle"), "{said}");
    assert_eq!(paused.names(), ["Made by hand", "First", "Second"]);
}

/// There is one way to hold the lock, a file; where there can be none the run fails before it sends anything, with 1.
#[test]
fn e11_where_no_lock_can_be_kept_nothing_is_sent() {
    let (place, paused) = (folder(&[("manifests/desk.yaml", DESK), (".flowops", "no folder")]), Paused::new());
    let (code, said) = ended(paused.apply(&place));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("cannot keep a journal") && said.contains("nothing was written"), "{said}");
    assert!(paused.server.seen().is_empty());
}
