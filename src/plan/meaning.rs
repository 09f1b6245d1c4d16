//! What a step means, beyond the lines that it changes: its risks, what it breaks, and whom it touches.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::part::Part;
use super::step::{Action, Step};
use crate::diff::{ParameterChange, Sides, holds_random, holds_secret, parameters};
use crate::model::{
    Arrives, Channel, Field, LiveSkill, Recorded, Risk, SkillId, SkillName, Slug, Value, is_sensitive_key,
};

/// What a step means, beyond the lines that it changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meaning {
    /// The SkillSet that the skill comes from, if it comes from one.
    pub shared: Option<Slug>,
    /// Whether the skill changes data elsewhere, before or after.
    pub writes: bool,
    /// Whether its stakes are high, before or after.
    pub is_high_stakes: bool,
    /// What is riskier once the step is done, worst first.
    pub risks: Vec<Risky>,
    /// What live made riskier than the manifests say, worst first.
    pub drifted: Vec<Risky>,
    /// How the parameters change that the agent collects, worst first.
    pub parameters: Vec<ParameterChange>,
}

/// A risk, with the values that tell it where they may be shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Risky {
    /// What it is.
    pub risk: Risk,
    /// The field that tells it.
    pub field: Field,
    /// Of which skill, where the step is about several.
    pub of: Option<SkillName>,
    /// In what it lies, where a risk can lie in several things.
    pub what: Option<What>,
    /// The value before.
    pub from: Option<String>,
    /// The value after.
    pub to: Option<String>,
}

/// In what a risk can lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The number to which calls are handed.
    Number,
    /// The host that is called.
    Host,
    /// The addresses to which e-mails go.
    Addresses,
    /// When it may be used.
    Times,
    /// On which channels.
    Channels,
}

impl What {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Number, Self::Host, Self::Addresses, Self::Times, Self::Channels];

    /// The word for it in a record.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Host => "host",
            Self::Addresses => "addresses",
            Self::Times => "times",
            Self::Channels => "channels",
        }
    }

    /// Reads its word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|what| what.word() == word)
    }
}

impl Risky {
    fn plain(risk: Risk, field: Field) -> Self {
        Self { risk, field, of: None, what: None, from: None, to: None }
    }
}

/// Says of every step of an agent what it means.
pub(super) fn weigh(part: &mut Part<'_>, skills: &[LiveSkill]) {
    if part.steps.is_empty() {
        return;
    }
    let live: BTreeMap<&SkillId, &LiveSkill> = skills.iter().map(|skill| (&skill.id, skill)).collect();
    let meanings: Vec<Meaning> = part.steps.iter().map(|step| of(part, &live, step)).collect();
    for (step, meaning) in part.steps.iter_mut().zip(meanings) {
        step.meaning = meaning;
    }
}

