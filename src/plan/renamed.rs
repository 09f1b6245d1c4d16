//! Presets that somebody renamed in the dashboard: one is missing, and a live skill that no manifest speaks of is like it.

use super::agent::ByName;
use super::part::Part;
use super::prune::ALIKE;
use crate::diff::{self, DeclaredWords, LiveWords};
use crate::model::{Field, LiveSkill, Recorded, SkillType, Value};

/// Why an install would make a missing preset a second time, or nothing at all, if so; with the way out.
///
/// Only what is recorded with its description can be known again under another name.
pub(super) fn find(part: &mut Part<'_>, names: &ByName<'_>, missing: &[&Recorded]) -> Option<String> {
    let mut messages: Vec<String> = Vec::new();
    for recorded in missing {
        if let Some((live, percent)) = closest(part, names, recorded) {
            messages.push(format!(
                "`{}` looks renamed to `{}` (`{}`, {percent} % the same)",
                recorded.name, live.name, live.id
            ));
            part.renamed.insert(live.id.clone());
        }
    }
    let found = messages.join("; ");
    (!messages.is_empty()).then(|| {
        format!(
            "{found}; installing again would make it a second time, or nothing: rename it back in the dashboard, or correct the name in the ConnectorPack manifest"
        )
    })
}

/// The live skill that is most like a recorded one, if it is enough so.
fn closest<'l>(part: &Part<'_>, names: &ByName<'l>, recorded: &Recorded) -> Option<(&'l LiveSkill, usize)> {
    let is_told =
        recorded.fields.get(&Field::Description).and_then(Value::as_text).is_some_and(|text| !text.is_empty());
    if !is_told {
        return None;
    }
    let preset = part.agent.presets.iter().find(|preset| preset.name == recorded.name);
    let stated = [Some(&recorded.fields), preset.map(|preset| &preset.fields)];
    let words: Vec<DeclaredWords> = stated.into_iter().flatten().map(DeclaredWords::new).collect();
    let is_other_preset = |live: &LiveSkill| part.context.desired.recorded().any(|recorded| recorded.name == live.name);
    let is_of_type = |live: &LiveSkill| live.skill_type().map(SkillType::read).as_ref() == Some(&recorded.skill_type);
    let free = names.values().flatten().filter(|live| !part.speaks_of(&live.name) && !part.renamed.contains(&live.id));
    let likeness = |live: &LiveSkill| {
        let live = LiveWords::new(&live.raw);
        let near = words.iter().filter(|words| diff::may_be_alike(words, &live, ALIKE));
        near.map(|words| diff::likeness(words, &live)).max().unwrap_or_default()
    };
    let free = free.filter(|live| is_of_type(live) && !is_other_preset(live));
    let alike = free.map(|live| (*live, likeness(live))).filter(|(_, percent)| *percent >= ALIKE);
    alike.max_by_key(|(_, percent)| *percent)
}
