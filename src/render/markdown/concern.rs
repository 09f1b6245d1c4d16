//! What stands above everything else in a plan or a drift: its worst risk, the other ones, and how far what is shared
//! reaches.

use super::inline::{code, prose};
use crate::record::{ConcernV1, PlanV1, ReachV1};
use crate::render::words::some;

/// Concerns that are shown; the rest is counted.
const MOST: usize = 12;

/// The first paragraphs; nothing where nothing stands out.
pub(super) fn first(tree: &PlanV1) -> String {
    let PlanV1 { concerns, reach, .. } = tree;
    let reaches = reach.iter().map(|ReachV1 { sentence, .. }| prose(sentence));
    let Some(worst) = concerns.first() else { return paragraphs(reaches.map(|sentence| format!("**{sentence}**"))) };
    let more = concerns.len().saturating_sub(MOST);
    let more = some(more as u64, "more").map(|more| format!("… and {more}"));
    let others = concerns.iter().take(MOST).skip(1).map(line).chain(more).map(|line| format!("- {line}"));
    let others = others.collect::<Vec<_>>().join("\n");
    let worst = format!("**{}**{}", prose(&worst.sentence), values(worst));
    paragraphs([worst, others].into_iter().filter(|text| !text.is_empty()).chain(reaches))
}

fn paragraphs(all: impl Iterator<Item = String>) -> String {
    all.flat_map(|text| [text, "\n\n".to_owned()]).collect()
}

fn line(concern: &ConcernV1) -> String {
    format!("{}{}", prose(&concern.sentence), values(concern))
}

fn values(concern: &ConcernV1) -> String {
    concern.values().map(|values| format!(" {}", code(&values))).unwrap_or_default()
}
