//! The journal: its lines, what is left of one that was cut, and its file.

use std::fs;

use flowops::fs::{JournalFile, JournalFileError};
use flowops::ops::Journal as _;
use flowops::report::journal::{Begun, Ended, Entry, FORMAT, How, Intent, Journal, JournalError};
use proptest::prelude::*;

use crate::cli::Place;

fn begun() -> Begun {
    Begun {
        format: FORMAT.to_owned(),
        run: "1".to_owned(),
        server: "https://api.example.com".to_owned(),
        target: "default".to_owned(),
        partition: None,
        plan: "sha256:0".to_owned(),
        steps: 3,
    }
}

/// Names as nobody should give them, too.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), Just("a\"b\\c\nd\u{202e}\u{0}é".to_owned()), Just(",\"sum\":\"00000000\"}".to_owned())]
}

fn entry() -> impl Strategy<Value = Entry> {
    let intent = (word(), word(), prop::option::of(word()), 1..4_u32).prop_map(|(step, agent, skill, attempt)| {
        Entry::Intent(Intent { step, action: "create".to_owned(), agent, skill, attempt, key: None })
    });
    let how = prop::sample::select(vec![How::Done, How::Failed, How::Unknown]);
    prop_oneof![2 => intent, 1 => (word(), how).prop_map(|(step, how)| Entry::Ended(Ended { step, how }))]
}

fn text(entries: &[Entry]) -> String {
    std::iter::once(Entry::Begun(begun())).chain(entries.iter().cloned()).map(|entry| entry.line()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read(intents in prop::collection::vec((word(), word()), 0..6)) {
        let entry = |(at, (agent, skill)): (usize, &(String, String))| Intent {
            step: format!("{at} {skill}"),
            action: "create".to_owned(),
            agent: agent.clone(),
            skill: Some(skill.clone()),
            attempt: 1,
            key: Some(agent.clone()),
        };
        let open: Vec<Intent> = intents.iter().enumerate().map(entry).collect();
        let entries: Vec<Entry> = open.iter().cloned().map(Entry::Intent).collect();
        prop_assert_eq!(Journal::read(&text(&entries)), Ok(Journal { begun: Some(begun()), open }));
    }

    /// A process may die in the middle of a line; what stands before it counts.
    #[test]
    fn a_journal_that_was_cut_anywhere_is_that_of_its_whole_lines(
        entries in prop::collection::vec(entry(), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = text(&entries);
        let mut at = cut.index(whole.len() + 1);
        while !whole.is_char_boundary(at) {
            at -= 1;
        }
        let torn = &whole[..at];
        let lines = torn.rfind('\n').map_or("", |end| &torn[..=end]);
        let read = Journal::read(torn).unwrap();
        // A line that lacks nothing but its end was written to its end.
        let with_end = Journal::read(&format!("{torn}\n"));
        prop_assert!(read == Journal::read(lines).unwrap() || Ok(read) == with_end);
    }

    #[test]
    fn a_line_that_was_changed_is_damage(
        entries in prop::collection::vec(entry(), 2..6),
        line in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
    ) {
        let whole = text(&entries);
        let mut lines: Vec<Vec<u8>> = whole.lines().map(|line| line.as_bytes().to_vec()).collect();
        let number = line.index(lines.len());
        let at = at.index(lines[number].len());
        lines[number][at] = if lines[number][at] == b'x' { b'y' } else { b'x' };
        let damaged = String::from_utf8_lossy(&lines.join(&b'\n')).into_owned() + "\n";
        let expected = if number == 0 { JournalError::Format } else { JournalError::Damaged(number + 1) };
        prop_assert_eq!(Journal::read(&damaged), Err(expected));
    }
}

#[test]
fn a_journal_is_its_owners_alone_and_one_process_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/journal.ndjson");
    let (file, text) = JournalFile::open(&path).unwrap();
    assert_eq!(text, "");
    file.begin(begun()).unwrap();
    file.record(&Entry::Ended(Ended { step: "a".to_owned(), how: How::Done })).unwrap();
    assert!(matches!(JournalFile::open(&path), Err(JournalFileError::Held { .. })));
    drop(file);
    let (file, text) = JournalFile::open(&path).unwrap();
    assert_eq!(text.lines().count(), 2);
    file.begin(begun()).unwrap();
    drop(file);
    assert_eq!(fs::read_to_string(&path).unwrap(), Entry::Begun(begun()).line());
}

#[cfg(unix)]
#[test]
fn a_journal_that_others_could_read_is_closed_to_them_and_a_link_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.ndjson");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(JournalFile::open(&path).unwrap());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let link = folder.path().join("link.ndjson");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(matches!(JournalFile::open(&link), Err(JournalFileError::Place(_))));
}