fn of(part: &Part<'_>, live: &BTreeMap<&SkillId, &LiveSkill>, step: &Step) -> Meaning {
    let before = |id: &SkillId| live.get(id).map(|skill| Stance::live(&skill.raw)).unwrap_or_default();
    match &step.action {
        Action::Create { name, fields } => {
            let replaced = part.steps.iter().find_map(|other| match &other.action {
                Action::Delete { id, by: Some(by), .. } if by == name => Some(before(id)),
                Action::Delete { .. }
                | Action::Create { .. }
                | Action::Update { .. }
                | Action::UpdatePreset { .. }
                | Action::Install { .. }
                | Action::Publish { .. } => None,
            });
            let after = Stance::declared(fields);
            let is_new = replaced.is_none();
            let before = replaced.unwrap_or_default();
            let risks = if is_new { risks_of_new(&after) } else { risks(&before, &after) };
            let parameters = if is_new { Vec::new() } else { parameters(before.parameters(), after.parameters()) };
            Meaning { risks, parameters, ..Meaning::touching(part, step, [&before, &after]) }
        }
        Action::Update { id, name: _, was: _, changes, seen: _ } => {
            let before = before(id);
            let mut after = before.clone();
            for change in changes {
                // What only looks different, such as the spelling of a phone number, stays as it is.
                after.0.insert(change.field, change.send.to_shown_json());
            }
            let is_other = |path: &str| changes.iter().flat_map(|change| &change.differences).any(|it| it.path == path);
            for (_, key) in DESTINATIONS {
                let is_same = !is_other(&format!("/{}/{key}", Field::ExecutionConfig));
                if let Some(value) = before.setting(key).filter(|_| is_same) {
                    after.set(key, value.clone());
                }
            }
            let touches = |field: Field| changes.iter().any(|change| change.field == field);
            let has_other_parameters = touches(Field::ParametersSchema) || touches(Field::RequiredParams);
            let parameters =
                if has_other_parameters { parameters(before.parameters(), after.parameters()) } else { Vec::new() };
            Meaning {
                risks: risks(&before, &after),
                drifted: risks(&after, &before),
                parameters,
                ..Meaning::touching(part, step, [&before, &after])
            }
        }
        Action::UpdatePreset { name, fields } => {
            let before = arrived(part.context.desired.preset(part.agent, name), fields);
            let mut after = before.clone();
            after.0.extend(Stance::declared(fields).0);
            Meaning { risks: risks(&before, &after), ..Meaning::touching(part, step, [&before, &after]) }
        }
        Action::Delete { id, name: _, by: _, seen: _ } => {
            let before = before(id);
            Meaning::touching(part, step, [&before, &before])
        }
        Action::Install { kind: _, via: _, missing } => {
            let recorded = missing.iter().filter_map(|name| part.context.desired.preset(part.agent, name));
            let risks = recorded.flat_map(|Recorded { name, fields, .. }| {
                let new = risks_of_new(&Stance::declared(fields)).into_iter();
                new.map(|risky| Risky { of: Some(name.clone()), ..risky }).collect::<Vec<_>>()
            });
            let mut risks: Vec<Risky> = risks.collect();
            risks.sort();
            Meaning { writes: risks.iter().any(|risky| risky.risk == Risk::BeginsToWrite), risks, ..Meaning::default() }
        }
        Action::Publish { .. } => Meaning::default(),
    }
}

/// A preset as an install leaves it, as far as its record tells. Of what it does not tell, the careful answer is taken:
/// presets that need somebody arrive disabled, and those that write ask first.
fn arrived(recorded: Option<&Recorded>, fields: &BTreeMap<Field, Value>) -> Stance {
    let mut before = recorded.map(|recorded| Stance::declared(&recorded.fields)).unwrap_or_default();
    let is_told_enabled = recorded.is_some_and(|recorded| recorded.arrives == Arrives::Enabled);
    let careful = [
        (Field::RequiresConfirmation, true, true),
        (Field::RequiresVerifiedIdentity, true, true),
        (Field::IsEnabled, false, !is_told_enabled),
    ];
    for (field, value, is_doubtful) in careful {
        if is_doubtful && fields.contains_key(&field) {
            before.0.entry(field).or_insert(Json::Bool(value));
        }
    }
    before
}

impl Meaning {
    /// Whom a step touches: the skill as it is and as it will be.
    fn touching(part: &Part<'_>, step: &Step, sides: [&Stance; 2]) -> Self {
        let declared = part.agent.skills.iter().find(|skill| Some(&skill.name) == step.action.skill());
        Self {
            shared: declared.and_then(|skill| skill.shared.clone()),
            writes: sides.iter().any(|side| side.is(Field::IsWrite)),
            is_high_stakes: sides.iter().any(|side| side.text(Field::Stakes) == Some("high")),
            ..Self::default()
        }
    }
}

/// Settings that say where calls, requests and e-mails go.
const DESTINATIONS: [(What, &str); 3] = [(What::Number, "destination"), (What::Host, "url"), (What::Addresses, "to")];

/// The fields of a skill, with references in place of secrets; one that is not there is not stated.
#[derive(Debug, Clone, Default)]
struct Stance(BTreeMap<Field, Json>);

