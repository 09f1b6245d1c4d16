//! Values → YAML text, in the style of what stands around it.

use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::{Map, Value as Json, json};
use serde_yaml::{DoubleQuoted, FlowMap, FlowSeq, LitStr, SingleQuoted};

use super::fold::Folds;
use super::syntax::{Look, Style};
use crate::manifest::node::{self, Tree};

/// Lists up to so many characters stand on one line.
const SHORT: usize = 72;

fn options() -> serde_yaml::SerializerOptions {
    serde_yaml::ser_options! { indent_step: 2, compact_list_indent: false, prefer_block_scalars: false }
}

/// What follows the colon after a key: the value on the same line, or on lines of their own. `indent` is the key's.
///
/// `None` if no YAML means this value.
pub(super) fn after_key(value: &Json, look: Option<&Look<'_>>, indent: usize) -> Option<String> {
    let text = whole(&json!({ "k": value }), look)
        .or_else(|| quoted_whole(&format!("k: {}\n", quoted(value)), &json!({ "k": value })))?;
    Some(indented(text.strip_prefix("k:")?.strip_suffix('\n')?, indent))
}

/// An item of a list with its dash, on as many lines as it takes. `indent` is the dash's.
pub(super) fn item(value: &Json, look: Option<&Look<'_>>, indent: usize) -> Option<String> {
    let text =
        whole(&json!([value]), look).or_else(|| quoted_whole(&format!("- {}\n", quoted(value)), &json!([value])))?;
    Some(indented(text.strip_suffix('\n')?, indent))
}

/// A document.
pub(super) fn document(value: &Json) -> Option<String> {
    whole(value, None)
}

/// A map or a list as a document; `look` is that of what stands in it, if that is a text. Long texts are folded.
fn whole(value: &Json, look: Option<&Look<'_>>) -> Option<String> {
    let spelled = |look: Option<&Look<'_>>| {
        let folds = Folds::of(value, look);
        let style = look.map(|look| look.style);
        let text = serde_yaml::to_string_with_options(&Root { value: &folds.value, style }, options()).ok()?;
        folds.put_into(&text)
    };
    let plain = || serde_yaml::to_string_with_options(&Root { value, style: None }, options()).ok();
    let airy = |text: Option<String>| text.map(|text| airy(&text));
    [airy(spelled(look)), spelled(look), airy(spelled(None)), spelled(None), plain()]
        .into_iter()
        .flatten()
        .find(|text| means(text, value))
}

/// The same with a space within the brackets of references, as in what people write.
fn airy(text: &str) -> String {
    let line = |line: &str| {
        let found = line.split_once("{from").and_then(|(head, rest)| Some((head, rest.trim_end().strip_suffix('}')?)));
        found.map_or_else(|| line.to_owned(), |(head, rest)| format!("{head}{{ from{rest} }}\n"))
    };
    text.split_inclusive('\n').map(line).collect()
}

fn quoted_whole(text: &str, value: &Json) -> Option<String> {
    means(text, value).then(|| text.to_owned())
}

/// A value within brackets, on one line.
pub(super) fn in_brackets(value: &Json, look: Option<&Look<'_>>) -> Option<String> {
    let style =
        look.map(|look| look.style).filter(|style| matches!(style, Style::Plain | Style::Single | Style::Double));
    let plain = match value {
        Json::String(text) => flow_text(text, style),
        Json::Null | Json::Bool(_) | Json::Number(_) => Some(quoted(value)),
        Json::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(|item| in_brackets(item, None)).collect();
            items.map(|items| format!("[{}]", items.join(", ")))
        }
        Json::Object(map) if map.is_empty() => Some("{}".to_owned()),
        Json::Object(map) => {
            let pairs = map
                .iter()
                .map(|(key, value)| Some(format!("{}: {}", flow_text(key, None)?, in_brackets(value, None)?)));
            pairs.collect::<Option<Vec<_>>>().map(|pairs| format!("{{ {} }}", pairs.join(", ")))
        }
    };
    let whole = json!([value]);
    [plain, Some(quoted(value))].into_iter().flatten().find(|text| means(&format!("[{text}]\n"), &whole))
}

/// A key before its colon.
pub(super) fn key(key: &str) -> Option<String> {
    let map = Json::Object(Map::from_iter([(key.to_owned(), Json::Null)]));
    let text = serde_yaml::to_string(&map).ok().filter(|text| means(text, &map))?;
    let spelled = text.trim_end().trim_end_matches("null").trim_end().strip_suffix(':')?;
    (!spelled.contains('\n')).then(|| spelled.to_owned())
}

