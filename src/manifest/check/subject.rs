//! A skill as the checks see it, and how they go through its values.

use std::collections::BTreeMap;

use super::found::{Layer, On};
use crate::manifest::reader::Located;
use crate::manifest::resolve::Declared;
use crate::manifest::schema::{OverrideDoc, PresetDoc, SkillDoc};
use crate::model::{
    Entries, Field, Place, ProviderKind, Recorded, SkillName, SkillType, Slug, Value, is_sensitive_key, may_be_secret,
};

/// A skill as an agent or a SkillSet has it.
#[derive(Debug)]
pub(in crate::manifest) struct Subject<'a> {
    pub(super) name: &'a Located<SkillName>,
    /// `None` where the skill lacks one, which is reported elsewhere.
    pub(super) skill_type: Option<SkillType>,
    pub(super) fields: &'a BTreeMap<Field, Located<Value>>,
    /// Where a field also stands that an override was laid over.
    pub(super) under: &'a BTreeMap<Field, Option<Place>>,
    /// The agent on which a shared skill is checked once more.
    pub(super) on: Option<On<'a>>,
    pub(super) extent: Extent,
}

/// How much of a skill is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All that makes it.
    Whole,
    /// What differs from what a pack made.
    Part,
}

/// No field that an override was laid over.
static NOTHING: BTreeMap<Field, Option<Place>> = BTreeMap::new();

/// One step on the way to a value within a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::manifest) enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

impl<'a> Subject<'a> {
    /// A skill that is declared whole.
    pub(super) fn whole(skill: &'a SkillDoc, on: Option<On<'a>>) -> Self {
        let SkillDoc { name, was: _, replace: _, protect: _, geocode: _, fields, shared: _, under } = skill;
        let word = fields.get(&Field::SkillType).and_then(|located| located.value.as_text());
        Self { name, skill_type: word.map(SkillType::read), fields, under, on, extent: Extent::Whole }
    }

    /// What is stated of a preset.
    pub(super) fn preset(preset: &'a PresetDoc) -> Self {
        let PresetDoc { skill_type, over: OverrideDoc { name, fields } } = preset;
        let skill_type = Some(skill_type.clone());
        Self { name, skill_type, fields, under: &NOTHING, on: None, extent: Extent::Part }
    }

    /// What is stated for a field.
    pub(super) fn value(&self, field: Field) -> Option<&'a Value> {
        self.fields.get(&field).map(|located| &located.value)
    }

    /// The settings, if any are stated.
    pub(super) fn settings(&self) -> Option<&'a Entries> {
        self.value(Field::ExecutionConfig)?.as_map()
    }

    /// The text of a setting.
    pub(super) fn setting(&self, key: &str) -> Option<&'a str> {
        self.settings()?.get(key)?.as_text()
    }

    /// Whether it is of a type.
    pub(super) fn is(&self, skill_type: &SkillType) -> bool {
        self.skill_type.as_ref() == Some(skill_type)
    }
}

/// An agent with all that the manifests say of its skills.
#[derive(Debug)]
pub(in crate::manifest) struct Agent<'a> {
    pub(in crate::manifest) name: &'a Slug,
    /// Its skills with overrides laid over: the shared ones, then its own.
    pub(in crate::manifest) skills: &'a [Declared],
    pub(in crate::manifest) presets: &'a [PresetDoc],
    pub(in crate::manifest) absent: &'a [Located<SkillName>],
    /// The recorded skills that its packs and actions make, each with its provider.
    pub(in crate::manifest) brought: &'a [(&'a ProviderKind, &'a Recorded)],
    pub(in crate::manifest) knowledge: Knowledge,
}

/// How much is known of the skills that an agent has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::manifest) enum Knowledge {
    /// All of them.
    Whole,
    /// All but what a pack makes that nobody recorded.
    NoRecord,
    /// Not even those that are declared: a SkillSet is not there.
    Broken,
}

impl<'a> Agent<'a> {
    /// What is stated of one field by each of its skills and presets, and which manifest has the last word.
    pub(super) fn stated(&self, field: Field) -> impl Iterator<Item = (&'a SkillName, &'a Located<Value>, Layer)> {
        let skills = self.skills.iter().filter_map(move |skill| {
            let SkillDoc { name, fields, under, .. } = &*skill.doc;
            let layer = if under.contains_key(&field) { Layer::Override } else { Layer::Shared };
            Some((&name.value, fields.get(&field)?, layer))
        });
        let presets = self.presets.iter().map(|preset| &preset.over);
        skills.chain(presets.filter_map(move |over| Some((&over.name.value, over.fields.get(&field)?, Layer::Shared))))
    }

    /// The names of the skills that it is known to have.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a SkillName> + use<'a> {
        let presets: Vec<&SkillName> = self.brought.iter().map(|(_, recorded)| &recorded.name).collect();
        self.skills.iter().map(|skill| &skill.name().value).chain(presets)
    }
}

/// The texts of a list.
pub(super) fn texts(list: Option<&Value>) -> impl Iterator<Item = &str> {
    let items = match list {
        Some(Value::List(items)) => &**items,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) | Value::Map(_))
        | None => &[],
    };
    items.iter().filter_map(Value::as_text)
}

/// A value as a message may quote it; a secret may have been put where something else belongs.
pub(super) fn quoted(text: &str) -> String {
    if may_be_secret("", text) { "what stands here".to_owned() } else { format!("`{text}`") }
}

/// Whether a value stands for one that the checks cannot see: a secret, or nothing.
pub(super) fn is_nothing(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Text(text)) => text.trim().is_empty(),
        Some(Value::List(items)) => items.is_empty(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Secret(_) | Value::Map(_)) => false,
    }
}

/// Whether what stands at the end of a way is never shown: every header is, and what a key says is a secret.
pub(super) fn is_hidden(way: &[Step<'_>]) -> bool {
    way.iter().any(|step| match step {
        Step::Key(key) => *key == "headers" || is_sensitive_key(key),
        Step::Item(_) => false,
    })
}

/// Shows every text in a value together with the way to it.
pub(super) fn each_text<'v>(value: &'v Value, see: &mut dyn FnMut(&[Step<'v>], &'v str)) {
    walk(value, &mut Vec::new(), see);
}

fn walk<'v>(value: &'v Value, way: &mut Vec<Step<'v>>, see: &mut dyn FnMut(&[Step<'v>], &'v str)) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Secret(_) => {}
        Value::Text(text) => see(way, text),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                way.push(Step::Item(at));
                walk(item, way, see);
                way.pop();
            }
        }
        Value::Map(map) => {
            for (key, item) in map.iter() {
                way.push(Step::Key(key));
                walk(item, way, see);
                way.pop();
            }
        }
    }
}
