//! What goes into the room there is: whole items, the most important first, each complete, by its name, or only counted.

use crate::render::words::{count, some};

/// Bytes kept for what is said of items that are left out, for each section and for the whole.
const NOTES: usize = 160;

/// How much it matters that an item is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// What failed, or must be corrected.
    Trouble,
    /// What goes away.
    Delete,
    /// What is not done until somebody acts.
    Held,
    /// What becomes something else.
    Update,
    /// What is installed or published.
    Install,
    /// What is new.
    Create,
    /// What stays as it is.
    Rest,
}

/// Something that is shown as a whole, by its name, or not at all.
#[derive(Debug)]
pub(super) struct Item {
    /// How much it matters.
    pub(super) weight: Weight,
    /// What it is and of what, on one line.
    pub(super) name: String,
    /// Where and why, behind the name; may be empty.
    pub(super) why: String,
    /// What else there is to it; may be empty.
    pub(super) details: String,
    /// Lines in the details.
    pub(super) lines: usize,
}

/// Items under a heading.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// The heading.
    pub(super) title: String,
    /// What is said below it; may be empty.
    pub(super) note: String,
    /// What is in it.
    pub(super) items: Vec<Item>,
}

/// A whole text, not yet fitted into its room.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// What always stands on top.
    pub(super) top: String,
    /// What there is.
    pub(super) sections: Vec<Section>,
    /// What always stands at the end.
    pub(super) bottom: String,
}

/// What is shown of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    Name,
    Line,
    All,
}

impl Item {
    fn shown(&self, shown: Shown) -> String {
        let Self { weight: _, name, why, details, lines } = self;
        match shown {
            Shown::Nothing => String::new(),
            Shown::Name => format!("- {name}\n"),
            Shown::Line | Shown::All if details.is_empty() => format!("- {name}{why}\n"),
            Shown::Line => format!("- {name}{why} (left out here: {})\n", count(*lines, "line")),
            Shown::All => format!("- {name}{why}\n\n{}\n", indented(details)),
        }
    }
}

/// Lines as part of a list's item.
fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
}

impl Document {
    /// The text, in at most so many bytes.
    pub(super) fn compose(&self, most: usize) -> String {
        let Self { top, sections, bottom } = self;
        let fixed: usize = sections.iter().map(|section| section.title.len() + section.note.len() + NOTES).sum();
        let mut room = most.saturating_sub(top.len() + bottom.len() + NOTES + fixed);
        let mut items: Vec<(&Item, Shown)> =
            sections.iter().flat_map(|section| &section.items).map(|item| (item, Shown::Nothing)).collect();
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|at| items.get(*at).map(|(item, _)| item.weight));
        for (to, from) in [(Shown::Name, Shown::Nothing), (Shown::All, Shown::Name), (Shown::Line, Shown::Name)] {
            for at in &order {
                let Some((item, shown)) = items.get_mut(*at).filter(|(_, shown)| *shown == from) else { continue };
                let more = item.shown(to).len().saturating_sub(item.shown(from).len());
                if more <= room {
                    room -= more;
                    *shown = to;
                }
            }
        }
        let number = |wanted| items.iter().filter(|(_, shown)| *shown == wanted).count();
        let (all, left) = (number(Shown::All), number(Shown::Nothing));
        let named = items.len() - all - left;
        let mut parts = vec![top.clone()];
        if all < items.len() {
            parts.push(format!(
                "\n> Not everything fits here: {all} shown in full, {named} by name, {left} only counted. The record has all.\n"
            ));
        }
        let mut rest = items.as_slice();
        for Section { title, note, items } in sections {
            let (these, after) = rest.split_at(items.len());
            rest = after;
            parts.push(format!("\n### {title}\n\n"));
            if !note.is_empty() {
                parts.push(format!("{note}\n\n"));
            }
            parts.extend(these.iter().map(|(item, shown)| item.shown(*shown)));
            let left = || these.iter().filter(|(_, shown)| *shown == Shown::Nothing);
            if left().count() > 0 {
                let deletes = left().filter(|(item, _)| item.weight == Weight::Delete).count();
                let deletes = some(deletes as u64, "delete").map(|deletes| format!(", of which **{deletes}**"));
                parts.push(format!("- … and {} more{}\n", left().count(), deletes.unwrap_or_default()));
            }
        }
        parts.push(bottom.clone());
        parts.concat()
    }
}
