//! Publishing: which changes of a draft are the manifests' own, and whether it is done.

use std::collections::BTreeSet;

use super::part::Part;
use super::step::{Action, Hold, Subject, Verb};
use crate::model::{Agent, Draft, Publish, Standing};

/// The skills whose changes a publish may ship: names and ids, as a draft's fields may call them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ours(BTreeSet<String>);

impl Ours {
    /// Those of an agent that is being planned.
    fn of(part: &Part<'_>) -> Self {
        let agent = part.agent;
        let skills = agent.skills.iter().flat_map(|skill| [Some(&skill.name), skill.was.as_ref()]).flatten();
        let presets = agent.packs.iter().filter_map(|used| part.context.packs.get(&used.kind));
        let presets = presets.flat_map(|pack| pack.presets.keys());
        let absent = agent.absent.iter().map(|absent| &absent.name);
        let names = skills.chain(presets).chain(absent).map(|name| name.as_str().to_owned());
        Self(names.chain(part.touched.iter().map(|id| id.as_str().to_owned())).collect())
    }

    /// Adds what was made on the way, by name or id.
    pub fn add(&mut self, word: impl Into<String>) {
        self.0.insert(word.into());
    }

    /// Whether a changed field of the draft belongs to one of them.
    ///
    /// How the server names fields is not documented. Only what plainly lies below `skills` counts; anything else is
    /// somebody else's, which holds the publish back rather than shipping it.
    pub fn covers(&self, field: &str) -> bool {
        let ends = ['/', '.', '[', ']'];
        let field = field.trim_start_matches('/');
        let Some(rest) = field.strip_prefix("skills").filter(|rest| rest.starts_with(ends)) else { return false };
        let rest = rest.trim_start_matches(ends);
        let is = |word: &String| {
            rest.strip_prefix(word.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(ends))
        };
        self.0.iter().any(is)
    }

    /// Those of some fields that belong to none of them.
    pub fn foreign<'a>(&self, fields: &'a [String]) -> Vec<&'a str> {
        fields.iter().map(String::as_str).filter(|field| !self.covers(field)).collect()
    }
}

/// Whether planning this agent must know how its draft differs from what callers hear.
pub fn needs_draft(agent: &Agent) -> bool {
    agent.publish == Publish::OnChange
}

/// Whether publishing an agent that is given up would let callers hear that something went, now or in an earlier run that
/// came no further. Whatever else is in its draft is nobody's here, and nothing is published before a delete is let through.
fn ships_deletes(part: &Part<'_>, ours: &Ours) -> bool {
    match &part.live.draft {
        Draft::NotNeeded | Draft::NeverPublished => false,
        Draft::Unknown(_) => !part.steps.is_empty(),
        Draft::Differs { version: _, fields } => {
            !part.steps.is_empty() || (part.held.is_empty() && ours.foreign(fields).is_empty())
        }
    }
}

/// Publishes whenever the draft differs from what callers hear, or will after the steps before.
pub(super) fn plan_publish(part: &mut Part<'_>) {
    let agent = part.agent;
    if agent.publish == Publish::Never {
        return;
    }
    let needs: Vec<String> = part.steps.iter().map(|step| step.id.clone()).collect();
    let ours = Ours::of(part);
    match agent.standing {
        Standing::Removed if !ships_deletes(part, &ours) => return,
        Standing::Removed | Standing::Declared => {}
    }
    match &part.live.draft {
        Draft::NotNeeded => {}
        Draft::NeverPublished => {
            let reason = "the agent has never been published";
            part.step(Action::Publish { over: None, draft: Vec::new(), ours }, &agent.place, reason, needs);
        }
        Draft::Differs { version: _, fields } if fields.is_empty() && needs.is_empty() => {}
        Draft::Differs { version, fields } => {
            let foreign = ours.foreign(fields);
            if foreign.is_empty() {
                let reason = "callers hear the draft only once it is published";
                let action = Action::Publish { over: Some(version.clone()), draft: fields.clone(), ours };
                part.step(action, &agent.place, reason, needs);
            } else {
                let message = format!(
                    "publishing would also ship changes that no manifest declares: {}; publish or undo them in the dashboard first",
                    foreign.join(", ")
                );
                part.hold(Verb::Publish, Subject::Draft, &agent.place, Hold::ForeignDraft, message);
            }
        }
        Draft::Unknown(why) => {
            let message = format!("what publishing would ship cannot be told ({why})");
            part.hold(Verb::Publish, Subject::Draft, &agent.place, Hold::ForeignDraft, message);
        }
    }
}
