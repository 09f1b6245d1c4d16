//! The columns of a table: what each holds, and whether a cell can be that.

use std::sync::Arc;

use serde_json::Number;

use crate::diag::{Code, closest};
use crate::manifest::check::{mailbox_problem, phone_problem};
use crate::manifest::node::{Key, Node, Span, Tree};
use crate::manifest::origin::inserted;
use crate::manifest::reader::{Located, Reader, did_you_mean};
use crate::manifest::value::{Scope, substitute};
use crate::model::{AgentId, Place, Slug, looks_like_secret};

/// A column that every row has, unless it has a default.
#[derive(Debug)]
pub(in crate::manifest) struct Column {
    pub(in crate::manifest) name: Located<String>,
    pub(super) kind: Kind,
    /// What a row has that leaves it out.
    pub(super) default: Option<Fallback>,
}

/// What stands for a cell that a row leaves out.
#[derive(Debug)]
pub(super) struct Fallback {
    pub(super) tree: Tree,
    pub(super) place: Place,
    /// What is put into its text, such as `var.region`.
    pub(super) inserted: Names,
}

/// What stands between `${` and `}` in a text.
pub(super) type Names = Arc<[Box<str>]>;

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Slug,
    Phone,
    Email,
    Number,
    Boolean,
    AgentId,
}

impl Kind {
    pub(super) const ALL: [Self; 7] =
        [Self::Text, Self::Slug, Self::Phone, Self::Email, Self::Number, Self::Boolean, Self::AgentId];

    /// What stands after `type:`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Slug => "slug",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::AgentId => "agentId",
        }
    }
}

/// What is wrong with a cell: its code, what is so in a sentence without a period, and the way out.
pub(super) type Problem = (Code, String, Option<String>);

impl Column {
    /// What a text of this column means, whether a file or the manifest holds it; variables may stand in it.
    pub(super) fn of_text(&self, text: &str) -> Result<Tree, Problem> {
        let name = &self.name.value;
        let wrong = |what: &str| format!("`{name}` takes {what}, and `{text}` stands here");
        let refused = |what: &str| Err((Code::WrongType, wrong(what), None));
        match self.kind {
            Kind::Text | Kind::Slug | Kind::Phone | Kind::Email | Kind::AgentId => Ok(Tree::Text(text.into())),
            Kind::Number => match serde_json::from_str::<Number>(text) {
                // Put into a text, `4.50` would be heard as `4.5`.
                Ok(number) if number.to_string() != text.trim() => {
                    let message = format!("{}, which is read as `{number}`", wrong("a number"));
                    let help = "a column of type `text` keeps how it is written".to_owned();
                    Err((Code::WrongType, message, Some(help)))
                }
                Ok(number) => Ok(Tree::Number(number)),
                Err(_) => refused("a number"),
            },
            Kind::Boolean => match text {
                "true" => Ok(Tree::Bool(true)),
                "false" => Ok(Tree::Bool(false)),
                _ => refused("`true` or `false`"),
            },
        }
    }

    /// What is wrong with a text, as far as the column says what may stand there. What is only doubtful is said, too.
    pub(super) fn problem(&self, text: &str) -> Option<Problem> {
        let name = &self.name.value;
        let refuse = |why: String| Some((Code::BadName, format!("`{text}` in `{name}` {why}"), None));
        if looks_like_secret(text) {
            let help = "rotate it, then write `{fromEnv: FLOWOPS_SECRET_…}` in the template".to_owned();
            return Some((Code::LiteralSecret, "a secret stands here as plain text".to_owned(), Some(help)));
        }
        match self.kind {
            Kind::Text | Kind::Number | Kind::Boolean => None,
            Kind::Slug => Slug::parse(text).err().and_then(|why| refuse(format!("cannot be a slug: {why}"))),
            Kind::AgentId => AgentId::parse(text).err().and_then(|why| refuse(format!("cannot be an id: {why}"))),
            Kind::Phone => {
                let (why, help) = phone_problem(text)?;
                Some((Code::BadPhone, format!("the phone number `{text}` in `{name}` {why}"), help.map(str::to_owned)))
            }
            Kind::Email => {
                let (why, help) = mailbox_problem(name, text)?;
                Some((Code::BadMailbox, why, help.map(str::to_owned)))
            }
        }
    }

