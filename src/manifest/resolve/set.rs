//! The agents of an AgentSet, some rows at a time: what they state is made agents and let go before the next ones are read.

use super::{Declared, Others, Resolved, Stated};
use crate::diag::{Code, Finding, closest};
use crate::manifest::agent_set::{AgentSetSpec, Cells, Exception, Row, Table, Tally};
use crate::manifest::check::Checks;
use crate::manifest::each;
use crate::manifest::reader::{Reader, did_you_mean};
use crate::manifest::schema::{AgentSpec, Doc};
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
    let Doc { metadata, spec: AgentSetSpec { columns, table, template, mut exceptions } } = set;
    let Table { rows, is_whole } = table;
    let sameness = template.sameness().filter(|_| rows.len() > 1);
    // One of them says what there is to say of them all.
    let (most, all) = (if sameness.is_some() { 1 } else { rows.len() }, rows.len());
    into.findings.extend(sameness);
    let mut tally = Tally::new(&template, &columns);
    // Only who makes exceptions may have misspelled one.
    let (mut made, has_exceptions) = (Vec::new(), !exceptions.is_empty());
    let mut rows = rows.into_iter().take(most);
    loop {
        let some: Vec<Row> = rows.by_ref().take(AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        let read = |row: &Row, scope: &Scope<'_>| {
            let mut reader = Reader::new(&metadata.name.place.file);
            let stated = template.stated(&mut reader, scope, Cells { columns: &columns, row }, &metadata.labels);
            (stated, reader)
        };
        // Files beside the manifests are read by one thread.
        let Scope { project, side_files: _, row: _ } = *scope;
        let read: Vec<_> = if template.needs_file() {
            some.iter().map(|row| read(row, scope)).collect()
        } else {
            each(&some, |row| read(row, &Scope { project, side_files: &NoSideFiles, row: None }))
        };
        for (row, (stated, mut reader)) in some.iter().zip(read) {
            into.beside.append(&mut reader.beside);
            let mut found = reader.findings;
            if let Some(mut stated) = stated {
                if let Some(exception) = exceptions.remove(&stated.name.value) {
                    except(&mut stated, exception);
                }
                made.extend(has_exceptions.then(|| stated.name.value.clone()));
                // What a row does not say cannot be checked.
                let is_sure = !found.iter().any(Finding::is_error);
                let mut checks = checks.as_deref_mut().filter(|_| is_sure);
                let mark = checks.as_ref().map(|checks| checks.mark());
                into.add(stated, others, checks.as_deref_mut(), &mut found);
                found.extend(checks.zip(mark).into_iter().flat_map(|(checks, mark)| checks.since(mark)));
            }
            tally.row(row, found);
        }
    }
    into.findings.extend(tally.close());
    if is_whole && most == all {
        for Exception { agent, spec: _ } in exceptions.into_values() {
            let help = closest(agent.value.as_str(), made.iter().map(Slug::as_str)).map(did_you_mean);
            let message = format!("no row makes an agent called `{}`", agent.value);
            into.findings.push(Finding::at(Code::UnknownReference, agent.place, message).maybe_help(help));
        }
    }
}

/// Gives an agent what it has besides, or otherwise.
fn except(stated: &mut Stated, exception: Exception) {
    let Exception { agent: _, spec } = exception;
    let AgentSpec { lookup, publish, prune, uses, packs, provision, skills, overrides, absent } = spec;
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
