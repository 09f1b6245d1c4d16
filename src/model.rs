//! The domain's words: what manifests mean and what the server says, as values.
//!
//! *Desired* is what the manifests ask for, *live* is what the server has. Nothing here reads, sends or prints,
//! and nothing here knows YAML or HTTP. The doc comments of these types are the project's glossary.

mod credential;
mod desired;
mod digest;
mod field;
mod ignore;
mod kind;
mod live;
mod moved;
mod name;
mod pack;
mod partition;
mod phone;
mod place;
mod random;
mod reference;
mod risk;
mod secret;
mod value;
mod way;

pub(crate) use credential::joined;
pub use credential::{looks_like_secret, secret_words};
pub use desired::{
    Absent, Agent, Allowance, DeleteBudget, Desired, Geocode, Guard, Guards, Lookup, PackUse, Policy, Preset,
    Protection, ProvisionUse, Prune, Replace, Shrunk, Skill, Standing, Tombstone,
};
pub use digest::{Digest, DigestError};
pub use field::{Compare, Field, Shape};
pub use ignore::{Day, Ignore};
pub use kind::{Channel, ProviderKind, Publish, SkillType};
pub use live::{
    BusinessHours, Catalog, CatalogEntry, Draft, DraftChange, Found, Listing, Live, LiveAgent, LiveSkill, Published,
    References,
};
pub use moved::Moved;
pub use name::{ActionSlug, AgentId, NameError, SkillId, SkillName, Slug, VersionId};
pub use pack::{Actions, Arrives, Installed, Pack, Provisioned, Recorded, Via};
pub use partition::{Partition, PartitionError};
pub use phone::e164;
pub use place::Place;
pub use random::{is_public_key, may_be_secret, random_words};
pub use reference::Reference;
pub use risk::Risk;
pub use secret::{Secret, SecretRef, is_masked, is_sensitive_key};
pub use value::{Entries, Value};
pub use way::skill_and_keys;
