use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::error::{ApiError, Problem, short};
use super::json::json;
use super::message::RawResponse;
use super::page::Page;
use crate::model::{
    AgentId, BusinessHours, CatalogEntry, DraftChange, LiveSkill, ProviderKind, Provisioned, Published, SkillId,
    SkillName, VersionId,
};

/// An agent as far as a reconciler needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentHead {
    /// Its id.
    pub id: AgentId,
    /// Its name.
    pub name: String,
    /// What callers get; a list's items may be shorter than the agent itself.
    pub published: Published,
    /// Whether it has business hours.
    pub hours: BusinessHours,
}

/// Opens the envelope: the JSON of a 2xx answer, with `success: false` taken for the error that it is.
fn envelope(response: &RawResponse) -> Result<Map<String, Json>, ApiError> {
    if !response.is_success() {
        return Err(ApiError::read(response));
    }
    let kind = response.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" && !kind.ends_with("+json") {
        return Err(ApiError::NotJson { status: response.status, content_type: kind });
    }
    let body = json(&response.body).map_err(|error| ApiError::Shape(format!("it is no JSON ({error})")))?;
    let Json::Object(map) = body else {
        return Err(ApiError::Shape("it is not an object".to_owned()));
    };
    if map.get("success") == Some(&Json::Bool(false)) {
        let message = map.get("message").and_then(Json::as_str).unwrap_or_default();
        return Err(ApiError::Refused(Problem {
            status: response.status,
            slug: String::new(),
            detail: short(message),
            fields: Vec::new(),
            retry_after: None,
            named: Vec::new(),
            needed: None,
        }));
    }
    Ok(map)
}

pub(super) fn data(response: &RawResponse) -> Result<Json, ApiError> {
    let mut map = envelope(response)?;
    map.remove("data").ok_or_else(|| ApiError::Shape("it has no `data`".to_owned()))
}

fn object(value: Json, what: &str) -> Result<Map<String, Json>, ApiError> {
    match value {
        Json::Object(map) => Ok(map),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Err(ApiError::Shape(format!("{what} is not an object")))
        }
    }
}

pub(super) fn array(value: Json) -> Option<Vec<Json>> {
    match value {
        Json::Array(items) => Some(items),
        Json::Object(mut map) => {
            let key = ["items", "data", "skills", "agents", "integrations", "catalog", "results"]
                .into_iter()
                .find(|key| map.get(*key).is_some_and(Json::is_array))?;
            map.remove(key).and_then(array)
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => None,
    }
}

fn text<'a>(map: &'a Map<String, Json>, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| map.get(*key)?.as_str())
}

fn flag(map: &Map<String, Json>, keys: &[&str]) -> Option<bool> {
    keys.iter().find_map(|key| map.get(*key)?.as_bool())
}

/// Reads a page of a list, in any of the envelopes that the API's pages show.
pub fn page(response: &RawResponse) -> Result<Page, ApiError> {
    let mut map = envelope(response)?;
    let data = map.remove("data").ok_or_else(|| ApiError::Shape("it has no `data`".to_owned()))?;
    // What is said of paging stands in `pagination`; hints elsewhere are heard, too, since a missed one loses items.
    let around: Vec<Json> =
        ["pagination", "paging", "meta", "links"].iter().filter_map(|key| map.remove(*key)).collect();
    let within = data.get("pagination").cloned();
    let beside = if data.is_object() { Some(data.clone()) } else { None };
    let items = array(data).ok_or_else(|| ApiError::Shape("its `data` holds no list".to_owned()))?;
    let said: Vec<Json> = around.into_iter().chain(within).chain(beside).chain([Json::Object(map)]).collect();
    let find = |keys: &[&str]| said.iter().find_map(|part| keys.iter().find_map(|key| part.get(*key)));
    let number = |keys: &[&str]| match find(keys)? {
        Json::Number(number) => number.as_u64(),
        Json::String(digits) => digits.parse().ok(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    };
    let small = |keys: &[&str]| number(keys).and_then(|number| u32::try_from(number).ok());
    let count = |keys: &[&str]| number(keys).and_then(|number| usize::try_from(number).ok());
    let word = |keys: &[&str]| find(keys).and_then(Json::as_str).filter(|word| !word.is_empty());
    let more = ["hasMore", "has_more", "hasNextPage", "has_next_page"];
    Ok(Page {
        items,
        number: small(&["page"]),
        pages: small(&["totalPages", "total_pages", "pageCount", "page_count", "pages"]),
        limit: count(&["limit"]),
        total: count(&["total"]),
        next_cursor: word(&["nextCursor", "next_cursor"]).map(str::to_owned),
        has_more: word(&["next"]).is_some() || find(&more).and_then(Json::as_bool) == Some(true),
    })
}

fn agent_head(value: Json) -> Result<AgentHead, ApiError> {
    let map = object(value, "an agent")?;
    let id = text(&map, &["id"]).ok_or_else(|| ApiError::Shape("an agent has no `id`".to_owned()))?;
    let id = AgentId::parse(id).map_err(|why| ApiError::Shape(format!("an agent's `id` cannot be one: {why}")))?;
    let published = match map.get("publishedVersionId") {
        None => Published::Unstated,
        Some(Json::String(id)) if !id.is_empty() => Published::Version(
            VersionId::parse(id)
                .map_err(|why| ApiError::Shape(format!("an agent's `publishedVersionId` cannot be one: {why}")))?,
        ),
        Some(_) => Published::Never,
    };
    let hours = business_hours(map.get("businessHours"));
    Ok(AgentHead { id, name: text(&map, &["name"]).unwrap_or_default().to_owned(), published, hours })
}

/// Reads what an agent says of its business hours: a week of ranges, and holidays that differ from it.
fn business_hours(stated: Option<&Json>) -> BusinessHours {
    let is_empty = |value: &Json| match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    };
    match stated {
        None => BusinessHours::Unstated,
        Some(hours) if is_empty(hours) => BusinessHours::None,
        Some(hours) => match hours.get("weekly").filter(|weekly| is_empty(weekly)) {
            Some(_) if hours.get("holidays").is_none_or(is_empty) => BusinessHours::None,
            Some(_) | None => BusinessHours::Set,
        },
    }
}

