//! The same webhook with different timeouts (M053).
//!
//! Two skills that call one URL with one method wait for the same server, so one of the timeouts is most likely old.
//! An override states a difference on purpose, so what it changed is left out.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::subject::{Step, Subject};
use super::{Found, timeout};
use crate::diag::{Code, Finding};
use crate::model::{Field, Place, SkillType, Value};

/// How long each webhook is waited for, and where that stands. A table can make any number of webhooks, so of each only
/// a digest is kept, and of the places each once.
#[derive(Debug, Default)]
pub(super) struct Webhooks {
    waits: BTreeMap<Wait, usize>,
    /// What is called, with the number of its wait.
    calls: Vec<(Call, usize)>,
}

/// A webhook, and how long it is waited for.
#[derive(Debug)]
pub(in crate::manifest) struct Waited(Call, Wait);

/// Where a timeout is stated, and what it is.
type Wait = (Place, String);

/// The digest of a URL and a method.
type Call = [u8; 32];

/// The way to a timeout.
const WAY: &[Step<'_>] = &[Step::Key(timeout::KEY)];

impl Waited {
    /// What a skill says of it, if it is a webhook with a timeout.
    pub(super) fn read(subject: &Subject<'_>) -> Option<Self> {
        if !subject.is(&SkillType::HttpWebhook) || !subject.under.is_empty() {
            return None;
        }
        let Value::Number(wait) = subject.settings()?.get(timeout::KEY)? else { return None };
        let (url, settings) = (subject.setting("url")?, subject.fields.get(&Field::ExecutionConfig)?);
        let method = subject.setting("method").map(str::to_ascii_uppercase).unwrap_or_default();
        let call = Sha256::digest(format!("{method} {}", url.trim())).into();
        Some(Self(call, (settings.place.clone(), wait.to_string())))
    }
}

impl Webhooks {
    pub(super) fn add(&mut self, Waited(call, wait): Waited) {
        let next = self.waits.len();
        let wait = *self.waits.entry(wait).or_insert(next);
        self.calls.push((call, wait));
    }

    /// Reports those that are waited for differently.
    pub(super) fn report(self, found: &mut Found<'_>) {
        let Self { waits, mut calls } = self;
        let waits: BTreeMap<usize, Wait> = waits.into_iter().map(|(wait, number)| (number, wait)).collect();
        calls.sort_unstable();
        for calls in calls.chunk_by(|(one, _), (other, _)| one == other) {
            let waits: BTreeSet<Wait> = calls.iter().filter_map(|(_, number)| waits.get(number)).cloned().collect();
            let Some((first, usual)) = waits.first().cloned() else { continue };
            let mut seen = vec![usual.clone()];
            for (settings, wait) in waits {
                // What differs at one place is meant to: a column says it.
                if seen.contains(&wait) || settings == first {
                    continue;
                }
                let message = format!("this webhook is waited for {wait} ms here, and {usual} ms elsewhere");
                let help = format!("the other timeout is at {}", found.within(&first, WAY));
                let place = found.within(&settings, WAY);
                found.findings.push(Finding::at(Code::TimeoutsDiffer, place, message).help(help));
                seen.push(wait);
            }
        }
    }
}
