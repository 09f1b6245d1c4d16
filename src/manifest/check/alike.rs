//! Names that can hardly be told apart (M052): those of one agent's skills, and those of agents.
//!
//! What looks the same is in Unicode's table of confusables (UTS 39). One letter apart counts in long words only, and
//! digits make names different: branches and gates are numbered.

use std::collections::BTreeMap;

use unicode_security::skeleton;

use super::Found;
use super::subject::Agent;
use crate::diag::{Code, Finding};
use crate::model::{self, Lookup, Place, SkillName};

/// The shortest name in which one letter is easily missed, in characters.
const LONG: usize = 12;
/// The shortest word in which it is.
const WORD: usize = 5;

/// The names that were looked at last, with what was found: many agents have the same.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<(SkillName, Place)>,
    declared: usize,
    found: Vec<Finding>,
}

impl Names {
    /// Checks the names of an agent's skills.
    pub(super) fn check(&mut self, agent: &Agent<'_>, found: &mut Found<'_>) {
        let names = names(agent);
        let declared = agent.skills.len();
        let is_same =
            |((name, place), (known, at)): (&(&SkillName, &Place), &(SkillName, Place))| *name == known && *place == at;
        let are_same =
            declared == self.declared && names.len() == self.all.len() && names.iter().zip(&self.all).all(is_same);
        if !are_same {
            let kept = names.iter().map(|(name, place)| ((*name).clone(), (*place).clone())).collect();
            *self = Self { found: alike(&names, declared), all: kept, declared };
        }
        found.findings.extend(self.found.iter().cloned());
    }
}

fn names<'a>(agent: &Agent<'a>) -> Vec<(&'a SkillName, &'a Place)> {
    let own = agent.skills.iter().map(|skill| (&skill.name().value, &skill.name().place));
    let presets = agent.brought.iter().map(|(_, recorded)| (&recorded.name, &recorded.place));
    own.chain(presets).collect()
}

/// Those that are alike. The declared ones come first.
fn alike(names: &[(&SkillName, &Place)], declared: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<Look, usize> = BTreeMap::new();
    for (at, second) in names.iter().enumerate() {
        let mut alike = Vec::new();
        for (look, why) in looks(second.0.as_str()) {
            alike.extend(seen.insert(look, at).map(|first| (first, why)));
        }
        // Two presets of packs are named by their providers.
        let others = names.iter().enumerate().take(at.min(declared));
        let close = others.filter(|(_, first)| is_one_letter_apart(first.0, second.0));
        alike.extend(close.map(|(first, _)| (first, "one letter differs")));
        alike.sort_by_key(|(first, _)| *first);
        alike.dedup_by_key(|(first, _)| *first);
        for (first, why) in alike.into_iter().filter(|(first, _)| *first < declared) {
            let Some(first) = names.get(first).filter(|first| first.0 != second.0) else { continue };
            let (one, other) = if at >= declared { (second, first) } else { (first, second) };
            found.push(report("skill", one, other, why));
        }
    }
    found
}

/// Checks what agents are called, in the repository and on the server.
pub(super) fn agents<'a>(agents: impl Iterator<Item = &'a model::Agent>) -> Vec<Finding> {
    let (mut addresses, mut matched) = (Vec::new(), Vec::new());
    for agent in agents {
        addresses.push((agent.name.as_str(), &agent.place));
        match &agent.lookup {
            Lookup::Name(name) if *name != agent.name.as_str() => matched.push((name.as_str(), &agent.lookup_place)),
            Lookup::Name(_) | Lookup::Id(_) => {}
        }
    }
    let (mut found, others) = rayon::join(|| alike_agents(addresses), || alike_agents(matched));
    found.extend(others);
    found
}

fn alike_agents(mut names: Vec<(&str, &Place)>) -> Vec<Finding> {
    names.sort_unstable();
    let mut seen: BTreeMap<Look, &(&str, &Place)> = BTreeMap::new();
    let mut found = Vec::new();
    for second in &names {
        let alike: Vec<_> = looks(second.0).map(|(look, why)| (seen.insert(look, second), why)).collect();
        let first = alike.into_iter().find_map(|(first, why)| Some((first.filter(|first| first.0 != second.0)?, why)));
        found.extend(first.map(|(first, why)| report("agent", first, second, why)));
    }
    found
}

fn report<T: std::fmt::Display>(what: &str, first: &(T, &Place), second: &(T, &Place), why: &str) -> Finding {
    let message = format!("{what} `{}` is easily taken for `{}`: {why}", second.0, first.0);
    Finding::at(Code::NamesAlike, second.1.clone(), message).help(format!("the other one is at {}", first.1))
}

/// What two names have in common that look the same.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    /// Letters and digits, without case; digits apart from each other stay apart.
    Plain(String),
    /// What Unicode says it looks like.
    Skeleton(String),
}

fn looks(name: &str) -> impl Iterator<Item = (Look, &'static str)> {
    let plain = plain(name);
    let plain = (!plain.is_empty()).then_some((Look::Plain(plain), "only case, white space or punctuation differs"));
    plain.into_iter().chain([(Look::Skeleton(skeleton(name).collect()), "their letters look the same")])
}

fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut is_gap = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            is_gap = true;
            continue;
        }
        if is_gap && c.is_numeric() && out.ends_with(char::is_numeric) {
            out.push(' ');
        }
        is_gap = false;
        out.extend(c.to_lowercase());
    }
    out
}

/// Whether two names differ in one letter, or in two that changed places, within a long word.
fn is_one_letter_apart(a: &SkillName, b: &SkillName) -> bool {
    let (a, b) = (a.as_str(), b.as_str());
    if a.len().min(b.len()) < LONG || a.len().abs_diff(b.len()) > char::MAX_LEN_UTF8 {
        return false;
    }
    // Most pairs share neither end.
    let is_like = a.chars().next() == b.chars().next() || a.chars().next_back() == b.chars().next_back();
    if !is_like {
        return false;
    }
    let begin = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let most = a.chars().count().min(b.chars().count()) - begin;
    let end = a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).count().min(most);
    let middle = |text: &str| -> Vec<char> {
        let len = text.chars().count();
        text.chars().skip(begin).take(len - begin - end).collect()
    };
    let (one, other) = (middle(a), middle(b));
    let is_letter = |letters: &[char]| letters.iter().all(|c| c.is_alphabetic());
    let is_apart = match (one.as_slice(), other.as_slice()) {
        ([one], [other]) => one.to_lowercase().ne(other.to_lowercase()),
        ([], [_]) | ([_], []) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    };
    is_apart && is_letter(&one) && is_letter(&other) && [a, b].into_iter().all(|name| word_at(name, begin) >= WORD)
}

/// How long the word is in which a character stands, or which it ends.
fn word_at(name: &str, at: usize) -> usize {
    let before: Vec<char> = name.chars().take(at).collect();
    let start = before.iter().rev().take_while(|c| c.is_alphabetic()).count();
    start + name.chars().skip(at).take_while(|c| c.is_alphabetic()).count()
}