/// Reads one agent out of its answer.
pub fn agent(response: &RawResponse) -> Result<AgentHead, ApiError> {
    agent_head(data(response)?)
}

/// Reads an agent out of a list.
impl TryFrom<Json> for AgentHead {
    type Error = ApiError;

    fn try_from(value: Json) -> Result<Self, ApiError> {
        agent_head(value)
    }
}

/// Reads a skill out of a list. Fields that this version does not know are kept.
pub fn skill(value: Json) -> Result<LiveSkill, ApiError> {
    let raw = object(value, "a skill")?;
    let id = text(&raw, &["id"]).ok_or_else(|| ApiError::Shape("a skill has no `id`".to_owned()))?;
    let id = SkillId::parse(id).map_err(|why| ApiError::Shape(format!("a skill's `id` cannot be one: {why}")))?;
    let name = text(&raw, &["name"]).ok_or_else(|| ApiError::Shape(format!("skill {id} has no `name`")))?;
    Ok(LiveSkill { id, name: SkillName::live(name), raw })
}

/// Reads the skill out of the answer to a create or an update.
pub fn written_skill(response: &RawResponse) -> Result<LiveSkill, ApiError> {
    skill(data(response)?)
}

/// Checks an answer that need not carry anything: a body, if there is one, must not say that it failed.
pub fn succeeded(response: &RawResponse) -> Result<(), ApiError> {
    if response.is_success() && response.body.is_empty() { Ok(()) } else { envelope(response).map(|_| ()) }
}

/// Reads the answer to a pack's installation: each preset as it is now, and whether it was made now.
pub fn provisioned(response: &RawResponse) -> Result<Vec<Provisioned>, ApiError> {
    let items = array(data(response)?).ok_or_else(|| ApiError::Shape("its `data` holds no list".to_owned()))?;
    let read = |item: Json| {
        let mut map = object(item, "a provisioned skill")?;
        let created = flag(&map, &["created"]).unwrap_or(false);
        let made =
            map.remove("skill").ok_or_else(|| ApiError::Shape("a provisioned skill has no `skill`".to_owned()))?;
        Ok(Provisioned { skill: skill(made)?, created })
    };
    items.into_iter().map(read).collect()
}

/// Reads which skill an entry of caller verification refers to (`verifierSkillId`, which it must have).
pub fn reference(entry: &Json) -> Result<SkillId, ApiError> {
    let unreadable = || ApiError::Shape("an entry of caller verification names no skill".to_owned());
    let id = entry.get("verifierSkillId").and_then(Json::as_str).ok_or_else(unreadable)?;
    SkillId::parse(id).map_err(|_| unreadable())
}

/// Reads in what a version differs from the draft.
pub fn draft_changes(response: &RawResponse) -> Result<Vec<DraftChange>, ApiError> {
    let map = object(data(response)?, "the comparison")?;
    let changes = map.get("changes").and_then(Json::as_array);
    let changes = changes.ok_or_else(|| ApiError::Shape("the comparison has no `changes`".to_owned()))?;
    let value = |change: &Json, key: &str| change.get(key).filter(|value| !value.is_null()).cloned();
    let read = |change: &Json| DraftChange {
        field: change.get("field").and_then(Json::as_str).unwrap_or("(unnamed field)").to_owned(),
        before: value(change, "before"),
        after: value(change, "after"),
    };
    Ok(changes.iter().map(read).collect())
}

/// Reads what the pre-publish report warns of. The names of its fields are not documented: whatever stands below a
/// `warnings` is taken for one, as a text or by the text in it, and nothing else is.
pub fn publish_warnings(response: &RawResponse) -> Result<Vec<String>, ApiError> {
    let map = object(data(response)?, "the report")?;
    let said = |warning: &Json| match warning {
        Json::String(text) => Some(text.clone()),
        Json::Object(map) => text(map, &["message", "text", "detail", "title", "summary"]).map(str::to_owned),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => None,
    };
    let warnings = map.get("warnings").and_then(Json::as_array).into_iter().flatten();
    Ok(warnings.filter_map(said).collect())
}

/// Reads the catalog of providers. Only `hasPack` and `actionCount` are documented; the other names are guesses, and a missing one is
/// "cannot tell", never "no".
pub fn catalog(response: &RawResponse) -> Result<BTreeMap<ProviderKind, CatalogEntry>, ApiError> {
    let items = array(data(response)?).ok_or_else(|| ApiError::Shape("its `data` holds no list".to_owned()))?;
    let mut entries = BTreeMap::new();
    for item in items {
        let map = object(item, "a provider")?;
        let Some(kind) = text(&map, &["kind", "provider", "slug", "id", "key"]) else { continue };
        let status = text(&map, &["status"]).map(|status| status == "connected");
        entries.insert(
            ProviderKind::read(kind),
            CatalogEntry {
                has_pack: flag(&map, &["hasPack"]),
                has_actions: map.get("actionCount").and_then(Json::as_u64).map(|count| count > 0),
                connected: flag(&map, &["connected", "isConnected"]).or(status),
            },
        );
    }
    Ok(entries)
}
