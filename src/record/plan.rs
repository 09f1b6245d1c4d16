//! `flowops.plan/v1` and `flowops.drift/v1`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::concern::{ConcernV1, ParameterV1, ReachV1};
use super::cover::cover;
use super::drift::DriftV1;
use super::finding::{AgentV1, FindingV1, SourceV1};
use super::hidden::{Content, Split, covered_path, is_hidden, parts};
use super::share::PartitionV1;
use crate::diff::{Difference, FieldChange};
use crate::model::{Field, Moved, SkillName, Value, Via};
use crate::plan::{
    Action, Former, Held, Hold, Plan, Since, Step, Summary, Toward, Unmanaged, Verb, concerns, reaches, unplaced,
};

/// What apply would do and why (`flowops plan --format json`), or the same seen as drift (`flowops drift --format json`).
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(title = "flowops plan")]
pub(crate) struct PlanV1 {
    /// What this is, with its version.
    pub(crate) format: PlanFormat,
    /// The target's name.
    pub(crate) target: String,
    /// The share of the target's agents that it is of; absent if it is of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partition: Option<PartitionV1>,
    /// The base revision since which `cause` is known, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<SinceV1>,
    /// Whether every listing it rests on was proved complete.
    pub(crate) complete: bool,
    /// The name of exactly this plan: the same steps over the same live values have the same.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub(crate) digest: String,
    /// What is known of drift alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drift: Option<DriftV1>,
    /// What a reviewer looks at first, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) concerns: Vec<ConcernV1>,
    /// How far each SkillSet reaches that changes more than one agent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) reach: Vec<ReachV1>,
    /// How many there are of each.
    pub(crate) summary: SummaryV1,
    /// What is sent to the API.
    pub(crate) requests: RequestsV1,
    /// The scopes that a key needs, if they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scopes: Option<ScopesV1>,
    /// What would be done, in order.
    pub(crate) steps: Vec<StepV1>,
    /// Live skills that no manifest declares; they are left alone.
    pub(crate) unmanaged: Vec<UnmanagedV1>,
    /// What is wanted and not done.
    pub(crate) held: Vec<HeldV1>,
    /// What is wrong or worth knowing.
    pub(crate) findings: Vec<FindingV1>,
}

/// What this is, with its version.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) enum PlanFormat {
    #[serde(rename = "flowops.plan/v1")]
    Plan,
    #[serde(rename = "flowops.drift/v1")]
    Drift,
}

/// How many there are of each.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Summary", inline)]
pub(crate) struct SummaryV1 {
    /// Skills to create.
    pub(crate) create: u64,
    /// Skills to update.
    pub(crate) update: u64,
    /// Skills to delete.
    pub(crate) delete: u64,
    /// Packs to install.
    pub(crate) install: u64,
    /// Agents to publish.
    pub(crate) publish: u64,
    /// Declared skills, presets and packs that are as declared.
    pub(crate) unchanged: u64,
    /// Live skills that no manifest declares.
    pub(crate) unmanaged: u64,
    /// What is wanted and not done.
    pub(crate) held: u64,
    /// Differences that rules in `policy.ignore` leave to others.
    pub(crate) ignored: u64,
    /// Agents that were not looked at, since nothing of them changed since the base revision.
    #[serde(rename = "leftOut")]
    pub(crate) left_out: u64,
}

/// Requests to the API.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Requests", inline)]
pub(crate) struct RequestsV1 {
    /// Reads that were sent.
    pub(crate) reads: u64,
    /// Writes: to come in a plan, sent in a report.
    pub(crate) writes: u64,
    /// Requests for the coordinates of addresses, which change nothing: in a plan, apply sends at least so many; in a
    /// report, so many were sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) lookups: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
pub(crate) const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The scopes that a key needs, in alphabetical order.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Scopes", inline)]
pub(crate) struct ScopesV1 {
    /// To make this plan.
    pub(crate) plan: Vec<String>,
    /// To make it and to apply it.
    pub(crate) apply: Vec<String>,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum ActionV1 {
    Create,
    Update,
    Delete,
    Install,
    Publish,
}

impl ActionV1 {
    pub(crate) const fn new(verb: Verb) -> Self {
        match verb {
            Verb::Create => Self::Create,
            Verb::Update => Self::Update,
            Verb::Delete => Self::Delete,
            Verb::Install => Self::Install,
            Verb::Publish => Self::Publish,
        }
    }

