//! The domain's words: what manifests mean and what the server says, as values.
//!
//! *Desired* is what the manifests ask for, *live* is what the server has. Nothing here reads, sends or prints,
//! and nothing here knows YAML or HTTP. The doc comments of these types are the project's glossary.

mod desired;
mod field;
mod kind;
mod live;
mod name;
mod place;
mod secret;
mod value;

pub use desired::{Absent, Agent, DeleteBudget, Desired, Lookup, Pack, PackUse, Policy, Preset, Replace, Skill};
pub use field::{Compare, Field, Shape};
pub use kind::{Channel, ProviderKind, Prune, Publish, SkillType};
pub use live::{Catalog, CatalogEntry, Draft, Found, Listing, Live, LiveAgent, LiveSkill, References};
pub use name::{AgentId, NameError, SkillId, SkillName, Slug};
pub use place::Place;
pub use secret::{Secret, SecretRef, is_masked, is_sensitive_key, looks_like_secret};
pub use value::Value;
