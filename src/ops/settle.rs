//! Reads back what became of a write whose answer does not tell.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Writes;
use super::step::{Desk, Doubt, is_as, sent_fields};
use crate::api::{self, Read};
use crate::diff::{Facts, FieldChange, Seen};
use crate::model::{AgentId, Field, Listing, LiveSkill, Published, SkillId, SkillName, Value, VersionId};
use crate::plan::{Action, Step};

/// How long something that was made may take to show in a list, read by read.
pub(super) const WAITS: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// What reading back shows.
pub(super) enum Settled {
    /// It was done.
    Landed,
    /// It was not, or not yet.
    NotLanded,
    /// Neither: live is something else, in words that go on after "read back,".
    Moved(String),
    /// It cannot be told, in words that go on after "reading back,".
    Unclear(String),
}

impl<W: Writes> Desk<'_, '_, W> {
    /// Reads back what became of a step.
    pub(super) async fn settle(&mut self, step: &Step, doubt: Doubt) -> Settled {
        let agent = &step.agent.id;
        let settled = match &step.action {
            Action::Create { name, fields } => self.created(agent, name, fields).await,
            Action::Update { id, name, was: _, changes, seen } => self.updated(agent, id, name, changes, seen).await,
            Action::UpdatePreset { name, fields } => self.changed_preset(agent, name, fields).await,
            Action::Delete { id, name: _, by: _, seen } => self.deleted(agent, id, seen, doubt).await,
            Action::Install { kind: _, via: _, missing } => self.installed(agent, missing).await,
            Action::Publish { over, draft: _, ours: _ } => self.published(agent, over.as_ref()).await,
        };
        settled.unwrap_or_else(Settled::Unclear)
    }

    /// A skill that no earlier list held, of the same name and content, is the one that was made. It may take a while to
    /// show, and until then nothing says that it was not made.
    async fn created(
        &mut self,
        agent: &AgentId,
        name: &SkillName,
        fields: &BTreeMap<Field, Value>,
    ) -> Result<Settled, String> {
        for wait in [Duration::ZERO].into_iter().chain(WAITS) {
            if !wait.is_zero() {
                self.sender.writer.rest(wait).await;
            }
            let listing = self.list(agent).await?;
            let is_new = |skill: &&LiveSkill| skill.name == *name && !self.known.contains(&skill.id);
            let new: Vec<&LiveSkill> = listing.items().iter().filter(is_new).collect();
            match (new.as_slice(), &listing) {
                ([], Listing::Complete(_)) => {}
                ([], Listing::Unproven { items: _, reason }) => {
                    return Ok(Settled::Unclear(format!("the list cannot be proved complete: {reason}")));
                }
                ([one], _) if is_as(fields, one, Facts::of(listing.items())) => return Ok(Settled::Landed),
                ([one], _) => {
                    return Ok(Settled::Moved(format!(
                        "there is a skill of this name that is not this one, `{}`",
                        one.id
                    )));
                }
                (several, _) => {
                    let ids: Vec<String> = several.iter().map(|skill| format!("`{}`", skill.id)).collect();
                    return Ok(Settled::Unclear(format!(
                        "there are several new skills of this name: {}",
                        ids.join(", ")
                    )));
                }
            }
        }
        Ok(Settled::NotLanded)
    }

    /// As before comes first: where an update changes what no answer shows, both may be said, and sending it again does
    /// no harm.
    async fn updated(
        &mut self,
        agent: &AgentId,
        id: &SkillId,
        name: &SkillName,
        changes: &[FieldChange],
        seen: &Seen,
    ) -> Result<Settled, String> {
        let listing = self.list(agent).await?;
        Ok(match (listing.items().iter().find(|skill| skill.id == *id), &listing) {
            (Some(now), _) if seen.moved(now).is_empty() => Settled::NotLanded,
            (Some(now), _) if now.name == *name && is_as(&sent_fields(changes), now, Facts::of(listing.items())) => {
                Settled::Landed
            }
            (Some(_), _) => Settled::Moved("it is neither as before nor as it should be".to_owned()),
            (None, Listing::Complete(_)) => Settled::Moved("it is gone".to_owned()),
            (None, Listing::Unproven { items: _, reason }) => {
                Settled::Unclear(format!("the list cannot be proved complete: {reason}"))
            }
        })
    }

    async fn changed_preset(
        &mut self,
        agent: &AgentId,
        name: &SkillName,
        fields: &BTreeMap<Field, Value>,
    ) -> Result<Settled, String> {
        let listing = self.list(agent).await?;
        let facts = Facts::of(listing.items());
        let mut named = listing.items().iter().filter(|skill| skill.name == *name);
        Ok(match named.next() {
            Some(now) if is_as(fields, now, facts) => Settled::Landed,
            Some(_) => Settled::NotLanded,
            None => Settled::Moved("it is gone".to_owned()),
        })
    }

    /// A server that says that the skill is gone may be a proxy that knows no better, so the list must say so, too; and
    /// it may take a while to do so.
    async fn deleted(&mut self, agent: &AgentId, id: &SkillId, seen: &Seen, doubt: Doubt) -> Result<Settled, String> {
        let waits = match doubt {
            Doubt::Contested => WAITS.as_slice(),
            Doubt::Throttled | Doubt::Lost => &[],
        };
        for wait in [Duration::ZERO].iter().chain(waits) {
            if !wait.is_zero() {
                self.sender.writer.rest(*wait).await;
            }
            let listing = self.list(agent).await?;
            match (listing.items().iter().find(|skill| skill.id == *id), &listing) {
                (Some(now), _) if seen.moved(now).is_empty() => {}
                (Some(_), _) => return Ok(Settled::Moved("it is there, and somebody else changed it".to_owned())),
                (None, Listing::Complete(_)) => return Ok(Settled::Landed),
                (None, Listing::Unproven { items: _, reason }) => {
                    return Ok(Settled::Unclear(format!("the list cannot be proved complete: {reason}")));
                }
            }
        }
        Ok(Settled::NotLanded)
    }

    /// By contract a pack that is there already is left alone, so where nothing tells, installing again does no harm.
    async fn installed(&mut self, agent: &AgentId, missing: &[SkillName]) -> Result<Settled, String> {
        let listing = self.list(agent).await?;
        let is_there = |name: &SkillName| listing.items().iter().any(|skill| skill.name == *name);
        let is_done = !missing.is_empty() && missing.iter().all(is_there);
        Ok(if is_done { Settled::Landed } else { Settled::NotLanded })
    }

    /// Callers hear another version than before, and the draft does not differ from it.
    async fn published(&mut self, agent: &AgentId, over: Option<&VersionId>) -> Result<Settled, String> {
        let reader = &self.sender.reader;
        let failed = |error: super::CallError| error.to_string();
        let head = reader.call(&Read::Agent(agent.clone())).await.and_then(|answer| Ok(api::agent(&answer)?));
        let version = match (head.map_err(failed)?.published, over) {
            (Published::Version(version), Some(before)) if version == *before => return Ok(Settled::NotLanded),
            (Published::Version(version), _) => version,
            (Published::Never, _) => return Ok(Settled::NotLanded),
            (Published::Unstated, _) => {
                return Ok(Settled::Unclear("the agent does not say what is published".to_owned()));
            }
        };
        let comparison = reader.call(&Read::VersionDiff(agent.clone(), version)).await;
        let changes = comparison.and_then(|answer| Ok(api::draft_changes(&answer)?)).map_err(failed)?;
        Ok(if changes.is_empty() { Settled::Landed } else { Settled::NotLanded })
    }
}
