//! Rosters: the places among which the one nearest to a caller is found, in the manifest or in a CSV file beside it.
//!
//! Both are held to the same rules. What is wrong is said at the row: in the CSV file, at its line.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Number, Value as Json, json};

use super::node::{Key, Node, Tree};
use super::reader::Reader;
use super::sheet::{self, Broken, Lines};
use crate::diag::{Code, Finding};
use crate::model::{Entries, Place, Value};

/// The columns of a CSV file; the first three must be there.
const COLUMNS: [&str; 5] = ["label", "address", "phone", "lat", "lng"];

/// What every row says of its place.
const NEEDED: [&str; 2] = ["label", "address"];

/// Where a place lies, with the degrees that there are.
const COORDINATES: [(&str, f64); 2] = [("lat", 90.0), ("lng", 180.0)];

/// The roster that a CSV file holds.
///
/// # Errors
/// What is wrong with the first row that cannot be read, or with the header.
pub(super) fn read_roster(text: &str) -> Result<Vec<Value>, String> {
    let Table { rows, broken } = Table::read(text);
    match broken.into_iter().next() {
        Some(Broken { line, why }) => Err(format!("line {line}: {why}")),
        None => Ok(rows.into_iter().map(|row| Value::map(row.cells)).collect()),
    }
}

/// Reads the roster of a CSV file and checks its rows; `path` is how the file is shown. `None` once a row was reported
/// that cannot be read.
pub(super) fn from_csv(reader: &mut Reader, path: &str, text: &str) -> Option<Value> {
    let file: Arc<str> = path.into();
    let before = reader.findings.len();
    let Table { rows, broken } = Table::read(text);
    let (is_whole, lines) = (broken.is_empty(), Lines::new(&file, text));
    for Broken { line, why } in broken {
        reader.findings.push(Finding::at(Code::Roster, lines.place(line), why));
    }
    let placed: Vec<Row<'_>> =
        rows.iter().map(|row| Row { place: lines.place(row.line), cells: &row.cells, at: BTreeMap::new() }).collect();
    check(&placed, &mut reader.findings);
    if placed.is_empty() && is_whole {
        reader.findings.push(Finding::at(Code::EmptyRoster, Place::start_of(Arc::clone(&file)), EMPTY));
    }
    if reader.findings.len() > before {
        reader.beside.insert(Arc::clone(&file), text.into());
    }
    is_whole.then(|| Value::List(rows.into_iter().map(|row| Value::map(row.cells)).collect()))
}

/// Checks a roster that stands in the manifest: its nodes, and the values that were read from them.
pub(super) fn check_stated(reader: &mut Reader, roster: &Node, value: Option<&Value>) {
    let (Tree::List(nodes), Some(Value::List(values))) = (&roster.tree, value) else { return };
    if nodes.is_empty() {
        reader.report(Code::EmptyRoster, roster.span, EMPTY);
    }
    if nodes.len() != values.len() {
        return;
    }
    let row = |(node, value): (&Node, &'_ _)| -> Option<(Place, BTreeMap<&'static str, Place>)> {
        let (Tree::Map(entries), Value::Map(_)) = (&node.tree, value) else { return None };
        let at = |(key, cell): &(Key, Node)| {
            let column = COLUMNS.iter().find(|column| **column == &*key.text)?;
            Some((*column, reader.place(cell.span)))
        };
        Some((reader.place(node.span), entries.iter().filter_map(at).collect()))
    };
    let places: Vec<_> = nodes.iter().zip(values.iter()).map(row).collect();
    let rows = places.into_iter().zip(values.iter()).filter_map(|(places, value)| {
        let (place, at) = places?;
        Some(Row { place, cells: value.as_map()?, at })
    });
    let rows: Vec<Row<'_>> = rows.collect();
    check(&rows, &mut reader.findings);
}

const EMPTY: &str = "the roster has no row, so no place is ever the nearest";

/// A row of a roster, wherever it stands.
struct Row<'a> {
    place: Place,
    cells: &'a Entries,
    /// Where its cells stand, if they have places of their own.
    at: BTreeMap<&'static str, Place>,
}

impl Row<'_> {
    fn place(&self, column: &str) -> Place {
        self.at.get(column).unwrap_or(&self.place).clone()
    }

    /// The text of a cell as it is compared: letter case and white space at its ends do not tell places apart.
    fn text(&self, column: &str) -> Option<String> {
        let text = self.cells.get(column)?.as_text()?.trim();
        (!text.is_empty()).then(|| text.to_lowercase())
    }

    fn number(&self, column: &str) -> Option<f64> {
        match self.cells.get(column)? {
            Value::Number(number) => number.as_f64(),
            Value::Null | Value::Bool(_) | Value::Text(_) | Value::Secret(_) | Value::List(_) | Value::Map(_) => None,
        }
    }

    fn has(&self, column: &str) -> bool {
        self.cells.get(column).is_some_and(|value| match value {
            Value::Null => false,
            Value::Text(text) => !text.trim().is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::Secret(_) | Value::List(_) | Value::Map(_) => true,
        })
    }

    /// Both coordinates, if both are numbers.
    fn coordinates(&self) -> Option<(f64, f64)> {
        self.number("lat").zip(self.number("lng"))
    }
}

