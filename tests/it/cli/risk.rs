//! What a change means, before its lines: risks first in every view, and the guard that makes them wait.

use flowops::sandbox::Sandbox;
use serde_json::{Value as Json, json};

use super::Place;

const BOOK: &str = "
    - name: Book a visit
      description: Books a visit.
      skillType: http_webhook
      executionConfig: { url: 'https://api.example.com/visits', timeout_ms: 4000 }
      isWrite: true
      requiresConfirmation: CONFIRMATION
      stakes: high
";

fn set(confirmation: &str) -> String {
    let skill = BOOK.replace("CONFIRMATION", confirmation);
    format!("apiVersion: flowops/v1\nkind: SkillSet\nmetadata: {{ name: visits }}\nspec:\n  skills:{skill}")
}

/// Twelve branches that share one skill which writes, applied.
fn branches() -> Place {
    let agent = |number: u32| {
        format!(
            "---\napiVersion: flowops/v1\nkind: Agent\nmetadata: {{ name: branch-{number} }}\nspec: {{ match: {{ name: Branch {number} }}, use: [visits] }}\n"
        )
    };
    let agents: String = (1..=12).map(agent).collect();
    let place = Place::with(&[("manifests/set.yaml", &set("true")), ("manifests/agents.yaml", &agents)]);
    place.run("apply --sandbox --yes").ends(0);
    place
}

const SENTENCE: &str =
    "Removes a required confirmation from the writing skill `Book a visit` (high stakes), shared by 12 agents.";
const REACH: &str = "The skill set `visits` touches 12 skills on 12 agents: 12 write data, 12 have high stakes.";

#[test]
fn a_comment_opens_with_what_a_shared_skill_loses() {
    let place = branches();
    place.write("manifests/set.yaml", &set("false"));
    let markdown = place.run("plan --sandbox --format markdown").ends(0).stdout;
    assert!(
        markdown.starts_with(&format!("**{SENTENCE}**\n\n{REACH}\n\n## flowops: plan for `default`\n")),
        "{markdown}"
    );
    let text = place.run("plan --sandbox").ends(0).stdout;
    assert!(text.starts_with(&format!("{SENTENCE}\n{REACH}\n\n")), "{text}");
    let json = place.run("plan --sandbox --format json").ends(0).json();
    assert_eq!(json["concerns"][0]["sentence"], SENTENCE);
    assert_eq!(json["concerns"][0]["risk"], "loses-confirmation");
    assert_eq!(json["concerns"][0]["agents"].as_array().unwrap().len(), 12);
    assert_eq!(json["reach"][0]["sentence"], REACH);
    let page = place.run("plan --sandbox --format html").ends(0).stdout;
    assert!(page.find(SENTENCE).unwrap() < page.find("class=\"verdict").unwrap());
    let first = |format: &str| {
        let out = place.run(&format!("plan --sandbox --format {format}")).ends(0).stdout;
        out.lines().find(|line| line.contains("warning")).unwrap().to_owned()
    };
    assert!(first("github").contains(SENTENCE), "{}", first("github"));
    place.run("plan --sandbox --format sarif").ends(0).prints("Removes a required confirmation from");
    place.run("plan --sandbox --format junit").ends(0).prints("Removes a required confirmation from");
}

/// Somebody sets in the dashboard whether the skill of one branch asks for confirmation.
fn confirm(place: &Place, is_asked_for: bool) {
    let sandbox = Sandbox::open(&place.path(".flowops/sandbox.json")).unwrap();
    let agent = crate::world::agent_id(&sandbox, "Branch 3");
    let is_edited = sandbox.with_store(|store| {
        let skill = store.skills_of(&agent).into_iter().next().unwrap().0;
        let set = |fields: &mut serde_json::Map<String, Json>| {
            drop(fields.insert("requiresConfirmation".to_owned(), json!(is_asked_for)));
        };
        store.edit_skill(&agent, &skill, set)
    });
    assert!(is_edited.unwrap());
}

#[test]
fn what_live_made_riskier_is_said_of_live() {
    let place = branches();
    confirm(&place, false);
    let said =
        "Live removed a required confirmation from the writing skill `Book a visit` (high stakes), on `branch-3`.";
    let text = place.run("drift --sandbox").ends(2).stdout;
    assert!(text.starts_with(said), "{text}");
    place.run("drift --sandbox --format markdown").ends(2).prints(said);
    // What apply would do is no risk.
    let json = place.run("plan --sandbox --format json").ends(0).json();
    assert_eq!(json.get("concerns"), None);
}

