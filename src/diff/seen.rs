//! What a write takes for granted: a live skill as the plan saw it, and whether it is so still.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::model::{Compare, Field, LiveSkill, SkillName};

/// A live skill as the plan saw it, as far as a step depends on it.
///
/// Values are kept as they came, so that any edit counts, and are never shown: they may hold what nobody may see.
#[derive(Clone, PartialEq)]
pub struct Seen {
    name: SkillName,
    fields: BTreeMap<Field, Option<Json>>,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").field("name", &self.name).field("fields", &self.fields.keys()).finish()
    }
}

impl Seen {
    /// Keeps a skill's name and some of its fields.
    pub fn new<'a>(live: &LiveSkill, fields: impl IntoIterator<Item = &'a Field>) -> Self {
        let value = |field: &Field| (*field, live.raw.get(field.key()).cloned());
        Self { name: live.name.clone(), fields: fields.into_iter().map(value).collect() }
    }

    /// What was seen, as far as it may be known outside: by field, without what is hidden, and a set in one order.
    pub fn shown(&self) -> BTreeMap<&'static str, Json> {
        let shown = |(field, value): (&Field, &Option<Json>)| {
            let value = super::shown(field.key(), value.as_ref()?)?;
            let value = match (field.compare(), value) {
                (Compare::Set, Json::Array(items)) => members(&items).into_iter().collect(),
                (Compare::Set | Compare::Whole | Compare::DeclaredKeys, value) => value,
            };
            Some((field.key(), value))
        };
        self.fields.iter().filter_map(shown).collect()
    }

    /// What is not as it was: `name` or the keys of fields. Empty if nothing that was kept has moved.
    pub fn moved(&self, now: &LiveSkill) -> Vec<&'static str> {
        let name = (self.name != now.name).then_some("name");
        let is_other = |field: Field, before: Option<&Json>| !is_same(field, before, now.raw.get(field.key()));
        let fields = self.fields.iter().filter(|(field, before)| is_other(**field, before.as_ref()));
        name.into_iter().chain(fields.map(|(field, _)| field.key())).collect()
    }
}

/// Whether a field reads the same twice. A set may come in another order each time, and nothing may stand as `null`.
fn is_same(field: Field, before: Option<&Json>, now: Option<&Json>) -> bool {
    let before = before.filter(|value| !value.is_null());
    let now = now.filter(|value| !value.is_null());
    match (field.compare(), before, now) {
        (Compare::Set, Some(Json::Array(before)), Some(Json::Array(now))) => members(before) == members(now),
        (Compare::Set | Compare::Whole | Compare::DeclaredKeys, before, now) => before == now,
    }
}

fn members(list: &[Json]) -> BTreeSet<String> {
    list.iter().map(Json::to_string).collect()
}
