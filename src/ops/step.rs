//! One step of an apply: look again, write it down, send it once, find out what became of it.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::Sender;
use super::body;
use super::refusal;
use super::settle::{Settled, WAITS};
use super::{TransportError, Writes};
use crate::api::{self, Answered, ApiError, Made, Read, Write};
use crate::diff::{self, Facts, FieldChange, Seen};
use crate::model::{
    AgentId, Field, Installed, Listing, LiveSkill, Provisioned, Published, SkillId, SkillName, Value, VersionId, Via,
};
use crate::plan::{Action, Ours, Step};
use crate::report::journal::{Ended, Entry, How, Intent};
use crate::report::{Cause, Outcome, Status};

/// How often a write is sent again that the server did not take for now.
const THROTTLED: u32 = 5;

/// How often a write is sent again whose answer was lost, each time after reading back showed that it is not there.
///
/// A create goes with the same idempotency key each time. One repetition would leave a run of hundreds of steps
/// incomplete on a network that loses one answer in twenty.
const REPEATED: u32 = 3;

/// The longest time, in seconds, that a server may ask to be left alone; whoever asks for more ends the run.
const LONGEST_WAIT: u64 = 15 * 60;

/// How a step ended, and whether the server showed by then what was asked of it.
pub(super) struct End {
    pub(super) outcome: Outcome,
    /// It may take a while to show in a list, but the server has it.
    pub(super) has_shown: bool,
    /// What its install showed, if it is one.
    pub(super) installed: Option<Installed>,
}

impl End {
    fn new(step: &Step, status: Status, sent: u32, has_shown: bool) -> Self {
        let outcome = Outcome {
            step: step.id.clone(),
            verb: step.action.verb(),
            agent: step.agent.clone(),
            place: step.place.clone(),
            status,
            sent,
            notes: Vec::new(),
        };
        Self { outcome, has_shown, installed: None }
    }

    /// A step that is not as it was reviewed.
    pub(super) fn refused(step: &Step, refused: &BTreeMap<String, String>) -> Self {
        let why = refused.get(&step.id).cloned().unwrap_or_default();
        Self::new(step, Status::Conflict(why), 0, false)
    }

    /// A step that is not tried.
    pub(super) fn skipped(step: &Step, cause: Cause) -> Self {
        Self::new(step, Status::Skipped(cause), 0, false)
    }
}

/// What is at hand while the steps of one agent are done, one after the other.
pub(super) struct Desk<'s, 'r, W> {
    pub(super) sender: &'s Sender<'r, W>,
    /// The skills that the plan knew.
    pub(super) known: BTreeSet<SkillId>,
    /// The skills as they were read last.
    fresh: Option<Vec<LiveSkill>>,
    /// Those that steps deleted or renamed.
    left: BTreeSet<SkillId>,
    /// The presets that steps installed.
    presets: Vec<SkillName>,
    /// What is to be said of the step under way, whatever becomes of it.
    notes: Vec<String>,
    /// What the step that is under way showed.
    shown: Option<Vec<Provisioned>>,
}

/// What is to be sent, if anything is.
enum Ready {
    Send(Write),
    Unneeded,
}

/// What came of sending.
enum Sent {
    /// Nothing was.
    Nothing { why: String },
    /// The server refused.
    Refused { error: ApiError },
    /// The answer settles it.
    Ended { status: Status, has_shown: bool },
    /// It does not.
    Open { why: String, doubt: Doubt },
}

/// Why an answer settles nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The server says that something is not as it was taken to be.
    Contested,
    /// It wants to be left alone for a while.
    Throttled,
    /// There is no answer, or one that does not tell.
    Lost,
}

impl<'s, 'r, W: Writes> Desk<'s, 'r, W> {
    pub(super) fn new(sender: &'s Sender<'r, W>, live: &[LiveSkill]) -> Self {
        let known = live.iter().map(|skill| skill.id.clone()).collect();
        Self { sender, known, fresh: None, left: BTreeSet::new(), presets: Vec::new(), notes: Vec::new(), shown: None }
    }

