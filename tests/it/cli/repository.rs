//! Where the repository and the project are found, and what is said of a repository that cannot be read.

use super::since::{SECOND, repository};
use super::{DESK, Place};

/// A project that protects the desk's goodbye.
const PROTECTING: &str =
    "apiVersion: flowops/v1\nkind: Project\nmetadata: { name: p }\nspec: { policy: { protected: ['desk/Say *'] } }\n";

/// A repository with a project at its top, whose manifests lie in a folder of a team and are applied from there.
fn team() -> Place {
    let place = Place::with(&[("team/manifests/desk.yaml", &format!("{DESK}{SECOND}")), ("flowops.yaml", PROTECTING)]);
    repository(&place);
    place.run_in("team", "apply --sandbox --yes").ends(0);
    place.write("team/manifests/desk.yaml", &format!("{DESK}  absent: [Say goodbye]\n"));
    place
}

#[test]
fn the_project_at_the_top_of_the_repository_counts_in_every_folder_below() {
    let place = team();
    for (folder, line) in [("team", "plan"), ("team/manifests", "plan .."), (".", "plan team")] {
        let sandbox = place.path("team/.flowops/sandbox.json");
        let line = format!("{line} --exit-code --sandbox={}", sandbox.display());
        place.run_in(folder, &line).ends(6).prints("protected");
    }
    place.write("flowops.yaml", &PROTECTING.replace("policy", "polices"));
    place.run_in("team", "validate").ends(1).says("--> ../flowops.yaml:4:9");
}

#[test]
fn the_project_at_the_top_of_the_base_counts_in_every_folder_below() {
    let place = team();
    std::fs::remove_file(place.path("flowops.yaml")).unwrap();
    place.run_in("team", "plan --sandbox --exit-code").ends(2);
    place.run_in("team", "plan --sandbox --exit-code --since main").ends(6).prints("protected");
}