impl Stance {
    fn live(raw: &Map<String, Json>) -> Self {
        Self(Field::ALL.iter().filter_map(|field| Some((*field, raw.get(field.key())?.clone()))).collect())
    }

    fn declared(fields: &BTreeMap<Field, Value>) -> Self {
        Self(fields.iter().map(|(field, value)| (*field, value.to_shown_json())).collect())
    }

    fn is(&self, field: Field) -> bool {
        self.0.get(&field) == Some(&Json::Bool(true))
    }

    fn text(&self, field: Field) -> Option<&str> {
        self.0.get(&field)?.as_str()
    }

    fn setting(&self, key: &str) -> Option<&Json> {
        self.0.get(&Field::ExecutionConfig)?.get(key)
    }

    fn set(&mut self, key: &str, value: Json) {
        if let Some(Json::Object(config)) = self.0.get_mut(&Field::ExecutionConfig) {
            config.insert(key.to_owned(), value);
        }
    }

    fn parameters(&self) -> Sides<'_> {
        Sides { schema: self.0.get(&Field::ParametersSchema), required: self.0.get(&Field::RequiredParams) }
    }

    /// The words of a list; none stated, or an empty one, is `None`.
    fn words(&self, field: Field) -> Option<Vec<&str>> {
        let words: Vec<&str> = self.0.get(&field)?.as_array()?.iter().filter_map(Json::as_str).collect();
        (!words.is_empty()).then_some(words)
    }

    /// The part of a destination that makes it another one: of a URL how and with whom it speaks. What is no text, or no
    /// URL as it stands, counts as it is.
    fn destination(&self, key: &str) -> Option<String> {
        let value = self.setting(key).filter(|value| !value.is_null())?;
        let Some(text) = value.as_str() else { return Some(value.to_string()) };
        let origin = (key == "url").then(|| url::Url::parse(text).ok().map(|url| url.origin())).flatten();
        Some(
            origin.filter(url::Origin::is_tuple).map_or_else(|| text.to_owned(), |origin| origin.ascii_serialization()),
        )
    }

    fn egress(&self) -> BTreeMap<&str, &Json> {
        let map = self.0.get(&Field::DataEgressMap).and_then(Json::as_object);
        map.into_iter().flatten().map(|(key, value)| (key.as_str(), value)).collect()
    }
}

/// What is risky about a skill that is new: it can be seen as a whole, so only what reaches beyond the call is named.
fn risks_of_new(after: &Stance) -> Vec<Risky> {
    let writes = after.is(Field::IsWrite).then(|| Risky::plain(Risk::BeginsToWrite, Field::IsWrite));
    writes.into_iter().chain(opened(&Stance::default(), after)).collect()
}

/// What is riskier on one side than on the other, worst first.
fn risks(before: &Stance, after: &Stance) -> Vec<Risky> {
    let loses = |risk, field| (before.is(field) && !after.is(field)).then(|| Risky::plain(risk, field));
    let gains = |risk, field| (!before.is(field) && after.is(field)).then(|| Risky::plain(risk, field));
    let is_disabled = |side: &Stance| side.0.get(&Field::IsEnabled) == Some(&Json::Bool(false));
    let enabled = is_disabled(before) && !is_disabled(after);
    let plain = [
        loses(Risk::LosesConfirmation, Field::RequiresConfirmation),
        loses(Risk::LosesVerification, Field::RequiresVerifiedIdentity),
        gains(Risk::BeginsToWrite, Field::IsWrite),
        enabled.then(|| Risky::plain(Risk::IsEnabled, Field::IsEnabled)),
        step(before, after, Field::VerificationLevel, &["step_up", "basic", "none"], Risk::LowersVerification),
        step(before, after, Field::Stakes, &["low", "medium", "high"], Risk::RaisesStakes),
    ];
    let mut found: Vec<Risky> = plain.into_iter().flatten().collect();
    found.extend(opened(before, after));
    found.extend(moved(before, after));
    found.extend(widened(before, after));
    found.sort();
    found
}