    /// Does a step, unless live is not what the plan saw.
    pub(super) async fn step(&mut self, step: &Step) -> End {
        let (action, notes) = match self.sender.places.placed(step) {
            Ok(placed) => placed,
            Err(why) => return End::new(step, Status::Failed(format!("not sent: {why}")), 0, false),
        };
        let ready = self.ready(step, &action).await;
        if let Some(reason) = self.sender.stop_reason() {
            return End::skipped(step, Cause::Stopped(reason.to_owned()));
        }
        let mut end = match ready {
            Ok(Ready::Send(write)) => {
                let mut end = self.carry_out(step, &write).await;
                end.outcome.notes = if end.outcome.sent > 0 { notes } else { Vec::new() };
                end
            }
            Ok(Ready::Unneeded) => End::new(step, Status::Unneeded, 0, true),
            Err(status) => End::new(step, status, 0, false),
        };
        end.outcome.notes.append(&mut self.notes);
        end
    }

    /// Looks again, and makes the write of a step, which does this now that coordinates are known.
    async fn ready(&mut self, step: &Step, action: &Action) -> Result<Ready, Status> {
        let agent = &step.agent.id;
        let run = self.sender.run;
        let key = body::key(&run.nonce, &step.id);
        let write = match action {
            Action::Create { name, fields } => {
                self.expect_free(agent, name).await?;
                body::create(agent, name, fields, run.secrets, key)
            }
            Action::Update { id, name, was, changes, seen } => {
                if !self.expect(agent, id, seen).await? {
                    return Err(Status::Conflict("it is gone since the plan".to_owned()));
                }
                body::update(agent, id, was.as_ref().map(|_| name), changes, run.secrets)
            }
            Action::UpdatePreset { name, fields } => {
                let skills = self.list(agent).await.map_err(unread)?;
                let mut made = skills.items().iter().filter(|skill| skill.name == *name);
                let (Some(skill), None) = (made.next(), made.next()) else {
                    let why = format!("the installed pack made no skill called `{name}`, or more than one");
                    return Err(Status::Failed(why));
                };
                let changes = diff::fields(fields, &skill.raw, Facts { shows_headers: true });
                let changes = changes.map_err(|masked| Status::Failed(masked.to_string()))?;
                if changes.is_empty() {
                    return Ok(Ready::Unneeded);
                }
                body::update(agent, &skill.id, None, &changes, run.secrets)
            }
            Action::Delete { id, name: _, by: _, seen } => {
                if !self.expect(agent, id, seen).await? {
                    return Ok(Ready::Unneeded);
                }
                Ok(Write::DeleteSkill { agent: agent.clone(), skill: id.clone() })
            }
            Action::Install { kind, via: Via::Pack, missing: _ } => {
                Ok(Write::InstallPack { agent: agent.clone(), kind: kind.clone() })
            }
            Action::Install { kind, via: Via::Actions(actions), missing: _ } => {
                let actions = actions.iter().cloned().collect();
                Ok(Write::Provision { agent: agent.clone(), kind: kind.clone(), actions })
            }
            Action::Publish { over, draft: _, ours } => {
                let published = match over {
                    Some(version) => Some(version.clone()),
                    None => self.published_meanwhile(agent).await?,
                };
                if let Some(version) = published {
                    self.expect_ours(&Read::VersionDiff(agent.clone(), version), ours).await?;
                }
                self.hear_report(agent).await;
                Ok(Write::Publish { agent: agent.clone(), note: run.note.clone(), key })
            }
        };
        write.map(Ready::Send).map_err(|unresolved| Status::Failed(unresolved.to_string()))
    }

    /// Reads the agent's skills; a list that is not proved complete is good for what stands in it.
    pub(super) async fn list(&mut self, agent: &AgentId) -> Result<Listing<LiveSkill>, String> {
        let listing = self.sender.reader.skills(agent).await.map_err(|error| error.chain())?;
        self.fresh = Some(listing.items().to_vec());
        Ok(listing)
    }

