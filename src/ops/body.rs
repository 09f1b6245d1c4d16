//! Steps → writes. The only place that opens a secret.

use std::collections::BTreeMap;

use secrecy::ExposeSecret as _;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::Secrets;
use crate::api::{IdempotencyKey, Write};
use crate::diff::FieldChange;
use crate::model::{AgentId, Field, SecretRef, SkillId, SkillName, Value};

/// A secret that was not resolved. It cannot happen once all of them were, before the first write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret {0} was not resolved")]
pub(super) struct Unresolved(SecretRef);

fn open(value: &Value, secrets: &Secrets) -> Result<Json, Unresolved> {
    let mut needed = std::collections::BTreeSet::new();
    value.collect_secrets(&mut needed);
    if let Some(missing) = needed.into_iter().find(|reference| !secrets.contains_key(reference)) {
        return Err(Unresolved(missing));
    }
    Ok(value.to_json(&|reference| {
        secrets.get(reference).map_or(Json::Null, |secret| Json::String(secret.expose_secret().to_owned()))
    }))
}

/// `SkillCreate`.
pub(super) fn create(
    agent: &AgentId,
    name: &SkillName,
    fields: &BTreeMap<Field, Value>,
    secrets: &Secrets,
    key: IdempotencyKey,
) -> Result<Write, Unresolved> {
    let mut body = Map::new();
    body.insert("name".to_owned(), name.as_str().into());
    for (field, value) in fields {
        body.insert(field.key().to_owned(), open(value, secrets)?);
    }
    Ok(Write::CreateSkill { agent: agent.clone(), body, key })
}

/// A partial skill: the changed fields, each whole, and the new name of a rename.
pub(super) fn update(
    agent: &AgentId,
    skill: &SkillId,
    renamed: Option<&SkillName>,
    changes: &[FieldChange],
    secrets: &Secrets,
) -> Result<Write, Unresolved> {
    let mut body = Map::new();
    if let Some(name) = renamed {
        body.insert("name".to_owned(), name.as_str().into());
    }
    for FieldChange { field, differences: _, send } in changes {
        body.insert(field.key().to_owned(), open(send, secrets)?);
    }
    Ok(Write::UpdateSkill { agent: agent.clone(), skill: skill.clone(), body })
}

/// The key under which the server knows this step of this run again. A later run has another: how long a server
/// remembers keys is not known, and a skill that somebody deleted meanwhile must not be answered from memory.
pub(super) fn key(nonce: &Uuid, step: &str) -> IdempotencyKey {
    IdempotencyKey(Uuid::new_v5(nonce, step.as_bytes()).to_string())
}
