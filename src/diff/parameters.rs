//! What a change of `parametersSchema` means to those who fill the parameters in and those who read them.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

/// How much a change of a skill's parameters may break. The worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// What was a good call before is none now, or no longer says what it said.
    Breaking,
    /// Every good call stays one, but the agent may behave in another way.
    Behavioural,
    /// Every good call stays one and means the same.
    Compatible,
}

impl Class {
    /// Its word in every format.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Behavioural => "behavioural",
            Self::Compatible => "compatible",
        }
    }
}

/// One change of a skill's parameters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterChange {
    /// What it may break.
    pub class: Class,
    /// What changes, as a fragment with the parameter's name in backticks. It shows no value.
    pub what: String,
}

/// Keywords whose greater value allows less.
const LEAST: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
/// Keywords whose smaller value allows less.
const MOST: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
/// Keywords that only tell people and models what is meant.
const NOTES: [&str; 6] = ["title", "description", "examples", "default", "$comment", "deprecated"];
/// Keywords that are compared by their meaning.
const KNOWN: [&str; 7] = ["type", "properties", "required", "items", "enum", "const", "additionalProperties"];

/// Compares two object schemas, with what else each side says must be collected; the worst change comes first.
///
/// A schema that is not there has no parameters. What `required` and `requiredParams` name counts together, since the
/// platform's documentation does not say which of them wins. Other keywords of JSON Schema (2020-12) that differ are
/// behavioural: what they allow is not looked into.
pub fn parameters(before: Sides<'_>, after: Sides<'_>) -> Vec<ParameterChange> {
    let mut walk = Walk { found: Vec::new() };
    let empty = Map::new();
    let object = |schema: Option<&'_ Json>| schema.and_then(Json::as_object).cloned().unwrap_or_else(|| empty.clone());
    let (old, new) = (object(before.schema), object(after.schema));
    walk.object("", &old, &new, &before.required(), &after.required());
    walk.keywords("", &old, &new);
    walk.found.sort();
    walk.found
}

/// What one side says of a skill's parameters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sides<'a> {
    /// `parametersSchema`.
    pub schema: Option<&'a Json>,
    /// `requiredParams`.
    pub required: Option<&'a Json>,
}

impl Sides<'_> {
    fn required(&self) -> BTreeSet<String> {
        let stated = self.schema.and_then(|schema| schema.get("required"));
        names(stated).chain(names(self.required)).map(str::to_owned).collect()
    }
}

