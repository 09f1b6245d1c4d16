//! F: what happens to the process, its disk and its clock.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::{Duration, SystemTime};

use flowops::cli::exit::Exit;
use flowops::model::Digest;
use flowops::report::Status;
use flowops::report::journal::{Begun, Entry};
use flowops::report::reviewed::Reviewed;
use flowops::sandbox::Sandbox;

use super::{creates, live, updates};
use crate::cli::{DESK, Place};
use crate::raw::{Answer, KEY, RawServer, Seen, through};
use crate::scene::KillAt;

/// `desk` with three skills.
fn three() -> String {
    let skill = DESK.split_once("    - name").unwrap().1;
    let more =
        ["Look up invoice", "Look up parcel"].map(|name| format!("    - name{}", skill.replace("Look up order", name)));
    format!("{DESK}{}", more.concat())
}

/// A run of the binary against a server that may do something to it: `act` gets the number of a write, counted from 1,
/// or `None` for a read, the process, and gives the answer unless the sandbox shall.
fn run(
    live: &Arc<Sandbox>,
    mut act: impl FnMut(Option<usize>, u32) -> Option<Answer> + Send + 'static,
) -> (Place, Child, RawServer) {
    let process = Arc::new(OnceLock::<u32>::new());
    let (child, sandbox) = (Arc::clone(&process), Arc::clone(live));
    let mut writes = 0;
    let server = RawServer::start(move |seen: &Seen| {
        let is_write = seen.method != "GET";
        writes += usize::from(is_write);
        act(is_write.then_some(writes), *child.wait()).unwrap_or_else(|| through(&sandbox, seen))
    });
    let place = Place::with(&[("manifests/desk.yaml", &three())]);
    let child = Command::new(env!("CARGO_BIN_EXE_flowops"))
        .env_clear()
        .env("FLOWYTE_BASE_URL", server.base_url())
        .env("FLOWYTE_API_KEY", KEY)
        .current_dir(place.path("."))
        .args(["apply", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.set(child.id()).unwrap();
    (place, child, server)
}

fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

/// How it ended and what it printed.
fn ended(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stdout).unwrap())
}

fn empty() -> Arc<Sandbox> {
    Arc::new(Sandbox::in_memory(live(&[])))
}

fn count(live: &Sandbox) -> usize {
    live.with_store(|store| store.skills_of(&store.agents().next().unwrap().0.clone()).len()).unwrap() - 1
}

/// Runs again where a run ended.
fn again(place: &Place, server: &RawServer) {
    let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())];
    place.run_with("apply --yes", &environment).ends(0);
}

#[cfg(unix)]
#[test]
fn f01_a_signal_between_two_writes_ends_the_run_cleanly() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let live = empty();
        let mut writes = 0;
        let (place, child, server) = run(&live, move |write, process| {
            writes = write.unwrap_or(writes);
            if write == Some(2) {
                signal(name, process);
            }
            None
        });
        let (ended, said) = ended(child);
        assert_eq!(ended, code, "{said}");
        assert!(said.contains("not tried, since the run was asked to end"), "{said}");
        assert_eq!(count(&live), 2);
        again(&place, &server);
        assert_eq!(count(&live), 3);
    }
}

#[cfg(unix)]
#[test]
fn f02_a_write_in_flight_is_heard_before_the_run_ends() {
    let live = empty();
    let (place, child, server) = run(&live, |write, process| {
        if write == Some(1) {
            signal("-TERM", process);
        }
        None
    });
    let (ended, said) = ended(child);
    assert_eq!(ended, 143, "{said}");
    assert!(said.contains("✓ created    desk/skill/Look up invoice"), "{said}");
    again(&place, &server);
    assert_eq!(count(&live), 3);
}

