//! Every broken manifest under `tests/invalid` is reported as the file beside it says, and every sound one under
//! `tests/valid`, which a check might take for a broken one, is not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flowops::diag::Code;
use flowops::render::{Style, findings};

use crate::support::{golden, read_folder, repository};

fn cases() -> BTreeMap<String, PathBuf> {
    folders("tests/invalid")
}

fn folders(path: &str) -> BTreeMap<String, PathBuf> {
    let folders = fs::read_dir(repository(path)).unwrap().map(|entry| entry.unwrap());
    folders.map(|entry| (entry.file_name().into_string().unwrap(), entry.path())).collect()
}

fn code(case: &str) -> Code {
    let id = case.split('-').next().unwrap_or_default();
    Code::read(id).unwrap()
}

fn shown(folder: &Path) -> (Vec<Code>, String) {
    let (collected, reading) = read_folder(folder);
    let text = findings(&reading.findings, &collected.sources, Style::Plain);
    (reading.findings.iter().map(|finding| finding.code).collect(), text)
}

#[test]
fn every_broken_manifest_is_reported_as_the_file_beside_it_says() {
    for (name, folder) in cases() {
        let (codes, text) = shown(&folder);
        assert!(codes.contains(&code(&name)), "`{name}` does not find its code but {codes:?}:\n{text}");
        golden(&folder.join("expected.txt"), &text);
    }
}

/// What cannot be read cannot be committed either: `disk` makes those cases.
///
/// Codes that begin with `L` come from what manifests meet on the server; their cases stand elsewhere.
#[test]
fn every_code_of_manifests_has_a_case() {
    let mut have: Vec<Code> = cases().keys().map(|name| code(name)).collect();
    have.push(Code::Unreadable);
    for code in Code::ALL.iter().filter(|code| code.id().starts_with('M')) {
        assert!(have.contains(code), "no folder `tests/invalid/{code}-…`");
    }
}

#[test]
fn every_sound_manifest_is_passed_over_in_silence() {
    for (name, folder) in folders("tests/valid") {
        let (codes, text) = shown(&folder);
        assert!(codes.is_empty(), "`{name}` is reported:\n{text}");
    }
}

/// What a check says may be a false alarm, so each has an example of what it must not say.
#[test]
fn every_check_has_an_example_that_it_must_pass_over() {
    let have: Vec<Code> = folders("tests/valid").keys().map(|name| code(name)).collect();
    let is_check = |code: &&Code| **code == Code::UsualSetting || **code > Code::MaskedSecret;
    for code in Code::ALL.iter().filter(|code| code.id().starts_with('M')).filter(is_check) {
        assert!(have.contains(code), "no folder `tests/valid/{code}-…`");
    }
}