fn check(rows: &[Row<'_>], findings: &mut Vec<Finding>) {
    for row in rows {
        check_row(row, findings);
    }
    check_repeated(rows, findings);
}

fn check_row(row: &Row<'_>, findings: &mut Vec<Finding>) {
    for column in NEEDED.into_iter().filter(|column| !row.has(column)) {
        let why = if row.cells.contains_key(column) { "is empty" } else { "is missing" };
        findings.push(Finding::at(Code::Roster, row.place(column), format!("`{column}` {why} in this row")));
    }
    for (column, most) in COORDINATES {
        if let Some(number) = row.number(column).filter(|number| !(-most..=most).contains(number)) {
            let message = format!("`{column}` is {number}, and goes from -{most} to {most}");
            let is_swapped = column == "lat" && row.number("lng").is_some_and(|lng| lng.abs() <= 90.0);
            let help = is_swapped.then(|| "perhaps `lat` and `lng` have changed places".to_owned());
            findings.push(Finding::at(Code::Roster, row.place(column), message).maybe_help(help));
        }
    }
    for (there, gone) in [("lat", "lng"), ("lng", "lat")] {
        if row.has(there) && !row.has(gone) {
            let message = format!("there is `{there}` and no `{gone}` in this row");
            let help = "state both, or neither";
            findings.push(Finding::at(Code::Roster, row.place(there), message).help(help));
        }
    }
}

/// Two rows may be one place; or two places may share a label or an address, so nothing of this is an error.
fn check_repeated(rows: &[Row<'_>], findings: &mut Vec<Finding>) {
    for column in NEEDED {
        let mut seen: BTreeMap<String, &Row<'_>> = BTreeMap::new();
        for row in rows {
            let Some(text) = row.text(column) else { continue };
            let Some(first) = seen.get(&text) else {
                seen.insert(text, row);
                continue;
            };
            let help = format!("the first one is at {}", first.place(column));
            let (one, other) = (first.coordinates(), row.coordinates());
            // Two shops of one mall have one address, and a label and a phone each.
            let is_apart = column == "address"
                && first.text("label") != row.text("label")
                && first.text("phone") != row.text("phone");
            if is_apart && (one == other || one.is_none() || other.is_none()) {
                continue;
            }
            let (code, message) = if column == "address" && one.is_some() && other.is_some() && one != other {
                (Code::RosterPlaceDiffers, "this address stands above with other coordinates".to_owned())
            } else {
                (Code::RosterRepeats, format!("this `{column}` stands above already"))
            };
            findings.push(Finding::at(code, row.place(column), message).help(help));
        }
    }
}

/// A CSV file as it was read.
struct Table {
    rows: Vec<Line>,
    broken: Vec<Broken>,
}

struct Line {
    line: u64,
    cells: Entries,
}

impl Table {
    fn read(text: &str) -> Self {
        let (header, mut table) = match sheet::open(text) {
            Ok(opened) => opened,
            Err(broken) => return Self { rows: Vec::new(), broken: vec![broken] },
        };
        if let Some(why) = wrong_header(&header) {
            return Self { rows: Vec::new(), broken: vec![Broken { line: 1, why }] };
        }
        let (mut rows, mut broken) = (Vec::new(), Vec::new());
        for record in table.records() {
            match record {
                Ok(record) => {
                    let line = sheet::line(text, record.position());
                    match cells(&header, &record) {
                        Ok(cells) => rows.push(Line { line, cells }),
                        Err(why) => broken.push(Broken { line, why }),
                    }
                }
                Err(error) => broken.push(Broken::of(text, &error)),
            }
        }
        Self { rows, broken }
    }
}

fn wrong_header(header: &csv::StringRecord) -> Option<String> {
    if let Some(unknown) = header.iter().find(|column| !COLUMNS.contains(column)) {
        return Some(format!("column `{unknown}` is not one of {}", COLUMNS.join(", ")));
    }
    let missing = COLUMNS.iter().take(3).find(|column| !header.iter().any(|have| have == **column))?;
    Some(format!("column `{missing}` is missing"))
}

fn cells(header: &csv::StringRecord, record: &csv::StringRecord) -> Result<Entries, String> {
    let mut row = Entries::new();
    for (column, cell) in header.iter().zip(record) {
        let value = match column {
            "lat" | "lng" if cell.is_empty() => continue,
            "lat" | "lng" => {
                let number = cell.parse::<f64>().ok().and_then(Number::from_f64);
                Value::Number(number.ok_or_else(|| format!("`{cell}` in `{column}` is not a number"))?)
            }
            _ => Value::text(cell),
        };
        row.insert(column.into(), value);
    }
    Ok(row)
}

/// What a row that stands in the manifest looks like, for editors; `cell` gives the schema of a text.
pub(super) fn row_schema(text: &Json) -> Json {
    let mut properties: Map<String, Json> =
        ["label", "address", "phone"].iter().map(|column| ((*column).to_owned(), text.clone())).collect();
    for (column, most) in COORDINATES {
        let degrees = json!({ "type": ["number", "null"], "minimum": -most, "maximum": most });
        properties.insert(column.to_owned(), degrees);
    }
    json!({ "type": "object", "properties": properties, "required": NEEDED })
}
