//! Places that rules leave to others.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use globset::{Glob, GlobMatcher};

use crate::diag::{Code, Finding};
use crate::diff::{self, Carried};
use crate::model::{Agent, Day, Desired, Field, Ignore, LiveSkill, Preset, Skill, SkillName, Slug, Value};

/// A skill by all that a rule may call it: by its name, and by the one that it had before.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    now: &'a SkillName,
    former: Option<&'a SkillName>,
}

impl<'a> From<&'a SkillName> for Names<'a> {
    fn from(now: &'a SkillName) -> Self {
        Self { now, former: None }
    }
}

impl<'a> From<&'a Skill> for Names<'a> {
    fn from(skill: &'a Skill) -> Self {
        Self { now: &skill.name, former: skill.was.as_ref() }
    }
}

impl<'a> From<&'a Preset> for Names<'a> {
    fn from(preset: &'a Preset) -> Self {
        Self { now: &preset.name, former: None }
    }
}

/// A place that a rule leaves to others, and that cannot be carried over from a skill to the one that replaces it.
pub(super) struct Lost<'a> {
    rule: &'a Ignore,
    why: &'static str,
}

impl std::fmt::Display for Lost<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rule, why } = self;
        let (path, owner) = (rule.path(), &rule.owner);
        write!(f, "a rule leaves `{path}` to others, and {why}; ask {owner}, then remove the rule to make a new one")
    }
}

/// The rules, ready to be asked.
pub struct Ignored<'a>(Vec<(GlobMatcher, &'a Ignore)>);

impl<'a> Ignored<'a> {
    /// Makes rules ready.
    pub fn new(rules: &'a [Ignore]) -> Self {
        // A pattern that is no glob was found in the manifests.
        let ready = rules.iter().filter_map(|rule| Some((Glob::new(&rule.address).ok()?.compile_matcher(), rule)));
        Self(ready.collect())
    }

