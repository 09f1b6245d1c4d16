//! Who sends a request.

use secrecy::ExposeSecret as _;

use crate::model::Secret;

/// What secret keys begin with; a publishable key begins otherwise and opens nothing here.
const SECRET_KEY: &str = "flowyte_sk_";

/// The key that came with a request, if one did. Its `Debug` form does not show it.
#[derive(Debug, Clone)]
pub struct Caller {
    key: Option<Secret>,
}

impl Caller {
    /// A caller with a key.
    pub fn with_key(key: Secret) -> Self {
        Self { key: Some(key) }
    }

    /// A caller without one.
    pub const fn anonymous() -> Self {
        Self { key: None }
    }

    /// The built-in control plane's own user, who needs no key from anybody.
    pub fn local() -> Self {
        Self::with_key(Secret::from("flowyte_sk_sandbox".to_owned()))
    }

    /// Reads the value of an `Authorization` header.
    pub fn read(authorization: Option<&str>) -> Self {
        let (scheme, key) = authorization.and_then(|value| value.split_once(' ')).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Self::anonymous();
        }
        Self::with_key(Secret::from(key.trim().to_owned()))
    }

    /// The key, if it has the form of a secret key.
    pub(super) fn secret_key(&self) -> Option<&str> {
        let key = self.key.as_ref()?.expose_secret();
        let rest = key.strip_prefix(SECRET_KEY)?;
        let is_plain = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        (!rest.is_empty() && is_plain).then_some(key)
    }
}
