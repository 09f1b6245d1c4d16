//! Asks where the addresses of rosters lie, before the first write. It changes nothing, so it may be asked again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Number;

use super::apply::Sender;
use super::settle::WAITS;
use super::{TransportError, Writes};
use crate::api::{Answered, ApiError, Located, Made, Write};
use crate::model::{AgentId, Field, Value};
use crate::plan::{self, Action, Step};
use crate::report::Event;

/// How often a request is sent again that was not answered, or that the server did not take for now.
const REPEATED: usize = 3;

/// After so many single addresses in a row that the server refuses, the agent's others are not asked for.
const HOPELESS: usize = 3;

/// Addresses that a note names before the rest is counted.
const MOST_NAMED: usize = 5;

/// What became of the addresses that were asked for.
#[derive(Debug, Default)]
pub(super) struct Places {
    answered: BTreeMap<String, Option<(f64, f64)>>,
    failed: BTreeMap<String, String>,
}

/// What came of asking for some addresses.
enum Heard {
    Answered(Vec<Located>),
    /// They are too many at once, or one of them is none.
    Refused(String),
    Failed(String),
}

/// Asks for all addresses that some steps need, agent by agent; none twice.
pub(super) async fn locate<W: Writes>(sender: &Sender<'_, W>, steps: &[&Step]) -> Places {
    let mut places = Places::default();
    let mut most = plan::CHUNK;
    for steps in steps.chunk_by(|one, next| one.agent == next.agent) {
        let Some(agent) = steps.first().map(|step| &step.agent) else { continue };
        let needed: BTreeSet<&str> = steps.iter().flat_map(|step| plan::unplaced(step)).collect();
        let new: Vec<String> =
            needed.into_iter().filter(|it| !places.answered.contains_key(*it)).map(str::to_owned).collect();
        if new.is_empty() {
            continue;
        }
        (sender.run.on_event)(Event::Locating { agent: agent.name.clone() });
        places.ask_all(sender, &agent.id, new, &mut most).await;
    }
    places
}

impl Places {
    async fn ask_all<W: Writes>(
        &mut self,
        sender: &Sender<'_, W>,
        agent: &AgentId,
        mut waiting: Vec<String>,
        most: &mut usize,
    ) {
        let mut refused = 0;
        let mut size = *most;
        let mut is_capped = true;
        while !waiting.is_empty() {
            let rest = waiting.split_off(waiting.len().min(size));
            let heard = match sender.stop_reason() {
                Some(reason) => Heard::Failed(reason.to_owned()),
                None => ask(sender, agent, &waiting).await,
            };
            match heard {
                Heard::Answered(located) => {
                    let answers: BTreeMap<String, Option<(f64, f64)>> =
                        located.into_iter().map(|Located { address, at }| (address, at)).collect();
                    for address in waiting {
                        let at = answers.get(&address).copied().flatten();
                        self.answered.insert(address, at);
                    }
                    refused = 0;
                    if !is_capped {
                        size = (size * 2).min(*most);
                    }
                }
                Heard::Refused(_) if waiting.len() > 1 => {
                    size = waiting.len() / 2;
                    waiting.extend(rest);
                    continue;
                }
                Heard::Refused(why) => {
                    // It was this address, not how many there were.
                    is_capped = false;
                    refused += 1;
                    self.fail(waiting, &why);
                    if refused == HOPELESS {
                        return self.fail(rest, &why);
                    }
                }
                Heard::Failed(why) => {
                    self.fail(waiting, &why);
                    return self.fail(rest, &why);
                }
            }
            waiting = rest;
        }
        if is_capped {
            *most = size;
        }
    }

    fn fail(&mut self, addresses: Vec<String>, why: &str) {
        self.failed.extend(addresses.into_iter().map(|address| (address, why.to_owned())));
    }

