//! Files that a run is told to write and must not write over.

use std::fs;

use super::{DESK, Place};

/// A command ends with 64, and neither the file nor the server is another one.
#[track_caller]
fn refused(place: &Place, file: &str, line: &str, why: &str) {
    let (before, writes) = (fs::read(place.path(file)).unwrap(), place.writes());
    let ran = place.run(line).ends(64);
    assert!(ran.all().contains(why), "no `{why}` in\n{}", ran.all());
    assert_eq!(fs::read(place.path(file)).unwrap(), before, "{}", ran.all());
    assert_eq!(place.writes(), writes);
}

#[test]
fn a_plan_is_kept_over_nothing_but_an_earlier_one() {
    let place = Place::desk();
    place.write("notes.txt", "Mine.\n");
    place.write("other.json", "{\"format\": \"flowops.plan/v1\"}");
    for file in ["notes.txt", "other.json", "manifests/desk.yaml"] {
        refused(&place, file, &format!("plan --sandbox --out {file}"), "nothing was sent");
    }
    refused(&place, "notes.txt", "plan --sandbox --out notes.txt", "`notes.txt` is no plan that was kept earlier");
    fs::write(place.path("bytes"), b"\xff\x00").unwrap();
    refused(&place, "bytes", "plan --sandbox --out bytes", "`bytes` is no plan that was kept earlier");
    // A new one, an empty one, and an earlier one, of whatever version.
    place.write("empty", "");
    place.write("newer", "{\"format\": \"flowops.reviewed/v9\"}");
    for file in ["new", "new", "empty", "newer"] {
        place.run(&format!("plan --sandbox --out {file}")).ends(0);
        assert!(fs::read_to_string(place.path(file)).unwrap().contains("flowops.reviewed/v1"), "{file}");
    }
}

#[test]
fn no_manifest_is_written_over_however_it_is_spelled() {
    let place = Place::desk();
    let whole = place.path("manifests/desk.yaml").display().to_string();
    for file in ["manifests/desk.yaml", "./manifests/../manifests/desk.yaml", whole.as_str()] {
        for line in [
            "plan --sandbox --out",
            "plan --sandbox --output",
            "plan --sandbox --format json --output",
            "drift --sandbox --output",
            "validate --output",
            "apply --sandbox --yes --output",
            "apply --sandbox --format json --output",
            "apply --sandbox --yes --receipt",
            "sandbox manifests --output",
        ] {
            let why = "is a manifest that is read here";
            refused(&place, "manifests/desk.yaml", &format!("{line} {file}"), why);
        }
    }
    // Neither is one that cannot be read, nor the project above.
    place.write("manifests/broken.yaml", "kind: [");
    refused(&place, "manifests/broken.yaml", "validate --output manifests/broken.yaml", "is a manifest");
    place.write("flowops.yaml", "kind: Project\n");
    refused(&place, "flowops.yaml", "validate --format json --output flowops.yaml", "is a manifest");
}

#[test]
fn a_receipt_is_kept_over_nothing_but_an_earlier_one() {
    let place = Place::desk();
    for text in ["Mine.", "Mine.\n", "Mine.\nAll mine.\n", "{}", "\n", "{\"begun\":1}\n"] {
        place.write("notes.txt", text);
        refused(
            &place,
            "notes.txt",
            "apply --sandbox --yes --receipt notes.txt",
            "`--receipt notes.txt` is no journal",
        );
    }
    // An empty one and an earlier one.
    place.write("receipt", "");
    for file in ["receipt", "receipt"] {
        place.run(&format!("apply --sandbox --yes --receipt {file}")).ends(0);
    }
    assert_eq!(
        place.run("validate").ends(0).stdout,
        "Valid for target `default`: 1 agent, 1 skill, 0 recorded packs, 1 file.\n"
    );
    assert_eq!(fs::read_to_string(place.path("manifests/desk.yaml")).unwrap(), DESK);
}