    /// What is done, in a word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Create => Verb::Create,
            Self::Update => Verb::Update,
            Self::Delete => Verb::Delete,
            Self::Install => Verb::Install,
            Self::Publish => Verb::Publish,
        }
        .word()
    }
}

/// One write.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Step")]
pub(crate) struct StepV1 {
    /// Its address, unique in the plan: `AGENT/skill/NAME`, `AGENT/pack/KIND`, `AGENT/provision/KIND`, `AGENT/publish`.
    pub(crate) id: String,
    /// What is done.
    pub(crate) action: ActionV1,
    /// On which agent.
    pub(crate) agent: AgentV1,
    /// The skill that it is done to, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skill: Option<SkillV1>,
    /// The pack that is installed, or the actions that are provisioned, if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pack: Option<PackV1>,
    /// Where the manifests ask for it.
    pub(crate) source: SourceV1,
    /// Who moved, so that it is wanted.
    pub(crate) cause: CauseV1,
    /// The values that change.
    pub(crate) fields: Vec<FieldV1>,
    /// How the parameters change that the agent collects, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) parameters: Vec<ParameterV1>,
    /// Why, for people.
    pub(crate) reason: String,
    /// Steps that must be done before, by id.
    pub(crate) needs: Vec<String>,
    /// Addresses whose coordinates apply asks for before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) lookups: u64,
}

/// A skill of a step.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Skill", inline)]
pub(crate) struct SkillV1 {
    /// Its name after the step.
    pub(crate) name: String,
    /// Its name before, if the step renames it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) was: Option<String>,
}

/// A pack of a step.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Pack", inline)]
pub(crate) struct PackV1 {
    /// The provider.
    pub(crate) kind: String,
    /// The recorded presets that are not there; empty where nothing is recorded.
    pub(crate) presets: Vec<String>,
    /// The actions of the provider that are provisioned, in the stead of its pack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) actions: Vec<String>,
}

/// A base revision.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Since", inline)]
pub(crate) struct SinceV1 {
    /// As it was given.
    pub(crate) revision: String,
    /// The commit's hash.
    pub(crate) commit: String,
}

/// Who moved since the base revision: `manifest`, `live` or `both`; `unknown` without one, or where it cannot be told.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(crate) enum CauseV1 {
    Manifest,
    Live,
    Both,
    Unknown,
}

impl CauseV1 {
    /// Whether only the manifests moved.
    pub(crate) const fn is_pending(self) -> bool {
        match self {
            Self::Manifest => true,
            Self::Live | Self::Both | Self::Unknown => false,
        }
    }
}

impl From<Moved> for CauseV1 {
    fn from(moved: Moved) -> Self {
        match moved {
            Moved::Manifest => Self::Manifest,
            Moved::Live => Self::Live,
            Moved::Both => Self::Both,
            Moved::Unknown => Self::Unknown,
        }
    }
}

impl From<CauseV1> for Moved {
    fn from(cause: CauseV1) -> Self {
        match cause {
            CauseV1::Manifest => Self::Manifest,
            CauseV1::Live => Self::Live,
            CauseV1::Both => Self::Both,
            CauseV1::Unknown => Self::Unknown,
        }
    }
}

/// A value that changes.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "Field")]
pub(crate) enum FieldV1 {
    /// A value that may be shown.
    #[schemars(extend("not" = { "required": ["sensitive"] }))]
    Shown {
        /// A JSON pointer (RFC 6901) within the skill; for a publish, a field of the draft as the server names it.
        path: String,
        /// The live value; `null` if there is none.
        before: Json,
        /// The declared value; `null` if it goes.
        after: Json,
        /// Who moved.
        cause: CauseV1,
    },
    /// A value that is a secret, or may be one.
    #[schemars(extend("not" = { "anyOf": [{ "required": ["before"] }, { "required": ["after"] }] }))]
    Hidden {
        /// A JSON pointer (RFC 6901) within the skill.
        path: String,
        /// Who moved.
        cause: CauseV1,
        /// Both values are hidden.
        #[schemars(extend("const" = true))]
        sensitive: bool,
    },
}

/// A live skill that no manifest declares.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Unmanaged")]
pub(crate) struct UnmanagedV1 {
    /// On which agent.
    pub(crate) agent: AgentV1,
    /// Its name.
    pub(crate) name: String,
    /// Its id on the server.
    pub(crate) id: String,
    /// Its type, as the server says; `null` if it says none.
    #[serde(rename = "skillType")]
    pub(crate) skill_type: Option<String>,
}

