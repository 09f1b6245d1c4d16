//! Asking where addresses lie: what is asked, and what an answer says.

use serde_json::{Map, Value as Json, json};

use super::error::ApiError;
use super::message::RawResponse;
use super::response::{array, data};

/// Where an address lies, as the server says.
#[derive(Debug, Clone, PartialEq)]
pub struct Located {
    /// The address, as it was asked for.
    pub address: String,
    /// Latitude and longitude; `None` if the server does not know.
    pub at: Option<(f64, f64)>,
}

/// The body that asks for some addresses. Neither label nor phone is sent: nothing comes of them.
pub(super) fn body(addresses: &[String]) -> Json {
    json!({ "entries": addresses.iter().map(|address| json!({ "address": address })).collect::<Vec<_>>() })
}

/// Reads an answer, in whatever order its entries come. Coordinates count only where it says that they were found, and
/// only if they are some.
pub(super) fn located(response: &RawResponse) -> Result<Vec<Located>, ApiError> {
    let entries = match data(response)? {
        Json::Object(mut map) => map.remove("entries").unwrap_or_default(),
        other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_)) => other,
    };
    let entries = array(entries).ok_or_else(|| ApiError::Shape("its `data` holds no `entries`".to_owned()))?;
    Ok(entries.iter().filter_map(Json::as_object).filter_map(entry).collect())
}

fn entry(entry: &Map<String, Json>) -> Option<Located> {
    let degrees = |key: &str, most: f64| entry.get(key)?.as_f64().filter(|number| (-most..=most).contains(number));
    let is_found = entry.get("geocoded").and_then(Json::as_bool) == Some(true);
    let at = degrees("lat", 90.0).zip(degrees("lng", 180.0)).filter(|_| is_found);
    Some(Located { address: entry.get("address")?.as_str()?.to_owned(), at })
}
