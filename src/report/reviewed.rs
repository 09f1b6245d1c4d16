//! A plan that was reviewed, as an expectation of the next one.
//!
//! What is applied is always planned afresh from the manifests. The file only says what a person has seen: of each step
//! its digest, and of each value a digest, so that it can be told who moved since. It holds no value, so no secret either,
//! and a checksum against damage and careless edits; it has no key, so the file must come from somebody who is trusted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::diff::Difference;
use crate::model::{Digest, Partition};
use crate::plan::{Action, Plan, Step};

/// What the file says it is.
pub const FORMAT: &str = "flowops.reviewed/v1";

/// How long a review holds, in seconds.
pub const HOLDS: u64 = 24 * 60 * 60;

/// A plan that was reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewed {
    /// [`FORMAT`].
    pub format: String,
    /// The version of flowops that made it.
    pub tool: String,
    /// The server, as its base URL or the sandbox's file.
    pub server: String,
    /// The target's name.
    pub target: String,
    /// The share of the agents that was planned, as `hash:I/N`; none if it was all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The digest of the manifests, whatever commit they came with.
    #[serde(with = "digest")]
    pub manifests: Digest,
    /// The commit of the base revision; none if it was planned without one, or with one that told nothing.
    #[serde(deserialize_with = "Option::deserialize")]
    pub base: Option<String>,
    /// When it stops to hold, in seconds since 1970 (UTC).
    pub expires: u64,
    /// The digest of the plan as a whole.
    #[serde(with = "digest")]
    pub plan: Digest,
    /// What was to be done.
    pub steps: Vec<ReviewedStep>,
}

/// A step that was reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewedStep {
    /// Its address.
    pub id: String,
    /// What it was to do, over which live values.
    #[serde(with = "digest")]
    pub digest: Digest,
    /// The live values that it was to change, by path, each as a digest.
    pub live: BTreeMap<String, String>,
}

/// Why the file is no plan that was reviewed here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewedError {
    /// Not one byte of it may change.
    #[error("it was edited, or is not whole")]
    Edited,
    /// It is something else, or of another version.
    #[error("it is no plan that this version can read (`{FORMAT}`)")]
    Format,
    /// It is about something else.
    #[error("it is about {what} `{reviewed}`, and this is `{now}`")]
    Other {
        /// What is another one.
        what: &'static str,
        /// The one that was reviewed.
        reviewed: String,
        /// The one here.
        now: String,
    },
    /// It is about other agents.
    #[error("it is about {}, and this is {}", share(.reviewed.as_deref()), share(.now.as_deref()))]
    Share {
        /// The share that was reviewed.
        reviewed: Option<String>,
        /// The one here.
        now: Option<String>,
    },
    /// What came before is not the same.
    #[error("{}", another_base(.reviewed.as_deref(), .now.as_deref()))]
    Base {
        /// The base commit of the review.
        reviewed: Option<String>,
        /// The one here.
        now: Option<String>,
    },
    /// The manifests changed.
    #[error("the manifests are not those of the review")]
    Manifests,
    /// It is too old.
    #[error("it expired, {0} hours after it was made", HOLDS / 3600)]
    Expired,
}

fn share(partition: Option<&str>) -> String {
    partition.map_or_else(|| "all agents".to_owned(), |partition| format!("the share `{partition}` of the agents"))
}

fn another_base(reviewed: Option<&str>, now: Option<&str>) -> String {
    let reviewed = reviewed.map_or_else(|| "without a base".to_owned(), |it| format!("with the base commit `{it}`"));
    let now = now.map_or_else(|| "there is none".to_owned(), |it| format!("it is `{it}`"));
    format!("it was made {reviewed}, and here {now}")
}

/// Where and when a plan is applied.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The server, as its base URL or the sandbox's file.
    pub server: &'a str,
    /// The share of the agents, if it is not all.
    pub partition: Option<Partition>,
    /// The digest of the manifests.
    pub manifests: &'a Digest,
    /// The commit of the base revision, if one is known.
    pub base: Option<&'a str>,
    /// The time, in seconds since 1970 (UTC).
    pub now: u64,
}

/// What stands before the digest over all that stands before it.
const SUM: &str = ",\n  \"sum\": \"";

