//! Names that a pull gives: of manifests, and of the variables that hold secrets.

use std::cell::RefCell;
use std::collections::BTreeSet;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value as Json;
use unicode_normalization::UnicodeNormalization as _;

use super::Pull;
use crate::model::{Desired, Policy, SecretRef, SkillName, Slug, Value, is_masked};

/// Names of variables, each given to one secret.
pub(super) struct SecretNames {
    prefix: String,
    taken: RefCell<BTreeSet<String>>,
    given: RefCell<Vec<Given>>,
}

/// A name, and the secret that has it, as far as the server shows it. It never leaves this module.
struct Given {
    name: String,
    secret: Option<SecretString>,
}

impl SecretNames {
    pub(super) fn new(desired: &Desired) -> Self {
        let usual = Policy::default().secret_prefixes;
        let prefix = desired.policy.secret_prefixes.iter().chain(&usual).next().cloned().unwrap_or_default();
        let mut referred = BTreeSet::new();
        for agent in &desired.agents {
            let fields = agent.skills.iter().flat_map(|skill| skill.fields.values());
            let fields = fields.chain(agent.presets.iter().flat_map(|preset| preset.fields.values()));
            fields.for_each(|value| value.collect_secrets(&mut referred));
        }
        let taken = referred.into_iter().filter_map(|reference| match reference {
            SecretRef::Env(name) => Some(name),
            SecretRef::File(_) => None,
        });
        Self { prefix, taken: RefCell::new(taken.collect()), given: RefCell::default() }
    }

    /// A reference for a place in a skill. Where the server shows the same secret in several places, they share it; what
    /// it masks may be another one each time.
    pub(super) fn give(&self, agent: &Slug, skill: &SkillName, path: &str, live: &Json) -> SecretRef {
        let secret = live.as_str().filter(|text| !is_masked(text)).map(|text| SecretString::from(text.to_owned()));
        let mut given = self.given.borrow_mut();
        let is_same = |other: &&Given| match (&secret, &other.secret) {
            (Some(one), Some(other)) => one.expose_secret() == other.expose_secret(),
            (Some(_) | None, _) => false,
        };
        if let Some(Given { name, .. }) = given.iter().find(is_same) {
            return SecretRef::Env(name.clone());
        }
        let last = path.rsplit('/').next().unwrap_or_default();
        let short = self.variable(&[agent.as_str(), last]);
        let long = self.variable(&[agent.as_str(), skill.as_str(), last]);
        let mut taken = self.taken.borrow_mut();
        let numbered = (2..).map(|number: u32| format!("{long}_{number}"));
        let free = [short, long.clone()].into_iter().chain(numbered).find(|name| !taken.contains(name));
        let name = free.unwrap_or(long);
        taken.insert(name.clone());
        given.push(Given { name: name.clone(), secret });
        SecretRef::Env(name)
    }

    fn variable(&self, words: &[&str]) -> String {
        let words = words.iter().map(|word| slug(word).replace('-', "_").to_ascii_uppercase());
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        format!("{}{}", self.prefix, words.join("_")).chars().take(LONGEST_VARIABLE).collect()
    }

    /// The references that came to stand in a manifest.
    pub(super) fn into_used(self, pull: &Pull) -> Vec<SecretRef> {
        let mut used = BTreeSet::new();
        let edits = pull.takes.iter().flat_map(|take| take.edit.what.values());
        let new = pull.new_agents.iter().flat_map(|agent| &agent.skills).flat_map(|(_, fields)| fields.values());
        edits.chain(new).for_each(|value: &Value| value.collect_secrets(&mut used));
        let given = self.given.into_inner();
        let is_given = |reference: &SecretRef| matches!(reference, SecretRef::Env(name) if given.iter().any(|given| given.name == *name));
        used.into_iter().filter(is_given).collect()
    }
}

/// As long as a variable's name may be, with room for a number.
const LONGEST_VARIABLE: usize = 120;

/// As long as a slug may be, with room for a number.
const LONGEST_SLUG: usize = 56;

/// Names that some file systems keep for devices.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// A text in `a-z`, `0-9` and inner hyphens; empty if nothing is left of it.
fn slug(text: &str) -> String {
    // Letters such as `ß` come apart only in capitals.
    let text = text.to_uppercase();
    let plain = text.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let words: String = plain.map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// An address for a live agent that none of the others has, fit to name a file everywhere.
pub(super) fn address(name: &str, is_taken: impl Fn(&str) -> bool) -> Option<Slug> {
    let cut: String = slug(name).chars().take(LONGEST_SLUG).collect();
    let cut = cut.trim_matches('-');
    let is_device = DEVICES.iter().any(|device| cut.strip_prefix(device).is_some_and(|rest| rest.len() <= 1));
    let base = match cut {
        "" => "agent".to_owned(),
        _ if is_device => format!("agent-{cut}"),
        cut => cut.to_owned(),
    };
    let numbered = (2..10_000).map(|number: u32| format!("{base}-{number}"));
    let free = std::iter::once(base.clone()).chain(numbered).find(|name| !is_taken(name))?;
    Slug::parse(&free).ok()
}
