//! The table of an AgentSet: its rows, in the manifest or in a CSV file beside it, each cell checked at its own place.

use std::borrow::Cow;
use std::sync::Arc;

use super::column::{self, Column, Fallback, Names, Problem};
use super::tally::MOST_ALIKE;
use crate::diag::{Code, Few, Finding, Severity};
use crate::manifest::node::{Node, Span, Tree};
use crate::manifest::reader::Reader;
use crate::manifest::reference::reference;
use crate::manifest::sheet::{self, Broken, Lines};
use crate::manifest::side;
use crate::manifest::value::{Scope, substitute};
use crate::model::{Place, Reference};

/// The rows of a table.
#[derive(Debug)]
pub(in crate::manifest) struct Table {
    pub(in crate::manifest) rows: Vec<Row>,
    /// Whether no row is left out because something is wrong with it.
    pub(in crate::manifest) is_whole: bool,
}

/// A row: a cell for each column.
#[derive(Debug)]
pub(in crate::manifest) struct Row {
    pub(in crate::manifest) place: Place,
    /// Texts, numbers, true or false.
    cells: Vec<Tree>,
    /// Where the cells stand, if they have places of their own.
    places: Vec<Place>,
    /// The columns whose cells are something else than what is written there, in order.
    made: Vec<(usize, Made)>,
}

/// How a cell came to what it is.
#[derive(Debug)]
enum Made {
    /// The row leaves it out.
    ByDefault,
    /// This is put into its text, such as `var.region`.
    With(Names),
}

/// A cell, and where it comes from.
#[derive(Debug)]
pub(in crate::manifest) struct Told<'a> {
    pub(in crate::manifest) text: Arc<str>,
    /// Where it stands, or the default of its column.
    pub(in crate::manifest) place: &'a Place,
    pub(in crate::manifest) is_default: bool,
    /// What is put into it, such as `var.region`.
    pub(in crate::manifest) inserted: &'a [Box<str>],
}

impl Row {
    /// Where something stands that some columns have a part in: in the cell, if it is one.
    pub(super) fn place_of(&self, columns: &[usize]) -> &Place {
        let cell = match columns {
            [only] => self.places.get(*only),
            _ => None,
        };
        cell.unwrap_or(&self.place)
    }
}

/// A row by the names of its columns.
#[derive(Clone, Copy)]
pub(in crate::manifest) struct Cells<'a> {
    pub(in crate::manifest) columns: &'a [Column],
    pub(in crate::manifest) row: &'a Row,
}

impl<'a> Cells<'a> {
    pub(super) fn get(self, column: &str) -> Option<&'a Tree> {
        let at = self.columns.iter().position(|known| known.name.value == column)?;
        self.row.cells.get(at)
    }

    /// The text of a cell.
    pub(in crate::manifest) fn text(self, column: &str) -> Option<Arc<str>> {
        self.get(column).map(column::text_of)
    }

    /// A cell with where it comes from.
    pub(in crate::manifest) fn told(self, name: &str) -> Option<Told<'a>> {
        let at = self.columns.iter().position(|known| known.name.value == name)?;
        let text = column::text_of(self.row.cells.get(at)?);
        let made = self.row.made.iter().find(|(column, _)| *column == at).map(|(_, made)| made);
        let place = self.row.place_of(&[at]);
        Some(match made {
            None => Told { text, place, is_default: false, inserted: &[] },
            Some(Made::With(inserted)) => Told { text, place, is_default: false, inserted },
            Some(Made::ByDefault) => {
                let Fallback { tree: _, place, inserted } = self.columns.get(at)?.default.as_ref()?;
                Told { text, place, is_default: true, inserted }
            }
        })
    }
}

