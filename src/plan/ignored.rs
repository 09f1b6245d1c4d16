//! Places that rules leave to others.

use std::borrow::Cow;
use std::collections::BTreeMap;

use globset::{Glob, GlobMatcher};

use crate::model::{Field, Ignore, Value};

/// The rules, ready to be asked.
pub(super) struct Ignored<'a>(Vec<(GlobMatcher, &'a Ignore)>);

impl<'a> Ignored<'a> {
    pub(super) fn new(rules: &'a [Ignore]) -> Self {
        // A pattern that is no glob was found in the manifests.
        let ready = rules.iter().filter_map(|rule| Some((Glob::new(&rule.address).ok()?.compile_matcher(), rule)));
        Self(ready.collect())
    }

    /// What of a skill's declared fields is managed once it is there.
    pub(super) fn managed<'f>(
        &self,
        address: &str,
        fields: &'f BTreeMap<Field, Value>,
    ) -> Cow<'f, BTreeMap<Field, Value>> {
        let mut managed = Cow::Borrowed(fields);
        for (_, rule) in self.0.iter().filter(|(address_glob, _)| address_glob.is_match(address)) {
            if managed.contains_key(&rule.field) {
                leave(managed.to_mut(), rule);
            }
        }
        managed
    }
}

fn leave(fields: &mut BTreeMap<Field, Value>, rule: &Ignore) {
    let Some((last, above)) = rule.keys.split_last() else {
        fields.remove(&rule.field);
        return;
    };
    let Some(field) = fields.get_mut(&rule.field) else { return };
    let inner = above.iter().try_fold(field, |value, key| match value {
        Value::Map(map) => map.get_mut(key),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Secret(_) | Value::List(_) => None,
    });
    if let Some(Value::Map(map)) = inner {
        map.shift_remove(last);
    }
}
