//! Where output goes and in which form.

use super::{DESK, Place};

#[test]
fn a_json_output_is_one_value_also_when_the_command_fails() {
    let place = Place::desk();
    place.write("broken.yaml", "apiVersion: [");
    for (line, code) in [
        ("validate --format json", 0),
        ("validate --format json broken.yaml", 1),
        ("plan --format json --sandbox", 0),
        ("plan --format json --sandbox --exit-code", 2),
        ("plan --format json --sandbox broken.yaml", 1),
        ("plan --format json", 64),
        ("plan --format=json --sandbox --agent nobody", 64),
        ("plan --format json --sandbox --bogus", 64),
        ("drift --format json --sandbox", 2),
        ("apply --format json --sandbox", 64),
        ("apply --format json --sandbox --yes", 0),
        ("apply --format json --sandbox --yes", 0),
        ("explain nonsense --format json", 64),
        ("schema nonsense --format json", 64),
    ] {
        let ran = place.run(line).ends(code).quietly();
        let value = ran.json();
        assert!(value["format"].as_str().unwrap().starts_with("flowops."), "{}", ran.all());
        assert_eq!(
            value["error"].is_string(),
            code == 64 || code == 1 && !line.starts_with("validate"),
            "{}",
            ran.all()
        );
    }
}

#[test]
fn data_goes_to_stdout_and_talk_to_stderr() {
    let place = Place::desk();
    let plan = place.run("plan --sandbox").ends(0).quietly();
    assert!(plan.stdout.contains("1 to create"));
    place.write("manifests/desk.yaml", &DESK.replace("url:", "colour: red, url:"));
    let warned = place.run("plan --sandbox").ends(0).says("warning[M032]");
    assert!(!warned.stdout.contains("M032"));
    place.write("manifests/desk.yaml", &DESK.replace("spec:", "spek:"));
    let failed = place.run("plan --sandbox").ends(1).says("error[M010]").says("nothing was written");
    assert_eq!(failed.stdout, "");
}

#[test]
fn nothing_moves_on_stderr_when_nobody_watches() {
    let place = Place::desk();
    place.run("apply --sandbox --yes --color always").ends(0).quietly();
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let place = Place::with(&[("manifests/desk.yaml", &DESK.replace("url:", "colour: red, url:"))]);
    let always = place.run("plan --sandbox --color always").ends(0);
    assert!(always.stdout.contains("\u{1b}[") && always.stderr.contains("\u{1b}["), "{}", always.all());
    let json = place.run("plan --sandbox --color always --format json").ends(0);
    assert!(!json.stdout.contains('\u{1b}'));
    for line in ["plan --sandbox --color never", "plan --sandbox"] {
        let plain = place.run(line).ends(0).all();
        assert!(!plain.contains('\u{1b}'), "{plain}");
    }
}

#[test]
fn an_output_file_is_the_owners_and_whole() {
    let place = Place::desk();
    let plan = place.run("plan --sandbox --format json").ends(0).stdout;
    let ran = place.run("plan --sandbox --format json --output plan.json").ends(0).quietly();
    assert_eq!(ran.stdout, "");
    assert_eq!(std::fs::read_to_string(place.path("plan.json")).unwrap(), plan);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(place.path("plan.json")).unwrap().permissions().mode() & 0o777, 0o600);
        std::os::unix::fs::symlink(place.path("plan.json"), place.path("link.json")).unwrap();
        place.run("plan --sandbox --output link.json").ends(1).says("link");
        assert_eq!(std::fs::read_to_string(place.path("plan.json")).unwrap(), plan);
    }
    let ran = place.run("plan --sandbox --output no/such/folder/plan.json").ends(1).says("no/such/folder");
    assert_eq!(ran.stdout, "");
    place.run("plan --sandbox --agent nobody --format json --output error.json").ends(64).quietly();
    assert!(std::fs::read_to_string(place.path("error.json")).unwrap().contains("flowops.error/v1"));
}

#[test]
fn somebody_who_stops_reading_is_no_failure() {
    let place = Place::with_manifests();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_flowops"))
        .env_clear()
        .current_dir(place.path("."))
        .args(["plan", "--sandbox"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8(ended.stderr).unwrap()), (Some(0), String::new()));
}

#[test]
#[expect(clippy::exit, reason = "the child of this test ends as the command would")]
fn a_panic_ends_with_70_and_does_not_say_what_it_holds() {
    // The text goes to this process's stderr, where no test can read it back, so the hook is looked at in a child.
    if std::env::var_os("FLOWOPS_TEST_PANIC").is_some() {
        let exit = flowops::cli::guarded(|| panic!("SENTINEL-in-a-panic"));
        std::process::exit(i32::from(exit.code()));
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "cli::output::a_panic_ends_with_70_and_does_not_say_what_it_holds"])
        .env("FLOWOPS_TEST_PANIC", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert_eq!(child.status.code(), Some(70), "{said}");
    assert!(said.contains("internal error at tests/it/cli/output.rs") && said.contains("report it"), "{said}");
    assert!(!said.contains("SENTINEL") && !String::from_utf8_lossy(&child.stdout).contains("SENTINEL"), "{said}");
}

