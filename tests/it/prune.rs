//! What the manifests gave up since a base revision: laws over generated worlds.

use std::collections::BTreeSet;
use std::sync::Arc;

use flowops::cli::transport::Local;
use flowops::model::{Agent, Prune, SkillName};
use flowops::plan::{Action, Plan, remember};
use flowops::report::Verdict;
use flowops::sandbox::Sandbox;
use proptest::prelude::*;

use super::causes::changed;
use super::laws::{apply, config, look};
use super::world::agent_id;

/// The names of an agent's live skills.
fn live(sandbox: &Sandbox, agent: usize) -> BTreeSet<String> {
    let id = agent_id(sandbox, &format!("Agent {agent}"));
    let skills = sandbox.with_store(|store| store.skills_of(&id)).unwrap();
    skills.into_iter().map(|(_, fields)| fields["name"].as_str().unwrap().to_owned()).collect()
}

fn declared(agent: &Agent) -> BTreeSet<&SkillName> {
    agent.skills.iter().map(|skill| &skill.name).collect()
}

fn deletes(plan: &Plan) -> Vec<String> {
    let deleted = plan.steps.iter().filter_map(|step| match &step.action {
        Action::Delete { name, .. } => Some(format!("{}/{name}", step.agent.name)),
        Action::Create { .. }
        | Action::Update { .. }
        | Action::UpdatePreset { .. }
        | Action::Install { .. }
        | Action::Publish { .. } => None,
    });
    deleted.collect()
}

proptest! {
    #![proptest_config(config())]

    /// What was declared and is no more goes, unless it is held; what nobody declared stays, whatever it is.
    #[test]
    fn what_the_manifests_gave_up_goes_and_nothing_else((before, after) in changed()) {
        let sandbox = Arc::new(before.sandbox());
        let mut base = before.desired();
        base.agents.iter_mut().for_each(|agent| agent.prune = Prune::Removed);
        prop_assume!(apply(&sandbox, &base, 1).verdict() == Verdict::Applied);
        let mut desired = after.desired();
        desired.agents.iter_mut().for_each(|agent| agent.prune = Prune::Removed);
        remember(&mut desired, &base);
        let strangers: Vec<BTreeSet<String>> = (0..base.agents.len()).map(|agent| live(&sandbox, agent)).collect();

        let report = apply(&sandbox, &desired, 2);
        prop_assume!(matches!(report.verdict(), Verdict::Applied | Verdict::Guarded));
        for (number, then) in base.agents.iter().enumerate() {
            let now = desired.agents.iter().find(|agent| agent.name == then.name);
            let held = |name: &str| report.plan.held.iter().any(|held| held.id == format!("{}/skill/{name}", then.name));
            let kept = now.map(declared).unwrap_or_default();
            let there = live(&sandbox, number);
            // A preset, or the former name of a skill, is still spoken of.
            let presets = now.into_iter().flat_map(|now| &now.packs).filter_map(|used| desired.packs.get(&used.kind));
            let former = now.into_iter().flat_map(|now| &now.skills).filter_map(|skill| skill.was.as_ref());
            let spoken: BTreeSet<&SkillName> = presets.flat_map(|pack| pack.presets.keys()).chain(former).collect();
            for gone in declared(then).difference(&kept).filter(|name| !spoken.contains(*name)) {
                prop_assert!(!there.contains(gone.as_str()) || held(gone.as_str()), "{} is still there", gone);
            }
            let named = |name: &str| {
                let stated = now.into_iter().flat_map(|now| now.absent.iter().map(|absent| &absent.name));
                declared(then).into_iter().chain(kept.iter().copied()).chain(spoken.iter().copied()).chain(stated).any(|known| known.as_str() == name)
            };
            for stranger in strangers[number].iter().filter(|name| !named(name)) {
                prop_assert!(there.contains(stranger), "{} was nobody's to delete", stranger);
            }
        }
        let (_, again) = look(&Local::new(Arc::clone(&sandbox)), &desired);
        prop_assert!(again.steps.is_empty(), "{:?}", again.steps);
    }

    /// Without a base revision, or on an agent that is not pruned, what a manifest does not name stays.
    #[test]
    fn nothing_is_pruned_unless_the_agent_says_so((before, after) in changed()) {
        let sandbox = Arc::new(before.sandbox());
        let base = before.desired();
        let mut desired = after.desired();
        let (_, plain) = look(&Local::new(Arc::clone(&sandbox)), &desired);
        remember(&mut desired, &base);
        let (_, since) = look(&Local::new(Arc::clone(&sandbox)), &desired);
        prop_assert_eq!(deletes(&plain), deletes(&since));
    }
}