#[cfg(unix)]
#[test]
fn f03_a_second_signal_ends_at_once_and_the_journal_stays() {
    let live = empty();
    let (heard, was_heard) = mpsc::channel::<()>();
    let (place, mut child, server) = run(&live, move |write, process| {
        if write == Some(1) {
            signal("-INT", process);
            // The answer comes once the second signal was obeyed.
            was_heard.recv().unwrap();
            signal("-INT", process);
            was_heard.recv().unwrap();
            return Some(Answer::HangUp);
        }
        None
    });
    let mut said = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    while !said.contains("no more is sent") {
        assert!(stderr.read_line(&mut said).unwrap() > 0, "{said}");
    }
    heard.send(()).unwrap();
    stderr.read_to_string(&mut said).unwrap();
    heard.send(()).unwrap();
    assert_eq!(ended(child).0, 130, "{said}");
    assert!(said.contains("ended at once"), "{said}");
    let journals: Vec<_> = fs::read_dir(place.path(".flowops")).unwrap().map(|file| file.unwrap().path()).collect();
    let journal = flowops::report::journal::Journal::read(&fs::read_to_string(&journals[0]).unwrap()).unwrap();
    assert_eq!(journal.open.len(), 1);
    again(&place, &server);
    assert_eq!(count(&live), 3);
}

#[test]
fn f04_killed_after_an_intent_and_before_it_was_sent() {
    creates().killed(KillAt::Entry(1), Exit::Ok, None);
    updates().killed(KillAt::Entry(1), Exit::Ok, None);
}

#[test]
fn f05_killed_after_it_was_sent_and_before_its_answer() {
    creates().killed(KillAt::Write(1), Exit::Ok, None);
    updates().killed(KillAt::Write(1), Exit::Ok, None);
}

#[test]
fn f06_killed_after_its_answer() {
    creates().killed(KillAt::Entry(2), Exit::Ok, None);
    updates().killed(KillAt::Entry(2), Exit::Ok, None);
}

/// A folder in which an apply kept its journal, and that journal.
fn with_receipt() -> (Place, String) {
    let place = Place::desk();
    place.run("apply --sandbox --yes --receipt receipt.ndjson").ends(0);
    let text = fs::read_to_string(place.path("receipt.ndjson")).unwrap();
    assert_eq!(text.lines().count(), 3, "{text}");
    (place, text)
}

#[test]
fn f08_a_journal_whose_last_line_is_torn_is_used_without_it() {
    let (place, text) = with_receipt();
    for cut in [2, 5, 40] {
        place.write("receipt.ndjson", &text[..text.len() - cut]);
        let ran = place.run("apply --sandbox --yes --receipt receipt.ndjson").ends(0);
        assert!(ran.stderr.contains("it was about to create desk/skill/Look up order"), "{}", ran.all());
    }
}

#[test]
fn f09_a_damaged_journal_stops_the_run_and_says_what_to_do() {
    let (place, text) = with_receipt();
    let writes = place.writes();
    place.write("receipt.ndjson", &text.replacen("create", "delete", 1));
    let ran = place.run("apply --sandbox --yes --receipt receipt.ndjson").ends(1);
    ran.says("line 2 is damaged").says("`flowops plan`, then move the file away");
    assert_eq!(place.writes(), writes);
}

#[test]
fn f10_a_journal_of_another_server_or_a_newer_version_is_refused() {
    let (place, _) = with_receipt();
    place
        .run("apply --sandbox=other.json --yes --receipt receipt.ndjson")
        .ends(1)
        .says("it is about target `default` on");
    let begun = Begun {
        format: "flowops.journal/v2".to_owned(),
        run: "1".to_owned(),
        server: "sandbox:.flowops/sandbox.json".to_owned(),
        target: "default".to_owned(),
        partition: None,
        plan: "sha256:0".to_owned(),
        steps: 1,
    };
    place.write("receipt.ndjson", &Entry::Begun(begun).line());
    place.run("apply --sandbox --yes --receipt receipt.ndjson").ends(1).says("no journal that this version can read");
}

#[test]
fn f11_a_full_disk_at_an_intent_sends_nothing() {
    let played = creates().with_full_disk(1);
    assert_eq!((played.exit, played.writes), (Exit::Failed, 0), "{}", played.all());
    assert!(played.all().contains("not sent: the journal cannot be written"), "{}", played.all());
}

#[test]
fn f12_a_full_disk_at_a_result_reports_the_step_and_stops() {
    let played = creates().with_full_disk(2);
    assert_eq!((played.exit, played.writes), (Exit::Partial, 1), "{}", played.all());
    let statuses: Vec<&Status> =
        played.report.iter().flat_map(|report| &report.outcomes).map(|end| &end.status).collect();
    assert!(matches!(statuses[..], [Status::Done, Status::Skipped(_)]), "{statuses:?}");
}