    /// Reads a cell that stands in the manifest, or a default: written as what it is, or as a text with a variable.
    pub(super) fn cell(&self, reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<Tree> {
        let tree = match (&node.tree, self.kind) {
            (Tree::Text(text), _) if text.contains("${") => {
                let text = substitute(reader, scope, node.span, text);
                self.reported(reader, node.span, self.of_text(&text))
            }
            (Tree::Number(_), Kind::Number) | (Tree::Bool(_), Kind::Boolean) => return Some(node.tree.clone()),
            (_, Kind::Number) => {
                reader.wrong_type(node, "a number");
                None
            }
            (_, Kind::Boolean) => {
                reader.wrong_type(node, "true or false");
                None
            }
            (_, Kind::Text | Kind::Slug | Kind::Phone | Kind::Email | Kind::AgentId) => {
                reader.text(node).map(|text| Tree::Text(text.value.into()))
            }
        }?;
        if let Tree::Text(text) = &tree {
            self.reported(reader, node.span, self.problem(text).map_or(Ok(()), Err));
        }
        Some(tree)
    }

    #[expect(clippy::unused_self, reason = "it is about the column's cell")]
    fn reported<T>(&self, reader: &mut Reader, span: Span, found: Result<T, Problem>) -> Option<T> {
        found.map_err(|(code, message, help)| reader.report_with(code, span, message, help)).ok()
    }
}

/// Reads the columns, in the manifest's order.
pub(super) fn read(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<Vec<Column>> {
    let entries = reader.map(node)?;
    if entries.is_empty() {
        reader.report(Code::MissingField, node.span, "there is no column, so no row can say anything");
        return None;
    }
    let columns: Vec<Column> = entries.iter().filter_map(|(key, node)| column(reader, scope, key, node)).collect();
    (columns.len() == entries.len()).then_some(columns)
}

fn column(reader: &mut Reader, scope: &Scope<'_>, key: &Key, node: &Node) -> Option<Column> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if key.text.is_empty() || key.text.len() > 64 || !key.text.chars().all(is_letter) {
        let message = "a column has a name of at most 64 letters, digits, `_` and `-`";
        reader.report(Code::BadName, key.span, message);
        return None;
    }
    let name = Located { value: key.text.to_string(), place: reader.place(key.span) };
    let mut column = Column { name, kind: Kind::Text, default: None };
    if node.tree == Tree::Null {
        return Some(column);
    }
    let mut fields = reader.fields(node)?;
    let words: Vec<(&str, Kind)> = Kind::ALL.iter().map(|kind| (kind.word(), *kind)).collect();
    let kind = fields.take("type").map(|node| reader.word(node, &words));
    let default = fields.take("default");
    fields.close(reader);
    column.kind = kind.unwrap_or(Some(Kind::Text))?;
    if let Some(node) = default {
        let tree = column.cell(reader, scope, node)?;
        column.default = Some(Fallback { tree, place: reader.place(node.span), inserted: names(&node.tree) });
    }
    Some(column)
}

/// The column that is almost called so.
pub(super) fn near(name: &str, columns: &[Column]) -> Option<String> {
    closest(name, columns.iter().map(|column| column.name.value.as_str())).map(did_you_mean)
}

/// The columns, for messages.
pub(super) fn listed(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name.value.as_str()).collect();
    format!("the columns are {}", names.join(", "))
}

/// What is put into the text of a cell or a default as it is written.
pub(super) fn names(written: &Tree) -> Names {
    match written {
        Tree::Text(text) => names_in(text),
        Tree::Null | Tree::Bool(_) | Tree::Number(_) | Tree::List(_) | Tree::Map(_) => Arc::default(),
    }
}

/// What is put into a text.
pub(super) fn names_in(text: &str) -> Names {
    inserted(text).into_iter().map(Box::from).collect()
}

/// The text of a cell.
pub(super) fn text_of(tree: &Tree) -> Arc<str> {
    match tree {
        Tree::Text(text) => Arc::clone(text),
        Tree::Bool(flag) => flag.to_string().into(),
        Tree::Number(number) => number.to_string().into(),
        Tree::Null | Tree::List(_) | Tree::Map(_) => "".into(),
    }
}
