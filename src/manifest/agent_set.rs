//! AgentSets: one template and a table that make many agents.
//!
//! The template is an Agent's document with `${row.COLUMN}` in its texts. What mentions no column is read once, checked
//! once and stands in memory once, however many rows there are. The rest is filled in for each row, as a document, and
//! read by the reader that every Agent goes through: so an AgentSet can say what an Agent can, and means the same.

mod column;
mod known;
mod mold;
mod shape;
mod table;
mod tally;
mod template;

use std::collections::BTreeMap;

use super::document;
use super::node::Node;
use super::reader::{Located, Reader};
use super::resolve::twice;
use super::schema::AgentSpec;
use super::value::Scope;
use crate::diag::{Code, Finding};
use crate::model::Slug;

pub(super) use column::Column;
pub(super) use known::Known;
pub(super) use shape::{loosen, schema};
pub(super) use table::{Cells, Row, Table, Told};
pub(super) use tally::{MOST_ALIKE, Tally};
pub(super) use template::Template;

/// What an AgentSet says.
#[derive(Debug)]
pub(super) struct AgentSetSpec {
    pub(super) columns: Vec<Column>,
    pub(super) table: Table,
    pub(super) template: Template,
    /// What the agents of some rows have besides, or otherwise.
    pub(super) exceptions: BTreeMap<Slug, Exception>,
}

/// What one agent has besides what the template gives it, or otherwise.
#[derive(Debug)]
pub(super) struct Exception {
    pub(super) agent: Located<Slug>,
    pub(super) spec: AgentSpec,
}

/// Reads what an AgentSet says; `None` once it was reported that no row can be made an agent.
pub(super) fn read(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<AgentSetSpec> {
    let mut fields = reader.fields(node)?;
    let columns = fields.need(reader, "columns").and_then(|node| column::read(reader, scope, node));
    let rows = fields.need(reader, "rows");
    let template = fields.need(reader, "template");
    let exceptions = document::list(reader, fields.take("exceptions"), |reader, node| exception(reader, scope, node));
    fields.close(reader);
    let exceptions = by_agent(reader, exceptions);
    let columns = columns?;
    let table = rows.and_then(|rows| table::read(reader, scope, &columns, rows));
    let template = template.and_then(|node| template::read(reader, scope, &columns, node));
    let (table, template) = (table?, template?);
    for column in template.idle(&columns) {
        let message = format!("the template uses `${{row.{}}}` nowhere", column.name.value);
        let help = "use it, or remove the column";
        reader.findings.push(Finding::at(Code::IdleColumn, column.name.place.clone(), message).help(help));
    }
    Some(AgentSetSpec { columns, table, template, exceptions })
}

fn exception(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<Exception> {
    let mut fields = reader.fields(node)?;
    let agent = fields.need(reader, "agent").and_then(|node| reader.name(node, Slug::parse));
    let spec = fields.need(reader, "spec").and_then(|node| document::agent(reader, scope, node));
    fields.close(reader);
    Some(Exception { agent: agent?, spec: spec? })
}

fn by_agent(reader: &mut Reader, all: Vec<Exception>) -> BTreeMap<Slug, Exception> {
    let mut exceptions: BTreeMap<Slug, Exception> = BTreeMap::new();
    for exception in all {
        match exceptions.get(&exception.agent.value) {
            Some(first) => reader.findings.push(twice("the exception of", &first.agent, &exception.agent)),
            None => {
                exceptions.insert(exception.agent.value.clone(), exception);
            }
        }
    }
    exceptions
}