#[test]
fn a_receipt_says_what_was_sent_and_how_it_ended_and_a_journal_that_nobody_named_is_forgotten() {
    let place = Place::desk();
    place.run("apply --sandbox --yes --receipt receipt.ndjson").ends(0);
    let receipt = fs::read_to_string(place.path("receipt.ndjson")).unwrap();
    let lines: Vec<&str> = receipt.lines().collect();
    assert!(lines[0].contains("\"begun\"") && lines[1].contains("\"intent\"") && lines[2].contains("\"how\":\"done\""));
    assert!(lines[1].contains("desk/skill/Look up order") && lines[1].contains("\"key\":\""), "{receipt}");
    assert!(!receipt.contains("api.example.com"), "no body stands in it");
    fs::remove_file(place.path(".flowops/sandbox.json")).unwrap();
    place.run("apply --sandbox --yes").ends(0);
    let journals = fs::read_dir(place.path(".flowops")).unwrap().map(|file| file.unwrap().path());
    let journals: Vec<_> = journals.filter(|path| path.extension().is_some_and(|end| end == "ndjson")).collect();
    assert_eq!(journals.len(), 1);
    assert_eq!(fs::read_to_string(&journals[0]).unwrap(), "");
}

#[test]
fn a_second_apply_in_the_same_folder_ends_at_once() {
    let place = Place::desk();
    let receipt = place.path("receipt.ndjson");
    let (_held, _) = JournalFile::open(&receipt).unwrap();
    place.run("apply --sandbox --yes --receipt receipt.ndjson").ends(5).says("another run holds the journal");
    assert_eq!(place.writes(), 0);
}

/// A file may grow by so many blocks only: the disk is full for this process alone.
#[cfg(target_os = "linux")]
#[test]
fn a_line_for_which_there_is_no_room_leaves_no_half_of_itself() {
    let mut store = flowops::sandbox::Store::default();
    store.seed_agent(None, "Front Desk");
    let sandbox = flowops::sandbox::Sandbox::in_memory(store);
    let server = crate::raw::RawServer::start(move |seen| crate::raw::through(&sandbox, seen));
    let place = Place::desk();
    let long = format!("Look up {}", "order ".repeat(12).trim());
    place.write("manifests/desk.yaml", &crate::cli::DESK.replace("Look up order", &long));
    let binary = env!("CARGO_BIN_EXE_flowops");
    let command = format!("trap '' XFSZ; ulimit -f 1; exec {binary} apply --yes --receipt receipt.ndjson");
    let ran = std::process::Command::new("sh")
        .args(["-c", &command])
        .env("FLOWYTE_BASE_URL", server.base_url())
        .env("FLOWYTE_API_KEY", crate::raw::KEY)
        .current_dir(place.path("."))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains("the journal cannot be written"), "{ran:?}");
    let left = fs::read_to_string(place.path("receipt.ndjson")).unwrap();
    assert!(left.ends_with('\n'), "{left}");
    assert_eq!(Journal::read(&left).map(|journal| journal.begun.is_some()), Ok(true));
    assert_eq!(server.writes().len(), 0);
}
