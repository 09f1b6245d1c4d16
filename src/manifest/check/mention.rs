//! Texts that mention a skill which the agent cannot use (M051).
//!
//! A description tells the agent which skill to use when, by its name in quotes. What is certain is reported: a former
//! name, a name that `absent` deletes, a skill that is disabled on the same agent, and a word in backticks that is nothing
//! else and close to a skill's name. What a pack makes that nobody recorded cannot be told apart from a mistake.

use std::sync::Arc;

use super::found::Layer;
use super::parameter::{is_of_every_call, parameters};
use super::subject::{Agent, Knowledge, Subject, each_text};
use super::{Found, subject};
use crate::diag::{Code, Finding};
use crate::manifest::reader::did_you_mean;
use crate::manifest::schema::SkillDoc;
use crate::model::{Field, Place, SkillName, SkillType, Value};

/// Fields that the agent reads as instructions.
const READ: [Field; 3] = [Field::Description, Field::ParametersSchema, Field::ErrorHandling];

/// How a name may be quoted.
const QUOTES: [(char, char); 7] =
    [('"', '"'), ('`', '`'), ('\'', '\''), ('“', '”'), ('„', '“'), ('‘', '’'), ('«', '»')];

/// From here on two names are close, of 1.
const CLOSE: f64 = 0.8;

/// A skill that cannot be used under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Gone {
    name: SkillName,
    why: String,
    place: Place,
    /// The skill in which the name may be told all the same.
    by: Option<SkillName>,
}

/// What the texts of an agent's skills are held against.
#[derive(Debug)]
struct Against {
    names: Vec<SkillName>,
    gone: Vec<Gone>,
    knowledge: Knowledge,
}

/// What was found of skills that many agents have, by what they were held against: it is the same for the next agent.
#[derive(Debug, Default)]
pub(super) struct Mentions(Vec<(Against, Vec<Known>)>);

/// A skill, and what was found of it.
type Known = (Arc<SkillDoc>, Vec<Finding>);

/// How much of that is kept in mind.
const KEPT: usize = 8;

impl Mentions {
    /// Checks the texts of an agent's skills.
    pub(super) fn check(&mut self, agent: &Agent<'_>, found: &mut Found<'_>) {
        if agent.knowledge == Knowledge::Broken {
            return;
        }
        let names: Vec<&SkillName> = agent.names().collect();
        let gone = gone(agent, &names);
        if gone.is_empty() && agent.knowledge == Knowledge::NoRecord {
            return;
        }
        let is_same = |known: &Against| {
            known.knowledge == agent.knowledge && known.gone == gone && known.names.iter().eq(names.iter().copied())
        };
        let at = self.0.iter().position(|(known, _)| is_same(known)).unwrap_or_else(|| {
            let names = names.into_iter().cloned().collect();
            self.0.truncate(KEPT - 1);
            self.0.insert(0, (Against { names, gone, knowledge: agent.knowledge }, Vec::new()));
            0
        });
        let Some((against, known)) = self.0.get_mut(at) else { return };
        for skill in agent.skills {
            let is_common = skill.is_common() && !skill.doc.is_changed();
            let before = known.iter().find(|(doc, _)| is_common && Arc::ptr_eq(doc, &skill.doc));
            if let Some((_, before)) = before {
                found.findings.extend(before.iter().cloned());
                continue;
            }
            let mark = found.findings.len();
            against.check(&Subject::whole(&skill.doc, None), found);
            if is_common {
                let of_this = found.findings.iter().skip(mark).cloned().collect();
                known.push((Arc::clone(&skill.doc), of_this));
            }
        }
        for preset in agent.presets {
            against.check(&Subject::preset(preset), found);
        }
    }
}