/// Reads the rows; `None` once it was reported that there are none.
pub(super) fn read(reader: &mut Reader, scope: &Scope<'_>, columns: &[Column], node: &Node) -> Option<Table> {
    let table = match reference(&node.tree) {
        Some((Reference::Csv, path, span)) => match scope.side_files.text(&reader.file, path) {
            Ok(text) => from_csv(reader, scope, columns, &side::shown(&reader.file, path), &text)?,
            Err(why) => {
                reader.report(Code::SideFile, span, format!("`{path}` cannot be used: {why}"));
                return None;
            }
        },
        Some((Reference::Env | Reference::File, _, span)) => {
            let help = "list the rows, or write `{fromCsv: …}`".to_owned();
            reader.report_with(Code::SideFile, span, "a table comes from a CSV file", Some(help));
            return None;
        }
        None => stated(reader, scope, columns, node),
    };
    if table.rows.is_empty() && table.is_whole {
        let help = "an AgentSet that makes no agent would give up all that it made; remove it, if that is meant";
        reader.report_with(Code::MissingField, node.span, "the table has no row", Some(help.to_owned()));
        return None;
    }
    Some(table)
}

fn stated(reader: &mut Reader, scope: &Scope<'_>, columns: &[Column], node: &Node) -> Table {
    let nodes = reader.list(node);
    let rows: Vec<Row> = nodes.iter().filter_map(|node| stated_row(reader, scope, columns, node)).collect();
    let is_whole = rows.len() == nodes.len() && matches!(node.tree, Tree::List(_));
    Table { rows, is_whole }
}

fn stated_row(reader: &mut Reader, scope: &Scope<'_>, columns: &[Column], node: &Node) -> Option<Row> {
    let entries = reader.map(node)?;
    for (key, _) in entries.iter().filter(|(key, _)| columns.iter().all(|column| column.name.value != *key.text)) {
        let help = column::near(&key.text, columns).unwrap_or_else(|| column::listed(columns));
        reader.report_with(Code::UnknownField, key.span, format!("`{}` is not a column", key.text), Some(help));
    }
    let place = reader.place(node.span);
    let mut row = Row { place: place.clone(), cells: Vec::new(), places: Vec::new(), made: Vec::new() };
    for (at, column) in columns.iter().enumerate() {
        let stated = entries.iter().find(|(key, _)| *key.text == *column.name.value).map(|(_, node)| node);
        let stated = stated.filter(|node| node.tree != Tree::Null);
        if stated.is_none() && column.default.is_none() {
            reader.report(Code::MissingField, node.span, format!("`{}` is missing", column.name.value));
        }
        let default = || column.default.as_ref().map(|default| default.tree.clone());
        row.cells.extend(stated.map_or_else(default, |node| column.cell(reader, scope, node)));
        row.made.extend(made(stated.map(|node| column::names(&node.tree))).map(|made| (at, made)));
        row.places.push(stated.map_or_else(|| place.clone(), |node| reader.place(node.span)));
    }
    (row.cells.len() == columns.len()).then_some(row)
}

/// How a cell came to what it is, by what is put into its text; `None` if it is what is written there.
fn made(stated: Option<Names>) -> Option<Made> {
    match stated {
        None => Some(Made::ByDefault),
        Some(names) => (!names.is_empty()).then_some(Made::With(names)),
    }
}