/// A field that goes up in an order of known words; what is not stated is the platform's default, `none` and `low`.
fn step(before: &Stance, after: &Stance, field: Field, order: &[&str], risk: Risk) -> Option<Risky> {
    let default = if field == Field::Stakes { "low" } else { "none" };
    let rank = |side: &Stance| {
        let word = side.text(field).unwrap_or(default).to_owned();
        Some((order.iter().position(|known| *known == word)?, word))
    };
    let ((was, from), (now, to)) = (rank(before)?, rank(after)?);
    (now > was).then_some(Risky { risk, field, of: None, what: None, from: Some(from), to: Some(to) })
}

/// What leaves that did not, or for another place.
fn opened(before: &Stance, after: &Stance) -> Vec<Risky> {
    let (old, new) = (before.egress(), after.egress());
    let entries = new.into_iter().filter(|(key, to)| old.get(key) != Some(to));
    let shown = |key: &str, to: &Json| {
        let text = format!("{key} → {}", to.as_str().unwrap_or_default());
        (!is_sensitive_key(key) && !holds_secret(&Json::from(text.as_str()))).then_some(text)
    };
    let risk = |(key, to): (&str, &Json)| Risky {
        to: shown(key, to),
        ..Risky::plain(Risk::OpensEgress, Field::DataEgressMap)
    };
    entries.map(risk).collect()
}

/// What goes elsewhere than before. What is neither a text nor a list of texts may be a reference to a secret, which is then
/// the other side's value, so neither is shown.
fn moved(before: &Stance, after: &Stance) -> Vec<Risky> {
    let changed = DESTINATIONS.iter().filter_map(|(what, key)| {
        let (from, to) = (before.destination(key), Some(after.destination(key)?));
        let path = format!("/{}/{key}", Field::ExecutionConfig);
        let is_plain = [before, after].iter().filter_map(|side| side.setting(key)).all(is_words);
        let shown = |text: String| {
            let value = Json::from(text.as_str());
            (is_plain && !holds_secret(&value) && !holds_random(&path, &value)).then_some(text)
        };
        (from != to).then(|| Risky {
            risk: Risk::ChangesDestination,
            field: Field::ExecutionConfig,
            of: None,
            what: Some(*what),
            from: from.and_then(shown),
            to: to.and_then(shown),
        })
    });
    changed.collect()
}

/// Whether a value is a text, or a list of texts; what is null is nothing.
fn is_words(value: &Json) -> bool {
    match value {
        Json::Null | Json::String(_) => true,
        Json::Array(items) => items.iter().all(Json::is_string),
        Json::Bool(_) | Json::Number(_) | Json::Object(_) => false,
    }
}

/// When and where it may be used beyond before. What is not stated is the platform's default: always, and everywhere.
fn widened(before: &Stance, after: &Stance) -> Vec<Risky> {
    let window = |side: &Stance| side.text(Field::AvailabilityWindow).unwrap_or("both").to_owned();
    let (was, now) = (window(before), window(after));
    let times = (was != "both" && now == "both").then_some(Risky {
        risk: Risk::WidensAvailability,
        field: Field::AvailabilityWindow,
        of: None,
        what: Some(What::Times),
        from: Some(was),
        to: Some(now),
    });
    let new: Vec<String> = match (before.words(Field::Channels), after.words(Field::Channels)) {
        (Some(was), Some(now)) => now.into_iter().filter(|word| !was.contains(word)).map(str::to_owned).collect(),
        (Some(was), None) => {
            Channel::KNOWN.iter().filter(|word| !was.contains(word)).map(|word| (*word).to_owned()).collect()
        }
        (None, Some(_) | None) => Vec::new(),
    };
    let channels = new.into_iter().map(|channel| Risky {
        risk: Risk::WidensAvailability,
        field: Field::Channels,
        of: None,
        what: Some(What::Channels),
        from: None,
        to: Some(channel),
    });
    times.into_iter().chain(channels).collect()
}
