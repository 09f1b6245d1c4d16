//! The agents of an AgentSet, some rows at a time: what they state is made agents and let go before the next ones are read.

use std::collections::{BTreeMap, BTreeSet};

use super::agent::{self, Made};
use super::{Declared, Others, Resolved, Stated};
use crate::diag::{Code, Finding, closest};
use crate::manifest::agent_set::{AgentSetSpec, Cells, Column, Exception, Row, Table, Tally, Template};
use crate::manifest::check::{Checking, Checks};
use crate::manifest::each_of;
use crate::manifest::reader::{Reader, did_you_mean};
use crate::manifest::schema::{AgentSpec, Doc, Metadata};
use crate::manifest::side::NoSideFiles;
use crate::manifest::value::Scope;
use crate::model::Slug;

/// Rows that are held as documents at once.
const AT_ONCE: usize = 512;

/// Makes the agents of a set.
pub(super) fn agents(
    set: Doc<AgentSetSpec>,
    scope: &Scope<'_>,
    others: &Others<'_>,
    mut checks: Option<&mut Checks<'_>>,
    into: &mut Resolved<'_>,
) {
    let Doc { metadata, spec: AgentSetSpec { columns, table, template, exceptions } } = set;
    let Table { rows, is_whole } = table;
    let sameness = template.sameness().filter(|_| rows.len() > 1);
    // One of them says what there is to say of them all.
    let (most, all) = (if sameness.is_some() { 1 } else { rows.len() }, rows.len());
    into.findings.extend(sameness);
    let maker = Maker { metadata: &metadata, columns: &columns, template: &template, exceptions: &exceptions, others };
    let mut tally = Tally::new(&template, &columns);
    // Only who makes exceptions may have misspelled one.
    let (mut named, has_exceptions) = (BTreeSet::new(), !exceptions.is_empty());
    let mut rows = rows.into_iter().take(most);
    loop {
        let some: Vec<Row> = rows.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        for FromRow { row, made, mut reader } in maker.make(some, scope, checks.as_deref()) {
            into.beside.append(&mut reader.beside);
            if let Some(made) = made {
                named.extend(has_exceptions.then(|| made.agent.name.clone()));
                reader.findings.extend(into.add(made, checks.as_deref_mut()));
            }
            tally.row(&row, reader.findings);
        }
    }
    into.findings.extend(tally.close());
    if is_whole && most == all {
        for Exception { agent, spec: _ } in exceptions.into_values().filter(|at| !named.contains(&at.agent.value)) {
            let help = closest(agent.value.as_str(), named.iter().map(Slug::as_str)).map(did_you_mean);
            let message = format!("no row makes an agent called `{}`", agent.value);
            into.findings.push(Finding::at(Code::UnknownReference, agent.place, message).maybe_help(help));
        }
    }
}

/// What makes agents of rows.
struct Maker<'a> {
    metadata: &'a Metadata,
    columns: &'a [Column],
    template: &'a Template,
    exceptions: &'a BTreeMap<Slug, Exception>,
    others: &'a Others<'a>,
}

/// What has come of a row.
struct FromRow {
    row: Row,
    made: Option<Made>,
    reader: Reader,
}

impl Maker<'_> {
    fn make(&self, rows: Vec<Row>, scope: &Scope<'_>, checks: Option<&Checks<'_>>) -> Vec<FromRow> {
        let begin = || checks.map(Checks::begin);
        // Files beside the manifests are read by one thread.
        if self.template.needs_file() {
            let mut checking = begin();
            return rows.into_iter().map(|row| self.row(row, scope, checking.as_mut())).collect();
        }
        let Scope { project, side_files: _, row: _ } = *scope;
        each_of(rows, begin, |checking, row| {
            self.row(row, &Scope { project, side_files: &NoSideFiles, row: None }, checking.as_mut())
        })
    }

    fn row(&self, row: Row, scope: &Scope<'_>, checking: Option<&mut Checking<'_, '_>>) -> FromRow {
        let Self { metadata, columns, template, exceptions, others } = *self;
        let mut reader = Reader::new(&metadata.name.place.file);
        let stated = template.stated(&mut reader, scope, Cells { columns, row: &row }, &metadata.labels);
        let made = stated.map(|mut stated| {
            if let Some(exception) = exceptions.get(&stated.name.value) {
                except(&mut stated, exception.spec.clone());
            }
            // What a row does not say cannot be checked.
            let is_sure = !reader.findings.iter().any(Finding::is_error);
            agent::agent(stated, others, checking.filter(|_| is_sure))
        });
        FromRow { row, made, reader }
    }
}

/// Gives an agent what it has besides, or otherwise.
fn except(stated: &mut Stated, exception: AgentSpec) {
    let AgentSpec { lookup, publish, prune, uses, packs, provision, skills, overrides, absent } = exception;
    stated.lookup = lookup.or(stated.lookup.take());
    stated.publish = publish.or(stated.publish);
    stated.prune = prune.or(stated.prune);
    stated.uses.extend(uses);
    stated.packs.extend(packs);
    stated.provision.extend(provision);
    stated.skills.extend(skills.into_iter().map(Declared::own));
    stated.overrides.push(overrides);
    stated.absent.extend(absent);
}