#[test]
fn f13_where_no_journal_can_be_kept_a_plan_works_and_an_apply_writes_nothing() {
    let sandbox = empty();
    let server = RawServer::start(move |seen| through(&sandbox, seen));
    let place = Place::desk();
    place.write(".flowops", "This is no folder.");
    let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())];
    place.run_with("plan --exit-code", &environment).ends(2);
    place.run_with("apply --yes", &environment).ends(1).says("name another file with `--receipt FILE`");
    assert_eq!(server.writes().len(), 0);
    place.run_with("apply --yes --receipt receipt.ndjson", &environment).ends(0);
}

/// The only time that is looked at is the one against which a `Retry-After` that is a date is read.
#[test]
fn f14_a_clock_that_is_a_day_off_makes_a_wait_too_long_or_short_and_nothing_else() {
    let date = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 400);
    let day = Duration::from_hours(24);
    let wait = |now| flowops::http::retry_after([httpdate::fmt_http_date(date).as_str()].into_iter(), now);
    assert!(wait(date + day).is_none_or(|seconds| seconds <= 1));
    assert!(wait(date - day).is_some_and(|seconds| seconds >= 86_400), "a run gives up rather than wait that long");
}

#[test]
fn f15_a_plan_that_expired_was_edited_or_is_about_something_else_is_refused_before_any_write() {
    let place = Place::desk();
    place.run("plan --sandbox --out plan.reviewed").ends(0);
    let text = fs::read_to_string(place.path("plan.reviewed")).unwrap();
    let reviewed = Reviewed::read(&text).unwrap();
    let expired = Reviewed { expires: 0, ..reviewed.clone() };
    let newer = Reviewed { format: "flowops.reviewed/v2".to_owned(), ..reviewed.clone() };
    let elsewhere = Reviewed { server: "https://builder.flowyte.com/api/v1".to_owned(), ..reviewed.clone() };
    let other = Reviewed { manifests: Digest::of("others"), ..reviewed };
    let edited = text.replacen("default", "Default", 1);
    for (text, why) in [
        (expired.text(), "it expired"),
        (newer.text(), "it is no plan that this version can read"),
        (elsewhere.text(), "it is about server"),
        (other.text(), "the manifests are not those of the review"),
        (edited, "it was edited"),
    ] {
        place.write("plan.reviewed", &text);
        place.run("apply --sandbox --plan plan.reviewed --yes").ends(4).says(why);
    }
    assert_eq!(place.writes(), 0);
}

#[test]
fn f16_an_apply_whose_reader_has_gone_is_still_whole() {
    let live = empty();
    let (_place, mut child, _server) = run(&live, |_, _| None);
    drop(child.stdout.take());
    let ended = child.wait().unwrap();
    assert_eq!(count(&live), 3);
    assert!(ended.code().is_some(), "it was killed: {ended}");
}

#[cfg(target_os = "linux")]
#[test]
fn f17_an_apply_whose_output_finds_no_room_is_still_whole() {
    let place = Place::desk();
    let command = format!("{} apply --sandbox --yes > /dev/full", env!("CARGO_BIN_EXE_flowops"));
    let ran = Command::new("sh").args(["-c", &command]).current_dir(place.path(".")).output().unwrap();
    assert_eq!(place.writes(), 1);
    assert!(ran.status.code().is_some_and(|code| code != 70 && code != 101), "{ran:?}");
}

#[test]
fn f19_a_panic_is_an_internal_error_and_the_journal_stays() {
    let (place, text) = with_receipt();
    let receipt = place.path("receipt.ndjson");
    let exit = flowops::cli::guarded(|| {
        let (_held, _) = flowops::fs::JournalFile::open(&receipt).unwrap();
        panic!("SENTINEL");
    });
    assert_eq!(exit, Exit::Internal);
    assert_eq!(fs::read_to_string(&receipt).unwrap(), text);
}

#[test]
fn f20_no_write_is_begun_after_the_deadline() {
    let sandbox = empty();
    let server = RawServer::start(move |seen| through(&sandbox, seen));
    let environment = [("FLOWYTE_BASE_URL", server.base_url()), ("FLOWYTE_API_KEY", KEY.to_owned())];
    let ran = Place::desk().run_with("apply --yes --deadline 0s", &environment).ends(1);
    assert!(ran.all().contains("deadline"), "{}", ran.all());
    assert_eq!(server.writes().len(), 0);
}