    /// Whether a skill is there as the plan saw it; `false` if it is gone.
    async fn expect(&mut self, agent: &AgentId, id: &SkillId, seen: &Seen) -> Result<bool, Status> {
        let listing = self.list(agent).await.map_err(unread)?;
        let Some(now) = listing.items().iter().find(|skill| skill.id == *id) else {
            return match listing {
                Listing::Complete(_) => Ok(false),
                Listing::Unproven { items: _, reason } => {
                    Err(Status::Failed(format!("not sent: whether it is still there cannot be told, since {reason}")))
                }
            };
        };
        let moved = seen.moved(now);
        if moved.is_empty() { Ok(true) } else { Err(Status::Conflict(moved_since(&moved))) }
    }

    /// Whether a name is still free. Names need not be unique on the server, so nobody else would say.
    async fn expect_free(&mut self, agent: &AgentId, name: &SkillName) -> Result<(), Status> {
        if self.fresh.is_none() {
            self.list(agent).await.map_err(unread)?;
        }
        let skills = self.fresh.iter().flatten();
        let mut taken = skills.filter(|skill| skill.name == *name && !self.left.contains(&skill.id));
        match taken.next() {
            None => Ok(()),
            Some(skill) => {
                Err(Status::Conflict(format!("since the plan there is a skill of this name, `{}`", skill.id)))
            }
        }
    }

    /// Whether publishing would ship nothing but what the manifests declare.
    async fn expect_ours(&self, comparison: &Read, ours: &Ours) -> Result<(), Status> {
        let fields = self.sender.reader.call(comparison).await.and_then(|answer| Ok(api::draft_changes(&answer)?));
        let fields = fields.map_err(|error| unread(format_args!("cannot compare the draft: {error}")))?;
        let mut ours = ours.clone();
        self.presets.iter().for_each(|name| ours.add(name.as_str()));
        let foreign = ours.foreign(&fields);
        if foreign.is_empty() {
            return Ok(());
        }
        Err(Status::Conflict(format!(
            "since the plan the draft has changes that no manifest declares: {}",
            foreign.iter().map(|change| change.field.as_str()).collect::<Vec<_>>().join(", ")
        )))
    }

    /// The version that somebody else published since the plan found none: what would be shipped over it must be ours.
    async fn published_meanwhile(&self, agent: &AgentId) -> Result<Option<VersionId>, Status> {
        let head =
            self.sender.reader.call(&Read::Agent(agent.clone())).await.and_then(|answer| Ok(api::agent(&answer)?));
        let head = head.map_err(|error| unread(format_args!("cannot read what is published: {error}")))?;
        Ok(match head.published {
            Published::Version(version) => Some(version),
            Published::Never | Published::Unstated => None,
        })
    }

    /// Takes note of what the platform itself warns of before a publish. It is said and decides nothing.
    async fn hear_report(&mut self, agent: &AgentId) {
        let report = self.sender.reader.call(&Read::PublishReport(agent.clone())).await;
        match report.and_then(|answer| Ok(api::publish_warnings(&answer)?)) {
            Ok(warnings) => self.notes.extend(warnings.into_iter().map(|said| format!("the platform warns: {said}"))),
            Err(error) => self.notes.push(format!("the platform's report before a publish could not be read: {error}")),
        }
    }

