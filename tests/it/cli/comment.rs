//! `flowops comment`: the real binary against a forge on a port, with what `plan` and `apply` really print.

use flowops::forge::Family;
use serde_json::Value as Json;

use super::{Place, Ran};
use crate::forge::fake::{ANNA, BOT, HEAD, MERGE, OTHER, PULL, Reply, Served, Store, TOKEN, What, refusal};
use crate::forge::{FAMILIES, marked};

/// A place with a plan and a report in it, and a forge.
pub(super) struct Job {
    pub(super) place: Place,
    pub(super) forge: Served,
}

impl Job {
    pub(super) fn on(family: Family) -> Self {
        let place = Place::desk();
        place.run("plan --sandbox --format json --output plan.json").ends(0);
        Self { place, forge: Served::start(Store::new(family)) }
    }

    /// Runs a command as CI does; whatever comes out, the token is not in it.
    pub(super) fn run(&self, line: &str) -> Ran {
        let ran = self.place.run_with(line, &self.forge.environment());
        assert!(!ran.all().contains(TOKEN), "{}", ran.all());
        ran
    }

    fn plan(&self) -> Ran {
        self.run(&format!("comment plan.json --pull-request {PULL} --commit {HEAD}"))
    }

    fn digest(&self) -> String {
        let plan: Json = serde_json::from_str(&std::fs::read_to_string(self.place.path("plan.json")).unwrap()).unwrap();
        plan["digest"].as_str().unwrap().to_owned()
    }

    fn said(&self) -> Vec<String> {
        self.forge.store().said(BOT).into_iter().map(str::to_owned).collect()
    }
}

