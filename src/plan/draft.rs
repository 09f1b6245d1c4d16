//! Publishing: which changes of a draft are the manifests' own, and whether it is done.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::digest;
use super::part::Part;
use super::step::{Action, Held, Hold, Subject, Verb};
use crate::diff::{Difference, may_hold_secret};
use crate::model::{Agent, Desired, Draft, DraftChange, Field, Guard, Moved, Publish, Standing};

/// What a publish may ship: changes of skills by their names and ids, as a draft's fields may call them, and changes of
/// others that somebody let through, each exactly as it was then.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ours {
    skills: BTreeSet<String>,
    allowed: Vec<DraftChange>,
}

impl Ours {
    /// Those of an agent that is being planned.
    fn of(part: &Part<'_>) -> Self {
        let agent = part.agent;
        let skills = agent.skills.iter().flat_map(|skill| [Some(&skill.name), skill.was.as_ref()]).flatten();
        let presets = part.context.desired.presets(agent).map(|recorded| &recorded.name);
        let absent = agent.absent.iter().map(|absent| &absent.name);
        let names = skills.chain(presets).chain(absent).map(|name| name.as_str().to_owned());
        let ids = part.touched.iter().map(|id| id.as_str().to_owned());
        Self { skills: names.chain(ids).collect(), allowed: Vec::new() }
    }

    /// Adds what was made on the way, by name or id.
    pub fn add(&mut self, word: impl Into<String>) {
        self.skills.insert(word.into());
    }

    /// What somebody let through, in the order of the draft.
    pub(super) fn allowed(&self) -> &[DraftChange] {
        &self.allowed
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
            let Some(rest) = rest.strip_prefix(word.as_str()) else { return false };
            let key = rest.trim_matches(ends).split(ends).next().unwrap_or_default();
            // What goes on after the name is a field of the skill, or the name is another skill's.
            let is_field = key == "name" || Field::SERVER_OWNED.contains(&key) || Field::read(key).is_some();
            rest.is_empty() || rest.starts_with(ends) && is_field
        };
        self.skills.iter().any(is)
    }

    /// Those of some changes that it may not ship.
    pub fn foreign<'a>(&self, changes: &'a [DraftChange]) -> Vec<&'a DraftChange> {
        changes.iter().filter(|change| !self.covers(&change.field) && !self.allowed.contains(change)).collect()
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
        Draft::Differs { version: _, changes } => {
            !part.steps.is_empty() || (part.held.is_empty() && ours.foreign(changes).is_empty())
        }
    }
}

/// Plans the publishing of every agent that is published on change.
///
/// A draft with changes that no manifest declares is published only if somebody lets exactly these through.
pub(super) fn plan_publishes(desired: &Desired, parts: &mut [Part<'_>]) {
    let Desired { target, policy, .. } = desired;
    let strange: Vec<(String, Vec<&DraftChange>)> = parts.iter().filter_map(strange).collect();
    let digest = digest::of_drafts(target, &strange);
    let is_allowed = policy.allowed.iter().any(|one| one.guard == Guard::ForeignDraft && one.digest == digest);
    let others = strange.len();
    let allowance = format!("`--allow {}={digest}`", Guard::ForeignDraft.word());
    let way_out = match others {
        0 | 1 => {
            format!("publish or undo them in the dashboard first, or let exactly these through for once: {allowance}")
        }
        number => format!(
            "publish or undo them in the dashboard first, or let exactly these and those of the other {} through for once: {allowance}",
            if number == 2 { "agent".to_owned() } else { format!("{} agents", number - 1) }
        ),
    };
    for part in parts {
        plan_publish(part, is_allowed, &way_out);
    }
}

/// Whether somebody's yes is needed to publish an agent.
pub(super) fn has_strange(part: &Part<'_>) -> bool {
    strange(part).is_some()
}

/// The changes in an agent's draft that keep it from being published.
fn strange<'p>(part: &'p Part<'_>) -> Option<(String, Vec<&'p DraftChange>)> {
    if part.agent.publish == Publish::Never {
        return None;
    }
    let Draft::Differs { version: _, changes } = &part.live.draft else { return None };
    let ours = Ours::of(part);
    if part.agent.standing == Standing::Removed && !ships_deletes(part, &ours) {
        return None;
    }
    let foreign = ours.foreign(changes);
    (!foreign.is_empty()).then(|| (part.reference.id.to_string(), foreign))
}

