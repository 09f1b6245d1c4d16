use flowops::cli::exit::Exit;
use flowops::diag::Code;

use super::Place;

#[test]
fn every_code_is_explained() {
    let place = Place::with(&[]);
    for code in Code::ALL {
        place.run(&format!("explain {code}")).ends(0).quietly().prints(code.summary());
    }
    place.run("explain m010").ends(0).prints("error[M010]");
}

#[test]
fn every_exit_code_is_explained_in_every_way_of_asking() {
    let place = Place::with(&[]);
    for exit in Exit::ALL {
        for ask in ["", "exit ", "exit code "] {
            let asked = place.run(&format!("explain {ask}{}", exit.code())).ends(0).quietly();
            asked.prints(exit.summary());
        }
    }
}

#[test]
fn fields_are_explained_as_deep_as_they_go() {
    let place = Place::with(&[]);
    for (field, word) in [
        ("skill", "description"),
        ("skill.executionConfig", "settings"),
        ("agent.spec.match", "id"),
        ("project.spec.targets.production", "agents"),
        ("project.spec.targets.production.agents", "addresses"),
        ("project.spec.policy.deleteBudget", "percent"),
    ] {
        place.run(&format!("explain {field}")).ends(0).quietly().prints(word);
    }
}

#[test]
fn what_is_not_known_is_wrong_usage_with_a_way_out() {
    let place = Place::with(&[]);
    place.run("explain nonsense").ends(64).is_golden("explain-nonsense.txt", &[]);
    place.run("explain skil").ends(64).says("did you mean `skill`?");
    place.run("explain M100").ends(64).says("did you mean `M0");
    place.run("explain 9").ends(64);
    place.run("explain").ends(64);
}

/// A step that is refused leaves the others; a plan that is refused leaves everything.
#[test]
fn exit_code_4_is_explained_for_a_step_and_for_a_whole_plan() {
    let ran = Place::with(&[]).run("explain exit 4").ends(0);
    let text = ran.stdout.replace('\n', " ");
    for said in ["that step was not sent, and the others were", "Or the plan as a whole", "nothing was written"] {
        assert!(text.contains(said), "no `{said}` in\n{}", ran.all());
    }
}