impl Reviewed {
    /// What there is to remember of a plan.
    pub fn of(plan: &Plan, circumstances: Circumstances<'_>) -> Self {
        let Circumstances { server, partition, manifests, base, now } = circumstances;
        let step = |step: &Step| ReviewedStep { id: step.id.clone(), digest: step.digest(), live: seen(step) };
        Self {
            format: FORMAT.to_owned(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            server: server.to_owned(),
            target: plan.target.clone(),
            partition: partition.map(|partition| partition.to_string()),
            manifests: manifests.clone(),
            base: base.map(str::to_owned),
            expires: now.saturating_add(HOLDS),
            plan: plan.digest(),
            steps: plan.steps.iter().map(step).collect(),
        }
    }

    /// Whether a text says that it is a plan that was kept, by whatever version. It need not be whole.
    pub fn is_kept(text: &str) -> bool {
        let says = serde_json::from_str::<Json>(text).ok();
        let format = says.as_ref().and_then(|says| says.get("format")?.as_str());
        format.is_some_and(|format| format.starts_with("flowops.reviewed/"))
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        let open = text.strip_suffix("\n}").unwrap_or_default();
        format!("{open}{SUM}{}\"\n}}\n", sum(open))
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// [`ReviewedError`] if a byte of it was changed, or it is something else.
    pub fn read(text: &str) -> Result<Self, ReviewedError> {
        let (open, end) = text.rsplit_once(SUM).ok_or(ReviewedError::Edited)?;
        if end != format!("{}\"\n}}\n", sum(open)) {
            return Err(ReviewedError::Edited);
        }
        let reviewed: Self = serde_json::from_str(&format!("{open}\n}}")).map_err(|_| ReviewedError::Format)?;
        if reviewed.format == FORMAT { Ok(reviewed) } else { Err(ReviewedError::Format) }
    }

    /// Whether it is a review of what is to be applied here and now.
    ///
    /// # Errors
    /// [`ReviewedError`] if it is of another server, target or share of the agents, of other manifests, of another base, or too old.
    pub fn check(&self, target: &str, circumstances: Circumstances<'_>) -> Result<(), ReviewedError> {
        let Circumstances { server, partition, manifests, base, now } = circumstances;
        let partition = partition.map(|partition| partition.to_string());
        let other = |what, reviewed: &str, now: &str| {
            Err(ReviewedError::Other { what, reviewed: reviewed.to_owned(), now: now.to_owned() })
        };
        if self.server != server {
            return other("server", &self.server, server);
        }
        if self.target != target {
            return other("target", &self.target, target);
        }
        if self.partition != partition {
            return Err(ReviewedError::Share { reviewed: self.partition.clone(), now: partition });
        }
        if self.manifests != *manifests {
            return Err(ReviewedError::Manifests);
        }
        if self.base.as_deref() != base {
            return Err(ReviewedError::Base { reviewed: self.base.clone(), now: base.map(str::to_owned) });
        }
        let is_its_day = now < self.expires && self.expires <= now.saturating_add(HOLDS);
        if is_its_day { Ok(()) } else { Err(ReviewedError::Expired) }
    }

    /// The steps of a fresh plan that nobody reviewed, each with the reason. The others are as they were seen, or fewer.
    pub fn refuses(&self, plan: &Plan) -> BTreeMap<String, String> {
        let refused = plan.steps.iter().filter_map(|step| Some((step.id.clone(), self.objection(step)?)));
        refused.collect()
    }

    /// The steps that were reviewed and that a fresh plan does not want: done already, or asked for in another way.
    pub fn unwanted(&self, plan: &Plan) -> Vec<&str> {
        let is_wanted = |seen: &&ReviewedStep| plan.steps.iter().any(|step| step.id == seen.id);
        self.steps.iter().filter(|seen| !is_wanted(seen)).map(|seen| seen.id.as_str()).collect()
    }

    fn objection(&self, step: &Step) -> Option<String> {
        let Some(seen) = self.steps.iter().find(|seen| seen.id == step.id) else {
            return Some("it was not in the plan that was reviewed".to_owned());
        };
        // What a publish would ship is less once other steps are done; what is not ours holds it back in any case.
        if seen.digest == step.digest() || matches!(step.action, Action::Publish { .. }) {
            return None;
        }
        let now = self::seen(step);
        let moved: Vec<String> = now
            .iter()
            .filter(|(path, value)| seen.live.get(*path) != Some(*value))
            .map(|(path, _)| format!("`{path}`"))
            .chain(seen.live.keys().filter(|path| !now.contains_key(*path)).map(|path| format!("`{path}`")))
            .collect();
        Some(match moved.as_slice() {
            [] => "it is not what was reviewed".to_owned(),
            moved => format!("live moved since the review, at {}", moved.join(", ")),
        })
    }
}

/// The live values that a step is about, by path, each as a digest.
fn seen(step: &Step) -> BTreeMap<String, String> {
    if let Action::Delete { seen, .. } = &step.action {
        let fields = seen.shown().into_iter();
        return fields.map(|(field, value)| (format!("/{field}"), sum(&sorted(&value).to_string()))).collect();
    }
    step.action.differences().map(|place| (place.path.clone(), live(place))).collect()
}

/// A live value as a digest. A hidden one has none, since it might be guessed from it.
fn live(place: &Difference) -> String {
    let Difference { path: _, before, after: _, is_sensitive, moved: _ } = place;
    match before {
        _ if *is_sensitive => "hidden".to_owned(),
        None => "nothing".to_owned(),
        Some(value) => sum(&sorted(value).to_string()),
    }
}

fn sorted(value: &Json) -> Json {
    let mut value = value.clone();
    value.sort_all_objects();
    value
}

fn sum(text: &str) -> String {
    Digest::of(text).to_string()
}

/// A digest as a text of the file.
mod digest {
    use serde::de::{Deserialize as _, Deserializer, Error as _};
    use serde::ser::Serializer;

    use crate::model::Digest;

    pub(super) fn serialize<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(digest.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
        Digest::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
