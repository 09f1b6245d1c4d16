//! Agents that an AgentSet makes, on the command line: a base revision sees through them, and a pull leaves them alone.

use super::Place;
use super::since::{commit, edit, repository};

const SET: &str = "apiVersion: flowops/v1
kind: AgentSet
metadata: { name: desks }
spec:
  columns: { desk: { type: slug }, title:, phone: { type: phone } }
  rows: { fromCsv: rosters/desks.csv }
  template:
    metadata: { name: \"desk-${row.desk}\", labels: { desk: \"${row.desk}\" } }
    spec:
      match: { name: \"${row.title}\" }
      prune: removed
      skills:
        - name: Say goodbye
          description: Ends the call.
          skillType: sms
        - name: To the desk
          description: Hands the call over.
          skillType: transfer
          executionConfig: { destination: \"${row.phone}\" }
";

const ROWS: &str = "desk,title,phone\nfront,Front Desk,+15035550131\nback,Back Desk,+15035550132\n";

fn applied() -> Place {
    let place = Place::with(&[("manifests/desks.yaml", SET), ("manifests/rosters/desks.csv", ROWS)]);
    repository(&place);
    place.run("apply --sandbox --yes").ends(0).prints("Applied: 4 of 4 steps done.");
    place.run("plan --sandbox --exit-code").ends(0).prints("No changes.");
    place
}

#[test]
fn a_change_of_one_row_is_planned_for_its_agent_alone() {
    let place = applied();
    place.write("manifests/rosters/desks.csv", &ROWS.replace("0132", "0139"));
    commit(&place, "another phone");
    let ran = place.run("plan --sandbox --since HEAD~1 --changed --exit-code").ends(2);
    let ran = ran.prints("desk-back").prints("What the manifests changed since HEAD~1").prints("1 to update");
    assert!(!ran.stdout.contains("desk-front"), "{}", ran.stdout);
    place.run("plan --sandbox --agent desk-front --exit-code").ends(0).prints("No changes.");
    place.run("plan --sandbox --selector desk=back --exit-code").ends(2).prints("desk-back");
}

#[test]
fn a_change_of_the_template_is_planned_for_every_agent_and_what_it_loses_is_pruned() {
    let place = applied();
    place.write("manifests/desks.yaml", &SET.replace("Ends the call.", "Ends the call for good."));
    commit(&place, "another template");
    place.run("plan --sandbox --since HEAD~1 --changed").ends(0).prints("2 to update");
    let (kept, goodbye) = SET.split_once("        - name: Say goodbye").unwrap();
    let rest = goodbye.split_once("        - name: To").unwrap().1;
    place.write("manifests/desks.yaml", &format!("{kept}        - name: To{rest}"));
    commit(&place, "a skill less");
    place.run("plan --sandbox --since HEAD~2").ends(0).prints("2 to delete");
}

#[test]
fn a_pull_edits_no_template_and_no_table_and_says_so() {
    let place = applied();
    edit(&place, "Say goodbye", "stakes", "high");
    edit(&place, "Say goodbye", "description", "Ends the call, by hand.");
    let ran = place.run("pull --sandbox").ends(2);
    ran.prints("an AgentSet makes the agent, and others like it");
    let read = |path: &str| std::fs::read_to_string(place.path(path)).unwrap();
    assert_eq!(read("manifests/desks.yaml"), SET);
    assert_eq!(read("manifests/rosters/desks.csv"), ROWS);
}
