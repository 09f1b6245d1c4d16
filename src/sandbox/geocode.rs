//! Where addresses lie: made up from nothing but the address, so that it is always the same.

use serde_json::{Value as Json, json};

use super::check;
use super::clock::spread;
use super::quirk::{GeocodeCap, Quirks};
use super::reply::{self, Refusal, Reply};
use super::store::Store;
use crate::api::RawRequest;
use crate::model::AgentId;

/// `POST /agents/{id}/geocode-roster`
///
/// An address in which no digit stands is not found, as a street without a number.
pub(super) fn roster(store: &Store, agent: &AgentId, request: &RawRequest) -> Reply {
    store.agent(agent)?;
    let quirks = store.quirks();
    let entries = check::roster(request.body.as_ref())?;
    refuse_too_many(quirks, entries.len())?;
    let mut found = 0_usize;
    let entry = |entry: &Json| {
        let address = entry.get("address").and_then(Json::as_str).unwrap_or_default();
        let at = address.chars().any(|c| c.is_ascii_digit()).then(|| coordinates(address));
        found += usize::from(at.is_some());
        json!({
            "address": address,
            "lat": at.map(|(lat, _)| lat),
            "lng": at.map(|(_, lng)| lng),
            "geocoded": at.is_some(),
            "label": entry.get("label"),
            "phone": entry.get("phone"),
            "formatted": at.map(|_| address),
        })
    };
    let shown: Vec<Json> = entries.iter().map(entry).collect();
    let failed = shown.len() - found;
    reply::one(quirks, 200, json!({ "entries": shown, "geocoded": found, "failed": failed }))
}

fn refuse_too_many(quirks: Quirks, entries: usize) -> Result<(), Refusal> {
    let most = match quirks.geocode_cap {
        GeocodeCap::Hundred => 100,
        GeocodeCap::Twenty => 20,
        GeocodeCap::One => 1,
    };
    match quirks.geocode_cap {
        _ if entries <= most => Ok(()),
        GeocodeCap::Twenty => Err(Refusal::TooManyEntries(most)),
        GeocodeCap::Hundred | GeocodeCap::One => Err(Refusal::field("entries", format!("at most {most} a request"))),
    }
}

/// Coordinates within the United States, in hundred-thousandths of a degree.
pub(super) fn coordinates(address: &str) -> (f64, f64) {
    let place = address.bytes().fold(0, |sum, byte| spread(sum ^ u64::from(byte)));
    let between = |number: u64, from: i32, span: u32| {
        let steps = u32::try_from(number % u64::from(span)).unwrap_or_default();
        (f64::from(from) + f64::from(steps)) / 100_000.0
    };
    (between(place >> 32, 3_000_000, 1_500_000), between(place, -12_000_000, 4_500_000))
}
