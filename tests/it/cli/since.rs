//! A base revision, in repositories made with git.

use std::path::Path;
use std::process::{Command, Stdio};

use flowops::sandbox::Sandbox;
use serde_json::{Value as Json, json};

use super::{DESK, Place};

/// Runs git without anybody's configuration.
pub(super) fn git(folder: &Path, line: &[&str]) {
    let mut command = Command::new("git");
    for (name, value) in [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_AUTHOR_NAME", "A Test"),
        ("GIT_AUTHOR_EMAIL", "test@example.com"),
        ("GIT_COMMITTER_NAME", "A Test"),
        ("GIT_COMMITTER_EMAIL", "test@example.com"),
        ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
        ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
    ] {
        command.env(name, value);
    }
    let status = command.current_dir(folder).args(line).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "git {line:?}");
}

pub(super) fn commit(place: &Place, message: &str) {
    git(&place.path("."), &["add", "--all"]);
    git(&place.path("."), &["commit", "--quiet", "--allow-empty", "--message", message]);
}

/// Makes it a repository with one commit.
pub(super) fn repository(place: &Place) {
    place.write(".gitignore", ".flowops/\n");
    git(&place.path("."), &["init", "--quiet", "--initial-branch", "main"]);
    commit(place, "first");
}

/// The id of the first live agent.
pub(super) fn agent_id(place: &Place) -> String {
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    crate::world::agent_id(&sandbox, "Front Desk").to_string()
}

/// A repository whose first commit holds these manifests, applied to its sandbox.
pub(super) fn applied(manifest: &str) -> Place {
    let place = Place::with(&[("manifests/desk.yaml", manifest)]);
    repository(&place);
    place.run("apply --sandbox --yes").ends(0);
    place
}

/// Somebody changes a skill in the dashboard.
pub(super) fn edit(place: &Place, skill: &str, field: &str, value: impl Into<serde_json::Value>) {
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Front Desk");
    let value = value.into();
    let is_edited = sandbox.with_store(|store| {
        let found = store.skills_of(&agent).into_iter().find(|(_, fields)| fields["name"] == skill).unwrap().0;
        store.edit_skill(&agent, &found, |fields| drop(fields.insert(field.to_owned(), value)))
    });
    assert!(is_edited.unwrap());
}

/// Another skill of the desk.
pub(super) const SECOND: &str = "    - name: Say goodbye
      description: Ends the call.
      skillType: builtin
      executionConfig: { action: end_call }
      stakes: low
";

#[test]
fn what_the_manifests_changed_and_what_live_changed_are_told_apart() {
    let place = applied(&format!("{DESK}{SECOND}"));
    edit(&place, "Look up order", "description", "Looks up an order, or so.");
    edit(&place, "Say goodbye", "stakes", "high");
    place.write("manifests/desk.yaml", &format!("{DESK}{SECOND}").replace("Ends the call.", "Ends the call politely."));
    let plan = place.run("plan --sandbox --since main");
    let commit = head(&place);
    plan.ends(0).is_golden("since/plan.txt", &[(commit.get(..12).unwrap(), "COMMIT")]);
    place
        .run("drift --sandbox --since main")
        .ends(2)
        .is_golden("since/drift.txt", &[(commit.get(..12).unwrap(), "COMMIT")]);
    let plan = place.run("plan --sandbox --since HEAD --format json").ends(0).json();
    assert_eq!(plan["since"], json!({ "revision": "HEAD", "commit": commit }));
    let causes: Vec<(&str, &str)> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| {
            let fields = step["fields"].as_array().unwrap().iter();
            fields.map(|field| (field["path"].as_str().unwrap(), field["cause"].as_str().unwrap()))
        })
        .collect();
    assert_eq!(causes, [("/description", "live"), ("/description", "manifest"), ("/stakes", "live")]);
    // The base says who moved; it changes nothing that is done.
    assert_eq!(plan["digest"], place.run("plan --sandbox --format json").ends(0).json()["digest"]);
}