#[test]
fn what_is_logged_goes_to_stderr_in_the_form_that_is_asked_for() {
    let place = Place::desk();
    let server = crate::raw::RawServer::start(|_| crate::raw::json(200, &serde_json::json!({ "data": [] })));
    let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", crate::raw::KEY.to_owned())];
    let quiet = place.run_with("plan", &environment).ends(1);
    assert!(!quiet.stderr.contains("request"), "{}", quiet.all());
    let text = place.run_with("plan -vv", &environment).ends(1).says("path=/agents");
    assert_eq!(text.stdout, "");
    let json = place.run_with("plan -vv --log-format json", &environment).ends(1);
    let lines: Vec<&str> = json.stderr.lines().filter(|line| line.starts_with('{')).collect();
    assert!(lines.len() >= 2, "{}", json.all());
    for line in lines {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_first_write() {
    let place = Place::desk();
    for target in ["no/such/folder/report.txt", "folder/", "folder/.", "manifests"] {
        place.run(&format!("apply --sandbox --yes --output {target}")).ends(64).says("nothing was sent");
    }
    place.run("plan --sandbox --exit-code").ends(2);
}

#[test]
fn a_page_is_written_beside_the_text_and_is_one_also_when_the_command_fails() {
    let place = Place::desk();
    let plan = place.run("plan --sandbox --write html=page.html").ends(0).quietly();
    assert!(plan.stdout.contains("1 to create"));
    let page = std::fs::read_to_string(place.path("page.html")).unwrap();
    assert!(page.starts_with("<!doctype html>\n") && page.contains("1 to create"), "{page}");
    assert_eq!(place.run("plan --sandbox --format html").ends(0).quietly().stdout, page);
    place.write("manifests/desk.yaml", &DESK.replace("spec:", "spek:"));
    let failed = place.run("plan --sandbox --format html").ends(1).quietly().stdout;
    assert!(failed.starts_with("<!doctype html>\n") && failed.contains("M010"), "{failed}");
    let refused = place.run("plan --format html --bogus").ends(64).stdout;
    assert!(refused.starts_with("<!doctype html>\n") && refused.contains("--bogus"), "{refused}");
}

fn written(place: &Place, file: &str) -> String {
    std::fs::read_to_string(place.path(file)).unwrap()
}

#[test]
fn one_run_is_written_in_several_forms() {
    let place = Place::desk();
    let wanted = [
        ("json", "plan.json"),
        ("github", "plan.log"),
        ("sarif", "plan.sarif"),
        ("junit", "plan.xml"),
        ("html", "plan.html"),
    ];
    let mut line = "plan --sandbox".to_owned();
    for (form, file) in wanted {
        line = format!("{line} --write {form}={file}");
    }
    let text = place.run("plan --sandbox").ends(0).stdout;
    assert_eq!(place.run(&line).ends(0).quietly().stdout, text, "stdout says what it says anyway");
    for (form, file) in wanted {
        let alone = place.run(&format!("plan --sandbox --format {form}")).ends(0).quietly();
        assert_eq!(written(&place, file), alone.stdout, "{form}");
        assert!(!alone.stdout.is_empty());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(place.path("plan.xml")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn text_is_written_beside_another_form_and_without_colours() {
    let place = Place::desk();
    let text = place.run("plan --sandbox").ends(0).stdout;
    let ran = place.run("plan --sandbox --color always --format json --write text=plan.txt").ends(0).quietly();
    assert_eq!(ran.json()["format"], "flowops.plan/v1");
    assert_eq!(written(&place, "plan.txt"), text);
    // What is said twice in one run is written twice: the plan that was asked about, then what came of it.
    let ran = place.run("apply --sandbox --yes --color always --write text=apply.txt").ends(0);
    assert!(ran.stdout.contains('\u{1b}'));
    let said = written(&place, "apply.txt");
    assert!(said.contains("1 to create") && said.contains("Converged") && !said.contains('\u{1b}'), "{said}");
}

#[test]
fn no_form_is_written_over_a_manifest() {
    let place = Place::desk();
    let line = "apply --sandbox --yes --write json=report.json --write junit=manifests/desk.yaml";
    place.run(line).ends(64).says("`--write manifests/desk.yaml` is a manifest").says("nothing was sent");
    assert_eq!(written(&place, "manifests/desk.yaml"), DESK);
    assert!(!place.path("report.json").exists(), "none is written if one must not be");
    place.run("validate --write sarif=manifests/desk.yaml").ends(64).says("is a manifest");
    assert_eq!(written(&place, "manifests/desk.yaml"), DESK);
    place.run("plan --sandbox --exit-code").ends(2);
}

#[test]
fn a_form_that_cannot_be_written_is_refused_before_the_first_write() {
    let place = Place::desk();
    for target in ["no/such/folder/report.xml", "folder/", "manifests"] {
        let line = format!("apply --sandbox --yes --write json=report.json --write junit={target}");
        place.run(&line).ends(64).says("`--write` takes a file that can be written").says("nothing was sent");
    }
    assert_eq!(place.writes(), 0);
    place.run("plan --sandbox --exit-code").ends(2);
    // Nothing is lost where nothing was done, but nobody can read what was asked for.
    place.run("plan --sandbox --write junit=no/such/folder/plan.xml").ends(1).says("no/such/folder");
}

#[test]
fn a_failed_command_writes_why_in_every_form() {
    let place = Place::desk();
    let line = "plan --sandbox --agent nobody --write json=e.json --write github=e.log --write sarif=e.sarif --write junit=e.xml";
    let ran = place.run(line).ends(64).says("nobody");
    assert_eq!(ran.stdout, "");
    for (file, said) in [
        ("e.json", "flowops.error/v1"),
        ("e.log", "::error title=flowops%3A the run failed::"),
        ("e.sarif", "\"executionSuccessful\": false"),
        ("e.xml", "<error type=\"run-failed\""),
    ] {
        let text = written(&place, file);
        assert!(text.contains(said) && text.contains("nobody"), "{text}");
    }
    place.write("manifests/desk.yaml", &DESK.replace("spec:", "spek:"));
    place.run("validate --format github").ends(1).quietly().prints("::error file=manifests/desk.yaml,line=4,col=1,");
    place.run("plan --sandbox --bogus --format junit").ends(64).quietly().prints("<testcase name=\"error\"");
}