    /// The rules about a skill of an agent.
    fn about(&self, agent: &Slug, names: Names<'_>) -> impl Iterator<Item = &'a Ignore> {
        let Names { now, former } = names;
        // Mostly there is no rule at all, and this is asked of every skill.
        let names = former.into_iter().chain([now]).filter(|_| !self.0.is_empty());
        let addresses: Vec<String> = names.map(|name| format!("{agent}/{name}")).collect();
        let about = self.0.iter().filter(move |(glob, _)| addresses.iter().any(|address| glob.is_match(address)));
        about.map(|(_, rule)| *rule)
    }

    /// Whether anything that an agent's manifest states is left to others.
    fn leaves_any_of(&self, agent: &Agent) -> bool {
        let skills = agent.skills.iter().map(|skill| (Names::from(skill.as_ref()), &skill.fields));
        let presets = agent.presets.iter().map(|preset| (Names::from(preset), &preset.fields));
        let mut all = skills.chain(presets);
        all.any(|(names, fields)| self.about(&agent.name, names).any(|rule| stated(fields, rule).is_some()))
    }

    /// Whether a place in a skill is left to others: a JSON pointer (RFC 6901) that begins with the field.
    pub fn leaves(&self, agent: &Slug, names: Names<'_>, path: &str) -> bool {
        self.about(agent, names).any(|rule| {
            let keys = rule.keys.iter().map(|key| diff::pointer(key));
            let left = keys.fold(format!("/{}", rule.field.key()), |path, key| format!("{path}/{key}"));
            path.strip_prefix(left.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// What of a skill's declared fields is managed once it is there; borrowed where no rule is about any of it.
    pub fn managed<'f>(
        &self,
        agent: &Slug,
        names: Names<'_>,
        fields: &'f BTreeMap<Field, Value>,
    ) -> Cow<'f, BTreeMap<Field, Value>> {
        let mut managed = Cow::Borrowed(fields);
        for rule in self.about(agent, names).filter(|rule| stated(fields, rule).is_some()) {
            leave(managed.to_mut(), rule);
        }
        managed
    }

    /// The fields of a skill that is made in another's stead: at each place that a rule leaves to others, what is live
    /// there. Of what is not there the manifest's value counts, as for any new skill.
    ///
    /// # Errors
    /// [`Lost`] for a place of which the live value is not known or may not be shown, or means something else now.
    pub(super) fn carried<'f>(
        &self,
        agent: &Slug,
        names: Names<'_>,
        fields: &'f BTreeMap<Field, Value>,
        live: &LiveSkill,
        facts: diff::Facts,
    ) -> Result<Cow<'f, BTreeMap<Field, Value>>, Lost<'a>> {
        let mut carried = Cow::Borrowed(fields);
        for rule in self.about(agent, names) {
            let Some(declared) = stated(fields, rule) else { continue };
            match diff::carried(rule.field, &rule.keys, declared, &live.raw, facts) {
                Carried::Nothing => {}
                Carried::Hidden | Carried::Value(_) if rule.field == Field::ExecutionConfig && rule.keys.is_empty() => {
                    return Err(Lost { rule, why: "its settings are those of another type" });
                }
                Carried::Hidden => {
                    return Err(Lost { rule, why: "its live value is hidden, so it cannot be carried over" });
                }
                Carried::Value(value) => {
                    if let Some(place) = place(carried.to_mut(), rule) {
                        *place = value;
                    }
                }
            }
        }
        Ok(carried)
    }
}

/// Drops the rules that no longer hold on a day, and says which those are, and which others leave nothing to anybody.
pub fn check_rules(desired: &mut Desired, today: Day) -> Vec<Finding> {
    let expired = desired.policy.expire(today);
    let mut found: Vec<Finding> = expired.iter().map(no_longer_ignored).collect();
    found.extend(idle(desired));
    found
}

fn no_longer_ignored(rule: &Ignore) -> Finding {
    let message = format!("`{}` of `{}` was left to others until {}", rule.path(), rule.address, rule.expires);
    Finding::at(Code::IgnoreExpired, rule.place.clone(), message).help(format!("ask {}: {}", rule.owner, rule.reason))
}

/// The rules of which no manifest states the place, of any skill that they match.
fn idle(desired: &Desired) -> Vec<Finding> {
    let idle = desired.policy.ignore.iter().filter(|rule| {
        let alone = Ignored::new(std::slice::from_ref(*rule));
        !desired.agents.iter().any(|agent| alone.leaves_any_of(agent))
    });
    let idle = idle.map(|rule| {
        let message = format!("no manifest declares `{}` of a skill that `{}` matches", rule.path(), rule.address);
        Finding::at(Code::IgnoreIdle, rule.place.clone(), message)
            .help("correct the address or the field, or remove the rule")
    });
    idle.collect()
}

/// What is declared at the place that a rule leaves to others.
fn stated<'v>(fields: &'v BTreeMap<Field, Value>, rule: &Ignore) -> Option<&'v Value> {
    rule.keys.iter().try_fold(fields.get(&rule.field)?, |value, key| value.as_map()?.get(key.as_str()))
}

fn place<'v>(fields: &'v mut BTreeMap<Field, Value>, rule: &Ignore) -> Option<&'v mut Value> {
    rule.keys.iter().try_fold(fields.get_mut(&rule.field)?, |value, key| below(value, key))
}

fn below<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    match value {
        Value::Map(map) => Arc::make_mut(map).get_mut(key),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) | Value::List(_) => None,
    }
}

fn leave(fields: &mut BTreeMap<Field, Value>, rule: &Ignore) {
    let Some((last, above)) = rule.keys.split_last() else {
        fields.remove(&rule.field);
        return;
    };
    let Some(field) = fields.get_mut(&rule.field) else { return };
    if let Some(Value::Map(map)) = above.iter().try_fold(field, |value, key| below(value, key)) {
        Arc::make_mut(map).shift_remove(last.as_str());
    }
}
