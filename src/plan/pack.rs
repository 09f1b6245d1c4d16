//! Packs, and what is stated of presets × live skills → steps.

use super::agent::ByName;
use super::part::Part;
use super::skill::{Wanted, update};
use super::step::{Action, Hold, Subject, Verb};
use super::{offer, provision, renamed};
use crate::diag::{Code, Finding};
use crate::model::{
    Arrives, Field, LiveSkill, Pack, PackUse, Place, Preset, ProviderKind, Recorded, SkillName, SkillType, Value, Via,
};

/// Plans the packs, then the overrides of their presets.
pub(super) fn plan_packs(part: &mut Part<'_>, names: &ByName<'_>) {
    let agent = part.agent;
    for used in &agent.packs {
        match part.context.desired.packs.get(&used.kind) {
            Some(pack) => recorded(part, used, pack, names),
            None => unrecorded(part, used, names),
        }
    }
    for used in &agent.provision {
        provision::plan(part, used, names);
    }
    for preset in &agent.presets {
        let recorded = part.context.desired.preset(agent, &preset.name);
        let live = names.get(&preset.name).and_then(|skills| skills.first());
        match (live, recorded) {
            // It is held already, and the fields of one type are none of another.
            (Some(live), Some(recorded)) if is_other_type(live, recorded) => {}
            (Some(live), _) => {
                let _settled = update(part, &Wanted::from(preset), live, None, Vec::new());
            }
            (None, recorded) => change_once_installed(part, preset, recorded),
        }
    }
}

/// What an install does not give by itself is sent after it: what the agent states otherwise, and what operators fill in.
fn change_once_installed(part: &mut Part<'_>, preset: &Preset, recorded: Option<&Recorded>) {
    let install = part.steps.iter().find(|step| match &step.action {
        Action::Install { kind: _, via: _, missing } => missing.contains(&preset.name),
        Action::Create { .. }
        | Action::Update { .. }
        | Action::UpdatePreset { .. }
        | Action::Delete { .. }
        | Action::Publish { .. } => false,
    });
    let Some(install) = install.map(|step| step.id.clone()) else { return };
    let is_given = |field: &Field, value: &Value| {
        let given = recorded.and_then(|recorded| recorded.fields.get(field));
        given == Some(value) && !Recorded::OPERATORS.contains(field)
    };
    let mut fields = part.managed(preset.into(), &preset.fields).into_owned();
    fields.retain(|field, value| !is_given(field, value));
    if !fields.is_empty() {
        let action = Action::UpdatePreset { name: preset.name.clone(), fields };
        part.step(action, &preset.place, "the pack's preset is changed once it is installed", vec![install]);
    }
}

fn is_other_type(live: &LiveSkill, recorded: &Recorded) -> bool {
    live.skill_type().is_some_and(|current| SkillType::read(current) != recorded.skill_type)
}

fn recorded(part: &mut Part<'_>, used: &PackUse, pack: &Pack, names: &ByName<'_>) {
    let mut missing: Vec<&Recorded> = Vec::new();
    let held = part.held.len();
    for recorded in pack.presets.values() {
        match names.get(&recorded.name).and_then(|skills| skills.first()) {
            Some(live) => {
                part.touched.insert(live.id.clone());
                hold_other_type(part, &used.kind, &used.place, recorded, live);
            }
            None => missing.push(recorded),
        }
    }
    if missing.is_empty() {
        part.unchanged += u64::from(part.held.len() == held);
        return;
    }
    if let Some(message) = renamed::find(part, names, &missing) {
        let subject = Subject::Pack(used.kind.clone());
        part.hold(Verb::Install, subject, &used.place, Hold::PresetRenamed, message);
        return;
    }
    let mut reason = if missing.len() == pack.presets.len() {
        "none of the pack's presets is there".to_owned()
    } else {
        let list = missing.iter().map(|preset| format!("`{}`", preset.name)).collect::<Vec<_>>().join(", ");
        format!("of the pack's presets, {list} {} not there", if missing.len() == 1 { "is" } else { "are" })
    };
    missing.iter().filter_map(|preset| arrival(part, preset)).for_each(|arrival| reason.push_str(&arrival));
    install(
        part,
        (&used.kind, Via::Pack),
        &used.place,
        missing.iter().map(|preset| preset.name.clone()).collect(),
        &reason,
    );
}