#[test]
fn a_plan_is_reviewed_applied_by_its_digest_and_closed() {
    for family in FAMILIES {
        let job = Job::on(family);
        job.plan().ends(0).says("the comment on pull request 12 was created");
        assert_eq!(job.said().len(), 1);
        assert!(job.said()[0].contains("Look up order") && job.said()[0].contains(&job.digest()), "{:?}", job.said());
        job.plan().ends(0).says("says so already");

        let reviewed = format!("{}\n", job.digest());
        assert_eq!(job.run(&format!("comment --reviewed --pull-request {PULL}")).ends(0).quietly().stdout, reviewed);
        job.run(&format!("comment --reviewed --merged {MERGE}")).ends(1).says("no merged pull request is known");
        job.forge.store().merge();
        let shown = job.run(&format!("comment --reviewed --merged {MERGE} --key default")).ends(0).quietly();
        assert_eq!(shown.stdout, reviewed);

        let apply =
            format!("apply --sandbox --yes --expect {} --format json --output report.json", shown.stdout.trim());
        job.place.run(&apply).ends(0);
        let say = format!("comment report.json --merged {MERGE} --details-url https://ci.example/run/1");
        job.run(&say).ends(0).says("was updated");
        job.run(&say).ends(0).says("says so already");
        let said = job.said();
        assert_eq!(said.len(), 1);
        assert!(said[0].contains(r#""closed":true"#) && said[0].contains("[Details](<https://ci.example/run/1>)"));
        assert!(said[0].contains("**Applied: 1 of 1 step done, and a fresh plan is empty.**"), "{said:?}");
    }
}

#[test]
fn where_ci_says_it_nothing_has_to_be_given() {
    let job = Job::on(Family::GitLab);
    let mut environment = job.forge.environment();
    environment.push(("CI_MERGE_REQUEST_IID", PULL.to_string()));
    environment.push(("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", String::new()));
    environment.push(("CI_COMMIT_SHA", HEAD.to_owned()));
    job.place.run_with("comment plan.json", &environment).ends(0).says("was created");
    assert_eq!(job.said().len(), 1);
    for family in [Family::GitHub, Family::Gitea] {
        let job = Job::on(family);
        let mut environment = job.forge.environment();
        environment.push(("GITHUB_REF", format!("refs/pull/{PULL}/merge")));
        environment.push(("GITHUB_SHA", OTHER.to_owned()));
        let unknown = job.place.run_with("comment plan.json", &environment).ends(64);
        unknown.says("the head that was planned is not known").says("`--commit COMMIT`");
        job.place.run_with(&format!("comment plan.json --commit {HEAD}"), &environment).ends(0).says("was created");
        assert_eq!(job.said().len(), 1);
    }
}

#[test]
fn the_token_may_be_in_a_file_or_where_the_forge_puts_it() {
    let job = Job::on(Family::GitHub);
    job.place.write("token", &format!("{TOKEN}\n"));
    let without = || job.forge.environment().into_iter().filter(|(name, _)| *name != "FLOWOPS_FORGE_TOKEN");
    let line = format!("comment plan.json --pull-request {PULL} --commit {HEAD}");
    let plain: Vec<_> = without().collect();
    job.place.run_with(&format!("{line} --forge-token-file token"), &plain).ends(0).says("was created");
    let usual: Vec<_> = without().chain([("GITHUB_TOKEN", TOKEN.to_owned())]).collect();
    job.place.run_with(&line, &usual).ends(0).says("says so already");
    job.place.run_with(&format!("{line} --forge-token-file none"), &plain).ends(64).says("--forge-token-file");
    // A token of one family is not sent to another.
    let other: Vec<_> = without().chain([("GITLAB_TOKEN", TOKEN.to_owned())]).collect();
    let asked = job.forge.store().log.len();
    job.place.run_with(&line, &other).ends(0).says("warning: nothing was said").says("there is no token");
    let none: Vec<_> = without().chain([("FLOWOPS_FORGE_TOKEN", String::new())]).collect();
    job.place.run_with(&line, &none).ends(0).says("there is no token");
    job.place.run_with(&format!("comment --reviewed --pull-request {PULL}"), &none).ends(1).says("there is no token");
    assert_eq!(job.forge.store().log.len(), asked);
}

#[test]
fn only_our_own_comment_was_reviewed() {
    let job = Job::on(Family::GitHub);
    job.forge.store().comment(ANNA, &marked("default", "Mine."));
    let show = format!("comment --reviewed --pull-request {PULL}");
    let nothing = job.run(&show).ends(1).says("pull request 12 has no comment of our own");
    assert_eq!(nothing.stdout, "");
    job.plan().ends(0);
    job.run(&show).ends(0);
    job.forge.store().tells_viewer = false;
    assert_eq!(job.run(&show).ends(1).says("does not say whose token this is").stdout, "");
    job.forge.store().tells_viewer = true;
    job.forge.store().fault("GET", "/comments", 0, What::Answers(refusal(403, "No")));
    assert_eq!(job.run(&show).ends(1).says("the forge answered 403: No").stdout, "");
}

#[test]
fn a_forge_that_does_not_do_it_is_a_warning() {
    let job = Job::on(Family::GitHub);
    for status in [403, 404, 422] {
        job.forge.store().fault("POST", "/comments", 1, What::Answers(refusal(status, "No")));
        job.plan().ends(0).says("warning: the comment may not be as it should be: the forge answered ");
    }
    job.forge.store().pull().head = OTHER.to_owned();
    job.plan().ends(0).says("warning: nothing was said on pull request 12: its head is bbbb");
    assert_eq!(job.said().len(), 0);
}

#[test]
fn a_forge_that_is_not_there_is_a_warning_too() {
    let place = Job::on(Family::GitHub).place;
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let line =
        format!("comment plan.json --repository a/b --pull-request 1 --commit {HEAD} --forge-url http://{nowhere}");
    place.run_with(&line, &[("GITHUB_TOKEN", TOKEN)]).ends(0).says("warning: the comment").says("could not be sent");
}

#[test]
fn what_the_forge_says_can_do_no_harm_in_a_log_and_holds_no_secret() {
    let job = Job::on(Family::GitHub);
    let words = format!("\u{1b}[2J\n::error::x\r##[command]rm \u{202e} ghp_{} {TOKEN}", "a1".repeat(18));
    job.forge.store().fault("POST", "/comments", 0, What::Answers(refusal(403, &words)));
    let ran = job.plan().ends(0);
    let said = ran.stderr.trim_end();
    assert!(said.starts_with("warning: ") && said.lines().count() == 1, "{said}");
    assert!(
        !said.contains(['\u{1b}', '\r', '\u{202e}']) && !said.contains("##[") && !said.contains("ghp_a1"),
        "{said}"
    );
}

#[test]
fn an_answer_that_was_lost_is_looked_for_by_the_binary_too() {
    for reply in [Reply::Lost, refusal(502, "Bad gateway")] {
        let job = Job::on(Family::GitHub);
        job.forge.store().fault("POST", "/comments", 1, What::DoneBut(reply));
        job.plan().ends(0).says("was created");
        assert_eq!(job.said().len(), 1);
    }
}

#[test]
fn what_is_no_record_is_refused() {
    let job = Job::on(Family::GitHub);
    job.place.write("text.json", "no JSON");
    job.place.write("other.json", r#"{"format": "flowops.plan/v2"}"#);
    job.place.write("half.json", r#"{"format": "flowops.plan/v1"}"#);
    for file in ["text.json", "other.json", "half.json", "none.json", "manifests"] {
        let ran = job.run(&format!("comment {file} --pull-request {PULL} --commit {HEAD}")).ends(1);
        ran.says("nothing was written").says(file);
    }
    assert_eq!(job.forge.store().log.len(), 0);
}

#[test]
fn a_run_that_failed_says_so_and_shows_no_digest() {
    let job = Job::on(Family::GitHub);
    job.plan().ends(0);
    job.place.write("manifests/desk.yaml", "kind: Nothing\n");
    job.place.run("plan --sandbox --format json --output plan.json").ends(1);
    job.plan().ends(0).says("was updated");
    let said = job.said();
    assert!(said.len() == 1 && said[0].contains("**The command failed.**") && said[0].contains("`M005`"), "{said:?}");
    job.run(&format!("comment --reviewed --pull-request {PULL}")).ends(1).says("shows a digest");
}

#[test]
fn what_is_quoted_mentions_nobody_links_nowhere_and_ends_nothing() {
    let job = Job::on(Family::GitHub);
    let hostile = "`@acme/all` ``` ```` [x](javascript:alert(1)) #1 <img src=x> --> </details>\n\n## Approved \u{202e}";
    let error = serde_json::json!({ "format": "flowops.error/v1", "error": hostile, "findings": [] });
    job.place.write("plan.json", &error.to_string());
    job.plan().ends(0);
    let said = job.said();
    let lines: Vec<&str> = said[0].trim_end().lines().skip(1).collect();
    let [.., "`````text", one, two, three, "`````"] = lines[..] else { panic!("{lines:#?}") };
    // One fence, since no run of backticks in it is as long as those around it.
    for inside in [one, two, three] {
        assert!(inside.starts_with('|') && !inside.contains("`````") && !inside.contains('\u{202e}'), "{inside}");
    }
}

#[test]
fn wrong_usage_sends_nothing() {
    let job = Job::on(Family::GitHub);
    let words = format!("--pull-request {PULL} --commit {HEAD}");
    for (line, why) in [
        ("comment".to_owned(), "RECORD"),
        ("comment plan.json --reviewed".to_owned(), "cannot be used with"),
        (format!("comment plan.json --commit {HEAD}"), "`GITHUB_REF` does not say it"),
        (format!("comment plan.json --pull-request 0 --commit {HEAD}"), "0"),
        (format!("comment plan.json --pull-request {PULL} --commit main"), "a commit is 40 or 64"),
        (format!("comment plan.json --merged {MERGE}"), "before it is merged"),
        (format!("comment --reviewed --merged {MERGE} --pull-request {PULL}"), "cannot be used with"),
        (format!("comment plan.json {words} --repository acme"), "`acme` is no repository"),
        (format!("comment plan.json {words} --repository acme/../x"), "is no repository"),
        (format!("comment plan.json {words} --forge-url http://forge.example"), "https://"),
        (
            format!("comment plan.json {words} --forge-url https://user:SENTINEL@forge.example"),
            "must not hold a user name",
        ),
        (format!("comment plan.json {words} --forge gitlab"), "`CI_API_V4_URL` does not say it"),
        (format!("comment plan.json {words} --details-url javascript:alert(1)"), "is no link to a page"),
        (format!("comment plan.json {words} --details-url https://a:b@ci.example"), "is no link to a page"),
    ] {
        let ran = job.run(&line).ends(64).says(why);
        assert!(!ran.stderr.contains("SENTINEL"), "{}", ran.all());
    }
    assert_eq!(job.forge.store().log.len(), 0);
}

#[test]
fn a_link_to_the_run_cannot_end_early() {
    let job = Job::on(Family::GitHub);
    let url = "https://ci.example/a>b?c=<d>#`e`>";
    let mut command = job.place.command(&format!("comment plan.json --pull-request {PULL} --commit {HEAD}"));
    command.args(["--details-url", url]).envs(job.forge.environment()).assert().code(0);
    let said = job.said();
    let link = said[0].lines().last().unwrap();
    assert!(link.starts_with("[Details](<https://ci.example/a%3Eb?c=%3Cd%3E#") && link.ends_with(">)"), "{link}");
    assert_eq!(link.matches(['<', '>', '`']).count(), 2, "{link}");
}

#[test]
fn a_run_that_failed_is_said_in_the_comment_of_its_target() {
    let job = Job::on(Family::GitHub);
    job.place.write("flowops.yaml", "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec:\n  targets: { staging: {}, production: {} }\n  defaultTarget: staging\n");
    let plan = |line: &str, code: i32| {
        job.place.run(&format!("plan --sandbox --format json --output plan.json {line}")).ends(code);
        job.plan().ends(0)
    };
    plan("", 0).says("was created");
    plan("--target production", 0).says("was created");
    job.place.write("manifests/other.yaml", "kind: Nothing\n");
    plan("", 1).says("was updated");
    plan("--target production", 1).says("was updated");
    assert!(job.said().len() == 2 && job.said().iter().all(|said| said.contains("**The command failed.**")));
}

#[test]
fn what_drift_prints_does_not_take_the_place_of_a_plan() {
    for family in FAMILIES {
        let job = Job::on(family);
        job.plan().ends(0);
        let said = job.said();
        job.place.run("drift --sandbox --format json --output drift.json").ends(2);
        job.run(&format!("comment drift.json --pull-request {PULL} --commit {HEAD}"))
            .ends(64)
            .says("`flowops issue` keeps an issue for it");
        job.run(&format!("comment drift.json --merged {MERGE}")).ends(64);
        assert_eq!(job.said(), said);
    }
}
