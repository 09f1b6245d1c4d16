//! The fuzz targets (`tests/fuzz`) on every seed: what they found once stays found, and no seed goes stale.

use std::fs;
use std::path::{Path, PathBuf};

use flowops::report::reviewed::Reviewed;

use crate::support::repository;

#[expect(unreachable_pub, reason = "it is a library of its own, too")]
#[path = "../fuzz/src/lib.rs"]
mod targets;

/// A target's name, what it does, and where its seeds lie.
type Target = (&'static str, fn(&str), &'static [&'static str]);

const TARGETS: [Target; 6] = [
    ("manifest", targets::manifest, &["manifests", "tests/invalid"]),
    ("answer", targets::answer, &["tests/fuzz/seeds/answer"]),
    ("journal", targets::journal, &["tests/fuzz/seeds/journal"]),
    ("reviewed", targets::reviewed, &["tests/fuzz/seeds/reviewed"]),
    ("faults", targets::faults, &["tests/faults"]),
    ("request", targets::request, &["tests/fuzz/seeds/request"]),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn every_seed_holds() {
    for (name, target, folders) in TARGETS {
        let seeds: Vec<PathBuf> = folders.iter().flat_map(|folder| files(&repository(folder))).collect();
        assert!(!seeds.is_empty(), "{name}");
        for seed in seeds {
            // The targets take text: a seed that is none would never be played.
            let text = String::from_utf8(fs::read(&seed).unwrap());
            target(&text.unwrap_or_else(|error| panic!("{name}: {} is not UTF-8: {error}", seed.display())));
        }
    }
}

/// A target makes nothing of a kept plan that is not whole, so the seeds are.
#[test]
fn the_seeds_of_kept_plans_are_whole() {
    for seed in files(&repository("tests/fuzz/seeds/reviewed")) {
        let read = Reviewed::read(&fs::read_to_string(&seed).unwrap());
        assert!(read.is_ok(), "{}: {read:?}", seed.display());
    }
}

/// What `.ci/run` fuzzes is what is here, with the same seeds.
#[test]
fn ci_fuzzes_every_target() {
    let script = fs::read_to_string(repository(".ci/run")).unwrap();
    let manifest = fs::read_to_string(repository("tests/fuzz/Cargo.toml")).unwrap();
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
    for (name, _, folders) in TARGETS {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        let line = format!("fuzz {name} {}", folders.join(" "));
        assert!(script.lines().any(|other| other == line), "`{line}` is not in .ci/run");
    }
}