/// Something that is wanted and not done.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[schemars(rename = "Held")]
pub(crate) struct HeldV1 {
    /// Its address, as a step's would be.
    pub(crate) id: String,
    /// What would be done.
    pub(crate) action: ActionV1,
    /// On which agent.
    pub(crate) agent: AgentV1,
    /// Where the manifests ask for it.
    pub(crate) source: SourceV1,
    /// Who moved, so that it is wanted.
    pub(crate) cause: CauseV1,
    /// The kind of reason, such as `protected` or `delete-budget`.
    pub(crate) hold: String,
    /// The reason, with the way out.
    pub(crate) reason: String,
    /// What it would change, where a person's yes is asked for; of a publish the fields of the draft that no manifest
    /// declares, as the server names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<FieldV1>,
}

impl PlanV1 {
    pub(crate) fn new(plan: &Plan, format: PlanFormat) -> Self {
        let Plan {
            target,
            is_complete,
            steps,
            held,
            unmanaged,
            unchanged: _,
            ignored: _,
            left_out: _,
            findings,
            reads,
            since,
            facts: _,
            population: _,
            unheard: _,
            share: _,
        } = plan;
        let toward = match format {
            PlanFormat::Plan => Toward::Manifests,
            PlanFormat::Drift => Toward::Live,
        };
        Self {
            format,
            target: cover(target).into_owned(),
            partition: PartitionV1::of(plan, toward, &BTreeMap::new()),
            since: since.as_ref().map(SinceV1::new),
            complete: *is_complete,
            digest: plan.digest().to_string(),
            drift: None,
            concerns: concerns(plan, toward).iter().map(ConcernV1::new).collect(),
            reach: reaches(plan, toward).iter().map(ReachV1::new).collect(),
            summary: SummaryV1::new(plan.summary()),
            requests: RequestsV1 { reads: *reads, writes: plan.writes(), lookups: plan.lookups() },
            scopes: None,
            steps: steps.iter().map(StepV1::new).collect(),
            unmanaged: unmanaged.iter().map(UnmanagedV1::new).collect(),
            held: held.iter().map(HeldV1::new).collect(),
            findings: FindingV1::all(findings),
        }
    }
}

impl SinceV1 {
    fn new(since: &Since) -> Self {
        let Since { revision, commit } = since;
        Self { revision: cover(revision).into_owned(), commit: commit.clone() }
    }
}

impl SummaryV1 {
    fn new(summary: Summary) -> Self {
        let Summary { create, update, delete, install, publish, unchanged, unmanaged, held, ignored, left_out } =
            summary;
        Self { create, update, delete, install, publish, unchanged, unmanaged, held, ignored, left_out }
    }
}

impl From<&SummaryV1> for Summary {
    fn from(summary: &SummaryV1) -> Self {
        let &SummaryV1 { create, update, delete, install, publish, unchanged, unmanaged, held, ignored, left_out } =
            summary;
        Self { create, update, delete, install, publish, unchanged, unmanaged, held, ignored, left_out }
    }
}

impl StepV1 {
    fn new(step: &Step) -> Self {
        let Step { id, agent, action, place, reason, needs, moved, meaning, geocode: _ } = step;
        let (skill, pack, fields) = parts_of(action, *moved);
        Self {
            id: cover(id).into_owned(),
            action: ActionV1::new(action.verb()),
            agent: AgentV1::new(agent),
            skill,
            pack,
            source: SourceV1::new(place),
            cause: (*moved).into(),
            fields,
            parameters: meaning.parameters.iter().map(ParameterV1::new).collect(),
            reason: cover(reason).into_owned(),
            needs: needs.iter().map(|id| cover(id).into_owned()).collect(),
            lookups: unplaced(step).len() as u64,
        }
    }
}