fn names(list: Option<&Json>) -> impl Iterator<Item = &str> {
    list.and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

fn properties(schema: &Map<String, Json>) -> Map<String, Json> {
    schema.get("properties").and_then(Json::as_object).cloned().unwrap_or_default()
}

struct Walk {
    found: Vec<ParameterChange>,
}

impl Walk {
    fn say(&mut self, class: Class, what: String) {
        self.found.push(ParameterChange { class, what });
    }

    fn object(
        &mut self,
        path: &str,
        before: &Map<String, Json>,
        after: &Map<String, Json>,
        needed: &BTreeSet<String>,
        needs: &BTreeSet<String>,
    ) {
        let (old, new) = (properties(before), properties(after));
        let mut gone: Vec<&String> = old.keys().filter(|name| !new.contains_key(*name)).collect();
        for (name, schema) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
            let full = joined(path, name);
            // The same meaning under another name is the same parameter.
            if let Some(at) = gone.iter().position(|was| old.get(*was) == Some(schema)) {
                let was = joined(path, gone.remove(at));
                self.say(Class::Breaking, format!("parameter `{was}` is renamed to `{full}`"));
            } else if needs.contains(name) {
                self.say(Class::Breaking, format!("parameter `{full}` is new and required"));
            } else {
                self.say(Class::Compatible, format!("parameter `{full}` is new and optional"));
            }
        }
        for name in gone {
            self.say(Class::Breaking, format!("parameter `{}` is removed", joined(path, name)));
        }
        for (name, was) in &old {
            let Some(now) = new.get(name) else { continue };
            let full = joined(path, name);
            match (needed.contains(name), needs.contains(name)) {
                (false, true) => self.say(Class::Breaking, format!("parameter `{full}` becomes required")),
                (true, false) => self.say(Class::Behavioural, format!("parameter `{full}` becomes optional")),
                (true, true) | (false, false) => {}
            }
            self.value(&full, was, now);
        }
    }

    /// One parameter, or what is in one.
    fn value(&mut self, path: &str, was: &Json, now: &Json) {
        if was == now {
            return;
        }
        let (Some(before), Some(after)) = (was.as_object(), now.as_object()) else {
            return self.say(Class::Behavioural, format!("{} is described in another way", called(path)));
        };
        self.keywords(path, before, after);
        if properties(before) != properties(after) || before.get("required") != after.get("required") {
            let required = |schema: &Map<String, Json>| names(schema.get("required")).map(str::to_owned).collect();
            self.object(path, before, after, &required(before), &required(after));
        }
    }

    /// The keywords of one schema, but for what its properties are.
    fn keywords(&mut self, path: &str, before: &Map<String, Json>, after: &Map<String, Json>) {
        self.kinds(path, before.get("type"), after.get("type"));
        self.members(path, before, after);
        for keyword in LEAST {
            self.bound(path, keyword, before.get(keyword), after.get(keyword), |was, now| now > was);
        }
        for keyword in MOST {
            self.bound(path, keyword, before.get(keyword), after.get(keyword), |was, now| now < was);
        }
        for keyword in ["pattern", "format"] {
            self.constraint(path, keyword, before.get(keyword), after.get(keyword));
        }
        self.openness(path, before.get("additionalProperties"), after.get("additionalProperties"));
        match (before.get("items"), after.get("items")) {
            (Some(was), Some(now)) => self.value(&format!("{path}[]"), was, now),
            (None, Some(_)) => self.say(Class::Breaking, format!("the items of {} are narrowed", called(path))),
            (Some(_), None) => self.say(Class::Compatible, format!("the items of {} may be anything", called(path))),
            (None, None) => {}
        }
        self.rest(path, before, after);
    }

    /// The JSON types that a parameter may have. None stated is any; an integer is a number.
    fn kinds(&mut self, path: &str, was: Option<&Json>, now: Option<&Json>) {
        let words = |kind: Option<&Json>| -> Option<BTreeSet<String>> {
            let only = kind?.as_str().map(|word| BTreeSet::from([word.to_owned()]));
            only.or_else(|| Some(names(kind).map(str::to_owned).collect()))
        };
        let (was, now) = (words(was), words(now));
        if was == now {
            return;
        }
        let takes = |set: &Option<BTreeSet<String>>, word: &String| {
            set.as_ref().is_none_or(|set| set.contains(word) || (word == "integer" && set.contains("number")))
        };
        let covers = |wide: &Option<BTreeSet<String>>, narrow: &Option<BTreeSet<String>>| match narrow {
            None => wide.is_none(),
            Some(narrow) => narrow.iter().all(|word| takes(wide, word)),
        };
        if covers(&now, &was) {
            self.say(Class::Compatible, format!("{} takes more types", called(path)));
        } else if covers(&was, &now) {
            self.say(Class::Breaking, format!("{} takes fewer types", called(path)));
        } else {
            self.say(Class::Breaking, format!("{} has another type", called(path)));
        }
    }

    /// The values that a parameter may have, where they are listed.
    fn members(&mut self, path: &str, before: &Map<String, Json>, after: &Map<String, Json>) {
        let listed = |schema: &Map<String, Json>| -> Option<BTreeSet<String>> {
            let list = schema.get("enum").and_then(Json::as_array).cloned();
            let only = || schema.get("const").map(|only| vec![only.clone()]);
            Some(list.or_else(only)?.iter().map(Json::to_string).collect())
        };
        match (listed(before), listed(after)) {
            (Some(was), Some(now)) => {
                if !was.is_subset(&now) {
                    self.say(Class::Breaking, format!("{} no longer takes every listed value", called(path)));
                } else if was != now {
                    self.say(Class::Compatible, format!("{} takes more listed values", called(path)));
                }
            }
            (None, Some(_)) => {
                self.say(Class::Breaking, format!("{} takes listed values only", called(path)));
            }
            (Some(_), None) => self.say(Class::Compatible, format!("{} takes unlisted values, too", called(path))),
            (None, None) => {}
        }
    }

    fn bound(
        &mut self,
        path: &str,
        keyword: &str,
        was: Option<&Json>,
        now: Option<&Json>,
        is_narrower: impl Fn(f64, f64) -> bool,
    ) {
        if was == now {
            return;
        }
        let narrows = match (was.map(Json::as_f64), now.map(Json::as_f64)) {
            (Some(Some(was)), Some(Some(now))) => is_narrower(was, now),
            (_, bound) => bound.is_some(),
        };
        let class = if narrows { Class::Breaking } else { Class::Compatible };
        let how = if narrows { "less" } else { "more" };
        self.say(class, format!("{} allows {how} by `{keyword}`", called(path)));
    }

    /// A keyword of which only its absence can be judged.
    fn constraint(&mut self, path: &str, keyword: &str, was: Option<&Json>, now: Option<&Json>) {
        match (was, now) {
            (was, now) if was == now => {}
            (Some(_), None) => self.say(Class::Compatible, format!("{} has no `{keyword}` any more", called(path))),
            (_, _) => self.say(Class::Breaking, format!("{} has another `{keyword}`", called(path))),
        }
    }

    /// Which names that are not listed may stand in an object: any, none, or those whose values fit a schema.
    fn openness(&mut self, path: &str, was: Option<&Json>, now: Option<&Json>) {
        let is_open = |rule: Option<&Json>| matches!(rule, None | Some(Json::Bool(true)));
        let is_closed = |rule: Option<&Json>| rule == Some(&Json::Bool(false));
        let name = called(path);
        match (was, now) {
            (was, now) if was == now || (is_open(was) && is_open(now)) => {}
            (_, now) if is_open(now) => self.say(Class::Compatible, format!("{name} takes any unlisted name")),
            (was, _) if is_closed(was) => self.say(Class::Compatible, format!("{name} takes unlisted names, too")),
            (Some(was), Some(now)) if was.is_object() && now.is_object() => {
                self.value(&joined(path, "*"), was, now);
            }
            (_, _) => self.say(Class::Breaking, format!("{name} takes fewer unlisted names")),
        }
    }

    /// What is left: notes for people and models, and keywords that are not looked into.
    fn rest(&mut self, path: &str, before: &Map<String, Json>, after: &Map<String, Json>) {
        let keywords: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let is_judged = |keyword: &str| {
            KNOWN.contains(&keyword)
                || LEAST.contains(&keyword)
                || MOST.contains(&keyword)
                || ["pattern", "format"].contains(&keyword)
        };
        let differing = keywords.into_iter().filter(|keyword| before.get(*keyword) != after.get(*keyword));
        for keyword in differing.filter(|keyword| !is_judged(keyword)) {
            let what = if NOTES.contains(&keyword.as_str()) { "the note" } else { "what is meant by" };
            self.say(Class::Behavioural, format!("{}: {what} `{keyword}` differs", called(path)));
        }
    }
}

/// How a parameter is called, or all of them together.
fn called(path: &str) -> String {
    if path.is_empty() { "the whole of the parameters".to_owned() } else { format!("parameter `{path}`") }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