/// Reads the rows of a CSV file; `path` is how the file is shown. `None` once the header was reported.
fn from_csv(reader: &mut Reader, scope: &Scope<'_>, columns: &[Column], path: &str, text: &str) -> Option<Table> {
    let file: Arc<str> = path.into();
    reader.beside.insert(Arc::clone(&file), text.into());
    let lines = Lines::new(&file, text);
    let (header, mut sheet) = match sheet::open(text) {
        Ok(opened) => opened,
        Err(Broken { line, why }) => {
            reader.findings.push(Finding::at(Code::SideFile, lines.place(line), why));
            return None;
        }
    };
    let order = order(reader, columns, &header, &lines.place(1))?;
    let (mut rows, mut is_whole) = (Vec::new(), true);
    let mut found: Few<(Code, usize)> = Few::new(MOST_ALIKE);
    for record in sheet.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let Broken { line, why } = Broken::of(text, &error);
                found.add((Code::SideFile, columns.len()), Finding::at(Code::SideFile, lines.place(line), why));
                is_whole = false;
                continue;
            }
        };
        let place = lines.place(sheet::line(text, record.position()));
        let (mut cells, mut row_made) = (Vec::with_capacity(columns.len()), Vec::new());
        for ((at, column), cell) in columns.iter().enumerate().zip(&order) {
            let text = cell.and_then(|cell| record.get(cell)).unwrap_or_default();
            let stated = (!text.is_empty()).then(|| column::names_in(text));
            row_made.extend(made(stated).map(|made| (at, made)));
            match csv_cell(scope, column, &place, text) {
                Ok((cell, doubt)) => {
                    cells.push(cell);
                    found.extend(doubt.map(|problem| ((problem.0, at), at_row(problem, &place))));
                }
                Err(problem) => found.add((problem.0, at), at_row(problem, &place)),
            }
        }
        is_whole &= cells.len() == columns.len();
        if cells.len() == columns.len() {
            rows.push(Row { place, cells, places: Vec::new(), made: row_made });
        }
    }
    reader.findings.extend(found.close());
    Some(Table { rows, is_whole })
}

fn at_row((code, message, help): Problem, place: &Place) -> Finding {
    Finding::at(code, place.clone(), message).maybe_help(help)
}

/// Reads a cell of a file, and what is doubtful about it.
fn csv_cell(scope: &Scope<'_>, column: &Column, place: &Place, text: &str) -> Result<(Tree, Option<Problem>), Problem> {
    if text.is_empty() {
        let missing = || (Code::MissingField, format!("`{}` is empty in this row", column.name.value), None);
        return column.default.as_ref().map(|default| (default.tree.clone(), None)).ok_or_else(missing);
    }
    let filled = if text.contains("${") { Cow::from(fill(scope, place, text)?) } else { Cow::from(text) };
    let tree = column.of_text(&filled)?;
    let doubt = column.problem(&filled);
    match doubt {
        Some(problem) if problem.0.severity() == Severity::Error => Err(problem),
        doubt => Ok((tree, doubt)),
    }
}

/// Puts variables into the text of a cell.
fn fill(scope: &Scope<'_>, place: &Place, text: &str) -> Result<String, Problem> {
    let mut apart = Reader::new(&place.file);
    let filled = substitute(&mut apart, scope, Span::at(place), text);
    match apart.findings.into_iter().next() {
        Some(Finding { code, place: _, message, help }) => Err((code, message, help)),
        None => Ok(filled),
    }
}

/// Where in a record the cell of each column stands; `None` once the header was reported.
fn order(
    reader: &mut Reader,
    columns: &[Column],
    header: &csv::StringRecord,
    place: &Place,
) -> Option<Vec<Option<usize>>> {
    let before = reader.findings.len();
    for (at, name) in header.iter().enumerate() {
        if columns.iter().all(|column| column.name.value != name) {
            let help = column::near(name, columns).unwrap_or_else(|| column::listed(columns));
            let message = format!("`{name}` is not one of `columns`");
            reader.findings.push(Finding::at(Code::UnknownField, place.clone(), message).help(help));
        } else if header.iter().take(at).any(|other| other == name) {
            let message = format!("the column `{name}` stands twice in the header");
            reader.findings.push(Finding::at(Code::DuplicateKey, place.clone(), message));
        }
    }
    let order: Vec<Option<usize>> =
        columns.iter().map(|column| header.iter().position(|name| name == column.name.value)).collect();
    for (column, _) in columns.iter().zip(&order).filter(|(column, at)| at.is_none() && column.default.is_none()) {
        let message = format!("the column `{}` is missing in the header", column.name.value);
        let help = "add it, or give the column a `default`";
        reader.findings.push(Finding::at(Code::MissingField, place.clone(), message).help(help));
    }
    (reader.findings.len() == before).then_some(order)
}
