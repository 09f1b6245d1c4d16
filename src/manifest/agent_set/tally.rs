//! What is found of rows: each thing once, however many rows there are, and where it comes from.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::column::Column;
use super::table::{Cells, Row};
use super::template::Template;
use crate::diag::{Code, Few, Finding};
use crate::model::Place;

/// The most rows, or agents, of which one and the same thing is said.
pub(in crate::manifest) const MOST_ALIKE: NonZeroUsize = NonZeroUsize::new(10).unwrap();

/// What one thing is that is found: its code, its place, and which one it is of those at the place.
type Sort = (Code, Option<Place>, usize);

/// What is found of the rows of one AgentSet.
#[derive(Debug)]
pub(in crate::manifest) struct Tally<'t> {
    template: &'t Template,
    columns: &'t [Column],
    rows: usize,
    said: BTreeMap<Sort, Said>,
    /// The same at the rows.
    at_rows: Few<Sort>,
    /// What is found at rows by itself.
    of_rows: Few<Code>,
}

/// One thing that is found, perhaps of many rows.
#[derive(Debug)]
struct Said {
    first: Finding,
    rows: usize,
    is_same: bool,
}

impl<'t> Tally<'t> {
    pub(in crate::manifest) fn new(template: &'t Template, columns: &'t [Column]) -> Self {
        Self {
            template,
            columns,
            rows: 0,
            said: BTreeMap::new(),
            at_rows: Few::new(MOST_ALIKE),
            of_rows: Few::new(MOST_ALIKE),
        }
    }

    /// Takes in what was found of one more row.
    pub(in crate::manifest) fn row(&mut self, row: &Row, mut found: Vec<Finding>) {
        self.rows += 1;
        // One thing may be found on two ways.
        crate::diag::sort(&mut found);
        let mut numbers: BTreeMap<(Code, Option<Place>), usize> = BTreeMap::new();
        for mut finding in found {
            if finding.code == Code::WrongType {
                finding.help = Some("a text that is a column has the column's type".to_owned());
            }
            if finding.place.as_ref() == Some(&row.place) {
                self.of_rows.add(finding.code, finding);
                continue;
            }
            let columns = finding.place.as_ref().and_then(|place| self.template.mentioned(place));
            if self.is_of_the_cell(row, finding.code, columns.as_deref()) {
                continue;
            }
            let number = numbers.entry((finding.code, finding.place.clone())).or_default();
            let sort = (finding.code, finding.place.clone(), *number);
            *number += 1;
            if let Some(columns) = &columns {
                self.at_rows.add(sort.clone(), at_row(row, columns, &finding));
            }
            match self.said.get_mut(&sort) {
                Some(said) => {
                    said.rows += 1;
                    said.is_same &= said.first.message == finding.message;
                }
                None => {
                    self.said.insert(sort, Said { first: finding, rows: 1, is_same: true });
                }
            }
        }
    }

    /// Whether the cell says it already, at its own place.
    fn is_of_the_cell(&self, row: &Row, code: Code, columns: Option<&[usize]>) -> bool {
        let Some([only]) = columns else { return false };
        let Some(column) = self.columns.get(*only) else { return false };
        let text = Cells { columns: self.columns, row }.text(&column.name.value);
        text.and_then(|text| column.problem(&text)).is_some_and(|(problem, ..)| problem == code)
    }

    /// What was found: what is so for every row at the template, what is so for some at these. A secret is reported where
    /// the template would let it through.
    pub(in crate::manifest) fn close(self) -> Vec<Finding> {
        let Self { template, columns: _, rows: all, said, mut at_rows, of_rows } = self;
        let mut found = Vec::new();
        for (sort, Said { mut first, rows, is_same }) in said {
            let columns = sort.1.as_ref().and_then(|place| template.mentioned(place));
            let is_of_rows = columns.is_some_and(|columns| rows < all || all == 1 && !columns.is_empty());
            if is_of_rows && sort.0 != Code::LiteralSecret {
                continue;
            }
            at_rows.remove(&sort);
            if !is_same {
                first = first.also(&format!("it is so for {rows} rows, this is the first"));
            }
            found.push(first);
        }
        found.extend(at_rows.close());
        found.extend(of_rows.close());
        found
    }
}

/// The same at the row that brings it about.
fn at_row(row: &Row, columns: &[usize], finding: &Finding) -> Finding {
    let Finding { code, place, message, help } = finding;
    let found = Finding::at(*code, row.place_of(columns).clone(), message.clone()).maybe_help(help.clone());
    match place {
        Some(place) => found.also(&format!("the template has it at {place}")),
        None => found,
    }
}
