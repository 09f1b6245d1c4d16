//! Packs and overrides of their presets × live skills → steps.

use super::agent::ByName;
use super::part::Part;
use super::skill::{Wanted, update};
use super::step::{Action, Hold, Subject, Verb};
use crate::diag::{Code, Finding};
use crate::model::{Catalog, CatalogEntry, LiveSkill, Pack, PackUse, SkillName, SkillType};

/// Plans the packs, then the overrides of their presets.
pub(super) fn plan_packs(part: &mut Part<'_>, names: &ByName<'_>) {
    let agent = part.agent;
    for used in &agent.packs {
        match part.context.packs.get(&used.kind) {
            Some(pack) => recorded(part, used, pack, names),
            None => unrecorded(part, used, names),
        }
    }
    for preset in &agent.presets {
        let live = names.get(&preset.name).and_then(|skills| skills.first());
        if let Some(live) = live {
            let wanted = Wanted::from(preset);
            let _settled = update(part, &wanted, live, None, Vec::new());
            continue;
        }
        let install = part.address(&Subject::Pack(preset.kind.clone()));
        let fields = part.managed(preset.into(), &preset.fields).into_owned();
        if !fields.is_empty() && part.steps.iter().any(|step| step.id == install) {
            let action = Action::UpdatePreset { name: preset.name.clone(), fields };
            part.step(action, &preset.place, "the pack's preset is changed once it is installed", vec![install]);
        }
    }
}

fn recorded(part: &mut Part<'_>, used: &PackUse, pack: &Pack, names: &ByName<'_>) {
    let mut missing: Vec<SkillName> = Vec::new();
    for (name, skill_type) in &pack.presets {
        match names.get(name).and_then(|skills| skills.first()) {
            Some(live) => {
                part.touched.insert(live.id.clone());
                hold_other_type(part, used, name, skill_type, live);
            }
            None => missing.push(name.clone()),
        }
    }
    if missing.is_empty() {
        part.unchanged += 1;
        return;
    }
    let reason = if missing.len() == pack.presets.len() {
        "none of the pack's presets is there".to_owned()
    } else {
        let list = missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        format!("of the pack's presets, {list} {} not there", if missing.len() == 1 { "is" } else { "are" })
    };
    install(part, used, missing, &reason);
}

fn hold_other_type(part: &mut Part<'_>, used: &PackUse, name: &SkillName, recorded: &SkillType, live: &LiveSkill) {
    let Some(current) = live.skill_type().filter(|current| SkillType::read(current) != *recorded) else { return };
    let message = format!(
        "the preset `{name}` of `{}` is recorded as `{recorded}` and is `{current}` on the server; correct the ConnectorPack manifest or the skill",
        used.kind
    );
    part.hold(Verb::Update, Subject::live_skill(name, live), &used.place, Hold::PresetType, message);
}

/// A pack whose contents nobody recorded. No live skill says which pack made it, so only an agent without any
/// undeclared skill surely lacks it; on any other, installing might make a renamed preset a second time.
fn unrecorded(part: &mut Part<'_>, used: &PackUse, names: &ByName<'_>) {
    let agent = part.agent;
    let is_declared = |name: &SkillName| {
        agent.skills.iter().any(|skill| skill.name == *name || skill.was.as_ref() == Some(name))
            || agent.absent.iter().any(|absent| absent.name == *name)
            || agent
                .packs
                .iter()
                .filter_map(|used| part.context.packs.get(&used.kind))
                .any(|pack| pack.presets.contains_key(name))
    };
    let strangers = names.keys().filter(|name| !is_declared(name)).count();
    let strangers = match strangers {
        0 => None,
        1 => Some("a skill that may be one of its presets is".to_owned()),
        _ => Some(format!("{strangers} skills that may be its presets are")),
    };
    let message = format!("no ConnectorPack manifest records what `{}` installs", used.kind);
    let finding = Finding::at(Code::PackNotRecorded, used.place.clone(), message);
    let mut before = agent.packs.iter().take_while(|other| other.kind != used.kind);
    if let Some(first) = before.find(|other| !part.context.packs.contains_key(&other.kind)) {
        // Once one of them is there, nobody could tell whether the other is.
        let message = format!("neither `{}` nor `{}` is recorded; record one of them", first.kind, used.kind);
        part.hold(Verb::Install, Subject::Pack(used.kind.clone()), &used.place, Hold::NotRecorded, message);
        return;
    }
    let Some(strangers) = strangers else {
        let help = "it is installed, since every live skill of the agent is declared; record it afterwards";
        part.findings.push(finding.help(help));
        install(part, used, Vec::new(), "no live skill of the agent can be one of its presets");
        return;
    };
    let help = format!("it is taken for installed, since {strangers} live and not declared; record it to be sure");
    part.findings.push(finding.help(help));
}

fn install(part: &mut Part<'_>, used: &PackUse, missing: Vec<SkillName>, reason: &str) {
    let subject = Subject::Pack(used.kind.clone());
    let entry = match part.context.catalog {
        Catalog::Known(entries) => entries.get(&used.kind).copied(),
        Catalog::NotNeeded | Catalog::Unknown(_) => None,
    };
    match entry {
        Some(CatalogEntry { has_pack: Some(false), .. }) => {
            let message = format!("`{}` ships no connector pack", used.kind);
            part.hold(Verb::Install, subject, &used.place, Hold::NoPack, message);
        }
        Some(CatalogEntry { connected: Some(false), .. }) => {
            let message = format!(
                "`{}` is not connected for the organization; somebody must connect it in the dashboard",
                used.kind
            );
            part.hold(Verb::Install, subject, &used.place, Hold::NotConnected, message);
        }
        Some(_) | None => {
            let action = Action::Install { kind: used.kind.clone(), missing };
            part.step(action, &used.place, reason, Vec::new());
        }
    }
}