/// Publishes whenever the draft differs from what callers hear, or will after the steps before.
fn plan_publish(part: &mut Part<'_>, is_allowed: bool, way_out: &str) {
    let agent = part.agent;
    if agent.publish == Publish::Never {
        return;
    }
    let live = Arc::clone(&part.live);
    let needs: Vec<String> = part.steps.iter().map(|step| step.id.clone()).collect();
    let mut ours = Ours::of(part);
    match agent.standing {
        Standing::Removed if !ships_deletes(part, &ours) => return,
        Standing::Removed | Standing::Declared => {}
    }
    let has_something = match &live.draft {
        Draft::NotNeeded => false,
        Draft::NeverPublished | Draft::Unknown(_) => true,
        Draft::Differs { version: _, changes } => !(changes.is_empty() && needs.is_empty()),
    };
    // What waits for somebody's yes is not as it is meant to be, so callers do not hear it either.
    let waits = |held: &&Held| matches!(held.hold, Hold::Risk | Hold::DeleteBudget | Hold::GivenUp);
    if let Some(first) = part.held.iter().find(waits).filter(|_| has_something).map(|held| held.id.clone()) {
        let message = format!("callers would hear the draft without {first}, which is held");
        part.hold(Verb::Publish, Subject::Draft, &agent.place, Hold::Needs, message);
        return;
    }
    match &live.draft {
        Draft::NotNeeded => {}
        Draft::NeverPublished => {
            let reason = "the agent has never been published: callers will hear all of its draft";
            part.step(Action::Publish { over: None, draft: Vec::new(), ours }, &agent.place, reason, needs);
        }
        Draft::Differs { version: _, changes } if changes.is_empty() && needs.is_empty() => {}
        Draft::Differs { version, changes } => {
            let foreign = ours.foreign(changes);
            if foreign.is_empty() || is_allowed {
                let reason = if foreign.is_empty() {
                    "callers hear the draft only once it is published"
                } else {
                    "callers hear the draft only once it is published, with what somebody let through"
                };
                ours.allowed = foreign.into_iter().cloned().collect();
                let draft = changes.iter().map(|change| change.field.clone()).collect();
                let action = Action::Publish { over: Some(version.clone()), draft, ours };
                part.step(action, &agent.place, reason, needs);
            } else {
                hold_foreign(part, &foreign, way_out);
            }
        }
        Draft::Unknown(why) => {
            let message = format!("what publishing would ship cannot be told ({why})");
            part.hold(Verb::Publish, Subject::Draft, &agent.place, Hold::ForeignDraft, message);
        }
    }
}

/// Holds what would ship changes that no manifest declares.
fn hold_foreign(part: &mut Part<'_>, foreign: &[&DraftChange], way_out: &str) {
    let named = foreign.iter().map(|change| format!("`{}`", change.field)).collect::<Vec<_>>().join(", ");
    let differences: Vec<Difference> = foreign.iter().copied().map(difference).collect();
    let is_hidden = differences.iter().any(|difference| difference.is_sensitive);
    let hidden = if is_hidden { "; what may be a secret in a hidden value does not count" } else { "" };
    let message = format!("publishing would also ship changes that no manifest declares: {named}; {way_out}{hidden}");
    part.hold(Verb::Publish, Subject::Draft, &part.agent.place, Hold::ForeignDraft, message);
    if let Some(held) = part.held.last_mut() {
        held.differences = differences;
    }
}

/// A change of a draft as a difference: hidden wherever a word of its place, or its value, may be of a secret.
fn difference(change: &DraftChange) -> Difference {
    let DraftChange { field, before, after } = change;
    let mut values = [before, after].into_iter().flatten();
    let is_sensitive = change.is_sensitive() || values.any(|value| may_hold_secret(change.key(), value));
    // Unlike a declared value, what a draft says is never a reference: neither value may be known outside.
    let shown = |value: &Option<Json>| value.clone().filter(|_| !is_sensitive);
    Difference {
        path: format!("/{}", field.trim_start_matches('/')),
        before: shown(before),
        after: shown(after),
        is_sensitive,
        moved: Moved::Unknown,
    }
}
