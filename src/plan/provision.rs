//! Provisioned actions × live skills → steps, by the rules of packs: with a record it is known which skill an action makes.

use super::agent::ByName;
use super::pack::{arrival, hold_other_type, install};
use super::part::Part;
use super::renamed;
use super::step::{Action, Hold, Step, Subject, Verb};
use crate::diag::{Code, Finding};
use crate::model::{ActionSlug, ProviderKind, ProvisionUse, Recorded, SkillName, Via};

/// Plans the actions of one provider. What a pack of the agent makes is the pack's.
pub(super) fn plan(part: &mut Part<'_>, used: &ProvisionUse, names: &ByName<'_>) {
    let ProvisionUse { kind, actions, place } = used;
    let desired = part.context.desired;
    let known = desired.actions.get(kind);
    let (mut missing, mut strange): (Vec<(&ActionSlug, &Recorded)>, Vec<&ActionSlug>) = Default::default();
    for action in actions {
        let Some(recorded) = known.and_then(|known| known.actions.get(action)) else {
            strange.push(action);
            continue;
        };
        let mut packs = part.agent.packs.iter().filter_map(|used| desired.packs.get(&used.kind));
        if packs.any(|pack| pack.presets.contains_key(&recorded.name)) {
            continue;
        }
        match names.get(&recorded.name).and_then(|skills| skills.first()) {
            Some(live) => {
                part.touched.insert(live.id.clone());
                hold_other_type(part, kind, place, recorded, live);
            }
            None => missing.push((action, recorded)),
        }
    }
    let recorded: Vec<&Recorded> = missing.iter().map(|(_, recorded)| *recorded).collect();
    if let Some(message) = renamed::find(part, names, &recorded) {
        part.hold(Verb::Install, Subject::Provision(kind.clone()), place, Hold::PresetRenamed, message);
        return;
    }
    let is_taken = !strange.is_empty() && part.strangers(names) > 0;
    if is_taken {
        let help =
            "it is taken for provisioned, since skills that may be it are live and not declared; record it to be sure";
        part.findings.push(not_recorded(used, &strange).help(help));
        strange.clear();
    }
    if missing.is_empty() && strange.is_empty() {
        part.unchanged += 1;
        return;
    }
    if let Some(message) = untold(part, kind, &strange) {
        part.hold(Verb::Install, Subject::Provision(kind.clone()), place, Hold::NotRecorded, message);
        return;
    }
    if !strange.is_empty() {
        let help = "it is provisioned, since every live skill of the agent is declared; `flowops apply --record-packs` records it then";
        part.findings.push(not_recorded(used, &strange).help(help));
    }
    let mut reason = reason(&recorded, &strange);
    recorded.iter().filter_map(|preset| arrival(part, preset)).for_each(|arrival| reason.push_str(&arrival));
    let wanted = missing.iter().map(|(action, _)| *action).chain(strange).cloned().collect();
    let missing: Vec<SkillName> = recorded.iter().map(|recorded| recorded.name.clone()).collect();
    install(part, (kind, Via::Actions(wanted)), place, missing, &reason);
}

/// Actions of which nobody recorded what they make. No live skill says which action made it, so only an agent without any
/// undeclared skill surely lacks them.
fn not_recorded(used: &ProvisionUse, strange: &[&ActionSlug]) -> Finding {
    let message = format!("no ConnectorPack manifest records what {} of `{}` makes", listed(strange), used.kind);
    Finding::at(Code::ActionNotRecorded, used.place.clone(), message)
}

/// Why it could not be told afterwards which step made what, if so.
fn untold(part: &Part<'_>, kind: &ProviderKind, strange: &[&ActionSlug]) -> Option<String> {
    let doubtful = |step: &&Step| match &step.action {
        Action::Install { kind: other, via: Via::Pack, missing } => {
            missing.is_empty() && (other == kind || !strange.is_empty())
        }
        Action::Install { kind: _, via: Via::Actions(actions), missing } => {
            actions.len() > missing.len() && !strange.is_empty()
        }
        Action::Create { .. }
        | Action::Update { .. }
        | Action::UpdatePreset { .. }
        | Action::Delete { .. }
        | Action::Publish { .. } => false,
    };
    let other = part.steps.iter().find(doubtful)?;
    Some(format!(
        "what {} makes is not recorded, so which of the two made what could not be told afterwards; \
         run `flowops apply --record-packs` first, then this",
        other.id
    ))
}

fn reason(recorded: &[&Recorded], strange: &[&ActionSlug]) -> String {
    let names: Vec<&SkillName> = recorded.iter().map(|recorded| &recorded.name).collect();
    match (names.as_slice(), strange) {
        ([], _) => "no live skill of the agent can be what the action makes".to_owned(),
        ([_], []) => format!("{} is not there", listed(&names)),
        (_, []) => format!("{} are not there", listed(&names)),
        (_, _) => format!("{} is not there, and no live skill can be what {} makes", listed(&names), listed(strange)),
    }
}

fn listed<T: std::fmt::Display>(all: &[T]) -> String {
    all.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")
}