    /// Sends a write once, and again only where it surely did no harm: never a create that may have landed.
    async fn carry_out(&mut self, step: &Step, write: &Write) -> End {
        let mut attempt = 0;
        let mut throttled = 0;
        let mut repeated = 0;
        let is_create = matches!(write, Write::CreateSkill { .. });
        let is_delete = matches!(write, Write::DeleteSkill { .. });
        loop {
            attempt += 1;
            if let Err(error) = self.record(&Entry::Intent(intent(step, write, attempt))) {
                let why = format!("not sent: {error}");
                return self.end(step, Status::Failed(why), attempt - 1, false);
            }
            let (why, doubt) = match self.send(step, write).await {
                Sent::Nothing { why } => return self.end(step, Status::Failed(why), attempt - 1, false),
                Sent::Refused { error } => {
                    let why = self.refusal(step, &error).await;
                    return self.end(step, Status::Failed(why), attempt, false);
                }
                Sent::Ended { status, has_shown } => return self.end(step, status, attempt, has_shown),
                Sent::Open { why, doubt } => (why, doubt),
            };
            let status = match self.settle(step, doubt).await {
                Settled::Landed if doubt == Doubt::Contested && is_delete => Status::Unneeded,
                Settled::Landed => Status::Settled(why),
                Settled::Moved(what) => Status::Conflict(format!("{why}; read back, {what}")),
                Settled::Unclear(what) => Status::Unknown(format!("{why}; reading back, {what}")),
                Settled::NotLanded => {
                    let may_repeat = match doubt {
                        Doubt::Throttled => throttled < THROTTLED,
                        Doubt::Contested => repeated == 0 && !is_create,
                        Doubt::Lost => repeated < REPEATED,
                    };
                    if may_repeat && self.sender.stop_reason().is_none() {
                        match doubt {
                            Doubt::Throttled => throttled += 1,
                            Doubt::Contested | Doubt::Lost => repeated += 1,
                        }
                        self.sender.writer.rest(WAITS[0]).await;
                        continue;
                    }
                    match doubt {
                        Doubt::Contested if is_delete => Status::Failed(format!("{why}; read back, it is still there")),
                        Doubt::Contested if !is_create => Status::Conflict(why),
                        Doubt::Contested | Doubt::Throttled => Status::Failed(why),
                        Doubt::Lost if is_create => Status::Unknown(format!("{why}; read back, it is not there")),
                        Doubt::Lost => Status::Unknown(format!("{why}; read back, it is as before")),
                    }
                }
            };
            let has_shown = matches!(status, Status::Settled(_) | Status::Unneeded);
            return self.end(step, status, attempt, has_shown);
        }
    }

    async fn send(&mut self, step: &Step, write: &Write) -> Sent {
        let answer = self.sender.writer.write(write).await;
        let (sent, is_trouble) = match answer {
            Err(error @ TransportError::NotSent(_)) => (Sent::Nothing { why: error.to_string() }, true),
            Err(error @ (TransportError::Lost(_) | TransportError::Oversized(_))) => {
                self.sender.count();
                (Sent::Open { why: error.to_string(), doubt: Doubt::Lost }, true)
            }
            Ok(response) => {
                self.sender.count();
                self.heard(step, Answered::read(write, &response))
            }
        };
        self.sender.heard(is_trouble);
        sent
    }

    /// What an answer comes to, and whether it is the server that is in trouble.
    fn heard(&mut self, step: &Step, answered: Answered) -> (Sent, bool) {
        let open = |error: ApiError, doubt| Sent::Open { why: error.to_string(), doubt };
        match answered {
            Answered::Done(made) => (Sent::Ended { status: Status::Done, has_shown: self.learn(step, made) }, false),
            Answered::Unneeded => (Sent::Ended { status: Status::Unneeded, has_shown: true }, false),
            Answered::Refused(error) => {
                if matches!(error.status(), Some(401 | 403)) && !refusal::is_about_provider(&step.action, &error) {
                    self.sender.stop("the server refuses the key");
                }
                (Sent::Refused { error }, false)
            }
            Answered::Throttled(ApiError::Refused(problem)) if problem.retry_after > Some(LONGEST_WAIT) => {
                self.sender.stop("the server asks to be left alone for longer than 15 minutes");
                let status = Status::Failed(ApiError::Refused(problem).to_string());
                (Sent::Ended { status, has_shown: false }, false)
            }
            Answered::Throttled(error) => (open(error, Doubt::Throttled), false),
            Answered::Contested(error) => (open(error, Doubt::Contested), false),
            Answered::Unclear(error) => (open(error, Doubt::Lost), true),
        }
    }

