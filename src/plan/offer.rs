//! What a provider offers, by the catalog, and what a person must do where it offers nothing.

use super::step::Hold;
use crate::model::{Catalog, CatalogEntry, ProviderKind, Via};

/// Why nothing can be installed from a provider, if the catalog says so. What it does not tell is tried.
pub(super) fn refused(catalog: &Catalog, kind: &ProviderKind, via: &Via) -> Option<(Hold, String)> {
    let Catalog::Known(entries) = catalog else { return None };
    let Some(CatalogEntry { has_pack, has_actions, connected }) = entries.get(kind) else {
        // Only a catalog of which a word is known can be said to lack one.
        let is_read = entries.keys().any(|listed| !matches!(listed, ProviderKind::Other(_)));
        let is_reserved = is_read && kind.may_be_reserved();
        return is_reserved
            .then(|| (Hold::Reserved, format!("the catalog does not list `{kind}`; {}", reserved(kind))));
    };
    let (is_offered, hold) = match via {
        Via::Pack => (has_pack, Hold::NoPack),
        Via::Actions(_) => (has_actions, Hold::NoActions),
    };
    if *is_offered == Some(false) {
        Some((hold, not_offered(kind, via)))
    } else if *connected == Some(false) {
        let message = format!("`{kind}` is not connected for the organization; {}", not_connected(kind));
        Some((Hold::NotConnected, message))
    } else {
        None
    }
}

/// What to do about a provider that ships no pack, or offers no actions.
pub fn not_offered(kind: &ProviderKind, via: &Via) -> String {
    match via {
        Via::Pack => format!("`{kind}` ships no connector pack; take it out of `packs`"),
        Via::Actions(_) => format!("`{kind}` offers no actions; take it out of `provision`"),
    }
}

/// What to do about a provider that is not connected.
pub fn not_connected(kind: &ProviderKind) -> String {
    format!(
        "somebody must connect `{kind}` in the dashboard: signing in to a provider ends in a browser, and no key can do that"
    )
}

/// What to do about a provider that is reserved.
pub fn reserved(kind: &ProviderKind) -> String {
    format!(
        "`{kind}` is one of those that the platform keeps for later; take it out of the manifests until it is offered"
    )
}
