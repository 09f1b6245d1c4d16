//! Overrides: fields of one agent, laid over those of a shared skill or a preset.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::record::{Brought, bringer};
use super::{Declared, report_repeated};
use crate::diag::{Code, Finding, closest};
use crate::manifest::reader::{Located, did_you_mean};
use crate::manifest::schema::{OverrideDoc, PresetDoc};
use crate::model::{Compare, Field, Preset, Recorded, SkillName, Value};

/// Lays overrides over skills; those on presets are added to what is stated of these.
pub(super) fn lay_over(
    overrides: Vec<OverrideDoc>,
    skills: &mut [Declared],
    presets: &mut Vec<PresetDoc>,
    brought: &Brought<'_>,
    findings: &mut Vec<Finding>,
) {
    report_repeated(overrides.iter().map(|over| &over.name), findings);
    for OverrideDoc { name, fields } in overrides {
        if let Some(skill) = skills.iter_mut().find(|skill| skill.name().value == name.value) {
            let skill = Arc::make_mut(&mut skill.doc);
            for (field, Located { value: over, place }) in fields {
                let base = skill.fields.remove(&field);
                skill.under.insert(field, base.as_ref().map(|base| base.place.clone()));
                let value = laid_over(field, base.map(|base| base.value), over);
                skill.fields.insert(field, Located { value, place });
            }
            continue;
        }
        if let Some((_, recorded)) = bringer(&name.value, brought) {
            let stated = presets.iter_mut().find(|preset| preset.over.name.value == name.value);
            if let Some(preset) = stated {
                lay_over_preset(preset, name, fields);
            } else {
                let skill_type = recorded.skill_type.clone();
                presets.push(PresetDoc { skill_type, over: OverrideDoc { name, fields } });
            }
            continue;
        }
        let own = skills.iter().map(|skill| skill.name().value.as_str());
        let preset = brought.iter().map(|(_, recorded)| recorded.name.as_str());
        let help = closest(name.value.as_str(), own.chain(preset)).map(did_you_mean);
        let message = format!("the agent gets no skill called `{}`", name.value);
        findings.push(Finding::at(Code::OverrideOfNothing, name.place, message).maybe_help(help));
    }
}

/// Lays the fields of an exception over what the template states of a preset.
fn lay_over_preset(preset: &mut PresetDoc, name: Located<SkillName>, fields: BTreeMap<Field, Located<Value>>) {
    preset.over.name = name;
    for (field, Located { value: over, place }) in fields {
        let base = preset.over.fields.remove(&field);
        let value = laid_over(field, base.map(|base| base.value), over);
        preset.over.fields.insert(field, Located { value, place });
    }
}

/// A field's value under one that is laid over it.
fn laid_over(field: Field, base: Option<Value>, over: Value) -> Value {
    match base {
        Some(base) if field.compare() == Compare::DeclaredKeys => merge(base, over),
        Some(_) | None => over,
    }
}

/// Keys of `over` win; maps are joined at every depth, but headers and rosters are whole values.
fn merge(base: Value, over: Value) -> Value {
    match (base, over) {
        (Value::Map(mut base), Value::Map(over)) => {
            let joined = Arc::make_mut(&mut base);
            for (key, value) in over.iter() {
                let merged = match joined.shift_remove(key) {
                    Some(below) if !is_whole(key) => merge(below, value.clone()),
                    Some(_) | None => value.clone(),
                };
                joined.insert(Arc::clone(key), merged);
            }
            Value::Map(base)
        }
        (_, over) => over,
    }
}

/// Whether an override replaces what stands under a key as a whole.
pub(in crate::manifest) fn is_whole(key: &str) -> bool {
    matches!(key, "headers" | "roster")
}

/// What is managed of the recorded skills that an agent gets: what an override states, over what their records do.
pub(super) fn managed_presets(docs: Vec<PresetDoc>, brought: &Brought<'_>) -> Vec<Preset> {
    let mut over: BTreeMap<SkillName, OverrideDoc> =
        docs.into_iter().map(|PresetDoc { skill_type: _, over }| (over.name.value.clone(), over)).collect();
    let managed = brought.iter().filter_map(|(kind, recorded)| {
        let Recorded { name, skill_type: _, arrives: _, fields, place } = recorded;
        let (mut fields, mut place) = (fields.clone(), place.clone());
        match over.remove(name) {
            None if fields.is_empty() => return None,
            None => {}
            Some(over) => {
                for (field, Located { value, place: _ }) in over.fields {
                    let base = fields.remove(&field);
                    fields.insert(field, laid_over(field, base, value));
                }
                place = over.name.place;
            }
        }
        Some(Preset { name: name.clone(), kind: (*kind).clone(), fields, place })
    });
    managed.collect()
}
