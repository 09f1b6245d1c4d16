//! Values inside a skill: variables put in, references typed, literal secrets found.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agent_set::{Cells, Known};
use super::hidden::is_variable_name;
use super::node::{Key, Node, Span, Tree};
use super::reader::{Reader, did_you_mean};
use super::reference::reference;
use super::roster;
use super::side::{self, SideFiles};
use crate::diag::{Code, closest};
use crate::model::{Entries, Reference, SecretRef, Value, is_masked, is_sensitive_key, looks_like_secret};

/// What values may draw on.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// `None` where the project is broken, so that nothing can be held against it.
    pub(super) project: Option<Given<'a>>,
    pub(super) side_files: &'a dyn SideFiles,
    /// The row of an AgentSet that is filled in.
    pub(super) row: Option<Filling<'a>>,
}

/// What a row gives to the template of its AgentSet.
#[derive(Clone, Copy)]
pub(super) struct Filling<'a> {
    /// What stands for `${row.COLUMN}`.
    pub(super) cells: Cells<'a>,
    /// What is the same for every row.
    pub(super) known: &'a Known,
}

/// What the project gives to values: the target's variables, and how the names of secrets may begin.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) variables: &'a BTreeMap<String, String>,
    pub(super) secret_prefixes: &'a [String],
}

/// Where a value stands, which decides what may stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// Shown to people and models: text from a file, but no secret.
    Prose,
    /// Operator settings: text from a file, and secrets.
    Settings,
    /// Below a key such as `headers` or `token`: every value is sensitive, a file is a secret's file.
    Sensitive,
    /// Free JSON that is passed on; only a secret would be a mistake.
    Schema,
}

impl Position {
    fn below(self, key: &str) -> Self {
        match self {
            Self::Settings if is_sensitive_key(key) => Self::Sensitive,
            Self::Prose | Self::Settings | Self::Sensitive | Self::Schema => self,
        }
    }
}

/// Puts variables into a text, `${var.name}`, and what a row has, `${row.column}`; `$${` stands for a literal `${`.
///
/// Where the project is broken, its variables stay as they are written.
pub(super) fn substitute(reader: &mut Reader, scope: &Scope<'_>, span: Span, text: &str) -> String {
    if scope.project.is_none() && scope.row.is_none() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = rest.split_at(at);
        if let Some(escaped) = before.strip_suffix('$') {
            out.push_str(escaped);
            out.push_str("${");
            rest = after.get(2..).unwrap_or_default();
            continue;
        }
        out.push_str(before);
        let inner = after.get(2..).unwrap_or_default();
        let Some((name, tail)) = inner.split_once('}') else {
            reader.report(Code::UnknownVariable, span, "`${` has no `}`; write `$${` for a literal `${`");
            return text.to_owned();
        };
        match value_of(scope, name) {
            Some(value) => out.push_str(&value),
            None if scope.project.is_none() => out.push_str(after.get(..name.len() + 3).unwrap_or_default()),
            None => report_undefined(reader, scope, span, name),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// What stands for a name such as `var.region`.
fn value_of(scope: &Scope<'_>, name: &str) -> Option<Arc<str>> {
    if let Some(column) = name.strip_prefix("row.") {
        return scope.row?.cells.text(column);
    }
    scope.project?.variables.get(name.strip_prefix("var.")?).map(|value| value.as_str().into())
}

fn report_undefined(reader: &mut Reader, scope: &Scope<'_>, span: Span, name: &str) {
    let variables = scope.project.into_iter().flat_map(|project| project.variables.keys());
    let columns = scope.row.into_iter().flat_map(|row| row.cells.columns);
    let known: Vec<String> = variables
        .map(|name| format!("var.{name}"))
        .chain(columns.map(|column| format!("row.{}", column.name.value)))
        .collect();
    let near = closest(name, known.iter().map(String::as_str));
    let help = match near {
        Some(near) => Some(did_you_mean(&format!("${{{near}}}"))),
        None if name.starts_with("row.") && scope.row.is_none() => {
            Some("only the template of an AgentSet has rows".to_owned())
        }
        None if name.starts_with("var.") => None,
        None => Some("variables are written `${var.name}`; write `$${` for a literal `${`".to_owned()),
    };
    let is_name = name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let shown = if is_name { format!("`${{{name}}}`") } else { "what stands in `${…}`".to_owned() };
    reader.report_with(Code::UnknownVariable, span, format!("{shown} is not defined"), help);
}

/// Reads a value; `None` once it was reported.
pub(super) fn read(reader: &mut Reader, scope: &Scope<'_>, node: &Node, position: Position) -> Option<Value> {
    if let Some((kind, argument, span)) = reference(&node.tree)
        && (position != Position::Schema || kind == Reference::Env)
    {
        return refer(reader, scope, kind, argument, span, position);
    }
    Some(match &node.tree {
        Tree::Null => Value::Null,
        Tree::Bool(flag) => Value::Bool(*flag),
        Tree::Number(number) => {
            if position == Position::Sensitive && number.to_string().len() >= SHORTEST_NUMERIC_SECRET {
                literal_secret(reader, node.span);
            }
            Value::Number(number.clone())
        }
        Tree::Text(text) => Value::Text(text_value(reader, scope, node.span, text, position)),
        Tree::List(items) => Value::List(items.iter().filter_map(|item| read(reader, scope, item, position)).collect()),
        Tree::Map(entries) => {
            let mut map = Entries::with_capacity(entries.len());
            for (key, value) in entries.iter() {
                let read = |reader: &mut Reader| read(reader, scope, value, position.below(&key.text));
                if let Some(value) = below_key(reader, scope, (key, value), read) {
                    map.insert(Arc::clone(&key.text), value);
                }
            }
            Value::map(map)
        }
    })
}

/// Reads the value below a key; of a template, what is the same for every row is read once. What an alias repeats is read
/// each time: all that is below one stands at the same place.
pub(super) fn below_key(
    reader: &mut Reader,
    scope: &Scope<'_>,
    (key, value): (&Key, &Node),
    read: impl FnOnce(&mut Reader) -> Option<Value>,
) -> Option<Value> {
    match scope.row.filter(|_| value.span == value.source) {
        None => read(reader),
        Some(Filling { cells: _, known }) => known.value(reader, key.span, read),
    }
}

fn text_value(reader: &mut Reader, scope: &Scope<'_>, span: Span, text: &Arc<str>, position: Position) -> Arc<str> {
    let is_plain = !text.contains("${");
    let text = if is_plain { Arc::clone(text) } else { substitute(reader, scope, span, text).into() };
    let is_mask = match position {
        Position::Sensitive => is_masked(&text),
        Position::Settings => is_masked(&text) && text.chars().all(|c| matches!(c, '*' | '•')),
        Position::Prose | Position::Schema => false,
    };
    if is_mask {
        let help = "a mask is what a server shows instead of a value; write `{fromEnv: FLOWOPS_SECRET_…}`".to_owned();
        reader.report_with(Code::MaskedSecret, span, "this would be sent in place of the real value", Some(help));
    } else if (position == Position::Sensitive && is_literal_secret(&text)) || looks_like_secret(&text) {
        literal_secret(reader, span);
    }
    text
}

pub(super) fn literal_secret(reader: &mut Reader, span: Span) {
    let help = "rotate it, then write `{fromEnv: FLOWOPS_SECRET_…}` here".to_owned();
    reader.report_with(Code::LiteralSecret, span, "a secret stands here as plain text", Some(help));
}

/// From here on a number in a sensitive place is taken for a secret; below, for a count such as `max_tokens`.
const SHORTEST_NUMERIC_SECRET: usize = 6;

/// Whether a text in a sensitive place is more than placeholders and the name of a scheme.
fn is_literal_secret(text: &str) -> bool {
    let mut bare = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        bare.push_str(before);
        let placeholder = after.split_once('}').filter(|(name, _)| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
        });
        rest = placeholder.map_or_else(
            || {
                bare.push('{');
                after
            },
            |(_, after)| after,
        );
    }
    bare.push_str(rest);
    let is_scheme = |word: &&str| ["bearer", "basic", "token", "apikey"].contains(&word.to_ascii_lowercase().as_str());
    bare.split_whitespace().any(|word| !is_scheme(&word))
}