pub(super) fn head(place: &Place) -> String {
    let output = Command::new("git").current_dir(place.path(".")).args(["rev-parse", "HEAD"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn what_is_only_not_applied_yet_is_no_drift() {
    let place = applied(DESK);
    place.write("manifests/desk.yaml", &format!("{DESK}{SECOND}"));
    place.run("drift --sandbox").ends(2);
    place.run("drift --sandbox --since HEAD").ends(0).prints("No drift.").prints("create desk/skill/Say goodbye");
    edit(&place, "Look up order", "description", "Other.");
    place.run("drift --sandbox --since HEAD").ends(2).prints("~ changed  Look up order");
}

/// At night, where each merge is applied: what differs from the commit that was applied last, live moved.
#[test]
fn what_live_did_since_the_last_apply_is_drift_with_its_cause() {
    let place = applied(&format!("{DESK}{SECOND}"));
    place.run("drift --sandbox --since HEAD").ends(0).quietly();
    edit(&place, "Look up order", "description", "Other.");
    let drift = place.run("drift --sandbox --since HEAD --format json").ends(2).json();
    assert!(drift.to_string().contains("\"cause\":\"live\""), "{drift:#}");
    // Without a base nobody can tell.
    let drift = place.run("drift --sandbox --format json").ends(2).json();
    assert!(drift.to_string().contains("\"cause\":\"unknown\""), "{drift:#}");
}

/// What was asked for already and never came is live's; what was asked for otherwise since then is both's.
#[test]
fn a_skill_that_was_never_made_and_was_changed_since_is_of_both() {
    let place = Place::with(&[("manifests/desk.yaml", &format!("{DESK}{SECOND}"))]);
    repository(&place);
    place.write("manifests/desk.yaml", &format!("{DESK}{SECOND}").replace("Ends the call.", "Ends it."));
    let plan = place.run("plan --sandbox --since main --format json").ends(0).json();
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let steps = plan["steps"].as_array().unwrap().iter();
    let causes: Vec<(String, String)> =
        steps.map(|step| (text(&step["skill"]["name"]), text(&step["cause"]))).collect();
    let expected = [("Look up order", "live"), ("Say goodbye", "both")];
    assert_eq!(causes, expected.map(|(name, cause)| (name.to_owned(), cause.to_owned())));
    place.run("plan --sandbox --since main").ends(0).prints("What the manifests changed since main");
}

#[test]
fn a_rename_has_a_cause_of_its_own() {
    let place = applied(&format!("{DESK}{SECOND}"));
    edit(&place, "Say goodbye", "description", "Ends it.");
    let renamed = SECOND.replace("name: Say goodbye", "name: Say farewell\n      was: Say goodbye");
    place.write("manifests/desk.yaml", &format!("{DESK}{renamed}"));
    let plan = place.run("plan --sandbox --since main --format json").ends(0).json();
    let step = &plan["steps"][0];
    let fields = step["fields"].as_array().unwrap().iter();
    let causes: Vec<_> =
        fields.map(|field| (field["path"].as_str().unwrap(), field["cause"].as_str().unwrap())).collect();
    assert_eq!((&step["cause"], causes), (&"both".into(), vec![("/name", "manifest"), ("/description", "live")]));
    // What only the manifest moved is pending, whatever live did elsewhere in the skill.
    let ran = place.run("drift --sandbox --since main").ends(2).prints("description: ");
    assert!(!ran.stdout.contains("Say farewell → Say goodbye"), "{}", ran.all());
}

/// The cause of the only thing that is held.
fn held_cause(place: &Place) -> String {
    let plan = place.run("plan --sandbox --since main --format json").json();
    assert_eq!(plan["held"].as_array().unwrap().len(), 1, "{plan:#}");
    plan["held"][0]["cause"].as_str().unwrap().to_owned()
}

#[test]
fn what_a_guard_holds_of_a_change_of_the_manifests_is_no_drift() {
    let protected = format!("{DESK}{SECOND}      protect: true\n");
    let place = applied(&protected);
    place.write("manifests/desk.yaml", &format!("{DESK}  absent: [Say goodbye]\n"));
    assert_eq!(held_cause(&place), "manifest");
    place.run("drift --sandbox").ends(2).prints("+ extra    Say goodbye");
    place.run("drift --sandbox --since main").ends(0).prints("No drift. 1 in sync, 1 held.");
    // What goes was changed by hand meanwhile.
    edit(&place, "Say goodbye", "stakes", "high");
    assert_eq!(held_cause(&place), "both");
    place.run("drift --sandbox --since main").ends(2);
}

#[test]
fn of_a_type_that_may_not_change_it_is_told_who_changed_it() {
    let place = applied(&format!("{DESK}{SECOND}"));
    let other = SECOND.replace("builtin", "email").replace("action: end_call", "to: a@example.com, subject: Bye");
    place.write("manifests/desk.yaml", &format!("{DESK}{other}"));
    assert_eq!(held_cause(&place), "manifest");
    place.run("drift --sandbox --since main").ends(0);
    place.write("manifests/desk.yaml", &format!("{DESK}{SECOND}"));
    edit(&place, "Say goodbye", "skillType", "email");
    assert_eq!(held_cause(&place), "live");
    place.run("drift --sandbox --since main").ends(2);
}

#[test]
fn of_a_folder_that_is_younger_than_the_base_nothing_is_known_and_nothing_goes() {
    let place = Place::with(&[("README", "")]);
    git(&place.path("."), &["init", "--quiet", "--initial-branch", "main"]);
    commit(&place, "nothing");
    std::fs::create_dir(place.path("manifests")).unwrap();
    place.write("manifests/desk.yaml", DESK);
    // Young, or moved there: it cannot be told, so nothing is deleted either.
    let with_absent = format!("{DESK}{SECOND}");
    place
        .run("plan --sandbox --since main")
        .ends(0)
        .says("B003")
        .says("`main` holds no manifest under the given paths");
    place.write("manifests/desk.yaml", &with_absent);
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/desk.yaml", &format!("{DESK}  absent: [Say goodbye]\n"));
    let plan = place.run("plan --sandbox --since main --exit-code --format json").ends(6).json();
    assert_eq!((plan["steps"].as_array().unwrap().len(), &plan["held"][0]["hold"]), (0, &"uncertain".into()));
}

#[test]
fn files_beside_the_manifests_and_variables_are_those_of_the_base() {
    let manifest = DESK.replace("description: Looks up an order.", "description: { fromFile: ../prompts/order.md }");
    let manifest = manifest.replace("https://api.example.com", "${var.api}");
    let project = "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { variables: { api: 'https://old.example.com' } }\n";
    let place = Place::with(&[
        ("p/manifests/desk.yaml", &manifest),
        ("p/prompts/order.md", "Old.\n"),
        ("p/flowops.yaml", project),
    ]);
    git(&place.path("."), &["init", "--quiet", "--initial-branch", "main"]);
    commit(&place, "first");
    place.run("apply p/manifests --sandbox --yes").ends(0);
    place.write("p/prompts/order.md", "New.\n");
    place.write("p/flowops.yaml", &project.replace("old", "new"));
    commit(&place, "second");
    let line = "plan p/manifests --sandbox --format json --since";
    let causes = |revision: &str| {
        let plan = place.run(&format!("{line} {revision}")).ends(0).json();
        let fields = plan["steps"][0]["fields"].as_array().unwrap().clone();
        fields.iter().map(|field| field["cause"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(causes("HEAD~1"), ["manifest", "manifest"]);
    // Since the second commit nothing moved but live, which never got it.
    assert_eq!(causes("HEAD"), ["live", "live"]);
}

#[test]
fn a_base_that_was_not_valid_tells_nothing_and_says_so() {
    let place = Place::with(&[("manifests/desk.yaml", "kind: Agent\n")]);
    git(&place.path("."), &["init", "--quiet", "--initial-branch", "main"]);
    commit(&place, "broken");
    place.write("manifests/desk.yaml", DESK);
    let ran = place.run("plan --sandbox --since main").ends(0);
    ran.prints("+ create   Look up order").says("B001").says("the manifests of `main` have 1 error");
    // Neither is known what was protected: nothing is deleted.
    place.write("manifests/desk.yaml", &format!("{DESK}{SECOND}"));
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/desk.yaml", &format!("{DESK}  absent: [Say goodbye]\n"));
    let writes = place.writes();
    place.run("apply --sandbox --since main --yes").ends(6).prints("uncertain: nothing is deleted");
    assert_eq!(place.writes(), writes);
}

#[test]
fn a_revision_that_is_not_there_is_named_with_a_way_out() {
    let place = applied(DESK);
    let fails = |place: &Place, revision: &str, why: &str| {
        let ran = place.run(&format!("plan --sandbox --since {revision}"));
        ran.ends(1).says(why);
    };
    fails(&place, "nonsense", "the repository has no revision `nonsense`");
    fails(&place, "main:manifests", "`main:manifests` is no commit");
    fails(&Place::desk(), "main", "`manifests` is in no git repository, so it has no revision `main`");
}

#[test]
fn only_agents_that_the_change_can_touch_are_looked_at() {
    let other = DESK.replace("name: desk", "name: other").replace("Front Desk", "Other Desk");
    let shared =
        "apiVersion: flowops/v1\nkind: SkillSet\nmetadata: { name: shared }\nspec:\n  skills:\n".to_owned() + SECOND;
    let place =
        applied(&format!("{}---\n{other}---\n{shared}", DESK.replace("  skills:\n", "  use: [shared]\n  skills:\n")));
    let text = std::fs::read_to_string(place.path("manifests/desk.yaml")).unwrap();
    let ran = place.run("plan --sandbox --since main --changed").ends(0);
    ran.says("note: 2 agents left out, of which nothing changed since `main`")
        .prints("No changes. Of what the manifests changed nothing is left to do; 2 agents left out.")
        .prints("Requests: 0 reads so far");
    let plan = place.run("plan --sandbox --since main --changed --format json").ends(0).json();
    assert_eq!(plan["summary"]["leftOut"], 2);
    // A comment, and a place that moved, change nothing.
    place.write("manifests/desk.yaml", &format!("# A comment.\n\n{text}"));
    place.run("plan --sandbox --since main --changed").ends(0).says("note: 2 agents left out");
    place.write("manifests/desk.yaml", &text.replace("Ends the call.", "Ends it."));
    let ran = place.run("plan --sandbox --since main --changed").ends(0);
    ran.says("note: 1 agent left out").prints("~ update   Say goodbye");
    place.run("plan --sandbox --changed").ends(64);
}

#[test]
fn what_others_added_on_the_base_branch_was_never_given_up_here() {
    let place = applied(&DESK.replace("  skills:\n", "  prune: removed\n  skills:\n"));
    git(&place.path("."), &["branch", "feature"]);
    place.write(
        "manifests/desk.yaml",
        &format!("{DESK}{SECOND}").replace("  skills:\n", "  prune: removed\n  skills:\n"),
    );
    commit(&place, "more on main");
    place.run("apply --sandbox --yes").ends(0);
    git(&place.path("."), &["checkout", "--quiet", "feature"]);
    let plan = place.run("plan --sandbox --since main --format json").ends(0).json();
    assert_eq!(plan["steps"].as_array().unwrap().len(), 0, "{plan:#}");
    // Where the histories do not meet, nothing is known.
    git(&place.path("."), &["checkout", "--quiet", "--orphan", "other"]);
    commit(&place, "another beginning");
    place.run("plan --sandbox --since main").ends(0).says("B003").says("cannot be told here");
}