fn flow_text(text: &str, style: Option<Style>) -> Option<String> {
    let one = match style {
        Some(Style::Single) => serde_yaml::to_string(&FlowSeq([SingleQuoted(text)])),
        Some(Style::Double) => return Some(quoted(&Json::from(text))),
        Some(Style::Plain | Style::Literal | Style::Folded) | None => serde_yaml::to_string(&FlowSeq([text])),
    };
    Some(one.ok()?.trim_end().strip_prefix('[')?.strip_suffix(']')?.to_owned())
}

/// JSON is YAML, as long as it holds no character that YAML does not allow.
fn quoted(value: &Json) -> String {
    value.to_string()
}

/// Whether a text is read as this value; nothing is written that is read as another.
fn means(text: &str, value: &Json) -> bool {
    let Ok(documents) = node::parse(&"".into(), text) else { return false };
    matches!(documents.as_slice(), [document] if is_same(&document.tree, value))
}

fn is_same(tree: &Tree, value: &Json) -> bool {
    match (tree, value) {
        (Tree::Null, Json::Null) => true,
        (Tree::Bool(one), Json::Bool(other)) => one == other,
        (Tree::Number(one), Json::Number(other)) => one == other,
        (Tree::Text(one), Json::String(other)) => **one == **other,
        (Tree::List(items), Json::Array(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(item, other)| is_same(&item.tree, other))
        }
        (Tree::Map(entries), Json::Object(map)) => {
            entries.len() == map.len()
                && entries.iter().all(|(key, node)| map.get(&*key.text).is_some_and(|other| is_same(&node.tree, other)))
        }
        (Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::Text(_) | Tree::List(_) | Tree::Map(_), _) => false,
    }
}

/// Lines after the first moved to the right; empty ones stay empty.
fn indented(text: &str, by: usize) -> String {
    let gap = " ".repeat(by);
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |mut text, line| {
        text.push('\n');
        if !line.is_empty() {
            text.push_str(&gap);
            text.push_str(line);
        }
        text
    })
}

/// A map or a list whose first value has a style of its own.
struct Root<'a> {
    value: &'a Json,
    style: Option<Style>,
}

impl Serialize for Root<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Json::Array(items) => list(items, self.style, serializer),
            Json::Object(map) => entries(map, self.style, serializer),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => self.value.serialize(serializer),
        }
    }
}

/// A value as it is written: short lists on one line, references in brackets, texts of several lines as blocks.
struct Shown<'a> {
    value: &'a Json,
    style: Option<Style>,
}

/// An item of a list, which never stands in brackets.
struct Block<'a>(Shown<'a>);

impl Serialize for Block<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.value {
            Json::Object(map) => entries(map, None, serializer),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                self.0.serialize(serializer)
            }
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Json::String(text) => match self.style {
                Some(Style::Single) => SingleQuoted(text).serialize(serializer),
                Some(Style::Double) => DoubleQuoted(text).serialize(serializer),
                Some(Style::Literal) => LitStr(text).serialize(serializer),
                Some(Style::Plain | Style::Folded) | None if text.trim_end().contains('\n') => {
                    LitStr(text).serialize(serializer)
                }
                Some(Style::Plain | Style::Folded) | None => text.serialize(serializer),
            },
            Json::Array(items) if is_short(items) => FlowSeq(items).serialize(serializer),
            Json::Array(items) => list(items, None, serializer),
            Json::Object(map) if is_reference(map) => FlowMap(map).serialize(serializer),
            Json::Object(map) => entries(map, None, serializer),
            Json::Null | Json::Bool(_) | Json::Number(_) => self.value.serialize(serializer),
        }
    }
}

fn list<S: Serializer>(items: &[Json], style: Option<Style>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(items.len()))?;
    items.iter().try_for_each(|value| list.serialize_element(&Block(Shown { value, style })))?;
    list.end()
}

fn entries<S: Serializer>(map: &Map<String, Json>, style: Option<Style>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut entries = serializer.serialize_map(Some(map.len()))?;
    map.iter().try_for_each(|(key, value)| entries.serialize_entry(key, &Shown { value, style }))?;
    entries.end()
}

fn is_short(items: &[Json]) -> bool {
    let is_scalar =
        |item: &Json| !item.is_array() && !item.is_object() && !item.as_str().is_some_and(|text| text.contains('\n'));
    items.iter().all(is_scalar) && items.iter().map(|item| item.to_string().len() + 2).sum::<usize>() <= SHORT
}

fn is_reference(map: &Map<String, Json>) -> bool {
    let mut keys = map.keys();
    matches!((keys.next(), keys.next()), (Some(key), None) if crate::model::Reference::read(key).is_some())
}