    /// Keeps what a step made, and says whether the server's answer shows what was asked for.
    fn learn(&mut self, step: &Step, made: Made) -> bool {
        match (&step.action, made) {
            (Action::Create { name: _, fields }, Made::Skill(skill)) => {
                let has_shown = is_as(fields, &skill, self.sender.facts);
                self.fresh.get_or_insert_default().push(*skill);
                has_shown
            }
            (Action::UpdatePreset { name: _, fields }, Made::Skill(skill)) => is_as(fields, &skill, self.sender.facts),
            (Action::Update { id: _, name, was: _, changes, seen: _ }, Made::Skill(skill)) => {
                skill.name == *name && is_as(&sent_fields(changes), &skill, self.sender.facts)
            }
            (_, Made::Presets(mut presets)) => {
                // What an earlier try of this step made was not there before, whatever the server says by now.
                for preset in &mut presets {
                    preset.created |= !self.known.contains(&preset.skill.id);
                }
                self.presets.extend(presets.iter().map(|preset| preset.skill.name.clone()));
                self.shown = Some(presets);
                true
            }
            (_, Made::Skill(_) | Made::Nothing | Made::Places(_)) => true,
        }
    }

    fn end(&mut self, step: &Step, status: Status, sent: u32, has_shown: bool) -> End {
        let how = match &status {
            Status::Done | Status::Settled(_) | Status::Unneeded => How::Done,
            Status::Unknown(_) => How::Unknown,
            Status::Conflict(_) | Status::Failed(_) | Status::Skipped(_) => How::Failed,
        };
        if how == How::Done {
            match &step.action {
                Action::Delete { id, .. } | Action::Update { id, was: Some(_), .. } => {
                    self.left.insert(id.clone());
                }
                Action::Create { .. }
                | Action::Update { .. }
                | Action::UpdatePreset { .. }
                | Action::Install { .. }
                | Action::Publish { .. } => {}
            }
        }
        // A journal that cannot be written has stopped the run; the step itself ended as it did.
        let _stops = self.record(&Entry::Ended(Ended { step: step.id.clone(), how }));
        let installed = self.installed_by(step, how);
        End { installed, ..End::new(step, status, sent, has_shown) }
    }

    /// What an install showed; where its answer was lost, what came to be there of what it was to make.
    fn installed_by(&mut self, step: &Step, how: How) -> Option<Installed> {
        let Action::Install { kind, via, missing } = &step.action else { return None };
        let shown = self.shown.take();
        let is_new = |skill: &&LiveSkill| missing.contains(&skill.name) && !self.known.contains(&skill.id);
        let listed = || {
            let new = self.fresh.iter().flatten().filter(is_new);
            new.map(|skill| Provisioned { skill: skill.clone(), created: true }).collect()
        };
        let skills: Vec<Provisioned> = shown.or_else(|| (how == How::Done).then(listed))?;
        Some(Installed { agent: step.agent.name.clone(), kind: kind.clone(), via: via.clone(), skills })
    }

    fn record(&self, entry: &Entry) -> Result<(), String> {
        self.sender.run.journal.record(entry).map_err(|error| {
            let why = format!("the journal cannot be written ({error})");
            self.sender.stop(why.clone());
            why
        })
    }
}

/// The fields that an update sends, as if they were declared.
pub(super) fn sent_fields(changes: &[FieldChange]) -> BTreeMap<Field, Value> {
    changes.iter().map(|change| (change.field, change.send.clone())).collect()
}

/// Whether a skill shows some fields as they are declared.
pub(super) fn is_as(fields: &BTreeMap<Field, Value>, skill: &LiveSkill, facts: Facts) -> bool {
    diff::fields(fields, &skill.raw, facts).is_ok_and(|changes| changes.is_empty())
}

/// A step is not sent if what it would change cannot be looked at.
fn unread(why: impl std::fmt::Display) -> Status {
    Status::Failed(format!("not sent: {why}"))
}

fn moved_since(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    format!("somebody else changed {} since the plan", fields.join(", "))
}

fn intent(step: &Step, write: &Write, attempt: u32) -> Intent {
    Intent {
        step: step.id.clone(),
        action: step.action.verb().word().to_owned(),
        agent: step.agent.id.to_string(),
        skill: step.action.subject().skill().map(ToString::to_string),
        attempt,
        key: write.key().map(|key| key.0.clone()),
    }
}
