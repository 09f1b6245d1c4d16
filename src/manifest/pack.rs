//! A node → what providers bring: what an agent asks of them, and what is recorded of it.

use super::document::{list, names, provider};
use super::node::Node;
use super::reader::Reader;
use super::schema::{ConnectorPackSpec, ProvisionDoc, RecordedAction};
use super::skill;
use super::value::Scope;
use crate::diag::Code;
use crate::model::ActionSlug;

/// Reads the record of a pack, of a provider's actions, or of both.
pub(super) fn read(reader: &mut Reader, scope: &Scope<'_>, node: &Node) -> Option<ConnectorPackSpec> {
    let mut fields = reader.fields(node)?;
    let kind = provider(reader, &mut fields);
    let actions = fields.take("actions");
    let skills = if actions.is_some() { fields.take("skills") } else { fields.need(reader, "skills") };
    let skills =
        skills.map(|node| list(reader, Some(node), |reader, node| skill::read_recorded(reader, scope, node, &[])));
    let actions = list(reader, actions, |reader, node| {
        let action = reader.fields(node)?.need(reader, "action");
        let action = action.and_then(|node| reader.name(node, ActionSlug::parse));
        let made = skill::read_recorded(reader, scope, node, &["action"]);
        Some(RecordedAction { action: action?, made: made? })
    });
    fields.close(reader);
    Some(ConnectorPackSpec { kind: kind?, skills, actions })
}

/// Reads which actions of a provider an agent must have.
pub(super) fn read_provision(reader: &mut Reader, node: &Node) -> Option<ProvisionDoc> {
    let mut fields = reader.fields(node)?;
    let kind = provider(reader, &mut fields);
    let stated = fields.need(reader, "actions");
    let actions = names(reader, stated, ActionSlug::parse);
    if let Some(node) = stated.filter(|_| actions.is_empty()) {
        reader.report(
            Code::UnknownValue,
            node.span,
            "an empty list would ask for every action; name those that are meant",
        );
    }
    fields.close(reader);
    Some(ProvisionDoc { kind: kind?, actions })
}
