//! Every broken manifest under `tests/invalid` is reported as the file beside it says.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use flowops::diag::Code;
use flowops::render::{Style, findings};

use crate::support::{golden, read_folder, repository};

fn cases() -> BTreeMap<String, PathBuf> {
    let folders = fs::read_dir(repository("tests/invalid")).unwrap().map(|entry| entry.unwrap());
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