#[test]
fn a_risk_that_the_policy_names_waits_for_exactly_one_yes() {
    let place = branches();
    place.write("manifests/set.yaml", &set("false"));
    let project = |policy: &str| {
        format!(
            "apiVersion: flowops/v1\nkind: Project\nmetadata: {{ name: branches }}\nspec: {{ policy: {{ {policy} }} }}\n"
        )
    };
    place.write("flowops.yaml", &project("risk: [begins-to-write]"));
    let plan = |line: &str| place.run(&format!("plan --sandbox --format json {line}")).ends(0).json();
    let steps = |plan: &Json| plan["steps"].as_array().unwrap().len();
    assert_eq!(steps(&plan("")), 12, "another risk is not named");
    place.write("flowops.yaml", &project("risk: [loses-confirmation]"));
    let held = plan("");
    assert_eq!((steps(&held), held["held"].as_array().unwrap().len()), (0, 12));
    assert_eq!(held["held"][0]["hold"], "risk");
    let change = json!({ "path": "/requiresConfirmation", "before": true, "after": false, "cause": "unknown" });
    assert_eq!(held["held"][0]["fields"], json!([change]), "whoever says yes sees to what");
    place.run("plan --sandbox").ends(0).prints("requiresConfirmation: true → false");
    assert_eq!(held["concerns"][0]["sentence"], SENTENCE, "what is held is still what to look at");
    place.run("apply --sandbox --yes").ends(6);
    assert_eq!(steps(&plan("")), 0, "nothing was written");
    let reason = held["held"][0]["reason"].as_str().unwrap();
    let allow = reason.split('`').find(|part| part.starts_with("--allow risk=")).unwrap();
    assert_eq!(steps(&plan(allow)), 12);
    // A yes is for these steps and no others.
    place.write("manifests/set.yaml", &set("false").replace("Books a visit.", "Books it."));
    assert_eq!(steps(&plan(allow)), 0);
    place.write("manifests/set.yaml", &set("false"));
    place.run(&format!("apply --sandbox --yes {allow}")).ends(0);
    place.run("plan --sandbox").ends(0).prints("No changes.");
    // What live moved is drift, whatever it would take to move it back.
    confirm(&place, true);
    place.run("drift --sandbox").ends(2).prints("Drift: 1 changed").prints("requiresConfirmation: false → true");
}

#[test]
fn a_word_that_is_no_risk_is_refused_with_a_suggestion() {
    let place = Place::desk();
    place.write(
        "flowops.yaml",
        "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: desk }\nspec: { policy: { risk: [loses-confirmations] } }\n",
    );
    place.run("validate").ends(1).says("did you mean `loses-confirmation`?");
}

#[test]
fn what_breaks_for_callers_of_a_skill_is_said_on_its_step_and_as_a_finding() {
    let place = Place::desk();
    let with = |parameters: &str| {
        let skill = super::DESK.replace(
            "      executionConfig",
            &format!(
                "      parametersSchema: {{ type: object, properties: {{ {parameters} }} }}\n      executionConfig"
            ),
        );
        place.write("manifests/desk.yaml", &skill);
    };
    with("order: { type: string }");
    place.run("apply --sandbox --yes").ends(0);
    with("order: { type: string }, zip: { type: string }");
    let json = place.run("plan --sandbox --format json").ends(0).json();
    assert_eq!(
        json["steps"][0]["parameters"],
        json!([{ "class": "compatible", "what": "parameter `zip` is new and optional" }])
    );
    assert_eq!(json["findings"], json!([]));
    with("zip: { type: number }");
    let ran = place.run("plan --sandbox").ends(0);
    ran.prints("# breaking: parameter `order` is removed")
        .says("warning[L020]")
        .says("`Look up order`: parameter `order` is removed");
    place.run("plan --sandbox --format markdown").ends(0).prints("# breaking: parameter `order` is removed");
    place.run("drift --sandbox --format json").ends(2).prints("\"findings\": []");
}

/// The project, with risks that wait for a yes.
fn waits(place: &Place, risks: &str) {
    let text = format!(
        "apiVersion: flowops/v1\nkind: Project\nmetadata: {{ name: desk }}\nspec: {{ policy: {{ risk: [{risks}] }} }}\n"
    );
    place.write("flowops.yaml", &text);
}

#[test]
fn a_replacement_that_waits_for_a_yes_deletes_nothing() {
    let skill = |kind: &str, writes: bool| {
        let text = super::DESK.replace(
            "skillType: http_webhook",
            &format!("skillType: {kind}\n      replace: true\n      isWrite: {writes}"),
        );
        if kind == "sms" {
            text.replace("      executionConfig: { url: 'https://api.example.com/orders' }\n", "")
        } else {
            text
        }
    };
    let place = Place::with(&[("manifests/desk.yaml", &skill("http_webhook", false))]);
    place.run("apply --sandbox --yes").ends(0);
    waits(&place, "begins-to-write");
    place.write("manifests/desk.yaml", &skill("sms", true));
    let writes = place.writes();
    place.run("apply --sandbox --yes").ends(6);
    assert_eq!(place.writes(), writes, "neither half is done");
    let held = place.run("plan --sandbox --format json").ends(0).json();
    assert_eq!(held["held"].as_array().unwrap().len(), 2);
    let reason = held["held"][0]["reason"].as_str().unwrap();
    let allow = reason.split('`').find(|part| part.starts_with("--allow risk=")).unwrap();
    place.run(&format!("apply --sandbox --yes {allow}")).ends(0);
    place.run("plan --sandbox").ends(0).prints("No changes.");
}