impl Against {
    fn check(&self, subject: &Subject<'_>, found: &mut Found<'_>) {
        if is_disabled(subject) || !found.is_sure_of(subject) {
            return;
        }
        for field in READ {
            let Some(value) = subject.value(field) else { continue };
            each_text(value, &mut |way, text| {
                for gone in self.gone.iter().filter(|gone| gone.by.as_ref() != Some(&subject.name.value)) {
                    if is_mentioned(gone.name.as_str(), text) {
                        let message = format!("`{}` is mentioned here, and {}", gone.name, gone.why);
                        let help = Some(format!("see {}", gone.place));
                        found.at(subject, (field, way), Code::MentionOfNothing, message, help);
                    }
                }
                if text.contains('`') && self.knowledge == Knowledge::Whole {
                    for (word, near) in misspelled(text, subject, &self.names) {
                        let message = format!("no skill of the agent is called {}", subject::quoted(word));
                        let help = Some(did_you_mean(near));
                        found.at(subject, (field, way), Code::MentionOfNothing, message, help);
                    }
                }
            });
        }
    }
}

fn gone(agent: &Agent<'_>, names: &[&SkillName]) -> Vec<Gone> {
    let absent = agent.absent.iter().map(|absent| Gone {
        name: absent.value.clone(),
        why: "`absent` deletes it".to_owned(),
        place: absent.place.clone(),
        by: None,
    });
    let renamed =
        agent.skills.iter().map(|skill| &skill.doc).filter(|_| agent.knowledge == Knowledge::Whole).filter_map(
            |skill| {
                let was = skill.was.as_ref().filter(|was| !names.contains(&&was.value))?;
                let why = "it has another name now".to_owned();
                let (place, by) = (skill.name.place.clone(), Some(skill.name.value.clone()));
                Some(Gone { name: was.value.clone(), why, place, by })
            },
        );
    let disabled = agent.stated(Field::IsEnabled).filter(|(_, stated, _)| stated.value == Value::Bool(false));
    let disabled = disabled.map(|(name, stated, layer)| {
        // What an override disables is disabled on this agent alone.
        let why = match layer {
            Layer::Override => format!("it is disabled on `{}`", agent.name),
            Layer::Shared => "it is disabled".to_owned(),
        };
        Gone { name: name.clone(), why, place: stated.place.clone(), by: None }
    });
    absent.chain(renamed).chain(disabled).collect()
}

fn is_disabled(subject: &Subject<'_>) -> bool {
    subject.value(Field::IsEnabled) == Some(&Value::Bool(false))
}

/// Whether a name stands in quotes. A comma or a period may stand before the closing one.
fn is_mentioned(name: &str, text: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.trim_start_matches([',', '.']).chars().next());
        before.zip(after).is_some_and(|pair| QUOTES.contains(&pair))
    })
}

/// Words in backticks that nothing is called, with the skill that is almost called so.
fn misspelled<'t>(text: &'t str, subject: &Subject<'_>, names: &'t [SkillName]) -> Vec<(&'t str, &'t str)> {
    let parts: Vec<&str> = text.split('`').collect();
    let closed = if parts.len() % 2 == 1 { parts.len() } else { parts.len() - 1 };
    let words = parts.iter().take(closed).skip(1).step_by(2).map(|word| word.trim());
    let strange = words.filter(|word| !is_something(word, subject, names));
    strange.filter_map(|word| Some((word, near(word, names)?))).collect()
}

fn near<'t>(word: &str, names: &'t [SkillName]) -> Option<&'t str> {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase());
    let letters = |text: &str| text.chars().filter(|c| !c.is_numeric()).collect::<String>();
    let close = names.iter().map(SkillName::as_str).filter(|name| letters(name) != letters(word));
    let close = close.map(|name| (likeness(name), name)).filter(|(likeness, _)| *likeness >= CLOSE);
    close.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// Whether a word is a skill, or a name that the skill at hand knows.
fn is_something(word: &str, subject: &Subject<'_>, names: &[SkillName]) -> bool {
    let is_key = |field: Field| subject.value(field).and_then(Value::as_map).is_some_and(|map| map.contains_key(word));
    let is_item = |field: Field| subject::texts(subject.value(field)).any(|item| item == word);
    names.iter().any(|name| name.as_str().to_lowercase() == word.to_lowercase())
        || is_of_every_call(word)
        || parameters(subject).is_some_and(|parameters| parameters.contains(&word))
        || [Field::ExecutionConfig, Field::DataEgressMap, Field::ErrorHandling].into_iter().any(is_key)
        || [Field::AllowedFields, Field::RequiredParams].into_iter().any(is_item)
        || Field::read(word).is_some()
        || SkillType::KNOWN.contains(&word)
}