fn refer(
    reader: &mut Reader,
    scope: &Scope<'_>,
    kind: Reference,
    argument: &str,
    span: Span,
    position: Position,
) -> Option<Value> {
    match (kind, position) {
        (Reference::Env, Position::Settings | Position::Sensitive) => {
            let prefixes = scope.project.map(|project| project.secret_prefixes);
            if let Some(prefixes) = prefixes
                && !prefixes.iter().any(|prefix| argument.starts_with(prefix.as_str()))
            {
                // A secret may have been put where its name belongs.
                let shown = if is_variable_name(argument) { format!("`{argument}`") } else { "the name".to_owned() };
                let message = format!("{shown} begins with none of the allowed prefixes");
                let help = format!("allowed: {}", prefixes.join(", "));
                reader.report_with(Code::SecretNotAllowed, span, message, Some(help));
                return None;
            }
            Some(Value::Secret(SecretRef::Env(argument.to_owned()).into()))
        }
        (Reference::File, Position::Sensitive) => match scope.side_files.locate(&reader.file, argument) {
            Ok(path) => Some(Value::Secret(SecretRef::File(path).into())),
            Err(why) => side_file_problem(reader, span, argument, &why),
        },
        (Reference::Env, Position::Prose | Position::Schema) => {
            let help = "secrets are allowed inside `executionConfig` and `errorHandling`".to_owned();
            reader.report_with(Code::SecretMisplaced, span, "a secret may not stand here", Some(help));
            None
        }
        (Reference::File, Position::Prose | Position::Settings | Position::Schema) => {
            match scope.side_files.text(&reader.file, argument) {
                Ok(text) => {
                    // Editors end a file with a line break that nobody means.
                    let text = text.strip_suffix('\n').unwrap_or(&text);
                    let text = text.strip_suffix('\r').unwrap_or(text);
                    Some(Value::Text(text_value(reader, scope, span, &text.into(), position)))
                }
                Err(why) => side_file_problem(reader, span, argument, &why),
            }
        }
        (Reference::Csv, Position::Settings) => match scope.side_files.text(&reader.file, argument) {
            Ok(text) => roster::from_csv(reader, &side::shown(&reader.file, argument), &text),
            Err(why) => side_file_problem(reader, span, argument, &why),
        },
        (Reference::Csv, Position::Prose | Position::Sensitive | Position::Schema) => {
            reader.report(Code::SideFile, span, format!("`{}` may not stand here", kind.key()));
            None
        }
    }
}

fn side_file_problem(reader: &mut Reader, span: Span, path: &str, why: &str) -> Option<Value> {
    reader.report(Code::SideFile, span, format!("`{path}` cannot be used: {why}"));
    None
}