#[test]
fn where_a_webhook_goes_is_watched_whatever_stands_there() {
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    for url in [
        "https://{callback}/orders",
        "http://api.example.com/orders",
        "https://api.example.com:8443/orders",
        "https://evil.example/",
    ] {
        place.write("manifests/desk.yaml", &super::DESK.replace("https://api.example.com/orders", url));
        place.run("plan --sandbox").ends(0).prints("Changes the host that the skill `Look up order` calls, on `desk`.");
    }
    place.write("manifests/desk.yaml", &super::DESK.replace("/orders", "/v2/orders"));
    let quiet = place.run("plan --sandbox --format json").ends(0).json();
    assert_eq!(quiet.get("concerns"), None, "another path on the same host is none");
}

const FORMATS: [&str; 7] = ["text", "json", "markdown", "html", "github", "sarif", "junit"];

#[test]
fn what_a_risk_tells_shows_no_value_that_its_lines_hide() {
    let (changes, opens) = ("Changes the host that the skill", "Opens a new way out for data of the skill");
    let place = Place::desk();
    place.run("apply --sandbox --yes").ends(0);
    super::since::edit(
        &place,
        "Look up order",
        "executionConfig",
        json!({ "url": "hooks.example.com/x7Kq2ZpV9rT4bN8mW3cL6d" }),
    );
    super::since::edit(&place, "Look up order", "dataEgressMap", json!({ "session_token": "old.example" }));
    let egress = format!("{}      dataEgressMap: {{ session_token: new.example }}\n", super::DESK);
    place.write("manifests/desk.yaml", &egress);
    for format in FORMATS {
        let said = place.run(&format!("plan --sandbox --format {format}")).ends(0).prints(changes).prints(opens).all();
        for hidden in ["x7Kq2ZpV9rT4bN8mW3cL6d", "old.example", "new.example"] {
            assert!(!said.contains(hidden), "{hidden}: {said}");
        }
    }
}

#[test]
fn what_a_secret_was_is_not_told_where_its_skill_is_replaced() {
    let hook = "{ fromEnv: FLOWOPS_SECRET_HOOK }";
    let text = super::DESK.replace("'https://api.example.com/orders'", hook);
    let place = Place::with(&[("manifests/desk.yaml", &text)]);
    place.run_with("apply --sandbox --yes", &[("FLOWOPS_SECRET_HOOK", "https://tenant-4711.example.com/hook")]).ends(0);
    place.write("manifests/desk.yaml", &text.replace("skillType: http_webhook", "skillType: mcp\n      replace: true"));
    for format in FORMATS {
        let said = place.run(&format!("plan --sandbox --format {format}")).ends(0);
        let said = said.prints("Changes the host that the skill `Look up order` calls").all();
        assert!(!said.contains("tenant-4711"), "{said}");
    }
}

#[test]
fn a_skill_that_may_be_used_everywhere_again_is_said() {
    let place = Place::with(&[("manifests/desk.yaml", &format!("{}      channels: [voice]\n", super::DESK))]);
    place.run("apply --sandbox --yes").ends(0);
    place.write("manifests/desk.yaml", &format!("{}      channels: null\n", super::DESK));
    place
        .run("plan --sandbox")
        .ends(0)
        .prints("Lets the skill `Look up order` be used on more channels, on `desk`. (chat)");
}

#[test]
fn what_a_preset_is_made_to_do_is_weighed_as_any_other_skill() {
    let agent = "apiVersion: flowops/v1\nkind: Agent\nmetadata: { name: desk }\nspec:\n  match: { name: Front Desk }\n  packs: [{ kind: hubspot }]\n  overrides:\n    - { name: Create contact, requiresConfirmation: false, dataEgressMap: { phone: evil.example } }\n";
    let pack = "apiVersion: flowops/v1\nkind: ConnectorPack\nmetadata: { name: hubspot }\nspec:\n  kind: hubspot\n  skills:\n    - { name: Create contact, skillType: crm, isWrite: true, requiresConfirmation: true }\n    - { name: Look up contact, skillType: crm }\n    - { name: Log call note, skillType: crm }\n";
    let place = Place::with(&[("manifests/desk.yaml", agent), ("manifests/hubspot.yaml", pack)]);
    let plan = place.run("plan --sandbox --format json").ends(0).json();
    let risks: Vec<&str> =
        plan["concerns"].as_array().unwrap().iter().map(|one| one["risk"].as_str().unwrap()).collect();
    assert_eq!(risks, ["loses-confirmation", "begins-to-write", "opens-egress"]);
    waits(&place, "begins-to-write");
    place.run("apply --sandbox --yes").ends(6);
    assert_eq!(place.writes(), 0, "the pack that writes waits, and what needs it");
}
