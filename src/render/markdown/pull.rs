//! What the manifests take over from live.

use super::fence::{Fence, Mark};
use super::inline::{code, prose};
use super::room::{Document, Item, Section, Weight};
use crate::record::{ChangeActionV1, ChangeV1, LeftV1, PlaceV1, PullV1};
use crate::render::side::stated;
use crate::render::value::dotted;
use crate::render::verdict;

/// A pull.
pub(super) fn pull(tree: &PullV1) -> Document {
    let PullV1 { format: _, target, files: _, changes, left, secrets } = tree;
    let (_, verdict) = verdict::pull(tree);
    let section = |title: &str, items: Vec<Item>| {
        (!items.is_empty()).then(|| Section { title: title.to_owned(), note: String::new(), items })
    };
    let sections = [
        section("Left as it is: live and the manifests stay different here", left.iter().map(stay).collect()),
        section(
            "Secrets to set before the next apply",
            secrets.iter().map(|name| bare(Weight::Held, code(name))).collect(),
        ),
        section("What the manifests take over", changes.iter().map(change).collect()),
    ];
    let top = format!("## flowops: pull from {}\n\n**{verdict}**\n", code(target));
    Document { top, sections: sections.into_iter().flatten().collect(), bottom: String::new() }
}

fn bare(weight: Weight, name: String) -> Item {
    Item { weight, name, why: String::new(), details: String::new(), lines: 0 }
}

fn stay(left: &LeftV1) -> Item {
    let LeftV1 { agent, skill, reason } = left;
    let skill = skill.as_ref().map(|skill| format!(" / {}", code(skill))).unwrap_or_default();
    bare(Weight::Trouble, format!("{}{skill}: {}", code(agent), prose(reason)))
}

fn change(change: &ChangeV1) -> Item {
    let ChangeV1 { action, agent, file, skill, to, fields } = change;
    let (word, weight) = match action {
        ChangeActionV1::Set => ("changed", Weight::Update),
        ChangeActionV1::Rename => ("renamed", Weight::Update),
        ChangeActionV1::Allow => ("no longer absent", Weight::Update),
        ChangeActionV1::Add => ("declared", Weight::Create),
        ChangeActionV1::AddPack => ("pack declared", Weight::Create),
        ChangeActionV1::AddAgent => ("new manifest", Weight::Create),
        ChangeActionV1::Remove => ("REMOVED", Weight::Delete),
        ChangeActionV1::RemovePack => ("pack REMOVED", Weight::Delete),
    };
    let skill = skill.as_ref().map(|skill| format!(" / {}", code(skill))).unwrap_or_default();
    let to = to.as_ref().map(|to| format!(" → {}", code(to))).unwrap_or_default();
    let mut fence = Fence::default();
    for field in fields {
        match field {
            PlaceV1::Shown { path, before, after } => fence.change(path, stated(before), stated(after)),
            PlaceV1::Hidden { path, sensitive: _ } => {
                fence.line(Mark::Changed, &format!("{}: (sensitive, changed)", dotted(path)));
            }
        }
    }
    let name = format!("**{word}** {}{skill}{to}", code(agent));
    let why = format!(" in {}", code(file));
    Item { weight, name, why, details: fence.markdown(), lines: fence.len() }
}
