//! What manifests take over from live, as people read it.

use std::fmt;

use super::change::to_live;
use super::label::{Label, Style};
use super::page::Page;
use super::words::{count, list};
use crate::manifest::edit::{NewAgent, What};
use crate::model::SkillName;
use crate::pull::{Left, Pull, Take};

/// Indentation of what stands below a skill.
const BELOW: &str = "      ";

/// Writes what a pull does to the manifests; each value as `manifest → live`.
pub fn pull(pull: &Pull, is_check: bool, style: Style, out: &mut impl fmt::Write) -> fmt::Result {
    let page = &mut Page::new(style, out);
    let (mut shown, mut skill) = (None, None);
    for take in &pull.takes {
        let Take { edit, file, differences: _ } = take;
        if shown != Some(&edit.agent) {
            if shown.is_some() {
                page.end()?;
            }
            heading(page, "~", edit.agent.as_str(), file)?;
            shown = Some(&edit.agent);
            skill = None;
        }
        taken(page, take, skill)?;
        skill = match &take.edit.what {
            What::Set { skill, .. } => Some(skill),
            What::Add { .. }
            | What::Remove(_)
            | What::Rename { .. }
            | What::Allow(_)
            | What::AddPack(_)
            | What::RemovePack(_) => None,
        };
    }
    if shown.is_some() {
        page.end()?;
    }
    for NewAgent { file, name, lookup: _, packs, skills } in &pull.new_agents {
        heading(page, "+", name.as_str(), file)?;
        let packs = (!packs.is_empty()).then(|| count(packs.len(), "pack"));
        let had = list([packs, Some(count(skills.len(), "skill"))]);
        page.plain(BELOW)?;
        page.line(Label::Muted, &format!("a new manifest, with {had}"))?;
        for (skill, _) in skills {
            page.plain("  ")?;
            page.put(Label::Added, "+ ")?;
            page.line(Label::Plain, skill.as_str())?;
        }
        page.end()?;
    }
    for path in pull.side_files.keys() {
        page.put(Label::Changed, "~ ")?;
        page.line(Label::Emphasis, path)?;
    }
    if !pull.side_files.is_empty() {
        page.end()?;
    }
    left(page, &pull.left)?;
    closing(page, pull, is_check)
}

fn heading(page: &mut Page<'_>, sign: &str, agent: &str, file: &str) -> fmt::Result {
    let label = if sign == "+" { Label::Added } else { Label::Changed };
    page.put(label, &format!("{sign} "))?;
    page.put(Label::Emphasis, agent)?;
    page.line(Label::Muted, &format!("  {file}"))
}

/// Writes what changes of a skill, under its name unless it stands there already.
fn taken(page: &mut Page<'_>, take: &Take, before: Option<&SkillName>) -> fmt::Result {
    let Take { edit, file: _, differences } = take;
    let mut head = |label: Label, sign: &str, name: &str, note: &str| {
        page.plain("  ")?;
        page.put(label, &format!("{sign} "))?;
        page.put(Label::Emphasis, name)?;
        page.line(Label::Muted, note)
    };
    match &edit.what {
        What::Set { skill, fields: _ } if before == Some(skill) => {}
        What::Set { skill, fields: _ } => head(Label::Changed, "~", skill.as_str(), "")?,
        What::Add { skill, fields: _ } => head(Label::Added, "+", skill.as_str(), "")?,
        What::Remove(skill) => head(Label::Removed, "-", skill.as_str(), "  live does not have it")?,
        What::Rename { skill, to } => head(Label::Changed, "~", skill.as_str(), &format!("  is called `{to}`"))?,
        What::Allow(skill) => head(Label::Changed, "~", skill.as_str(), "  is not absent any more")?,
        What::AddPack(kind) => {
            head(Label::Added, "+", &format!("{kind} pack"), "  everything that it installs is there")?;
        }
        What::RemovePack(kind) => {
            head(Label::Removed, "-", &format!("{kind} pack"), "  nothing that it installs is there")?;
        }
    }
    differences.iter().try_for_each(|difference| to_live(page, BELOW, difference))
}

fn left(page: &mut Page<'_>, left: &[Left]) -> fmt::Result {
    if left.is_empty() {
        return Ok(());
    }
    page.line(Label::Warning, "Left as it is: live and the manifests stay different here")?;
    for Left { agent, skill, why } in left {
        page.plain("  ")?;
        page.put(Label::Warning, "! ")?;
        let name = skill.as_ref().map_or_else(|| agent.to_string(), |skill| format!("{agent}/{skill}"));
        page.line(Label::Emphasis, &name)?;
        page.plain(BELOW)?;
        page.line(Label::Plain, why)?;
    }
    page.end()
}

fn closing(page: &mut Page<'_>, pull: &Pull, is_check: bool) -> fmt::Result {
    if !pull.secrets.is_empty() {
        page.line(Label::Emphasis, "Secrets that stand there by reference now; set them before the next apply:")?;
        for secret in &pull.secrets {
            page.line(Label::Plain, &format!("  {secret}"))?;
        }
        page.end()?;
    }
    let changed = pull.manifests.len() + pull.side_files.len();
    let some = |number: usize, noun: &str| (number > 0).then(|| count(number, noun));
    let files = [some(changed, "changed file"), some(pull.new_manifests.len(), "new file")];
    if pull.is_empty() {
        page.put(Label::Emphasis, "No file changes.")?;
    } else {
        page.put(Label::Emphasis, if is_check { "Would be written: " } else { "Written: " })?;
        page.plain(&format!("{}.", list(files)))?;
    }
    let rest = if pull.left.is_empty() { "" } else { " Not everything could be taken over." };
    page.line(Label::Plain, rest)?;
    page.line(Label::Plain, &format!("Target: {}", pull.target))
}