/// What there is to know of a preset that nobody may use once it is installed, to go on with.
pub(super) fn arrival(part: &Part<'_>, recorded: &Recorded) -> Option<String> {
    let Recorded { name, skill_type: _, arrives, fields: _, place: _ } = recorded;
    let preset = part.agent.presets.iter().find(|preset| preset.name == *name);
    let is_enabled = preset.and_then(|preset| preset.fields.get(&Field::IsEnabled));
    match (arrives, is_enabled) {
        (Arrives::Enabled, _) | (Arrives::Disabled, Some(Value::Bool(false))) => None,
        (Arrives::Disabled, Some(_)) => Some(format!("; `{name}` arrives disabled, and is enabled then")),
        (Arrives::Disabled, None) => {
            Some(format!("; `{name}` arrives disabled: say `isEnabled: true` in an override of it to enable it"))
        }
    }
}

pub(super) fn hold_other_type(
    part: &mut Part<'_>,
    kind: &ProviderKind,
    place: &Place,
    recorded: &Recorded,
    live: &LiveSkill,
) {
    let Recorded { name, skill_type, arrives: _, fields: _, place: _ } = recorded;
    let Some(current) = live.skill_type().filter(|_| is_other_type(live, recorded)) else { return };
    let message = format!(
        "the preset `{name}` of `{kind}` is recorded as `{skill_type}` and is `{current}` on the server; correct the ConnectorPack manifest or the skill"
    );
    part.hold(Verb::Update, Subject::live_skill(name, live), place, Hold::PresetType, message);
}

/// A pack whose contents nobody recorded. No live skill says which pack made it, so only an agent without any
/// undeclared skill surely lacks it; on any other, installing might make a renamed preset a second time.
fn unrecorded(part: &mut Part<'_>, used: &PackUse, names: &ByName<'_>) {
    let agent = part.agent;
    let strangers = match part.strangers(names) {
        0 => None,
        1 => Some("a skill that may be one of its presets is".to_owned()),
        strangers => Some(format!("{strangers} skills that may be its presets are")),
    };
    let message = format!("no ConnectorPack manifest records what `{}` installs", used.kind);
    let finding = Finding::at(Code::PackNotRecorded, used.place.clone(), message);
    let mut before = agent.packs.iter().take_while(|other| other.kind != used.kind);
    if let Some(first) = before.find(|other| !part.context.desired.packs.contains_key(&other.kind)) {
        // Once one of them is there, nobody could tell whether the other is.
        let message = format!("neither `{}` nor `{}` is recorded; record one of them", first.kind, used.kind);
        part.hold(Verb::Install, Subject::Pack(used.kind.clone()), &used.place, Hold::NotRecorded, message);
        return;
    }
    let Some(strangers) = strangers else {
        let help = "it is installed, since every live skill of the agent is declared; `flowops apply --record-packs` records it then";
        part.findings.push(finding.help(help));
        install(
            part,
            (&used.kind, Via::Pack),
            &used.place,
            Vec::new(),
            "no live skill of the agent can be one of its presets",
        );
        return;
    };
    let help = format!("it is taken for installed, since {strangers} live and not declared; record it to be sure");
    part.findings.push(finding.help(help));
}

pub(super) fn install(
    part: &mut Part<'_>,
    (kind, via): (&ProviderKind, Via),
    place: &Place,
    missing: Vec<SkillName>,
    reason: &str,
) {
    let refused = offer::refused(part.context.catalog, kind, &via);
    let action = Action::Install { kind: kind.clone(), via, missing };
    if let Some((hold, message)) = refused {
        part.hold(Verb::Install, action.subject(), place, hold, message);
        return;
    }
    part.step(action, place, reason, Vec::new());
}