    /// What a step does with the coordinates in it, and what to know of those that are not.
    ///
    /// # Errors
    /// Why not one of its addresses could be asked for: then the roster that is live is better than one without places.
    pub(super) fn placed(&self, step: &Step) -> Result<(Action, Vec<String>), String> {
        let needed = plan::unplaced(step);
        let (answered, unanswered): (Vec<&str>, Vec<&str>) =
            needed.into_iter().partition(|address| self.answered.contains_key(*address));
        let why = unanswered.iter().find_map(|address| self.failed.get(*address));
        if let Some(why) = why.filter(|_| answered.is_empty()) {
            return Err(format!(
                "the coordinates of its addresses could not be had: {why}; without `geocode: true` it is sent as it is"
            ));
        }
        let unknown: Vec<&str> =
            answered.into_iter().filter(|address| self.answered.get(*address) == Some(&None)).collect();
        let mut notes = Vec::new();
        if !unknown.is_empty() {
            notes.push(format!("sent without coordinates, since the server finds none: {}", named(&unknown)));
        }
        if let Some(why) = why {
            notes.push(format!("sent without coordinates, since asking failed ({why}): {}", named(&unanswered)));
        }
        Ok((self.fill(&step.action), notes))
    }

    fn fill(&self, action: &Action) -> Action {
        let mut action = action.clone();
        match &mut action {
            Action::Create { name: _, fields } => {
                fields.get_mut(&Field::ExecutionConfig).into_iter().for_each(|config| self.fill_config(config));
            }
            Action::Update { id: _, name: _, was: _, changes, seen: _ } => {
                let config = changes.iter_mut().filter(|change| change.field == Field::ExecutionConfig);
                config.for_each(|change| self.fill_config(&mut change.send));
            }
            Action::UpdatePreset { .. } | Action::Delete { .. } | Action::Install { .. } | Action::Publish { .. } => {}
        }
        action
    }

    fn fill_config(&self, config: &mut Value) {
        let Value::Map(config) = config else { return };
        let Some(Value::List(rows)) = Arc::make_mut(config).get_mut("roster") else { return };
        for row in Arc::make_mut(rows) {
            let at = plan::address(row).and_then(|address| self.answered.get(address).copied().flatten());
            if let (Some((lat, lng)), Value::Map(cells)) = (at, row) {
                for (key, degrees) in [("lat", lat), ("lng", lng)] {
                    Arc::make_mut(cells)
                        .insert(key.into(), Number::from_f64(degrees).map_or(Value::Null, Value::Number));
                }
            }
        }
    }
}

fn named(addresses: &[&str]) -> String {
    let mut named: Vec<String> = addresses.iter().take(MOST_NAMED).map(|address| format!("`{address}`")).collect();
    if let Some(more) = addresses.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        named.push(format!("and {more} more"));
    }
    named.join(", ")
}

async fn ask<W: Writes>(sender: &Sender<'_, W>, agent: &AgentId, addresses: &[String]) -> Heard {
    let request = Write::Geocode { agent: agent.clone(), addresses: addresses.to_vec() };
    let mut waits = WAITS.iter().take(REPEATED);
    loop {
        let answer = sender.writer.write(&request).await;
        let (why, is_trouble) = match answer {
            Err(error @ TransportError::NotSent(_)) => {
                sender.heard(true);
                return Heard::Failed(error.to_string());
            }
            Err(error @ (TransportError::Lost(_) | TransportError::Oversized(_))) => {
                sender.count_lookup();
                (error.to_string(), true)
            }
            Ok(response) => {
                sender.count_lookup();
                match Answered::read(&request, &response) {
                    Answered::Done(Made::Places(located)) => {
                        sender.heard(false);
                        return Heard::Answered(located);
                    }
                    Answered::Unclear(error) => (error.to_string(), true),
                    Answered::Throttled(error) => (error.to_string(), false),
                    Answered::Refused(error) | Answered::Contested(error) => {
                        sender.heard(false);
                        return refused(&error);
                    }
                    Answered::Done(Made::Nothing | Made::Skill(_) | Made::Presets(_)) | Answered::Unneeded => {
                        sender.heard(false);
                        return Heard::Failed("the server's answer is no list of places".to_owned());
                    }
                }
            }
        };
        sender.heard(is_trouble);
        match waits.next() {
            Some(wait) if sender.stop_reason().is_none() => sender.writer.rest(*wait).await,
            Some(_) | None => return Heard::Failed(why),
        }
    }
}

fn refused(error: &ApiError) -> Heard {
    match error.status() {
        Some(400 | 413 | 422) => Heard::Refused(error.to_string()),
        Some(_) | None => Heard::Failed(error.to_string()),
    }
}
