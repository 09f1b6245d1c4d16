//! A large apply against a server that limits and fails: complete, in hardly more time than the limit forces.

use std::fmt::Write as _;
use std::time::Duration;

use flowops::cli::exit::Exit;
use flowops::report::Status;
use flowops::sandbox::Store;
use serde_json::json;

use super::scene::{Scene, read};
use super::support::say;

const AGENTS: usize = 20;
const SKILLS: usize = 25;

/// How long a create whose answer was lost is looked for before it is sent again.
const LOOK: Duration = Duration::from_millis(7_500);

/// 500 steps: the skills of every so many agents are made, those of the others are changed.
fn large(made: usize) -> Scene {
    let mut manifests = String::new();
    let mut store = Store::new(5);
    for agent in 0..AGENTS {
        let skill = |number: usize, description: &str| {
            json!({ "name": format!("Skill {number}"), "description": description, "skillType": "builtin",
                    "executionConfig": { "action": "end_call" } })
        };
        let skills: Vec<_> = (0..SKILLS).map(|number| skill(number, "Ends the call.")).collect();
        let spec = json!({ "match": { "name": format!("Agent {agent}") }, "skills": skills });
        let name = json!({ "name": format!("agent-{agent}") });
        let document = json!({ "apiVersion": "flowops/v1", "kind": "Agent", "metadata": name, "spec": spec });
        writeln!(manifests, "---\n{document}").unwrap();
        let id = store.seed_agent(None, &format!("Agent {agent}"));
        for number in (0..SKILLS).filter(|_| !agent.is_multiple_of(made)) {
            store.seed_skill(&id, skill(number, "Old.").as_object().cloned().unwrap());
        }
    }
    Scene::new(read(&manifests), store).concurrency(8)
}

#[test]
fn five_hundred_steps_are_done_in_the_time_that_the_limit_forces_although_one_answer_in_twenty_fails() {
    although_one_answer_in_twenty_fails(5, Duration::ZERO);
}

/// What is lost at the very end is looked for while nothing else is left to do.
#[test]
fn five_hundred_creates_are_done_in_that_time_and_one_look_for_what_was_lost() {
    although_one_answer_in_twenty_fails(1, LOOK);
}

fn although_one_answer_in_twenty_fails(made: usize, more: Duration) {
    let calm = large(made).ends(Exit::Ok);
    let needed = calm.reads + calm.writes;
    let faults = "\
        - { percent: 2, stage: before-commit, action: { status: { status: 503 } } }\n\
        - { percent: 3, stage: after-commit, action: reset }";
    for seed in 1..6 {
        let played = large(made).fault(faults).rate(20).seed(seed).ends(Exit::Ok);
        let forced = f64::from(u32::try_from(needed).unwrap() - 20) / 20.0;
        let factor = played.took.saturating_sub(more).as_secs_f64() / forced;
        let sent = played.reads + played.writes;
        say(&format!(
            "500 steps need {needed} requests; {sent} were sent in {factor:.2} times the time that the limit forces, and {more:?}"
        ));
        assert!(factor <= 1.3, "seed {seed}: it took {factor:.2} times as long as the limit forces");
        let report = played.report.as_ref().unwrap();
        assert_eq!(report.outcomes.len(), AGENTS * SKILLS);
        for outcome in &report.outcomes {
            assert!(matches!(outcome.status, Status::Done | Status::Settled(_)), "{outcome:?}");
        }
        assert_eq!(played.changes(), AGENTS * SKILLS, "each write landed once");
    }
}