fn parts_of(action: &Action, moved: Moved) -> (Option<SkillV1>, Option<PackV1>, Vec<FieldV1>) {
    let skill = |name: &SkillName, was: Option<&SkillName>| {
        let text = |name: &SkillName| cover(name.as_str()).into_owned();
        Some(SkillV1 { name: text(name), was: was.map(text) })
    };
    match action {
        Action::Create { name, fields } | Action::UpdatePreset { name, fields } => {
            (skill(name, None), None, declared(fields, moved))
        }
        Action::Update { id: _, name, was, changes, seen: _ } => {
            let rename = was.as_ref().map(|Former { name: was, moved }| FieldV1::rename(was, name, *moved));
            let fields = rename.into_iter().chain(changes.iter().flat_map(differences)).collect();
            (skill(name, was.as_ref().map(|former| &former.name)), None, fields)
        }
        Action::Delete { id: _, name, by: _, seen: _ } => (skill(name, None), None, Vec::new()),
        Action::Install { kind, via, missing } => {
            let presets = missing.iter().map(|name| cover(name.as_str()).into_owned()).collect();
            let actions = match via {
                Via::Pack => Vec::new(),
                Via::Actions(actions) => actions.iter().map(|action| cover(action.as_str()).into_owned()).collect(),
            };
            let pack = PackV1 { kind: cover(kind.as_str()).into_owned(), presets, actions };
            (None, Some(pack), Vec::new())
        }
        Action::Publish { over: _, draft, ours: _ } => {
            let fields = draft.iter().map(|field| FieldV1::of_draft(field, moved)).collect();
            (None, None, fields)
        }
    }
}

/// The declared fields of what is new.
fn declared(fields: &BTreeMap<Field, Value>, moved: Moved) -> Vec<FieldV1> {
    parts(fields, Split::Fields)
        .into_iter()
        .map(|part| match part.content {
            Content::Shown(value) => FieldV1::shown(&part.path, Json::Null, value, moved),
            Content::Reference(_) | Content::Hidden => FieldV1::hidden(&part.path, moved),
        })
        .collect()
}

fn differences(change: &FieldChange) -> impl Iterator<Item = FieldV1> {
    let FieldChange { field: _, differences, send: _ } = change;
    differences.iter().map(FieldV1::of)
}

impl FieldV1 {
    /// A JSON pointer (RFC 6901) within the skill.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Shown { path, before: _, after: _, cause: _ } | Self::Hidden { path, cause: _, sensitive: _ } => path,
        }
    }

    /// Who moved.
    pub(crate) const fn cause(&self) -> CauseV1 {
        match self {
            Self::Shown { path: _, before: _, after: _, cause } | Self::Hidden { path: _, cause, sensitive: _ } => {
                *cause
            }
        }
    }

    fn of(difference: &Difference) -> Self {
        let Difference { path, before, after, is_sensitive: _, moved } = difference;
        if is_hidden(difference) {
            return Self::hidden(path, *moved);
        }
        let shown = |value: &Option<Json>| value.clone().unwrap_or(Json::Null);
        Self::shown(path, shown(before), shown(after), *moved)
    }

    fn shown(path: &str, before: Json, after: Json, moved: Moved) -> Self {
        Self::Shown { path: covered_path(path), before, after, cause: moved.into() }
    }

    fn hidden(path: &str, moved: Moved) -> Self {
        Self::Hidden { path: covered_path(path), cause: moved.into(), sensitive: true }
    }

    fn rename(was: &SkillName, name: &SkillName, moved: Moved) -> Self {
        let text = |name: &SkillName| Json::String(cover(name.as_str()).into_owned());
        Self::shown("/name", text(was), text(name), moved)
    }

    /// A field of a draft, of which only the name is known.
    fn of_draft(field: &str, moved: Moved) -> Self {
        let path = cover(field).into_owned();
        Self::Shown { path, before: Json::Null, after: Json::Null, cause: moved.into() }
    }
}

impl UnmanagedV1 {
    fn new(unmanaged: &Unmanaged) -> Self {
        let Unmanaged { agent, name, id, skill_type } = unmanaged;
        Self {
            agent: AgentV1::new(agent),
            name: cover(name.as_str()).into_owned(),
            id: cover(id.as_str()).into_owned(),
            skill_type: skill_type.as_deref().map(|word| cover(word).into_owned()),
        }
    }
}

impl HeldV1 {
    pub(crate) fn new(held: &Held) -> Self {
        let Held { id, agent, verb, subject: _, place, hold, message, moved, meaning: _, differences } = held;
        Self {
            id: cover(id).into_owned(),
            action: ActionV1::new(*verb),
            agent: AgentV1::new(agent),
            source: SourceV1::new(place),
            cause: (*moved).into(),
            hold: Hold::word(*hold).to_owned(),
            reason: cover(message).into_owned(),
            fields: differences.iter().map(FieldV1::of).collect(),
        }
    }
}
